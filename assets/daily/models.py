"""What every model asset has in common: one folder a day, or the reason why there is none."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg

from assets.daily.declared import Check, Declared
from assets.daily.inputs import DeclaredLake, DeclaredModels, Reads
from assets.daily.windows import Window
from assets.models.manifest import METRICS_FILE
from evaluation.insufficient import InsufficientDataError
from resources.lake import Lake
from resources.model_store import ModelStore, Unavailable
from resources.settings import Settings
from resources.shop import Shop

__all__ = ["AsOf", "Built", "daily_model"]


@dataclass(frozen=True, slots=True)
class AsOf:
    """What a model is built with as of a day: its declared inputs, and the folder to fill."""

    day: str
    folder: Path
    settings: Settings
    shop: Shop
    lake: DeclaredLake
    models: DeclaredModels

    def first(self, window: Window) -> str:
        """First day of a window that ends with the day.

        Raises:
            ValueError: If the window has no beginning.
        """
        first = window.first(self.shop, self.day)
        if first is None:
            raise ValueError(f"the window {window.name!r} has no first day")
        return first

    def model(self, asset: str) -> Path:
        """Folder of another model as of the day.

        Raises:
            Unavailable: With its reason, if it cannot be had.
        """
        return self.models.require(asset, self.day)


@dataclass(frozen=True, slots=True)
class Built:
    """What became of a day."""

    rows: int
    """Rows of the result, in the unit of the asset: products, pairs, users …"""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """What the UI shows beside it."""
    checks: Sequence[dg.AssetCheckResult] = ()
    """One of each check of the asset."""
    metrics: Mapping[str, float | Sequence[float] | str] = field(default_factory=dict)
    """Flat figures for the experiment tracker: a number, one of each step, or words; written beside the model."""


def daily_model(
    *,
    group: str,
    kinds: set[str],
    reads: Mapping[str, Window],
    checks: Sequence[Check] = (),
) -> Callable[[Callable[[AsOf], Built]], Declared]:
    """Declare a model asset by the function that builds a day of it; its name and docstring are the asset's.

    The function may read what ``reads`` names, of these days, and nothing else. Where it raises `Unavailable`, or what
    it calls raises `InsufficientDataError`, the reason is recorded in place of the model; the assets downstream then
    say the same, and the release says which modules it lacks and why. Any other error is a fault, and fails.
    """

    def declare(build: Callable[[AsOf], Built]) -> Declared:
        def compute(
            context: dg.AssetExecutionContext,
            settings: dg.ResourceParam[Settings],
            shop: dg.ResourceParam[Shop],
            lake: dg.ResourceParam[Lake],
            models: dg.ResourceParam[ModelStore],
        ) -> dg.MaterializeResult:
            name = build.__name__
            metadata: Mapping[str, Any] = {}
            judged: dict[str, dg.AssetCheckResult] = {}
            for day in sorted(context.partition_keys):
                inputs = Reads(name, reads, shop, day, day)
                try:
                    with models.writing(name, day) as folder:
                        sources = DeclaredLake(lake, inputs), DeclaredModels(models, inputs)
                        built = build(AsOf(day, folder, settings, shop, *sources))
                        if built.metrics:
                            (folder / METRICS_FILE).write_text(json.dumps(built.metrics, indent=1), encoding="utf-8")
                except (Unavailable, InsufficientDataError) as error:
                    reason = error if isinstance(error, Unavailable) else Unavailable(str(error))
                    context.log.info(f"{name} as of {day} is skipped: {reason}")
                    models.mark_unavailable(name, day, reason)
                    metadata = {"skipped": str(reason)}
                    continue
                metadata = {"dagster/row_count": built.rows, **built.metadata}
                for check in built.checks:
                    # A failure on one of several days is not hidden by the days after it.
                    before = judged.get(check.check_name or "")
                    if before is None or before.passed:
                        judged[check.check_name or ""] = check
            skipped = f"nothing to judge: {metadata.get('skipped', 'no day was built')}"
            results = [
                judged.get(spec.name, dg.AssetCheckResult(check_name=spec.name, passed=True, description=skipped))
                for spec in checks
            ]
            return dg.MaterializeResult(metadata=metadata, check_results=results)

        description = (build.__doc__ or "").strip()
        return Declared(build.__name__, group, frozenset(kinds), reads, description, compute, build, tuple(checks))

    return declare
