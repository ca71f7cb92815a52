"""The verdicts on a campaign's exposures: which each test is given, and what is said of several arms together.

What belongs here: rows, weights and levels of the tests. What does not: the tests (`evaluation`), and what a failure
stops (`assets.uplift.experiment`).
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.models.uplift.ad_design import AdDesign
from assets.models.uplift.whiskers import Whiskers
from evaluation.arrays import Bools, Floats, Ints
from evaluation.experiment.arm_classifier import FOLDS, classify_arms
from evaluation.experiment.arm_pairs import ArmPair, arm_pairs
from evaluation.experiment.balance import balance, weighted_balance
from evaluation.experiment.contamination import contamination, first_exposures
from evaluation.experiment.overlap import overlap
from evaluation.experiment.sample_ratio import sample_ratio
from evaluation.experiment.time_order import exposed_before_assigned, features_after_exposure, outcome_before_exposure
from evaluation.experiment.weighted_ratio import weighted_ratio
from evaluation.insufficient import InsufficientDataError
from evaluation.resampling.multiplicity import ALPHA
from resources.tables import USER_FEATURES

__all__ = ["Finding", "findings"]

_SAME = 1e-9
"""Logged probabilities that differ by less are the same: 1 - 0.9 is not 0.1 to a computer."""
_ABSENT = "of an arm that is not in the log or not declared"


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict of one test, in words."""

    check: str
    passed: bool
    verdict: str


def findings(frame: pl.DataFrame, arms: Collection[str] = ()) -> Iterator[Finding]:
    """Judge the exposures of a campaign.

    Args:
        frame: as `assets.uplift.campaign.campaign_frame` gives it.
        arms: the treatments that the campaign tells apart. Their sizes are judged one by one, and each is compared with
            the control as all of them together are; the level of a test is divided by the number of comparisons, which
            is what Holm asks of the first of them, so that several arms alarm no more often than one.
    """
    mixed = contamination(frame)
    yield Finding("contamination", mixed.passed, mixed.verdict)
    yield _time_order(frame)
    firsts = first_exposures(frame)
    yield from _sizes(firsts, set(arms))
    counts = np.bincount(firsts["treatment"].to_numpy(), minlength=2)
    if counts.min() == 0:
        yield Finding("balance", False, "there is only one arm, so there is nothing to compare. Log both arms.")
        return
    if counts.min() < FOLDS:
        message = (
            f"one arm has only {counts.min()} users, too few to compare. Log both arms, or run the campaign longer."
        )
        yield Finding("balance", False, message)
        return
    try:
        design = AdDesign.fit(firsts, USER_FEATURES)
    except InsufficientDataError:  # nothing varies between users, so there is nothing to compare them by
        return
    X = design.matrix(firsts)
    pairs, left_out = arm_pairs(firsts, sorted(arms))
    judged = [
        (pair, finding) for pair in pairs for finding in _compared(pair, firsts, X, design.names, ALPHA / len(pairs))
    ]
    for check in ("balance", "arm_classifier", "overlap"):
        if verdicts := [(pair, finding) for pair, finding in judged if finding.check == check]:
            yield _together(check, verdicts, left_out)


def _time_order(frame: pl.DataFrame) -> Finding:
    """Judge the instants of every exposure; the assignment's only where it is logged."""

    def at(name: str) -> NDArray[np.datetime64]:
        return frame[name].dt.replace_time_zone(None).to_numpy()

    exposed = at("ts")
    orders = [
        features_after_exposure(at("known_at"), exposed),
        outcome_before_exposure(exposed, at("responded_at")),
    ]
    if frame["assigned_at"].count():
        orders.append(exposed_before_assigned(at("assigned_at"), exposed))
    message = " ".join(order.verdict for order in orders)
    return Finding("time_order", all(order.passed for order in orders), message)


def _sizes(firsts: pl.DataFrame, arms: set[str]) -> Iterator[Finding]:
    """Judge the sizes of the arms, campaign by campaign where several treatments are told apart."""
    parts = firsts.partition_by("campaign_id", maintain_order=True) if arms else [firsts]
    judged = [(part["campaign_id"][0], _size(part, arms, ALPHA / len(parts))) for part in parts]
    known = [(campaign, *size) for campaign, size in judged if size is not None]
    shown = [row for row in known if not row[1]] or known
    if shown:
        named = len(known) > 1
        message = " ".join(f"{campaign}: {verdict}" if named else verdict for campaign, _, verdict in shown)
        yield Finding("sample_ratio", all(passed for _, passed, _ in known), message)


def _size(firsts: pl.DataFrame, arms: set[str], alpha: float) -> tuple[bool, str] | None:
    """Judge all arms if every row logs the odds of its own, else all treatments together; None without any odds.

    A row tells the odds of its own arm alone. Where all rows of each arm log the same, those are the shares that were
    meant, and what they lack to 1 was meant for an arm that nobody is in. Where they differ between users, each arm is
    weighed by them.
    """
    if len(arms & set(firsts["arm"])) > 1 and firsts["arm_propensity"].null_count() == 0:
        day, odds = _days(firsts), pl.col("arm_propensity")
        arms_odds = firsts.group_by("arm").agg(odds.min().alias("least"), odds.max()).sort("arm")
        shares = dict(arms_odds.select("arm", "arm_propensity").iter_rows())
        rest = 1 - sum(shares.values())
        if (arms_odds["arm_propensity"] - arms_odds["least"]).to_numpy().max() < _SAME and rest > -_SAME:
            meant = shares if rest < _SAME else {**shares, _ABSENT: rest}
            sizes = sample_ratio(firsts["arm"].to_numpy(), meant, day=day, alpha=alpha)
            return sizes.passed, sizes.verdict
        weighed = weighted_ratio(firsts["arm"].to_numpy(), firsts["arm_propensity"].to_numpy(), day=day, alpha=alpha)
        return weighed.passed, weighed.verdict
    logged = firsts.filter(pl.col("propensity").is_not_null())
    if logged.is_empty():
        return None
    treated = logged["propensity"].to_numpy()
    arm = logged["treatment"].replace_strict({1: "treatment", 0: "control"}, return_dtype=pl.String)
    meant_of = {"treatment": treated, "control": 1 - treated}
    ratio = sample_ratio(arm.to_numpy(), meant_of, day=_days(logged), alpha=alpha)
    return ratio.passed, ratio.verdict


def _days(firsts: pl.DataFrame) -> NDArray[np.str_]:
    return firsts["ts"].dt.strftime("%Y-%m-%d").to_numpy().astype(np.str_)


def _compared(pair: ArmPair, firsts: pl.DataFrame, X: Floats, names: list[str], alpha: float) -> Iterator[Finding]:
    """Compare an arm with the control: as a trial where the odds are known, else as an observational log."""
    rows, X = firsts[pair.row], X[pair.row]
    treatment = rows["treatment"].to_numpy()
    treated = treatment == 1
    if pair.arm is None:
        of_any = rows["propensity"].to_numpy()
        observed = np.where(treated, of_any, 1 - of_any)
    else:
        observed = rows["arm_propensity"].to_numpy()
    if np.isnan(observed).any():
        some = np.arange(rows.height) if pair.arm is None else _as_many(treated)
        guess = classify_arms(X[some], treatment[some], names)
        overlaps = overlap(guess.propensity, treatment[some][guess.row])
        yield Finding("overlap", overlaps.passed, overlaps.verdict)
        return
    # Where the odds of an arm differ between users, so may the users of the arms: they are alike only when weighed.
    is_weighed = max(np.ptp(observed[treated]), np.ptp(observed[~treated])) > _SAME
    ordinary = Whiskers.fit(X).winsorised(X)
    alike = (
        weighted_balance(ordinary, treatment, names, np.where(treated, observed, 1 - observed), alpha=alpha)
        if is_weighed
        else balance(ordinary, treatment, names, alpha=alpha)
    )
    yield Finding("balance", alike.passed, alike.verdict)
    classifier = classify_arms(X, treatment, names, weight=1 / observed if is_weighed else None, alpha=alpha)
    yield Finding("arm_classifier", classifier.passed, classifier.verdict)


def _as_many(treated: Bools) -> Ints:
    """Places of as many users of either side: one of several arms is small, which is no lack of overlap."""
    rng = np.random.default_rng(0)
    sides = [np.flatnonzero(treated), np.flatnonzero(~treated)]
    size = min(side.size for side in sides)
    return np.sort(np.concatenate([rng.choice(side, size, replace=False) for side in sides]))


def _together(check: str, verdicts: list[tuple[ArmPair, Finding]], left_out: dict[str, int]) -> Finding:
    """One verdict on all comparisons: the arms that failed by name, or that none did."""
    failed = [(pair, finding) for pair, finding in verdicts if not finding.passed]
    of_arms = [f"{pair.arm} against the control: {finding.verdict}" for pair, finding in failed if pair.arm is not None]
    alone = [pair.arm for pair, _ in verdicts if pair.arm is not None]
    few = ", ".join(f"{arm} ({users})" for arm, users in left_out.items())
    message = " ".join(of_arms) or " ".join(finding.verdict for pair, finding in failed or verdicts if pair.arm is None)
    if not failed and alone:
        message += f" So it is of each arm against the control: {', '.join(alone)}."
    if few:
        message += f" Too few users to compare on their own: {few}."
    return Finding(check, not failed, message)
