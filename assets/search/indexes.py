"""Indexes over the catalogue: nearest vectors of its texts (HNSW), words of its fields (BM25F) and first letters."""

import dagster as dg
import numpy as np
import polars as pl

from assets.daily.declared import Check
from assets.daily.models import AsOf, Built, daily_model
from assets.daily.windows import BEHAVIOUR, SAME_DAY, WHOLE
from assets.models.popularity.items import Popularity
from assets.models.products.catalogue import Catalogue
from assets.models.products.texts import product_texts
from assets.models.search.lexical.fields import FieldWeights, product_fields
from assets.models.search.lexical.index import LexicalIndex
from assets.models.search.suggestions.completion import Suggestions
from assets.models.search.suggestions.popular_queries import PopularQueries
from assets.models.search.vectors.index import VectorIndex
from assets.models.search.vectors.recall import recall_against_exact
from assets.search.embeddings import embedding_keys
from resources.encoder.text_encoder import encoder_folder, fingerprint_at
from resources.model_store import Unavailable

__all__ = ["hnsw_index", "lexical_index", "suggestions"]

_RECALL_QUERIES = 200
RECALL_FLOOR = 0.95
RECALL = Check("recall", "Recall@10 of the vector index against exact search.", blocking=True)
_NO_PRODUCTS = "the shop has no products yet"


def _catalogue(at: AsOf) -> Catalogue:
    """The day's catalogue.

    Raises:
        Unavailable: If it is empty.
    """
    products = Catalogue.load(at.model("catalogue"))
    if not len(products):
        raise Unavailable(_NO_PRODUCTS)
    return products


@daily_model(
    group="index", kinds={"hnswlib"}, reads={"catalogue": SAME_DAY, "product_embeddings": WHOLE}, checks=[RECALL]
)
def hnsw_index(at: AsOf) -> Built:
    """Nearest-neighbour index (Malkov and Yashunin 2018) over the vectors of the day's catalogue."""
    products = _catalogue(at)
    keys = embedding_keys(
        product_texts(products.frame), fingerprint_at(encoder_folder(at.settings.home, at.shop.embeddings.choice()))
    )
    wanted = pl.DataFrame({"text_hash": keys})
    found = wanted.join(at.lake.read("product_embeddings"), on="text_hash", how="left", maintain_order="left")
    if missing := found["vector"].null_count():
        raise Unavailable(f"{missing} products have no vector as of {at.day}; materialise product_embeddings first")
    vectors = np.stack([np.asarray(v, dtype=np.float32) for v in found["vector"].to_list()])
    index = VectorIndex.build(vectors)
    index.save(at.folder)
    recall = recall_against_exact(index, vectors, queries=_RECALL_QUERIES, k=10)
    return Built(len(products), {"recall_at_10": recall}, [_judged(recall)])


def _judged(recall: float) -> dg.AssetCheckResult:
    """Whether the approximate index finds what exact search finds: recall@10, 0 to 1."""
    return dg.AssetCheckResult(
        check_name=RECALL.name,
        passed=recall >= RECALL_FLOOR,
        severity=dg.AssetCheckSeverity.ERROR,
        description=f"recall@10 against exact search is {recall:.3f}; it must be at least {RECALL_FLOOR}",
        metadata={"recall_at_10": recall},
    )


@daily_model(group="index", kinds={"bm25s"}, reads={"catalogue": SAME_DAY})
def lexical_index(at: AsOf) -> Built:
    """Word index (BM25F; Robertson, Zaragoza and Taylor 2004) over the day's products, with the shop's synonyms.

    Words are cut and stemmed by the languages that the shop declares, or else by those that its products are in.
    """
    products = _catalogue(at)
    weights = FieldWeights()._replace(**at.shop.search.field_weights)
    shop = at.shop.search
    index = LexicalIndex.of_products(product_fields(products.frame), weights, shop.synonyms, shop.languages)
    index.save(at.folder)
    return Built(
        len(products), {"languages": ", ".join(index.languages.codes), "detected_shares": dict(index.languages.shares)}
    )


@daily_model(
    group="index",
    kinds={"numpy"},
    reads={"catalogue": SAME_DAY, "lexical_index": SAME_DAY, "popularity": SAME_DAY, "events": BEHAVIOUR},
)
def suggestions(at: AsOf) -> Built:
    """Autocomplete: products by popularity, categories, brands, and what several people searched for and found."""
    products = _catalogue(at)
    index = LexicalIndex.load(at.model("lexical_index"))
    popularity = Popularity.load(at.model("popularity"))
    events = at.lake.read(
        "events",
        at.first(BEHAVIOUR),
        at.day,
        columns=["kind", "query", "user_id", "session_id"],
    )
    popular = PopularQueries.build(events.filter(pl.col("kind") == "search"), at.shop.search.blocked_words)
    popular = popular.that(lambda query: bool(index.scores(query).any()))
    Suggestions.of_catalogue(products, popularity.score, popular.counts).save(at.folder)
    return Built(len(products), {"popular_queries": len(popular.counts)})
