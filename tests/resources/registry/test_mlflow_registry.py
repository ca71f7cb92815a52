"""The registry on a real MLflow store: runs, versions, the champion, rollback, copies."""

from dataclasses import replace
from pathlib import Path

import pytest

from resources.registry import Known, Registry, RegistryError
from resources.registry.release_rewriting import replace_version, rewrite_files
from resources.settings import Settings
from resources.storage import Objects
from tests.object_storage import CREDENTIALS


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """One MLflow database for this module; every test has a shop of its own in it."""
    return Settings.from_env({"UPSHELF_HOME": str(tmp_path_factory.mktemp("registry"))})


@pytest.fixture
def registry(settings: Settings, request: pytest.FixtureRequest) -> Registry:
    """The registry of a shop that no other test has."""
    return Registry(settings, request.node.name.replace("_", "-"))


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A folder with a file at its top and one below."""
    (tmp_path / "release" / "index").mkdir(parents=True)
    (tmp_path / "release" / "manifest.json").write_text("{}")
    (tmp_path / "release" / "index" / "vectors.npy").write_bytes(b"\x00\x01")
    return tmp_path / "release"


def publish(registry: Registry, folder: Path, **tags: str) -> str:
    """Log the folder as a run and register it."""
    run = registry.log_run("release", parameters={"as_of": "2026-01-30"}, metrics={"qini": 0.25}, folder=folder)
    return registry.register(run, tags)


def test_a_new_registry_has_no_champion_and_no_versions(registry: Registry) -> None:
    """Asking creates nothing and is no error; there is nothing to roll back to."""
    assert registry.champion_version() is None
    assert list(registry.versions()) == []
    with pytest.raises(RegistryError, match=r"upshelf-.* has no champion, so there is nothing to roll back"):
        registry.rollback()


def test_a_run_has_its_figures_and_files(registry: Registry, settings: Settings, release: Path) -> None:
    """Parameters as text cut to what MLflow keeps, metrics as numbers, those of folds as steps; the run is over."""
    import mlflow

    run_id = registry.log_run(
        "release",
        parameters={"as_of": "2026-01-30", "long": "x" * 2_000},
        metrics={"qini": 0.25, "qini_fold": [0.5, 0.125]},
        folder=release,
    )
    client = mlflow.MlflowClient(settings.mlflow_url)
    run = client.get_run(run_id)
    assert run.info.status == "FINISHED"
    assert run.data.metrics == {"qini": 0.25, "qini_fold": 0.125}
    folds = client.get_metric_history(run_id, "qini_fold")
    assert {metric.step: metric.value for metric in folds} == {0: 0.5, 1: 0.125}
    assert run.data.params == {"as_of": "2026-01-30", "long": "x" * 500}


def test_versions_count_up_and_keep_their_tags(registry: Registry, release: Path) -> None:
    """Registering does not promote; tags may be added later."""
    assert [publish(registry, release, day=day) for day in ("a", "b")] == ["1", "2"]
    registry.tag("2", {"verdict": "refused"})
    assert list(registry.versions()) == [("1", {"day": "a"}), ("2", {"day": "b", "verdict": "refused"})]
    assert registry.champion_version() is None


def test_the_champion_is_what_was_promoted_last(registry: Registry, release: Path) -> None:
    """A second client of the same registry sees it too."""
    first, second = publish(registry, release), publish(registry, release)
    registry.promote(first)
    assert registry.champion_version() == first
    registry.promote(second)
    assert registry.champion_version() == second


def test_rollback_walks_back_the_way_it_was_promoted(registry: Registry, release: Path) -> None:
    """1, then 3 (2 was refused), then 4: back to 3, back to 1, and no further."""
    one, _, three, four = (publish(registry, release) for _ in range(4))
    for version in (one, three, four):
        registry.promote(version)
    assert registry.rollback() == (four, three)
    assert registry.champion_version() == three
    assert registry.rollback() == (three, one)
    with pytest.raises(RegistryError, match=r"version 1 of upshelf-.* replaced no other"):
        registry.rollback()
    assert registry.champion_version() == one


def test_what_was_rolled_back_is_known_until_it_is_promoted(registry: Registry, release: Path) -> None:
    """Content b is left by a rollback; naming its version promotes it and clears the mark, and marks the one left."""
    one, two = (publish(registry, release, release=content) for content in "ab")
    registry.promote(one)
    registry.promote(two)
    assert registry.rollback() == (two, one)
    assert (registry.known("a"), registry.known("b"), registry.known("c")) == (
        Known(one, False),
        Known(two, True),
        None,
    )
    assert registry.rollback(two) == (one, two)
    assert (registry.known("a"), registry.known("b")) == (Known(one, True), Known(two, False))
    with pytest.raises(RegistryError, match=r"has no version 9; there are 1, 2"):
        registry.rollback("9")


def test_promoting_the_champion_again_keeps_its_way_back(registry: Registry, release: Path) -> None:
    """A run that publishes the same release twice must not make it its own predecessor."""
    one, two = publish(registry, release), publish(registry, release)
    for version in (one, two, two):
        registry.promote(version)
    assert registry.rollback() == (two, one)


def test_fetch_copies_a_version_in_place_of_what_is_there(registry: Registry, release: Path, tmp_path: Path) -> None:
    """All files, a copy and not the registry's own; an older folder is gone, and no scratch is left."""
    version = publish(registry, release)
    target = tmp_path / "cache" / "7"
    target.mkdir(parents=True)
    (target / "stale").touch()
    for _ in range(2):
        assert registry.fetch(version, target) == target
        found = {p.relative_to(target).as_posix(): p.read_bytes() for p in target.rglob("*") if p.is_file()}
        assert found == {"manifest.json": b"{}", "index/vectors.npy": b"\x00\x01"}
        (target / "manifest.json").write_text("altered")
    assert [p.name for p in target.parent.iterdir()] == ["7"]


def test_shops_of_one_database_do_not_share_versions(settings: Settings, registry: Registry, release: Path) -> None:
    """Another shop's champion is not ours."""
    registry.promote(publish(registry, release))
    assert Registry(settings, "another-shop").champion_version() is None


@pytest.fixture
def stored(registry: Registry, settings: Settings, bucket: str) -> Registry:
    """A registry with the same database whose files lie in a bucket."""
    return Registry(replace(settings, storage_url=bucket), registry.model.removeprefix("upshelf-"))


def held(folder: Path) -> dict[str, bytes]:
    """Every file below ``folder``."""
    return {f.relative_to(folder).as_posix(): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


def test_releases_in_a_bucket_are_those_in_a_folder(
    stored: Registry, registry: Registry, release: Path, bucket: str, tmp_path: Path
) -> None:
    """Fetched whole or one file, counted, rewritten, replaced and deleted; earlier versions stay in their folder."""
    local, first, second = publish(registry, release), publish(stored, release), publish(stored, release, release="x")
    stored.promote(second)
    for version in (local, first):
        assert held(stored.fetch(version, tmp_path / version)) == held(release)
        assert stored.size(version) == 4
    assert stored.fetch(first, tmp_path / "one", "index/vectors.npy").read_bytes() == b"\x00\x01"
    assert stored.read_text(first, "manifest.json") == "{}"
    assert stored.known("x") == Known(second, False)
    (release / "index" / "vectors.npy").write_bytes(b"\x02")
    rewrite_files(stored, first, release, ["manifest.json", "index/vectors.npy"], {})
    assert held(stored.fetch(first, tmp_path / "rewritten")) == held(release)
    third = replace_version(stored, second, release, {"release": "y"})
    assert stored.champion_version() == third
    assert held(stored.fetch(third, tmp_path / "third")) == held(release)
    stored.remove(first)
    files = [key.split("/", 4)[4] for key in Objects(bucket).list("mlflow/artifacts")]
    assert sorted(file.partition("/")[2] for file in files) == ["index/vectors.npy", "manifest.json"]


def test_a_release_whose_files_are_gone_from_the_bucket_says_so(
    stored: Registry, release: Path, bucket: str, tmp_path: Path
) -> None:
    """All of them, or one, or the bucket itself cannot be had: nothing half is given, and no secret is told."""
    one, other = publish(stored, release, release="a"), publish(stored, release, release="b")
    repository = stored.repository(one)
    assert [(f.path, f.is_dir, f.file_size) for f in repository.list_artifacts()] == [
        ("index", True, None), ("manifest.json", False, 2),
    ]  # fmt: skip
    assert repository.list_artifacts("manifest.json") == repository.list_artifacts("none") == []
    repository.delete_artifacts()
    with pytest.raises(RegistryError, match=f"the files of version {one} of {stored.model} cannot be had") as error:
        stored.fetch(one, tmp_path / "x")
    assert not (tmp_path / "x").exists()
    assert not [secret for secret in CREDENTIALS.values() if secret in str(error.value)]
    assert stored.known("a") is None
    assert stored.known("b") == Known(other, False)
