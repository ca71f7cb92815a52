"""Small real releases, built with the real model classes, and applications that answer from them."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from assets.models.banner_bandit import BannerPriors
from assets.models.catalogue import Catalogue
from assets.models.category_affinity import CategoryAffinity
from assets.models.co_purchase import CoPurchase
from assets.models.lexical_index import LexicalIndex
from assets.models.popularity import Popularity
from assets.models.product_text import product_texts
from assets.models.release import MODULES, write_manifest
from assets.models.session_model import SessionModel
from assets.models.uplift_scores import UpliftScores
from assets.models.vector_index import VectorIndex
from resources.embedder import DIMENSIONS, TextEncoder
from serving.app import create_app
from serving.settings import ServingSettings

N = 60
KINDS = ("LANTERN", "TEAPOT", "SPADE")
CATEGORIES = ("Home > Lighting", "Home > Kitchen", "Garden")
COLOURS = ("WHITE", "RED", "BLUE", "GREEN", "BLACK", "PINK", "GREY", "GOLD", "SILVER", "BROWN")
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


def catalogue() -> Catalogue:
    """60 products p00…p59: lanterns, teapots and spades in turn; every tenth is out of stock, p59 has no price.

    Three of them are of one day, the last three of the latest.
    """
    rows = [
        {
            "product_id": f"p{i:02d}",
            "title": f"{COLOURS[i % 10]} {KINDS[i % 3]} {i}",
            "description": None,
            "brand": "Acme",
            "categories": [CATEGORIES[i % 3]],
            "tags": [],
            "price": None if i == 59 else 1.0 + i,
            "in_stock": i % 10 != 9,
            "image_url": None,
            "updated_at": datetime(2026, 1, 1 + i // 3, tzinfo=UTC),
        }
        for i in range(N)
    ]
    types = {"description": pl.String, "tags": pl.List(pl.String), "price": pl.Float64, "image_url": pl.String}
    return Catalogue.build(pl.DataFrame(rows, schema_overrides=types))


def build_release(
    folder: Path, *, as_of: str = "2026-01-30", without: tuple[str, ...] = (), encoder: Path | None = None
) -> Path:
    """Write a release folder; ``encoder`` is an exported one, else vectors are random and queries have none."""
    goods, rng = catalogue(), np.random.default_rng(0)
    texts = product_texts(goods.frame).to_list()
    vectors = rng.normal(size=(N, DIMENSIONS)).astype(np.float32)
    if encoder is not None:
        vectors = TextEncoder.load(encoder).encode(texts)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    # In each of 30 baskets and sessions: products i, i+1, i+2, so that neighbours belong together.
    trios = np.concatenate([np.arange(i, i + 3) for i in range(30)]).astype(np.int32)
    owner = np.repeat(np.arange(30), 3).astype(np.int64)
    times = np.arange(90, dtype=np.int64) * 1_000_000
    ones, today = np.ones(N, dtype=np.float32), np.zeros(N, dtype=np.float32)
    lighting = goods.category_index("Home > Lighting")
    modules: dict[str, Any] = {
        "catalogue": goods,
        "vectors": VectorIndex.build(vectors),
        "lexical": LexicalIndex.build(texts),
        "co_purchase": CoPurchase.fit(owner, trios, N),
        "session": SessionModel.fit(owner, trios, times, N),
        # p00 is the most popular product, p59 the least.
        "popularity": Popularity.fit(np.arange(N), np.arange(N, 0, -1).astype(np.float32), today, N),
        "category": CategoryAffinity.fit(["u0"] * 2, np.array([lighting] * 2), ones[:2], today[:2]),
        "banners": BannerPriors.fit(
            pl.Series(["home"] * 300),
            pl.Series(["good"] * 100 + ["poor"] * 100 + ["fair"] * 100),
            pl.Series([0.5, 0.5] * 50 + [0.0, 0.1] * 50 + [0.3, 0.3] * 50),
        ),
        "uplift": UpliftScores.build(uplift_scores()),
    }
    chosen = {name: model for name, model in modules.items() if name not in without}
    for name, model in chosen.items():
        (folder / name).mkdir(parents=True)
        model.save(folder / name)
    if encoder is not None:
        shutil.copytree(encoder, folder / "encoder")
    if "roi" not in without:
        (folder / "roi").mkdir()
        roi_holdout().write_ipc(folder / "roi" / "holdout.arrow")
    _manifest(folder, as_of)
    return folder


def _manifest(folder: Path, as_of: str) -> None:
    """Write the manifest; every module that is not there lacks data."""
    missing = {m: f"the shop has no data for {m}" for m in MODULES if not (folder / m).is_dir()}
    write_manifest(
        folder,
        shop="test",
        as_of=as_of,
        currency="EUR",
        unavailable=missing,
        tables={"events": 3},
        metrics={"qini": 0.1},
        economics={"margin": 0.5, "contact_cost": 1.0, "revenue_per_response": 20.0},
    )


def uplift_scores() -> pl.DataFrame:
    """u0…u29 persuadable (+0.2: earns 0.5·20·0.2−1 = 1), u30…u39 sleeping dogs (−0.1)."""
    gains = np.array([0.2] * 30 + [-0.1] * 10)
    return pl.DataFrame(
        {
            "user_id": [f"u{i}" for i in range(40)],
            "uplift": gains,
            "lower": gains - 0.05,
            "upper": gains + 0.05,
            "p_control": [0.3] * 40,
            "p_treated": 0.3 + gains,
            "segment": ["persuadable"] * 30 + ["sleeping_dog"] * 10,
        }
    )


def roi_holdout() -> pl.DataFrame:
    """400 users, half contacted; a contact sells to the first half of the users and to nobody else."""
    i = np.arange(400)
    treated, receptive = i % 2, i < 200
    outcome = ((treated == 1) & receptive).astype(np.int8)
    score = np.where(receptive, 0.5, 0.0)
    return pl.DataFrame(
        {
            "outcome": outcome,
            "treatment": treated.astype(np.int8),
            "propensity": np.full(400, 0.5),
            "revenue": outcome * 20.0,
            "uplift": score,
            "p_control": np.zeros(400),
            "p_treated": score,
            "response": np.linspace(0, 1, 400),
        }
    )


@pytest.fixture(scope="session")
def full_release(tmp_path_factory: pytest.TempPathFactory, encoder: Path) -> Path:
    """Every module; the vectors are of the products' texts."""
    return build_release(tmp_path_factory.mktemp("full") / "release", encoder=encoder)


@pytest.fixture(scope="session")
def plain_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every module but the encoder."""
    return build_release(tmp_path_factory.mktemp("plain") / "release")


@pytest.fixture(scope="session")
def next_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as of the next day."""
    return build_release(tmp_path_factory.mktemp("next") / "release", as_of="2026-01-31")


@pytest.fixture(scope="session")
def bare_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Catalogue and popularity alone."""
    optional = tuple(m for m in MODULES if m not in ("catalogue", "popularity"))
    return build_release(tmp_path_factory.mktemp("bare") / "release", without=optional)


@pytest.fixture(scope="session")
def campaign_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop without products: empty catalogue and popularity, uplift scores and a holdout."""
    folder = tmp_path_factory.mktemp("campaign") / "release"
    nothing = Catalogue.build(catalogue().frame.clear())
    none = np.empty(0, dtype=np.float32)
    popularity = Popularity.fit(none.astype(np.int32), none, none, 0)
    for name, model in {
        "catalogue": nothing,
        "popularity": popularity,
        "uplift": UpliftScores.build(uplift_scores()),
    }.items():
        (folder / name).mkdir(parents=True)
        model.save(folder / name)
    (folder / "roi").mkdir()
    roi_holdout().write_ipc(folder / "roi" / "holdout.arrow")
    _manifest(folder, "2026-01-30")
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
full_client = _client_of("full_release")
campaign_client = _client_of("campaign_release")
