"""Whether a policy that the shop declares for a slot takes the place of the one before: only if it would earn more.

What belongs here: the one before, and the trial on logged impressions (docs/decisions/0014). What does not: its
estimators (`evaluation.policy_value.slate_value`) and what a policy does (`assets.models.banners`).
"""

from collections.abc import Mapping

import msgspec
import polars as pl

from assets.daily.models import AsOf
from assets.daily.partitions import days_before
from assets.models.banners.bandit import FILE, BannerPriors
from assets.models.banners.slot_policy import PolicyTrial, SlotPolicy
from assets.recommendations.banner_log import SlotLog, fitted_priors
from assets.tables.held_out import HeldOutDays, held_out_days
from evaluation.insufficient import InsufficientDataError
from evaluation.policy_value.slate_value import doubly_robust_difference

__all__ = ["served_policies"]

MIN_IMPRESSIONS = 30
"""Of a slot on the held-out days, below which nothing is said."""


def served_policies(
    at: AsOf, shown: pl.DataFrame, declared: Mapping[str, SlotPolicy]
) -> tuple[dict[str, SlotPolicy], dict[str, PolicyTrial]]:
    """The policies that slots have from the release of ``at`` on, and the trials of those that are to change.

    A slot that no release had before has what is declared. Settings of the same policy change without a trial.
    """
    served, trials = dict(declared), dict[str, PolicyTrial]()
    if (before := _before(at)) is None:
        return served, trials
    pairs = {slot: (before.policy(slot), declared.get(slot, SlotPolicy())) for slot in before.slots()}
    changed = {slot: pair for slot, pair in pairs.items() if pair[0].policy != pair[1].policy}
    if not changed:
        return served, trials
    days = held_out_days(at.shop, at.lake, ["banner_impressions"], at.day)
    for slot, (old, new) in changed.items():
        trials[slot] = _trial(shown.filter(pl.col("slot") == slot), slot, days, old, new)
        if not trials[slot].is_served:
            served[slot] = old
    return served, trials


def _before(at: AsOf) -> BannerPriors | None:
    """The newest priors of an earlier day, within the shop's window."""
    for back in range(1, at.shop.window_days + 1):
        folder = at.models.path("banner_priors", days_before(at.day, back))
        if (folder / FILE).exists():
            return BannerPriors.load(folder)
    return None


def _trial(shown: pl.DataFrame, slot: str, days: HeldOutDays, old: SlotPolicy, new: SlotPolicy) -> PolicyTrial:
    """Both as fitted on the days before ``days``, on the impressions of these."""
    told = PolicyTrial(before=old.policy, declared=new.policy, is_served=True, verdict="")
    if new.accept:
        return msgspec.structs.replace(told, verdict=f"{new.policy} is served, as the shop accepts it.")
    remedy = f"{old.policy} stays; accept = true in [slots.{slot}] has {new.policy} served all the same."
    seen, held = shown.filter(pl.col("day") < days.first), shown.filter(pl.col("day") >= days.first)
    if shown.is_empty():
        return msgspec.structs.replace(told, verdict=f"{new.policy} is served: the slot has no log to judge it by.")
    fits = {name: fitted_priors(seen, days.before, {slot: one}) for name, one in (("old", old), ("new", new))}
    log = SlotLog.of(fits["old"], slot, held) if slot in fits["old"].slots() else None
    if log is None or log.arm.size < MIN_IMPRESSIONS:
        n = 0 if log is None else log.arm.size
        why = f"{n} impressions on {days} of banners that were shown before; {MIN_IMPRESSIONS} are needed to judge"
        return msgspec.structs.replace(told, is_served=False, verdict=f"{why}. {remedy}")
    policies = {name: log.under(log.odds_of(fit, slot)) for name, fit in fits.items()}
    try:
        more = doubly_robust_difference(policies["new"], policies["old"], log.rows)
    except InsufficientDataError as error:
        return msgspec.structs.replace(told, is_served=False, verdict=f"{error}. {remedy}")
    figures = f"{more.estimate:+.4f} reward an impression ({more.lower:+.4f} to {more.upper:+.4f}) on {days}"
    wins = more.lower > 0
    return msgspec.structs.replace(
        told,
        is_served=wins,
        verdict=f"{new.policy} against {old.policy}: {figures}. {f'{new.policy} is served.' if wins else remedy}",
        difference=more.estimate,
        lower=more.lower,
        upper=more.upper,
    )
