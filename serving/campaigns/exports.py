"""Exports of a release as files: every user's score, who is in which segment, whom to contact.

What belongs here: checking what is asked for, and writing it. How it goes over the wire is the route's.
"""

import os
import tempfile
from pathlib import Path
from typing import NamedTuple

from assets.models.uplift.exports import FILES, JOINT_PLAN_FILE, Export, exported
from assets.models.uplift.segments import SEGMENTS
from resources.exports import Format, PseudonymError, the_secret, write_users
from serving.campaigns.choice import campaign_of
from serving.http.problems import ProblemError
from serving.http.streams import FileParts
from serving.release.snapshot import Snapshot

__all__ = ["Asked", "check_segment", "write_export"]


class Asked(NamedTuple):
    """An export as it is asked for."""

    what: Export
    written: Format
    segment: str | None
    """Of its members alone; none for all users."""
    pseudonyms: bool
    """Whether ids of users are hidden."""
    campaign: str | None = None
    """The one that is named; none where there is one."""

    def file_name(self, as_of: str) -> str:
        """What a browser saves it as."""
        of = "-".join(part for part in (self.campaign, self.what, self.segment) if part is not None)
        return f"{of}-{as_of}.{self.written}"


def write_export(snapshot: Snapshot, asked: Asked, folder: Path, secret: str | None) -> FileParts:
    """The export as a file that is gone once it is read; rows are streamed to it, so memory stays bounded.

    Args:
        snapshot: The release.
        asked: What is asked for.
        folder: Where there is room for the file.
        secret: UPSHELF_PSEUDONYM_KEY.

    Raises:
        ProblemError: 404 for a segment or a campaign that there is not and a release without scores or plan; or where
            ids cannot be hidden; 400 where one of several campaigns must be named; 503 where the disk is full.
    """
    if asked.segment is not None:
        check_segment(asked.segment)
    file = snapshot.release.file(JOINT_PLAN_FILE)
    if asked.what != "plan" or asked.campaign is not None or not file.exists():
        snapshot = campaign_of(snapshot, asked.campaign)
        file = snapshot.release.file(FILES[asked.what])
    if not file.exists():
        reason = snapshot.missing.get("segments", "it was built without one")
        raise ProblemError(404, "module-unavailable", f"This release has no {asked.what}: {reason}.")
    try:
        hidden_by = the_secret(secret) if asked.pseudonyms else None
    except PseudonymError as error:
        raise ProblemError(404, "no-pseudonyms", f"I cannot hide ids here: {error}") from error
    folder.mkdir(parents=True, exist_ok=True)
    try:
        # Named as the copies of releases are: what a killed process leaves is cleared at the next start.
        with tempfile.TemporaryDirectory(dir=folder, prefix=f"{os.getpid()}-export-") as scratch:
            written = Path(scratch) / "users"
            write_users(exported(file, asked.what, asked.segment), asked.written, written, pseudonym_key=hidden_by)
            return FileParts(written)
    except OSError as error:
        raise ProblemError(503, "no-room", "There is no room to write the export. Try again later.") from error


def check_segment(name: str) -> None:
    """Refuse a segment that there is not.

    Raises:
        ProblemError: 404 unknown-segment.
    """
    if name not in SEGMENTS:
        raise ProblemError(404, "unknown-segment", f"There is no segment {name!r}; there are {', '.join(SEGMENTS)}.")
