"""``upshelf releases`` and ``rollback`` as an operator runs them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from assets.models.manifest import SCHEMA_VERSION, write_manifest
from resources.registry import Registry
from resources.settings import ROOT, Settings
from tests.assets.models.small_release import ABOUT, write_modules
from tests.commands.conftest import Called


@pytest.fixture
def registry(home: Path) -> Registry:
    """The registry of the simulated shop in a home of its own."""
    return Registry(Settings.from_env(), "simulated")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small release."""
    write_modules(tmp_path / "release")
    write_manifest(tmp_path / "release", **ABOUT)
    return tmp_path / "release"


def promoted(registry: Registry, folder: Path) -> str:
    """Register a folder and follow it."""
    run = registry.log_run("release", parameters={}, metrics={}, folder=folder)
    version = registry.register(run, {"as_of": "2026-01-30", "release": "abc", "verdict": "promoted"})
    registry.promote(version)
    return version


def test_it_moves_the_champion_back_and_says_so_once(registry: Registry, folder: Path, called: Called) -> None:
    """Nothing to do: 1 and a reason; version 2 over 1: back to 1; then nothing again."""
    done = called("rollback")
    assert (done.exit_code, done.stderr) == (
        1,
        "Error: upshelf-simulated has no champion, so there is nothing to roll back.\n",
    )
    for _ in range(2):
        promoted(registry, folder)
    assert called("rollback").stdout == "serving now follows version 1; version 2 stays in the registry\n"
    assert registry.champion_version() == "1"
    done = called("rollback")
    assert done.exit_code == 1
    assert "replaced no other" in done.stderr


def test_a_version_of_another_schema_is_refused_with_the_remedy(
    registry: Registry, folder: Path, home: Path, called: Called
) -> None:
    """The champion stays, nothing is marked or left behind; a version that can be served is still gone back to."""
    manifest = folder / "manifest.json"
    promoted(registry, folder)
    readable = manifest.read_text()
    manifest.write_text(json.dumps(json.loads(readable) | {"schema": SCHEMA_VERSION - 1}))
    promoted(registry, folder)
    manifest.write_text(readable)
    promoted(registry, folder)
    before, content = list(registry.versions()), sorted(p.name for p in home.iterdir())
    done = called("rollback")
    assert done.exit_code == 1
    message = done.stderr
    assert f"cannot serve version 2: the release in {home}" in message
    assert f"has schema {SCHEMA_VERSION - 1}, this code reads {SCHEMA_VERSION}" in message
    assert "version 3 is still followed. Name another version (there are 1, 3), or install the code" in message
    assert registry.champion_version() == "3"
    assert list(registry.versions()) == before
    assert sorted(p.name for p in home.iterdir()) == content
    assert called("rollback", "1").exit_code == 0
    assert registry.champion_version() == "1"


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda files: (files / "popularity" / "score.npy").write_bytes(b"x"), "score.npy of the release in"),
        (lambda files: (files / "popularity" / "score.npy").unlink(), "lacks popularity/score.npy"),
    ],
)
def test_altered_files_are_refused(
    registry: Registry, folder: Path, home: Path, called: Called, damage: object, message: str
) -> None:
    """In the registry's own store."""
    for _ in range(2):
        promoted(registry, folder)
    assert callable(damage)
    for files in (home / "mlflow" / "artifacts").glob("*/artifacts/release"):
        damage(files)
    done = called("rollback")
    assert done.exit_code == 1
    assert message in done.stderr
    assert registry.champion_version() == "2"


def test_it_runs_without_the_pipeline(registry: Registry, folder: Path) -> None:
    """As a process of its own, where only what serving needs is installed."""
    for _ in range(2):
        promoted(registry, folder)
    barred = "import sys; sys.modules.update(dict.fromkeys(('dagster', 'torch', 'lightgbm', 'causalml')))"
    code = f"{barred}; from commands.main import main; main(['rollback'])"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "now follows version 1" in done.stdout


def test_releases_are_listed_with_what_they_lack(registry: Registry, folder: Path, called: Called, home: Path) -> None:
    """The champion is marked; a version whose files are gone is listed all the same; the newest alone if asked."""
    assert called("releases").stdout == "nothing has been released yet\n"
    for _ in range(3):
        promoted(registry, folder)
    registry.rollback("2")
    registry.repository("1").delete_artifacts()
    lines = called("releases").stdout.splitlines()
    assert lines[0].startswith("  version 1 ")
    assert lines[0].endswith("as of 2026-01-30  release abc  0 modules  promoted")
    assert lines[1] == "      without any module: its files are gone"
    assert lines[2].startswith("* version 2 ")
    assert lines[2].endswith("as of 2026-01-30  release abc  3 modules  promoted")
    assert lines[3] == "      without segments: the shop has no ad_exposures"
    (last,) = json.loads(called("releases", "--last", "1", "--json").stdout)
    assert last["version"] == "3"
    assert last["champion"] is False
    assert last["modules"] == ["catalogue", "co_purchase", "popularity"]
    assert last["missing"] == {"segments": "the shop has no ad_exposures"}
