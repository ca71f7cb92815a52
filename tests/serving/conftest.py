"""Small real releases, built with the real model classes, and applications that answer from them."""

import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from assets.models.banner_bandit import BannerPriors
from assets.models.baskets.co_purchase import CoPurchase
from assets.models.baskets.next_basket import NextBasket
from assets.models.catalogue import Catalogue
from assets.models.category_affinity import CategoryAffinity
from assets.models.manifest import MODULES, write_manifest
from assets.models.popularity import Popularity
from assets.models.product_attributes import ProductAttributes
from assets.models.rules.rules import RULES_FILE
from assets.models.search.lexical_index import LexicalIndex
from assets.models.search.product_fields import product_fields
from assets.models.search.product_numbers import ProductNumbers
from assets.models.search.product_text import product_texts
from assets.models.search.suggestions import Suggestions
from assets.models.search.vector_index import VectorIndex
from assets.models.segment_popularity import SEGMENTS, SegmentPopularity
from assets.models.sessions.session_model import SessionModel
from assets.models.uplift.segments import PROFILE_FILE
from assets.models.uplift.uplift_scores import ARM_FIGURES, UpliftScores, arm_column
from resources.embedder import DIMENSIONS, TextEncoder
from resources.shop_rules import Rule, rules_json
from serving.app import create_app
from serving.settings import ServingSettings
from serving.snapshot import MAX_REPORT_BYTES

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
    folder: Path,
    *,
    as_of: str = "2026-01-30",
    without: tuple[str, ...] = (),
    encoder: Path | None = None,
    rules: Sequence[Mapping[str, Any]] = (),
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
        "lexical": LexicalIndex.of_products(product_fields(goods.frame)),
        "co_purchase": CoPurchase.fit(owner, trios, N),
        # u1 has bought p10, p11 and p12, u0 p00 and p03.
        "next_basket": NextBasket.fit(["u1"] * 3 + ["u0"] * 2, owner[:5], np.array([10, 11, 12, 0, 3]), np.zeros(5), N),
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
    modules["suggestions"] = Suggestions.of_catalogue(goods, modules["popularity"].score, {})
    chosen = {name: model for name, model in modules.items() if name not in without}
    _save(folder, chosen)
    if rules:
        (folder / "catalogue" / RULES_FILE).write_bytes(rules_json(msgspec.convert(rules, list[Rule])))
    if "popularity" in chosen and "segment_popularity" not in without:
        # u2 is of the north, where p42 sells.
        (folder / "popularity" / SEGMENTS).mkdir()
        by_segment = SegmentPopularity.fit({"u2": "north"}, ["u2"], np.array([42]), np.array([9e3]), np.zeros(1), N)
        by_segment.save(folder / "popularity" / SEGMENTS)
    if encoder is not None:
        shutil.copytree(encoder, folder / "encoder")
    if "roi" not in without:
        (folder / "roi").mkdir()
        roi_holdout().write_ipc(folder / "roi" / "holdout.arrow")
    (folder / "reports").mkdir()
    (folder / "reports" / "uplift.json").write_text('{"chosen": "t", "average_effect": NaN}', encoding="utf-8")
    (folder / "reports" / "experiment.json").write_text('[{"check": "balance", "passed": true}]', encoding="utf-8")
    (folder / "reports" / "qini.png").write_bytes(b"\x89PNG")
    (folder / "reports" / "huge.json").write_text(f'"{"x" * MAX_REPORT_BYTES}"', encoding="utf-8")
    _manifest(folder, as_of)
    return folder


def _save(folder: Path, modules: Mapping[str, Any]) -> None:
    """Write each module's folder, and beside the catalogue what is made of it alone."""
    for name, model in modules.items():
        (folder / name).mkdir(parents=True)
        model.save(folder / name)
    if "catalogue" in modules:
        for beside in (ProductAttributes, ProductNumbers):
            beside.build(modules["catalogue"]).save(folder / "catalogue")


def _manifest(folder: Path, as_of: str, **economics: object) -> None:
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
        economics={"margin": 0.5, "contact_cost": 1.0, "revenue_per_response": 20.0, **economics},
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
    optional = tuple(m for m in MODULES if m not in ("catalogue", "popularity"))
    return build_release(tmp_path_factory.mktemp("bare") / "release", without=optional)


@pytest.fixture(scope="session")
def campaign_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop without products: empty catalogue and popularity, uplift scores and a holdout."""
    folder = tmp_path_factory.mktemp("campaign") / "release"
    _campaign(folder, UpliftScores.build(uplift_scores()))
    _manifest(folder, "2026-01-30")
    return folder


@pytest.fixture(scope="session")
def arm_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of a campaign of two arms: mail at .10, and a voucher of 2 at .10; a response earns 10 before costs."""
    folder = tmp_path_factory.mktemp("arms") / "release"
    _campaign(folder, UpliftScores.build(arm_scores(), ["mail", "voucher"]))
    profile = [
        {"segment": "persuadable", "feature": f, "mean": m, "mean_all": 2.0, "difference": d, "top": top}
        for f, m, d, top in (("views_30d", 4.0, 1.2, True), ("orders_90d", None, 0.0, True), ("age", 2.0, 0.0, False))
    ]
    (folder / "uplift" / PROFILE_FILE).write_text(json.dumps(profile))
    arm_holdout().write_ipc(folder / "roi" / "holdout.arrow")
    _manifest(folder, "2026-01-30", contact_cost=0.1, incentive=1.0, arms={"mail": [0.1, 0], "voucher": [0.1, 2.0]})
    return folder


def arm_scores() -> pl.DataFrame:
    """Users named by what is best for them; (uplift, upper) of mail and voucher, at a chance of ``p_control``."""
    users: dict[str, tuple[float, tuple[float, float], tuple[float, float]]] = {
        "mail": (0.3, (0.05, 0.1), (0.10, 0.2)),
        "voucher": (0.05, (0.01, 0.1), (0.20, 0.3)),
        "either": (0.05, (0.05, 0.1), (0.16, 0.3)),
        "dear": (0.55, (0.0, 0.1), (0.05, 0.1)),
        "harmed": (0.3, (-0.10, -0.05), (-0.05, -0.01)),
        "unmoved": (0.3, (-0.01, 0.05), (0.0, 0.05)),
        "dog": (0.3, (0.05, 0.1), (0.1, 0.2)),
    }
    rows = []
    for name, (without, *arms) in users.items():
        dog = name == "dog"
        row = {"user_id": name, "uplift": 0.02, "lower": -0.1 if dog else 0.01, "upper": -0.01 if dog else 0.2}
        row |= {"p_control": without, "p_treated": without + 0.02, "segment": "sleeping_dog" if dog else "persuadable"}
        for arm, (uplift, upper) in zip(("mail", "voucher"), arms, strict=True):
            figures = (uplift, 2 * uplift - upper, upper, without + uplift)
            row |= {arm_column(f, arm): value for f, value in zip(ARM_FIGURES, figures, strict=True)}
        rows.append(row)
    return pl.DataFrame(rows)


def arm_holdout() -> pl.DataFrame:
    """600 users: mail sells to the first 200 and to nobody else, a voucher to the second 200, none to the rest.

    Rows stand control, mail, voucher in turn, each with a chance of one third; a sale is 20.
    """
    i = np.arange(600)
    arm, kind = i % 3, i // 200
    outcome = ((arm == 1) & (kind == 0)) | ((arm == 2) & (kind == 1))
    helped = [np.where(kind == place, 0.9, 0.0) for place in (0, 1)]
    columns = {
        "outcome": outcome.astype(np.int8),
        "treatment": (arm > 0).astype(np.int8),
        "propensity": np.full(600, 2 / 3),
        "revenue": outcome * 20.0,
        "uplift": np.where(kind < 2, 0.45, 0.0),
        "p_control": np.zeros(600),
        "p_treated": np.where(kind < 2, 0.45, 0.0),
        "response": np.linspace(0, 1, 600),
        "upper": np.full(600, 0.5),
        "arm": np.array(["control", "mail", "voucher"])[arm],
        "arm_propensity": np.full(600, 1 / 3),
    }
    for name, effect in zip(("mail", "voucher"), helped, strict=True):
        columns |= {arm_column(figure, name): effect for figure in ARM_FIGURES}
    return pl.DataFrame(columns)


def _campaign(folder: Path, scores: UpliftScores) -> None:
    """Write the modules of a shop without products."""
    nothing = Catalogue.build(catalogue().frame.clear())
    none = np.empty(0, dtype=np.float32)
    popularity = Popularity.fit(none.astype(np.int32), none, none, 0)
    _save(folder, {"catalogue": nothing, "popularity": popularity, "uplift": scores})
    (folder / "roi").mkdir()
    roi_holdout().write_ipc(folder / "roi" / "holdout.arrow")


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
