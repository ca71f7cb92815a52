"""Homes of whole pipelines, removed at the end."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from resources.settings import ROOT
from tests.integration.home import TINY, Pipeline


@pytest.fixture(scope="session")
def make_pipeline(tmp_path_factory: pytest.TempPathFactory, encoder: Path) -> Iterator[Callable[..., Pipeline]]:
    """Make an empty home for a shop (default: the tiny one); homes are removed at the end, as each holds an encoder."""
    made: list[Path] = []

    def make(shop: Path = TINY) -> Pipeline:
        home = tmp_path_factory.mktemp("home")
        made.append(home)
        # The encoder is the same for all: exporting it anew would take most of a run's time.
        (home / "encoder").symlink_to(encoder)
        instance = (ROOT / "dagster.yaml").read_text(encoding="utf-8").replace("var/dagster", str(home / "dagster"))
        (home / "dagster.yaml").write_text(instance, encoding="utf-8")
        return Pipeline(home, shop)

    yield make
    for home in made:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def finished(make_pipeline: Callable[..., Pipeline]) -> Pipeline:
    """The tiny shop after one undisturbed run of everything; not to be changed."""
    pipeline = make_pipeline()
    pipeline.run("tables:2026-01-01:2026-01-12", "models:2026-01-12")
    return pipeline
