"""Which column of a table names a product, a user or an order: by foreign keys, by names, and by ids that are alike.

A guess by name is believed only where the values are ids of the other table; one by values alone only where they are
no small numbers, which are alike by chance.
"""

from dataclasses import dataclass

from resources.proposal.fields import ID_KINDS
from resources.proposal.looking.catalogue import Column, Reader, Table
from resources.proposal.looking.sql_text import as_text, column_sql, literal, name_sql, same_value
from resources.proposal.names import concepts

__all__ = ["Entity", "Reference", "find_reference"]

_LOOKED_AT = 100
_BY_NAME, _BY_VALUE = 0.5, 0.9
_LEAST_DISTINCT = 5


@dataclass(frozen=True, slots=True)
class Entity:
    """Products, users or orders: the table that has one row of each, and its id."""

    concept: str
    table: Table
    id: Column


@dataclass(frozen=True, slots=True)
class Reference:
    """A column that names a row of an `Entity`, by its id or another unique column."""

    column: Column
    target: Column
    reason: str
    rivals: tuple[str, ...] = ()

    def sql(self, entity: Entity | None, alias: str, reader: Reader) -> str:
        """The entity's id; looked up where the column holds something else of it."""
        value = column_sql(self.column, alias, reader.engine)
        if entity is None or self.target.name == entity.id.name:
            return value
        inner, target = (column_sql(one, "x", reader.engine) for one in (entity.id, self.target))
        equal = same_value(self.target, target, self.column, value)
        return f"(SELECT {inner} FROM {entity.table.source} AS x WHERE {equal})"


def find_reference(
    reader: Reader, table: Table, concept: str, entity: Entity | None, avoid: frozenset[str] = frozenset()
) -> Reference | str:
    """The column of ``table`` that names an entity, or why there is none.

    Args:
        reader: Asked whether ids are those of the entity.
        table: Where the column is looked for.
        concept: What the entity is called, such as ``product``.
        entity: Where its rows are, if that is known; else names alone decide.
        avoid: Concepts of names that are something else.
    """
    named = [column for column in table.columns if _is_named(table, column, concept, avoid)]
    if entity is None:
        if not named:
            return f"no column's name says {concept}"
        return Reference(named[0], named[0], "its name says so", tuple(column.name for column in named[1:]))
    leading = [
        (table.column(name), target)
        for name, (source, target) in table.references.items()
        if source == entity.table.source and any(column.name == target for column in entity.table.columns)
    ]
    leading.sort(key=lambda pair: (pair[1] != entity.id.name, pair[0] not in named))
    if leading:
        column, target = leading[0]
        others = tuple(one.name for one, _ in leading[1:])
        return Reference(column, entity.table.column(target), f"foreign key to {entity.table.name}.{target}", others)
    return _by_values(reader, table, named, entity)


def _by_values(reader: Reader, table: Table, named: list[Column], entity: Entity) -> Reference | str:
    targets = [entity.id]
    targets += [column for column in entity.table.columns if column is not entity.id and _is_code(entity.table, column)]
    near = ""
    best: tuple[float, Reference] | None = None
    unnamed = [column for column in table.columns if column not in named and _is_telling(column)]
    for column, least in [(one, _BY_NAME) for one in named] + [(one, _BY_VALUE) for one in unnamed]:
        for target in targets:
            share = _overlap(reader, column, entity.table, target)
            where = f"{entity.table.name}.{target.name}"
            if share is None:
                continue
            if share < least:
                if column in named and target is entity.id:
                    near = f"{column.name} is named like it, but {share:.0%} of its values are in {where}"
                continue
            said = f"its name says {entity.concept}, and " if column in named else ""
            found = Reference(column, target, f"{said}{share:.0%} of its values are in {where}")
            score = share + 0.3 * (column in named) + 0.05 * (target is entity.id)
            if best is None or score > best[0]:
                best = (score, found)
    if best is None and named and entity.table.sample.is_empty():
        return Reference(named[0], entity.id, f"its name says {entity.concept}; there is no row to compare")
    return best[1] if best else near or f"no column holds ids of {entity.table.name}"


def _is_named(table: Table, column: Column, concept: str, avoid: frozenset[str]) -> bool:
    said = concepts(column.path[-1] if column.path else column.name)
    others = {"title", "description", "price", "quantity", "image", "time", "category", "private", "total", "agent"}
    is_filled = column.filled or table.sample.is_empty()
    return bool(concept in said and column.kind in ID_KINDS and not said & ((others - {concept}) | avoid) and is_filled)


def _is_telling(column: Column) -> bool:
    """Whether values that are alike are so by no chance."""
    if column.distinct < _LEAST_DISTINCT:
        return False
    return column.kind == "uuid" or (
        column.kind == "text" and all(len(value.strip()) >= 4 and not value.isdigit() for value in column.values)
    )


def _is_code(table: Table, column: Column) -> bool:
    """Whether a column besides the id tells rows apart, as a product number does."""
    return column.kind in ID_KINDS and column.kind != "number" and not column.path and table.is_unique(column)


def _overlap(reader: Reader, column: Column, table: Table, target: Column) -> float | None:
    """Share of the values of ``column`` that ``target`` has; none where they cannot be compared."""
    values = [value.strip() for value in column.values[:_LOOKED_AT]]
    if target.kind in ("integer", "number"):
        values = [value.removesuffix(".0") for value in values]
        if not values or not all(value.lstrip("-").isdigit() and len(value) < 19 for value in values):
            return None
    if target.kind == "uuid" and not all(len(value) == 36 for value in values):
        return None
    if not values:
        return None
    name = name_sql(target.base)
    compared = name if reader.engine == "postgres" and target.type not in ("json", "jsonb") else as_text(name)
    listed = ", ".join(map(literal, dict.fromkeys(values)))
    rows = reader.ask(f"SELECT count(DISTINCT {name}) FROM {table.source} WHERE {compared} IN ({listed})")
    return float(str(rows[0][0])) / len(set(values)) if rows else None
