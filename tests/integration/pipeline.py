"""Runs the pipeline of the shop that the environment names: ``pipeline.py tables:FIRST:LAST models:DAY ...``.

``raw:FIRST:LAST`` and ``features:FIRST:LAST`` are the two halves of ``tables``; ``popularity+co_purchase:DAY`` makes
these models alone. A script of its own, since a code location serves one shop, which is read at import. Each step
prints one JSON line: whether the run succeeded, the assets that it materialised, and its checks.
"""

import json
import sys
import warnings
from datetime import date
from typing import Any

import dagster as dg


def run(step: str, defs: dg.Definitions, instance: dg.DagsterInstance) -> dict[str, Any]:
    """Run one step in this process and tell what came of it."""
    from assets.automation import day_range_tags
    from assets.tables.features import FEATURE_TABLES
    from assets.tables.raw import RAW_TABLES

    name, first, *last = step.split(":")
    halves = {"raw": RAW_TABLES, "features": FEATURE_TABLES}
    job, chosen = name, None
    if name in halves:
        job, chosen = "tables", [dg.AssetKey(table.name) for table in halves[name]]
    elif name not in ("tables", "models"):
        job, chosen = "models", [dg.AssetKey(model) for model in name.split("+")]
    which: dict[str, Any] = {"partition_key": first}
    if last:
        which = {"tags": day_range_tags(date.fromisoformat(first), date.fromisoformat(last[0]))}
    # Dagster's own log of every event is of no use here: what went wrong is result below.
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    result = defs.resolve_job_def(job).execute_in_process(
        instance=instance, raise_on_error=False, run_config=quiet, asset_selection=chosen, **which
    )
    return {
        "step": step,
        "success": result.success,
        "materialised": sorted({e.asset_key.to_user_string() for e in result.get_asset_materialization_events()}),
        "checks": {
            f"{c.asset_key.to_user_string()}.{c.check_name}": {"passed": c.passed, "description": c.description}
            for c in result.get_asset_check_evaluations()
        },
        "errors": [f"{e.step_key}: {e.message}" for e in result.all_events if e.is_failure],
    }


def main() -> int:
    """Run the steps in turn; 1 if one of them failed."""
    warnings.filterwarnings("ignore")
    from assets.definitions import build_defs

    defs = build_defs()
    failed = False
    with dg.DagsterInstance.get() as instance:
        for step in sys.argv[1:]:
            result = run(step, defs, instance)
            failed = failed or not result["success"]
            sys.stdout.write(json.dumps(result) + "\n")
            sys.stdout.flush()
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
