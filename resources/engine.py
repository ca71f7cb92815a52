"""The engine for heavy table transforms: SQL in the DuckDB dialect over explicit file lists.

What belongs here: binding files and frames to names and running one statement. What does not: the statements, which are
the files of ``assets/tables/sql``. They use only standard functions, so that another engine can run them transpiled.
"""

from collections.abc import Mapping

import duckdb
import polars as pl

from resources.lake import TableFiles

__all__ = ["Engine", "Relation"]

Relation = TableFiles | pl.DataFrame
"""What a name in a statement can be bound to."""


class Engine:
    """An in-process DuckDB; each query has a connection of its own, closed when it ends."""

    def __init__(self, *, memory_limit_gb: float = 4.0, threads: int = 2) -> None:
        self._config = {
            "memory_limit": f"{memory_limit_gb}GB",
            "threads": str(threads),
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
