"""Errors of the operational store: what its callers see of the database's, and which of those mean that it is away."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

__all__ = ["StoreError", "as_store_error", "is_away"]


class StoreError(RuntimeError):
    """The database does not answer, or refuses."""


@contextmanager
def as_store_error(what: str) -> Iterator[None]:
    """Errors of the database as `StoreError` that says ``what`` failed; without values, which name people."""
    try:
        yield
    except sa.exc.SQLAlchemyError as error:
        raise StoreError(f"{what}: {type(error).__name__}") from error


def is_away(error: BaseException) -> bool:
    """Whether the database does not answer, is locked, or has no room: the same may succeed later.

    A table that is not there is a fault that stays. SQLite has one class of errors for both.
    """
    if isinstance(error, sa.exc.InterfaceError | sa.exc.TimeoutError):
        return True
    return isinstance(error, sa.exc.OperationalError) and not str(error.orig).startswith("no such ")
