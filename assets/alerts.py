"""What went wrong in a run, told to an address of the shop's: a webhook that takes JSON, such as a chat's.

What belongs here: the message and the sensors that send it. An address that does not answer stops nothing: the sensor
says so.
"""

from collections.abc import Sequence
from typing import Any

import dagster as dg
import httpx

from assets.automation import JOBS
from resources.settings import Settings
from resources.shop import Shop

__all__ = ["ALERTS", "message"]

_SECONDS = 10.0
_MOST = 20
"""Checks that one message tells of."""


def message(
    shop: str, run: dg.DagsterRun, reason: str | None, failed: Sequence[dg.AssetCheckEvaluation]
) -> dict[str, Any]:
    """What is sent: ``text`` for people, and the same in parts; none of it is personal data.

    Args:
        shop: Its name.
        run: What ran.
        reason: Why the run failed; none if it succeeded.
        failed: Checks that failed.
    """
    days = [tag for name in ("start", "end") if (tag := run.tags.get(f"dagster/asset_partition_range_{name}"))]
    of = " to ".join(dict.fromkeys(days)) or run.tags.get("dagster/partition", "no day")
    checks = [
        {"asset": one.asset_key.to_user_string(), "check": one.check_name, "told": one.description or ""}
        for one in failed[:_MOST]
    ]
    what = "failed" if reason is not None else f"has {len(failed)} failed checks"
    lines = [f"{shop}: run of `{run.job_name}` over {of} {what}.", *([reason] if reason else [])]
    lines += [f"- {one['asset']}.{one['check']}: {one['told']}" for one in checks]
    return {
        "text": "\n".join(lines),
        "shop": shop,
        "job": run.job_name,
        "run": run.run_id,
        "days": of,
        "checks": checks,
    }


def _failed_checks(context: dg.RunStatusSensorContext) -> list[dg.AssetCheckEvaluation]:
    records = context.instance.all_logs(context.dagster_run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    events = [record.dagster_event for record in records if record.dagster_event is not None]
    checks = [event.asset_check_evaluation_data for event in events]
    return [check for check in checks if not check.passed]


def _send(settings: Settings, body: dict[str, Any]) -> dg.SkipReason:
    if settings.webhook is None:
        return dg.SkipReason("UPSHELF_WEBHOOK names no address")
    try:
        httpx.post(settings.webhook, json=body, timeout=_SECONDS).raise_for_status()
    except httpx.HTTPError as error:
        return dg.SkipReason(f"the webhook took no message ({type(error).__name__})")
    return dg.SkipReason("the webhook was told")


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.FAILURE, monitored_jobs=JOBS, default_status=dg.DefaultSensorStatus.RUNNING
)
def tell_failed_runs(
    context: dg.RunStatusSensorContext, settings: dg.ResourceParam[Settings], shop: dg.ResourceParam[Shop]
) -> dg.SkipReason:
    """Tell the webhook of a run that failed, and of the checks that failed in it."""
    reason = context.dagster_event.message or "it was stopped"
    return _send(settings, message(shop.name, context.dagster_run, reason, _failed_checks(context)))


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS, monitored_jobs=JOBS, default_status=dg.DefaultSensorStatus.RUNNING
)
def tell_failed_checks(
    context: dg.RunStatusSensorContext, settings: dg.ResourceParam[Settings], shop: dg.ResourceParam[Shop]
) -> dg.SkipReason:
    """Tell the webhook of checks that failed in a run that went on."""
    failed = _failed_checks(context)
    if not failed:
        return dg.SkipReason("no check failed")
    return _send(settings, message(shop.name, context.dagster_run, None, failed))


ALERTS = [tell_failed_runs, tell_failed_checks]
