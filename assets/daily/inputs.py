"""The inputs of an asset: a lake and a model store that refuse what the asset has not declared.

So the lineage that Dagster shows is the truth about what is read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from assets.daily.windows import Window
from assets.models.manifest import asset_and_campaign, part_of
from resources.lake import Lake, TableFiles
from resources.model_store import ModelStore
from resources.shop import Shop

__all__ = ["DeclaredLake", "DeclaredModels", "Reads", "UndeclaredReadError"]


class UndeclaredReadError(RuntimeError):
    """An asset reads what is not among its ``reads``, or days outside the window that it gave."""


@dataclass(frozen=True, slots=True)
class Reads:
    """What a run of an asset as of the days ``first`` to ``last``, both inclusive, may read."""

    asset: str
    windows: Mapping[str, Window]
    shop: Shop
    first: str
    last: str
    campaign: str | None = None
    """The one whose parts are meant; of several campaigns without it, a part is named with its campaign."""

    def check(self, name: str, first: str | None, last: str | None) -> None:
        """Refuse ``name``, or days of it, that were not declared; an asset may always read itself.

        Raises:
            UndeclaredReadError: With the asset, the input and the window.
        """
        source, _ = asset_and_campaign(name.removeprefix("quarantine_"))
        if source == self.asset:
            return
        window = self.windows.get(source)
        if window is None:
            raise UndeclaredReadError(f"{self.asset} reads {name}, which is not among its reads: declare it there")
        begin = window.first(self.shop, self.first)
        too_early = begin is not None and (first is None or first < begin)
        too_late = not window.any_day and (last is None or last > self.last)
        if too_early or too_late:
            raise UndeclaredReadError(
                f"{self.asset} reads {name} of {first} to {last}; its window ({window.name}) as of {self.first} to "
                f"{self.last} is {begin} to {self.last}: declare a longer one, or read less"
            )


class DeclaredLake(Lake):
    """A lake in which an asset sees the tables and days that it declared, and writes as it likes."""

    def __init__(self, inner: Lake, reads: Reads) -> None:
        """Wrap ``inner`` for a run that may read ``reads``."""
        super().__init__(inner.uri(""))
        self._inner, self._reads = inner, reads
        self.versions: dict[str, int | None] = {}
        """Version of every table that was read; none of one that has never been written."""

    def files(self, table: str, first: str | None = None, last: str | None = None) -> TableFiles:
        """As `Lake.files`, of declared days.

        Raises:
            UndeclaredReadError: If the table, or one of the days, was not declared.
        """
        self._reads.check(table, first, last)
        files = self._inner.files(table, first, last)
        self.versions[table] = files.version
        return files

    def read(
        self, table: str, first: str | None = None, last: str | None = None, *, columns: Sequence[str] | None = None
    ) -> pl.DataFrame:
        """As `Lake.read`; of a table that each campaign has for itself, the campaign's rows."""
        if part_of(table, self._reads.campaign) == table:
            return super().read(table, first, last, columns=columns)
        files = self.files(table, first, last)
        rows = files.scan().filter(pl.col("campaign") == self._reads.campaign)
        return rows.select(columns or list(files.schema)).collect()

    def of_campaign(self, campaign: str | None) -> "DeclaredLake":
        """The same as a campaign's assets see it."""
        return DeclaredLake(self._inner, replace(self._reads, campaign=campaign))

    def replace_partition(
        self,
        table: str,
        frame: pl.DataFrame,
        first: str,
        last: str,
        *,
        undated: bool = False,
        campaign: str | None = None,
    ) -> int:
        """As `Lake.replace_partition`."""
        return self._inner.replace_partition(table, frame, first, last, undated=undated, campaign=campaign)

    def merge(self, table: str, frame: pl.DataFrame, key: Sequence[str], *, update: bool = True) -> int:
        """As `Lake.merge`."""
        return self._inner.merge(table, frame, key, update=update)


class DeclaredModels(ModelStore):
    """A model store in which an asset sees the models that it declared."""

    def __init__(self, inner: ModelStore, reads: Reads) -> None:
        """Wrap ``inner`` for a run that may read ``reads``."""
        self._inner, self._reads = inner, reads

    def path(self, asset: str, day: str) -> Path:
        """As `ModelStore.path`, of a declared model.

        Raises:
            UndeclaredReadError: If the model, or the day, was not declared.
        """
        self._reads.check(asset, day, day)
        return self._inner.path(part_of(asset, self._reads.campaign), day)

    def of_campaign(self, campaign: str | None) -> "DeclaredModels":
        """The same as a campaign's assets see it."""
        return DeclaredModels(self._inner, replace(self._reads, campaign=campaign))
