"""The gate: what a release must show before serving may follow it.

What belongs here: the comparison with the champion on one holdout. What does not: building and publishing
(`assets.release.publish`).

A measure refuses a release only when it is worse than the champion's beyond its 95 % interval, measured on the same
held-out sessions or users, so noise does not refuse and decay does not creep in.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from assets.models.manifest import CAMPAIGN_PARTS, REPORTS, ReleaseError, asset_and_campaign, part_of
from assets.models.release import Release
from assets.models.uplift.uplift_model import UpliftModel
from assets.recommendations.report import CUTOFF, HOLDOUT_FILE, recommendation_report
from assets.uplift.campaign import exposures_of
from evaluation.ranking.ranking import hit_rate
from evaluation.resampling.bootstrap import Interval, paired_difference_interval
from evaluation.uplift.intervals import qini_interval
from resources.contracts import CONTRACTS
from resources.lake import Lake
from resources.shop import Shop
from resources.tables import quarantine_of

__all__ = ["Verdict", "judge"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Reasons to refuse (none: the release may be promoted), and notes on what was and was not compared."""

    refusals: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing stands against promotion."""
        return not self.refusals


def judge(
    folder: Path,
    champion: Release | None,
    *,
    lake: Lake,
    shop: Shop,
    held_users: pl.DataFrame | None,
    expected: Collection[str] = (),
) -> Verdict:
    """Judge the release in ``folder``.

    Args:
        folder: The release, with its manifest.
        champion: The release that is followed now; none where there is none to compare with.
        lake: To look at the day's quarantine.
        shop: The shop's limits.
        held_users: Uplift frame of the users that no model is fitted on, of all campaigns; none where there is none.
        expected: Modules that the release rightly lacks, as `resources.model_store.Unavailable` says: the experiment is
            not valid, or what was learnt lost its trial. They do not hold up the others.
    """
    refusals: list[str] = []
    try:
        release = Release.load(folder)
        release.answers()
    except ReleaseError as error:
        return Verdict((str(error),), ())
    notes = list(release.rules.notes)
    refusals.extend(_broken_contracts(lake, shop, release.manifest.as_of))
    if champion is None:
        return Verdict(tuple(refusals), tuple(notes))
    if release.manifest.as_of < champion.manifest.as_of:
        refusals.append(f"it is as of {release.manifest.as_of}, older than the champion's {champion.manifest.as_of}")
    for module in sorted(set(champion.manifest.modules) - set(release.manifest.modules)):
        reason = release.unavailable.get(module, "no reason")
        asset, campaign = asset_and_campaign(module)
        is_gone = asset in CAMPAIGN_PARTS and campaign not in shop.by_campaign
        if is_gone:
            reason = "the shop has no such campaign any more"
        (notes if is_gone or module in expected else refusals).append(
            f"it lacks {module}, which the champion has: {reason}"
        )
    differences = [*_sessions_compared(release, folder, champion, notes)]
    for campaign, of in shop.by_campaign.items():
        if held_users is not None:
            held, model = exposures_of(held_users, of.campaign), part_of("uplift_model", campaign)
            differences += _uplift_compared(folder, champion, model, held, notes)
    for name, difference in differences:
        interval = f"{difference.estimate:+.4f} ({difference.lower:+.4f} to {difference.upper:+.4f})"
        (refusals if difference.upper < 0 else notes).append(f"{name}: {interval} to the champion")
    return Verdict(tuple(refusals), tuple(notes))


def _broken_contracts(lake: Lake, shop: Shop, day: str) -> Iterator[str]:
    """Tables whose share of quarantined rows is above the shop's limit: a log's of the day, a state's as a whole."""
    for table in shop.tables:
        bounds = (None, None) if CONTRACTS[table].is_state else (day, day)
        broken, rows = lake.count(quarantine_of(table), *bounds), lake.count(table, *bounds)
        if broken > shop.limit(table) * (broken + rows):
            yield (
                f"{broken} of {broken + rows} rows of {table} as of {day} broke the contract; "
                f"see {quarantine_of(table)}"
            )


def _sessions_compared(
    release: Release, folder: Path, champion: Release, notes: list[str]
) -> Iterator[tuple[str, Interval]]:
    """Yield the sessions' difference, candidate minus champion, on the same holdout; note where there is none."""
    holdout = folder / REPORTS / recommendation_report.name / HOLDOUT_FILE
    if release.session_model is not None and champion.session_model is not None and holdout.exists():
        queries = pl.read_ipc(holdout)
        held_from = next(iter(queries["held_from"]), "")
        if queries.height and champion.manifest.as_of >= held_from:
            notes.append(f"the champion was fitted on the sessions from {held_from}, so sessions are not compared")
        elif queries.height:
            yield f"session hit rate @{CUTOFF}", _session_difference(queries, release, champion)


def _uplift_compared(
    folder: Path, champion: Release, model: str, held_users: pl.DataFrame, notes: list[str]
) -> Iterator[tuple[str, Interval]]:
    """Yield the difference of an uplift model's Qini coefficients, as `_sessions_compared`."""
    new, old = (root / model for root in (folder, champion.folder))
    if held_users.height and new.exists() and old.exists():
        score = UpliftModel.load(new).score(held_users)["uplift"].to_numpy()
        try:
            baseline = UpliftModel.load(old).score(held_users)["uplift"].to_numpy()
        except (OSError, KeyError, TypeError, ValueError) as error:
            # A champion of an earlier format must not hold up every release after it.
            notes.append(f"the champion's uplift model cannot be read by this code, so it is not compared ({error!r})")
            return
        outcome, treatment = held_users["outcome"].to_numpy(), held_users["treatment"].to_numpy()
        _, campaign = asset_and_campaign(model)
        name = "Qini coefficient" if campaign is None else f"Qini coefficient of {campaign}"
        yield name, qini_interval(outcome, treatment, score, baseline=baseline)


def _session_difference(queries: pl.DataFrame, release: Release, champion: Release) -> Interval:
    """Hit rate of the candidate's configuration minus the champion's on the holdout's queries.

    The candidate has been fitted on the holdout too, so its own model may not answer; the file holds what its
    configuration, fitted on the days before, hit.
    """
    lists = []
    for prefix in queries["prefix"].to_list():
        viewed = champion.catalogue.positions(prefix)
        items = (
            champion.session_model.recommend(viewed.tolist(), CUTOFF).items
            if champion.session_model is not None
            else np.empty(0)
        )
        lists.append([int(i) for i in items])
    targets = [{champion.catalogue.position(product_id)} for product_id in queries["target"].to_list()]
    return paired_difference_interval(queries["hit"].to_numpy(), hit_rate(lists, targets, CUTOFF))
