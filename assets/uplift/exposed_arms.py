"""Are the arms and campaigns that the shop names those of its log? What is said where they are not.

What belongs here: names. What does not: whether the arms were dealt out at random (`assets.uplift.validity`).
"""

import polars as pl

from resources.shop import Campaign

__all__ = ["fault_of_names"]

_SHOWN = 8
"""How many names a message lists."""


def fault_of_names(exposures: pl.DataFrame, campaign: Campaign, section: str = "[campaign]") -> str | None:
    """What of the log contradicts the shop's names, in words with the remedy; none where all is well.

    Args:
        exposures: ``campaign_id`` and ``arm`` of every exposure.
        campaign: As the shop declares it.
        section: The table of the shop's file that it is declared in.
    """
    if exposures.is_empty():
        return None
    ids = _counts(exposures["campaign_id"])
    remedy = f"Set campaigns in {section} to the ids of this campaign: exposures of others are left out"
    missing = sorted(set(campaign.campaigns) - set(ids))
    if missing:
        return f"no exposure is of the campaign {_named(missing)}; the log has {_listed(ids)}. {remedy}"
    if len(ids) > 1 and not campaign.campaigns:
        return f"the exposures are of {len(ids)} campaigns that the shop has not told apart: {_listed(ids)}. {remedy}"
    if campaign.campaigns:
        exposures = exposures.filter(pl.col("campaign_id").is_in(campaign.campaigns))
    arms = _counts(exposures["arm"])
    if campaign.control not in arms:
        return (
            f"no exposure is in the control arm {campaign.control!r}; the log has {_listed(arms)}. Set control in "
            f"{section} to the arm that was not contacted, and log those users too"
        )
    treatments = sorted(campaign.arms) or ([campaign.treatment] if campaign.treatment is not None else [])
    absent = [arm for arm in treatments if arm not in arms]
    # An arm among several may not have been sent yet: it is planned without.
    if (absent and len(absent) == len(treatments)) or len(arms) < 2:
        named = f"in {_named(absent)}" if absent else "in any treatment"
        return f"no exposure is {named}; the log has {_listed(arms)}. Name the treatments in {section} as the log does"
    return _spelt_alike({**arms, **dict.fromkeys(absent, 0)}, section)


def _spelt_alike(arms: dict[str, int], section: str) -> str | None:
    """Arms that would count as different ones, though only case or blanks tell them apart; none where there are none.

    Args:
        arms: Name → rows, also of those that only the shop names.
        section: As of `fault_of_names`.
    """
    by_fold: dict[str, dict[str, int]] = {}
    for arm, rows in arms.items():
        by_fold.setdefault(" ".join(arm.casefold().split()), {})[arm] = rows
    alike = [_listed(spellings) for spellings in by_fold.values() if len(spellings) > 1]
    if not alike:
        return None
    return (
        f"arms differ by nothing but case or blanks, and would count as different ones: {'; '.join(alike)}. Let the "
        f"query of ad_exposures write each arm in one way, the one that {section} names"
    )


def _counts(names: pl.Series) -> dict[str, int]:
    """Name → rows, the most frequent first."""
    counts = names.value_counts().sort("count", names.name, descending=[True, False])
    return dict(counts.iter_rows())


def _named(names: list[str]) -> str:
    return ", ".join(map(repr, names))


def _listed(counts: dict[str, int]) -> str:
    shown = ", ".join(f"{name!r} ({rows:,})" for name, rows in list(counts.items())[:_SHOWN])
    return shown + (f" and {len(counts) - _SHOWN} others" if len(counts) > _SHOWN else "")
