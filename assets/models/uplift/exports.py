"""What a release says of its users as rows to be exported: scores, segments, or whom to contact.

What belongs here: which file of a release and which of its columns each of them is.
"""

from pathlib import Path
from typing import Literal, get_args

import polars as pl

__all__ = ["EXPORTS", "FILES", "JOINT_PLAN_FILE", "Export", "exported"]

Export = Literal["scores", "segments", "plan"]
EXPORTS: tuple[Export, ...] = get_args(Export)
FILES: dict[Export, str] = {
    "scores": "segments/scores.arrow",
    "segments": "segments/scores.arrow",
    "plan": "reports/targeting_plan/contacts.arrow",
}
"""In the folder of a release."""
JOINT_PLAN_FILE = "reports/joint_plan/contacts.arrow"
"""The plan of all campaigns together, where the shop has several and plans them so."""


def exported(file: Path, what: Export, segment: str | None = None) -> pl.LazyFrame:
    """The rows of ``what`` in its file, one a user; of one segment alone where it is named."""
    users = pl.scan_ipc(file)
    if segment is not None:
        users = users.filter(pl.col("segment") == segment)
    if what == "segments":
        return users.select("user_id", "segment", "uplift", "lower", "upper")
    return users.select(pl.exclude("user_key"))
