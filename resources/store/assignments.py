"""Who got which arm of an experiment: on record once a unit, by what was drawn first.

What belongs here: writing and reading assignments. What does not: drawing them (`serving.experiments`).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import polars as pl
import sqlalchemy as sa

from resources.store.errors import as_store_error
from resources.store.forgotten import forgotten_among
from resources.store.frames import frame_of
from resources.store.instants import micros
from resources.store.operational_store import Store
from resources.store.store_tables import ASSIGNMENTS, insert_new

__all__ = ["Assignment", "read_assignments", "record_assignments"]

_SCHEMA = {
    "unit": pl.String(), "arm": pl.String(), "probability": pl.Float64(), "ts_us": pl.Int64(), "release": pl.String(),
}  # fmt: skip


class Assignment(NamedTuple):
    """A unit's arm: ``probability`` in (0, 1) is that of this arm among units that entered."""

    experiment: str
    unit: str
    unit_kind: str
    """``user`` or ``session``."""
    arm: str
    probability: float
    ts: datetime
    release: str


def record_assignments(store: Store, assignments: Sequence[Assignment]) -> dict[str, str]:
    """Put arms on record, in one transaction; what is on record already stays as it is.

    Users who have been forgotten are not kept.

    Returns:
        Experiment → arm on record of each assignment; without those that are not kept.

    Raises:
        ValueError: A probability outside (0, 1), or a time without a zone; nothing is kept.
        StoreError: The database does not answer.
    """
    for one in assignments:
        if not 0 < one.probability < 1:
            raise ValueError(f"probability {one.probability} of {one.arm!r} of {one.experiment!r} is outside (0, 1)")
    rows = [one._asdict() | {"ts_us": micros(one.ts)} for one in assignments]
    c = ASSIGNMENTS.c
    with as_store_error("arms could not be put on record"), store.engine.begin() as connection:
        forgotten = forgotten_among(connection, {row["unit"] for row in rows if row["unit_kind"] == "user"})
        kept = [row for row in rows if row["unit_kind"] != "user" or row["unit"] not in forgotten]
        insert = insert_new(ASSIGNMENTS, connection.dialect.name)
        # In key order, so that two transactions cannot lock each other out.
        for row in sorted(kept, key=lambda row: (row["experiment"], row["unit"])):
            connection.execute(insert, {name: row[name] for name in c.keys()})  # noqa: SIM118
        arms = {}
        for row in kept:
            this = (c.experiment == row["experiment"], c.unit == row["unit"])
            arms[row["experiment"]] = str(connection.execute(sa.select(c.arm).where(*this)).scalar_one())
    return arms


def read_assignments(store: Store, experiment: str, before: datetime) -> pl.DataFrame:
    """Units assigned before a time: unit, arm, probability, ts (UTC), release; in the order of their assignment."""
    c = ASSIGNMENTS.c
    query = (
        sa.select(*(c[name] for name in _SCHEMA))
        .where(c.experiment == experiment, c.ts_us < micros(before))
        .order_by(c.ts_us, c.unit)
    )
    return frame_of(store.engine, query, _SCHEMA)
