"""What may be deleted, on a small lake, model store and registry."""

import json
import os
import time
from pathlib import Path

import polars as pl
import pytest

from assets.release.retention import delete, find
from resources.lake import Lake
from resources.model_store import ModelStore, open_models
from resources.registry import Registry, RegistryError
from resources.settings import Settings
from resources.storage import Objects
from resources.tables import TABLES

TABLE = "product_embeddings"
OLD_SECONDS = 60 * 86_400
DAYS = [f"2026-01-{day:02d}" for day in range(1, 21)]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home that the process's environment names."""
    home = tmp_path / "home"
    home.mkdir()
    for name in ("UPSHELF_SHOP", "UPSHELF_MLFLOW_URL", "UPSHELF_LAKE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("UPSHELF_HOME", str(home))
    return home


@pytest.fixture
def lake(home: Path) -> Lake:
    """One table of five versions, each of one file; its history is 60 days old."""
    made = Lake(str(home / "lake"))
    for n in range(5):
        write(made, n)
    age(home / "lake" / TABLE)
    return made


@pytest.fixture
def models(home: Path) -> ModelStore:
    """Two assets as of twenty days; what a kill left is no model."""
    store = ModelStore(home / "models")
    for day in DAYS:
        for asset in ("catalogue", "popularity"):
            with store.writing(asset, day) as folder:
                (folder / "file").write_bytes(b"x" * 100)
    (home / "models" / "catalogue" / ".2026-01-01.new").mkdir()
    return store


def releases_of(settings: Settings, tmp_path: Path) -> Registry:
    """Eight versions, one a day, each made from a version of the table; 6 is followed, in place of 3."""
    made = Registry(settings, "simulated")
    for n in range(1, 9):
        folder = tmp_path / "release"
        (folder / "catalogue").mkdir(parents=True, exist_ok=True)
        (folder / "manifest.json").write_text(json.dumps({"tables": {TABLE: {3: 1, 6: 2}.get(n, 0)}}))
        (folder / "catalogue" / "file").write_bytes(b"x" * 1_000)
        run = made.log_run("release", parameters={}, metrics={"qini": 0.1}, folder=folder)
        made.register(run, {"as_of": DAYS[n - 1]})
    for version in ("3", "6"):
        made.promote(version)
    return made


@pytest.fixture
def registry(home: Path, tmp_path: Path) -> Registry:
    """The releases of `releases_of`, in the home."""
    return releases_of(Settings.from_env(), tmp_path)


def write(lake: Lake, n: int) -> None:
    """Replace all rows by one."""
    rows = {"day": [DAYS[0]], "text_hash": [f"h{n}"], "vector": [[float(n)]]}
    lake.replace_partition(TABLE, pl.DataFrame(rows, schema=dict(TABLES[TABLE])), DAYS[0], DAYS[0])


def age(table: Path) -> None:
    """Make the files of a Delta table, and the instants at which they went out of use, old."""
    then = time.time() - OLD_SECONDS
    for log in (table / "_delta_log").glob("*.json"):
        actions = [json.loads(line) for line in log.read_text().splitlines()]
        for action in actions:
            if "remove" in action:
                action["remove"]["deletionTimestamp"] = int(1_000 * then)
        log.write_text("\n".join(map(json.dumps, actions)) + "\n")
    for file in table.rglob("*.parquet"):
        os.utime(file, (then, then))


def at_version(lake: Lake, version: int) -> list[str]:
    """Hashes that the table held."""
    from deltalake import DeltaTable

    return [row["text_hash"] for row in DeltaTable(lake.uri(TABLE), version=version).to_pyarrow_table().to_pylist()]


def files(home: Path) -> list[str]:
    """Every file of the home but the registry's database."""
    every = (path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file())
    return sorted(path for path in every if not path.startswith("mlflow/mlflow.db"))


def test_what_is_neither_recent_nor_in_use(lake: Lake, models: ModelStore, registry: Registry) -> None:
    """Days 1 to 13 but those of versions 3 and 6; versions but 3, 6 and the last two; files of versions 0 and 3."""
    expendable = find(lake, models, registry, keep_days=7, keep_versions=2)
    assert list(expendable.days) == [day for day in DAYS[:13] if day not in (DAYS[2], DAYS[5])]
    assert set(expendable.days.values()) == {200}
    assert list(expendable.versions) == ["1", "2", "4", "5"]
    assert all(1_000 < size < 1_100 for size in expendable.versions.values())
    assert expendable.table_versions == {TABLE: {1, 2}}
    number, size = expendable.tables.pop(TABLE)  # type: ignore[attr-defined]  # a dict here
    assert number == 2
    assert size > 0
    assert not expendable.tables


def test_what_was_found_is_deleted_and_nothing_else(
    lake: Lake, models: ModelStore, registry: Registry, home: Path
) -> None:
    """What stays is whole and can be used; a second time there is nothing left to delete."""
    before = files(home)
    delete(find(lake, models, registry, keep_days=7, keep_versions=2), lake, models, registry, keep_days=7)
    assert [path for path in files(home) if path not in before and "_delta_log" not in path] == []
    assert list(models.days()) == [DAYS[2], DAYS[5], *DAYS[13:]]
    assert [version for version, _ in registry.versions()] == ["3", "6", "7", "8"]
    assert registry.champion_version() == "6"
    for version in ("3", "6", "7", "8"):
        assert registry.size(version) > 1_000
    assert (registry.fetch("3", home / "got") / "catalogue" / "file").stat().st_size == 1_000
    assert registry.rollback() == ("6", "3")
    assert lake.read(TABLE)["text_hash"].to_list() == ["h4"]
    assert (at_version(lake, 1), at_version(lake, 2)) == (["h1"], ["h2"])
    with pytest.raises(FileNotFoundError):
        at_version(lake, 0)
    assert registry.rollback("6") == ("3", "6")
    again = find(lake, models, registry, keep_days=7, keep_versions=2)
    assert (again.days, again.versions, again.tables, again.size) == ({}, {}, {}, 0)


def test_recent_files_stay(lake: Lake, models: ModelStore, registry: Registry) -> None:
    """A file that a write of today put out of use, however old it is itself; and all days where more are kept."""
    write(lake, 5)
    expendable = find(lake, models, registry, keep_days=30, keep_versions=10)
    assert expendable.tables[TABLE][0] == 2
    assert not expendable.days
    assert not expendable.versions


def test_nothing_is_there_yet(home: Path) -> None:
    """An empty home has nothing to delete."""
    registry = Registry(Settings.from_env(), "simulated")
    expendable = find(Lake(str(home / "lake")), ModelStore(home / "models"), registry, keep_days=7, keep_versions=0)
    assert (expendable.days, expendable.versions, expendable.tables) == ({}, {}, {})


def test_what_is_needed_is_never_removed(registry: Registry) -> None:
    """The champion and where a rollback goes, whoever asks."""
    for version, why in (("6", "champion"), ("3", "where a rollback goes")):
        with pytest.raises(RegistryError, match=f"version {version} of upshelf-simulated is not deleted: it is {why}"):
            registry.remove(version)


def test_a_table_whose_log_has_expired_stays_and_holds_up_nothing(
    lake: Lake, models: ModelStore, registry: Registry
) -> None:
    """Delta forgets how to read old versions, also those in use: days and releases go all the same."""
    from deltalake import DeltaTable

    DeltaTable(lake.uri(TABLE)).create_checkpoint()
    for log in sorted(Path(lake.uri(TABLE), "_delta_log").glob("*.json"))[:3]:
        log.unlink()
    expendable = find(lake, models, registry, keep_days=7, keep_versions=2)
    assert expendable.unknown[TABLE].startswith(f"the files of {TABLE} that versions [1, 2] need cannot be told")
    assert not expendable.tables
    assert expendable.days
    assert list(expendable.versions) == ["1", "2", "4", "5"]
    delete(expendable, lake, models, registry, keep_days=7)
    assert [version for version, _ in registry.versions()] == ["3", "6", "7", "8"]
    assert lake.read(TABLE)["text_hash"].to_list() == ["h4"]


def test_what_a_champion_replaced_may_be_gone(registry: Registry) -> None:
    """7 replaced 6, which replaced 3; 3 is deleted, and after a rollback to 6 there is nothing behind it to keep."""
    registry.promote("7")
    registry.remove("3")
    assert registry.rollback() == ("7", "6")
    assert "3" not in registry.needed()


def test_half_a_deletion_is_finished_the_next_time(
    models: ModelStore, registry: Registry, lake: Lake, home: Path
) -> None:
    """A folder that was being deleted and a version whose files were are no obstacle."""
    os.replace(home / "models" / "catalogue" / DAYS[0], home / "models" / "catalogue" / f".{DAYS[0]}.gone")
    registry.repository("1").delete_artifacts()
    expendable = find(lake, models, registry, keep_days=7, keep_versions=2)
    assert (expendable.days[DAYS[0]], expendable.versions["1"]) == (100, 0)
    delete(expendable, lake, models, registry, keep_days=7)
    assert not list((home / "models").glob("*/.*.gone"))
    assert DAYS[0] not in models.days()
    assert "1" not in dict(registry.versions())


@pytest.mark.slow
def test_what_lies_in_a_bucket_is_found_and_deleted(
    home: Path, tmp_path: Path, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Models and releases go as in folders; the tables' files are new, and stay."""
    monkeypatch.setenv("UPSHELF_STORAGE", bucket)
    settings = Settings.from_env()
    lake, models, registry = Lake(settings.lake_url), open_models(settings), releases_of(settings, tmp_path)
    for n in range(5):
        write(lake, n)
    for day in DAYS[::4]:
        with models.writing("catalogue", day) as folder:
            (folder / "file").write_bytes(b"x" * 100)
    expendable = find(lake, models, registry, keep_days=7, keep_versions=2)
    assert expendable.days == {DAYS[0]: 100, DAYS[4]: 100, DAYS[8]: 100}
    assert list(expendable.versions) == ["1", "2", "4", "5"]
    assert all(1_000 < size < 1_100 for size in expendable.versions.values())
    assert (expendable.tables, expendable.unknown) == ({}, {})
    delete(expendable, lake, models, registry, keep_days=7)
    assert list(models.days()) == [DAYS[12], DAYS[16]]
    keys = list(Objects(bucket).list())
    assert {key.split("/")[3] for key in keys if key.startswith("models/folders/")} == {DAYS[12], DAYS[16]}
    assert len([key for key in keys if key.endswith("catalogue/file")]) == 4
    assert (registry.fetch("3", home / "got") / "catalogue" / "file").stat().st_size == 1_000
    assert lake.count(TABLE, version=1) == lake.count(TABLE) == 1
    again = find(lake, models, registry, keep_days=7, keep_versions=2)
    assert (again.days, again.versions, again.tables, again.size) == ({}, {}, {}, 0)
