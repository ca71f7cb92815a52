"""The release: one folder with every module's files, loaded to answer.

What belongs here: which modules there are as objects. What does not: the manifest (`assets.models.manifest`), which
release is followed (`resources.registry`) and whether one may be promoted (`assets.release`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import polars as pl

from assets.models.banner_bandit import BannerPriors
from assets.models.baskets.co_purchase import CoPurchase
from assets.models.baskets.next_basket import NextBasket
from assets.models.catalogue import Catalogue
from assets.models.category_affinity import CategoryAffinity
from assets.models.manifest import Manifest, ReleaseError, verify
from assets.models.popularity import Popularity
from assets.models.product_attributes import ProductAttributes
from assets.models.rules.rules import RuleError, Rules
from assets.models.search.learnt_search import LearntSearch
from assets.models.search.lexical_index import LexicalIndex
from assets.models.search.product_numbers import ProductNumbers
from assets.models.search.query_adapter import QueryAdapter
from assets.models.search.suggestions import Suggestions
from assets.models.search.vector_index import VectorIndex
from assets.models.segment_popularity import SEGMENTS, SegmentPopularity
from assets.models.sessions.session_model import SessionModel
from assets.models.uplift.uplift_scores import UpliftScores

__all__ = ["Release"]

_Module = TypeVar("_Module")


@dataclass(frozen=True, slots=True)
class Release:
    """A loaded release; a module that it lacks is none, and ``manifest.unavailable`` says why."""

    folder: Path
    manifest: Manifest
    catalogue: Catalogue
    attributes: ProductAttributes
    """What the catalogue's products can be filtered by."""
    numbers: ProductNumbers
    """Products by id, SKU and model number."""
    rules: Rules
    """The shop's own, none where it declares none."""
    popularity: Popularity
    segment_popularity: SegmentPopularity | None
    vectors: VectorIndex | None
    lexical: LexicalIndex | None
    search: LearntSearch | None
    """What clicks taught; there only with vectors and lexical."""
    suggestions: Suggestions | None
    """Completions of what shoppers type."""
    similar: QueryAdapter | None
    """What is asked of the vectors for products like one: there where shoppers taught it."""
    co_purchase: CoPurchase | None
    next_basket: NextBasket | None
    session: SessionModel | None
    category: CategoryAffinity | None
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

        def of(module: str, load: Callable[[Path], _Module]) -> _Module | None:
            return load(folder / module) if module in manifest.modules else None

        try:
            catalogue = Catalogue.load(folder / "catalogue")
            attributes = ProductAttributes.load(folder / "catalogue", catalogue)
            vectors, lexical = of("vectors", VectorIndex.load), of("lexical", LexicalIndex.load)
            learnt = None
            if vectors is not None and lexical is not None and "search" in manifest.modules:
                learnt = LearntSearch.load(folder / "search", lexical, vectors)
            by_segment = folder / "popularity" / SEGMENTS
            release = cls(
                folder=folder,
                manifest=manifest,
                catalogue=catalogue,
                attributes=attributes,
                numbers=ProductNumbers.load(folder / "catalogue", catalogue),
                rules=Rules.load(
                    folder / "catalogue", catalogue, attributes, None if vectors is None else vectors.vectors
                ),
                popularity=Popularity.load(folder / "popularity"),
                segment_popularity=SegmentPopularity.load(by_segment) if by_segment.is_dir() else None,
                vectors=vectors,
                lexical=lexical,
                search=learnt,
                suggestions=of("suggestions", Suggestions.load),
                similar=of("similar", QueryAdapter.load),
                co_purchase=of("co_purchase", CoPurchase.load),
                next_basket=of("next_basket", NextBasket.load),
                session=of("session", SessionModel.load),
                category=of("category", CategoryAffinity.load),
                banners=of("banners", BannerPriors.load),
                uplift=of("uplift", UpliftScores.load),
                roi=of("roi", lambda at: pl.read_ipc(at / "holdout.arrow")),
            )
            if release.rules.need_purchases and release.next_basket is None:
                reason = manifest.unavailable.get("next_basket", "it was built without them")
                raise RuleError(
                    f"a rule of kind 'bought' needs each user's purchases: {reason}. Remove it in shop.toml."
                )
            return release
        except RuleError as error:
            raise ReleaseError(str(error)) from error
        except (OSError, ValueError, KeyError, pl.exceptions.PolarsError) as error:
            raise ReleaseError(f"the release in {folder} does not load: {error}") from error

    def answers(self) -> None:
        """Ask every module one question, as a smoke test and a warm-up.

        Raises:
            ReleaseError: If a module fails or popularity has nothing to say of a catalogue that has products.
        """
        try:
            if len(self.catalogue) and not self.popularity.top(10).items.size:
                raise ReleaseError(f"the popularity of the release in {self.folder} knows no product.")
            self.attributes.counts("category", None, 1)
            self._answer_of_products(0)
            if self.banners is not None:
                for slot in self.banners.slots():
                    if not np.all(np.concatenate(self.banners.prior(slot)) > 0):
                        raise ReleaseError(f"the banner priors of slot {slot!r} are not positive.")
            if self.uplift is not None:
                self.uplift.look_up(["nobody"])
        except (ValueError, IndexError, KeyError, RuntimeError) as error:
            raise ReleaseError(f"the release in {self.folder} does not answer: {error}") from error

    def _answer_of_products(self, item: int) -> None:
        """Ask the modules that answer with products for ``item``."""
        if self.vectors is not None:
            asked = None if self.similar is None else self.similar.adapt(self.vectors.vector(item))
            self.vectors.similar(item, 10, query=asked)
        if self.lexical is not None:
            self.lexical.search(str(self.catalogue.frame["title"][item]), 10)
        if self.search is not None and self.vectors is not None:
            self.search.answer(str(self.catalogue.frame["title"][item]), self.vectors.vectors[item], 10)
        if self.co_purchase is not None:
            self.co_purchase.related([item], 10)
            if self.next_basket is not None:
                self.next_basket.recommend("nobody", [item], 10, self.co_purchase)
        if self.suggestions is not None:
            self.suggestions.complete(str(self.catalogue.frame["title"][item]))
            self.numbers.find(self.catalogue.ids[item])
        if self.session is not None:
            self.session.recommend([item], 10)
        if self.segment_popularity is not None:
            self.segment_popularity.top("nobody", 10)
