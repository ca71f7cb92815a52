"""Segments of a release: sizes, what tells each apart, and the export of their members.

What belongs here: reading a release's segments and turning them into answers. How they are assigned is
`assets.models.uplift.segments`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec
import polars as pl

from evaluation.experiment.average_effect import GroupEffect
from resources.spreadsheets import spreadsheet_safe
from serving.campaigns.exports import check_segment
from serving.campaigns.targeting import uplift_of, valued_rows
from serving.release.snapshot import Snapshot

__all__ = ["ExportFormat", "SegmentSummary", "SegmentsAnswer", "members", "segments", "size"]

ExportFormat = Literal["ndjson", "csv"]


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


class RespondingGroup(msgspec.Struct, frozen=True):
    """A group of users on whom a contact works unlike on others, beyond chance."""

    words: str
    """Such as ``age below 35: +18.2 % ± 6.0 %``, in points of the outcome's rate."""
    attribute: str
    """An attribute, or two with × between them."""
    group: str
    users: int
    effect: float
    lower: float
    """The interval is a 95 % one of all groups that were looked at together."""
    upper: float
    p_value: float
    """Of the group being like others, adjusted for the number of groups."""


class SegmentsAnswer(msgspec.Struct, frozen=True):
    """All segments, largest first, and who responds, clearest first."""

    segments: list[SegmentSummary]
    responders: list[RespondingGroup]
    release: str
    campaign: str
    """Which campaign's contacts they are about."""


class Member(msgspec.Struct, frozen=True):
    """A line of a segment's export."""

    user_id: str
    uplift: float
    lower: float
    upper: float
    p_control: float
    p_treated: float
    expected_net_value: float | None
    best_arm: str | None


def segments(snapshot: Snapshot) -> SegmentsAnswer:
    """Sizes, means and profiles, read when the release was loaded."""
    uplift_of(snapshot)
    summaries = [
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
    responders = [_responding(row) for row in snapshot.responders]
    return SegmentsAnswer(summaries, responders, snapshot.version, snapshot.campaign)


def _responding(row: Mapping[str, Any]) -> RespondingGroup:
    group = GroupEffect.of(row)
    return RespondingGroup(
        group.in_words(), group.attribute, group.group, group.users, *group.effect, p_value=group.p_value
    )


def size(snapshot: Snapshot, segment: str) -> int:
    """How many members a segment has."""
    return next((int(row["users"]) for row in snapshot.segments if row["segment"] == segment), 0)


def members(
    snapshot: Snapshot, segment: str, written: ExportFormat = "ndjson", *, offset: int = 0, limit: int | None = None
) -> Iterator[bytes]:
    """Members of a segment as NDJSON, or as CSV under a header; in chunks, so that memory stays bounded.

    Args:
        snapshot: The release.
        segment: Its name.
        written: The format.
        offset: Members that are passed over.
        limit: Members at most; all for none.

    Raises:
        ProblemError: 404 if the release has no uplift scores or there is no such segment; one that nobody is in today
            has no members.
    """
    uplift = uplift_of(snapshot)
    check_segment(segment)
    pages = uplift.members(segment, offset=offset, limit=limit)
    frames = (valued_rows(snapshot, page).select(Member.__struct_fields__) for page in pages)
    return _csv(frames) if written == "csv" else _lines(frames)


def _lines(frames: Iterator[pl.DataFrame]) -> Iterator[bytes]:
    encoder = msgspec.json.Encoder()
    return (encoder.encode_lines([Member(*row) for row in frame.iter_rows()]) for frame in frames)


def _csv(frames: Iterator[pl.DataFrame]) -> Iterator[bytes]:
    yield f"{','.join(Member.__struct_fields__)}\n".encode()
    yield from (frame.with_columns(spreadsheet_safe()).write_csv(include_header=False).encode() for frame in frames)
