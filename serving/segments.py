"""Segments of a release: sizes, what tells each apart, and the export of their members.

What belongs here: reading a release's segments and turning them into answers. How they are assigned is
`assets.models.uplift.segments`.
"""

from collections.abc import Iterator
from typing import Literal

import msgspec
import polars as pl

from serving.problems import ProblemError
from serving.snapshot import Snapshot
from serving.targeting import uplift_of

__all__ = ["ExportFormat", "SegmentSummary", "SegmentsAnswer", "members", "segments"]

ExportFormat = Literal["ndjson", "csv"]
_COLUMNS = ("user_id", "uplift", "lower", "upper")


class TopFeature(msgspec.Struct, frozen=True):
    """A feature by which a segment differs from all users; means are null where nobody has the feature."""

    feature: str
    mean: float | None
    """Of the members who have it."""
    mean_all: float | None
    difference: float
    """mean less mean_all in standard deviations over all users."""


class SegmentSummary(msgspec.Struct, frozen=True):
    """A segment: its size, the means of its members, and the features that tell it apart, most telling first."""

    name: str
    users: int
    share: float
    mean_uplift: float
    mean_lower: float
    mean_upper: float
    mean_p_control: float
    top_features: list[TopFeature]


class SegmentsAnswer(msgspec.Struct, frozen=True):
    """All segments, largest first."""

    segments: list[SegmentSummary]
    release: str


class Member(msgspec.Struct, frozen=True):
    """A line of a segment's export."""

    user_id: str
    uplift: float
    lower: float
    upper: float


def segments(snapshot: Snapshot) -> SegmentsAnswer:
    """Sizes, means and profiles, read when the release was loaded."""
    uplift_of(snapshot)
    found = [
        SegmentSummary(
            name=row["segment"],
            users=row["users"],
            share=row["share"],
            mean_uplift=row["uplift"],
            mean_lower=row["lower"],
            mean_upper=row["upper"],
            mean_p_control=row["p_control"],
            top_features=[
                TopFeature(f["feature"], f["mean"], f["mean_all"], f["difference"])
                for f in snapshot.profiles.get(row["segment"], [])
            ],
        )
        for row in snapshot.segments
    ]
    return SegmentsAnswer(found, snapshot.version)


def members(snapshot: Snapshot, segment: str, written: ExportFormat = "ndjson") -> Iterator[bytes]:
    """Members of a segment as NDJSON, or as CSV under a header; in chunks, so that memory stays bounded.

    Raises:
        ProblemError: 404 if the release has no uplift scores or no such segment.
    """
    uplift = uplift_of(snapshot)
    names = [row["segment"] for row in snapshot.segments]
    if segment not in names:
        raise ProblemError(404, "unknown-segment", f"There is no segment {segment!r}; there are {', '.join(names)}.")
    frames = (frame.select(_COLUMNS) for frame in uplift.members(segment))
    return _csv(frames) if written == "csv" else _lines(frames)


def _lines(frames: Iterator[pl.DataFrame]) -> Iterator[bytes]:
    encoder = msgspec.json.Encoder()
    return (encoder.encode_lines([Member(*row) for row in frame.iter_rows()]) for frame in frames)


def _csv(frames: Iterator[pl.DataFrame]) -> Iterator[bytes]:
    # A spreadsheet would run an id that begins like a formula (OWASP, CSV injection).
    safe = pl.col(pl.String).str.replace(r"^([=+@\t\r-])", "'$1")
    return (
        frame.with_columns(safe).write_csv(include_header=number == 0).encode() for number, frame in enumerate(frames)
    )
