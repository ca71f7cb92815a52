"""What an exposure knows of the probabilities of its arm and of any treatment, by hand."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import polars as pl
import pytest

from assets.uplift.campaign import contacts_on_record, pooled_price, with_propensities
from resources.lake import Lake
from resources.shop import Arm, Campaign
from resources.tables import TABLES
from tests.default_shop import SHOP

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def frame(*rows: tuple[str, int, str, float | None]) -> pl.DataFrame:
    """Exposures (campaign, day, arm, logged propensity of that arm) as the table has them."""
    return pl.DataFrame(
        [
            (
                campaign,
                NOON + timedelta(days=day),
                arm,
                int(arm != "control"),
                logged if arm != "control" or logged is None else 1 - logged,
            )
            for campaign, day, arm, logged in rows
        ],
        schema={
            "campaign_id": pl.String,
            "ts": pl.Datetime("us", "UTC"),
            "arm": pl.String,
            "treatment": pl.Int8,
            "propensity": pl.Float64,
        },
        orient="row",
    )


def told(rows: pl.DataFrame, column: str) -> list[object]:
    """The column, rounded, with None for nulls."""
    return [None if p is None else round(p, 9) for p in with_propensities(rows)[column]]


def test_one_treatment_stays_as_it_is() -> None:
    """Even where the odds differ between users, each row says both; unlogged stays unlogged."""
    rows = frame(("c", 0, "mail", 0.2), ("c", 0, "control", 0.8), ("c", 0, "control", 0.3), ("c", 0, "mail", None))
    assert told(rows, "propensity") == [0.2, 0.2, 0.7, None]
    assert told(rows, "arm_propensity") == [0.2, 0.8, 0.3, None]


def test_of_several_the_control_tells_the_chance_of_any() -> None:
    """Half of the users are controls, so any treatment has one half, and each arm its own share."""
    rows = frame(("c", 0, "mail", 0.3), ("c", 1, "sms", 0.2), ("c", 1, "control", 0.5), ("c", 1, "sms", None))
    assert told(rows, "propensity") == pytest.approx([0.5, 0.5, 0.5, None])
    assert told(rows, "arm_propensity") == [0.3, 0.2, 0.5, None]


def test_a_split_that_changes_between_days_is_told_by_the_day() -> None:
    """Half controls on the first day, a fifth on the second, nobody on the third: that row's chance is not known."""
    rows = frame(
        ("c", 0, "mail", 0.3), ("c", 0, "control", 0.5),
        ("c", 1, "sms", 0.4), ("c", 1, "control", 0.2),
        ("c", 2, "mail", 0.4),
    )  # fmt: skip
    assert told(rows, "propensity") == [0.5, 0.5, 0.8, 0.8, None]


def test_odds_that_differ_between_users_are_not_known_of_any_treatment() -> None:
    """The other campaign, whose controls agree, is not touched by it."""
    rows = frame(
        ("c", 0, "mail", 0.3), ("c", 0, "sms", 0.1), ("c", 0, "control", 0.5), ("c", 0, "control", 0.6),
        ("d", 0, "mail", 0.25), ("d", 0, "control", 0.75),
    )  # fmt: skip
    assert told(rows, "propensity") == [None, None, None, None, 0.25, 0.25]
    assert told(rows, "arm_propensity") == [0.3, 0.1, 0.5, 0.6, 0.25, 0.75]


def test_a_pooled_contact_costs_what_the_trial_paid(tmp_path: Path) -> None:
    """Three mails of .10 and a text of .50 are .20 a contact; the only two buyers had 0 and 4 paid: 2 each."""
    rows = frame(*[("c", 0, "mail", 0.3)] * 3, ("c", 0, "sms", 0.1), ("c", 0, "control", 0.6))
    blank = {name: pl.lit(None, dtype=kind) for name, kind in TABLES["ad_frame"].items() if name not in rows.columns}
    table = rows.with_columns(**blank).with_columns(
        pl.Series("outcome", [1, 0, 0, 1, 1], dtype=pl.Int8), pl.lit("2026-03-17").alias("day")
    )
    lake = Lake(str(tmp_path))
    lake.replace_partition("ad_frame", table.select(list(TABLES["ad_frame"])), "2026-03-17", "2026-03-17")
    arms = {"mail": Arm(contact_cost=0.1), "sms": Arm(incentive=4.0)}
    shop = msgspec.structs.replace(SHOP, campaign=Campaign(contact_cost=0.5, arms=arms))
    assert pooled_price(lake, shop, "2026-03-17") == pytest.approx((0.2, 2.0))
    one = msgspec.structs.replace(SHOP, campaign=Campaign(contact_cost=0.5, incentive=1.0))
    assert pooled_price(lake, one, "2026-03-17") == (0.5, 1.0)


def test_contacts_of_every_campaign_are_counted_by_its_own_control() -> None:
    """`held` is the control of vouchers alone; exposures of no campaign were contacts whatever their arm."""
    several = msgspec.structs.replace(
        SHOP, campaigns={"mail": Campaign(), "voucher": Campaign(campaigns=["v1", "v2"], control="held")}
    )
    rows = [("mail", "control"), ("mail", "held"), ("v1", "held"), ("v2", "control"), ("other", "control")]
    exposures = pl.DataFrame(rows, schema=["campaign_id", "arm"], orient="row")
    assert contacts_on_record(exposures, several).rows() == [("mail", "held"), ("v2", "control"), ("other", "control")]
    assert contacts_on_record(exposures, SHOP).rows() == [("mail", "held"), ("v1", "held")]
