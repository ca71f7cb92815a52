"""Jobs, the nightly schedule and the arrival sensor, each with its reason.

A night has two steps. `tables` reads the newest complete day and the shop's ``late_days`` before it again, so that
late rows are counted in their own day. When it has succeeded, `models` fits everything as of the newest of those
days and releases it. They are two jobs because the first spans a range of days and the second is as of one.
Once a week `table_care` cares for the lake, so that it does not grow for ever.
"""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import dagster as dg

from assets.release.table_care import table_care_job
from assets.tables.features import FEATURE_TABLES
from assets.tables.raw import RAW_TABLES
from resources.contracts import CONTRACTS
from resources.shop import Shop
from resources.sources import Source
from resources.store import Store

__all__ = ["JOBS", "SCHEDULES", "SENSORS", "UNDER_WAY", "day_range_tags"]

_RANGE_START, _RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
_NIGHT = "upshelf/night"
"""Tag of the runs that the schedule and the sensor ask for: they are released, however many days they span."""
_SHOP = "upshelf/shop"
"""Tag of the shop whose run it is."""
_NIGHT_BEGINS = timedelta(hours=2, minutes=30)
"""After midnight, UTC: by then most late rows have arrived."""
_AGAIN, _AGAIN_AT_LATEST = timedelta(minutes=10), timedelta(hours=6)
"""How long a run that failed is waited for before it is asked for again."""
_STATUSES = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
UNDER_WAY = dg.RunsFilter(statuses=_STATUSES)
"""Runs that are queued, running or being stopped."""
_TABLES_UNDER_WAY = dg.RunsFilter(job_name="tables", statuses=_STATUSES)
_TABLES = dg.AssetSelection.assets(*(table.name for table in (*RAW_TABLES, *FEATURE_TABLES)))

tables_job = dg.define_asset_job(
    "tables",
    selection=_TABLES,
    description="Logs to daily tables and features, over a range of days.",
    tags={"upshelf/step": "tables"},
)
models_job = dg.define_asset_job(
    "models",
    selection=dg.AssetSelection.all() - _TABLES,
    description="Embeddings, indexes, recommenders, uplift, reports, ROI and the release, as of one day.",
    tags={"upshelf/step": "models"},
)

JOBS: list[Any] = [tables_job, models_job, table_care_job]
"""Dagster has no public type that jobs of assets and jobs of steps share."""


def day_range_tags(first: date, last: date) -> dict[str, str]:
    """Tags that make one run of the days ``first`` to ``last``, both inclusive."""
    return {_RANGE_START: first.isoformat(), _RANGE_END: last.isoformat()}


def _run_up_to(shop: Shop, last: date, key: str, instance: dg.DagsterInstance) -> dg.RunRequest:
    """Read ``last`` and the shop's late days before it, and from further back where a day has not been read yet.

    The first run of all therefore reads the whole history, also when it was killed half-way, and the first one after
    days without a run, or with failed ones, closes the gap.
    """
    first = max(shop.first_day, last - timedelta(days=shop.late_days))
    first = min(first, _first_day_missing(shop, instance, last) or first)
    return dg.RunRequest(run_key=key, tags={**day_range_tags(first, last), _NIGHT: "yes", _SHOP: shop.name})


def _first_day_missing(shop: Shop, instance: dg.DagsterInstance, last: date) -> date | None:
    """The earliest day up to ``last`` that some table lacks, or none.

    A table that the shop does not have, and a state that was never read, which its first night reads from the
    beginning, do not ask for the other tables' history again: a source may no longer hold it.
    """

    def days_of(table: str) -> set[str]:
        return instance.get_materialized_partitions(dg.AssetKey(table))

    of_raw = [
        days
        for name, contract in CONTRACTS.items()
        if shop.has(name) and ((days := days_of(name)) or not contract.is_state)
    ]
    whole = set.intersection(*of_raw, *(days_of(table.name) for table in FEATURE_TABLES))
    due = (shop.first_day + timedelta(days=n) for n in range((last - shop.first_day).days + 1))
    return next((day for day in due if day.isoformat() not in whole), None)


def _newest_day_read(instance: dg.DagsterInstance) -> str | None:
    """The newest day of which the raw tables have been materialised."""
    return max(instance.get_materialized_partitions(dg.AssetKey("events")), default=None)


@dg.schedule(
    job=tables_job,
    cron_schedule="30 2 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def nightly(context: dg.ScheduleEvaluationContext, shop: dg.ResourceParam[Shop]) -> dg.RunRequest | dg.SkipReason:
    """Half past two UTC: yesterday is complete and most of its late rows have arrived."""
    yesterday = context.scheduled_execution_time.astimezone(UTC).date() - timedelta(days=1)
    if shop.last_day is not None and yesterday > shop.last_day:
        return dg.SkipReason(f"the shop's logs end with {shop.last_day}")
    if yesterday < shop.first_day:
        return dg.SkipReason(f"the shop's logs begin with {shop.first_day}")
    return _run_up_to(shop, yesterday, f"nightly-{yesterday}", context.instance)


@dg.schedule(
    job=table_care_job,
    cron_schedule="30 5 * * 0",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def weekly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Sunday, half past five UTC: the night is over as a rule; if it is not, next Sunday is soon enough."""
    if context.instance.get_runs_count(UNDER_WAY):
        return dg.SkipReason("a run of the pipeline is under way")
    return dg.RunRequest(run_key=f"table-care-{context.scheduled_execution_time.date()}")


@dg.sensor(job=tables_job, minimum_interval_seconds=300, default_status=dg.DefaultSensorStatus.RUNNING)
def new_day_arrived(
    context: dg.SensorEvaluationContext,
    shop: dg.ResourceParam[Shop],
    source: dg.ResourceParam[Source],
    store: dg.ResourceParam[Store],
) -> dg.RunRequest | dg.SkipReason:
    """Run when the source or the feedback of serving holds a complete day that has not been read yet.

    A day whose rows came after its night is read without waiting for the next one, and so is a new shop's history. A
    day is complete when its night has begun, so that schedule and sensor do not both read it. A run that left a day
    out, because it failed, is asked for again after ten minutes, then after twice as long each time, up to six hours.
    """
    if context.instance.get_runs_count(_TABLES_UNDER_WAY):
        return dg.SkipReason("a run of `tables` is under way")
    newest = _newest_complete_day(shop, source, store, today=(datetime.now(UTC) - _NIGHT_BEGINS).date())
    if newest is None:
        return dg.SkipReason("neither the source nor the feedback has a complete day yet")
    # A new sensor over a lake that is filled already starts from what is there.
    asked = _Asked.of(context.cursor, _newest_day_read(context.instance))
    if asked is not None and newest.isoformat() <= asked.day:
        context.update_cursor(asked.cursor)
        if _first_day_missing(shop, context.instance, date.fromisoformat(asked.day)) is None:
            return dg.SkipReason(f"{asked.day} has been read already")
        if datetime.now(UTC) < asked.again_at:
            return dg.SkipReason(
                f"the run that reads up to {asked.day} has not finished all its tables: see the runs of `tables` for "
                f"what failed. It is asked for again after {asked.again_at:%Y-%m-%d %H:%M} UTC, unless run by hand"
            )
        asked = _Asked(asked.day, asked.attempts + 1, datetime.now(UTC))
    else:
        asked = _Asked(newest.isoformat(), 1, datetime.now(UTC))
    context.update_cursor(asked.cursor)
    again = f"-{asked.attempts}" if asked.attempts > 1 else ""
    return _run_up_to(shop, date.fromisoformat(asked.day), f"arrived-{asked.day}{again}", context.instance)


class _Asked(NamedTuple):
    """What the sensor has asked for last: its cursor."""

    day: str
    """The newest day."""
    attempts: int
    at: datetime

    @classmethod
    def of(cls, cursor: str | None, read: str | None) -> "_Asked | None":
        """From the cursor, which was a day alone once, or the newest day that has been ``read``."""
        if cursor is not None and cursor.startswith("{"):
            fields = json.loads(cursor)
            return cls(fields["day"], fields["attempts"], datetime.fromisoformat(fields["at"]))
        day = cursor or read
        return None if day is None else cls(day, 1, datetime.now(UTC))

    @property
    def cursor(self) -> str:
        """As JSON text."""
        return json.dumps({"day": self.day, "attempts": self.attempts, "at": self.at.isoformat()})

    @property
    def again_at(self) -> datetime:
        """When to ask for the same day again, if it has not been read by then."""
        wait = _AGAIN * float(2 ** min(self.attempts - 1, 10))
        return self.at + min(wait, _AGAIN_AT_LATEST)


def _newest_complete_day(shop: Shop, source: Source, store: Store, *, today: date) -> date | None:
    """Newest day before ``today`` and within the shop's days that has rows in a log or in the feedback."""
    logs = [name for name, contract in CONTRACTS.items() if shop.has(name) and not contract.is_state]
    newest = [at.date() for name in logs if (at := source.last_day_with_rows(name)) is not None]
    if (feedback := store.last_feedback_day()) is not None:
        newest.append(feedback)
    last = shop.last_day or today - timedelta(days=1)
    complete = [min(day, last, today - timedelta(days=1)) for day in newest]
    complete = [day for day in complete if day >= shop.first_day]
    return max(complete, default=None)


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    monitored_jobs=[tables_job],
    request_job=models_job,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def release_after_tables(
    context: dg.RunStatusSensorContext, shop: dg.ResourceParam[Shop]
) -> dg.RunRequest | dg.SkipReason:
    """Fit and release as of the newest day of a `tables` run, once its blocking checks have passed.

    A run by hand over more days than a night reads is a backfill of history, which is released by hand once there is
    a release.
    """
    tags = context.dagster_run.tags
    last = tags.get(_RANGE_END) or tags.get("dagster/partition")
    first = tags.get(_RANGE_START) or last
    if last is None or first is None:
        return dg.SkipReason("the run has no days")
    released = context.instance.get_materialized_partitions(dg.AssetKey("release"))
    if released and _NIGHT not in tags and (date.fromisoformat(last) - date.fromisoformat(first)).days > shop.late_days:
        return dg.SkipReason(
            f"{first} to {last} is a backfill of history; release as of a day by hand: upshelf run --as-of {last}"
        )
    return dg.RunRequest(run_key=f"models-{context.dagster_run.run_id}", partition_key=last, tags={_SHOP: shop.name})


SCHEDULES = [nightly, weekly]
SENSORS = [new_day_arrived, release_after_tables]
