"""Who is compared with whom: by hand."""

from datetime import UTC, datetime, timedelta

import polars as pl

from evaluation.experiment.arm_pairs import MIN_USERS, arm_pairs


def firsts(*blocks: tuple[str, int, str, int]) -> pl.DataFrame:
    """So many users by campaign, day and arm."""
    rows = [
        (campaign, datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=day), arm, int(arm != "control"))
        for campaign, day, arm, users in blocks
        for _ in range(users)
    ]
    return pl.DataFrame(rows, schema=["campaign_id", "ts", "arm", "treatment"], orient="row")


def test_one_treatment_is_compared_once() -> None:
    """Whether it is declared among others or not."""
    log = firsts(("x", 0, "mail", MIN_USERS), ("x", 0, "control", MIN_USERS))
    for arms in ([], ["mail"], ["mail", "text"]):
        (pair,), left_out = arm_pairs(log, arms)
        assert (pair.arm, pair.row.tolist(), left_out) == (None, list(range(2 * MIN_USERS)), {})


def test_controls_are_those_of_the_arm_s_campaigns_and_days() -> None:
    """The text came on the second day of x and never in y; the mail was in both."""
    size = MIN_USERS
    log = firsts(
        ("x", 0, "control", size),
        ("x", 0, "mail", size),
        ("x", 1, "control", size),
        ("x", 1, "text", size),
        ("y", 1, "control", size),
        ("y", 1, "mail", size),
        ("x", 2, "control", size),
    )
    (every, mail, text), left_out = arm_pairs(log, ["mail", "text"])
    assert left_out == {}
    assert (every.arm, every.row.size) == (None, 7 * size)
    assert (mail.arm, set(mail.row // size)) == ("mail", {0, 1, 4, 5})
    assert (text.arm, set(text.row // size)) == ("text", {2, 3})


def test_few_users_or_controls_are_left_out() -> None:
    """One mail too few, one control too few for the text, no letter at all."""
    log = firsts(
        ("x", 0, "control", MIN_USERS),
        ("x", 0, "mail", MIN_USERS - 1),
        ("y", 0, "control", MIN_USERS - 1),
        ("y", 0, "text", MIN_USERS),
    )
    (every,), left_out = arm_pairs(log, ["text", "mail", "letter"])
    assert every.arm is None
    assert left_out == {"letter": 0, "mail": MIN_USERS - 1, "text": MIN_USERS - 1}
