"""An asset as declared: once, without a shop. Its inputs give both the lineage and what it may read.

What belongs here: from a declaration to Dagster's definition for a shop. What does not: models (`assets.daily.models`)
and tables (`assets.daily.tables`), which say what is done on each day.
"""

import inspect
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import dagster as dg

from assets.daily.partitions import daily_partitions
from assets.daily.windows import Window
from assets.models.manifest import CAMPAIGN_PARTS, part_of
from resources.shop import Shop

__all__ = ["CAMPAIGN_GROUP", "JOINT_PLAN", "MADE", "Check", "Declared"]

JOINT_PLAN = "joint_plan"
"""The asset that a shop has where it plans several campaigns together."""
CAMPAIGN_GROUP = "campaign_"
"""Begins the name of the group that holds all assets of one of several campaigns."""


class Check(NamedTuple):
    """Something that is asserted of an asset."""

    name: str
    description: str
    blocking: bool = False
    """Whether a failure keeps what is downstream from running."""


MADE = Check("made", "It was made; where a fault kept it from being made, the other campaigns and the release go on.")
"""Of every asset that each of several campaigns has for itself."""


@dataclass(frozen=True)
class Declared:
    """One asset with a partition a day."""

    name: str
    group: str
    kinds: frozenset[str]
    reads: Mapping[str, Window]
    """Input → the days of it that are read."""
    description: str
    compute: Callable[..., dg.MaterializeResult]
    """What Dagster calls: a run over one day or many."""
    source: Callable[..., Any]
    """Function that a reader of the code wants to see."""
    checks: Sequence[Check] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    outside: Callable[[Shop], Sequence[dg.AssetKey]] = lambda _: ()
    """What it reads that is no asset of ours."""

    def in_shop(self, shop: Shop) -> list[dg.AssetsDefinition]:
        """Dagster's definitions: one, or one for each of the shop's campaigns where each has its own."""
        if self.name not in CAMPAIGN_PARTS:
            return [self.of_shop(shop)] if _is_in(self.name, shop) else []
        return [self.of_shop(of, campaign) for campaign, of in shop.by_campaign.items()]

    def of_shop(self, shop: Shop, campaign: str | None = None) -> dg.AssetsDefinition:
        """Dagster's definition: the shop's days, its windows, and many days in one run.

        Of one of several campaigns it stands in the campaign's own group, and ``shop`` has that campaign alone.
        """
        checks = [*self.checks, *([MADE] if campaign is not None else [])]
        name = part_of(self.name, campaign)
        with warnings.catch_warnings():
            # In beta, and needed: one run for many days, windows cut off at the first day, links to the code.
            warnings.simplefilter("ignore", dg.BetaWarning)
            return dg.asset(
                name=name,
                group_name=self.group if campaign is None else f"{CAMPAIGN_GROUP}{campaign}",
                kinds=set(self.kinds),
                description=inspect.cleandoc(self.description).replace("`", ""),
                partitions_def=daily_partitions(shop),
                backfill_policy=dg.BackfillPolicy.single_run(),
                deps=[
                    *(
                        dg.AssetDep(part_of(read, campaign or of), partition_mapping=window.mapping(shop))
                        for read, window in self.reads.items()
                        if _is_in(read, shop)
                        for of in (shop.by_campaign if read in CAMPAIGN_PARTS else (None,))
                    ),
                    *self.outside(shop),
                ],
                check_specs=[
                    dg.AssetCheckSpec(check.name, asset=name, description=check.description, blocking=check.blocking)
                    for check in checks
                ],
                metadata={**self.metadata, "dagster/code_references": _code(self.source)},
            )(self.compute)


def _is_in(asset: str, shop: Shop) -> bool:
    """Whether the shop has the asset."""
    return asset != JOINT_PLAN or shop.plans_jointly


def _code(function: Callable[..., Any]) -> dg.CodeReferencesMetadataValue:
    """Where a function stands, for the link in the UI."""
    path = Path(inspect.getsourcefile(function) or "").resolve()
    line = function.__code__.co_firstlineno
    return dg.CodeReferencesMetadataValue(
        code_references=[dg.LocalFileCodeReference(file_path=str(path), line_number=line, label=path.name)]
    )
