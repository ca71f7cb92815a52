"""Releases of 60 products and of campaigns, for tests of what is answered from them."""

import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl

from assets.models.banners.bandit import BannerPriors
from assets.models.banners.terms import Terms
from assets.models.baskets.co_purchase import CoPurchase
from assets.models.baskets.next_basket import NextBasket
from assets.models.manifest import METRICS_FILE, REPORTS, write_manifest
from assets.models.popularity.category_affinity import CategoryAffinity
from assets.models.popularity.items import Popularity
from assets.models.popularity.segments import SEGMENTS, SegmentPopularity
from assets.models.popularity.user_histories import UserHistories
from assets.models.products.attributes import ProductAttributes
from assets.models.products.catalogue import Catalogue
from assets.models.products.numbers import ProductNumbers
from assets.models.products.texts import product_texts
from assets.models.release import MODULES
from assets.models.rules.declared import RULES_FILE
from assets.models.search.lexical.fields import product_fields
from assets.models.search.lexical.index import LexicalIndex
from assets.models.search.suggestions.completion import Suggestions
from assets.models.search.vectors.index import VectorIndex
from assets.models.sessions.model import SessionModel
from assets.models.uplift.uplift_scores import ARM_FIGURES, UpliftScores, arm_column
from resources.encoder.text_encoder import DIMENSIONS, TextEncoder
from resources.shop.experiments import EXPERIMENTS_FILE, Experiment, experiments_json
from resources.shop.rules import Rule, rules_json
from serving.release.snapshot import MAX_REPORT_BYTES

N = 60
KINDS = ("LANTERN", "TEAPOT", "SPADE")
CATEGORIES = ("Home > Lighting", "Home > Kitchen", "Garden")
LAST_ACTS = int(datetime(2026, 1, 30, tzinfo=UTC).timestamp())
COLOURS = ("WHITE", "RED", "BLUE", "GREEN", "BLACK", "PINK", "GREY", "GOLD", "SILVER", "BROWN")


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
    banners: Mapping[str, Terms] | None = None,
    banner_priors: BannerPriors | None = None,
    experiments: Mapping[str, Experiment] | None = None,
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
        "hnsw_index": VectorIndex.build(vectors),
        "lexical_index": LexicalIndex.of_products(product_fields(goods.frame)),
        "co_purchase": CoPurchase.fit(owner, trios, N),
        # u1 has bought p10, p11 and p12, u0 p00 and p03.
        "next_basket": NextBasket.fit(["u1"] * 3 + ["u0"] * 2, owner[:5], np.array([10, 11, 12, 0, 3]), np.zeros(5), N),
        "session_model": SessionModel.fit(owner, trios, times, N),
        # p00 is the most popular product, p59 the least.
        "popularity": Popularity.fit(np.arange(N), np.arange(N, 0, -1).astype(np.float32), today, N),
        "category_recommendations": CategoryAffinity.fit(["u0"] * 2, np.array([lighting] * 2), ones[:2], today[:2]),
        "user_histories": user_histories(),
        "banner_priors": banner_priors
        or BannerPriors.fit(
            pl.Series(["home"] * 300),
            pl.Series(["good"] * 100 + ["poor"] * 100 + ["fair"] * 100),
            pl.Series([0.5, 0.5] * 50 + [0.0, 0.1] * 50 + [0.3, 0.3] * 50),
            banners,
        ),
        "segments": UpliftScores.build(uplift_scores()),
    }
    modules["suggestions"] = Suggestions.of_catalogue(goods, modules["popularity"].score, {})
    chosen = {name: model for name, model in modules.items() if name not in without}
    _save(folder, chosen)
    if rules:
        (folder / "catalogue" / RULES_FILE).write_bytes(rules_json(msgspec.convert(rules, list[Rule])))
    if experiments:
        (folder / "catalogue" / EXPERIMENTS_FILE).write_bytes(experiments_json(experiments))
    if "popularity" in chosen and "segment_popularity" not in without:
        # u2 is of the north, where p42 sells.
        (folder / "popularity" / SEGMENTS).mkdir()
        by_segment = SegmentPopularity.fit({"u2": "north"}, ["u2"], np.array([42]), np.array([9e3]), np.zeros(1), N)
        by_segment.save(folder / "popularity" / SEGMENTS)
    if encoder is not None:
        shutil.copytree(encoder, folder / "encoder")
    if "roi_simulation" not in without:
        (folder / "roi_simulation").mkdir()
        roi_holdout().write_ipc(folder / "roi_simulation" / "holdout.arrow")
    _write_reports(folder / REPORTS)
    describe(folder, as_of)
    return folder


def user_histories() -> UserHistories:
    """u5 viewed p01 and then p02 twice, and bought p02, p04 and p20; a hundred others buy p20 each week.

    u6 bought p05 in two baskets; all acts are of January 30, a minute apart.
    """
    acts = [("u5", 1, 0), ("u5", 2, 0), ("u5", 2, 0), ("u5", 2, 3), ("u5", 4, 3), ("u5", 20, 3), ("u6", 5, 3)] + [
        (f"weekly{n}", 20, 3) for n in range(100)
    ]
    acts += [acts[6], *acts[7:]]
    users, items, kinds = zip(*acts, strict=True)
    seconds = LAST_ACTS + 60 * np.arange(len(acts))
    return UserHistories.fit(users, np.array(items), np.array(kinds), seconds, N)


def _write_reports(folder: Path) -> None:
    """Two reports, one of them with a picture, figures and more than can be answered."""
    (folder / "uplift_report").mkdir(parents=True)
    (folder / "uplift_report" / "uplift.json").write_text('{"chosen": "t", "average_effect": NaN}', encoding="utf-8")
    (folder / "uplift_report" / METRICS_FILE).write_text('{"qini": 0.1}', encoding="utf-8")
    (folder / "uplift_report" / "qini.png").write_bytes(b"\x89PNG")
    (folder / "uplift_report" / "huge.json").write_text(f'"{"x" * MAX_REPORT_BYTES}"', encoding="utf-8")
    (folder / "experiment").mkdir()
    (folder / "experiment" / "experiment.json").write_text('[{"check": "balance", "passed": true}]', encoding="utf-8")


def _save(folder: Path, modules: Mapping[str, Any]) -> None:
    """Write each module's folder, and beside the catalogue what is made of it alone."""
    for name, model in modules.items():
        (folder / name).mkdir(parents=True)
        model.save(folder / name)
    if "catalogue" in modules:
        for beside in (ProductAttributes, ProductNumbers):
            beside.build(modules["catalogue"]).save(folder / "catalogue")


def describe(folder: Path, as_of: str, **economics: object) -> None:
    """Write the manifest; every module that is not there lacks data."""
    names = [*(module.name for module in MODULES), "encoder"]
    missing = {name: f"the shop has no data for {name}" for name in names if not (folder / name).is_dir()}
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


def write_campaign(folder: Path, scores: UpliftScores) -> None:
    """Write the modules of a shop without products."""
    nothing = Catalogue.build(catalogue().frame.clear())
    none = np.empty(0, dtype=np.float32)
    popularity = Popularity.fit(none.astype(np.int32), none, none, 0)
    _save(folder, {"catalogue": nothing, "popularity": popularity, "segments": scores})
    (folder / "roi_simulation").mkdir()
    roi_holdout().write_ipc(folder / "roi_simulation" / "holdout.arrow")
