"""The desk at which visitors are put into the arms of experiments, once each and on record.

What belongs here: which experiments hold for a visitor now, and what its lists do without. What does not: the draw
(`serving.experiments.drawing`), or how lists do without something (`serving.lists`).

A visitor is in an experiment only once its arm is on record: while the store does not answer, those who are new are
answered as ever and are in none, so that no effect is lost between assignment and log.
"""

import logging
from collections import OrderedDict
from datetime import UTC, datetime
from typing import NamedTuple

from resources.shop.experiments import UNCHANGED, Change
from resources.store import Store, StoreError
from resources.store.assignments import Assignment, record_assignments
from serving.experiments.drawing import CHALLENGER, drawn_arm
from serving.http.workers import BusyError, Workers
from serving.release.snapshot import Snapshot

__all__ = ["NOWHERE", "ExperimentDesk", "Placed"]

_log = logging.getLogger(__name__)
MAX_REMEMBERED = 200_000
"""Units whose arms are known to be on record; others are looked up again."""


class Placed(NamedTuple):
    """Where a visitor is."""

    arms: dict[str, str]
    """Experiment → arm, in the order of the experiments' ids."""
    change: Change


NOWHERE = Placed({}, UNCHANGED)


class ExperimentDesk:
    """Places visitors; use from one event loop."""

    def __init__(self, store: Store, workers: Workers) -> None:
        self._store, self._workers = store, workers
        self._recorded: OrderedDict[tuple[str, str], str] = OrderedDict()

    async def place(self, snapshot: Snapshot, *, user_id: str | None = None, session_id: str | None = None) -> Placed:
        """The visitor's arms in the experiments of the release, put on record where they are new."""
        units = {"user": user_id, "session": session_id}
        now = datetime.now(UTC)
        drawn: list[Assignment] = []
        for name, one in snapshot.experiments.items():
            unit = units[one.unit]
            if unit is None or not one.is_live(now.date()):
                continue
            if (arm := drawn_arm(name, one, unit)) is not None:
                drawn.append(Assignment(name, unit, one.unit, arm.arm, arm.probability, now, snapshot.version))
        if not drawn:
            return NOWHERE
        arms = await self._on_record(drawn)
        change = UNCHANGED
        for name, on_record in arms.items():
            if on_record == CHALLENGER:
                change = change.and_also(snapshot.experiments[name].change)
        return Placed(arms, change)

    async def _on_record(self, drawn: list[Assignment]) -> dict[str, str]:
        """The arms that are on record, those of ``drawn`` where there was none; experiment → arm, sorted."""
        known = {one.experiment: self._recorded.get((one.experiment, one.unit)) for one in drawn}
        new = [one for one in drawn if known[one.experiment] is None]
        found: dict[str, str] = {}
        if new:
            try:
                found = await self._workers.run("store", record_assignments, self._store, new)
            except (BusyError, StoreError) as error:
                _log.warning("new visitors are in no experiment: %s", error)
            for one in new:
                if one.experiment in found:
                    self._recorded[one.experiment, one.unit] = found[one.experiment]
            while len(self._recorded) > MAX_REMEMBERED:
                self._recorded.popitem(last=False)
        return dict(sorted((found | {name: arm for name, arm in known.items() if arm is not None}).items()))
