"""The pipeline against what the simulated shop was made from: the default shop, and the models whose truth is known."""

import json
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from assets.models.banners.bandit import BannerPriors
from assets.models.baskets.co_purchase import CoPurchase
from assets.models.popularity.items import Popularity
from assets.models.products.catalogue import Catalogue
from assets.models.uplift.holdout import is_holdout
from assets.models.uplift.uplift_model import UpliftModel
from resources.settings import ROOT
from resources.shop import Shop, SimulatedSource
from resources.sources.simulated import SimulatedShop, Truth
from tests.integration.home import Pipeline

pytestmark = pytest.mark.slow

FIRST, LAST = "2026-01-01", "2026-01-30"
SIMULATED = ROOT / "shops" / "simulated"
MODELS = (
    *("catalogue", "product_embeddings", "hnsw_index", "popularity", "co_purchase", "recommendation_report"),
    *("banner_priors", "experiment", "uplift_model"),
)
"""Those that are looked at, and what they read."""


@pytest.fixture(scope="module")
def night(make_pipeline: Callable[..., Pipeline]) -> Pipeline:
    """All days in one run, then `MODELS` as of the last."""
    pipeline = make_pipeline(SIMULATED)
    pipeline.run(f"tables:{FIRST}:{LAST}", f"{'+'.join(MODELS)}:{LAST}")
    return pipeline


@pytest.fixture(scope="module")
def truth() -> Truth:
    """What no asset may read."""
    shop = Shop.load(SIMULATED / "shop.toml")
    assert isinstance(shop.source, SimulatedSource)
    return SimulatedShop(shop.source, shop.first_day).truth()


@pytest.fixture(scope="module")
def held_out(night: Pipeline, truth: Truth) -> pl.DataFrame:
    """Users that no model is fitted on: true effect, the model's score, the response model's, and a random one."""
    model = UpliftModel.load(night.model("uplift_model", LAST))
    profiles = night.lake.read("user_profiles", LAST, LAST)
    held = profiles.filter(pl.Series(is_holdout(profiles["user_id"])))
    scored = pl.DataFrame(
        {
            "user_id": held["user_id"],
            "model": model.score(held)["uplift"],
            "response": model.response(held),
            "random": np.random.default_rng(0).random(held.height),
        }
    )
    return scored.join(truth.effects.select("user_id", pl.col("uplift").alias("true")), on="user_id")


def rank_correlation(frame: pl.DataFrame, score: str) -> float:
    """Spearman's correlation of a score with the true effect."""
    return float(frame.select(pl.corr(score, "true", method="spearman")).item())


def gain_at_30(frame: pl.DataFrame, score: str) -> float:
    """Mean true effect of the 30 % of users with the highest score."""
    top = frame.sort(score, descending=True).head(int(0.3 * frame.height))
    return float(top["true"].to_numpy().mean())


def test_the_model_ranks_by_the_true_effect(held_out: pl.DataFrame) -> None:
    """On held-out users, better than the response model and than chance, with a margin."""
    assert held_out.height > 5_000
    result = {score: rank_correlation(held_out, score) for score in ("model", "response", "random")}
    assert result["model"] > result["response"] + 0.1, result
    assert result["model"] > result["random"] + 0.3, result


def test_its_first_30_percent_gain_most(held_out: pl.DataFrame) -> None:
    """True gain of the users whom each score would address first."""
    result = {score: gain_at_30(held_out, score) for score in ("model", "response", "random")}
    assert result["model"] > 1.2 * max(result["response"], result["random"]), result


def test_banner_priors_are_near_the_true_rates(night: Pipeline, truth: Truth) -> None:
    """The mean of each prior within three standard deviations of what its impressions can tell."""
    priors = BannerPriors.load(night.model("banner_priors", LAST))
    shown = night.lake.read("banner_impressions").group_by("slot", "banner_id").len()
    counts = {(slot, banner): n for slot, banner, n in shown.iter_rows()}
    for slot, banner, rate in truth.banner_rates.iter_rows():
        alpha, beta = priors.prior(slot)
        at = list(priors.arms(slot)).index(banner)
        error = np.sqrt(rate * (1 - rate) / counts[slot, banner])
        assert alpha[at] / (alpha[at] + beta[at]) == pytest.approx(rate, abs=3 * error), (slot, banner)


def test_bought_together_finds_the_complements(night: Pipeline, truth: Truth) -> None:
    """Precision at 5 against the true complements is at least three times that of the most popular products."""
    goods = Catalogue.load(night.model("catalogue", LAST))
    together = CoPurchase.load(night.model("co_purchase", LAST))
    complements: dict[str, set[str]] = {}
    for product, complement in truth.complements.iter_rows():
        complements.setdefault(product, set()).add(complement)
    ids = goods.ids
    popular = [ids[i] for i in Popularity.load(night.model("popularity", LAST)).top(6).items.tolist()]
    hits = {"model": 0, "popularity": 0}
    asked = [product for product in ids if product in complements]
    for product in asked:
        result = [ids[i] for i in together.related([goods.position(product)], 5).items.tolist()]
        hits["model"] += len(complements[product] & set(result))
        hits["popularity"] += len(complements[product] & set([p for p in popular if p != product][:5]))
    assert len(asked) > 1_000
    assert hits["model"] > 200
    assert hits["model"] >= 3 * hits["popularity"], hits


def test_recommendations_beat_popularity(night: Pipeline) -> None:
    """Hit rate at 20 of the next product on the held-out day: the interval of the difference is above zero."""
    path = night.model("recommendation_report", LAST) / "recommendations.json"
    figures = json.loads(path.read_text(encoding="utf-8"))
    assert set(figures) == {"session", "co_purchase", "next_basket"}
    # Shoppers of the simulated shop do not buy a product again, so next baskets are not asked for more than popularity.
    for module in ("session", "co_purchase"):
        assert figures[module]["model"]["hit_rate_above_popularity"]["lower"] > 0
