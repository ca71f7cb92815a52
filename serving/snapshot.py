"""One loaded release with all that answering from it needs, immutable; requests hold one from start to end.

What belongs here: loading and warming up. When a release is loaded and which is `serving.reload`.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from assets.models.manifest import ReleaseError
from assets.models.release import Release
from assets.models.search.similar_items import SimilarItems
from assets.models.uplift.segments import PROFILE_FILE
from evaluation.roi import Holdout
from resources.embedder import TextEncoder
from serving.query_vectors import QueryVectors

__all__ = ["Economics", "Snapshot"]

MAX_REPORT_BYTES = 1_000_000
"""Largest report that is kept in memory and answered whole."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Economics:
    """What a contact costs and a response earns in the release's shop, in its currency."""

    margin: float
    """Share of revenue kept, in [0, 1]."""
    contact_cost: float
    revenue_per_response: float
    currency: str
    incentive: float = 0.0
    """What a response of a contacted user costs besides."""
    cutoff: float = 0.0
    """What a contact must earn per unit of its cost for the budget to be spent on it; 0 without a binding budget."""
    arms: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """(contact cost, incentive) of each arm of a campaign of several."""


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
    titles: pl.Series = field(repr=False)
    reports: Mapping[str, Any] = field(repr=False)
    """The release's JSON reports by name."""

    @property
    def version(self) -> str:
        """Version of the release: a hash of its content."""
        return self.release.version

    @cached_property
    def segments(self) -> list[dict[str, Any]]:
        """Rows of `UpliftScores.segments`; empty without uplift."""
        return [] if self.release.uplift is None else self.release.uplift.segments().to_dicts()

    @cached_property
    def profiles(self) -> Mapping[str, list[dict[str, Any]]]:
        """Segment → its rows of `assets.models.uplift.segments.segment_profile` that are its top features."""
        path = self.release.folder / "uplift" / PROFILE_FILE
        found: dict[str, list[dict[str, Any]]] = {}
        for row in json.loads(path.read_text(encoding="utf-8")) if path.exists() else []:
            if row["top"]:
                found.setdefault(row["segment"], []).append(row)
        return found

    @cached_property
    def holdout(self) -> Holdout | None:
        """The campaign's holdout, or none."""
        frame = self.release.roi
        return None if frame is None else Holdout.of_frame(frame)

    @cached_property
    def similar_items(self) -> SimilarItems | None:
        """Products like one another; none without vectors."""
        release = self.release
        if release.vectors is None:
            return None
        sessions = None if release.session is None else release.session.knn
        return SimilarItems(release.catalogue, release.vectors, sessions, release.co_purchase, release.similar)

    @property
    def modules(self) -> list[str]:
        """Names of the modules that the release has, in the order of `assets.models.manifest.MODULES`."""
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
            if release.vectors is not None and encoder_folder.is_dir():
                queries = QueryVectors(TextEncoder.load(encoder_folder))
            snapshot = cls(
                release=release,
                registry_version=registry_version,
                queries=queries,
                economics=_economics(release),
                titles=release.catalogue.frame["title"],
                reports=_reports(folder / "reports"),
            )
            release.answers()
            _warm_up(snapshot)
        except ReleaseError:
            raise
        except Exception as error:
            # Whatever a library makes of a broken file: the release is refused, with the reason.
            raise ReleaseError(f"the release in {folder} does not load: {type(error).__name__}: {error}") from error
        return snapshot


def _warm_up(snapshot: Snapshot) -> None:
    """Touch what is computed on first use, so that no request pays for it."""
    if snapshot.queries is not None and snapshot.release.vectors is not None:
        vector = snapshot.queries.encode("warm up")
        snapshot.release.vectors.search(vector, 10)
    _ = (snapshot.segments, snapshot.profiles, snapshot.holdout, snapshot.similar_items)


def _reports(folder: Path) -> dict[str, Any]:
    """The JSON files of ``folder`` by name; a larger one than an answer should be is left out, and said so."""
    found: dict[str, Any] = {}
    for path in sorted(folder.glob("*.json")):
        size = path.stat().st_size
        if size > MAX_REPORT_BYTES:
            _log.warning("report %s of %d bytes is not served: it is larger than %d", path.stem, size, MAX_REPORT_BYTES)
        else:
            # JSON of the pipeline may say NaN, which an answer says as null.
            found[path.stem] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _economics(release: Release) -> Economics | None:
    said = release.manifest.economics
    if not all(isinstance(said.get(n), int | float) for n in ("margin", "contact_cost", "revenue_per_response")):
        return None
    return Economics(
        margin=float(said["margin"]),
        contact_cost=float(said["contact_cost"]),
        revenue_per_response=float(said["revenue_per_response"]),
        currency=release.manifest.currency,
        incentive=float(said.get("incentive", 0.0)),
        cutoff=float(said.get("cutoff", 0.0)),
        arms={arm: (float(cost), float(incentive)) for arm, (cost, incentive) in said.get("arms", {}).items()},
    )
