"""One copy on disk for several processes: fetched once, linked, made anew where it does not load."""

import shutil
from pathlib import Path

import pytest

from assets.models.arrays import files
from serving.release.shared_copies import SharedCopies


class Counted:
    """Versions of one file, whose text is how often they were fetched; a version 'gone' cannot be."""

    def __init__(self) -> None:
        """Nothing was fetched yet."""
        self.fetched: list[str] = []

    def champion_version(self) -> str | None:
        """The last that was fetched."""
        return self.fetched[-1] if self.fetched else None

    def fetch(self, version: str, into: Path) -> Path:
        """Write the file, one folder down."""
        (into / "deep").mkdir(parents=True)
        (into / "deep" / "file").write_text("half")
        if version == "gone":
            raise OSError(version)
        self.fetched.append(version)
        (into / "deep" / "file").write_text(str(self.fetched.count(version)))
        return into


@pytest.fixture
def origin() -> Counted:
    """Where versions come from."""
    return Counted()


def test_the_second_process_links_what_the_first_fetched(origin: Counted, tmp_path: Path) -> None:
    """One fetch, one file on disk under three names; it outlives the copy."""
    one, other = (SharedCopies(origin, tmp_path / "shared") for _ in range(2))
    files = [s.fetch("1", tmp_path / name) / "deep" / "file" for s, name in ((one, "one"), (other, "other"))]
    assert origin.fetched == ["1"]
    assert files[0].samefile(files[1])
    shutil.rmtree(tmp_path / "shared")
    assert files[1].read_text() == "1"


def test_a_copy_that_did_not_load_is_fetched_anew_once(origin: Counted, tmp_path: Path) -> None:
    """Both linked it and both come again: the first fetches, the second takes that."""
    one, other = (SharedCopies(origin, tmp_path / "shared") for _ in range(2))
    one.fetch("1", tmp_path / "a")
    other.fetch("1", tmp_path / "b")
    again = [s.fetch("1", tmp_path / name) / "deep" / "file" for s, name in ((one, "c"), (other, "d"))]
    assert origin.fetched == ["1", "1"]
    assert [file.read_text() for file in again] == ["2", "2"]
    assert (tmp_path / "b" / "deep" / "file").read_text() == "1"


def test_the_newest_copy_stays_and_half_of_one_is_never_taken(origin: Counted, tmp_path: Path) -> None:
    """What a failed fetch wrote is no copy, and is gone after the next."""
    copies = SharedCopies(origin, tmp_path / "shared")
    with pytest.raises(OSError, match="gone"):
        copies.fetch("gone", tmp_path / "x")
    assert not (tmp_path / "x").exists()
    for version in ("1", "2", "3"):
        copies.fetch(version, tmp_path / f"of {version}")
    assert sorted(path.name for path in (tmp_path / "shared").iterdir()) == [".lock", "3"]


def test_without_links_files_are_copied(origin: Counted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that has none."""

    def none(*_: object) -> None:
        raise PermissionError("no links here")

    monkeypatch.setattr(files.os, "link", none)
    assert (SharedCopies(origin, tmp_path / "shared").fetch("1", tmp_path / "a") / "deep" / "file").read_text() == "1"
