"""A slot's log as slates, and other policies on its rows: by hand."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from assets.models.banners.slot_policy import SlotPolicy
from assets.recommendations.banner_log import SlotLog, fitted_priors
from resources.tables import TABLES

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def frame(rows: list[tuple[int, int, str, str | None]]) -> pl.DataFrame:
    """Of (minute, position, banner, context), all of slot home."""
    columns = [
        {
            **{"day": "2026-01-01", "impression_id": f"i{i}", "ts": NOON + timedelta(minutes=minute), "slot": "home"},
            **{"position": position, "banner_id": banner, "propensity": 0.5, "reward": 0.0, "context": context},
        }
        for i, (minute, position, banner, context) in enumerate(rows)
    ]
    return pl.DataFrame(columns, schema=dict(TABLES["banner_impressions"]))


def log_of(rows: list[tuple[int, int, str, str | None]]) -> SlotLog:
    """With banners a, b and c known."""
    seen = fitted_priors(frame([(0, 1, banner, None) for banner in "abc"]), "2026-01-02", {})
    log = SlotLog.of(seen, "home", frame(rows))
    assert log is not None
    return log


def test_which_rows_were_drawn_together() -> None:
    """One moment and context, positions in turn, no banner twice; else each is alone."""
    log = log_of([(0, 2, "b", None), (0, 1, "a", None), (1, 1, "a", None), (2, 3, "a", None), (2, 4, "c", None)])
    assert log.rows.slate.tolist() == [0, 0, 1, 2, 2]
    assert [log.arms[i] for i in log.arm] == ["a", "b", "a", "a", "c"]
    assert log.left.tolist() == [[1, 1, 1], [0, 1, 1], [1, 1, 1], [1, 1, 1], [0, 1, 1]]
    other = log_of([(0, 1, "a", '{"x":1}'), (0, 2, "b", '{"x":2}'), (1, 1, "a", None), (1, 3, "b", None)])
    assert other.rows.slate.tolist() == [0, 1, 2, 3]
    # Two requests of one moment cannot be told apart.
    mixed = log_of([(0, 1, "a", None), (0, 1, "b", None), (0, 2, "c", None)])
    assert mixed.rows.slate.tolist() == [0, 1, 2]


def test_a_slate_with_an_unknown_banner_is_left_out() -> None:
    """As what was above its other rows cannot be weighed."""
    log = log_of([(0, 1, "new", None), (0, 2, "a", None), (1, 1, "b", None)])
    assert [log.arms[i] for i in log.arm] == ["b"]


def test_a_policy_on_rows_below_others() -> None:
    """Of .5, .3 and .2 below a: .3 / .5; below all that the policy shows equal shares of what is left."""
    log = log_of([(0, 1, "a", None), (0, 2, "b", None)])
    policy = log.under(np.array([0.5, 0.3, 0.2]))
    np.testing.assert_allclose(policy.target, [0.5, 0.6])
    q = log.modelled
    np.testing.assert_allclose(policy.expected, [q @ [0.5, 0.3, 0.2], q @ [0, 0.6, 0.4]])
    np.testing.assert_allclose(log.under(np.array([1.0, 0, 0])).target, [1.0, 0.5])


def test_a_policy_with_context_has_odds_of_each_row() -> None:
    """Learnt of a log in which a earns on phones and b on desks."""
    rows = [(i, 1, "ab"[i % 2], f'{{"device":"{("phone", "desk")[i // 2 % 2]}"}}') for i in range(400)]
    seen = frame(rows).with_columns(
        reward=((pl.col("banner_id") == "a") == pl.col("context").str.contains("phone")).cast(pl.Float64)
    )
    policies = {"home": SlotPolicy(policy="lin_ucb", features=["device"], uniform_share=0.1)}
    priors = fitted_priors(seen, "2026-01-02", policies)
    log = SlotLog.of(priors, "home", frame([(0, 1, "a", '{"device":"phone"}'), (1, 1, "a", '{"device":"desk"}')]))
    assert log is not None
    np.testing.assert_allclose(log.odds_of(priors, "home"), [[0.95, 0.05], [0.05, 0.95]])
