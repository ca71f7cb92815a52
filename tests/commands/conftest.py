"""The command as a shell calls it, and in this process."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from commands.main import main
from resources.settings import ROOT

Door = Callable[..., subprocess.CompletedProcess[str]]
Called = Callable[..., Result]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of its own that the environment names; the environment and the folder are put back at the end."""
    before, folder = dict(os.environ), Path.cwd()
    for name in [name for name in os.environ if name.startswith(("UPSHELF_", "DAGSTER_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("UPSHELF_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    yield tmp_path / "home"
    os.environ.clear()
    os.environ.update(before)
    os.chdir(folder)


@pytest.fixture
def called(home: Path) -> Called:
    """Call a command in this process."""
    return lambda *arguments: CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def door(home: Path) -> Door:
    """Call a command as a process of its own, for the shop of a folder."""

    def call(shop: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "UPSHELF_SHOP": str(shop), "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "commands", *arguments]
        return subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, check=False)

    return call
