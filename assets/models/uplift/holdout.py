"""Who is never trained on: a fixed share of users, told by their id alone; and how the rows of the others are drawn.

What belongs here: which rows of users count. The split needs no state, so every asset, day and machine agrees on it,
and a user who returns next month is still held out.
"""

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np
import polars as pl
from numpy.typing import NDArray

from evaluation.arrays import Bools, Floats

__all__ = ["HOLDOUT_SHARE", "is_holdout", "ordered", "poisson_of_users"]

HOLDOUT_SHARE = 0.30
"""Share of users that is kept for measuring."""
_SALT = b"upshelf.holdout"


def is_holdout(user_ids: Iterable[str]) -> Bools:
    """True for users of the holdout: bool[n], the same for the same id always."""
    digests = b"".join(
        blake2b(user.encode("utf-8", "surrogatepass"), digest_size=8, person=_SALT).digest() for user in user_ids
    )
    return np.asarray(np.frombuffer(digests, dtype="<u8") < int(HOLDOUT_SHARE * 2**64))


def ordered(frame: pl.DataFrame) -> tuple[pl.DataFrame, NDArray[np.intp]]:
    """The rows by user and time, and the number of each row's user: folds and bootstraps are drawn by row."""
    rows = frame.sort([name for name in ("user_id", "ts", "exposure_id") if name in frame.columns])
    return rows, rows["user_id"].rle_id().to_numpy().astype(np.intp)


def poisson_of_users(user: NDArray[np.intp], seed: int, number: int) -> Floats:
    """Bootstrap weight of each row, float64[n]: a user's exposures are drawn together, as they depend on each other."""
    return np.random.default_rng((seed, number)).poisson(1.0, size=int(user.max()) + 1)[user].astype(np.float64)
