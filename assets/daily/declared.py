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
from resources.shop import Shop

__all__ = ["Check", "Declared"]


class Check(NamedTuple):
    """Something that is asserted of an asset."""

    name: str
    description: str
    blocking: bool = False
    """Whether a failure keeps what is downstream from running."""


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

    def of_shop(self, shop: Shop) -> dg.AssetsDefinition:
        """Dagster's definition: the shop's days, its windows, and many days in one run."""
        with warnings.catch_warnings():
            # In beta, and needed: one run for many days, windows cut off at the first day, links to the code.
            warnings.simplefilter("ignore", dg.BetaWarning)
            return dg.asset(
                name=self.name,
                group_name=self.group,
                kinds=set(self.kinds),
                description=inspect.cleandoc(self.description).replace("`", ""),
                partitions_def=daily_partitions(shop),
                backfill_policy=dg.BackfillPolicy.single_run(),
                deps=[
                    *(dg.AssetDep(name, partition_mapping=window.mapping(shop)) for name, window in self.reads.items()),
                    *self.outside(shop),
                ],
                check_specs=[
                    dg.AssetCheckSpec(
                        check.name, asset=self.name, description=check.description, blocking=check.blocking
                    )
                    for check in self.checks
                ],
                metadata={**self.metadata, "dagster/code_references": _code(self.source)},
            )(self.compute)


def _code(function: Callable[..., Any]) -> dg.CodeReferencesMetadataValue:
    """Where a function stands, for the link in the UI."""
    path = Path(inspect.getsourcefile(function) or "").resolve()
    line = function.__code__.co_firstlineno
    return dg.CodeReferencesMetadataValue(
        code_references=[dg.LocalFileCodeReference(file_path=str(path), line_number=line, label=path.name)]
    )
