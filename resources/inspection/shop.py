"""A whole shop looked at: every fault of its file and its tables at once, before anything runs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from resources.contracts import CONTRACTS
from resources.contracts.overlap import overlaps
from resources.inspection.columns import column_faults
from resources.inspection.fault import Fault
from resources.inspection.sample import read_sample
from resources.inspection.table import Inspected, inspect_table
from resources.settings import Settings
from resources.shop import Attributes, Shop, SimulatedSource
from resources.sources import LeftOut, Source, SourceError, open_source

__all__ = ["Inspection", "inspect_shop"]


@dataclass(slots=True)
class Inspection:
    """What a look at a shop found."""

    shop: Shop | None = None
    found: list[str] = field(default_factory=list)
    """Lines of what there is."""
    faults: list[Fault] = field(default_factory=list)
    tables: dict[str, Inspected] = field(default_factory=dict)
    """Each table that can be read."""

    @property
    def passed(self) -> bool:
        """Whether nothing has to be mended."""
        return not any(fault.stops for fault in self.faults)


def inspect_shop(file: Path, settings: Settings, progress: Callable[[str], None]) -> Inspection:
    """Look at the shop of ``file``; ``progress`` is told what is looked at."""
    shop, faults = Shop.read(file)
    inspection = Inspection(shop, faults=[Fault(file=str(file), rule=fault, remedy="") for fault in faults])
    if shop is None:
        return inspection
    kind = str(shop.source.__struct_config__.tag)
    inspection.found.append(f"shop {shop.name!r} ({kind}), from {shop.first_day} to {shop.last_day or 'now'}")
    try:
        source = open_source(_without_attributes(shop), settings)
    except SourceError as error:
        inspection.faults.append(Fault(file=str(file), rule=error.what, remedy=error.remedy))
        return inspection
    unread: list[Fault] = []
    for table in (name for name in CONTRACTS if shop.has(name)):
        progress(f"reading {table}")
        seen = _inspected(shop, str(file), table, source)
        if isinstance(seen, list):
            unread += seen
            continue
        inspection.tables[table] = seen
        inspection.found.append(f"{table}: {seen.found}")
        inspection.faults += seen.faults
    inspection.faults += _together(unread)
    inspection.faults += _apart(str(file), inspection.tables, inspection.found)
    if missing := [name for name in CONTRACTS if not shop.has(name)]:
        inspection.found.append(f"not declared: {', '.join(missing)}")
    return inspection


def _without_attributes(shop: Shop) -> Shop:
    """The shop with users as wide as the query yields them, so that every attribute can be judged on its own."""
    if isinstance(shop.source, SimulatedSource):
        return shop
    return msgspec.structs.replace(shop, user_attributes=Attributes())


def _inspected(shop: Shop, file: str, table: str, source: Source) -> Inspected | list[Fault]:
    """A table looked at, or why it cannot be read."""
    try:
        seen = inspect_table(shop, file, table, read_sample(source, shop, table))
        seen.faults.extend(_left_out(file, table, source.left_out(table)))
        return seen
    except SourceError as error:
        if error.yielded:
            return list(column_faults(shop, file, table, error.yielded))
        return [Fault(file=file, table=table, rule=error.what, remedy=error.remedy)]


def _left_out(file: str, table: str, left_out: LeftOut) -> Iterator[Fault]:
    """Files that cannot be read, and columns that the newest of them lack."""
    for name, why in left_out.files.items():
        yield Fault(file=file, table=table, rule=f"{name} cannot be read: {why}", remedy="Repair it, or remove it")
    for column, newest in left_out.columns.items():
        rule = f"{newest} lacks it, while earlier files have it: it is null in its rows"
        yield Fault(file=file, table=table, column=column, rule=rule, remedy="Correct the query", stops=False)


def _together(faults: list[Fault]) -> Iterator[Fault]:
    """One fault in place of those that say the same of several tables, as where there is no connection."""
    by_rule: dict[tuple[str, str], list[Fault]] = {}
    for fault in faults:
        by_rule.setdefault((fault.rule, fault.remedy), []).append(fault)
    for alike in by_rule.values():
        yield alike[0] if len(alike) == 1 else msgspec.structs.replace(alike[0], table=None)


def _apart(file: str, inspected: dict[str, Inspected], found: list[str]) -> Iterator[Fault]:
    """Tables whose ids do not join, or few of them, which is a note; how many do is added to ``found``."""
    for overlap in overlaps({name: seen.ids for name, seen in inspected.items()}):
        if overlap.joins and not overlap.is_low:
            found.append(overlap.words)
            continue
        what = "few ids join" if overlap.joins else "ids do not join"
        remedy = f"let the queries of {overlap.join.left} and {overlap.join.right} yield them in the same form"
        yield Fault(
            file=file,
            table=overlap.join.left,
            column=overlap.join.column,
            rule=f"{what}: {overlap.words}",
            remedy=f"If others ought to join, {remedy}" if overlap.joins else remedy,
            stops=not overlap.joins,
        )
