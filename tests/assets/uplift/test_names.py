"""Arms and campaigns that the shop names otherwise than its log."""

import polars as pl
import pytest

from assets.uplift.exposed_arms import fault_of_names
from resources.shop import Arm, Campaign


def log(**rows: int) -> pl.DataFrame:
    """Exposures, ``campaign__arm`` times so many."""
    pairs = [name.split("__") for name, number in rows.items() for _ in range(number)]
    return pl.DataFrame(pairs, schema={"campaign_id": pl.String, "arm": pl.String}, orient="row")


@pytest.mark.parametrize(
    ("campaign", "rows"),
    [
        (Campaign(), log(c__control=5, c__mail=5)),
        (Campaign(), log(c__control=5, c__mail=5, c__sms=1)),
        (Campaign(control="holdout", treatment="sms"), log(c__holdout=5, c__sms=5, c__mail=5)),
        (Campaign(arms={"mail": Arm(), "sms": Arm()}), log(c__control=5, c__mail=5, c__sms=5)),
        (Campaign(arms={"mail": Arm(), "letter": Arm()}), log(c__control=5, c__mail=5)),
        (Campaign(campaigns=["c"]), log(c__control=5, c__mail=5, d__other=9)),
        (Campaign(campaigns=["c", "d"]), log(c__control=5, d__mail=5)),
        (Campaign(), log()),
    ],
)
def test_names_of_the_log_are_well(campaign: Campaign, rows: pl.DataFrame) -> None:
    """Other arms, and campaigns that are not named, are left out."""
    assert fault_of_names(rows, campaign) is None


@pytest.mark.parametrize(
    ("campaign", "rows", "message"),
    [
        (
            Campaign(),
            log(c__A=2_000, c__B=1_998),
            "no exposure is in the control arm 'control'; the log has 'A' (2,000), 'B' (1,998). Set control in "
            "[campaign] to the arm that was not contacted, and log those users too",
        ),
        (
            Campaign(treatment="e-mail"),
            log(c__control=5, c__email=7),
            "no exposure is in 'e-mail'; the log has 'email' (7), 'control' (5). Name the treatments in [campaign] as "
            "the log does",
        ),
        (
            Campaign(arms={"e-mail": Arm(), "push": Arm()}),
            log(c__control=5, c__mail=5),
            "no exposure is in 'e-mail', 'push'; the log has 'control' (5), 'mail' (5). Name the treatments in "
            "[campaign] as the log does",
        ),
        (
            Campaign(),
            log(c__control=5),
            "no exposure is in any treatment; the log has 'control' (5). Name the treatments in [campaign] as the log "
            "does",
        ),
        (
            Campaign(),
            log(newsletter__control=3, newsletter__mail=3, spring__control=2, spring__mail=2),
            "the exposures are of 2 campaigns that the shop has not told apart: 'newsletter' (6), 'spring' (4). Set "
            "campaigns in [campaign] to the ids of this campaign: exposures of others are left out",
        ),
        (
            Campaign(campaigns=["sprint"]),
            log(spring__control=2, spring__mail=2),
            "no exposure is of the campaign 'sprint'; the log has 'spring' (4). Set campaigns in [campaign] to the ids "
            "of this campaign: exposures of others are left out",
        ),
    ],
)
def test_other_names_are_told_with_those_of_the_log(campaign: Campaign, rows: pl.DataFrame, message: str) -> None:
    """Each with its number of rows, and the remedy."""
    assert fault_of_names(rows, campaign) == message


@pytest.mark.parametrize(
    ("campaign", "rows", "spellings"),
    [
        (Campaign(), log(c__control=5, c__mail=5, c__Control=4), "'control' (5), 'Control' (4)"),
        (Campaign(), log(c__control=9, c__CONTROL=4), "'control' (9), 'CONTROL' (4)"),
        (
            Campaign(treatment="mail"),
            log(c__control=5, c__mail=5, **{"c__ control ": 1}),
            "'control' (5), ' control ' (1)",
        ),
        (Campaign(), log(c__control=5, **{"c__no mail": 3, "c__No  mail": 2}), "'no mail' (3), 'No  mail' (2)"),
        (
            Campaign(),
            log(c__control=5, c__Control=4, c__mail=3, c__Mail=2),
            "'control' (5), 'Control' (4); 'mail' (3), 'Mail' (2)",
        ),
        (
            Campaign(arms={"Mail": Arm(), "sms": Arm()}),
            log(c__control=5, c__mail=5, c__sms=4),
            "'mail' (5), 'Mail' (0)",
        ),
        (Campaign(campaigns=["c"]), log(c__control=5, c__mail=5, c__Mail=3, d__Control=9), "'mail' (5), 'Mail' (3)"),
    ],
)
def test_arms_that_case_or_blanks_tell_apart_are_no_arms(
    campaign: Campaign, rows: pl.DataFrame, spellings: str
) -> None:
    """Both spellings with their rows, of the control, of a treatment, or of one that the shop alone writes so."""
    assert fault_of_names(rows, campaign) == (
        f"arms differ by nothing but case or blanks, and would count as different ones: {spellings}. Let the query of "
        "ad_exposures write each arm in one way, the one that [campaign] names"
    )


def test_a_message_does_not_list_everything() -> None:
    """Twenty campaigns: the eight largest, and how many others."""
    many = log(**{f"c{n:02d}__control": 30 - n for n in range(20)})
    assert "'c07' (23) and 12 others." in (fault_of_names(many, Campaign()) or "")
