"""The rollback as an operator runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from assets.models.manifest import SCHEMA_VERSION, write_manifest
from assets.rollback import main
from resources.registry import Registry
from resources.settings import ROOT, Settings
from tests.assets.models.small_release import ABOUT, write_modules


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """The registry of the simulated shop in a home of its own, which the process's environment names."""
    monkeypatch.setenv("UPSHELF_HOME", str(tmp_path))
    for name in ("UPSHELF_SHOP", "UPSHELF_MLFLOW_URL"):
        monkeypatch.delenv(name, raising=False)
    return Registry(Settings.from_env(), "simulated")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small release."""
    write_modules(tmp_path / "release")
    write_manifest(tmp_path / "release", **ABOUT)
    return tmp_path / "release"


def promoted(registry: Registry, folder: Path) -> str:
    """Register a folder and follow it."""
    version = registry.register(registry.log_run("release", parameters={}, metrics={}, folder=folder), {})
    registry.promote(version)
    return version


def test_it_moves_the_champion_back_and_says_so_once(
    registry: Registry, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing to do: 1 and a reason; version 2 over 1: back to 1; then nothing again."""
    assert main([]) == 1
    assert "has no champion" in capsys.readouterr().err
    for _ in range(2):
        promoted(registry, folder)
    assert main([]) == 0
    assert capsys.readouterr().out == "serving now follows version 1; version 2 stays in the registry\n"
    assert registry.champion_version() == "1"
    assert main([]) == 1
    assert "replaced no other" in capsys.readouterr().err


def test_a_version_of_another_schema_is_refused_with_the_remedy(
    registry: Registry, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The champion stays, nothing is marked or left behind; a version that can be served is still gone back to."""
    manifest = folder / "manifest.json"
    promoted(registry, folder)
    readable = manifest.read_text()
    manifest.write_text(json.dumps(json.loads(readable) | {"schema": SCHEMA_VERSION - 1}))
    promoted(registry, folder)
    manifest.write_text(readable)
    promoted(registry, folder)
    before, content = list(registry.versions()), sorted(p.name for p in tmp_path.iterdir())
    assert main([]) == 1
    told = capsys.readouterr().err
    assert f"cannot serve version 2: the release in {tmp_path}" in told
    assert f"has schema {SCHEMA_VERSION - 1}, this code reads {SCHEMA_VERSION}" in told
    assert "version 3 is still followed. Name another version (there are 1, 3), or install the code" in told
    assert registry.champion_version() == "3"
    assert list(registry.versions()) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == content
    assert main(["1"]) == 0
    assert registry.champion_version() == "1"


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda files: (files / "popularity" / "score.npy").write_bytes(b"x"), "score.npy of the release in"),
        (lambda files: (files / "popularity" / "score.npy").unlink(), "lacks popularity/score.npy"),
    ],
)
def test_altered_files_are_refused(
    registry: Registry, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: object, told: str
) -> None:
    """In the registry's own store."""
    for _ in range(2):
        promoted(registry, folder)
    assert callable(damage)
    for files in (tmp_path / "mlflow" / "artifacts").glob("*/artifacts/release"):
        damage(files)
    assert main([]) == 1
    assert told in capsys.readouterr().err
    assert registry.champion_version() == "2"


def test_it_runs_without_the_pipeline(registry: Registry, folder: Path, tmp_path: Path) -> None:
    """As a process of its own, where only what serving needs is installed."""
    for _ in range(2):
        promoted(registry, folder)
    barred = "import sys; sys.modules.update(dict.fromkeys(('dagster', 'torch', 'lightgbm', 'causalml')))"
    code = f"{barred}; from assets.rollback import main; sys.exit(main([]))"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env={**os.environ, "UPSHELF_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "now follows version 1" in done.stdout
