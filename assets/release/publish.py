"""The release: judge the day's models as one, publish them as one version, and move the champion."""

import tempfile
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from assets.daily.declared import Check, Declared
from assets.daily.inputs import DeclaredLake, DeclaredModels, Reads
from assets.daily.models import AsOf
from assets.models.manifest import Manifest, ReleaseError
from assets.models.release import Release
from assets.release.gate import Verdict, judge
from assets.release.gather import READS, figures_of, gather
from assets.uplift.campaign import holdout_frame
from resources.lake import Lake
from resources.model_store import ModelStore, Unavailable
from resources.registry import Registry, RegistryError
from resources.settings import Settings
from resources.shop import Shop

__all__ = ["release"]


def _champion(registry: Registry, scratch: Path) -> tuple[Release | None, str]:
    """The release that is followed now, or none and why there is none to compare with."""
    version = registry.champion_version()
    if version is None:
        return None, "there is no champion to compare with"
    try:
        return Release.load(registry.fetch(version, scratch / f"champion-{version}")), ""
    except (ReleaseError, RegistryError) as reason:  # a champion that is lost must not stop every later release
        return None, f"the champion is not compared with: {reason}"


@dataclass(frozen=True, slots=True)
class _Published:
    """What became of a release."""

    version: str | None
    message: str


def _publish(
    registry: Registry, folder: Path, manifest: Manifest, verdict: Verdict, champion: Release | None
) -> _Published:
    """Log, register and, if the verdict allows, promote; content that is registered already is not logged again."""
    if champion is not None and champion.version == manifest.version:
        return _Published(registry.champion_version(), "unchanged: the champion has this very content")
    known = registry.known(manifest.version)
    if known is not None and known.rolled_back:
        return _Published(None, "not promoted: this very content was rolled back (make rollback VERSION=… promotes it)")
    message = "promoted" if verdict.passed else "refused: " + "; ".join(verdict.refusals)
    verdict_tags = {"verdict": message, "notes": "; ".join(verdict.notes)}
    if known is not None:
        registry.tag(known.version, verdict_tags)
        if verdict.passed:
            registry.promote(known.version)
        return _Published(known.version, message)
    figures = figures_of(folder)
    run = registry.log_run(
        f"{manifest.shop} {manifest.as_of}",
        parameters={
            "as_of": manifest.as_of,
            "release": manifest.version,
            "modules": ",".join(manifest.modules),
            **{name: figure for name, figure in figures.items() if isinstance(figure, str)},
        },
        metrics={name: figure for name, figure in figures.items() if not isinstance(figure, str)},
        folder=folder,
    )
    version = registry.register(run, {"release": manifest.version, "as_of": manifest.as_of, **verdict_tags})
    if verdict.passed:
        registry.promote(version)
    return _Published(version, message)


_GATE = Check("gate", "The release loads, answers, and is not worse than the champion beyond the 95 % interval.")


def _held_out(at: AsOf) -> pl.DataFrame | None:
    """Rows of the users that no uplift model is fitted on, of every campaign that has some; none where none has."""
    frames: list[pl.DataFrame] = []
    for shop in at.shop.by_campaign.values():
        try:
            frames.append(holdout_frame(at.lake, shop, at.day))
        except Unavailable:
            continue
    return pl.concat(frames) if frames else None


def _judged(at: AsOf, registry: Registry, manifest: Manifest, expected: Collection[str]) -> tuple[Verdict, _Published]:
    """Compare the release with the champion, publish it, and promote it if nothing stands against it."""
    held = _held_out(at)
    with tempfile.TemporaryDirectory(dir=at.settings.home) as scratch:
        champion, note = _champion(registry, Path(scratch))
        verdict = judge(at.folder, champion, lake=at.lake, shop=at.shop, held_users=held, expected=expected)
        verdict = replace(verdict, notes=(*verdict.notes, *([note] if note else [])))
        return verdict, _publish(registry, at.folder, manifest, verdict, champion)


def _release(
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
    for day in sorted(context.partition_keys):
        inputs = Reads("release", READS, shop, day, day)
        with models.writing("release", day) as folder:
            at = AsOf(day, folder, settings, shop, DeclaredLake(lake, inputs), DeclaredModels(models, inputs))
            manifest, unavailable = gather(at)
    at = replace(at, folder=models.path("release", at.day))
    expected = [module for module, reason in unavailable.items() if reason.expected]
    verdict, published = _judged(at, registry, manifest, expected)
    context.log.info(f"release {manifest.version} as of {at.day}: {published.message}")
    return dg.MaterializeResult(
        metadata=_metadata(manifest, verdict, published),
        check_results=[
            dg.AssetCheckResult(
                check_name=_GATE.name,
                passed=verdict.passed,
                severity=dg.AssetCheckSeverity.ERROR,
                description="; ".join(verdict.refusals) or "passed; " + "; ".join(verdict.notes),
            )
        ],
    )


release = Declared(
    "release",
    "release",
    frozenset({"mlflow"}),
    READS,
    (_release.__doc__ or "").strip(),
    _release,
    _release,
    (_GATE,),
)


def _metadata(manifest: Manifest, verdict: Verdict, published: _Published) -> dict[str, Any]:
    """What the UI shows of a release."""
    return {
        "release": manifest.version,
        "registry_version": published.version or "none",
        "verdict": published.message,
        "notes": dg.MetadataValue.json(list(verdict.notes)),
        "modules": dg.MetadataValue.json(list(manifest.modules)),
        "unavailable": dg.MetadataValue.json(dict(manifest.unavailable)),
        "metrics": dg.MetadataValue.json(dict(manifest.metrics)),
        "files": len(manifest.files),
    }
