"""The asset of product vectors: a text is embedded once."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from assets.search.embeddings import product_embeddings
from resources.lake import Lake
from resources.settings import Settings
from resources.tables import TABLES
from tests.assets.one_asset import run

DAYS = ["2026-01-01", "2026-01-02"]
PRODUCTS, CHANGED = 200, 2


def states(day: str, titles: dict[str, str]) -> pl.DataFrame:
    """Products with these titles as of noon of ``day``."""
    ts = datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC)
    rows = [
        {"day": day, "product_id": i, "title": title, "in_stock": True, "updated_at": ts} for i, title in titles.items()
    ]
    columns = TABLES["products"]
    return pl.DataFrame([{c: row.get(c) for c in columns} for row in rows], schema=dict(columns))


def test_a_second_night_embeds_what_has_changed(tmp_path: Path, encoder: Path) -> None:
    """200 products, of which 1 % get another title overnight: 200 texts are embedded, then 2; the others stay."""
    settings = Settings.from_env({"UPSHELF_HOME": str(tmp_path)})
    (tmp_path / "encoder").symlink_to(encoder)
    lake = Lake(settings.lake_url)
    titles = {f"p{i}": f"lamp number {i}" for i in range(PRODUCTS)}
    lake.replace_partition("products", states(DAYS[0], titles), DAYS[0], DAYS[0])
    changed = {f"p{i}": f"bright lamp number {i}" for i in range(CHANGED)}
    lake.replace_partition("products", states(DAYS[1], changed), DAYS[1], DAYS[1])

    def embedded(day: str) -> tuple[object, object]:
        made = run(product_embeddings, day, home=tmp_path)
        metadata = made.asset_materializations_for_node("product_embeddings")[0].metadata
        return metadata["dagster/row_count"].value, metadata["newly_embedded"].value

    assert embedded(DAYS[0]) == (PRODUCTS, PRODUCTS)
    first = lake.read("product_embeddings")
    assert embedded(DAYS[1]) == (PRODUCTS, CHANGED)
    assert lake.read("product_embeddings").height == PRODUCTS + CHANGED
    kept = lake.read("product_embeddings").join(first, on="text_hash", how="semi").sort("text_hash")
    assert kept.equals(first.sort("text_hash"))
    assert embedded(DAYS[1]) == (PRODUCTS, 0)
