"""Banners and experiments: what each banner earned and is shown now, what other policies would earn, live experiments.

What belongs here: the reports `banners` and `live_experiments` as sections, and the shares by which the API draws.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from assets.models.banners.bandit import BannerPriors
from resources.store import Store
from serving.banners.odds import SlotOdds
from serving.console import words
from serving.console.access import Session
from serving.console.charts import Bar, bars
from serving.console.rendering import answer
from serving.console.sections import Cell, Page, Section, Table, interval
from serving.context import Context
from serving.release.snapshot import Snapshot

__all__ = ["banners"]

_ESTIMATORS = {"ips": "inverse propensity", "snips": "self-normalised", "dm": "model", "dr": "doubly robust"}
_CHOSEN = "dr"
"""The estimator that charts show; the log's own mean needs none."""
_DRAWS = 20_000
"""From a banner's posterior: enough for two digits of its 95 % range."""


@get(["/banners", "/banners/{file:str}"])
async def banners(
    request: Request[Any, Any, Any],
    api: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
    session: NamedDependency[Session],
    file: FromPath[str | None] = None,
) -> Response[Any]:
    """The page, or a table or chart of it."""
    return answer(request, session, await api.workers.run("store", _page, snapshot, api.store), file)


def _page(snapshot: Snapshot, store: Store) -> Page:
    """Read the counts since the release, and say what they and the reports say."""
    report: Mapping[str, Any] = snapshot.reports.get("banners") or {}
    priors = snapshot.release.banner_priors
    sections: list[Section] = []
    if priors is None:
        reason = snapshot.missing.get("banner_priors", "it was built without them")
        sections.append(Section("banners", "Banners", words.ARMS, verdict=f"This release has no banners: {reason}."))
    else:
        sections += [
            _arms(place, slot, priors, _odds(snapshot, priors, slot, store), report.get(slot, {}))
            for place, slot in enumerate(priors.slots())
        ]
    sections += [_policies(place, slot, of["policies"]) for place, (slot, of) in enumerate(report.items())]
    sections += _experiments(snapshot.reports.get("live_experiments"), snapshot)
    return Page("banners", "Banners and experiments", sections)


def _odds(snapshot: Snapshot, priors: BannerPriors, slot: str, store: Store) -> SlotOdds:
    """The slot as the API draws from it now."""
    after, today = date.fromisoformat(snapshot.release.manifest.as_of), datetime.now(UTC).date()
    counts = store.daily_counts(slot, after=after)
    return SlotOdds.of(priors, slot, counts, as_of=after, today=today, read_at=0.0)


def _arms(place: int, slot: str, priors: BannerPriors, now: SlotOdds, report: Mapping[str, Any]) -> Section:
    alpha, beta = priors.prior(slot)
    rng = np.random.default_rng(0)
    names, shares = now.odds_without(frozenset(), {}, rng)
    share = dict(zip(names, shares.tolist(), strict=True))
    logged = report.get("banners", {})
    rows: list[tuple[Cell, ...]] = []
    believed: dict[str, Bar] = {}
    for arm, a, b in zip(priors.arms(slot), alpha.tolist(), beta.tolist(), strict=True):
        since = [day[arm] for day in now.counts.values() if arm in day]
        lower, upper = np.quantile(rng.beta(a, b, _DRAWS), [0.025, 0.975]).tolist()
        believed[arm] = (a / (a + b), lower, upper)
        rows.append(
            (
                arm,
                logged.get(arm, {}).get("impressions"),
                logged.get(arm, {}).get("reward"),
                *believed[arm],
                sum(count.impressions for count in since),
                sum(count.rewards for count in since),
                share.get(arm),
            )
        )
    columns = (
        "banner",
        "impressions in the log",
        "reward in the log",
        "reward believed by the release",
        "lower 95 %",
        "upper 95 %",
        "impressions since",
        "rewards since",
        "share now",
    )
    return Section(
        f"slot-{place}",
        f"Slot {slot}",
        words.ARMS,
        Table(columns, rows),
        f"Drawn by {now.policy.name}.{_trial(priors, slot)}",
        lambda: bars({"believed reward": list(believed.values())}, list(believed), y="reward an impression"),
    )


def _trial(priors: BannerPriors, slot: str) -> str:
    """Whether a policy that the shop declares is served; nothing where none was tried."""
    return f" {priors.trials[slot].verdict}" if slot in priors.trials else ""


def _policies(place: int, slot: str, policies: Mapping[str, Any]) -> Section:
    rows: list[tuple[Cell, ...]] = []
    shown: dict[str, Bar] = {}
    for policy, figures in policies.items():
        size = figures.get("effective_size")
        for estimator, value in figures.items():
            if estimator == "effective_size" or not isinstance(value, dict):
                continue
            estimate, lower, upper = interval(value)
            rows.append((policy, _ESTIMATORS.get(estimator, estimator), estimate, lower, upper, size))
            if estimate is not None and estimator in (_CHOSEN, "logged"):
                shown[policy] = (estimate, lower, upper)
    columns = ("policy", "estimator", "reward an impression", "lower 95 %", "upper 95 %", "effective impressions")
    return Section(
        f"policies-{place}",
        f"What other policies would earn in {slot}",
        words.POLICIES,
        Table(columns, rows),
        chart=lambda: bars({"reward": list(shown.values())}, list(shown), y="reward an impression"),
    )


def _experiments(report: Mapping[str, Any] | None, snapshot: Snapshot) -> list[Section]:
    if not report:
        declared = ", ".join(snapshot.experiments)
        none = "The shop declares no experiments." if not declared else f"Nothing has been measured yet of {declared}."
        return [Section("experiments", "Live experiments", words.EXPERIMENTS, verdict=none)]
    return [_experiment(place, name, figures) for place, (name, figures) in enumerate(sorted(report.items()))]


def _experiment(place: int, name: str, figures: Mapping[str, Any]) -> Section:
    title = f"Experiment {name}"
    if "effects" not in figures:
        return Section(f"experiment-{place}", title, words.EXPERIMENTS, verdict=str(figures.get("verdict", "")))
    rows: list[tuple[Cell, ...]] = [
        (
            metric,
            metric == figures["metric"],
            of.get("champion"),
            of.get("challenger"),
            of.get("lift"),
            of.get("lower"),
            of.get("upper"),
            of.get("verdict"),
        )
        for metric, of in figures["effects"].items()
    ]
    columns = ("metric", "decides", "champion", "challenger", "lift", "lower 95 %", "upper 95 %", "in words")
    sizes = ", ".join(f"{number:,} {arm}" for arm, number in figures["assigned"].items())
    verdict = f"{figures['decision']['verdict']} Assigned: {sizes}. {figures['sample_ratio']['verdict']}"
    return Section(f"experiment-{place}", title, words.EXPERIMENTS, Table(columns, rows), verdict)
