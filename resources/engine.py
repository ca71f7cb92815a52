"""The engine for heavy table transforms: SQL in the DuckDB dialect over explicit file lists.

What belongs here: binding files and frames to names and running one statement. What does not: the statements, which are
the files of ``assets/tables/sql``. They use only standard functions, so that another engine can run them transpiled.
"""

from collections.abc import Mapping
from pathlib import Path

import duckdb
import polars as pl

from resources.lake import TableFiles
from resources.machine import usable_cores, usable_memory
from resources.storage import open_to_queries

__all__ = ["Engine", "Relation"]

Relation = TableFiles | pl.DataFrame
"""What a name in a statement can be bound to."""


_SHARE = 0.5
"""Share of the memory that a query takes by default before it spills; the rest is for what holds its rows."""


class Engine:
    """An in-process DuckDB; each query has a connection of its own, closed when it ends."""

    def __init__(
        self, *, memory_limit_gb: float | None = None, threads: int | None = None, spill: Path | None = None
    ) -> None:
        """Bound every query.

        Args:
            memory_limit_gb: Gigabytes (10⁹ bytes) above which a query spills to disk (default: half of the memory
                that this process may use).
            threads: Default: all cores that this process may use.
            spill: Folder to spill into, which is made when it is needed (default: ``.tmp`` where the process runs).
        """
        memory = int(memory_limit_gb * 1e9 if memory_limit_gb is not None else usable_memory() * _SHARE)
        self._config = {
            "memory_limit": f"{memory}B",
            "threads": str(threads or usable_cores()),
            **({} if spill is None else {"temp_directory": str(spill)}),
            # Offline, DuckDB would retry for seconds to fetch an extension that no statement of ours needs.
            "autoinstall_known_extensions": "false",
        }

    def query(self, sql: str, relations: Mapping[str, Relation]) -> pl.DataFrame:
        """Run one statement and return its rows.

        Args:
            sql: A statement in the DuckDB dialect.
            relations: For each table name of the statement what it is bound to.
        """
        with duckdb.connect(config=self._config) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            stored = [relation for relation in relations.values() if isinstance(relation, TableFiles)]
            open_to_queries(connection, (uri for relation in stored for uri in relation.uris))
            for name, relation in relations.items():
                if isinstance(relation, TableFiles) and relation.uris:
                    files = ", ".join("'" + uri.replace("'", "''") + "'" for uri in relation.uris)
                    columns = ", ".join(f'"{column}"' for column in relation.schema)
                    connection.execute(
                        f'CREATE TEMP VIEW "{name}" AS SELECT {columns} FROM read_parquet([{files}], '
                        "hive_partitioning = true, hive_types_autocast = false)"
                    )
                elif isinstance(relation, TableFiles):
                    connection.register(name, pl.DataFrame(schema=dict(relation.schema)).to_arrow())
                else:
                    connection.register(name, relation.to_arrow())
            result = connection.sql(sql).to_arrow_table()
        return pl.DataFrame(pl.from_arrow(result))
