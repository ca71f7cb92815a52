"""What a release says of itself: its modules, the sha256 of every file, its figures and prices.

What belongs here: ``manifest.json``, and checking a folder against it. What does not: the modules' files as objects
(`assets.models.release`). The version of a release is a hash of its manifest: the same content has the same version.
"""

import hashlib
import json
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = [
    "CAMPAIGN_PARTS",
    "MANIFEST_FILE",
    "METRICS_FILE",
    "REPORTS",
    "SCHEMA_VERSION",
    "SOLE",
    "Manifest",
    "ReleaseError",
    "asset_and_campaign",
    "part_of",
    "path_of",
    "read_manifest",
    "reseal",
    "verify",
    "verify_file",
    "write_manifest",
]

SCHEMA_VERSION = 5
METRICS_FILE = "metrics.json"
"""In the folder of a report: its flat figures, for the experiment tracker."""
REPORTS = "reports"
"""Folder of what people read of a release; every other folder is a module, which answers come from."""
MANIFEST_FILE = "manifest.json"
CAMPAIGN_PARTS = frozenset(
    {
        "experiment",
        "uplift_model",
        "uplift_scores",
        "arm_effects",
        "segments",
        "uplift_report",
        "drift_report",
        "roi_simulation",
        "targeting_plan",
    }
)
"""Assets that each of several campaigns has for itself."""
SOLE = "campaign"
"""Id by which answers name the campaign of a shop that gives it none."""
_OF = "__"


def part_of(asset: str, campaign: str | None) -> str:
    """What ``asset`` of a campaign is called, in the pipeline and in a release: ``segments__voucher``.

    It is the asset itself where there is one campaign without an id, and for all that campaigns share.
    """
    return asset if campaign is None or asset not in CAMPAIGN_PARTS else f"{asset}{_OF}{campaign}"


def path_of(path: str, campaign: str | None) -> str:
    """Where a file that lies at ``path`` of a release of one campaign lies for ``campaign``."""
    return "/".join(part_of(name, campaign) for name in path.split("/"))


def asset_and_campaign(part: str) -> tuple[str, str | None]:
    """The asset, and the campaign that it is of, if any: the inverse of `part_of`."""
    asset, _, campaign = part.partition(_OF)
    return (asset, campaign) if asset in CAMPAIGN_PARTS and campaign else (part, None)


class ReleaseError(RuntimeError):
    """A release folder that is incomplete, altered or of another schema; the message names the file."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What stands in ``manifest.json``."""

    shop: str
    as_of: str
    currency: str
    modules: tuple[str, ...]
    """Sorted, each a folder named by the asset that made it; ``encoder`` is the text encoder."""
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
    ``arms``: arm → [contact cost, incentive], and of a closed one ``closed``. Of several campaigns it is
    ``campaigns``: id → the same of each."""
    schema: int = SCHEMA_VERSION

    @property
    def campaigns(self) -> tuple[str, ...]:
        """Ids of several campaigns, sorted; none where there is one without an id."""
        return tuple(sorted(self.economics.get("campaigns", ())))

    @property
    def version(self) -> str:
        """Hash of what serving answers with: the modules' files and what is said of them, twelve hex digits.

        Table versions and reports stay out: a re-run that rewrites a table without changing it, or redraws a
        picture, is the same release.
        """
        served = {path: digest for path, digest in self.files.items() if path.split("/")[0] != REPORTS}
        about = [self.schema, self.shop, self.as_of, self.currency, dict(self.unavailable), dict(self.economics)]
        return hashlib.sha256(json.dumps([served, about], sort_keys=True).encode()).hexdigest()[:12]


def write_manifest(folder: Path, **about: Any) -> Manifest:  # noqa: ANN401  # the fields of Manifest
    """Hash every file below ``folder`` and write the manifest; ``about`` are Manifest's other fields."""
    files = {p.relative_to(folder).as_posix(): _sha256(p) for p in sorted(folder.rglob("*")) if p.is_file()}
    files.pop(MANIFEST_FILE, None)
    modules = tuple(sorted(path.name for path in folder.iterdir() if path.is_dir() and path.name != REPORTS))
    manifest = Manifest(modules=modules, files=files, **about)
    fields = {name: getattr(manifest, name) for name in Manifest.__slots__}
    (folder / MANIFEST_FILE).write_text(json.dumps(fields, indent=1, sort_keys=True), encoding="utf-8")
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest without looking at the files.

    Raises:
        ReleaseError: If it is missing, unreadable or of another schema.
    """
    try:
        fields = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
        fields["modules"] = tuple(fields["modules"])
        manifest = Manifest(**fields)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ReleaseError(f"{folder / MANIFEST_FILE} cannot be read ({error}). Publish the release again.") from error
    if manifest.schema != SCHEMA_VERSION:
        raise ReleaseError(
            f"the release in {folder} has schema {manifest.schema}, this code reads {SCHEMA_VERSION}. "
            "Publish it again with this code, or run the code that wrote it."
        )
    return manifest


def reseal(folder: Path, changed: Collection[str], *, without_tables: Collection[str] = ()) -> bool:
    """Put the hashes of the files ``changed`` into the manifest, and say no longer that it is of ``without_tables``.

    Whatever else stands in the manifest stays, of any schema. The file is replaced, not written into. Without a
    manifest, as in a folder that is no release, nothing is done.

    Returns:
        Whether the manifest is another one now.
    """
    path = folder / MANIFEST_FILE
    if not path.exists():
        return False
    text = path.read_text(encoding="utf-8")
    fields = json.loads(text)
    fields["files"] |= {file: _sha256(folder / file) for file in changed}
    fields["tables"] = {table: at for table, at in fields.get("tables", {}).items() if table not in without_tables}
    fresh = json.dumps(fields, indent=1, sort_keys=True)
    if fresh == text:
        return False
    scratch = path.with_name(f".{MANIFEST_FILE}.new")
    scratch.write_text(fresh, encoding="utf-8")
    os.replace(scratch, path)
    return True


def verify(folder: Path) -> Manifest:
    """Check every file of the manifest against its hash.

    Raises:
        ReleaseError: If a file is missing, altered, or not named by the manifest.
    """
    manifest = read_manifest(folder)
    present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} - {MANIFEST_FILE}
    for path in manifest.files:
        if path not in present:
            raise ReleaseError(f"the release in {folder} lacks {path}, which its manifest names.")
        verify_file(folder, path, manifest)
    if extra := sorted(present - set(manifest.files)):
        raise ReleaseError(f"the release in {folder} holds {extra[0]}, which its manifest does not name.")
    return manifest


def verify_file(folder: Path, path: str, manifest: Manifest) -> None:
    """Check one file of a release against its hash.

    Raises:
        ReleaseError: If it is altered.
    """
    if _sha256(folder / path) != manifest.files[path]:
        raise ReleaseError(f"{path} of the release in {folder} differs from the hash in its manifest.")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
