"""A release of products that a test names, with what a search box and lists need of it."""

import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from assets.models.popularity.items import Popularity
from assets.models.products.attributes import ProductAttributes
from assets.models.products.catalogue import Catalogue
from assets.models.products.numbers import ProductNumbers
from assets.models.products.texts import product_texts
from assets.models.search.lexical.fields import product_fields
from assets.models.search.lexical.index import LexicalIndex
from assets.models.search.suggestions.completion import Suggestions
from assets.models.search.vectors.index import VectorIndex
from resources.encoder.text_encoder import TextEncoder
from tests.serving.releases import describe

TYPES: dict[str, Any] = {
    "product_id": pl.String,
    "title": pl.String,
    "description": pl.String,
    "brand": pl.String,
    "categories": pl.List(pl.String),
    "tags": pl.List(pl.String),
    "price": pl.Float64,
    "in_stock": pl.Boolean,
    "image_url": pl.String,
    "updated_at": pl.Datetime("us", "UTC"),
}


def products(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Rows of the products contract: p000, p001, … in stock at 10 unless they say otherwise."""
    usual = {
        "price": 10.0,
        "in_stock": True,
        "categories": [],
        "tags": [],
        "updated_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    whole = [{**dict.fromkeys(TYPES), **usual, "product_id": f"p{i:03d}", **row} for i, row in enumerate(rows)]
    return pl.DataFrame(whole, schema=TYPES)


def typed_shop(
    folder: Path,
    rows: Sequence[Mapping[str, Any]],
    *,
    synonyms: Sequence[Sequence[str] | str] = (),
    queries: Mapping[str, int] | None = None,
    encoder: Path | None = None,
    languages: Sequence[str] = (),
) -> Path:
    """Write a release folder; the first products are the most popular. With an encoder it searches by meaning too."""
    goods = Catalogue.build(products(rows))
    n = len(goods)
    popularity = Popularity.fit(np.arange(n), np.arange(n, 0, -1).astype(np.float32), np.zeros(n, np.float32), n)
    modules: dict[str, Any] = {
        "catalogue": goods,
        "popularity": popularity,
        "lexical_index": LexicalIndex.of_products(product_fields(goods.frame), synonyms=synonyms, languages=languages),
        "suggestions": Suggestions.of_catalogue(goods, popularity.score, queries or {}),
    }
    if encoder is not None:
        vectors = TextEncoder.load(encoder).encode(product_texts(goods.frame).to_list())
        modules["hnsw_index"] = VectorIndex.build(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
        shutil.copytree(encoder, folder / "encoder")
    for name, model in modules.items():
        (folder / name).mkdir(parents=True)
        model.save(folder / name)
    for beside in (ProductAttributes, ProductNumbers):
        beside.build(goods).save(folder / "catalogue")
    describe(folder, "2026-01-30")
    return folder
