"""Readers of CSV and JSON that guess no order of day and month.

DuckDB takes ``03/07/2026`` in a file for a date, in the order that the file's first rows allow. What belongs here: such
columns are read as the text that they are, for the query, ``time_format`` or the contract to judge. Dates that begin
with the year, and readers that are told ``dateformat`` or ``timestampformat``, are read as ever.
"""

import json
from collections.abc import Iterator
from typing import Any

import duckdb

__all__ = ["unguessed"]

_YEAR_FIRST = r"^\s*\d{4}\D"
_TYPES = ("types", "dtypes", "column_types", "columns")
_CSV, _JSON = ("read_csv", "read_csv_auto"), ("read_json", "read_json_auto", "read_ndjson", "read_ndjson_auto")
_SUFFIXES = {"csv": "read_csv", "tsv": "read_csv", "json": "read_json", "jsonl": "read_json", "ndjson": "read_json"}
_PACKED = ("gz", "zst")
_ISO = "dateformat = '%Y-%m-%d', timestampformat = '%Y-%m-%d %H:%M:%S'"

Node = dict[str, Any]


def unguessed(connection: duckdb.DuckDBPyConnection, query: str) -> str:
    """``query`` with every column as text whose order of day and month would be guessed; else as it is.

    Also where DuckDB cannot take it apart, or put it together again.
    """
    tree = json.loads(_asked(connection, "SELECT json_serialize_sql(?::VARCHAR)", query))
    if tree["error"]:
        return query
    try:
        # A list, as all are looked at whether or not one has changed.
        changed = [_changed(connection, node) for node in list(_readers(tree))]
        return _sql(connection, tree) + "\n" if any(changed) else query
    except duckdb.Error:
        return query


def _readers(node: object) -> Iterator[Node]:
    """The parts of a query that read a file; names of files as tables become calls of their readers."""
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _readers(child)
    if not isinstance(node, dict):
        return
    if node.get("type") == "BASE_TABLE":
        name = str(node["table_name"])
        stem, *suffixes = name.rsplit("/", 1)[-1].lower().split(".")
        last = [suffix for suffix in suffixes if suffix not in _PACKED][-1:]
        if stem and last and last[0] in _SUFFIXES and not node["schema_name"]:
            yield node
    elif node.get("type") == "TABLE_FUNCTION" and _reader(node) in (*_CSV, *_JSON):
        yield node


def _reader(node: Node) -> str:
    return str(node["function"]["function_name"]).lower() if "function" in node else ""


def _changed(connection: duckdb.DuckDBPyConnection, node: Node) -> bool:
    """Read the columns of ``node`` as text that would be guessed; whether there are any."""
    call = _call(connection, node)
    declared = {_name(argument) for argument in call["function"]["arguments"]}
    if not declared.isdisjoint(("dateformat", "date_format", "timestampformat", "timestamp_format")):
        return False
    plain = call | {"alias": "", "column_name_alias": [], "sample": None}
    try:
        kinds = _columns(connection, plain)
    except duckdb.Error:  # the query as a whole tells it
        return False
    times = [name for name, kind in kinds if kind == "DATE" or kind.startswith("TIMESTAMP")]
    guessed = [name for name in times if _is_guessed(connection, plain, name)]
    if guessed:
        read = _as_text(connection, call, guessed)
        node.clear()
        node.update(read)
    return bool(guessed)


def _call(connection: duckdb.DuckDBPyConnection, node: Node) -> Node:
    """The call of a reader that ``node`` is, or stands for."""
    if node["type"] == "TABLE_FUNCTION":
        return node
    name = str(node["table_name"])
    file = name.rsplit("/", 1)[-1]
    reader = next(_SUFFIXES[part] for part in reversed(file.lower().split(".")) if part in _SUFFIXES)
    call = _parsed(connection, f"FROM {reader}({_quoted(name)})")
    return (
        call
        | {key: node[key] for key in ("sample", "column_name_alias")}
        | {"alias": node["alias"] or file.split(".")[0]}
    )


def _as_text(connection: duckdb.DuckDBPyConnection, call: Node, columns: list[str]) -> Node:
    """``call`` with ``columns`` as text; of JSON, which has no types of single columns, all but ISO."""
    copy: Node = json.loads(json.dumps(call))
    arguments = copy["function"]["arguments"]
    types = ", ".join(f"{_quoted(name)}: 'VARCHAR'" for name in columns)
    (new,) = _parsed(connection, f"FROM f(types = {{{types}}})")["function"]["arguments"]
    for argument in arguments:
        if _name(argument) in _TYPES:
            declared = argument["expression"] if argument["name"] else argument["expression"]["right"]
            if declared.get("function_name") != "struct_pack":  # a list of types, by place: they stay
                return copy
            packed = declared["arguments"]
            fresh = {one["name"].lower(): one for one in new["expression"]["right"]["arguments"]}
            packed[:] = [fresh.pop(one["name"].lower(), one) for one in packed] + list(fresh.values())
            return copy
    is_json = _reader(copy) in _JSON
    arguments += _parsed(connection, f"FROM f({_ISO})")["function"]["arguments"] if is_json else [new]
    return copy


def _name(argument: Node) -> str:
    """The name of a named argument of a reader."""
    expression = argument["expression"]
    if argument["name"] or expression["type"] != "COMPARE_EQUAL":
        return str(argument["name"]).lower()
    return str(expression["left"].get("column_names", [""])[-1]).lower()


def _columns(connection: duckdb.DuckDBPyConnection, call: Node) -> list[tuple[str, str]]:
    described = connection.sql(f"DESCRIBE {_selecting(connection, call)}")
    return list(described.project("column_name, column_type").fetchall())


def _is_guessed(connection: duckdb.DuckDBPyConnection, call: Node, name: str) -> bool:
    """Whether the first value of a column of dates or times does not begin with a year of four digits."""
    column = '"' + name.replace('"', '""') + '"'
    text = _selecting(connection, _as_text(connection, call, [name]))
    first = f"SELECT {column} AS v FROM ({text}) WHERE regexp_matches({column}, '\\d') LIMIT 1"
    try:
        rows = connection.sql(f"SELECT regexp_matches(v, '{_YEAR_FIRST}') FROM ({first})").fetchall()
    except duckdb.Error:  # it is of the name of a folder, or a time in the ISO format of JSON
        return False
    return bool(rows) and not rows[0][0]


def _selecting(connection: duckdb.DuckDBPyConnection, call: Node) -> str:
    tree = json.loads(_asked(connection, "SELECT json_serialize_sql(?::VARCHAR)", "FROM f()"))
    tree["statements"][0]["node"]["from_table"] = call
    return _sql(connection, tree)


def _parsed(connection: duckdb.DuckDBPyConnection, query: str) -> Node:
    """What a query reads from."""
    tree = json.loads(_asked(connection, "SELECT json_serialize_sql(?::VARCHAR)", query))
    node: Node = tree["statements"][0]["node"]["from_table"]
    return node


def _sql(connection: duckdb.DuckDBPyConnection, tree: Node) -> str:
    return _asked(connection, "SELECT json_deserialize_sql(?::JSON)", json.dumps(tree))


def _asked(connection: duckdb.DuckDBPyConnection, query: str, value: str) -> str:
    return str(connection.execute(query, [value]).fetchall()[0][0])


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
