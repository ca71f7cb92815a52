"""Names and values as they stand in SQL, and the few expressions that PostgreSQL and DuckDB write differently."""

import re

from resources.proposal.looking.catalogue import Column, Engine

__all__ = [
    "as_number",
    "as_text",
    "column_sql",
    "literal",
    "name_sql",
    "of_epoch",
    "one_line",
    "same_value",
    "timestamp",
]

_PLAIN = re.compile(r"^[a-z_][a-z0-9_]*$")
_KEYWORDS = """
all analyse analyze and anti any array as asc asof asymmetric at authorization between binary both by case cast
check collate collation column concurrently constraint create cross current_catalog current_date current_role
current_schema current_time current_timestamp current_user date day default deferrable desc describe distinct do
else end except false fetch for foreign freeze from full generated glob grant group having hour ilike in
initially inner intersect interval into is isnull join lateral leading left like limit localtime localtimestamp
map minute month natural not notnull null offset on only or order outer overlaps pivot pivot_longer pivot_wider
placing position positional primary qualify references returning right row rows second select semi session_user
show similar some struct summarize symmetric system_user table tablesample then time timestamp to trailing true
try_cast union unique unpivot user using value values variadic verbose when where window with year
"""
_RESERVED = frozenset(_KEYWORDS.split())
"""Words that a name must be quoted for, in one of the two dialects or both."""


def name_sql(name: str) -> str:
    """A name, quoted where it has to be."""
    return name if _PLAIN.match(name) and name not in _RESERVED else '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL; a backslash is itself in both dialects."""
    return "'" + text.replace("'", "''") + "'"


def one_line(text: str) -> str:
    """A text that can stand in a comment: no line ends in it, and no placeholder of a query begins."""
    return re.sub(r"[{}]", "", re.sub(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+", " ", text))


def column_sql(column: Column, alias: str, engine: Engine) -> str:
    """The value of a column; of a key of JSON its text."""
    base = f"{alias}.{name_sql(column.base)}" if alias else name_sql(column.base)
    if not column.path:
        return base
    if engine == "duckdb":
        value = f"to_json({base})" if column.type.startswith("STRUCT") else base
        steps = "".join('."' + key.replace('"', "") + '"' for key in column.path)
        return f"({value} ->> {literal(f'${steps}')})"
    value = base if column.type in ("json", "jsonb") else f"{base}::jsonb"
    steps = "".join(f" -> {literal(key)}" for key in column.path[:-1])
    return f"({value}{steps} ->> {literal(column.path[-1])})"


def as_text(sql: str) -> str:
    """A value as text."""
    return f"CAST({sql} AS text)"


def same_value(a: Column, a_sql: str, b: Column, b_sql: str) -> str:
    """Whether two columns are equal, as texts where their types are not the same."""
    is_same = a.type == b.type and not a.path and not b.path
    return f"{a_sql} = {b_sql}" if is_same else f"{as_text(a_sql)} = {as_text(b_sql)}"


def as_number(column: Column, sql: str) -> str:
    """A number, also where JSON holds it."""
    return f"CAST({sql} AS numeric)" if column.path else sql


def of_epoch(sql: str, per_second: int) -> str:
    """The instant of a number of units since 1970, of which a second has ``per_second``."""
    return f"to_timestamp({sql})" if per_second == 1 else f"to_timestamp({sql} / {per_second}.0)"


def timestamp(day: str) -> str:
    """Midnight of a day, UTC."""
    return f"TIMESTAMPTZ '{day} 00:00:00+00'"
