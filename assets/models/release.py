"""The release: one folder with every module's files, its manifest, and how to verify and load it.

What belongs here: the format. What does not: which release is followed (`resources.registry`) and whether one may
be promoted (`assets.release`).

``manifest.json`` names the sha256 of each file, so a folder that was cut short or altered is refused. The version of
a release is a hash of that manifest: the same content has the same version.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from assets.models.banner_bandit import BannerPriors
from assets.models.catalogue import Catalogue
from assets.models.category_affinity import CategoryAffinity
from assets.models.co_purchase import CoPurchase
from assets.models.lexical_index import LexicalIndex
from assets.models.next_basket import NextBasket
from assets.models.popularity import Popularity
from assets.models.product_attributes import ProductAttributes
from assets.models.purchases import Purchases
from assets.models.rules import RuleError, Rules
from assets.models.search_learning import LearntSearch
from assets.models.segment_popularity import SEGMENTS, SegmentPopularity
from assets.models.session_model import SessionModel
from assets.models.uplift_scores import UpliftScores
from assets.models.vector_index import VectorIndex

__all__ = ["MODULES", "SCHEMA_VERSION", "Manifest", "Release", "ReleaseError", "verify", "write_manifest"]

SCHEMA_VERSION = 1
MODULES = (
    "catalogue",
    "encoder",
    "vectors",
    "lexical",
    "search",
    "co_purchase",
    "next_basket",
    "session",
    "popularity",
    "category",
    "purchases",
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


@dataclass(frozen=True, slots=True)
class Release:
    """A loaded release; a module that it lacks is none, and ``manifest.unavailable`` says why."""

    folder: Path
    manifest: Manifest
    catalogue: Catalogue
    attributes: ProductAttributes
    """What the catalogue's products can be filtered by."""
    rules: Rules
    """The shop's own, none where it declares none."""
    popularity: Popularity
    segment_popularity: SegmentPopularity | None
    vectors: VectorIndex | None
    lexical: LexicalIndex | None
    search: LearntSearch | None
    """What clicks taught; there only with vectors and lexical."""
    co_purchase: CoPurchase | None
    next_basket: NextBasket | None
    session: SessionModel | None
    category: CategoryAffinity | None
    purchases: Purchases | None
    banners: BannerPriors | None
    uplift: UpliftScores | None
    roi: pl.DataFrame | None
    """Holdout of the campaign, one row a user: what ROI is simulated on."""

    @property
    def version(self) -> str:
        """The manifest's version."""
        return self.manifest.version

    @property
    def unavailable(self) -> Mapping[str, str]:
        """Modules that the release lacks, each with its reason."""
        return self.manifest.unavailable

    @classmethod
    def load(cls, folder: Path) -> "Release":
        """Verify the folder and load its modules.

        Raises:
            ReleaseError: If a file is missing or altered, a module cannot be loaded, a rule of the shop cannot be
                applied, or the catalogue or the popularity module, which every fallback ends in, is missing.
        """
        manifest = verify(folder)
        for needed in ("catalogue", "popularity"):
            if needed not in manifest.modules:
                raise ReleaseError(f"the release in {folder} has no {needed}, which every answer needs.")
        has = set(manifest.modules)

        def at(module: str) -> Path:
            return folder / module

        segments = at("popularity") / SEGMENTS
        try:
            catalogue = Catalogue.load(at("catalogue"))
            attributes = ProductAttributes(catalogue)
            vectors = VectorIndex.load(at("vectors")) if "vectors" in has else None
            purchases = Purchases.load(at("purchases")) if "purchases" in has else None
            rules = Rules.load(at("catalogue"), catalogue, attributes, None if vectors is None else vectors.vectors)
            if rules.need_purchases and purchases is None:
                reason = manifest.unavailable.get("purchases", "it was built without them")
                raise RuleError(
                    f"a rule of kind 'bought' needs each user's purchases: {reason}. Remove it in shop.toml."
                )
            lexical = LexicalIndex.load(at("lexical")) if "lexical" in has else None
            learnt = None
            if vectors is not None and lexical is not None and "search" in has:
                learnt = LearntSearch.load(at("search"), lexical, vectors)
            return cls(
                folder=folder,
                manifest=manifest,
                catalogue=catalogue,
                attributes=attributes,
                rules=rules,
                popularity=Popularity.load(at("popularity")),
                vectors=vectors,
                lexical=lexical,
                search=learnt,
                segment_popularity=SegmentPopularity.load(segments) if segments.is_dir() else None,
                co_purchase=CoPurchase.load(at("co_purchase")) if "co_purchase" in has else None,
                next_basket=NextBasket.load(at("next_basket")) if "next_basket" in has else None,
                session=SessionModel.load(at("session")) if "session" in has else None,
                category=CategoryAffinity.load(at("category")) if "category" in has else None,
                purchases=purchases,
                banners=BannerPriors.load(at("banners")) if "banners" in has else None,
                uplift=UpliftScores.load(at("uplift")) if "uplift" in has else None,
                roi=pl.read_ipc(at("roi") / "holdout.arrow") if "roi" in has else None,
            )
        except RuleError as error:
            raise ReleaseError(str(error)) from error
        except (OSError, ValueError, KeyError, pl.exceptions.PolarsError) as error:
            raise ReleaseError(f"the release in {folder} does not load: {error}") from error

    def answers(self) -> None:
        """Ask every module one question, as a smoke test and a warm-up.

        Raises:
            ReleaseError: If a module fails or popularity has nothing to say of a catalogue that has products.
        """
        item = 0
        try:
            if len(self.catalogue) and not self.popularity.top(10).items.size:
                raise ReleaseError(f"the popularity of the release in {self.folder} knows no product.")
            if self.vectors is not None:
                self.vectors.similar(item, 10)
            if self.lexical is not None:
                self.lexical.search(str(self.catalogue.frame["title"][item]), 10)
            if self.search is not None and self.vectors is not None:
                self.search.answer(str(self.catalogue.frame["title"][item]), self.vectors.vectors[item], 10)
            if self.co_purchase is not None:
                self.co_purchase.related([item], 10)
                if self.next_basket is not None:
                    self.next_basket.recommend("nobody", [item], 10, self.co_purchase)
            if self.session is not None:
                self.session.recommend([item], 10)
            if self.segment_popularity is not None:
                self.segment_popularity.top("nobody", 10)
            if self.banners is not None:
                for slot in self.banners.slots():
                    if not np.all(np.concatenate(self.banners.prior(slot)) > 0):
                        raise ReleaseError(f"the banner priors of slot {slot!r} are not positive.")
            if self.uplift is not None:
                self.uplift.look_up(["nobody"])
        except (ValueError, IndexError, KeyError, RuntimeError) as error:
            raise ReleaseError(f"the release in {self.folder} does not answer: {error}") from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
