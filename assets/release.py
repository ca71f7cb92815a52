"""The release: gather the day's models, judge them, publish them as one version, and move the champion."""

import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg

from assets.campaign import holdout_frame, pooled_price, response_value
from assets.models.manifest import Manifest, ReleaseError, write_manifest
from assets.models.release import Release
from assets.models.rules.rules import RULES_FILE
from assets.partitions import SAME_DAY, daily_asset, days_before
from assets.release_gate import NO_CHAMPION, UPLIFT_MODEL_FOLDER, Verdict, judge
from assets.targeting import PLAN_FILE
from resources.contracts import CONTRACTS
from resources.lake import Lake
from resources.model_store import ModelStore, Unavailable
from resources.registry import Registry, RegistryError
from resources.settings import Settings
from resources.shop import Shop
from resources.shop_rules import rules_json

__all__ = ["RELEASE_ASSETS"]

_SOURCES = {
    "catalogue": "catalogue",
    "vectors": "hnsw_index",
    "lexical": "lexical_index",
    "search": "search_model",
    "suggestions": "suggestions",
    "similar": "similar_model",
    "co_purchase": "co_purchase",
    "next_basket": "next_basket",
    "session": "session_model",
    "popularity": "popularity",
    "category": "category_recommendations",
    "banners": "banner_priors",
    "uplift": "segments",
    "roi": "roi_simulation",
}
"""Module of the release → the asset that it is made of."""
_REPORTS = (
    "experiment",
    "uplift_report",
    "targeting_plan",
    "recommendation_report",
    "search_report",
    "similar_report",
    "drift_report",
)


def _gather(folder: Path, models: ModelStore, shop: Shop, encoder: Path, day: str) -> dict[str, str]:
    """Copy every module and the shop's rules into ``folder``; returns the reasons of those that cannot be had."""
    reasons: dict[str, str] = {}
    for module, asset in _SOURCES.items():
        try:
            shutil.copytree(models.require(asset, day), folder / module)
        except Unavailable as reason:
            reasons[module] = str(reason)
    if shop.rules and "catalogue" not in reasons:
        (folder / "catalogue" / RULES_FILE).write_bytes(rules_json(shop.rules))
    if "uplift" not in reasons:
        shutil.copytree(models.require("uplift_model", day), folder / UPLIFT_MODEL_FOLDER)
    if "vectors" in reasons:
        reasons["encoder"] = reasons["vectors"]
    else:
        shutil.copytree(encoder, folder / "encoder")
    (folder / "reports").mkdir()
    for asset in _REPORTS:
        if models.unavailable(asset, day) is None:
            shutil.copytree(models.path(asset, day), folder / "reports", dirs_exist_ok=True)
    for pattern in ("*.png", "*.json"):
        for report in (folder / "roi").glob(pattern):
            shutil.move(report, folder / "reports" / report.name)
    return reasons


def _metrics(folder: Path) -> dict[str, float]:
    """The main figures of the reports, flat."""
    metrics: dict[str, float] = {}
    if (path := folder / "reports" / "uplift.json").exists():
        report = json.loads(path.read_text(encoding="utf-8"))
        scores = report["scores"]
        metrics |= {f"qini_validation_{name}": figure["mean"] for name, figure in report["candidates"].items()}
        metrics |= {f"qini_{name}": figures["qini"]["estimate"] for name, figures in scores.items()}
        metrics["uplift_at_30"] = scores["model"]["uplift_at"]["30%"]
        metrics["rate"] = scores["model"]["rate"]["estimate"]
    if (path := folder / "reports" / "recommendations.json").exists():
        for module, figures in json.loads(path.read_text(encoding="utf-8")).items():
            for name, measures in figures.items():
                metrics[f"{module}_hit_rate_{name}"] = measures["hit_rate"]["estimate"]
    if (path := folder / "reports" / "search.json").exists():
        for name, figures in json.loads(path.read_text(encoding="utf-8"))["all"].items():
            metrics[f"search_ndcg_{name}"] = figures["ndcg"]["estimate"]
    if (path := folder / "reports" / "similar.json").exists():
        for name, figures in json.loads(path.read_text(encoding="utf-8"))["all"].items():
            metrics[f"similar_mrr_{name}"] = figures["mrr"]["estimate"]
    return metrics


def _selection(folder: Path) -> tuple[dict[str, str], dict[str, Sequence[float]]]:
    """How the uplift learners were weighed, in words, and the figure of every candidate on every fold."""
    path = folder / "reports" / "uplift.json"
    if not path.exists():
        return {}, {}
    report = json.loads(path.read_text(encoding="utf-8"))
    words = {f"uplift_{name}": report[name] for name in ("chosen", "criterion", "reason")}
    return words, {f"qini_fold_{name}": figure["folds"] for name, figure in report["candidates"].items()}


def _economics(shop: Shop, lake: Lake, models: ModelStore, day: str) -> dict[str, Any]:
    """What a response is worth, what a contact costs, and what a contact must earn for the budget to be spent on it.

    Of several arms, what each costs; the contact cost and the incentive are then those of any arm.
    """
    campaign = shop.campaign
    price = campaign.contact_cost, campaign.incentive
    try:
        worth, price = response_value(lake, shop, day), pooled_price(lake, shop, day)
    except Unavailable:
        worth = campaign.revenue_per_response or 0.0
    try:
        plan = json.loads((models.require("targeting_plan", day) / PLAN_FILE).read_text(encoding="utf-8"))
    except Unavailable:  # as where the arms cannot be told apart: a contact is still worth what it is worth
        plan = {"cutoff": 0.0}
    return {
        "margin": campaign.margin,
        "contact_cost": price[0],
        "incentive": price[1],
        "revenue_per_response": worth,
        "cutoff": round(plan["cutoff"], 6),
        **({"arms": {arm: campaign.price(arm) for arm in sorted(campaign.arms)}} if campaign.arms else {}),
    }


def _champion(registry: Registry, scratch: Path) -> Release | str:
    """The release that is followed now, or why there is none to compare with."""
    version = registry.champion_version()
    if version is None:
        return NO_CHAMPION
    try:
        return Release.load(registry.fetch(version, scratch / f"champion-{version}"))
    except (ReleaseError, RegistryError) as reason:  # a champion that is lost must not stop every later release
        return f"the champion is not compared with: {reason}"


@dataclass(frozen=True, slots=True)
class _Published:
    """What became of a release."""

    version: str | None
    told: str


def _publish(
    registry: Registry, folder: Path, manifest: Manifest, verdict: Verdict, champion: Release | str
) -> _Published:
    """Log, register and, if the verdict allows, promote; content that is registered already is not logged again."""
    if isinstance(champion, Release) and champion.version == manifest.version:
        return _Published(registry.champion_version(), "unchanged: the champion has this very content")
    known = registry.known(manifest.version)
    if known is not None and known.rolled_back:
        return _Published(None, "not promoted: this very content was rolled back (make rollback VERSION=… promotes it)")
    told = "promoted" if verdict.passed else "refused: " + "; ".join(verdict.refusals)
    verdict_tags = {"verdict": told, "notes": "; ".join(verdict.notes)}
    if known is not None:
        registry.tag(known.version, verdict_tags)
        if verdict.passed:
            registry.promote(known.version)
        return _Published(known.version, told)
    words, folds = _selection(folder)
    run = registry.log_run(
        f"{manifest.shop} {manifest.as_of}",
        parameters={
            "as_of": manifest.as_of,
            "release": manifest.version,
            "modules": ",".join(manifest.modules),
            **words,
        },
        metrics={**manifest.metrics, **folds},
        folder=folder,
    )
    version = registry.register(run, {"release": manifest.version, "as_of": manifest.as_of, **verdict_tags})
    if verdict.passed:
        registry.promote(version)
    return _Published(version, told)


@daily_asset(
    group_name="release",
    kinds={"mlflow"},
    check_specs=[
        dg.AssetCheckSpec(
            "gate",
            asset="release",
            description="The release loads, answers, and is not worse than the champion beyond the 95 % interval.",
        )
    ],
    deps=[dg.AssetDep(asset, partition_mapping=SAME_DAY) for asset in (*_SOURCES.values(), *_REPORTS, "uplift_model")],
)
def release(
    context: dg.AssetExecutionContext,
    settings: dg.ResourceParam[Settings],
    shop: dg.ResourceParam[Shop],
    lake: dg.ResourceParam[Lake],
    models: dg.ResourceParam[ModelStore],
    registry: dg.ResourceParam[Registry],
) -> dg.MaterializeResult:
    """All models of the day as one versioned folder in MLflow; the alias `champion` moves to it if the gate passes.

    Of a run over several days the last day is published; the others are built, so that they can be.
    """
    days = sorted(context.partition_keys)
    for day in days:
        with models.writing("release", day) as folder:
            unavailable = _gather(folder, models, shop, settings.home / "encoder", day)
            tables = {table: lake.files(table).version for table in CONTRACTS}
            manifest = write_manifest(
                folder,
                shop=shop.name,
                as_of=day,
                currency=shop.currency,
                unavailable=unavailable,
                tables={table: version for table, version in tables.items() if version is not None},
                metrics=_metrics(folder),
                economics=_economics(shop, lake, models, day),
            )
    folder = models.path("release", days[-1])
    try:
        held = holdout_frame(lake, shop, days[-1])
    except Unavailable:
        held = None
    held_from = days_before(days[-1], shop.holdout_days - 1)
    with tempfile.TemporaryDirectory(dir=settings.home) as scratch:
        champion = _champion(registry, Path(scratch))
        verdict = judge(folder, champion=champion, lake=lake, shop=shop, held_users=held, held_from=held_from)
        published = _publish(registry, folder, manifest, verdict, champion)
    context.log.info(f"release {manifest.version} as of {days[-1]}: {published.told}")
    return dg.MaterializeResult(
        metadata=_metadata(manifest, verdict, published),
        check_results=[
            dg.AssetCheckResult(
                check_name="gate",
                passed=verdict.passed,
                severity=dg.AssetCheckSeverity.ERROR,
                description="; ".join(verdict.refusals) or "passed; " + "; ".join(verdict.notes),
            )
        ],
    )


def _metadata(manifest: Manifest, verdict: Verdict, published: _Published) -> dict[str, Any]:
    """What the UI shows of a release."""
    return {
        "release": manifest.version,
        "registry_version": published.version or "none",
        "verdict": published.told,
        "notes": dg.MetadataValue.json(list(verdict.notes)),
        "modules": dg.MetadataValue.json(list(manifest.modules)),
        "unavailable": dg.MetadataValue.json(dict(manifest.unavailable)),
        "metrics": dg.MetadataValue.json(dict(manifest.metrics)),
        "files": len(manifest.files),
    }


RELEASE_ASSETS = [release]
