"""Product texts to vectors: only texts that have never been embedded are embedded."""

import time

import polars as pl

from assets.daily.tables import Span, Written, daily_table
from assets.daily.windows import STATE
from assets.models.products.clean_values import clean_products
from assets.models.products.texts import product_texts, text_hash
from assets.tables.catalogue import catalogue_as_of
from resources.encoder.text_encoder import TextEncoder, encoder_at, encoder_folder, fingerprint_at
from resources.tables import TABLES

__all__ = ["embedding_keys", "product_embeddings"]

_CHUNK_TEXTS = 4_096
"""Texts embedded and written in one commit, so that a killed run loses no more than these."""


def embedding_keys(texts: pl.Series, fingerprint: str) -> list[str]:
    """Key of each text's vector: the fingerprint of its encoder and the hash of the text."""
    return [f"{fingerprint}-{text_hash(text)}" for text in texts]


@daily_table(group="embeddings", kinds={"onnx", "deltalake"}, reads={"products": STATE})
def product_embeddings(span: Span) -> Written:
    """Vectors of all product texts known by the day, keyed by the text's hash, so that a text is embedded once."""
    known_texts = embedded = 0
    seconds = 0.0
    folder = encoder_folder(span.settings.home, span.shop.embeddings.choice())
    encoder: TextEncoder | None = None
    for day in span.days:
        products = catalogue_as_of(span.lake, day)
        if products.is_empty():
            continue
        texts = product_texts(clean_products(products))
        keys = embedding_keys(texts, fingerprint_at(folder))
        distinct = pl.DataFrame({"text_hash": keys, "text": texts}).unique("text_hash")
        known = span.lake.read("product_embeddings", columns=["text_hash"])
        missing = distinct.join(known, on="text_hash", how="anti").sort("text_hash")
        known_texts = distinct.height
        for start in range(0, missing.height, _CHUNK_TEXTS):
            encoder = encoder or encoder_at(folder)
            part = missing.slice(start, _CHUNK_TEXTS)
            started = time.monotonic()
            vectors = encoder.encode(part["text"].to_list())
            seconds += time.monotonic() - started
            rows = pl.DataFrame({"day": [day] * part.height, "text_hash": part["text_hash"], "vector": list(vectors)})
            span.lake.merge(span.table, rows.cast(pl.Schema(TABLES[span.table])), ["text_hash"], update=False)
            embedded += part.height
            span.log(f"{day}: {start + part.height:,} of {missing.height:,} new texts embedded")
    speed = {"texts_per_second": round(embedded / seconds, 1)} if embedded else {}
    return Written(known_texts, {"newly_embedded": embedded, **speed})
