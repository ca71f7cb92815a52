"""Which tables hold products, users, orders and their lines.

What belongs here: the choice of the table and of its id. What does not: its other columns, which are of
`resources.proposal.tables`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from resources.proposal.fields import ID_KINDS, NUMBER_KINDS, TEXT_KINDS, Field, choose, choose_key
from resources.proposal.looking.catalogue import Column, Reader, Table
from resources.proposal.names import concepts, in_words
from resources.proposal.references import Entity, Reference, find_reference

__all__ = [
    "PRICE", "QUANTITY", "TITLE", "TOTAL", "Found", "Orders", "find_orders", "find_products", "find_returns",
    "find_users",
]  # fmt: skip

TITLE = Field(
    (("product title", 1.0), ("title", 0.95), ("title private", 0.95)),
    TEXT_KINDS,
    frozenset({"user", "brand", "category", "id"}),
)
"""What a product is called; a `name` may be a person's too, which is nothing against it here."""
PRICE = Field(
    (("unit price", 1.0), ("net price", 0.95), ("price", 0.9)),
    NUMBER_KINDS,
    frozenset({"total", "discount", "tax", "cost", "before", "quantity", "id"}),
)
QUANTITY = Field(
    (("quantity", 0.9), ("placed quantity", 1.0)),
    NUMBER_KINDS,
    frozenset({"price", "return", "cancelled", "late", "stock", "discount", "tax", "before", "line"}),
)
TOTAL = Field((("total", 0.9), ("price total", 0.9)), NUMBER_KINDS, frozenset({"discount", "tax", "cost", "before"}))
_NO_ID = frozenset({"private", "time", "brand", "category", "title", "price"})
_OTHER = frozenset({"line", "cart", "return", "view", "log", "session", "query", "campaign", "send", "side"})
_NOT_SOLD = frozenset({"cart", "return", "view", "log", "session", "query", "campaign", "send", "side", "stock"})
_LEAST, _NEAR = 3.0, 0.5


@dataclass(frozen=True, slots=True)
class Found:
    """An entity, why its table was taken, and which tables are as likely."""

    entity: Entity
    reason: str
    rivals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Orders:
    """Order lines, and the table of their orders where that is one of its own."""

    lines: Table
    product: Reference
    header: Entity | None
    order: Reference | None
    """The column of the lines that names their order; none where each row is one."""
    rivals: tuple[str, ...] = ()


def find_products(tables: Sequence[Table]) -> Found | None:
    """The table of products, if one looks like it."""
    return _entity(tables, "product", frozenset({"order", "user"}))


def find_users(tables: Sequence[Table], products: Entity | None) -> Found | None:
    """The table of users, if one looks like it."""
    others = [table for table in tables if products is None or table is not products.table]
    return _entity(others, "user", frozenset({"order", "product"}))


def find_returns(tables: Sequence[Table], taken: Sequence[Table]) -> list[Table]:
    """Tables whose names say return and that are filled."""
    return [
        table
        for table in tables
        if table not in taken
        and "return" in concepts(table.name)
        and not concepts(table.name) & {"side", "status"}
        and table.sample.height
    ]


def _entity(tables: Sequence[Table], concept: str, others: frozenset[str]) -> Found | None:
    scored: list[tuple[float, Table, Column, frozenset[str]]] = []
    for table in tables:
        said = concepts(table.name)
        column = _id_of(table, concept)
        if column is None:
            continue
        score = 3.0 * (concept in said) - 2.0 * len(said & (_OTHER | others))
        score += min(1.5, 0.5 * sum(table.source in {s for s, _ in t.references.values()} for t in tables))
        score += _product_marks(table) if concept == "product" else _user_marks(table)
        score += 0.3 * (table.sample.height > 0)
        scored.append((score, table, column, said & {concept}))
    scored.sort(key=lambda one: -one[0])
    if not scored or scored[0][0] < _LEAST:
        return None
    score, table, column, said = scored[0]
    reason = f"its name says {in_words(said)}" if said else "its columns look like it"
    rivals = tuple(one[1].name for one in scored[1:] if score - one[0] <= _NEAR)
    return Found(Entity(concept, table, column), reason, rivals)


def _product_marks(table: Table) -> float:
    return 1.5 * (choose(table, TITLE) is not None) + 1.0 * (choose(table, PRICE) is not None)


def _user_marks(table: Table) -> float:
    private = sum("private" in concepts(column.name) or "birth" in concepts(column.name) for column in table.columns)
    return min(1.5, 0.5 * private)


def _id_of(table: Table, concept: str) -> Column | None:
    """The key of an entity, or a column that is named like one and tells rows apart at least in part."""
    field = Field(((f"{concept} id", 1.0), ("id", 0.85), (concept, 0.7)), ID_KINDS, _NO_ID)
    chosen = choose_key(table, field) or choose(
        table, field, accept=lambda column: not column.path and column.distinct > 1
    )
    return chosen.column if chosen else None


def find_orders(
    reader: Reader, tables: Sequence[Table], taken: Sequence[Entity], products: Entity | None
) -> Orders | None:
    """The likeliest table of order lines, which names products and has a quantity or a price, and its orders."""
    entities = [entity.table for entity in taken]
    scored: list[tuple[float, Table, Reference]] = []
    for table in tables:
        said = concepts(table.name)
        score = 1.5 * ("order" in said) + 1.5 * ("line" in said) - 3.0 * len(said & _NOT_SOLD)
        quantity, price = choose(table, QUANTITY), choose(table, PRICE) or choose(table, TOTAL)
        score += 1.5 * (quantity is not None) + 1.0 * (price is not None)
        if table in entities or score < 2.0 or not table.sample.height or quantity is price is None:
            continue
        product = find_reference(reader, table, "product", products)
        if isinstance(product, Reference):
            scored.append((score + 2.0, table, product))
    scored.sort(key=lambda one: -one[0])
    if not scored or scored[0][0] < _LEAST + 1:
        return None
    score, table, product = scored[0]
    rivals = tuple(one[1].name for one in scored[1:] if score - one[0] <= _NEAR)
    header, order = _header(reader, tables, [*entities, table], table)
    return Orders(table, product, header, order, rivals)


def _header(
    reader: Reader, tables: Sequence[Table], taken: Sequence[Table], lines: Table
) -> tuple[Entity | None, Reference | None]:
    """The table of orders that the lines lead to, and the column by which; or their own number of the order."""
    sources = {source for source, _ in lines.references.values()}
    named = [
        table
        for table in tables
        if not any(table is one for one in taken)
        and "order" in concepts(table.name)
        and not concepts(table.name) & (_NOT_SOLD | {"line"})
    ]
    for table in sorted(named, key=lambda one: (one.source not in sources, len(one.name))):
        if (column := _id_of(table, "order")) is None:
            continue
        entity = Entity("order", table, column)
        reference = find_reference(reader, lines, "order", entity)
        if isinstance(reference, Reference):
            return entity, reference
    own = find_reference(reader, lines, "order", None, frozenset({"line", "status"}))
    return None, own if isinstance(own, Reference) and not lines.is_unique(own.column) else None
