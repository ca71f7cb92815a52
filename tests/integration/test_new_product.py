"""A product added today is in the answers after one nightly run."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime

import polars as pl
import pytest

from assets.models.release import Release
from resources.contracts import CONTRACTS
from tests.integration.home import Pipeline

pytestmark = pytest.mark.slow

DAY = "2026-01-12"
NEW = "P999999"


@pytest.fixture(scope="module")
def tonight(finished: Pipeline, make_pipeline: Callable[..., Pipeline]) -> tuple[Release, str]:
    """The release of the night on which a twin of a much bought product came in, and the twin's original."""
    pipeline = make_pipeline()
    shutil.copytree(finished.home / "lake", pipeline.home / "lake")
    lake = pipeline.lake
    bought = lake.read("baskets")["product_id"].value_counts(sort=True)
    original = str(bought["product_id"][0])
    states = lake.read("products").filter(pl.col("product_id") == original).sort("updated_at").tail(1)
    twin = states.with_columns(
        pl.lit(NEW).alias("product_id"),
        pl.lit(DAY).alias("day"),
        pl.lit(True).alias("in_stock"),
        pl.lit(datetime(2026, 1, 12, 9, tzinfo=UTC)).dt.cast_time_unit("us").alias("updated_at"),
    )
    lake.merge("products", twin, CONTRACTS["products"].key)
    pipeline.run(f"models:{DAY}")
    return pipeline.champion(), original


def test_it_is_found_by_its_text(tonight: tuple[Release, str]) -> None:
    """It is similar to its original, and search finds it by its title."""
    release, original = tonight
    new, old = (release.catalogue.position(product) for product in (NEW, original))
    assert new >= 0
    assert release.hnsw_index is not None
    assert release.lexical_index is not None
    assert new in release.hnsw_index.similar(old, 5).items
    assert new in release.lexical_index.search(str(release.catalogue.frame["title"][new]), 10).items


def test_it_is_shown_in_its_category(tonight: tuple[Release, str]) -> None:
    """Among the first ten of its narrowest category, though nobody has looked at it."""
    release, _ = tonight
    new = release.catalogue.position(NEW)
    narrowest = max(release.catalogue.categories_of(new), key=lambda name: name.count(">"))
    members = release.catalogue.category_members(narrowest)
    assert new in release.popularity.top(10, members).items


def test_it_goes_with_what_its_original_goes_with(tonight: tuple[Release, str]) -> None:
    """Its partners are those of products alike, and it is a partner of theirs."""
    release, _ = tonight
    assert release.co_purchase is not None
    new = release.catalogue.position(NEW)
    partners = release.co_purchase.related([new], 10).items.tolist()
    assert partners
    assert all(new in release.co_purchase.related([partner], 100).items for partner in partners)
