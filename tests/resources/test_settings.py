"""Where things are: defaults, the environment, and secrets that do not show."""

from pathlib import Path

import pytest

from resources.settings import ROOT, Settings


def test_everything_has_a_default_in_the_checkout() -> None:
    """An empty environment puts all state below ``var`` and reads the simulated shop."""
    found = Settings.from_env({})
    assert found.home == ROOT / "var"
    assert found.shop == ROOT / "shops" / "simulated" / "shop.toml"
    assert found.shop.is_file()
    assert found.lake_url == str(ROOT / "var" / "lake")
    assert found.store_url == f"sqlite:///{ROOT / 'var' / 'store.db'}"
    assert found.mlflow_url == f"sqlite:///{ROOT / 'var' / 'mlflow' / 'mlflow.db'}"


def test_addresses_follow_the_home_unless_they_are_given(tmp_path: Path) -> None:
    """Lake, store and MLflow lie in UPSHELF_HOME; one that is given stands as it is."""
    moved = Settings.from_env({"UPSHELF_HOME": str(tmp_path)})
    assert (moved.lake_url, moved.store_url) == (str(tmp_path / "lake"), f"sqlite:///{tmp_path / 'store.db'}")
    assert moved.mlflow_url == f"sqlite:///{tmp_path / 'mlflow' / 'mlflow.db'}"
    given = {
        "UPSHELF_HOME": str(tmp_path),
        "UPSHELF_LAKE": "s3://bucket/lake",
        "UPSHELF_STORE_URL": "postgresql+psycopg2://host/upshelf",
        "UPSHELF_MLFLOW_URL": "http://mlflow:5000",
    }
    found = Settings.from_env(given)
    assert (found.lake_url, found.store_url, found.mlflow_url) == tuple(given.values())[1:]


def test_an_empty_variable_counts_as_unset() -> None:
    """As a shell script or a compose file leaves it."""
    names = ("HOME", "SHOP", "DATA", "LAKE", "STORE_URL", "MLFLOW_URL")
    assert Settings.from_env({f"UPSHELF_{name}": "" for name in names}) == Settings.from_env({})


def test_a_shop_is_a_file_or_its_folder(tmp_path: Path) -> None:
    """Both name the same shop.toml."""
    (tmp_path / "shop.toml").touch()
    for path in (tmp_path, tmp_path / "shop.toml"):
        assert Settings.from_env({"UPSHELF_SHOP": str(path)}).shop == tmp_path / "shop.toml"


def test_relative_folders_are_those_of_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They become absolute at once, so a later change of directory does not move them."""
    monkeypatch.chdir(tmp_path)
    found = Settings.from_env({"UPSHELF_HOME": "state", "UPSHELF_DATA": "data"})
    assert (found.home, found.data) == (tmp_path / "state", tmp_path / "data")


def test_the_process_environment_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an argument the variables of the process are read."""
    monkeypatch.setenv("UPSHELF_HOME", str(tmp_path))
    assert Settings.from_env().home == tmp_path


def test_passwords_do_not_show() -> None:
    """The addresses that may hold one are not in the text of the object, which ends up in logs."""
    secrets = {
        "UPSHELF_STORE_URL": "postgresql+psycopg2://u:hunter2@host/db",
        "UPSHELF_MLFLOW_URL": "http://u:hunter2@host",
    }
    found = Settings.from_env(secrets)
    assert "hunter2" in found.store_url
    assert "hunter2" not in f"{found!r} {found}"


def test_the_engine_follows_the_environment() -> None:
    """Threads and memory as they are written; without them the machine decides."""
    found = Settings.from_env({"UPSHELF_ENGINE_THREADS": "6", "UPSHELF_ENGINE_MEMORY": "1.5GiB"})
    assert (found.engine_threads, found.engine_memory_gb) == (6, pytest.approx(1.610612736))
    assert Settings.from_env({"UPSHELF_ENGINE_MEMORY": "750 mb"}).engine_memory_gb == 0.75
    unset = Settings.from_env({})
    assert (unset.engine_threads, unset.engine_memory_gb) == (None, None)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("THREADS", "0"),
        ("THREADS", "two"),
        ("THREADS", "5000"),
        ("MEMORY", "6"),
        ("MEMORY", "10MB"),
        ("MEMORY", "1e9GB"),
        ("MEMORY", "9PB"),
    ],
)
def test_what_is_no_amount_is_told_with_its_name(name: str, text: str) -> None:
    """Also zero, no unit, and amounts that no query could work with."""
    with pytest.raises(ValueError, match=f"UPSHELF_ENGINE_{name} is '{text}': give"):
        Settings.from_env({f"UPSHELF_ENGINE_{name}": text})


def test_one_setting_moves_tables_models_and_releases(tmp_path: Path) -> None:
    """Into a bucket or a folder; the databases stay in the home, and tables may lie elsewhere still."""
    stored = Settings.from_env({"UPSHELF_HOME": str(tmp_path), "UPSHELF_STORAGE": "s3://bucket/shop/"})
    assert stored.lake_url == "s3://bucket/shop/lake"
    assert (stored.models_url, stored.artifacts_url) == ("s3://bucket/shop/models", "s3://bucket/shop/mlflow/artifacts")
    assert stored.store_url == f"sqlite:///{tmp_path / 'store.db'}"
    assert stored.mlflow_url == f"sqlite:///{tmp_path / 'mlflow' / 'mlflow.db'}"
    both = Settings.from_env({"UPSHELF_STORAGE": str(tmp_path), "UPSHELF_LAKE": "gs://tables/lake"})
    assert (both.lake_url, both.models_url) == ("gs://tables/lake", f"{tmp_path}/models")
    plain = Settings.from_env({"UPSHELF_HOME": str(tmp_path)})
    assert plain.artifacts_url == str(tmp_path / "mlflow" / "artifacts")


@pytest.mark.parametrize("name", ["UPSHELF_STORAGE", "UPSHELF_LAKE"])
def test_an_address_with_a_password_is_refused_without_it(name: str) -> None:
    """Credentials are of the environment."""
    with pytest.raises(ValueError, match=f"{name} is a URL that is no address of storage") as error:
        Settings.from_env({name: "s3://user:a-password@bucket/lake"})
    assert "a-password" not in str(error.value)
