"""The report of experiments on live traffic."""

import json
from datetime import UTC, date, datetime, time, timedelta

import polars as pl

from assets.daily.models import AsOf, Built, daily_model
from assets.daily.windows import BEHAVIOUR
from assets.recommendations.experiment_effects import experiment_figures, outcomes
from resources.model_store import Unavailable
from resources.store import Store
from resources.store.assignments import read_assignments

__all__ = ["REPORT_FILE", "live_experiments"]

REPORT_FILE = "live_experiments.json"


@daily_model(group="reports", kinds={"polars"}, reads={"orders": BEHAVIOUR, "events": BEHAVIOUR})
def live_experiments(at: AsOf) -> Built:
    """What each declared experiment has shown so far: effects, whether its arms have their sizes, and what to do.

    Effects are lifts with 95 % confidence sequences, which hold however often one looks; those of users are adjusted by
    the 28 days before (CUPED). Units that were assigned before the shop's window (`window_days`) are left out.
    """
    if not at.shop.experiments:
        raise Unavailable("the shop declares no experiments", expected=True)
    day = date.fromisoformat(at.day)
    end = datetime.combine(day + timedelta(days=1), time(), UTC)
    first = at.first(BEHAVIOUR)
    # Of users who were assigned early in the window less is known of the time before, in both arms alike.
    begin = datetime.combine(date.fromisoformat(first), time(), UTC)
    orders, events = at.lake.read("orders", first, at.day), at.lake.read("events", first, at.day)
    store, figures, total = Store(at.settings.store_url), {}, 0
    try:
        for name, experiment in sorted(at.shop.experiments.items()):
            units = read_assignments(store, name, end).filter(pl.col("ts") >= begin)
            total += units.height
            if units.is_empty():
                figures[name] = {"assigned": {}, "verdict": "nobody has been assigned yet"}
                continue
            measured = outcomes(units, experiment, orders, events, end)
            figures[name] = experiment_figures(experiment, units, measured, day)
    finally:
        store.close()
    (at.folder / REPORT_FILE).write_text(json.dumps(figures, indent=1), encoding="utf-8")
    return Built(total, {"experiments": figures})
