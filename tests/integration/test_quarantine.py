"""Bad rows of a shop of CSV files: set aside with rule and origin, blocking when too many, back once repaired."""

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from assets.models.manifest import read_manifest
from tests.integration.home import Pipeline

DAYS = ("2026-01-01", "2026-01-02", "2026-01-03")
SHOP = """
name = "csv"
first_day = 2026-01-01
last_day = 2026-01-03
quarantine_limit = 0.05

[source]
kind = "files"
folder = "{folder}"

[tables.products]
query = "SELECT * FROM read_csv('{{folder}}/products.csv', all_varchar = true)"

[tables.events]
query = "SELECT * FROM read_csv('{{folder}}/events.csv', all_varchar = true)"
"""


class CsvShop:
    """20 products and 40 views a day in CSV files that a test may spoil."""

    def __init__(self, folder: Path) -> None:
        """Write the shop and its files."""
        self.folder = folder
        (folder / "shop.toml").write_text(SHOP.format(folder=folder), encoding="utf-8")
        self.write(
            "products",
            "product_id,title,price,in_stock,updated_at",
            [f"p{n},LAMP {n},{n}.50,true,2025-12-01T00:00:00Z" for n in range(20)],
        )
        self.events = [
            f"e{day}-{n},{day}T10:{n:02d}:00Z,view,u{n % 8},p{n * 7 % 20}" for day in DAYS for n in range(40)
        ]
        self.save()

    def write(self, table: str, header: str, rows: list[str]) -> None:
        """Replace a file."""
        (self.folder / f"{table}.csv").write_text("\n".join([header, *rows, ""]), encoding="utf-8")

    def save(self) -> None:
        """Write the events as they stand."""
        self.write("events", "event_id,ts,kind,user_id,product_id", self.events)

    def spoil(self, *numbers: int) -> None:
        """Give these events a kind that is none."""
        for number in numbers:
            self.events[number] = self.events[number].replace(",view,", ",teleport,")
        self.save()

    def repair(self) -> None:
        """Undo every spoiling, and give undated rows their day."""
        self.events = [
            row.replace(",teleport,", ",view,").replace(",someday,", f",{DAYS[1]}T23:00:00Z,") for row in self.events
        ]
        self.save()


@pytest.fixture
def csv(tmp_path: Path) -> CsvShop:
    """A sound shop."""
    return CsvShop(tmp_path)


def test_bad_rows_wait_in_quarantine_until_they_are_repaired(
    csv: CsvShop, make_pipeline: Callable[..., Pipeline]
) -> None:
    """Two bad kinds on day 2 and a row without a time among 121; repaired and read again, they are in their table."""
    csv.spoil(45, 50)
    csv.events.append("undated,someday,view,u1,p1")
    csv.save()
    pipeline = make_pipeline(csv.folder)
    (result,) = pipeline.run(f"tables:{DAYS[0]}:{DAYS[2]}")
    assert result["checks"]["events.contract"]["passed"]
    assert "3 of 121 rows" in result["checks"]["events.contract"]["description"]
    assert pipeline.lake.read("events").height == 118
    broken = pipeline.lake.read("quarantine_events").sort("day", "row")
    assert broken["day"].to_list() == [DAYS[1], DAYS[1], "undated"]
    assert all("kind_is_known" in rules for rules in broken["rules"].to_list()[:2])
    assert any("ts" in rule for rule in broken["rules"].to_list()[2])
    assert all("'csv'" in origin and str(csv.folder) in origin for origin in broken["origin"])
    assert [json.loads(row)["event_id"] for row in broken["row"]] == [f"e{DAYS[1]}-10", f"e{DAYS[1]}-5", "undated"]

    csv.repair()
    (result,) = pipeline.run(f"tables:{DAYS[1]}:{DAYS[1]}")
    assert "0 of 41 rows" in result["checks"]["events.contract"]["description"]
    assert pipeline.lake.read("quarantine_events").is_empty()
    events = pipeline.lake.read("events")
    assert events.height == 121
    assert {f"e{DAYS[1]}-10", f"e{DAYS[1]}-5", "undated"} <= set(events.filter(pl.col("day") == DAYS[1])["event_id"])


def test_too_many_bad_rows_block_what_is_downstream(csv: CsvShop, make_pipeline: Callable[..., Pipeline]) -> None:
    """Ten bad rows of 120 are above the limit of 5 %: no sessions; orders and their baskets go on."""
    csv.spoil(*range(40, 50))
    pipeline = make_pipeline(csv.folder)
    (result,) = pipeline.attempt(f"tables:{DAYS[0]}:{DAYS[2]}")
    assert not result["success"]
    assert not result["checks"]["events.contract"]["passed"]
    assert "10 of 120 rows" in result["checks"]["events.contract"]["description"]
    assert "quarantine_events" in result["checks"]["events.contract"]["description"]
    assert {"events", "orders", "baskets"} <= set(result["materialised"])
    assert not {"sessions", "product_stats", "user_profiles", "ad_frame"} & set(result["materialised"])
    assert pipeline.lake.read("sessions").is_empty()


def test_a_module_without_data_is_skipped_with_its_reason(csv: CsvShop, make_pipeline: Callable[..., Pipeline]) -> None:
    """The shop has products and events alone: what needs orders, ads, banners or categories says so in the manifest."""
    pipeline = make_pipeline(csv.folder)
    pipeline.run(f"tables:{DAYS[0]}:{DAYS[2]}", f"models:{DAYS[2]}")
    manifest = read_manifest(pipeline.release_folder(DAYS[2]))
    assert set(manifest.modules) == {
        "catalogue",
        "encoder",
        "hnsw_index",
        "lexical_index",
        "suggestions",
        "session_model",
        "popularity",
        "user_histories",
    }
    reasons = dict(manifest.unavailable)
    assert set(reasons) == {
        "search_model",
        "similar_model",
        "co_purchase",
        "next_basket",
        "category_recommendations",
        "banner_priors",
        "segments",
        "uplift_model",
        "roi_simulation",
    }
    for module, reason in {
        "search_model": "nobody searched on 2026-01-03",
        "similar_model": "200 are learnt from",
        "co_purchase": "no orders",
        "next_basket": "no orders",
        "category_recommendations": "category",
        "banner_priors": "no banner impressions",
        "segments": "no ad_exposures",
        "roi_simulation": "no ad_exposures",
    }.items():
        assert reason in reasons[module]
    assert pipeline.champion().version == manifest.version
