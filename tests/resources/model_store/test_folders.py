"""Folders of fitted models: written whole or not at all, or the reason why there is none."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from resources.model_store import ModelStore, Unavailable
from resources.settings import ROOT

DAY = "2026-01-30"


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    """An empty store."""
    return ModelStore(tmp_path)


def write(store: ModelStore, *names: str) -> None:
    """Write an asset of files that hold their own names."""
    with store.writing("index", DAY) as folder:
        for name in names:
            (folder / name).write_text(name)


def files(root: Path) -> list[str]:
    """Every file below ``root``, hidden ones too."""
    return sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file())


def test_a_write_takes_the_place_of_the_former_folder(store: ModelStore, tmp_path: Path) -> None:
    """No file of the former remains, and nothing else lies about."""
    write(store, "a", "b")
    write(store, "c")
    assert store.require("index", DAY) == tmp_path / "index" / DAY
    assert files(tmp_path) == [f"index/{DAY}/c"]
    assert [p.name for p in (tmp_path / "index").iterdir()] == [DAY]


def test_the_folder_is_not_there_before_the_block_ends(store: ModelStore) -> None:
    """While it is written the former one is what readers get."""
    with store.writing("index", DAY) as folder:
        (folder / "a").write_text("a")
        assert not store.path("index", DAY).exists()
    with store.writing("index", DAY) as folder:
        assert list(folder.iterdir()) == []
        assert [p.name for p in store.require("index", DAY).iterdir()] == ["a"]


def test_an_error_leaves_the_former_folder(store: ModelStore) -> None:
    """The error passes through, what was written is not seen, and the next writer removes it."""
    write(store, "a")

    def fail() -> None:
        with store.writing("index", DAY) as folder:
            (folder / "b").write_text("b")
            raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        fail()
    assert [p.name for p in store.require("index", DAY).iterdir()] == ["a"]
    write(store, "c")
    assert [p.name for p in store.path("index", DAY).parent.iterdir()] == [DAY]


def test_a_killed_writer_leaves_the_former_folder(store: ModelStore, tmp_path: Path) -> None:
    """Its leftovers go with the next write."""
    write(store, "a")
    code = (
        "import os, signal, sys; from pathlib import Path; from resources.model_store import ModelStore\n"
        f"with ModelStore(Path(sys.argv[1])).writing('index', '{DAY}') as folder:\n"
        "    (folder / 'half').write_text('x'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], check=False, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == -signal.SIGKILL
    assert [p.name for p in store.require("index", DAY).iterdir()] == ["a"]
    assert any(name.endswith("half") for name in files(tmp_path))
    write(store, "c")
    assert files(tmp_path) == [f"index/{DAY}/c"]


def test_days_and_assets_do_not_touch_each_other(store: ModelStore) -> None:
    """The same asset of another day and another asset of the same day stay as they were."""
    write(store, "a")
    for asset, day in (("index", "2026-01-31"), ("encoder", DAY)):
        with store.writing(asset, day) as folder:
            (folder / "other").write_text("x")
    assert [p.name for p in store.require("index", DAY).iterdir()] == ["a"]


def test_what_cannot_be_had_says_why(store: ModelStore) -> None:
    """The reason takes the model's place, and a model the reason's."""
    write(store, "a")
    store.mark_unavailable("index", DAY, Unavailable("the shop has no «products»", expected=True))
    reason = store.unavailable("index", DAY)
    assert reason is not None
    assert (str(reason), reason.expected) == ("the shop has no «products»", True)
    with pytest.raises(Unavailable, match="the shop has no «products»"):
        store.require("index", DAY)
    write(store, "b")
    assert store.unavailable("index", DAY) is None
    assert [p.name for p in store.require("index", DAY).iterdir()] == ["b"]


def test_what_was_never_written_is_another_matter(store: ModelStore) -> None:
    """Neither a model nor a reason: the message names the asset, the day and the remedy."""
    for ask in (store.require, store.unavailable):
        with pytest.raises(FileNotFoundError, match=f"index as of {DAY} has not been materialised. Materialise it"):
            ask("index", DAY)
