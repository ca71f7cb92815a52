"""Jobs, the nightly schedule and the arrival sensor, each with its reason.

A night has two steps. `tables` reads the newest complete day and the shop's ``late_days`` before it again, so that
late rows are counted in their own day. When it has succeeded, `models` fits everything as of the newest of those
days and releases it. They are two jobs because the first spans a range of days and the second is as of one.
"""

from datetime import UTC, date, datetime, timedelta

import dagster as dg

from assets.features import FEATURE_ASSETS
from assets.partitions import SHOP
from assets.raw import RAW_ASSETS
from resources.contracts import CONTRACTS
from resources.shop import Shop
from resources.sources import Source
from resources.store import Store

__all__ = ["JOBS", "SCHEDULES", "SENSORS", "day_range_tags"]

_RANGE_START, _RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
_NIGHT = "upshelf/night"
"""Tag of the runs that the schedule and the sensor ask for: they are released, however many days they span."""
_NIGHT_BEGINS = timedelta(hours=2, minutes=30)
"""After midnight, UTC: by then most late rows have arrived."""
_TABLES_UNDER_WAY = dg.RunsFilter(
    job_name="tables",
    statuses=[
        dg.DagsterRunStatus.QUEUED,
        dg.DagsterRunStatus.NOT_STARTED,
        dg.DagsterRunStatus.STARTING,
        dg.DagsterRunStatus.STARTED,
    ],
)
_TABLES = dg.AssetSelection.assets(*RAW_ASSETS, *FEATURE_ASSETS)

tables_job = dg.define_asset_job(
    "tables", selection=_TABLES, description="Logs to daily tables and features, over a range of days."
)
models_job = dg.define_asset_job(
    "models",
    selection=dg.AssetSelection.all() - _TABLES,
    description="Embeddings, indexes, recommenders, uplift, reports, ROI and the release, as of one day.",
)

JOBS = [tables_job, models_job]


def day_range_tags(first: date, last: date) -> dict[str, str]:
    """Tags that make one run of the days ``first`` to ``last``, both inclusive."""
    return {_RANGE_START: first.isoformat(), _RANGE_END: last.isoformat()}


def _run_up_to(last: date, key: str, instance: dg.DagsterInstance) -> dg.RunRequest:
    """Read ``last`` and the shop's late days before it, and from further back where a day has not been read yet.

    The first run of all therefore reads the whole history, also when it was killed half-way, and the first one after
    days without a run, or with failed ones, closes the gap.
    """
    first = max(SHOP.first_day, last - timedelta(days=SHOP.late_days))
    first = min(first, _first_day_missing(instance, last) or first)
    return dg.RunRequest(run_key=key, tags={**day_range_tags(first, last), _NIGHT: "yes"})


def _first_day_missing(instance: dg.DagsterInstance, last: date) -> date | None:
    """The earliest day up to ``last`` that some table lacks, or none.

    A table that the shop does not have, and a state that was never read, which its first night reads from the
    beginning, do not ask for the other tables' history again: a source may no longer hold it.
    """
    read = {key: instance.get_materialized_partitions(key) for asset in RAW_ASSETS for key in asset.keys}
    of_raw = [
        days for key, days in read.items() if SHOP.has(key.path[-1]) and (days or not CONTRACTS[key.path[-1]].is_state)
    ]
    of_features = (instance.get_materialized_partitions(key) for asset in FEATURE_ASSETS for key in asset.keys)
    whole = set.intersection(*of_raw, *of_features)
    days = (SHOP.first_day + timedelta(days=n) for n in range((last - SHOP.first_day).days + 1))
    return next((day for day in days if day.isoformat() not in whole), None)


def _newest_day_read(instance: dg.DagsterInstance) -> str | None:
    """The newest day of which the raw tables have been materialised."""
    return max(instance.get_materialized_partitions(dg.AssetKey("events")), default=None)


@dg.schedule(
    job=tables_job,
    cron_schedule="30 2 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Half past two UTC: yesterday is complete and most of its late rows have arrived."""
    yesterday = context.scheduled_execution_time.astimezone(UTC).date() - timedelta(days=1)
    if SHOP.last_day is not None and yesterday > SHOP.last_day:
        return dg.SkipReason(f"the shop's logs end with {SHOP.last_day}")
    if yesterday < SHOP.first_day:
        return dg.SkipReason(f"the shop's logs begin with {SHOP.first_day}")
    return _run_up_to(yesterday, f"nightly-{yesterday}", context.instance)


@dg.sensor(job=tables_job, minimum_interval_seconds=300, default_status=dg.DefaultSensorStatus.RUNNING)
def new_day_arrived(
    context: dg.SensorEvaluationContext,
    shop: dg.ResourceParam[Shop],
    source: dg.ResourceParam[Source],
    store: dg.ResourceParam[Store],
) -> dg.RunRequest | dg.SkipReason:
    """Run when the source or the feedback of serving holds a complete day that has not been read yet.

    A day whose rows came after its night is read without waiting for the next one, and so is a new shop's history. A
    day is complete when its night has begun, so that schedule and sensor do not both read it. The cursor is the
    newest day that was asked for.
    """
    if context.instance.get_runs_count(_TABLES_UNDER_WAY):
        return dg.SkipReason("a run of `tables` is under way")
    newest = _newest_complete_day(shop, source, store, today=(datetime.now(UTC) - _NIGHT_BEGINS).date())
    if newest is None:
        return dg.SkipReason("neither the source nor the feedback has a complete day yet")
    # A new sensor over a lake that is filled already starts from what is there.
    done = context.cursor or _newest_day_read(context.instance)
    if done is not None and newest.isoformat() <= done:
        context.update_cursor(done)
        return dg.SkipReason(f"{done} has been read or asked for already")
    context.update_cursor(newest.isoformat())
    return _run_up_to(newest, f"arrived-{newest}", context.instance)


def _newest_complete_day(shop: Shop, source: Source, store: Store, *, today: date) -> date | None:
    """Newest day before ``today`` and within the shop's days that has rows in a log or in the feedback."""
    logs = [name for name, contract in CONTRACTS.items() if shop.has(name) and not contract.is_state]
    found = [at.date() for name in logs if (at := source.last_day_with_rows(name)) is not None]
    if (feedback := store.last_feedback_day()) is not None:
        found.append(feedback)
    last = shop.last_day or today - timedelta(days=1)
    complete = [min(day, last, today - timedelta(days=1)) for day in found]
    complete = [day for day in complete if day >= shop.first_day]
    return max(complete, default=None)


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    monitored_jobs=[tables_job],
    request_job=models_job,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def release_after_tables(context: dg.RunStatusSensorContext) -> dg.RunRequest | dg.SkipReason:
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
    if released and _NIGHT not in tags and (date.fromisoformat(last) - date.fromisoformat(first)).days > SHOP.late_days:
        return dg.SkipReason(f"{first} to {last} is a backfill of history; release as of a day by hand")
    return dg.RunRequest(run_key=f"models-{context.dagster_run.run_id}", partition_key=last)


SCHEDULES = [nightly]
SENSORS = [new_day_arrived, release_after_tables]
