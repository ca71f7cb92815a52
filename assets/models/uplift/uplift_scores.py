"""Uplift scores by user, as they are served: sorted by key, looked up by binary search, streamed by segment."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from assets.models.arrays.user_keys import user_keys
from evaluation.arrays import Floats

__all__ = [
    "ARM_FIGURES",
    "SCORE_COLUMNS",
    "UpliftScores",
    "arm_chances",
    "arm_column",
    "arm_matrix",
    "arm_names",
    "arms_p_control",
]

SCORE_COLUMNS = ("user_id", "uplift", "lower", "upper", "p_control", "p_treated", "segment")
"""``uplift`` = ``p_treated`` − ``p_control`` with its 95 % interval ``lower`` to ``upper``; all are shares."""
ARM_FIGURES = ("uplift", "lower", "upper", "p_treated")
"""What is known of each arm of a campaign that tells several apart; uplift = p_treated - p_control of that arm."""
_FILE = "scores.arrow"


def arm_column(figure: str, arm: str) -> str:
    """Name of the column that holds one of ARM_FIGURES of an arm."""
    return f"{figure}:{arm}"


def arm_names(frame: pl.DataFrame) -> tuple[str, ...]:
    """The arms that a frame has columns of, in their order."""
    first = arm_column(ARM_FIGURES[0], "")
    return tuple(name.removeprefix(first) for name in frame.columns if name.startswith(first))


def arm_matrix(frame: pl.DataFrame, figure: str, arms: Sequence[str]) -> Floats:
    """One of ARM_FIGURES of each of ``arms``: float64[rows, arms]."""
    return np.column_stack([frame[arm_column(figure, arm)].to_numpy() for arm in arms])


def arms_p_control(frame: pl.DataFrame) -> Floats:
    """Probability without a contact that all arms of a frame are compared with: float64[rows]."""
    arm = arm_names(frame)[0]
    difference = frame[arm_column("p_treated", arm)].to_numpy() - frame[arm_column("uplift", arm)].to_numpy()
    return np.asarray(np.clip(difference, 0.0, 1.0))


def arm_chances(frame: pl.DataFrame) -> Floats:
    """Probability without a contact, then with each of the arms `arm_names`: float64[rows, 1 + arms]."""
    return np.column_stack([arms_p_control(frame), arm_matrix(frame, "p_treated", arm_names(frame))])


class UpliftScores:
    """One row a user; about 60 bytes each and 32 an arm, memory-mapped."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame
        self._keys = frame["user_key"].to_numpy()
        self.arms = arm_names(frame)
        """The arms that are told apart, sorted; none in a campaign of one treatment."""
        figures = [*SCORE_COLUMNS[1:-1], *_arm_columns(self.arms)]
        self._figures = {name: frame[name].to_numpy() for name in figures}
        self._words = {name: frame[name] for name in ("user_id", "segment")}

    @classmethod
    def build(cls, scores: pl.DataFrame, arms: Sequence[str] = ()) -> "UpliftScores":
        """Take a frame with SCORE_COLUMNS, and of each of ``arms`` the columns of `arm_column`; one row a user."""
        keys = pl.Series("user_key", user_keys(scores["user_id"].to_list()), dtype=pl.UInt64)
        columns = (*SCORE_COLUMNS, *_arm_columns(sorted(arms)))
        return cls(scores.select(columns).with_columns(keys).sort("user_key", "user_id"))

    def save(self, folder: Path) -> None:
        """Write ``scores.arrow``."""
        self._frame.write_ipc(folder / _FILE, compression="uncompressed", record_batch_size=100_000)

    @classmethod
    def load(cls, folder: Path) -> "UpliftScores":
        """Map what ``save`` wrote."""
        return cls(pl.read_ipc(folder / _FILE))

    def __len__(self) -> int:
        return self._frame.height

    def look_up(self, user_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """User → its row by column, as `build` takes them; unknown users have none. Some microseconds a user."""
        if not len(self._keys) or not user_ids:
            return {}
        found = dict[str, dict[str, Any]]()
        for user_id, row in zip(user_ids, np.searchsorted(self._keys, user_keys(user_ids)).tolist(), strict=True):
            # A 64-bit key may collide: the id itself decides.
            if row < len(self._keys) and self._words["user_id"][row] == user_id:
                words = {name: values[row] for name, values in self._words.items()}
                found[user_id] = words | {name: values[row].item() for name, values in self._figures.items()}
        return found

    def segments(self) -> pl.DataFrame:
        """Per segment: ``segment, users, share, uplift, lower, upper, p_control`` (means), largest first."""
        total = max(len(self), 1)
        mean = [pl.col(c).mean() for c in ("uplift", "lower", "upper", "p_control")]
        sizes = self._frame.group_by("segment").agg(pl.len().alias("users"), *mean)
        share = (pl.col("users") / total).alias("share")
        return sizes.with_columns(share).sort("users", "segment", descending=[True, False])

    def members(
        self, segment: str, batch_rows: int = 10_000, *, offset: int = 0, limit: int | None = None
    ) -> Iterator[pl.DataFrame]:
        """Yield the members of ``segment`` in key order, in frames of at most ``batch_rows`` rows scanned.

        Args:
            segment: Its name.
            batch_rows: At least 1.
            offset: Members that are passed over.
            limit: Members at most; all for none.

        Yields:
            SCORE_COLUMNS and the columns of each arm.
        """
        left = len(self) if limit is None else limit
        for at in range(0, len(self), batch_rows):
            if not left:
                return
            part = self._frame.slice(at, batch_rows).filter(pl.col("segment") == segment)
            page = part.slice(offset, left)
            offset = max(offset - part.height, 0)
            left -= page.height
            if page.height:
                yield page.select(*SCORE_COLUMNS, *_arm_columns(self.arms))


def _arm_columns(arms: Sequence[str]) -> list[str]:
    return [arm_column(figure, arm) for arm in arms for figure in ARM_FIGURES]
