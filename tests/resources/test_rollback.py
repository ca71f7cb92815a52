"""The rollback as an operator runs it."""

from pathlib import Path

import pytest

from resources.registry import Registry
from resources.rollback import main
from resources.settings import Settings


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """The registry of the simulated shop in a home of its own, which the process's environment names."""
    monkeypatch.setenv("UPSHELF_HOME", str(tmp_path))
    for name in ("UPSHELF_SHOP", "UPSHELF_MLFLOW_URL"):
        monkeypatch.delenv(name, raising=False)
    return Registry(Settings.from_env(), "simulated")


def test_it_moves_the_champion_back_and_says_so_once(
    registry: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing to do: 1 and a reason; version 2 over 1: back to 1; then nothing again."""
    assert main([]) == 1
    assert "has no champion" in capsys.readouterr().err
    (tmp_path / "release").mkdir()
    (tmp_path / "release" / "manifest.json").write_text("{}")
    for _ in range(2):
        run = registry.log_run("release", parameters={}, metrics={}, folder=tmp_path / "release")
        registry.promote(registry.register(run, {}))
    assert main([]) == 0
    assert capsys.readouterr().out == "serving now follows version 1; version 2 stays in the registry\n"
    assert registry.champion_version() == "1"
    assert main([]) == 1
    assert "replaced no other" in capsys.readouterr().err
