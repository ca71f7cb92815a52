"""Queries over files taken apart: what their readers guess, and which of their files can be read."""

from resources.sources.file_queries.contained import FileQuery
from resources.sources.file_queries.unguessed import unguessed

__all__ = ["FileQuery", "unguessed"]
