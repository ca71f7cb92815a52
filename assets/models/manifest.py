"""What a release says of itself: its modules, the sha256 of every file, its figures and prices.

What belongs here: ``manifest.json``, and checking a folder against it. What does not: the modules' files as objects
(`assets.models.release`). The version of a release is a hash of its manifest: the same content has the same version.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["MODULES", "SCHEMA_VERSION", "Manifest", "ReleaseError", "read_manifest", "verify", "write_manifest"]

SCHEMA_VERSION = 3
MODULES = (
    "catalogue",
    "encoder",
    "vectors",
    "lexical",
    "search",
    "suggestions",
    "similar",
    "co_purchase",
    "next_basket",
    "session",
    "popularity",
    "category",
    "banners",
    "uplift",
    "roi",
)
"""Names of the modules, each a folder of the release; ``catalogue`` and ``popularity`` are always there."""
_MANIFEST = "manifest.json"


class ReleaseError(RuntimeError):
    """A release folder that is incomplete, altered or of another schema; the message names the file."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What stands in ``manifest.json``."""

    shop: str
    as_of: str
    currency: str
    modules: tuple[str, ...]
    unavailable: Mapping[str, str]
    """Modules that the release lacks, each with its reason."""
    files: Mapping[str, str]
    """Relative path → sha256."""
    tables: Mapping[str, int] = field(default_factory=dict)
    """Table → Delta version that the models were fitted on."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    economics: Mapping[str, Any] = field(default_factory=dict)
    """``margin``, ``contact_cost``, ``incentive``, ``revenue_per_response`` of the shop's campaign, and ``cutoff``:
    what a contact must earn per unit of its cost for the budget to be spent on it. Of a campaign of several arms also
    ``arms``: arm → [contact cost, incentive]."""
    schema: int = SCHEMA_VERSION

    @property
    def version(self) -> str:
        """Hash of what serving answers with: the modules' files and what is said of them, twelve hex digits.

        Table versions and reports stay out: a re-run that rewrites a table without changing it, or redraws a
        picture, is the same release.
        """
        served = {path: digest for path, digest in self.files.items() if path.split("/")[0] in MODULES}
        said = [self.schema, self.shop, self.as_of, self.currency, dict(self.unavailable), dict(self.economics)]
        return hashlib.sha256(json.dumps([served, said], sort_keys=True).encode()).hexdigest()[:12]


def write_manifest(folder: Path, **about: Any) -> Manifest:  # noqa: ANN401  # the fields of Manifest
    """Hash every file below ``folder`` and write the manifest; ``about`` are Manifest's other fields."""
    files = {p.relative_to(folder).as_posix(): _sha256(p) for p in sorted(folder.rglob("*")) if p.is_file()}
    files.pop(_MANIFEST, None)
    modules = tuple(m for m in MODULES if (folder / m).is_dir())
    manifest = Manifest(modules=modules, files=files, **about)
    fields = {name: getattr(manifest, name) for name in Manifest.__slots__}
    (folder / _MANIFEST).write_text(json.dumps(fields, indent=1, sort_keys=True), encoding="utf-8")
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest without looking at the files.

    Raises:
        ReleaseError: If it is missing, unreadable or of another schema.
    """
    try:
        fields = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        fields["modules"] = tuple(fields["modules"])
        manifest = Manifest(**fields)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ReleaseError(f"{folder / _MANIFEST} cannot be read ({error}). Publish the release again.") from error
    if manifest.schema != SCHEMA_VERSION:
        raise ReleaseError(
            f"the release in {folder} has schema {manifest.schema}, this code reads {SCHEMA_VERSION}. "
            "Publish it again with this code, or run the code that wrote it."
        )
    return manifest


def verify(folder: Path) -> Manifest:
    """Check every file of the manifest against its hash.

    Raises:
        ReleaseError: If a file is missing, altered, or not named by the manifest.
    """
    manifest = read_manifest(folder)
    present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} - {_MANIFEST}
    for path, digest in manifest.files.items():
        if path not in present:
            raise ReleaseError(f"the release in {folder} lacks {path}, which its manifest names.")
        if _sha256(folder / path) != digest:
            raise ReleaseError(f"{path} of the release in {folder} differs from the hash in its manifest.")
    if extra := sorted(present - set(manifest.files)):
        raise ReleaseError(f"the release in {folder} holds {extra[0]}, which its manifest does not name.")
    return manifest


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
