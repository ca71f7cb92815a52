"""What experiments on live traffic have shown, from arms on record and the lake's orders and events."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest

from assets.recommendations.experiment_effects import experiment_figures, outcomes
from assets.recommendations.live_experiments import REPORT_FILE, live_experiments
from resources.lake import Lake
from resources.model_store import ModelStore
from resources.settings import Settings
from resources.shop import Change, Experiment
from resources.store import Store
from resources.store.assignments import Assignment, record_assignments
from resources.tables import TABLES
from tests.assets.one_asset import run
from tests.default_shop import SHOP

START = datetime(2026, 3, 1, tzinfo=UTC)
ONE = Experiment(change=Change(personalisation=False), window_days=2, min_days=3, max_days=30)


def at(days: float) -> datetime:
    """So many days after the start."""
    return START + timedelta(days=days)


def test_outcomes_by_hand() -> None:
    """The window begins with the assignment and ends after two days; what came before is the covariate."""
    units = pl.DataFrame(
        {"unit": ["a", "b", "late"], "arm": ["champion", "challenger", "champion"], "ts": [at(0.5), at(1), at(3)]}
    )
    orders = pl.DataFrame(
        [
            ("a", at(0.4), "sale", 2.0, 5.0),  # before
            ("a", at(0.5), "sale", 1.0, 7.0),  # at the very instant
            ("a", at(1), "return", 1.0, 7.0),
            ("a", at(2.5), "sale", 1.0, 100.0),  # the window is over
            ("b", at(-30), "sale", 1.0, 9.0),  # too long ago
            (None, at(1), "sale", 1.0, 9.0),
        ],
        schema=["user_id", "ts", "kind", "quantity", "unit_price"],
        orient="row",
    )
    events = pl.DataFrame(
        [("b", "s", at(1.1), "click"), ("b", "s", at(1.2), "click"), ("b", "s", at(2.9), "add_to_cart")],
        schema=["user_id", "session_id", "ts", "kind"],
        orient="row",
    )
    found = outcomes(units, ONE, orders, events, at(4)).rows_by_key("unit", named=True, unique=True)
    assert set(found) == {"a", "b"}
    assert [found["a"][m] for m in ("conversion", "revenue", "cart", "clicks")] == [1, 7, 0, 0]
    assert [found["a"][f"{m}_before"] for m in ("conversion", "revenue")] == [1, 10]
    assert [found["b"][m] for m in ("conversion", "revenue", "cart", "clicks", "revenue_before")] == [0, 0, 1, 2, 0]
    of_sessions = msgspec.structs.replace(ONE, unit="session", metric="clicks")
    sessions = units.head(1).with_columns(unit=pl.lit("s"))
    (session,) = outcomes(sessions, of_sessions, orders, events, at(4)).rows(named=True)
    assert (session["clicks"], session["cart"], "revenue" in session) == (2, 0, False)


def drawn(lift: float, share: float = 0.5, n: int = 6_000) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Units over ten days whose revenue is correlated with that before, and what they did; challengers earn more."""
    rng = np.random.default_rng(3)
    arm = np.where(rng.random(n) < share, "challenger", "champion")
    before = rng.gamma(2, 10, n)
    revenue = (0.8 * before + rng.gamma(2, 3, n)) * np.where(arm == "challenger", 1 + lift, 1)
    units = pl.DataFrame({"unit": [f"u{i}" for i in range(n)], "arm": arm, "ts": [at(10 * i / n) for i in range(n)]})
    zero = {f"{m}{s}": 0.0 for m in ("conversion", "cart", "clicks") for s in ("", "_before")}
    return units, units.with_columns(
        revenue=pl.Series(revenue), revenue_before=pl.Series(before), **{k: pl.lit(v) for k, v in zero.items()}
    )


@pytest.mark.parametrize(
    ("lift", "action", "reason"),
    [(0.2, "promote", "winner"), (-0.2, "keep_champion", "harm"), (0.0, "continue", "undecided")],
)
def test_figures_say_what_to_do(lift: float, action: str, reason: str) -> None:
    """The true lift is inside; CUPED leaves the share of the variance that the covariate does not explain."""
    units, measured = drawn(lift)
    one = msgspec.structs.replace(ONE, metric="revenue", guardrails={})
    found = experiment_figures(one, units, measured, date(2026, 3, 12))
    effect = found["effects"]["revenue"]
    assert effect["lower"] < lift < effect["upper"]
    assert (found["decision"]["action"], found["decision"]["reason"]) == (action, reason)
    # Var(0.8 · before) is 128, of the rest 18.
    assert effect["variance_left_by_cuped"] == pytest.approx(18 / 146, abs=0.04)
    assert found["effects"]["clicks"]["lift"] is None
    assert found["effects"]["clicks"]["verdict"] == "clicks: too little has been seen to tell"


def test_units_that_are_missing_make_it_invalid() -> None:
    """Halves were meant, and 45 of 100 came."""
    units, measured = drawn(0.2, share=0.45)
    one = msgspec.structs.replace(ONE, metric="revenue")
    found = experiment_figures(one, units, measured, date(2026, 3, 12))
    assert found["decision"]["action"] == "invalid"
    assert not found["sample_ratio"]["passed"]


def test_the_report_reads_arms_and_the_lake(tmp_path: Path) -> None:
    """As of a day: units of later days are not in it, an experiment without any says so."""
    day = SHOP.first_day + timedelta(days=9)
    noon = datetime.combine(day - timedelta(days=5), datetime.min.time(), UTC) + timedelta(hours=12)
    settings = Settings.from_env({"UPSHELF_HOME": str(tmp_path)})
    store = Store(settings.store_url)
    arms = {f"u{i}": "challenger" if i % 2 else "champion" for i in range(40)}
    for unit, arm in arms.items():
        record_assignments(store, [Assignment("e", unit, "user", arm, 0.5, noon, "r")])
    record_assignments(store, [Assignment("e", "later", "user", "champion", 0.5, noon + timedelta(days=9), "r")])
    store.close()
    buyers = [f"u{i}" for i in (1, 3, 5, 2)]
    orders = pl.DataFrame(
        {
            "day": str(noon.date()),
            "order_id": buyers,
            "line": 1,
            "ts": noon + timedelta(hours=1),
            "kind": "sale",
            "user_id": buyers,
            "product_id": "p",
            "quantity": 1.0,
            "unit_price": [10.0, 20.0, 30.0, 40.0],
        }
    )
    schema = dict(TABLES["orders"])
    Lake(settings.lake_url).replace_partition(
        "orders", orders.select(list(schema)).cast(schema), str(noon.date()), str(noon.date())
    )
    shop = msgspec.structs.replace(SHOP, experiments={"e": ONE, "none": ONE})
    assert run(live_experiments, str(day), home=tmp_path, shop=shop).success
    report = ModelStore(tmp_path / "models").path("live_experiments", str(day)) / REPORT_FILE
    found = json.loads(report.read_text(encoding="utf-8"))
    assert found["e"]["assigned"] == {"champion": 20, "challenger": 20}
    assert found["e"]["measured"] == {"champion": 20, "challenger": 20}
    assert found["e"]["effects"]["conversion"]["champion"] == pytest.approx(1 / 20)
    assert found["e"]["effects"]["revenue"]["challenger"] == pytest.approx(60 / 20)
    assert found["e"]["decision"]["action"] == "continue"
    assert found["none"]["verdict"] == "nobody has been assigned yet"


def test_without_experiments_there_is_no_report(tmp_path: Path) -> None:
    """With the reason; that is as it should be."""
    day = str(SHOP.first_day + timedelta(days=9))
    assert run(live_experiments, day, home=tmp_path).success
    reason = ModelStore(tmp_path / "models").unavailable("live_experiments", day)
    assert str(reason) == "the shop declares no experiments"
