"""A user is forgotten: in a whole home, the id is nowhere any more, and the others are answered as before."""

import os
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from litestar.testing import TestClient

from assets.models.arrays.user_keys import user_key
from resources.settings import ROOT
from resources.store import Store
from serving.app import create_app
from serving.settings import ServingSettings
from tests.integration.home import Pipeline

DAYS = ("2026-01-11", "2026-01-12")


def places(home: Path, user: str) -> list[str]:
    """Files below ``home`` that hold the id as bytes, within compressed data, or as the key of models."""
    sought, key = user.encode(), user_key(user).to_bytes(8, "little")
    return [
        str(path.relative_to(home))
        for path in sorted(home.rglob("*"))
        if path.is_file() and any(sought in part or key in part for part in contents(path))
    ]


def contents(path: Path) -> Iterator[bytes]:
    """The bytes of a file; of a compressed one, what is in it as well."""
    yield path.read_bytes()
    if path.suffix == ".parquet":
        yield repr(pl.read_parquet(path, hive_partitioning=False).to_dicts()).encode()
    elif path.suffix == ".arrow":
        yield repr(pl.read_ipc(path).to_dicts()).encode()
    elif path.suffix == ".npy":
        yield np.load(path).tobytes()
    elif path.suffix == ".db":
        with sqlite3.connect(path) as database:
            yield "\n".join(database.iterdump()).encode()
        database.close()
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield from (archive.read(name) for name in archive.namelist())


def command(pipeline: Pipeline, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Call `upshelf` in the pipeline's home."""
    env = {**os.environ, **pipeline.env}
    return subprocess.run(
        [sys.executable, "-m", "commands", *arguments], env=env, cwd=ROOT, capture_output=True, text=True, check=False
    )


def answers(pipeline: Pipeline, user: str) -> dict[str, Any]:
    """All that the API says of a user, without the version of the release."""
    settings = ServingSettings(
        cache=pipeline.home / "serving",
        store_url=pipeline.settings.store_url,
        poll_seconds=0.05,
        rate_per_second=0,
    )
    with TestClient(create_app(settings, pipeline.registry(), wait_seconds=60)) as client:
        told = {
            "score": client.post("/v1/targeting/score", json={"user_ids": [user]}).json(),
            "basket": client.post("/v1/recommendations/basket", json={"cart": [], "user_id": user}).json(),
            "viewed": client.post("/v1/recommendations/session", json={"user_id": user}).json(),
            "popular": client.get(f"/v1/recommendations/popular?user_id={user}").json(),
            "category": client.get(f"/v1/recommendations/category?user_id={user}").json(),
            "for_you": client.post("/v1/recommendations/user", json={"user_id": user}).json(),
            "history": client.get(f"/v1/users/{user}/history").json(),
        }
    return {name: {key: value for key, value in of.items() if key != "release"} for name, of in told.items()}


def post_feedback(pipeline: Pipeline, user: str, product: str) -> None:
    """The user looks at a product and is shown a banner, and somebody unnamed acts in the same session."""
    settings = ServingSettings(
        cache=pipeline.home / "serving", store_url=pipeline.settings.store_url, poll_seconds=0.05, rate_per_second=0
    )
    view = {"kind": "view", "product_id": product, "session_id": f"s-of-{user}"}
    events = [{"event_id": f"{user}-1", "user_id": user, **view}, {"event_id": f"{user}-2", **view}]
    with TestClient(create_app(settings, pipeline.registry(), wait_seconds=60)) as client:
        assert client.post("/v1/events", json={"events": events}).json()["new"] == 2
        slot = client.get("/v1/release").json()["slots"][0]
        assert client.post(f"/v1/banners/{slot}/select", json={"user_id": user}).status_code == 200
        assert client.delete(f"/v1/users/{user}/history/{product}-taken-out").status_code == 202


def known_everywhere(pipeline: Pipeline) -> tuple[str, str]:
    """Two users whom every model knows, and who were in the campaign."""
    lake, day = pipeline.lake, DAYS[-1]
    frames = [lake.read(table, columns=["user_id"]) for table in ("orders", "ad_frame", "users", "events")]
    scores = lake.read("uplift_scores", day, day, columns=["user_id"])
    for frame in frames:
        scores = scores.join(frame, on="user_id", how="semi")
    first, second, *_ = scores["user_id"].unique().sort()
    return first, second


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # MLflow's own SQLAlchemy code warns of what it will have to change
def test_a_forgotten_user_is_nowhere(make_pipeline: Callable[..., Pipeline]) -> None:
    """Rows, old files, models, releases, logs and databases; then what a source still has is not taken in again."""
    pipeline = make_pipeline()
    pipeline.run(f"tables:2026-01-01:{DAYS[-1]}", *(f"models:{day}" for day in DAYS))
    user, other = known_everywhere(pipeline)
    product = pipeline.lake.read("products")["product_id"][0]
    for one in (user, other):
        post_feedback(pipeline, one, product)
    before, versions = answers(pipeline, other), len(pipeline.registry().versions())
    held = places(pipeline.home, user)
    assert any("user_histories" in path for path in held)
    assert {path.split("/")[0] for path in held} >= {"lake", "models", "mlflow", "dagster", "store.db"}

    told = command(pipeline, "forget", user, "--dry-run")
    assert told.returncode == 0, told.stderr
    assert places(pipeline.home, user) == held
    done = command(pipeline, "forget", user)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.replace("\ndeleted\n", "") == told.stdout.replace(
        "\nnothing was deleted; without --dry-run it is\n", ""
    )
    assert places(pipeline.home, user) == []
    assert places(pipeline.home, other) != []
    assert answers(pipeline, other) == before
    now = answers(pipeline, user)
    assert now["score"]["users"][0]["known"] is now["for_you"]["known"] is False
    assert before["for_you"]["known"] is True
    assert now["history"] == {"items": [], "more": False, "bought": [], "categories": [], "segment": None}
    assert {item["source"] for item in before["history"]["items"]} == {"posted", "release"}
    assert len(pipeline.registry().versions()) == versions
    pipeline.champion().answers()

    late = [{"event_id": "late", "ts": datetime.now(UTC), "kind": "visit", "user_id": user}]
    store = Store(pipeline.settings.store_url)
    assert store.add_events(late) == 0
    store.close()
    pipeline.run(f"raw:2026-01-01:{DAYS[-1]}")
    assert places(pipeline.home, user) == []
