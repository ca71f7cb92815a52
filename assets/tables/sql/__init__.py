"""The heavy table transforms, one statement a file, in the DuckDB dialect (standard functions only)."""

from importlib import resources

__all__ = ["statement"]


def statement(name: str) -> str:
    """Text of ``<name>.sql``."""
    return resources.files(__name__).joinpath(f"{name}.sql").read_text(encoding="utf-8")
