"""The trial of similar items, over lakes of sessions: where shoppers mean something by alike, and where they do not."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from assets.models.products.catalogue import Catalogue
from assets.models.products.kinds import ProductKinds
from assets.models.search.vectors.index import VectorIndex
from assets.recommendations.held_out import View
from assets.search.similar_learning import SimilarInputs
from assets.search.similar_report import cold_items, kept_adapter, trial
from resources.lake import Lake
from resources.model_store import Unavailable
from resources.settings import ROOT
from resources.shop import Shop
from resources.tables import TABLES

DAYS = ["2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04"]
DAY = DAYS[-1]
N, GROUPS, SESSIONS = 240, 24, 250
SHOP = Shop.load(ROOT / "tests" / "shops" / "tiny" / "shop.toml")


def frame(table: str, rows: list[dict[str, object]]) -> pl.DataFrame:
    """Rows of a table; columns that they lack are null."""
    columns = TABLES[table]
    return pl.DataFrame([{c: row.get(c) for c in columns} for row in rows], schema=dict(columns))


def shop_of(folder: Path, members: list[np.ndarray], last_day: bool = True) -> SimilarInputs:
    """Ten products of each group, which their texts say faintly; a session is three products of one of ``members``."""
    rng = np.random.default_rng(0)
    lake = Lake(str(folder / "lake"))
    meaning = rng.normal(size=(GROUPS, 16))[np.arange(N) % GROUPS]
    vectors = np.concatenate([0.6 * meaning, 1.5 * rng.normal(size=(N, 16))], axis=1)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    products = Catalogue.build(
        frame(
            "products",
            [
                {"product_id": f"p{i:03d}", "title": f"thing number {i}", "categories": ["Things"], "in_stock": True}
                for i in range(N)
            ],
        ).drop("day")
    )
    for day in DAYS if last_day else DAYS[:-1]:
        at = datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC)
        rows = [
            {
                "day": day,
                "session_id": f"{day}/{s:03d}",
                "position": p,
                "ts": at,
                "kind": "view",
                "product_id": f"p{i:03d}",
            }
            for s in range(SESSIONS)
            for p, i in enumerate(rng.choice(members[rng.integers(len(members))], 3, replace=False))
        ]
        lake.replace_partition("sessions", frame("sessions", rows), day, day)
    return SimilarInputs(lake, products, VectorIndex.build(vectors.astype(np.float32)), ProductKinds(products))


def test_what_shoppers_mean_is_kept_also_for_cold_products(tmp_path: Path) -> None:
    """Sessions stay within a group: better on the held-out day, and of products that taught nothing."""
    report = trial(SHOP, shop_of(tmp_path, [np.flatnonzero(np.arange(N) % GROUPS == g) for g in range(GROUPS)]), DAY)
    assert report["kept"]
    assert report["why_not"] is None
    every, cold = report["all"], report["cold"]
    assert every["co_views_adapted"]["mrr"]["lower"] > every["co_views"]["mrr"]["estimate"]
    assert every["co_views"]["mrr"]["estimate"] > every["text"]["mrr"]["estimate"]
    assert report["differences"]["cold: adapted above untuned"]["lower"] > 0
    assert cold["text_adapted"]["hit_rate"]["estimate"] > cold["text"]["hit_rate"]["estimate"]
    assert 0 < cold["text"]["views"] < every["text"]["views"] / 3
    # Of 24 groups of 10, a list of 10 by chance holds what comes next once in 24.
    assert every["text_adapted"]["hit_rate"]["estimate"] > 3 * 10 / N


def test_what_shoppers_do_at_random_is_not_kept(tmp_path: Path) -> None:
    """Any three products: an adapter is fitted, and is no better."""
    report = trial(SHOP, shop_of(tmp_path, [np.arange(N)]), DAY)
    assert report["pairs"] > 1_000
    assert not report["kept"]
    assert report["why_not"] == f"not better than the untuned space on {DAY}"
    assert report["differences"]["adapted above untuned"]["lower"] <= 0
    assert set(report["all"]) == {"text", "co_views", "text_adapted", "co_views_adapted"}


def test_too_few_pairs_are_not_learnt(tmp_path: Path) -> None:
    """Six products that go in a circle: the untuned lists are measured, and the reason is given."""
    report = trial(SHOP, shop_of(tmp_path, [np.arange(6)]), DAY)
    assert not report["kept"]
    assert report["why_not"].startswith("shoppers went from one product to another of its kind in 30 ways")
    assert set(report["all"]) == {"text", "co_views"}
    assert report["differences"] == {}


def test_a_log_that_is_a_day_late_holds_out_its_last_day(tmp_path: Path) -> None:
    """As of a day that has no sessions yet the trial is that of the day before."""
    alike = shop_of(tmp_path, [np.arange(N)], last_day=False)
    late = trial(SHOP, alike, DAY)
    assert late["held_out"] == DAYS[-2]
    assert late == trial(SHOP, alike, DAYS[-2])


def test_a_shop_without_views_has_no_trial(tmp_path: Path) -> None:
    """Nothing to measure on."""
    alike = shop_of(tmp_path, [np.arange(N)])
    alike.lake.replace_partition("sessions", frame("sessions", []), DAYS[0], DAY)
    with pytest.raises(Unavailable, match=f"nobody looked at two products of a kind on {DAY}"):
        trial(SHOP, alike, DAY)


def test_the_day_itself_is_the_last_that_counts(tmp_path: Path) -> None:
    """Sessions of the day after change nothing."""
    groups = [np.flatnonzero(np.arange(N) % GROUPS == g) for g in range(GROUPS)]
    alike = shop_of(tmp_path, groups)
    before = trial(SHOP, alike, DAYS[2])
    alike.lake.replace_partition("sessions", frame("sessions", []), DAY, DAY)
    assert trial(SHOP, alike, DAYS[2]) == before


def test_what_is_kept_by_hand() -> None:
    """Better beyond doubt, and cold products not worse beyond doubt; without cold views nothing is said of them."""
    rng = np.random.default_rng(0)
    views = [View(i // 2, i, i + 1) for i in range(400)]
    plain, noise = rng.random(400) / 2, rng.normal(0, 0.1, 400)
    noise -= noise.mean()

    def of(names: tuple[str, str], gain: np.ndarray | float) -> dict[str, dict[str, np.ndarray]]:
        return {names[0]: {"mrr": plain}, names[1]: {"mrr": plain + gain}}

    served, text = ("co_views", "co_views_adapted"), ("text", "text_adapted")
    why_not, above = kept_adapter(of(served, 0.1), of(text, noise), views, views)
    assert why_not is None
    assert above["adapted above untuned"].estimate == pytest.approx(0.1)
    assert kept_adapter(of(served, 0.1), {}, views, [])[0] is None
    assert str(kept_adapter(of(served, noise), of(text, 0.1), views, views)[0]).startswith("not better")
    assert str(kept_adapter(of(served, 0.1), of(text, -0.1), views, views)[0]).startswith("worse than the untuned")


def test_cold_items_are_a_fifth_and_stay() -> None:
    """By the id alone, so that a product is cold or not whatever stands beside it in the catalogue."""
    ids = [f"p{i:05d}" for i in range(5_000)]
    cold = cold_items(ids)
    assert cold.mean() == pytest.approx(0.2, abs=0.02)
    assert cold_items(ids[::-1]).tolist() == cold[::-1].tolist()
