"""One loaded release with all that answering from it needs, immutable; requests hold one from start to end.

What belongs here: loading and warming up. When a release is loaded and which is `serving.release.reload`.
"""

import json
import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from assets.models.manifest import METRICS_FILE, REPORTS, SOLE, ReleaseError, asset_and_campaign
from assets.models.release import Release
from assets.models.search.similar.items import SimilarItems
from assets.models.search.similar.variants import Variants
from assets.models.uplift.segments import PROFILE_FILE, RESPONDERS_FILE
from evaluation.arrays import Bools, Ints32
from evaluation.policy_value.roi_holdout import Holdout
from evaluation.policy_value.roi_prices import ArmPrice, Prices
from resources.encoder.text_encoder import TextEncoder
from resources.shop.experiments import EXPERIMENTS_FILE, Experiment, experiments_from
from serving.release.query_vectors import QueryVectors

__all__ = ["Economics", "Shown", "Snapshot"]

MAX_REPORT_BYTES = 1_000_000
"""Largest report that is kept in memory and answered whole."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Economics:
    """What a contact costs and a response earns in the release's shop, in its currency."""

    prices: Prices
    currency: str
    cutoff: float = 0.0
    """What a contact must earn per unit of its cost for the budget to be spent on it; 0 without a binding budget."""
    closed: bool = False
    """Whether the campaign is over: nobody is contacted."""


class Shown(NamedTuple):
    """What every answer shows of a product."""

    product_id: str
    title: str
    price: float | None
    in_stock: bool


@dataclass(frozen=True)
class Snapshot:
    """A release in memory."""

    release: Release
    registry_version: str
    """Number of the version in the registry."""
    queries: QueryVectors | None
    """Vectors of search queries; none without encoder or vectors."""
    economics: Economics | None
    """None without uplift scores or prices."""
    reports: Mapping[str, Any] = field(repr=False)
    """The release's JSON reports by name."""
    texts: Mapping[int, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    """Item → what the shop has said of it since then, but its price and stock, which the catalogue has."""
    new: "Snapshot | None" = field(default=None, repr=False)
    """Products that the shop has added since then (`serving.release.new_products`)."""
    experiments: Mapping[str, Experiment] = field(default_factory=dict)
    """The shop's experiments by their ids."""
    campaigns: "Mapping[str, Snapshot]" = field(default_factory=dict, repr=False)
    """Of several campaigns, by their ids: the release as if it had that one alone."""

    @cached_property
    def version(self) -> str:
        """Version of the release: a hash of its content."""
        return self.release.version

    @property
    def campaign(self) -> str:
        """Id of the campaign that it answers of."""
        return self.release.campaign or SOLE

    @property
    def scored_users(self) -> int:
        """How many users have a score, of the campaign that has most."""
        found = [of.release.segments for of in (self, *self.campaigns.values())]
        return max(0 if scores is None else len(scores) for scores in found)

    @cached_property
    def shown(self) -> list[Shown]:
        """What an answer shows of each item of the catalogue."""
        catalogue = self.release.catalogue
        prices = [None if math.isnan(price) else price for price in catalogue.price.tolist()]
        titles = map(str, catalogue.frame["title"])
        return [Shown(*row) for row in zip(catalogue.ids, titles, prices, catalogue.in_stock.tolist(), strict=True)]

    @cached_property
    def segments(self) -> list[dict[str, Any]]:
        """Rows of `UpliftScores.segments`; empty without uplift."""
        return [] if self.release.segments is None else self.release.segments.segments().to_dicts()

    @cached_property
    def profiles(self) -> Mapping[str, list[dict[str, Any]]]:
        """Segment → its rows of `assets.models.uplift.segments.segment_profile` that are its top features."""
        path = self.release.file(f"segments/{PROFILE_FILE}")
        top: dict[str, list[dict[str, Any]]] = {}
        for row in json.loads(path.read_text(encoding="utf-8")) if path.exists() else []:
            if row["top"]:
                top.setdefault(row["segment"], []).append(row)
        return top

    @cached_property
    def responders(self) -> list[dict[str, Any]]:
        """Groups that respond unlike others beyond chance; none in releases made before they were looked for."""
        path = self.release.file(f"segments/{RESPONDERS_FILE}")
        return list(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else []

    @cached_property
    def holdout(self) -> Holdout | None:
        """The campaign's holdout, or none."""
        frame = self.release.roi_simulation
        return None if frame is None else Holdout.of_frame(frame)

    @cached_property
    def similar_items(self) -> SimilarItems | None:
        """Products like one another; none without vectors."""
        release = self.release
        if release.hnsw_index is None:
            return None
        sessions = None if release.session_model is None else release.session_model.knn
        return SimilarItems(release.catalogue, release.hnsw_index, sessions, release.co_purchase, release.similar_model)

    @cached_property
    def stocked_first(self) -> Bools:
        """bool[n] of all products but those out of stock of which a variant is in stock."""
        stocked = self.release.catalogue.in_stock
        return ~self.variants.replaceable(np.ones(stocked.size, dtype=np.bool_), stocked)

    @cached_property
    def variants(self) -> Variants:
        """Which products are variants of one another."""
        models = self.similar_items
        return Variants.of(self.release.catalogue.frame) if models is None else models.variants

    @cached_property
    def having(self) -> dict[str, Ints32]:
        """Word → items that say that they have it, as `serving.search.wishes` reads them: each word once."""
        return {}

    @property
    def modules(self) -> list[str]:
        """Names of the modules that the release has, in alphabetical order."""
        return list(self.release.manifest.modules)

    @property
    def missing(self) -> Mapping[str, str]:
        """Modules that the release lacks, each with its reason."""
        return self.release.unavailable

    @classmethod
    def load(cls, folder: Path, registry_version: str) -> "Snapshot":
        """Verify, load and warm up a release folder. Takes seconds: call it off the event loop.

        Raises:
            ReleaseError: If the folder is incomplete or altered, or a module does not answer.
        """
        release = Release.load(folder)
        encoder_folder = folder / "encoder"
        queries = None
        try:
            if release.hnsw_index is not None and encoder_folder.is_dir():
                queries = QueryVectors(TextEncoder.load(encoder_folder))
            snapshot = cls(
                release=release,
                registry_version=registry_version,
                queries=queries,
                economics=_economics(release),
                reports=_reports(folder / REPORTS),
                experiments=_experiments(folder / "catalogue" / EXPERIMENTS_FILE),
            )
            of_campaigns = {
                campaign: replace(
                    snapshot,
                    release=of,
                    economics=_economics(of),
                    reports={**snapshot.reports, **_reports(folder / REPORTS, campaign)},
                )
                for campaign, of in release.campaigns.items()
            }
            snapshot = replace(snapshot, campaigns=of_campaigns)
            release.answers()
            _warm_up(snapshot)
            for of_campaign in of_campaigns.values():
                _warm_up_targeting(of_campaign)
        except ReleaseError:
            raise
        except Exception as error:
            # Whatever a library makes of a broken file: the release is refused, with the reason.
            raise ReleaseError(f"the release in {folder} does not load: {type(error).__name__}: {error}") from error
        return snapshot


def _warm_up(snapshot: Snapshot) -> None:
    """Touch what is computed on first use, so that no request pays for it."""
    if snapshot.queries is not None and snapshot.release.hnsw_index is not None:
        vector = snapshot.queries.encode("warm up")
        snapshot.release.hnsw_index.search(vector, 10)
    _ = (
        snapshot.version,
        snapshot.shown,
        snapshot.similar_items,
        snapshot.variants,
    )
    _warm_up_targeting(snapshot)


def _warm_up_targeting(snapshot: Snapshot) -> None:
    """The same of a campaign."""
    _ = snapshot.segments, snapshot.profiles, snapshot.responders, snapshot.holdout


def _reports(folder: Path, campaign: str | None = None) -> dict[str, Any]:
    """The JSON files of the reports in ``folder`` by name; one too large for an answer is left out, with a warning.

    Those of one of several campaigns alone where it is named, else those that all share.
    """
    reports: dict[str, Any] = {}
    for path in sorted(folder.glob("*/*.json")):
        _, of = asset_and_campaign(path.parent.name)
        if path.name == METRICS_FILE or of != campaign:  # the first is what the experiment tracker has
            continue
        size = path.stat().st_size
        if size > MAX_REPORT_BYTES:
            _log.warning("report %s of %d bytes is not served: it is larger than %d", path.stem, size, MAX_REPORT_BYTES)
        else:
            # JSON of the pipeline may say NaN, which an answer says as null.
            reports[path.stem] = json.loads(path.read_text(encoding="utf-8"))
    return reports


def _experiments(path: Path) -> dict[str, Experiment]:
    """Those that the release declares; none in one that was built before there were any."""
    return experiments_from(path.read_bytes()) if path.exists() else {}


def _economics(release: Release) -> Economics | None:
    named = release.manifest.economics
    if release.campaign is not None:
        named = named["campaigns"][release.campaign]
    if not all(isinstance(named.get(n), int | float) for n in ("margin", "contact_cost", "revenue_per_response")):
        return None
    prices = Prices(
        margin=float(named["margin"]),
        contact=ArmPrice(float(named["contact_cost"]), float(named.get("incentive", 0.0))),
        response_value=float(named["revenue_per_response"]),
        arms={arm: ArmPrice(float(cost), float(incentive)) for arm, (cost, incentive) in named.get("arms", {}).items()},
    )
    return Economics(prices, release.manifest.currency, float(named.get("cutoff", 0.0)), bool(named.get("closed")))
