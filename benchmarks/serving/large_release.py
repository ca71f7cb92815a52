"""A release of a large shop in a home of its own, for the benchmarks over HTTP.

Usage: ``python -m benchmarks.serving.large_release [--home var/large] [--products 50000] [--sessions 1000000]``, then
``python -m benchmarks.serving.over_http --home var/large`` and whatever else takes a home. The models are the
product's own, fitted to drawn shoppers: what they answer means nothing, what an answer costs does. Vectors of products
are drawn too, as encoding so many titles takes longer than all the rest; queries are encoded. A home that has a release
already is left as it is.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from assets.models.banners.bandit import BannerPriors
from assets.models.baskets.co_purchase import CoPurchase
from assets.models.manifest import write_manifest
from assets.models.popularity.items import Popularity
from assets.models.products.attributes import ProductAttributes
from assets.models.products.catalogue import Catalogue
from assets.models.products.numbers import ProductNumbers
from assets.models.release import MODULES
from assets.models.search.lexical.fields import product_fields
from assets.models.search.lexical.index import LexicalIndex
from assets.models.search.suggestions.completion import Suggestions
from assets.models.search.vectors.index import VectorIndex
from assets.models.sessions.model import SessionModel
from assets.models.sessions.parameters import NIGHTLY
from assets.models.uplift.uplift_scores import UpliftScores
from benchmarks.serving.models import clustered
from benchmarks.serving.release_reload import CATEGORIES, catalogue, vocabulary
from evaluation.arrays import Ints, Ints32
from resources.encoder.text_encoder import export_encoder
from resources.registry import Registry
from resources.settings import Settings
from resources.shop import Shop

SEED, DAY = 0, "2026-01-31"
MEAN_CLICKS, BUYERS, USERS = 4, 10, 200_000
SLOTS, BANNERS, IMPRESSIONS = 3, 10, 100_000


class Clicks(NamedTuple):
    """Clicks of sessions one after another."""

    session: Ints
    item: Ints32
    ts: Ints
    """Microseconds."""


def clicks(n_items: int, n_sessions: int, rng: np.random.Generator) -> Clicks:
    """Sessions of two clicks and more, each within one of as many kinds as the catalogue has, some items preferred."""
    lengths = 1 + rng.geometric(1 / (MEAN_CLICKS - 1), n_sessions)
    session = np.repeat(np.arange(n_sessions), lengths)
    kind = np.repeat(rng.integers(0, CATEGORIES, n_sessions), lengths)
    place = (n_items // CATEGORIES * rng.beta(0.6, 3, len(session))).astype(np.int64)
    return Clicks(session, (place * CATEGORIES + kind).astype(np.int32), np.arange(len(session)) * 1_000_000)


def scores(rng: np.random.Generator) -> UpliftScores:
    """Users with any effect."""
    uplift, control = rng.normal(0.02, 0.03, USERS), rng.uniform(0.05, 0.3, USERS)
    frame = pl.DataFrame({"user_id": [f"u{i:07d}" for i in range(USERS)], "uplift": uplift})
    return UpliftScores.build(
        frame.with_columns(
            lower=pl.col("uplift") - 0.03,
            upper=pl.col("uplift") + 0.03,
            p_control=pl.Series(control),
            p_treated=pl.Series((control + uplift).clip(0, 1)),
            segment=pl.when(pl.col("uplift") > 0).then(pl.lit("persuadable")).otherwise(pl.lit("lost_cause")),
        )
    )


def banners(rng: np.random.Generator) -> BannerPriors:
    """Slots of equally many banners."""
    slot, banner = rng.integers(0, SLOTS, IMPRESSIONS), rng.integers(0, BANNERS, IMPRESSIONS)
    rewards = (rng.random(IMPRESSIONS) < 0.02 + 0.002 * banner).astype(np.float64)
    return BannerPriors.fit([f"slot-{s}" for s in slot], [f"banner-{b}" for b in banner], rewards)


def models(products: int, sessions: int, goods: Catalogue) -> dict[str, Callable[[], Any]]:
    """Module → its model."""
    rng = np.random.default_rng(SEED)
    seen = clicks(products, sessions, rng)
    described = goods.frame.with_columns(description=pl.lit(None, pl.String))
    bought = seen.session % BUYERS == 0
    ones, today = np.ones(len(seen.item), np.float32), np.zeros(len(seen.item), np.float32)
    popularity = Popularity.fit(seen.item, ones, today, products)
    return {
        "catalogue": lambda: goods,
        "popularity": lambda: popularity,
        "hnsw_index": lambda: VectorIndex.build(clustered(products, rng)),
        "lexical_index": lambda: LexicalIndex.of_products(product_fields(described)),
        "co_purchase": lambda: CoPurchase.fit(seen.session[bought], seen.item[bought], products),
        "session_model": lambda: SessionModel.fit(*seen, products, NIGHTLY),
        "suggestions": lambda: Suggestions.of_catalogue(goods, popularity.score, {}),
        "segments": lambda: scores(rng),
        "banner_priors": lambda: banners(rng),
    }


def write_release(folder: Path, products: int, sessions: int) -> str:
    """Write a release's folder, with a line a module; returns the release's version."""
    goods = catalogue(vocabulary(np.random.default_rng(SEED)), products, np.random.default_rng(SEED))
    for name, make in models(products, sessions, goods).items():
        started = time.process_time()
        (folder / name).mkdir(parents=True)
        make().save(folder / name)
        print(f"{name:<20}{time.process_time() - started:>8.1f} s of CPU", flush=True)
    for beside in (ProductAttributes, ProductNumbers):
        beside.build(goods).save(folder / "catalogue")
    export_encoder(folder / "encoder")
    named = [*(module.name for module in MODULES), "encoder"]
    return write_manifest(
        folder,
        shop="demo",
        as_of=DAY,
        currency="EUR",
        unavailable={name: "this benchmark has none" for name in named if not (folder / name).is_dir()},
        tables={},
        metrics={},
        economics={"margin": 0.5, "contact_cost": 0.5, "revenue_per_response": 60.0},
    ).version


def main() -> None:
    """Make the release and promote it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--home", type=Path, default=Path("var/large"))
    parser.add_argument("--products", type=int, default=50_000)
    parser.add_argument("--sessions", type=int, default=1_000_000)
    chosen = parser.parse_args()
    folder = chosen.home.resolve() / "models" / "release" / DAY
    if folder.exists():
        print(f"{folder} is there already")
        return
    release = write_release(folder, chosen.products, chosen.sessions)
    settings = Settings.from_env({"UPSHELF_HOME": str(chosen.home.resolve())})
    registry = Registry(settings, Shop.load(settings.shop).name)
    run = registry.log_run(f"large {DAY}", parameters={"release": release}, metrics={}, folder=folder)
    registry.promote(registry.register(run, {"release": release, "as_of": DAY}))


if __name__ == "__main__":
    main()
