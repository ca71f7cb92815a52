"""The operational store's database: connections to it, and the tables that it needs.

What belongs here: what SQLite and PostgreSQL are told, and tables of stores of earlier versions. What does not: what
the tables are (`resources.store.store_tables`).
"""

from typing import Any

import sqlalchemy as sa

from resources.store.store_tables import EVENTS, METADATA

__all__ = ["make_tables", "open_engine"]

BUSY_TIMEOUT_MS = 5_000
_LOCK = 7_853_517
"""PostgreSQL's advisory lock that is held while tables are made: any number that others do not use."""


def open_engine(url: sa.URL) -> sa.Engine:
    """Connections to a store on SQLite or PostgreSQL; nothing is connected to yet."""
    is_sqlite = url.get_backend_name() == "sqlite"
    # An error ends up in a log, where the values of a statement, which name people, have no place.
    engine = sa.create_engine(url, pool_pre_ping=not is_sqlite, hide_parameters=True)
    if is_sqlite:
        sa.event.listen(engine, "connect", _tune_sqlite)
    return engine


def _tune_sqlite(connection: Any, _: object) -> None:  # noqa: ANN401 - the driver's own connection type
    """WAL lets readers go on while one writes; NORMAL syncs at checkpoints, so a power cut may lose the last ms.

    What is deleted is overwritten, so that it cannot be read from the file's free pages.
    """
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", f"busy_timeout={BUSY_TIMEOUT_MS}", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def make_tables(connection: sa.Connection) -> None:
    """Make what is not there yet, also where other processes start at the same time."""
    # All of them would find a table missing, and all but one fail to make it.
    is_sqlite = connection.dialect.name == "sqlite"
    connection.execute(sa.text("BEGIN IMMEDIATE" if is_sqlite else f"SELECT pg_advisory_xact_lock({_LOCK})"))
    METADATA.create_all(connection)
    # A store made before a column or an index was declared lacks it.
    inspector = sa.inspect(connection)
    for table in METADATA.sorted_tables:
        present = {column["name"] for column in inspector.get_columns(table.name)}
        for column in (one for one in table.columns if one.name not in present):
            added = sa.schema.CreateColumn(column).compile(dialect=connection.dialect)
            connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {added}")
    for index in EVENTS.indexes:
        index.create(connection, checkfirst=True)
