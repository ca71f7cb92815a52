"""What every model asset has in common: one folder a day, or the reason why there is none."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import dagster as dg

from assets.daily.declared import Check, Declared
from assets.daily.faults import made, reason_of
from assets.daily.inputs import DeclaredLake, DeclaredModels, Reads
from assets.daily.partitions import days_before
from assets.daily.windows import Window
from assets.models.manifest import CAMPAIGN_PARTS, METRICS_FILE, asset_and_campaign, part_of
from resources.lake import Lake
from resources.model_store import ModelStore
from resources.settings import Settings
from resources.shop import Shop
from resources.tables import TABLES

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
    campaign: str | None = None
    """Of several campaigns the one that it is of; ``shop`` then has that one alone."""
    whole: Shop | None = None
    """The shop with all of its campaigns; none where ``shop`` has them."""

    @property
    def section(self) -> str:
        """The table of the shop's file that the campaign is declared in."""
        return "[campaign]" if self.campaign is None else f"[campaigns.{self.campaign}]"

    def of_campaign(self, campaign: str | None) -> "AsOf":
        """The same for one campaign of the shop; itself for none."""
        if campaign is None:
            return self
        lake, models = self.lake.of_campaign(campaign), self.models.of_campaign(campaign)
        of = self.shop.of_campaign(campaign)
        return replace(self, shop=of, lake=lake, models=models, campaign=campaign, whole=self.whole or self.shop)

    def first(self, window: Window) -> str:
        """First day of a window that ends with the day.

        Raises:
            ValueError: If the window has no beginning.
        """
        return days_before(self.day, window.days(self.shop) - 1)

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
            name = context.asset_key.to_user_string()
            _, campaign = asset_and_campaign(name)
            of = shop.of_campaign(campaign)
            metadata: Mapping[str, Any] = {}
            judged: dict[str, dg.AssetCheckResult] = {}
            faults: list[str] = []
            for day in sorted(context.partition_keys):
                inputs = Reads(build.__name__, reads, of, day, day, campaign)
                try:
                    with models.writing(name, day) as folder:
                        sources = DeclaredLake(lake, inputs), DeclaredModels(models, inputs)
                        _require_tables(reads, models, campaign, day)
                        built = build(AsOf(day, folder, settings, of, *sources, campaign, shop))
                        if built.metrics:
                            (folder / METRICS_FILE).write_text(json.dumps(built.metrics, indent=1), encoding="utf-8")
                except Exception as error:  # a fault is raised again but in one of several campaigns
                    reason, is_fault = reason_of(error, campaign)
                    faults += [f"as of {day} {reason}"] * is_fault
                    context.log.log("ERROR" if is_fault else "INFO", f"{name} as of {day} is skipped: {reason}")
                    models.mark_unavailable(name, day, reason)
                    metadata = {"skipped": str(reason)}
                    continue
                metadata = {"dagster/row_count": built.rows, **built.metadata}
                for check in built.checks:
                    # A failure on one of several days is not hidden by the days after it.
                    before = judged.get(check.check_name or "")
                    if before is None or before.passed:
                        judged[check.check_name or ""] = check
            results = [judged.get(spec.name) or _nothing_to_judge(spec, metadata) for spec in checks]
            return dg.MaterializeResult(metadata=metadata, check_results=[*results, *made(campaign, faults)])

        description = (build.__doc__ or "").strip()
        return Declared(build.__name__, group, frozenset(kinds), reads, description, compute, build, tuple(checks))

    return declare


def _nothing_to_judge(check: Check, metadata: Mapping[str, Any]) -> dg.AssetCheckResult:
    """What a check says of days that were not built."""
    skipped = f"nothing to judge: {metadata.get('skipped', 'no day was built')}"
    return dg.AssetCheckResult(check_name=check.name, passed=True, description=skipped)


def _require_tables(reads: Mapping[str, Window], models: ModelStore, campaign: str | None, day: str) -> None:
    """Raise the reason why a table of one of several campaigns was not written."""
    for table in CAMPAIGN_PARTS.intersection(reads, TABLES) if campaign is not None else ():
        models.require(part_of(table, campaign), day)
