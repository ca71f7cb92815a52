"""Is each user in one arm? Users of several arms of one campaign, and the first exposure of each user.

What belongs here: who was exposed to what. What does not: what it did to them.
"""

from dataclasses import dataclass

import polars as pl

__all__ = ["Contamination", "contamination", "first_exposures"]

EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Contamination:
    """Users in more than one arm of the same campaign."""

    users: int
    """Pairs of a user and a campaign."""
    mixed: int
    """Of these, in two arms or more."""
    examples: tuple[str, ...]
    """Some of their user ids, sorted."""
    passed: bool
    verdict: str


def _checked(exposures: pl.DataFrame, *columns: str) -> None:
    if missing := [name for name in columns if name not in exposures.columns]:
        raise ValueError(
            f"exposures lacks {', '.join(missing)}: it needs one row an exposure with {', '.join(columns)}"
        )


def contamination(exposures: pl.DataFrame) -> Contamination:
    """Count users who were in two or more arms of a campaign.

    Args:
        exposures: one row an exposure, columns user_id, campaign_id, arm.

    Raises:
        ValueError: a missing column.
    """
    _checked(exposures, "user_id", "campaign_id", "arm")
    arms = exposures.group_by("campaign_id", "user_id").agg(pl.col("arm").unique().sort().alias("arms"))
    mixed = arms.filter(pl.col("arms").list.len() > 1)
    examples = tuple(mixed["user_id"].unique().sort().head(EXAMPLES).to_list())
    verdict = f"{mixed.height:,} of {arms.height:,} users were in more than one arm of a campaign"
    if mixed.is_empty():
        return Contamination(arms.height, 0, examples, True, f"{verdict}.")
    most = mixed["arms"].list.join(" and ").value_counts(sort=False).sort("count", "arms", descending=[True, False])
    verdict += (
        f", mostly of {most['arms'][0]} (such as {', '.join(examples)}): who has seen two arms tells nothing of "
        "either, and shrinks every effect towards 0. Make the assignment depend on the user id alone; for what is "
        "logged already keep each user's first exposure and arm (intention to treat), or leave these users out of both "
        "arms."
    )
    return Contamination(arms.height, mixed.height, examples, False, verdict)


def first_exposures(exposures: pl.DataFrame) -> pl.DataFrame:
    """The first exposure of each user to each campaign, all columns, sorted by ts and exposure_id.

    These are the rows on which arms may be compared: later exposures depend on what the first one did.

    Raises:
        ValueError: exposure_id, user_id, campaign_id or ts is missing.
    """
    _checked(exposures, "exposure_id", "user_id", "campaign_id", "ts")
    return exposures.sort("ts", "exposure_id").unique(["campaign_id", "user_id"], keep="first", maintain_order=True)
