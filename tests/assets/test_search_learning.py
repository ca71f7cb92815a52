"""Search learnt from a lake of searches whose shoppers want what the words alone do not tell."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from assets.models.catalogue import Catalogue
from assets.models.search.lexical_index import LexicalIndex
from assets.models.search.product_fields import product_fields
from assets.models.search.product_text import product_texts
from assets.models.search.score_blend import blend, candidates
from assets.models.search.vector_index import VectorIndex
from assets.search_clicks import product_priors, searches_of
from assets.search_learning import QueryTexts, SearchShop, learn_from_days
from resources.embedder import TextEncoder
from resources.lake import Lake
from resources.model_store import Unavailable
from resources.settings import ROOT
from resources.shop import Shop
from resources.tables import TABLES

DAYS = ["2026-03-01", "2026-03-02", "2026-03-03"]
COLOURS = ("red", "blue", "green", "white", "black", "brass")
KINDS = ("lamp", "desk", "chair", "shelf", "vase", "clock", "rug", "stool")


def frame(table: str, rows: list[dict[str, object]]) -> pl.DataFrame:
    """Rows of a table; columns that they lack are null."""
    columns = TABLES[table]
    return pl.DataFrame([{c: row.get(c) for c in columns} for row in rows], schema=dict(columns))


def at(day: str) -> datetime:
    """Noon."""
    return datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC)


@pytest.fixture
def shop(tmp_path: Path, encoder: Path) -> SearchShop:
    """Of each colour and kind two products of one text; shoppers always choose the second."""
    lake = Lake(str(tmp_path / "lake"))
    names = [f"{colour} {kind}" for colour in COLOURS for kind in KINDS]
    products = [
        {"day": DAYS[0], "product_id": f"{name} {i}", "title": name, "in_stock": True, "updated_at": at(DAYS[0])}
        for name in names
        for i in (1, 2)
    ]
    lake.replace_partition("products", frame("products", products), DAYS[0], DAYS[0])
    for number, day in enumerate(DAYS):
        # A name is asked for on two of the three days; on the third it is known by its popularity alone.
        asked = [name for i, name in enumerate(names) if i % 3 != number]
        searches = [
            {"day": day, "search_id": f"{day}/{n}", "ts": at(day), "query": n, "product_id": f"{n} 2", "gain": 1}
            for n in asked
        ]
        lake.replace_partition("searches", frame("searches", searches), day, day)
        counts = dict.fromkeys(("views", "carts", "units_sold", "orders", "units_returned"), 0)
        stats = [
            {"day": day, "product_id": f"{n} 2", "clicks": 1, "revenue": 0.0, "refunds": 0.0, **counts} for n in asked
        ]
        lake.replace_partition("product_stats", frame("product_stats", stats), day, day)
    catalogue = Catalogue.build(frame("products", products).drop("day"))
    texts = product_texts(catalogue.frame).to_list()
    text_encoder = TextEncoder.load(encoder)
    lexical = LexicalIndex.of_products(product_fields(catalogue.frame))
    vectors = VectorIndex.build(text_encoder.encode(texts))
    declared = Shop.load(ROOT / "tests" / "shops" / "tiny" / "shop.toml")
    return SearchShop(declared, lake, catalogue, lexical, vectors, QueryTexts(lexical, text_encoder))


def test_clicks_teach_which_of_two_alike_is_wanted(shop: SearchShop) -> None:
    """The untuned search puts the first of two equal texts first, the learnt one the second, of every name."""
    learnt = learn_from_days(shop, DAYS[0], DAYS[-1])
    untuned = wanted = 0
    for name in (f"{colour} {kind}" for colour in COLOURS for kind in KINDS):
        shop.texts.prepare([name])
        vector, target = shop.texts.vector(name), shop.products.position(f"{name} 2")
        untuned += int(blend(candidates(shop.lexical, shop.vectors, name, vector), 1).items[0]) == target
        wanted += int(learnt.answer(name, vector, 1)[1].items[0]) == target
    assert untuned == 0
    assert wanted >= 0.9 * len(COLOURS) * len(KINDS)


def test_days_without_searches_teach_nothing(shop: SearchShop) -> None:
    """One time of the two has no search: there is nothing to learn, and the reason is given."""
    with pytest.raises(Unavailable, match="too few searches"):
        learn_from_days(shop, "2026-03-03", "2026-03-05")


def test_priors_know_their_days_alone(shop: SearchShop) -> None:
    """Popularity as of the first day is that day's; products are half a day old at its end, and a day more the next."""
    first = product_priors(shop.shop, shop.lake, shop.products, DAYS[0], DAYS[0])
    second = product_priors(shop.shop, shop.lake, shop.products, DAYS[0], DAYS[1])
    clicked = {item for search in searches_of(shop.lake, shop.products, DAYS[0], DAYS[0]) for item in search.gains}
    assert set(np.flatnonzero(first[:, 0]).tolist()) == clicked
    np.testing.assert_allclose(first[:, 1], 0.5)
    np.testing.assert_allclose(second[:, 1], 1.5)
