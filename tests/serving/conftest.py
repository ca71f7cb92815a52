"""Small real releases, built with the real model classes, and applications that answer from them."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from assets.models.release import MODULES
from assets.models.uplift.segments import PROFILE_FILE, RESPONDERS_FILE
from assets.models.uplift.uplift_scores import UpliftScores
from serving.app import create_app
from serving.settings import ServingSettings
from tests.serving.releases import (
    arm_holdout,
    arm_scores,
    build_release,
    describe,
    uplift_scores,
    write_campaign,
)

READY_SECONDS = 60.0


class FolderSource:
    """A release source of plain folders: ``champion`` names the version that is followed."""

    def __init__(self, root: Path) -> None:
        """Follow what lies below ``root``."""
        self.root = root

    def promote(self, version: str, folder: Path) -> None:
        """Make ``folder`` the release of ``version`` and follow it."""
        shutil.copytree(folder, self.root / version)
        (self.root / "champion").write_text(version)

    def champion_version(self) -> str | None:
        """The version that is followed."""
        name = self.root / "champion"
        return name.read_text() if name.exists() else None

    def fetch(self, version: str, into: Path) -> Path:
        """Copy a version."""
        return Path(shutil.copytree(self.root / version, into))


@pytest.fixture(scope="session")
def full_release(tmp_path_factory: pytest.TempPathFactory, encoder: Path) -> Path:
    """Every module; the vectors are of the products' texts."""
    return build_release(tmp_path_factory.mktemp("full") / "release", encoder=encoder)


@pytest.fixture(scope="session")
def plain_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every module but the encoder."""
    return build_release(tmp_path_factory.mktemp("plain") / "release")


@pytest.fixture(scope="session")
def ruled_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every module but the encoder, under the shop's own rules; p58, a spade, is pinned wherever it may be shown."""
    rules = [
        {"kind": "exclude", "name": "no p01", "products": ["p01"]},
        {"kind": "bought", "name": "not again"},
        {"kind": "pin", "name": "our favourite", "product": "p58", "place": 2},
        {"kind": "boost", "name": "dear first", "where": ["price:30.."], "by": 0.2, "lists": ["popular"]},
        {"kind": "price_band", "name": "alike in price", "low": 0.5, "high": 2.0, "lists": ["similar"]},
        {"kind": "cap", "name": "mixed", "attribute": "category", "at_most": 2, "lists": ["session", "decisions"]},
        {"kind": "exclude", "name": "early", "where": ["price:..10"], "category": "Home > Lighting"},
    ]
    return build_release(tmp_path_factory.mktemp("ruled") / "release", rules=rules)


@pytest.fixture(scope="session")
def next_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as of the next day."""
    return build_release(tmp_path_factory.mktemp("next") / "release", as_of="2026-01-31")


@pytest.fixture(scope="session")
def bare_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Catalogue and popularity alone."""
    optional = tuple(module.name for module in MODULES if not module.required)
    return build_release(tmp_path_factory.mktemp("bare") / "release", without=optional)


@pytest.fixture(scope="session")
def campaign_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop without products: empty catalogue and popularity, uplift scores and a holdout."""
    folder = tmp_path_factory.mktemp("campaign") / "release"
    write_campaign(folder, UpliftScores.build(uplift_scores()))
    describe(folder, "2026-01-30")
    return folder


@pytest.fixture(scope="session")
def arm_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of a campaign of two arms: mail at .10, and a voucher of 2 at .10; a response earns 10 before costs."""
    folder = tmp_path_factory.mktemp("arms") / "release"
    write_campaign(folder, UpliftScores.build(arm_scores(), ["mail", "voucher"]))
    profile = [
        {"segment": "persuadable", "feature": f, "mean": m, "mean_all": 2.0, "difference": d, "top": top}
        for f, m, d, top in (
            ("views_30d", 4.0, 1.2, True),
            ("orders_in_history", None, 0.0, True),
            ("age", 2.0, 0.0, False),
        )
    ]
    (folder / "segments" / PROFILE_FILE).write_text(json.dumps(profile))
    effect = {"estimate": 0.182, "lower": 0.07, "upper": 0.294}
    group = {"attribute": "age", "group": "below 35", "users": 635, "effect": effect, "p_value": 0.0004}
    (folder / "segments" / RESPONDERS_FILE).write_text(json.dumps([group]))
    arm_holdout().write_ipc(folder / "roi_simulation" / "holdout.arrow")
    describe(folder, "2026-01-30", contact_cost=0.1, incentive=1.0, arms={"mail": [0.1, 0], "voucher": [0.1, 2.0]})
    return folder


@pytest.fixture
def settings(tmp_path: Path) -> ServingSettings:
    """Development mode without a rate limit, polling often."""
    return ServingSettings(
        cache=tmp_path / "cache",
        store_url=f"sqlite:///{tmp_path / 'store.db'}",
        poll_seconds=0.05,
        retry_seconds=0.2,
        rate_per_second=0,
    )


@pytest.fixture
def source(tmp_path: Path) -> FolderSource:
    """An empty source."""
    (tmp_path / "source").mkdir()
    return FolderSource(tmp_path / "source")


@pytest.fixture
def promote(source: FolderSource) -> Callable[[str, Path], None]:
    """Make a folder the release of a version and follow it."""
    return source.promote


def wait_for(condition: Callable[[], bool], what: str) -> None:
    """Wait until ``condition`` holds, for at most READY_SECONDS."""
    until = time.monotonic() + READY_SECONDS
    while not condition():
        if time.monotonic() > until:
            pytest.fail(f"waited {READY_SECONDS} s for {what}")
        time.sleep(0.02)


@contextmanager
def answering(settings: ServingSettings, source: FolderSource) -> Iterator[TestClient[Litestar]]:
    """A client of an application that has loaded its release."""
    with TestClient(create_app(settings, source)) as client:
        wait_for(lambda: client.get("/health/ready").status_code == 200, "the release")
        yield client


@pytest.fixture(name="answering")
def answering_fixture() -> Callable[..., Any]:
    """`answering`, for tests with settings of their own."""
    return answering


@pytest.fixture(name="wait_for")
def wait_for_fixture() -> Callable[[Callable[[], bool], str], None]:
    """`wait_for`, for tests."""
    return wait_for


@pytest.fixture(scope="session")
def search_client() -> Callable[[Path, Path], Any]:
    """A client of an application of its own on a release folder, with another folder to write to."""

    @contextmanager
    def made(release: Path, folder: Path) -> Iterator[TestClient[Litestar]]:
        settings = ServingSettings(
            cache=folder / "cache", store_url=f"sqlite:///{folder / 'store.db'}", poll_seconds=0.05, rate_per_second=0
        )
        (folder / "source").mkdir()
        source = FolderSource(folder / "source")
        source.promote("1", release)
        with answering(settings, source) as client:
            yield client

    return made


def _client_of(release: str) -> Callable[..., Iterator[TestClient[Litestar]]]:
    """A fixture: a client of an application that has loaded the release of that fixture."""

    @pytest.fixture
    def made(
        request: pytest.FixtureRequest, settings: ServingSettings, source: FolderSource
    ) -> Iterator[TestClient[Litestar]]:
        source.promote("1", request.getfixturevalue(release))
        with answering(settings, source) as client:
            yield client

    return made


client = _client_of("plain_release")
bare_client = _client_of("bare_release")
ruled_client = _client_of("ruled_release")
full_client = _client_of("full_release")
campaign_client = _client_of("campaign_release")
arm_client = _client_of("arm_release")
