"""Counts of values with and without a table by product, and the files that hold them."""

from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl

from assets.models.products.attributes import ProductAttributes
from assets.models.products.catalogue import Catalogue


def test_rare_and_frequent_attributes_are_counted_alike(tmp_path: Path) -> None:
    """Few products have a size and all have a colour: counts under a mask are those of a look at every product."""
    rng, n = np.random.default_rng(0), 400
    sizes = [f"size:{rng.integers(3)}" if i % 50 == 0 else "plain" for i in range(n)]
    colours = rng.integers(0, 4, n)
    frame = pl.DataFrame(
        {
            "product_id": [f"p{i:03d}" for i in range(n)],
            "tags": [[s, f"colour:{c}"] for s, c in zip(sizes, colours, strict=True)],
        }
    )
    frame = frame.with_columns(
        title=pl.lit("A"),
        brand=pl.lit(None, pl.String),
        categories=pl.lit([], pl.List(pl.String)),
        price=1.0,
        in_stock=True,
    )
    catalogue = Catalogue.build(frame)
    ProductAttributes.build(catalogue).save(tmp_path)
    read = ProductAttributes.load(tmp_path, catalogue)
    allowed = rng.random(n) < 0.5
    for name, of in {"size": [s.removeprefix("size:") for s in sizes], "colour": [str(c) for c in colours]}.items():
        expected = Counter(value for value, kept in zip(of, allowed, strict=True) if kept and value != "plain")
        assert dict(read.counts(name, allowed, 10)) == expected
        assert read.by_item(name).n_values == len(set(of) - {"plain"})


def test_a_catalogue_of_nothing(tmp_path: Path) -> None:
    """Has categories and a price to ask for, and no values."""
    empty = Catalogue.build(
        pl.DataFrame(
            schema={
                "product_id": pl.String,
                "title": pl.String,
                "brand": pl.String,
                "price": pl.Float64,
                "in_stock": pl.Boolean,
                "categories": pl.List(pl.String),
                "tags": pl.List(pl.String),
            }
        )
    )
    ProductAttributes.build(empty).save(tmp_path)
    read = ProductAttributes.load(tmp_path, empty)
    assert read.names == ["category", "price"]
    assert read.counts("category", np.zeros(0, dtype=np.bool_), 5) == []
