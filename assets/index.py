"""Indexes over the catalogue: nearest vectors of its texts (HNSW), words of its fields (BM25F) and first letters."""

from pathlib import Path

import dagster as dg
import numpy as np
import polars as pl

from assets.checks import index_recall_check, index_recall_check_spec
from assets.daily_models import Metadata, build_each_day
from assets.embeddings import embedding_keys
from assets.models.catalogue import Catalogue
from assets.models.popularity import Popularity
from assets.models.search.index_recall import recall_against_exact
from assets.models.search.lexical_index import LexicalIndex
from assets.models.search.popular_queries import PopularQueries
from assets.models.search.product_fields import FieldWeights, product_fields
from assets.models.search.product_text import product_texts
from assets.models.search.suggestions import Suggestions
from assets.models.search.vector_index import VectorIndex
from assets.partitions import EVERY_EARLIER_DAY, SAME_DAY, SHOP, daily_asset, days_before, trailing
from resources.embedder import fingerprint_at
from resources.lake import Lake
from resources.model_store import ModelStore, Unavailable
from resources.settings import Settings
from resources.shop import Shop

__all__ = ["INDEX_ASSETS"]

_RECALL_QUERIES = 200
_NO_PRODUCTS = "the shop has no products yet"


def _catalogue(models: ModelStore, day: str) -> Catalogue:
    """The day's catalogue.

    Raises:
        Unavailable: If it is empty.
    """
    products = Catalogue.load(models.require("catalogue", day))
    if not len(products):
        raise Unavailable(_NO_PRODUCTS)
    return products


@daily_asset(
    group_name="index",
    kinds={"hnswlib"},
    check_specs=[index_recall_check_spec("hnsw_index")],
    deps=[
        dg.AssetDep("catalogue", partition_mapping=SAME_DAY),
        dg.AssetDep("product_embeddings", partition_mapping=EVERY_EARLIER_DAY),
    ],
)
def hnsw_index(
    context: dg.AssetExecutionContext,
    settings: dg.ResourceParam[Settings],
    lake: dg.ResourceParam[Lake],
    models: dg.ResourceParam[ModelStore],
) -> dg.MaterializeResult:
    """Nearest-neighbour index (Malkov and Yashunin 2018) over the vectors of the day's catalogue."""
    recalls = []

    def build(day: str, folder: Path) -> Metadata:
        products = _catalogue(models, day)
        keys = embedding_keys(product_texts(products.frame), fingerprint_at(settings.home / "encoder"))
        wanted = pl.DataFrame({"text_hash": keys})
        found = wanted.join(lake.read("product_embeddings"), on="text_hash", how="left", maintain_order="left")
        if missing := found["vector"].null_count():
            raise Unavailable(f"{missing} products have no vector as of {day}; materialise product_embeddings first")
        vectors = np.stack([np.asarray(v, dtype=np.float32) for v in found["vector"].to_list()])
        index = VectorIndex.build(vectors)
        index.save(folder)
        recalls.append(recall_against_exact(index, vectors, queries=_RECALL_QUERIES, k=10))
        return {
            "dagster/row_count": dg.MetadataValue.int(len(products)),
            "recall_at_10": dg.MetadataValue.float(recalls[-1]),
        }

    result = build_each_day(context, models, build)
    check = index_recall_check(min(recalls) if recalls else None)
    return dg.MaterializeResult(metadata=result.metadata, check_results=[check])


@daily_asset(
    group_name="index",
    kinds={"bm25s"},
    deps=[
        dg.AssetDep("catalogue", partition_mapping=SAME_DAY),
    ],
)
def lexical_index(
    context: dg.AssetExecutionContext,
    shop: dg.ResourceParam[Shop],
    models: dg.ResourceParam[ModelStore],
) -> dg.MaterializeResult:
    """Word index (BM25F; Robertson, Zaragoza and Taylor 2004) over the day's products, with the shop's synonyms."""

    def build(day: str, folder: Path) -> Metadata:
        products = _catalogue(models, day)
        weights = FieldWeights()._replace(**shop.search.field_weights)
        LexicalIndex.of_products(product_fields(products.frame), weights, shop.search.synonyms).save(folder)
        return {"dagster/row_count": dg.MetadataValue.int(len(products))}

    return build_each_day(context, models, build)


@daily_asset(
    group_name="index",
    kinds={"numpy"},
    deps=[
        *(dg.AssetDep(asset, partition_mapping=SAME_DAY) for asset in ("catalogue", "lexical_index", "popularity")),
        dg.AssetDep("events", partition_mapping=trailing(SHOP.window_days)),
    ],
)
def suggestions(
    context: dg.AssetExecutionContext,
    shop: dg.ResourceParam[Shop],
    lake: dg.ResourceParam[Lake],
    models: dg.ResourceParam[ModelStore],
) -> dg.MaterializeResult:
    """Autocomplete: products by popularity, categories, brands, and what several people searched for and found."""

    def build(day: str, folder: Path) -> Metadata:
        products = _catalogue(models, day)
        index = LexicalIndex.load(models.require("lexical_index", day))
        popularity = Popularity.load(models.require("popularity", day))
        events = lake.read(
            "events",
            days_before(day, shop.window_days - 1),
            day,
            columns=["kind", "query", "user_id", "session_id"],
        )
        popular = PopularQueries.build(events.filter(pl.col("kind") == "search"), shop.search.blocked_words)
        popular = popular.that(lambda query: bool(index.scores(query).any()))
        Suggestions.of_catalogue(products, popularity.score, popular.counts).save(folder)
        return {
            "dagster/row_count": dg.MetadataValue.int(len(products)),
            "popular_queries": dg.MetadataValue.int(len(popular.counts)),
        }

    return build_each_day(context, models, build)


INDEX_ASSETS = [hnsw_index, lexical_index, suggestions]
