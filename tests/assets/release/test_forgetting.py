"""Taking users out of the model store and of registered releases."""

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from assets.models.forgetting import UserSet
from assets.models.manifest import read_manifest, verify, write_manifest
from assets.release import forgetting
from assets.release.forgetting import take_out_of_models, take_out_of_releases
from resources.model_store import ModelStore
from resources.registry import Registry
from resources.settings import Settings
from tests.assets.models.small_release import ABOUT

GONE = UserSet(["gone"])
FILE = "segments/scores.arrow"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home that the process's environment names."""
    home = tmp_path / "home"
    home.mkdir()
    for name in ("UPSHELF_SHOP", "UPSHELF_MLFLOW_URL", "UPSHELF_LAKE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("UPSHELF_HOME", str(home))
    return home


def write_release(folder: Path, day: str, users: list[str]) -> None:
    """A folder that names these users."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "segments").mkdir(parents=True)
    pl.DataFrame({"user_id": users, "uplift": [0.1] * len(users)}).write_ipc(folder / FILE)
    (folder / "other").mkdir()
    (folder / "other" / "file").write_text(day)
    write_manifest(folder, **{**ABOUT, "as_of": day, "tables": {"events": 3, "products": 4}})


@pytest.fixture
def registry(home: Path, tmp_path: Path) -> Registry:
    """Three versions that name the user, and one that does not; 3 is followed in place of 2, and has a second alias."""
    made = Registry(Settings.from_env(), "simulated")
    for n, users in enumerate((["gone", "u"], ["gone", "u"], ["u", "gone"], ["u"]), start=1):
        folder = tmp_path / "release"
        write_release(folder, f"2026-01-0{n}", users)
        run = made.log_run("release", parameters={"n": n}, metrics={"qini": [0.1, 0.2]}, folder=folder)
        made.register(run, {"as_of": f"2026-01-0{n}", "release": read_manifest(folder).version, "verdict": "promoted"})
    for version in ("2", "3"):
        made.promote(version)
    made.client.set_registered_model_alias(made.model, "kept", "3")
    return made


def users_of(registry: Registry, version: str, into: Path) -> list[str]:
    """Users that a version names; its files and their hashes must agree."""
    folder = registry.fetch(version, into / version)
    assert verify(folder).version == dict(registry.versions())[version]["release"]
    return sorted(pl.read_ipc(folder / FILE)["user_id"])


def test_every_release_is_rewritten_and_the_champion_followed_anew(
    registry: Registry, home: Path, tmp_path: Path
) -> None:
    """Counted first; then the champion has a successor of the same run, tags and aliases, and rollbacks work."""
    before = dict(registry.versions())
    run = registry.client.get_model_version(registry.model, "3").run_id
    found = take_out_of_releases(registry, GONE, home, tables=["events"], apply=False)
    assert found == {version: [FILE] for version in "123"}
    assert dict(registry.versions()) == before
    assert take_out_of_releases(registry, GONE, home, tables=["events"], apply=True) == found
    known = dict(registry.versions())
    assert list(known) == ["1", "2", "4", "5"]
    assert registry.champion_version() == "5"
    assert set(registry.needed()) == {"2", "5"}
    assert registry.client.get_model_version(registry.model, "5").run_id == run
    assert {**known["5"], "release": ""} == {**before["3"], "release": ""}
    assert known["5"]["release"] != before["3"]["release"]
    assert [users_of(registry, version, tmp_path) for version in known] == [["u"]] * 4
    for version in known:
        assert json.loads(registry.read_text(version, "manifest.json"))["tables"] == {"products": 4}
    assert not [path for path in home.rglob("scores.arrow") if "gone" in repr(pl.read_ipc(path).rows())]
    assert take_out_of_releases(registry, GONE, home, tables=["events"], apply=True) == {}
    assert list(dict(registry.versions())) == list(known)
    assert registry.rollback() == ("5", "2")


def test_a_kill_between_the_files_of_a_release_is_made_good(
    registry: Registry, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The manifest was written and the file was not: the next call goes on."""
    rewrite = forgetting.rewrite_files

    def killed(of: Registry, version: str, folder: Path, files: list[str], tags: dict[str, str]) -> None:
        rewrite(of, version, folder, files[:1], {})
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(forgetting, "rewrite_files", killed)
        with pytest.raises(KeyboardInterrupt):
            take_out_of_releases(registry, GONE, home, tables=(), apply=True)
    assert list(take_out_of_releases(registry, GONE, home, tables=(), apply=True)) == ["1", "2", "3"]
    assert [users_of(registry, version, tmp_path) for version in ("1", "2", "4", "5")] == [["u"]] * 4


def test_folders_of_the_model_store_are_replaced(home: Path) -> None:
    """Those that name the user; the others stay the folders that they were."""
    models = ModelStore(home / "models")
    for day, users in (("2026-01-01", ["u"]), ("2026-01-02", ["u", "gone"])):
        with models.writing("release", day) as folder:
            write_release(folder, day, users)
    untouched = models.path("release", "2026-01-01").stat().st_ino
    held = {"release/2026-01-02": [FILE]}
    assert take_out_of_models(models, GONE, apply=False) == held
    assert take_out_of_models(models, GONE, apply=True) == held
    assert take_out_of_models(models, GONE, apply=True) == {}
    folder = models.path("release", "2026-01-02")
    assert pl.read_ipc(folder / FILE)["user_id"].to_list() == ["u"]
    assert verify(folder).as_of == "2026-01-02"
    assert (folder / "other" / "file").read_text() == "2026-01-02"
    assert models.path("release", "2026-01-01").stat().st_ino == untouched
    assert sorted(path.name for path in (home / "models" / "release").iterdir()) == ["2026-01-01", "2026-01-02"]
