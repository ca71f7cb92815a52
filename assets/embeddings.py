"""Product texts to vectors: only texts that have never been embedded are embedded."""

import time

import dagster as dg
import polars as pl

from assets.catalogue import catalogue_as_of
from assets.models.search.product_text import product_texts, text_hash
from assets.partitions import EVERY_EARLIER_DAY, daily_asset
from resources.embedder import TextEncoder, encoder_at, fingerprint_at
from resources.lake import Lake
from resources.settings import Settings
from resources.tables import TABLES

__all__ = ["EMBEDDING_ASSETS", "embedding_keys"]

_CHUNK_TEXTS = 4_096
"""Texts embedded and written in one commit, so that a killed run loses no more than these."""


def embedding_keys(texts: pl.Series, fingerprint: str) -> list[str]:
    """Key of each text's vector: the fingerprint of its encoder and the hash of the text."""
    return [f"{fingerprint}-{text_hash(text)}" for text in texts]


@daily_asset(
    group_name="embeddings",
    kinds={"onnx", "deltalake"},
    deps=[dg.AssetDep("products", partition_mapping=EVERY_EARLIER_DAY)],
)
def product_embeddings(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings], lake: dg.ResourceParam[Lake]
) -> dg.MaterializeResult:
    """Vectors of all product texts known by the day, keyed by the text's hash, so that a text is embedded once."""
    embedded = texts_in_all = 0
    seconds = 0.0
    version: int | None = None
    folder = settings.home / "encoder"
    encoder: TextEncoder | None = None
    for day in sorted(context.partition_keys):
        products = catalogue_as_of(lake, day)
        if products.is_empty():
            continue
        texts = product_texts(products)
        keys = embedding_keys(texts, fingerprint_at(folder))
        wanted = pl.DataFrame({"text_hash": keys, "text": texts}).unique("text_hash")
        known = lake.read("product_embeddings", columns=["text_hash"])
        missing = wanted.join(known, on="text_hash", how="anti").sort("text_hash")
        texts_in_all = wanted.height
        for at in range(0, missing.height, _CHUNK_TEXTS):
            encoder = encoder or encoder_at(folder)
            part = missing.slice(at, _CHUNK_TEXTS)
            started = time.monotonic()
            vectors = encoder.encode(part["text"].to_list())
            seconds += time.monotonic() - started
            rows = pl.DataFrame({"day": [day] * part.height, "text_hash": part["text_hash"], "vector": list(vectors)})
            version = lake.merge(
                "product_embeddings", rows.cast(pl.Schema(TABLES["product_embeddings"])), ["text_hash"], update=False
            )
            embedded += part.height
            context.log.info(f"{day}: {at + part.height:,} of {missing.height:,} new texts embedded")
    metadata: dict[str, dg.MetadataValue] = {
        "texts": dg.MetadataValue.int(texts_in_all),
        "newly_embedded": dg.MetadataValue.int(embedded),
        "dagster/row_count": dg.MetadataValue.int(texts_in_all),
    }
    if embedded:
        metadata["texts_per_second"] = dg.MetadataValue.float(round(embedded / seconds, 1))
    if version is not None:
        metadata["delta_version"] = dg.MetadataValue.int(version)
    return dg.MaterializeResult(metadata=metadata)


EMBEDDING_ASSETS = [product_embeddings]
