"""What every model asset has in common: one folder a day, or the reason why there is none."""

from collections.abc import Callable, Mapping
from pathlib import Path

import dagster as dg

from resources.model_store import ModelStore, Unavailable

__all__ = ["Metadata", "build_each_day"]

Metadata = Mapping[str, dg.MetadataValue]


def build_each_day(
    context: dg.AssetExecutionContext, models: ModelStore, build: Callable[[str, Path], Metadata]
) -> dg.MaterializeResult:
    """Call ``build(day, folder)`` for each day of the run and report what the last day gave.

    Where ``build`` raises `Unavailable` the reason is recorded in place of the model; the assets downstream
    then say the same, and the release says which modules it lacks and why.
    """
    asset = context.asset_key.path[-1]
    metadata: Metadata = {}
    for day in sorted(context.partition_keys):
        try:
            with models.writing(asset, day) as folder:
                metadata = build(day, folder)
        except Unavailable as reason:
            context.log.info(f"{asset} as of {day} is skipped: {reason}")
            models.mark_unavailable(asset, day, str(reason))
            metadata = {"skipped": dg.MetadataValue.text(str(reason))}
    return dg.MaterializeResult(metadata=metadata)
