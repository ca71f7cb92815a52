"""MySQL and MariaDB as a source: one query in their dialect for each canonical table."""

from resources.sources.mysql.source import MySQL

__all__ = ["MySQL"]
