"""Taking users out of fitted models: what names a user in a model's files is rewritten without those users.

What belongs here: by what files name users, and rewriting them. What does not: where models and releases lie
(`assets.release.forgetting`). Two forms name a user: Arrow files with a column ``user_id``, and arrays by 64-bit key.
Sums and fitted weights, to which every user added a little, name nobody and stay as they are.
"""

import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.models.arrays.files import load_mapped
from assets.models.arrays.user_keys import user_keys
from assets.models.baskets.next_basket import NextBasket
from assets.models.manifest import reseal
from assets.models.popularity.category_affinity import CategoryAffinity
from assets.models.popularity.segments import SegmentPopularity
from assets.models.popularity.user_histories import UserHistories

__all__ = ["UserSet", "files_with", "take_out"]

_KEYS = "keys.npy"
_BY_KEY: dict[str, Any] = {
    "next_basket.json": NextBasket,
    "segments.json": SegmentPopularity,
    "categories.npy": CategoryAffinity,
    "again.npy": UserHistories,
}
"""A file beside `_KEYS` → the model that both are of."""
_BATCH_ROWS = 100_000


class UserSet:
    """Users by id where it is known, and by key."""

    def __init__(self, ids: Sequence[str], keys: Sequence[int] = ()) -> None:
        """Users of these ids, and those of these keys whose ids are not known."""
        known = np.union1d(user_keys(ids), np.array(list(keys), dtype=np.uint64))
        self.keys: NDArray[np.uint64] = known
        """Ascending uint64[n]."""
        self._ids, self._all_known = list(ids), len(known) == len(set(ids))

    def among(self, frame: pl.DataFrame) -> pl.Series:
        """Which rows of a frame with ``user_id`` are of these users: bool."""
        ids = frame["user_id"]
        if self._all_known:
            return ids.is_in(self._ids).fill_null(value=False)
        keys = pl.Series(user_keys(ids.fill_null("").to_list()), dtype=pl.UInt64)
        return keys.is_in(self.keys.tolist()) & ids.is_not_null()


def files_with(folder: Path, users: UserSet) -> list[str]:
    """Paths, relative to ``folder``, of the files below it that name one of ``users``, sorted.

    Raises:
        ValueError: If keys of users are there in a form that this code does not know.
    """
    return sorted(path.relative_to(folder).as_posix() for path in _found(folder, users))


def take_out(folder: Path, users: UserSet) -> list[str]:
    """Rewrite what `files_with` gives without these users, and a manifest's hashes; returns what was rewritten.

    Files are replaced, not written into: who has the old ones mapped, or linked, keeps them as they were.

    Raises:
        ValueError: As `files_with`.
    """
    changed: list[str] = []
    for path in list(_found(folder, users)):
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".forget-") as scratch:
            if path.name == _KEYS:
                _model(path.parent).load(path.parent).without(users.keys).save(Path(scratch))
            else:
                frame = pl.read_ipc(path)
                kept = frame.filter(~users.among(frame))
                kept.write_ipc(Path(scratch) / path.name, compression="uncompressed", record_batch_size=_BATCH_ROWS)
            for fresh in sorted(Path(scratch).iterdir()):
                os.replace(fresh, path.with_name(fresh.name))
                changed.append(path.with_name(fresh.name).relative_to(folder).as_posix())
    if changed:
        reseal(folder, changed)
    return sorted(changed)


def _found(folder: Path, users: UserSet) -> Iterator[Path]:
    for path in sorted(folder.rglob("*.arrow")):
        schema = pl.read_ipc_schema(path)
        if "user_id" in schema and users.among(pl.scan_ipc(path).select("user_id").collect()).any():
            yield path
    for path in sorted(folder.rglob(_KEYS)):
        keys = load_mapped(path)
        if keys.dtype != np.uint64:  # of something else
            continue
        _model(path.parent)
        if np.isin(users.keys, keys).any():
            yield path


def _model(folder: Path) -> Any:  # noqa: ANN401  # the models share no type
    """The class of the model in ``folder``."""
    for beside, model in _BY_KEY.items():
        if (folder / beside).exists():
            return model
    raise ValueError(f"{folder / _KEYS} holds keys of users in a form that this code does not know; delete its folder")
