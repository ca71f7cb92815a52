"""The experiments that a release declares, as the API tells of them.

What belongs here: what was declared and what the nightly report says, joined. What does not: who gets which arm
(`serving.experiments.desk`).
"""

from datetime import UTC, date, datetime
from typing import Any, Literal

import msgspec

from resources.shop.experiments import Change, Experiment
from serving.experiments.drawing import CHALLENGER, CHAMPION
from serving.release.snapshot import Snapshot

__all__ = ["ExperimentsAnswer", "experiments_answer"]

_REPORT = "live_experiments"
"""The pipeline's report of what they have shown."""


class ChangeOut(msgspec.Struct, frozen=True):
    """What the challenger's lists do without: false, or the names of modules."""

    personalisation: bool
    rules: bool
    without: list[str]

    @classmethod
    def of(cls, change: Change) -> "ChangeOut":
        """As declared, the modules in order."""
        return cls(change.personalisation, change.rules, sorted(change.without))


class ExperimentOut(msgspec.Struct, frozen=True):
    """An experiment as declared; ``figures`` are those of the asset `live_experiments`, null before its first."""

    id: str
    running: bool
    """Whether visitors are assigned today (UTC)."""
    starts: date | None
    ends: date | None
    unit: Literal["user", "session"]
    metric: str
    share: float
    """Of the units that enter."""
    arms: dict[str, float]
    """Arm → share of those that enter; they add up to 1."""
    change: ChangeOut
    figures: Any


class ExperimentsAnswer(msgspec.Struct, frozen=True):
    """The experiments that the release declares, by id; their figures hold up to the end of the day ``as_of``."""

    experiments: list[ExperimentOut]
    as_of: str
    release: str


def experiments_answer(snapshot: Snapshot) -> ExperimentsAnswer:
    """All of them, as of today (UTC)."""
    today, found = datetime.now(UTC).date(), snapshot.reports.get(_REPORT, {})
    told = [_told(name, one, found.get(name), today) for name, one in sorted(snapshot.experiments.items())]
    return ExperimentsAnswer(told, snapshot.release.manifest.as_of, snapshot.version)


def _told(name: str, one: Experiment, figures: Any, today: date) -> ExperimentOut:  # noqa: ANN401  # the report's own
    arms = {CHAMPION: 1 - one.challenger_share, CHALLENGER: one.challenger_share}
    return ExperimentOut(
        id=name,
        running=one.is_live(today),
        starts=one.starts,
        ends=one.ends,
        unit=one.unit,
        metric=one.metric,
        share=one.share,
        arms=arms,
        change=ChangeOut.of(one.change),
        figures=figures,
    )
