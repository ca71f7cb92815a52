"""Two writers of one table: the one whose commit is refused starts its write anew from what the other wrote."""

import time
from collections.abc import Callable
from typing import TypeVar

from deltalake.exceptions import CommitFailedError

__all__ = ["again_on_conflict"]

_TRIES = 12
_FIRST_WAIT = 0.05
_LONGEST_WAIT = 2.0

Written = TypeVar("Written")


def again_on_conflict(write: Callable[[], Written]) -> Written:
    """Call ``write``, which opens the table anew each time, until its commit is taken.

    Raises:
        CommitFailedError: If another writer was faster twelve times.
    """
    for attempt in range(_TRIES - 1):
        try:
            return write()
        except CommitFailedError:
            time.sleep(min(_FIRST_WAIT * 2**attempt, _LONGEST_WAIT))
    return write()
