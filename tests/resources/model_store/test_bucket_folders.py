"""Folders of fitted models in a bucket: whole or not at all, for every machine that asks."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from resources.model_store import BucketModelStore, ModelStore, Unavailable, open_models
from resources.settings import ROOT, Settings
from resources.storage import Objects, StorageError

DAY = "2026-01-30"
Two = tuple[BucketModelStore, BucketModelStore]


@pytest.fixture
def machines(bucket: str, tmp_path: Path) -> Two:
    """One store as two machines have it."""
    return BucketModelStore(bucket, tmp_path / "one"), BucketModelStore(bucket, tmp_path / "two")


def write(store: ModelStore, *names: str, day: str = DAY, asset: str = "index") -> None:
    """Write an asset of files that hold their own names."""
    with store.writing(asset, day) as folder:
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(name)


def names(folder: Path) -> list[str]:
    """Files below ``folder``, hidden ones too."""
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def in_bucket(bucket: str) -> list[str]:
    """Names of the files of models in the bucket, without the names of their folders."""
    return sorted(key.split("/", 4)[4] for key in Objects(bucket).list("folders"))


def test_what_one_machine_writes_another_reads(machines: Two, bucket: str) -> None:
    """The newest alone, in the bucket and in the copies; a second look fetches nothing."""
    one, two = machines
    write(one, "a", "below/b")
    first = two.require("index", DAY)
    assert names(first) == ["a", "below/b"]
    assert (first / "below" / "b").read_text() == "below/b"
    assert two.require("index", DAY) == first
    write(one, "c")
    assert names(two.require("index", DAY)) == names(one.require("index", DAY)) == ["c"]
    assert not first.exists()
    assert in_bucket(bucket) == ["c"]


def test_nothing_is_there_before_the_block_ends_or_after_an_error(machines: Two) -> None:
    """Readers have the former folder."""
    one, two = machines
    with pytest.raises(FileNotFoundError, match=f"index as of {DAY} has not been materialised"):
        two.require("index", DAY)
    write(one, "a")

    def fail() -> None:
        with one.writing("index", DAY) as folder:
            (folder / "b").write_text("b")
            assert names(two.require("index", DAY)) == ["a"]
            raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        fail()
    assert names(one.require("index", DAY)) == names(two.require("index", DAY)) == ["a"]


KILLED = """
import os, signal, sys
from pathlib import Path
from resources.model_store import BucketModelStore
from resources.storage import Objects

def kill(*given, **named):
    os.kill(os.getpid(), signal.SIGKILL)

step = sys.argv[3]
if step == "uploaded":
    Objects.replace = kill
elif step == "published":
    os.replace = kill
elif step == "half":
    whole, sent = Objects.put_file, []
    def put_file(self, file, key):
        sent.append(key)
        kill() if len(sent) > 1 else whole(self, file, key)
    Objects.put_file = put_file
with BucketModelStore(sys.argv[1], Path(sys.argv[2])).writing("index", "2026-01-30") as folder:
    for number in range(12):
        (folder / str(number)).write_text("x")
"""


@pytest.mark.parametrize("step", ["half", "uploaded", "published"])
def test_a_writer_killed_at_any_step_leaves_a_whole_folder(
    machines: Two, bucket: str, tmp_path: Path, step: str
) -> None:
    """The former one until the pointer is written, the new one from then on; what is left is cleared."""
    one, two = machines
    write(two, "a")
    done = subprocess.run(
        [sys.executable, "-c", KILLED, bucket, str(tmp_path / "one"), step],
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == -signal.SIGKILL
    expected = sorted(map(str, range(12))) if step == "published" else ["a"]
    assert names(one.require("index", DAY)) == names(two.require("index", DAY)) == expected
    one.clear_leftovers()
    assert in_bucket(bucket) == expected
    assert [p.name for p in (tmp_path / "one" / "index" / DAY).iterdir()] == [one.require("index", DAY).name]
    write(one, "c")
    assert in_bucket(bucket) == names(two.require("index", DAY)) == ["c"]


def test_a_reader_whose_folder_is_replaced_meanwhile_gets_the_new_one(
    machines: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files that it was about to fetch are gone by then."""
    one, two = machines
    write(one, "a")
    whole = Objects.download

    def overtaken(objects: Objects, prefix: str, files: dict[str, int], folder: Path) -> None:
        if list(files) == ["a"]:
            write(one, "b")
        whole(objects, prefix, files, folder)

    monkeypatch.setattr(Objects, "download", overtaken)
    assert names(two.require("index", DAY)) == ["b"]


def test_a_folder_that_has_a_copy_costs_one_request(machines: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    """For its pointer, so that the reason why there is no model and the model are of one state."""
    _, two = machines
    write(two, "a")
    whole, asked = Objects.read, []

    def counted(objects: Objects, key: str) -> tuple[bytes, Mapping[str, str]] | None:
        asked.append(key)
        return whole(objects, key)

    monkeypatch.setattr(Objects, "read", counted)
    two.require("index", DAY)
    assert asked == [f"current/index/{DAY}.json"]


def test_of_two_writers_the_second_to_end_stays(machines: Two, bucket: str) -> None:
    """And nothing of the first is left."""
    one, two = machines
    with one.writing("index", DAY) as folder:
        (folder / "a").write_text("a")
        write(two, "b")
    assert names(one.require("index", DAY)) == names(two.require("index", DAY)) == in_bucket(bucket) == ["a"]


def test_a_missing_file_is_an_error_with_the_remedy(machines: Two, bucket: str) -> None:
    """Somebody deleted it from the bucket."""
    one, two = machines
    write(one, "a", "b")
    objects = Objects(bucket)
    objects.delete([key for key in objects.list("folders") if key.endswith("/b")])
    with pytest.raises(StorageError, match=f"files of index as of {DAY} below {bucket} are missing: materialise it"):
        two.require("index", DAY)


def test_days_sizes_and_deletion(machines: Two, bucket: str) -> None:
    """A day goes with all its assets, here and there; the reason why there is no model is kept as a folder is."""
    one, two = machines
    write(one, "a", "below/b")
    write(one, "abc", asset="encoder")
    write(one, "a", day="2026-01-31")
    one.mark_unavailable("index", "2026-01-31", Unavailable("too few products", expected=True))
    with pytest.raises(Unavailable, match="too few products"):
        two.require("index", "2026-01-31")
    assert two.days() == {DAY: ["encoder", "index"], "2026-01-31": ["index"]}
    assert two.sizes()[DAY] == len("abelow/babc")
    copy = one.require("index", DAY)
    two.remove(DAY)
    assert list(one.days()) == ["2026-01-31"]
    assert in_bucket(bucket) == ["unavailable.json"]
    assert copy.exists()
    one.clear_leftovers()
    assert not copy.exists()


def test_settings_say_where_models_lie(bucket: str, tmp_path: Path) -> None:
    """In a bucket with copies in the home, or below a folder."""
    stored = open_models(Settings.from_env({"UPSHELF_HOME": str(tmp_path), "UPSHELF_STORAGE": bucket}))
    write(stored, "a")
    assert stored.require("index", DAY).is_relative_to(tmp_path / "cache" / "models")
    assert sorted(key.split("/")[0] for key in Objects(f"{bucket}/models").list()) == ["current", "folders"]
    local = open_models(Settings.from_env({"UPSHELF_HOME": str(tmp_path / "home")}))
    assert local.path("index", DAY) == tmp_path / "home" / "models" / "index" / DAY
