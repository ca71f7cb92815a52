"""Whether an error of the database means that it is away, for a while, or that something is wrong with what it holds.

What belongs here: telling the two apart.
"""

import sqlalchemy as sa

__all__ = ["is_away"]


def is_away(error: BaseException) -> bool:
    """Whether the database does not answer, is locked, or has no room: the same may succeed later.

    A table that is not there is a fault that stays. SQLite has one class of errors for both.
    """
    if isinstance(error, sa.exc.InterfaceError | sa.exc.TimeoutError):
        return True
    return isinstance(error, sa.exc.OperationalError) and not str(error.orig).startswith("no such ")
