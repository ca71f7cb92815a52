"""Who is never trained on: a fixed share of users, told by their id alone.

What belongs here: the split. It needs no state, so every asset, day and machine agrees on it, and a user who returns
next month is still held out.
"""

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

__all__ = ["HOLDOUT_SHARE", "is_holdout"]

HOLDOUT_SHARE = 0.30
"""Share of users that is kept for measuring."""
_SALT = b"upshelf.holdout"


def is_holdout(user_ids: Iterable[str]) -> NDArray[np.bool_]:
    """True for users of the holdout: bool[n], the same for the same id always."""
    digests = b"".join(
        blake2b(user.encode("utf-8", "surrogatepass"), digest_size=8, person=_SALT).digest() for user in user_ids
    )
    return np.asarray(np.frombuffer(digests, dtype="<u8") < int(HOLDOUT_SHARE * 2**64))
