"""The release: one folder with every module's files, loaded to answer.

What belongs here: which modules there are as objects. What does not: the manifest (`assets.models.manifest`), which
release is followed (`resources.registry`) and whether one may be promoted (`assets.release.publish`).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from assets.models.banners.bandit import BannerPriors
from assets.models.baskets.co_purchase import CoPurchase
from assets.models.baskets.next_basket import NextBasket
from assets.models.manifest import CAMPAIGN_PARTS, Manifest, ReleaseError, asset_and_campaign, part_of, path_of, verify
from assets.models.popularity.category_affinity import CategoryAffinity
from assets.models.popularity.items import Popularity
from assets.models.popularity.segments import SEGMENTS, SegmentPopularity
from assets.models.popularity.user_histories import UserHistories
from assets.models.products.attributes import ProductAttributes
from assets.models.products.catalogue import Catalogue
from assets.models.products.numbers import ProductNumbers
from assets.models.rules.declared import RuleError, Rules
from assets.models.search.learnt.model import LearntSearch
from assets.models.search.lexical.index import LexicalIndex
from assets.models.search.suggestions.completion import Suggestions
from assets.models.search.vectors.index import VectorIndex
from assets.models.search.vectors.query_adapter import QueryAdapter
from assets.models.sessions.model import SessionModel
from assets.models.uplift.segments import SEGMENTS as UPLIFT_SEGMENTS
from assets.models.uplift.uplift_scores import UpliftScores

__all__ = ["MODULES", "Module", "Release"]


@dataclass(frozen=True, slots=True)
class Module:
    """A part of a release that an asset makes."""

    name: str
    """Of the asset, of its folder in the release, and of the field of `Release`."""
    load: Callable[..., Any]
    """From its folder, and the modules that it needs, in their order."""
    probe: Callable[[Any, "Release"], object] | None = None
    """Asks the module of the first product, by its title where that is what it is asked by: a smoke test and a
    warm-up. It raises, or returns False, where there is no answer."""
    needs: tuple[str, ...] = ()
    """Modules without which it is not loaded."""
    required: bool = False
    """Whether there is no release without it."""


def _title(release: "Release") -> str:
    return str(release.catalogue.frame["title"].first())


def _similar(index: VectorIndex, release: "Release") -> object:
    adapter = release.similar_model
    return index.similar(0, 10, query=None if adapter is None else adapter.adapt(index.vector(0)))


def _popular(popularity: Popularity, release: "Release") -> bool:
    if release.segment_popularity is not None:
        release.segment_popularity.top("nobody", 10)
    return not len(release.catalogue) or popularity.top(10).items.size > 0


MODULES = (
    Module(
        "catalogue",
        Catalogue.load,
        lambda products, release: (
            release.attributes.counts("category", None, 1),
            release.numbers.find(" ".join(products.ids[:1])),
        ),
        required=True,
    ),
    Module("popularity", Popularity.load, _popular, required=True),
    Module("hnsw_index", VectorIndex.load, _similar),
    Module("lexical_index", LexicalIndex.load, lambda index, release: index.search(_title(release), 10)),
    Module(
        "search_model",
        LearntSearch.load,
        lambda model, release: release.hnsw_index and model.answer(_title(release), release.hnsw_index.vectors[0], 10),
        needs=("lexical_index", "hnsw_index"),
    ),
    Module("suggestions", Suggestions.load, lambda completions, release: completions.complete(_title(release))),
    Module("similar_model", QueryAdapter.load),
    Module("co_purchase", CoPurchase.load, lambda pairs, _: pairs.related([0], 10)),
    Module(
        "next_basket",
        NextBasket.load,
        lambda model, release: release.co_purchase is None or model.recommend("nobody", [0], 10, release.co_purchase),
    ),
    Module("session_model", SessionModel.load, lambda model, _: model.recommend([0], 10)),
    Module("category_recommendations", CategoryAffinity.load),
    Module("user_histories", UserHistories.load, lambda histories, _: histories.of("nobody") == []),
    Module(
        "banner_priors",
        BannerPriors.load,
        lambda priors, _: all(np.all(np.concatenate(priors.prior(slot)) > 0) for slot in priors.slots()),
    ),
    Module("segments", UpliftScores.load, lambda scores, _: scores.look_up(["nobody"])),
    Module("roi_simulation", lambda folder: pl.read_ipc(folder / "holdout.arrow")),
)
"""What an answer may come from, in the order in which it is loaded."""


@dataclass(frozen=True, slots=True)
class Release:
    """A loaded release; a module that it lacks is none, and ``manifest.unavailable`` says why."""

    folder: Path
    manifest: Manifest
    attributes: ProductAttributes
    """What the catalogue's products can be filtered by."""
    numbers: ProductNumbers
    """Products by id, SKU and model number."""
    rules: Rules
    """The shop's own, none where it declares none."""
    segment_popularity: SegmentPopularity | None
    catalogue: Catalogue
    popularity: Popularity
    hnsw_index: VectorIndex | None
    lexical_index: LexicalIndex | None
    search_model: LearntSearch | None
    """What clicks taught."""
    suggestions: Suggestions | None
    """Completions of what shoppers type."""
    similar_model: QueryAdapter | None
    """What is asked of the vectors for products like one: there where shoppers taught it."""
    co_purchase: CoPurchase | None
    next_basket: NextBasket | None
    session_model: SessionModel | None
    category_recommendations: CategoryAffinity | None
    user_histories: UserHistories | None
    """What each user looked at and bought lately."""
    banner_priors: BannerPriors | None
    segments: UpliftScores | None
    roi_simulation: pl.DataFrame | None
    """Holdout of the campaign, one row a user: what ROI is simulated on."""
    campaign: str | None = None
    """Of several campaigns the one whose modules it has; none where there is one, and in the release as a whole."""
    campaigns: Mapping[str, "Release"] = field(default_factory=dict)
    """Of several campaigns, by their ids: the release with the modules of that one."""

    @property
    def version(self) -> str:
        """The manifest's version."""
        return self.manifest.version

    @property
    def unavailable(self) -> Mapping[str, str]:
        """Modules that the release lacks, each with its reason."""
        lacks = self.manifest.unavailable
        own = {
            asset: reason
            for part, reason in lacks.items()
            for asset, of in [asset_and_campaign(part)]
            if of == self.campaign
        }
        return {**lacks, **own}

    def file(self, path: str) -> Path:
        """Where ``path`` of a release lies: in a campaign's own module or report where it has one."""
        return self.folder / path_of(path, self.campaign)

    @classmethod
    def load(cls, folder: Path) -> "Release":
        """Verify the folder and load its modules.

        Raises:
            ReleaseError: If a file is missing or altered, a module cannot be loaded, a rule of the shop cannot be
                applied, or the catalogue or the popularity module, which every fallback ends in, is missing.
        """
        manifest = verify(folder)
        loaded: dict[str, Any] = {}
        try:
            for module in MODULES:
                needed = [loaded[name] for name in module.needs]
                there = module.name in manifest.modules and all(part is not None for part in needed)
                if module.required and not there:
                    raise ReleaseError(f"the release in {folder} has no {module.name}, which every answer needs.")
                loaded[module.name] = module.load(folder / module.name, *needed) if there else None
            release = cls(folder, manifest, **_beside(folder, manifest, loaded), **loaded)
            return replace(
                release, campaigns={campaign: _of_campaign(release, campaign) for campaign in manifest.campaigns}
            )
        except RuleError as error:
            remedy = "Mend or remove it in shop.toml, then materialise the release again."
            raise ReleaseError(f"{error}. {remedy}") from error
        except (OSError, ValueError, KeyError, pl.exceptions.PolarsError) as error:
            raise ReleaseError(f"the release in {folder} does not load: {error}") from error

    def rules_as(self, declared: Iterable[Mapping[str, Any]]) -> Rules:
        """Other rules, declared as ``rules.json`` has them, made ready for the products of this release.

        Raises:
            RuleError: If one cannot be applied to them.
        """
        vectors = None if self.hnsw_index is None else self.hnsw_index.vectors
        rules = Rules.build(declared, self.catalogue, self.attributes, vectors)
        return _fitting(rules, self.manifest, self.next_basket, self.segment_popularity)

    def answers(self) -> None:
        """Ask every module one question, as a smoke test and a warm-up.

        Raises:
            ReleaseError: If a module fails or has no answer.
        """
        for module in MODULES:
            for release in (self, *(self.campaigns.values() if module.name in CAMPAIGN_PARTS else ())):
                _probe(module, release)


def _probe(module: Module, release: Release) -> None:
    """Ask a module of the release one question.

    Raises:
        ReleaseError: If it fails or has no answer.
    """
    part, name = getattr(release, module.name), part_of(module.name, release.campaign)
    if part is None or module.probe is None:
        return
    try:
        answer = module.probe(part, release)
    except (ValueError, IndexError, KeyError, RuntimeError) as error:
        raise ReleaseError(f"{name} of the release in {release.folder} does not answer: {error}") from error
    if answer is False:
        raise ReleaseError(f"{name} of the release in {release.folder} has no answer.")


def _of_campaign(release: Release, campaign: str) -> Release:
    """The release with the modules of one of several campaigns."""
    own: dict[str, Any] = {}
    for module in MODULES:
        if (part := part_of(module.name, campaign)) != module.name:
            own[module.name] = module.load(release.folder / part) if part in release.manifest.modules else None
    return replace(release, campaign=campaign, **own)


def _beside(folder: Path, manifest: Manifest, loaded: Mapping[str, Any]) -> dict[str, Any]:
    """What lies in the folders of the catalogue and of popularity besides, and is made for the modules."""
    catalogue, vectors = loaded["catalogue"], loaded["hnsw_index"]
    attributes = ProductAttributes.load(folder / "catalogue", catalogue)
    rules = Rules.load(folder / "catalogue", catalogue, attributes, None if vectors is None else vectors.vectors)
    by_segment = folder / "popularity" / SEGMENTS
    segment_popularity = SegmentPopularity.load(by_segment) if by_segment.is_dir() else None
    return {
        "attributes": attributes,
        "numbers": ProductNumbers.load(folder / "catalogue", catalogue),
        "rules": _fitting(rules, manifest, loaded["next_basket"], segment_popularity),
        "segment_popularity": segment_popularity,
    }


def _fitting(
    rules: Rules, manifest: Manifest, next_basket: NextBasket | None, segment_popularity: SegmentPopularity | None
) -> Rules:
    """The rules, with notes of segments that there are not.

    Raises:
        RuleError: If they need what the release lacks.
    """
    if rules.need_purchases and next_basket is None:
        reason = manifest.unavailable.get("next_basket", "it was built without them")
        raise RuleError(f"a rule of kind 'bought' needs each user's purchases: {reason}")
    of_attribute = [] if segment_popularity is None else segment_popularity.names
    rules.notes += tuple(rules.segments_unlike({*UPLIFT_SEGMENTS, *of_attribute}))
    return rules
