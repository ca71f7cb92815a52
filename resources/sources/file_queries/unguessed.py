"""Readers of CSV and JSON that guess no order of day and month.

DuckDB takes ``03/07/2026`` in a file for a date, in the order that the file's first rows allow. What belongs here: such
columns are read as the text that they are, for the query, ``time_format`` or the contract to judge. Dates that begin
with the year, and readers that are told ``dateformat`` or ``timestampformat``, are read as ever.
"""

from copy import deepcopy

import duckdb

from resources.sources.file_queries.calls import (
    JSON_READERS,
    PARQUET_READERS,
    Node,
    argument_name,
    arguments_of,
    as_call,
    columns_of,
    put_together,
    quoted,
    reader,
    reader_calls,
    selecting,
    taken_apart,
)

__all__ = ["unguessed"]

_YEAR_FIRST = r"^\s*\d{4}\D"
_TYPES = ("types", "dtypes", "column_types", "columns")
_ISO = "dateformat = '%Y-%m-%d', timestampformat = '%Y-%m-%d %H:%M:%S'"


def unguessed(connection: duckdb.DuckDBPyConnection, query: str) -> str:
    """``query`` with every column as text whose order of day and month would be guessed; else as it is.

    Also where DuckDB cannot take it apart, or put it together again.
    """
    tree = taken_apart(connection, query)
    if tree is None:
        return query
    try:
        # A list, as all are looked at whether or not one has changed.
        changed = [_changed(connection, node) for node in list(reader_calls(tree))]
        return put_together(connection, tree) if any(changed) else query
    except duckdb.Error:
        return query


def _changed(connection: duckdb.DuckDBPyConnection, node: Node) -> bool:
    """Read the columns of ``node`` as text that would be guessed; whether there are any."""
    call = as_call(connection, node)
    if reader(call) in PARQUET_READERS:
        return False
    declared = {argument_name(argument) for argument in call["function"]["arguments"]}
    if not declared.isdisjoint(("dateformat", "date_format", "timestampformat", "timestamp_format")):
        return False
    try:
        kinds = columns_of(connection, call)
    except duckdb.Error:  # the query as a whole tells it
        return False
    times = [name for name, kind in kinds if kind == "DATE" or kind.startswith("TIMESTAMP")]
    guessed = [name for name in times if _is_guessed(connection, call, name)]
    if guessed:
        read = _as_text(connection, call, guessed)
        node.clear()
        node.update(read)
    return bool(guessed)


def _as_text(connection: duckdb.DuckDBPyConnection, call: Node, columns: list[str]) -> Node:
    """``call`` with ``columns`` as text; of JSON, which has no types of single columns, all but ISO."""
    copy = deepcopy(call)
    arguments = copy["function"]["arguments"]
    types = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in columns)
    (new,) = arguments_of(connection, f"types = {{{types}}}")
    for argument in arguments:
        if argument_name(argument) in _TYPES:
            declared = argument["expression"] if argument["name"] else argument["expression"]["right"]
            if declared.get("function_name") != "struct_pack":  # a list of types, by place: they stay
                return copy
            packed = declared["arguments"]
            fresh = {one["name"].lower(): one for one in new["expression"]["right"]["arguments"]}
            packed[:] = [fresh.pop(one["name"].lower(), one) for one in packed] + list(fresh.values())
            return copy
    is_json = reader(copy) in JSON_READERS
    arguments += arguments_of(connection, _ISO) if is_json else [new]
    return copy


def _is_guessed(connection: duckdb.DuckDBPyConnection, call: Node, name: str) -> bool:
    """Whether the first value of a column of dates or times does not begin with a year of four digits."""
    column = '"' + name.replace('"', '""') + '"'
    text = selecting(connection, _as_text(connection, call, [name]))
    first = f"SELECT {column} AS v FROM ({text}) WHERE regexp_matches({column}, '\\d') LIMIT 1"
    try:
        rows = connection.sql(f"SELECT regexp_matches(v, '{_YEAR_FIRST}') FROM ({first})").fetchall()
    except duckdb.Error:  # it is of the name of a folder, or a time in the ISO format of JSON
        return False
    return bool(rows) and not rows[0][0]
