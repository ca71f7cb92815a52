"""Killed at any moment and run again, the pipeline ends where an undisturbed run ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from assets.models.products.texts import product_texts
from assets.models.release import Release
from resources.encoder.text_encoder import TextEncoder
from tests.integration.home import Pipeline

pytestmark = pytest.mark.slow

CONNECT = """
from resources.registry import Registry
from resources.settings import Settings
print(Registry(Settings.from_env(), "tiny").champion_version())
"""
STEPS = ("tables:2026-01-01:2026-01-12", "models:2026-01-12")
KILLS = 5
SEED = 20260101


def answers(release: Release, users: list[str]) -> dict[str, Any]:
    """What every module of the release says to a few questions."""
    goods = release.catalogue
    encoder = TextEncoder.load(release.folder / "encoder")
    questions = ["warm light for the garden", "coffee", product_texts(goods.frame)[3]]
    answer: dict[str, Any] = {}
    for question in questions:
        answer[f"near {question}"] = release.hnsw_index.search(encoder.encode([question])[0], 10)
        answer[f"words {question}"] = release.lexical_index.search(question, 10)
    for item in (0, 7, 63):
        answer[f"similar {item}"] = release.hnsw_index.similar(item, 10)
        answer[f"bought together {item}"] = release.co_purchase.related([item], 10)
        answer[f"session {item}"] = release.session_model.recommend([item, item + 1], 10)
    answer["popular"] = release.popularity.top(20)
    answer["category"] = [release.category_recommendations.categories(user, 5) for user in users]
    answer["histories"] = [release.user_histories.of(user) for user in users]
    answer["banners"] = {
        slot: [p.tolist() for p in release.banner_priors.prior(slot)] for slot in release.banner_priors.slots()
    }
    answer["uplift"] = release.segments.look_up(users)
    return answer


def same(one: Any, other: Any) -> bool:  # noqa: ANN401  # answers have many shapes
    """Whether two answers are equal to the last bit."""
    if isinstance(one, np.ndarray):
        return bool(np.array_equal(one, other, equal_nan=one.dtype.kind == "f"))
    if isinstance(one, pl.DataFrame):
        return one.equals(other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    return bool(one == other)


def seconds_of(pipeline: Pipeline) -> float:
    """From the making of its home to its one release."""
    (released,) = (pipeline.home / "mlflow").rglob("release/manifest.json")
    return released.stat().st_mtime - (pipeline.home / "dagster.yaml").stat().st_mtime


def killed_after(pipeline: Pipeline, seconds: float) -> None:
    """Start a run and kill it amid its work; where it was done sooner, as on a machine that is less busy, another."""
    while True:
        process = pipeline.start(*STEPS)
        time.sleep(seconds)
        running = process.poll() is None
        if running:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        if running:
            return
        assert process.returncode == 0
        seconds *= 0.8


def test_five_kills_change_nothing(finished: Pipeline, make_pipeline: Callable[[], Pipeline]) -> None:
    """SIGKILL at five random moments of one home, each followed by a new start; then once to the end."""
    duration, disturbed = seconds_of(finished), make_pipeline()
    moments = np.random.default_rng(SEED)
    for number in range(KILLS):
        # One moment in each fifth of the run, so that early and late steps are both hit.
        killed_after(disturbed, duration * (number + moments.random()) / KILLS)
        if (disturbed.home / "lake").exists():
            disturbed.tables()
    disturbed.run(*STEPS)

    expected, tables = finished.tables(), disturbed.tables()
    assert list(tables) == list(expected)
    for name, frame in expected.items():
        assert_frame_equal(tables[name], frame, check_exact=True)
    assert disturbed.model_hashes() == finished.model_hashes()
    assert disturbed.release_version("2026-01-12") == finished.release_version("2026-01-12")
    champion, intact = disturbed.champion(), finished.champion()
    assert champion.version == intact.version
    users = expected["users"]["user_id"].unique().sort().to_list()[::250]
    given, due = answers(champion, users), answers(intact, users)
    assert due["popular"].items.size == 20
    assert len(due["uplift"]) == len(users)
    assert [name for name in due if not same(given[name], due[name])] == []


@pytest.mark.parametrize("delay_seconds", [0.0, 0.05, 0.15])
def test_a_registry_killed_at_its_making_can_be_made_again(
    make_pipeline: Callable[[], Pipeline], delay_seconds: float
) -> None:
    """SIGKILL as soon as a database file is seen, amid its migrations: the next process finds none or a whole one."""
    home = make_pipeline()
    command = [sys.executable, "-W", "ignore", "-c", CONNECT]
    with subprocess.Popen(command, env=home.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None and not list(home.home.rglob("mlflow.db")):
            time.sleep(0.005)
        time.sleep(delay_seconds)
        process.kill()
    again = subprocess.run(command, env=home.env, capture_output=True, text=True, check=False)
    assert (again.returncode, again.stdout) == (0, "None\n"), again.stderr[-1_000:]
