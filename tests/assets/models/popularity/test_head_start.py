"""Head starts by hand."""

import numpy as np
import polars as pl

from assets.models.popularity.head_start import head_starts
from assets.models.popularity.items import Popularity
from assets.models.products.catalogue import Catalogue


def test_by_hand() -> None:
    """Of twelve lamps one is a half-life old; the last product, of today, is of no category."""
    paths = [["Home > Lamps"]] * 12 + [["Home > Rugs"], []]
    frame = pl.DataFrame(
        {
            "product_id": [f"p{i:02}" for i in range(14)],
            "title": "x",
            "categories": paths,
            "price": 1.0,
            "in_stock": True,
        }
    )
    catalogue = Catalogue.build(frame)
    score = np.array([*range(11), 9, 99, 0], dtype=np.float32)
    arrived = np.full(14, np.inf)
    arrived[[11, 13]] = [7, 0]
    start = head_starts(score, catalogue, arrived, 7)
    assert start[11] == np.float32(np.quantile(score[:12], 0.9) / 2)
    assert start[13] == 0
    assert not start[:11].any()
    assert not start[12]


def test_a_product_of_today_is_near_the_top_of_its_category() -> None:
    """Of twenty lamps that sell the new one, which does not, comes third or so; among rugs it does not come."""
    n = 41
    frame = pl.DataFrame(
        {
            "product_id": [f"p{i:02}" for i in range(n)],
            "title": "x",
            "categories": [["Home > Lamps"]] * 21 + [["Home > Rugs"]] * 20,
            "price": 1.0,
            "in_stock": True,
        }
    )
    catalogue = Catalogue.build(frame)
    items, weight = np.arange(n), np.r_[np.arange(20, 0, -1), 0, np.arange(200, 220)].astype(float)
    arrived = np.full(n, np.inf)
    arrived[20] = 0
    plain = Popularity.fit(items, weight, np.zeros(n), n)
    start = head_starts(plain.score, catalogue, arrived, 7)
    model = plain.with_head_start(start)
    lamps = catalogue.category_members("Home > Lamps")
    assert 20 in model.top(4, lamps).items
    assert 20 not in plain.top(20, lamps).items
    assert 20 not in model.top(20).items
