"""The pipeline with its tables, models and releases in a bucket ends where one with folders does, also when killed."""

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest
from polars.testing import assert_frame_equal

from resources.storage import Objects
from tests.integration.home import Pipeline
from tests.integration.test_kill import STEPS, killed_after, seconds_of
from tests.object_storage import CREDENTIALS

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("UPSHELF_TEST_KILLS") or 2)
SEED = 20260102
DAY = "2026-01-12"


def hashes(pipeline: Pipeline) -> dict[str, str]:
    """Asset, day and path → sha256 of every model file, but for the release's manifest, which has table versions."""
    folders = {
        f"{asset}/{day}": pipeline.model(asset, day)
        for day, assets in pipeline.models.days().items()
        for asset in assets
    }
    files = {f"{at}/{f.relative_to(of)}": f for at, of in folders.items() for f in of.rglob("*") if f.is_file()}
    return {
        name: hashlib.sha256(file.read_bytes()).hexdigest()
        for name, file in sorted(files.items())
        if not name.endswith("manifest.json")
    }


def published(pipeline: Pipeline) -> dict[str, str]:
    """Path → sha256 of the champion's files as serving fetches them, but for its manifest."""
    folder = pipeline.champion().folder
    files = {f.relative_to(folder).as_posix(): f for f in folder.rglob("*") if f.is_file()}
    return {
        name: hashlib.sha256(file.read_bytes()).hexdigest()
        for name, file in sorted(files.items())
        if name != "manifest.json"
    }


def test_kills_in_a_bucket_change_nothing(
    finished: Pipeline, make_pipeline: Callable[[], Pipeline], bucket: str, storage_env: Mapping[str, str]
) -> None:
    """SIGKILL at random moments, each followed by a new start; tables, models and release equal those in folders.

    No file of the home, nor any object, holds a credential.
    """
    disturbed = replace(make_pipeline(), elsewhere={"UPSHELF_STORAGE": bucket})
    duration, moments = seconds_of(finished), np.random.default_rng(SEED)
    for number in range(KILLS):
        killed_after(disturbed, duration * (number + moments.random()) / KILLS)
        disturbed.tables()
    disturbed.run(*STEPS)

    expected, tables = finished.tables(), disturbed.tables()
    assert list(tables) == list(expected)
    for name, frame in expected.items():
        assert_frame_equal(tables[name], frame, check_exact=True)
    assert hashes(disturbed) == hashes(finished) != {}
    assert disturbed.release_version(DAY) == finished.release_version(DAY)
    assert published(disturbed) == published(finished) != {}

    assert not (disturbed.home / "lake").exists()
    assert not (disturbed.home / "models").exists()
    assert not (disturbed.home / "mlflow" / "artifacts").exists()
    secrets = [value.encode() for value in CREDENTIALS.values()]
    written = {str(file): file.read_bytes() for file in disturbed.home.rglob("*") if file.is_file()}
    objects = Objects(bucket)
    written |= {key: (objects.read(key) or (b"", {}))[0] for key in objects.list()}
    assert storage_env["AWS_SECRET_ACCESS_KEY"].encode() in secrets
    assert {file for file in written if file.endswith("stderr.log")}
    assert [file for file, content in written.items() for secret in secrets if secret in content] == []
