"""The gate: what a release must show before serving may follow it.

What belongs here: the comparison with the champion on one holdout. What does not: building and publishing
(`assets.release`).

A measure refuses a release only when it is worse than the champion's beyond its 95 % interval, measured on the same
held-out sessions or users, so noise does not refuse and decay does not creep in.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from assets.models.release import Release, ReleaseError
from assets.models.uplift_model import UpliftModel
from assets.recommendation_report import CUTOFF, HOLDOUT_FILE
from evaluation.bootstrap import Interval, paired_difference_interval, qini_difference_interval
from evaluation.ranking import hit_rate
from resources.lake import Lake
from resources.shop import Shop
from resources.tables import quarantine_of

__all__ = ["UPLIFT_MODEL_FOLDER", "Verdict", "judge"]

UPLIFT_MODEL_FOLDER = "uplift/model"


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
    folder: Path, *, champion: Release | None, lake: Lake, shop: Shop, held_users: pl.DataFrame | None, held_from: str
) -> Verdict:
    """Judge the release in ``folder``.

    Args:
        folder: The release, with its manifest.
        champion: The release that is followed now, if there is one.
        lake: To look at the day's quarantine.
        shop: The shop's limits.
        held_users: Uplift frame of the users that no model is fitted on; none where there is no campaign.
        held_from: First day of the sessions that the recommenders are measured on.
    """
    refusals: list[str] = []
    notes: list[str] = []
    try:
        release = Release.load(folder)
        release.answers()
    except ReleaseError as error:
        return Verdict((str(error),), ())
    refusals.extend(_broken_contracts(lake, shop, release.manifest.as_of))
    if champion is None:
        notes.append("there is no champion to compare with")
        return Verdict(tuple(refusals), tuple(notes))
    if release.manifest.as_of < champion.manifest.as_of:
        refusals.append(f"it is as of {release.manifest.as_of}, older than the champion's {champion.manifest.as_of}")
    lost = sorted(set(champion.manifest.modules) - set(release.manifest.modules))
    refusals.extend(f"it lacks {m}, which the champion has: {release.unavailable.get(m, 'no reason')}" for m in lost)
    for name, difference in _differences(release, folder, champion, held_users, held_from, notes):
        told = (
            f"{name}: {difference.estimate:+.4f} ({difference.lower:+.4f} to {difference.upper:+.4f}) to the champion"
        )
        (refusals if difference.upper < 0 else notes).append(told)
    return Verdict(tuple(refusals), tuple(notes))


def _broken_contracts(lake: Lake, shop: Shop, day: str) -> Iterator[str]:
    """Tables of the day whose share of quarantined rows is above the shop's limit."""
    for table in shop.tables:
        broken, rows = lake.read(quarantine_of(table), day, day).height, lake.read(table, day, day).height
        if broken > shop.limit(table) * (broken + rows):
            yield f"{broken} of {broken + rows} rows of {table} on {day} broke the contract; see {quarantine_of(table)}"


def _differences(
    release: Release,
    folder: Path,
    champion: Release,
    held_users: pl.DataFrame | None,
    held_from: str,
    notes: list[str],
) -> Iterator[tuple[str, Interval]]:
    """Yield each measure's difference, candidate minus champion, on the same holdout; note what has none."""
    holdout = folder / "reports" / HOLDOUT_FILE
    if champion.manifest.as_of >= held_from:
        notes.append(f"the champion was fitted on the sessions from {held_from}, so sessions are not compared")
    elif release.session is not None and champion.session is not None and holdout.exists():
        queries = pl.read_ipc(holdout)
        if queries.height:
            yield f"session hit rate @{CUTOFF}", _session_difference(queries, release, champion)
    new, old = (root / UPLIFT_MODEL_FOLDER for root in (folder, champion.folder))
    if held_users is not None and new.exists() and old.exists():
        score, baseline = (UpliftModel.load(path).score(held_users)["uplift"].to_numpy() for path in (new, old))
        outcome, treatment = held_users["outcome"].to_numpy(), held_users["treatment"].to_numpy()
        yield "Qini coefficient", qini_difference_interval(outcome, treatment, score, baseline)


def _session_difference(queries: pl.DataFrame, release: Release, champion: Release) -> Interval:
    """Hit rate of the candidate's configuration minus the champion's on the holdout's queries.

    The candidate has been fitted on the holdout too, so its own model may not answer; the file holds what its
    configuration, fitted on the days before, hit.
    """
    wanted = queries["target"].to_list()
    lists = []
    for prefix in queries["prefix"].to_list():
        viewed = champion.catalogue.positions(prefix)
        items = champion.session.recommend(viewed.tolist(), CUTOFF).items if champion.session is not None else np.empty(0)
        lists.append([int(i) for i in items])
    targets = [{champion.catalogue.position(product_id)} for product_id in wanted]
    return paired_difference_interval(queries["hit"].to_numpy(), hit_rate(lists, targets, CUTOFF))
