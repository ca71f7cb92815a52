"""The calls of readers in a query, as DuckDB's own parser tells them.

What belongs here: taking a query apart and putting it together again. What does not: what is changed in it.
"""

import json
from collections.abc import Iterator
from typing import Any

import duckdb

__all__ = [
    "CSV_READERS",
    "JSON_READERS",
    "PARQUET_READERS",
    "Node",
    "argument_name",
    "arguments_of",
    "as_call",
    "columns_of",
    "put_together",
    "quoted",
    "reader",
    "reader_calls",
    "reader_of_file",
    "selecting",
    "taken_apart",
]

CSV_READERS = ("read_csv", "read_csv_auto")
JSON_READERS = ("read_json", "read_json_auto", "read_ndjson", "read_ndjson_auto")
PARQUET_READERS = ("read_parquet", "parquet_scan")
_SUFFIXES = {
    "csv": "read_csv", "tsv": "read_csv", "json": "read_json", "jsonl": "read_json", "ndjson": "read_json",
    "parquet": "read_parquet",
}  # fmt: skip
_PACKED = ("gz", "zst")

Node = dict[str, Any]


def taken_apart(connection: duckdb.DuckDBPyConnection, query: str) -> Node | None:
    """The parts of a query; none where DuckDB cannot tell them."""
    tree: Node = json.loads(_asked(connection, "SELECT json_serialize_sql(?::VARCHAR)", query))
    return None if tree["error"] else tree


def put_together(connection: duckdb.DuckDBPyConnection, tree: Node) -> str:
    """The query of its parts, ending with a line break."""
    return _asked(connection, "SELECT json_deserialize_sql(?::JSON)", json.dumps(tree)) + "\n"


def reader_calls(node: object) -> Iterator[Node]:
    """The parts of a query that read files: calls of readers, and names of files as tables."""
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from reader_calls(child)
    if not isinstance(node, dict):
        return
    if node.get("type") == "BASE_TABLE":
        if not node["schema_name"] and reader_of_file(str(node["table_name"])):
            yield node
    elif node.get("type") == "TABLE_FUNCTION" and reader(node) in (*CSV_READERS, *JSON_READERS, *PARQUET_READERS):
        yield node


def reader(node: Node) -> str:
    """The name of the function that a call calls."""
    return str(node["function"]["function_name"]).lower() if "function" in node else ""


def as_call(connection: duckdb.DuckDBPyConnection, node: Node) -> Node:
    """The call of a reader that ``node`` is, or stands for."""
    if node["type"] == "TABLE_FUNCTION":
        return node
    name = str(node["table_name"])
    call = _parsed(connection, f"FROM {reader_of_file(name)}({quoted(name)})")
    return (
        call
        | {key: node[key] for key in ("sample", "column_name_alias")}
        | {"alias": node["alias"] or name.rsplit("/", 1)[-1].split(".", maxsplit=1)[0]}
    )


def argument_name(argument: Node) -> str:
    """The name of a named argument of a reader; nothing of one by place."""
    expression = argument["expression"]
    if argument["name"] or expression["type"] != "COMPARE_EQUAL":
        return str(argument["name"]).lower()
    return str(expression["left"].get("column_names", [""])[-1]).lower()


def arguments_of(connection: duckdb.DuckDBPyConnection, arguments: str) -> list[Node]:
    """Arguments as they stand in a call."""
    found: list[Node] = _parsed(connection, f"FROM f({arguments})")["function"]["arguments"]
    return found


def columns_of(connection: duckdb.DuckDBPyConnection, call: Node) -> list[tuple[str, str]]:
    """Names and types of the columns that the files of a call have."""
    described = connection.sql(f"DESCRIBE {selecting(connection, call)}")
    return list(described.project("column_name, column_type").fetchall())


def selecting(connection: duckdb.DuckDBPyConnection, call: Node) -> str:
    """A query of all that the files of a call hold, whatever they are called in its own query, or drawn from them."""
    tree = json.loads(_asked(connection, "SELECT json_serialize_sql(?::VARCHAR)", "FROM f()"))
    tree["statements"][0]["node"]["from_table"] = call | {"alias": "", "column_name_alias": [], "sample": None}
    return put_together(connection, tree)


def quoted(text: str) -> str:
    """``text`` as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def reader_of_file(name: str) -> str:
    """The reader of a file, by the ending of its name or path; nothing where there is none."""
    stem, *suffixes = name.rsplit("/", 1)[-1].lower().split(".")
    last = [suffix for suffix in suffixes if suffix not in _PACKED][-1:]
    return _SUFFIXES.get(last[0], "") if stem and last else ""


def _parsed(connection: duckdb.DuckDBPyConnection, query: str) -> Node:
    """What a query reads from."""
    tree = json.loads(_asked(connection, "SELECT json_serialize_sql(?::VARCHAR)", query))
    node: Node = tree["statements"][0]["node"]["from_table"]
    return node


def _asked(connection: duckdb.DuckDBPyConnection, query: str, value: str) -> str:
    return str(connection.execute(query, [value]).fetchall()[0][0])
