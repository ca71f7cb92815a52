"""What was known when, by hand."""

from datetime import UTC, datetime, timedelta

import polars as pl

from assets.tables.point_in_time import latest_state, outcome_window, products_for_features, with_attributes
from resources.contracts import CONTRACTS
from resources.shop import Arm, Campaign

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def exposures(*rows: tuple[str, str, float | None]) -> pl.DataFrame:
    """Exposures (id, arm, propensity) at noon."""
    return pl.DataFrame(
        [(name, NOON, "u", "c", arm, propensity, 0.0, None) for name, arm, propensity in rows],
        schema=CONTRACTS["ad_exposures"].columns,
        orient="row",
    )


def test_window_begins_at_the_exposure() -> None:
    """90 days of history before it, 7 days of outcomes from it."""
    unit = outcome_window(exposures(("x", "mail", 0.5)), Campaign()).row(0, named=True)
    assert (unit["since"], unit["ts"], unit["until"]) == (NOON - 90 * DAY, NOON, NOON + 7 * DAY)


def test_propensity_becomes_that_of_treatment() -> None:
    """A control row logs the chance of control, 0.8: its chance of treatment is 0.2. Unlogged stays unlogged."""
    units = outcome_window(exposures(("a", "mail", 0.2), ("b", "control", 0.8), ("c", "control", None)), Campaign())
    assert units["treatment"].to_list() == [1, 0, 0]
    assert [p if p is None else round(p, 9) for p in units["propensity"]] == [0.2, 0.2, None]


def test_a_declared_share_stands_in_where_nothing_was_logged() -> None:
    """40 % were meant to be treated: of both arms alike. What was logged is kept."""
    rows = exposures(("a", "mail", None), ("b", "control", None), ("c", "mail", 0.2))
    assert outcome_window(rows, Campaign(treated_share=0.4))["propensity"].to_list() == [0.4, 0.4, 0.2]


def test_other_arms_are_left_out() -> None:
    """With a named treatment a third arm is neither it nor the control; without one every arm but control is."""
    rows = exposures(("a", "mail", 0.3), ("b", "sms", 0.3), ("c", "control", 0.4))
    assert outcome_window(rows, Campaign(treatment="mail"))["exposure_id"].to_list() == ["a", "c"]
    assert outcome_window(rows, Campaign())["treatment"].to_list() == [1, 1, 0]


def test_of_several_arms_those_declared_are_kept() -> None:
    """Each is a treatment, with the chance of its own arm; a fourth arm is none of the campaign's."""
    rows = exposures(("a", "mail", 0.3), ("b", "sms", 0.2), ("c", "control", 0.4), ("d", "letter", 0.1))
    units = outcome_window(rows, Campaign(arms={"mail": Arm(), "sms": Arm()}))
    assert units.select("arm", "treatment", "propensity").rows() == [
        ("mail", 1, 0.3),
        ("sms", 1, 0.2),
        ("control", 0, 0.6),
    ]


def states(*rows: tuple[str, datetime, float]) -> pl.DataFrame:
    """Product states (id, updated_at, price)."""
    return pl.DataFrame(
        [(p, at, price, [f"C{price:.0f}", "other"]) for p, at, price in rows],
        schema={
            "product_id": pl.String,
            "updated_at": pl.Datetime("us", "UTC"),
            "price": pl.Float64,
            "categories": pl.List(pl.String),
        },
        orient="row",
    )


def test_states_of_a_product_follow_each_other() -> None:
    """Each state holds from its change to the next one; the last has no end."""
    found = products_for_features(states(("p", NOON + DAY, 2.0), ("q", NOON, 5.0), ("p", NOON, 1.0)))
    assert found.rows() == [
        ("p", "C1", 1.0, NOON, NOON + DAY),
        ("p", "C2", 2.0, NOON + DAY, None),
        ("q", "C5", 5.0, NOON, None),
    ]


def test_latest_state_is_the_newest_of_each() -> None:
    """In whatever order the rows stand."""
    found = latest_state(states(("p", NOON + DAY, 2.0), ("p", NOON, 1.0), ("a", NOON, 3.0)), "product_id")
    assert found.select("product_id", "price").rows() == [("a", 3.0), ("p", 2.0)]


def test_attributes_are_those_strictly_before() -> None:
    """A state of the exposure's own instant is too late; of two earlier ones the newer counts; unknown users: empty."""
    columns = CONTRACTS["users"].columns
    users = pl.DataFrame(
        [
            ("u", NOON + hours, [{"name": "age", "value": float(age)}], [])
            for hours, age in ((-2 * DAY, 1), (-DAY, 2), (0 * DAY, 3))
        ],
        schema=columns,
        orient="row",
    )
    units = pl.DataFrame(
        {"unit_id": ["a", "b", "c"], "user_id": ["u", "u", "v"], "ts": [NOON, NOON + DAY, NOON]},
        schema_overrides={"ts": pl.Datetime("us", "UTC")},
    )
    found = {row["unit_id"]: row["numeric"] for row in with_attributes(units, users).iter_rows(named=True)}
    assert found == {"a": [{"name": "age", "value": 2.0}], "b": [{"name": "age", "value": 3.0}], "c": []}
