"""What is found in logs whose faults are known, above all those of one arm of three."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from assets.uplift.campaign import with_propensities
from assets.uplift.validity import findings
from tests.assets.uplift.exposures import ARMS, DAYS, MEANT, START, N, dealt, failed, frame, three_arms
from tests.trials import TRIALS, possible


def faults(rows: pl.DataFrame, arms: tuple[str, ...] = ARMS) -> dict[str, str]:
    """Failed tests of the frame, each with its verdict."""
    return {found.check: found.verdict for found in findings(with_propensities(rows), arms) if not found.passed}


def verdicts(rows: pl.DataFrame) -> dict[str, str]:
    """Every verdict on three arms of which none failed."""
    found = list(findings(with_propensities(rows), ARMS))
    assert [finding.check for finding in found if not finding.passed] == []
    return {finding.check: finding.verdict for finding in found}


def by_views(seed: int = 0, rows: int = N) -> pl.DataFrame:
    """Three arms whose odds depend on the views of the week, as logged."""
    rng = np.random.default_rng(seed)
    table = dealt(np.full(rows, "control"), None, rng)
    often = table["views_7d"].to_numpy() > 2.0
    odds = np.where(often[:, None], [0.2, 0.2, 0.4, 0.2], [0.5, 0.2, 0.1, 0.2])
    place = (rng.random(rows)[:, None] > np.cumsum(odds, axis=1)).sum(axis=1)
    arm, own = np.array(list(MEANT))[place], odds[np.arange(rows), place]
    return table.with_columns(
        pl.Series("arm", arm),
        pl.Series("treatment", (arm != "control").astype(np.int8)),
        pl.Series("propensity", np.where(arm == "control", 1 - own, own)),
    )


def test_of_three_clean_arms_each_is_spoken_of() -> None:
    """Sizes of every arm; alike together, and each alone."""
    told = verdicts(three_arms())
    assert set(told) == {"contamination", "time_order", "sample_ratio", "balance", "arm_classifier"}
    assert all(f"{arm} (1,200 meant)" in told["sample_ratio"] for arm in ARMS)
    assert all("each arm against the control: mail, text, voucher." in told[c] for c in ("balance", "arm_classifier"))


def test_arms_that_gain_what_others_lose_are_caught(tmp_path: Path) -> None:
    """Two of 100 users get the text for the mail, which leaves the treated and the control as many as they were."""
    odd = three_arms(20_000, dealt_as={**MEANT, "mail": 0.18, "text": 0.22})
    assert faults(odd, ()) == {}
    told = failed(odd, tmp_path, ARMS)
    assert set(told) == set(faults(odd)) == {"sample_ratio"}
    assert "text (4,000 meant)" in told["sample_ratio"]


def test_a_feature_that_leaks_in_one_arm_is_caught(tmp_path: Path) -> None:
    """Views that also count what the text brought: the arm and the feature are named, the other arms are not."""
    clean = three_arms()
    leaked = clean.with_columns(pl.col("views_7d") * (1 + 0.5 * (pl.col("arm") == "text")))
    told = failed(leaked, tmp_path, ARMS)
    assert told == faults(leaked)
    assert set(told) == {"balance", "arm_classifier"}
    for verdict in told.values():
        assert verdict.startswith("text against the control: ")
        assert "views_7d" in verdict
        assert "mail" not in verdict


def test_a_leak_that_all_arms_together_hide_is_caught() -> None:
    """What the text adds the voucher takes away: the treated together are like the control."""
    by = (pl.col("arm") == "text").cast(pl.Float64) - (pl.col("arm") == "voucher").cast(pl.Float64)
    hidden = three_arms().with_columns(pl.col("views_7d") + 0.4 * by)
    assert "balance" not in faults(hidden, ())
    told = faults(hidden)["balance"]
    assert "text against the control" in told
    assert "voucher against the control" in told


def test_a_user_in_two_treatments_is_caught(tmp_path: Path) -> None:
    """One of 6,000 users comes back with another treatment."""
    clean = three_arms()
    again = clean.filter(pl.col("arm") == "mail").head(1)
    again = again.with_columns(pl.lit("text").alias("arm"), pl.lit("x-again").alias("exposure_id"))
    both = pl.concat([clean, again])
    told = failed(both, tmp_path, ARMS)
    assert told == faults(both)
    assert set(told) == {"contamination"}
    assert "mostly of mail and text" in told["contamination"]


def test_an_arm_that_most_users_could_not_get_is_caught(tmp_path: Path) -> None:
    """Nothing is logged, and only who looks often gets a text: together with other arms that is no lack of overlap."""
    clean = three_arms(is_logged=False)
    often = pl.col("views_7d") > pl.col("views_7d").median()
    moved = clean.with_columns(
        arm=pl.when((pl.col("arm") == "text") & ~often)
        .then(pl.lit("mail"))
        .when((pl.col("arm") == "mail") & often)
        .then(pl.lit("text"))
        .otherwise("arm")
    )
    assert faults(moved, ()) == {}
    told = failed(moved, tmp_path, ARMS)
    assert told == faults(moved)
    assert set(told) == {"overlap"}
    assert "text against the control: " in told["overlap"]
    assert "voucher against" not in told["overlap"]


def test_an_arm_that_was_meant_and_is_not_there_is_caught() -> None:
    """The voucher is logged for nobody; the shares of the others leave a fifth for it."""
    gone = three_arms().filter(pl.col("arm") != "voucher")
    told = faults(gone)
    assert set(told) == {"sample_ratio"}
    assert "0 of an arm that is not in the log or not declared (" in told["sample_ratio"]


def test_odds_that_differ_between_users_are_weighed_out() -> None:
    """Clean as logged; an arm whose users partly went missing, or that some never got, is named."""
    clean = by_views()
    told = verdicts(clean)
    assert "each arm should stand for all users" in told["sample_ratio"]
    assert {"balance", "arm_classifier", "overlap"} < set(told)
    lost = clean.filter((pl.col("arm") != "text") | (pl.int_range(pl.len()) % 4 > 0))
    assert "text does not" in faults(lost)["sample_ratio"]
    never = clean.filter((pl.col("arm") != "mail") | (pl.col("views_7d") > 2.0))
    assert "mail does not" in faults(never)["sample_ratio"]
    assert "mail against the control" in faults(never)["balance"]


def test_a_day_that_loses_an_arm_is_named() -> None:
    """Of one day in fourteen the mails are gone, with odds that are alike and with odds that differ."""
    for whole in (three_arms(), by_views()):
        gone = whole.filter((pl.col("arm") != "mail") | (pl.col("ts").dt.day() != 5))
        assert "1 days differ, most of all 2026-01-05" in faults(gone)["sample_ratio"]


def test_an_arm_that_came_later_is_compared_with_users_of_its_time() -> None:
    """Views grow from day to day, and vouchers are dealt out in the second week alone."""
    rng = np.random.default_rng(3)
    second = np.arange(N) >= N / 2
    odds = np.where(second[:, None], [0.4, 0.2, 0.2, 0.2], [0.5, 0.25, 0.25, 0.0])
    place = (rng.random(N)[:, None] > np.cumsum(odds, axis=1)).sum(axis=1)
    table = dealt(np.array(list(MEANT))[place], odds[np.arange(N), place], rng)
    grown = table.with_columns(pl.col("views_7d") + (pl.col("ts") - START).dt.total_hours() / 24 / DAYS)
    assert "voucher" in verdicts(grown)["balance"]


def test_an_arm_of_few_users_is_not_judged_alone() -> None:
    """Said of it, with their number; nobody at all got the letter."""
    told = list(findings(with_propensities(three_arms(120)), (*ARMS, "letter")))
    (balance,) = (found for found in told if found.check == "balance")
    assert balance.passed
    assert "Too few users to compare on their own: letter (0), mail (" in balance.verdict


def test_every_campaign_has_its_own_sizes() -> None:
    """A campaign of one treatment beside one of three; the one whose control is too small is named."""
    one = frame(0.6, 3_000).with_columns(
        pl.lit("other").alias("campaign_id"),
        pl.format("y{}", "exposure_id").alias("exposure_id"),
        arm=pl.when(pl.col("arm") == "ad").then(pl.lit("mail")).otherwise("arm"),
    )
    told = faults(pl.concat([three_arms(), one]))
    assert set(told) == {"sample_ratio"}
    assert told["sample_ratio"].startswith("other: ")


def test_a_handful_of_controls_is_said_to_be_too_few() -> None:
    """They are fewer than the classifier's folds; nothing breaks."""
    few = frame(rows=500).filter((pl.col("treatment") == 1) | (pl.int_range(pl.len()) < 5))
    assert "one arm has only" in faults(few, ())["balance"]


def test_assignments_that_are_not_logged_are_not_spoken_of() -> None:
    """The other two orders are."""
    unlogged = frame(rows=500).with_columns(pl.lit(None, dtype=pl.Datetime("us", "UTC")).alias("assigned_at"))
    (order,) = (finding for finding in findings(unlogged) if finding.check == "time_order")
    assert order.passed
    assert "assigned" not in order.verdict


def test_one_arm_is_no_experiment() -> None:
    """Without a control group there is nothing to compare."""
    alone = frame().filter(pl.col("treatment") == 1)
    assert "balance" in {finding.check for finding in findings(alone) if not finding.passed}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["one treatment", "three", "three by views", "three unlogged"])
def test_clean_experiments_raise_no_alarm(kind: str) -> None:
    """All checks as the asset asks them: silent in at least 95 in 100 experiments of 5,000 users."""
    silent = 0
    for seed in range(TRIALS):
        if kind == "one treatment":
            silent += not faults(frame(rows=5_000, seed=seed), ())
        elif kind == "three by views":
            silent += not faults(by_views(seed, 5_000))
        else:
            silent += not faults(three_arms(5_000, is_logged=kind == "three", seed=seed))
    assert possible(silent / TRIALS, 0.95)


@pytest.mark.parametrize("is_weighed", [False, True])
def test_absurd_values_do_not_hide_a_leak(is_weighed: bool) -> None:
    """One in each arm: any difference of means would be small beside the deviation that they make."""
    rows = frame()
    if is_weighed:  # odds that differ between users, though by little
        rows = rows.with_columns(pl.Series("propensity", np.linspace(0.49, 0.51, N)))
    leaked = pl.col("views_7d") + pl.col("treatment") * pl.col("views_7d").mul(0.5)
    is_first = pl.int_range(pl.len()).over("treatment") == 0
    spoilt = rows.with_columns(pl.when(is_first).then(1e12).otherwise(leaked).alias("views_7d"))
    assert "views_7d" in faults(spoilt, ())["balance"]
