"""Taking users out of what Dagster keeps of its runs: previews of rows, examples in checks, messages of errors.

What belongs here: the instance's event log and the output of its runs. Users can only be found by their ids here.
Events stay, so that Dagster still knows which days there are; a row of a preview goes, a text loses the id.
"""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import dagster as dg
import sqlalchemy as sa
from dagster._core.storage.event_log import SqlEventLogStorage, SqliteEventLogStorage

__all__ = ["take_out_of_logs", "take_out_of_texts"]

_TEXTS = {"event_logs": "event", "asset_keys": "last_materialization", "asset_check_executions": "evaluation_event"}
"""Table of the event log → its column of serialised events."""
_FREE = frozenset({"message", "user_message", "description", "text", "md_str", "data", "stack"})
"""Keys of an event below which texts are free, and not names of runs, steps or days."""
_ROWS = 1_000
_GONE = "(forgotten)"


class _Names:
    """Finds ids as whole words of a text."""

    def __init__(self, ids: Sequence[str]) -> None:
        """Of at least one id."""
        self.words = re.compile(
            r"(?<!\w)(?:" + "|".join(map(re.escape, sorted(ids, key=len, reverse=True))) + r")(?!\w)"
        )
        self._plain = list(ids) if all(re.fullmatch(r"[\w.@+-]+", one, re.ASCII) for one in ids) else None

    def may_be_in(self, text: str) -> bool:
        """Whether it is worth while to read ``text``: JSON may spell an id in another way."""
        return self._plain is None or any(one in text for one in self._plain)

    def without(self, value: Any, *, free: bool = False) -> Any:  # noqa: ANN401  # any JSON value
        """An event without the ids, and without the rows that name one; ``free`` says whether texts may be changed."""
        if isinstance(value, dict):
            return {key: self.without(of, free=free or key in _FREE) for key, of in value.items()}
        if isinstance(value, list):
            return [self.without(of, free=free) for of in value if not self._is_row(of)]
        return self.words.sub(_GONE, value) if free and isinstance(value, str) else value

    def _is_row(self, value: Any) -> bool:  # noqa: ANN401  # any JSON value
        """Whether it is a row of a preview that names one of the ids."""
        if not isinstance(value, dict) or value.get("__class__") != "TableRecord":
            return False
        return any(isinstance(cell, str) and self.words.search(cell) for cell in value.get("data", {}).values())


def take_out_of_logs(instance: dg.DagsterInstance, ids: Sequence[str], *, apply: bool) -> int:
    """Rewrite the events that name one of these users; without ``apply`` they are only counted.

    Returns:
        How many.

    Raises:
        ValueError: If the event log is in no SQL database.
    """
    storage = instance.event_log_storage
    if not isinstance(storage, SqlEventLogStorage):
        raise ValueError(f"the event log of Dagster is a {type(storage).__name__}, which this code cannot look into")
    if not ids:
        return 0
    names, total = _Names(ids), 0
    if not isinstance(storage, SqliteEventLogStorage):
        return _rewrite(storage.index_connection(), names, apply=apply)
    for shard in ("index", *storage.get_all_run_ids()):
        where = storage.index_connection() if shard == "index" else storage.run_connection(shard)
        changed = _rewrite(where, names, apply=apply)
        total += changed
        if changed and apply:
            _compact(storage.conn_string_for_shard(shard))
    return total


def take_out_of_texts(folders: Sequence[Path], ids: Sequence[str], *, apply: bool) -> list[str]:
    """Empty the log files below ``folders`` that name one of these users; returns their paths."""
    names = _Names(ids) if ids else None
    found = []
    for path in sorted({path for folder in folders for path in _logs(folder)}) if names else ():
        with path.open(encoding="utf-8", errors="replace") as lines:
            if names is None or not any(names.words.search(line) for line in lines):
                continue
        found.append(str(path))
        if apply:
            path.write_bytes(b"")
    return found


def _logs(folder: Path) -> Iterator[Path]:
    for pattern in ("*.log", "compute_logs/**/*.out", "compute_logs/**/*.err", "compute_logs/**/*.log"):
        yield from (path for path in folder.glob(pattern) if path.is_file())


def _rewrite(where: AbstractContextManager[Any], names: _Names, *, apply: bool) -> int:
    """Rewrite the events of one database; returns how many name a user."""
    changed = 0
    with where as connection:
        present = set(sa.inspect(connection).get_table_names())
        for table, column in _TEXTS.items():
            if table not in present:
                continue
            last = -1
            query = sa.text(f"SELECT id, {column} FROM {table} WHERE id > :last ORDER BY id LIMIT {_ROWS}")
            update = sa.text(f"UPDATE {table} SET {column} = :text WHERE id = :id")
            while rows := connection.execute(query, {"last": last}).all():
                last = rows[-1][0]
                for number, text in rows:
                    if not text or not names.may_be_in(text):
                        continue
                    event = json.loads(text)
                    if (fresh := names.without(event)) != event:
                        changed += 1
                        if apply:
                            connection.execute(update, {"text": json.dumps(fresh), "id": number})
    return changed


def _compact(url: str) -> None:
    """Rewrite an SQLite file, so that its free pages and its log hold nothing of what was changed."""
    engine = sa.create_engine(url, poolclass=sa.NullPool, connect_args={"timeout": 30})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
