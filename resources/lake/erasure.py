"""Which rows of the lake are of a user, and deleting them.

What belongs here: by what each table names a user. What does not: who is to be forgotten
(`resources.store.forgotten`) and how files are deleted (`resources.lake`). Statistics of products name nobody and stay.
"""

from collections.abc import Sequence

import polars as pl

from resources.contracts import CONTRACTS
from resources.lake import Lake
from resources.store.forgotten import Forgotten
from resources.tables import TABLES, quarantine_of

__all__ = ["PERSONAL", "erase_from_lake", "known_users", "users_of_table", "without_users"]

_WITH_USERS = tuple(table for table, columns in TABLES.items() if "user_id" in columns)
_QUARANTINES = tuple(map(quarantine_of, CONTRACTS))
PERSONAL = (*_WITH_USERS, "searches", "robots", "banner_impressions", *_QUARANTINES)
"""Tables that may hold rows of users."""
_NAMING = (*_WITH_USERS, "banner_impressions", *_QUARANTINES)
"""Those whose rows name them."""


def without_users(table: str, rows: pl.DataFrame, users: Forgotten) -> pl.DataFrame:
    """The rows of one reading of ``table`` that are not of ``users``, nor of nobody in a session that was theirs."""
    if table not in PERSONAL:
        return rows
    marked = rows.with_columns(_user_of(table).alias("__user"))
    theirs = users.among(marked["__user"])
    if not theirs.any():
        return rows
    if "session_id" in rows.columns:
        of_others = marked.filter(~theirs & pl.col("__user").is_not_null())["session_id"]
        sessions = set(marked.filter(theirs)["session_id"].drop_nulls()) - set(of_others)
        theirs |= marked["__user"].is_null() & marked["session_id"].is_in(list(sessions)).fill_null(value=False)
    return rows.filter(~theirs)


def known_users(lake: Lake, users: Forgotten) -> list[str]:
    """The ids of those of ``users`` whom a table of the lake names, sorted: every id that there is, is looked at."""
    if not users:
        return []
    return sorted({user for table in _NAMING for user in users_of_table(lake, table, users)})


def users_of_table(lake: Lake, table: str, users: Forgotten, version: int | None = None) -> list[str]:
    """The ids of those of ``users`` whom ``table`` names, sorted, in an earlier ``version`` if one is given."""
    if table not in _NAMING:
        return []
    rows = lake.scan(table, [_column_of(table)], version)
    return users.known(rows.select(_user_of(table).alias("user")).unique().collect(engine="streaming")["user"])


def erase_from_lake(lake: Lake, users: Sequence[str], *, apply: bool) -> dict[str, int]:
    """Delete the rows of these users from every table; without ``apply`` they are only counted.

    Files of earlier versions hold them until `Lake.purge`.

    Returns:
        Table → number of rows, of those that have any.
    """
    if not users:
        return {}
    predicates = _predicates(lake, list(users))
    counts = {
        table: lake.scan(table, _columns(table)).filter(condition).select(pl.len()).collect(engine="streaming").item()
        for table, (condition, _) in predicates.items()
    }
    counts = {table: int(count) for table, count in counts.items() if count}
    if apply:
        # What the others are found by goes last, so that a kill leaves nothing that cannot be found again.
        for table in sorted(counts, key=lambda table: table == "events"):
            lake.delete_rows(table, predicates[table][1])
    return counts


def _predicates(lake: Lake, users: list[str]) -> dict[str, tuple[pl.Expr, str]]:
    """Table → which of its rows are of the users, for Polars and as SQL."""
    own = _collected(lake, "events", ["day", "event_id", "kind", "session_id"], pl.col("user_id").is_in(users))
    named = own["session_id"].drop_nulls().unique().to_list()
    of_others = pl.col("session_id").is_in(named) & pl.col("user_id").is_not_null() & ~pl.col("user_id").is_in(users)
    shared = set(_collected(lake, "events", ["session_id"], of_others)["session_id"])
    sessions = sorted(set(named) - shared)
    visits = own.filter(pl.col("session_id").is_in(sessions)).select("session_id", pl.col("day").str.to_date())
    # A visit is named by the day on which it began: maybe the one before.
    visits = pl.concat([visits, visits.with_columns(pl.col("day").dt.offset_by("-1d"))])
    began = visits.select(pl.format("{}/s/{}", pl.col("day").dt.strftime("%Y-%m-%d"), "session_id")).unique()
    nobodys = _collected(
        lake, "events", ["event_id", "kind"], pl.col("user_id").is_null() & pl.col("session_id").is_in(sessions)
    )
    searches = pl.concat([own.select("event_id", "kind"), nobodys]).filter(pl.col("kind") == "search")["event_id"]
    anonymous = {"events": sessions, "sessions": sorted(began.to_series())}
    found: dict[str, tuple[pl.Expr, str]] = {}
    for table in _WITH_USERS:
        condition, sql = _within("user_id", users)
        if of := anonymous.get(table):
            session, as_sql = _within("session_id", of)
            condition |= pl.col("user_id").is_null() & session
            sql += f" OR (user_id IS NULL AND {as_sql})"
        found[table] = condition, sql
    found["searches"] = _within("search_id", searches.to_list())
    found["robots"] = _within("visitor", [*(f"u/{u}" for u in users), *(f"s/{s}" for s in sessions)])
    for table, key in (("banner_impressions", "impression_id"), *((name, "row") for name in _QUARANTINES)):
        rows = lake.scan(table, list(TABLES[table])).filter(_user_of(table).is_in(users)).select(key)
        found[table] = _within(key, rows.collect(engine="streaming")[key].to_list())
    return found


def _collected(lake: Lake, table: str, columns: list[str], condition: pl.Expr) -> pl.DataFrame:
    every = lake.scan(table, list(dict.fromkeys([*columns, "user_id", "session_id"])))
    return every.filter(condition).select(columns).collect(engine="streaming")


def _within(column: str, values: Sequence[str]) -> tuple[pl.Expr, str]:
    """Rows whose ``column`` has one of ``values``: as an expression, and as SQL."""
    distinct = sorted(set(values))
    if not distinct:
        return pl.lit(value=False), "FALSE"
    quoted = ", ".join("'" + value.replace("'", "''") + "'" for value in distinct)
    return pl.col(column).is_in(distinct), f"{column} IN ({quoted})"


def _column_of(table: str) -> str:
    """The column that names a user."""
    if table in _WITH_USERS:
        return "user_id"
    return "context" if table == "banner_impressions" else "row"


def _user_of(table: str) -> pl.Expr:
    """The user of each row as text; null where none is named."""
    column = pl.col(_column_of(table))
    if table in _WITH_USERS:
        return column
    user = column.str.json_path_match("$.user_id")
    if table in _QUARANTINES:
        user = pl.coalesce(user, column.str.json_path_match("$.context").str.json_path_match("$.user_id"))
        # A row that broke its contract stands there as it was read; a number may have been read as a fraction.
        user = user.str.strip_chars().str.replace(r"^(-?\d+)\.0$", "$1")
    return user


def _columns(table: str) -> list[str]:
    return list(TABLES[table])
