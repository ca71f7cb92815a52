"""Visits over midnight teach what goes with what, as those at noon do."""

from pathlib import Path

import polars as pl
import pytest

from assets.models.baskets.pair_counts import pair_counts
from assets.models.products.catalogue import Catalogue
from assets.models.sessions.model import SessionModel
from assets.tables.interactions import session_rows
from resources.lake import Lake
from tests.assets.tables.logs import DAY, MINUTE, NOON, events, run

PRODUCTS = ("a", "b", "c")


@pytest.mark.parametrize("hours", [0, 12])
def test_three_hundred_visits_teach(tmp_path: Path, hours: int) -> None:
    """Five minutes before noon, or midnight, each looks at a, and five after it at b: b follows a, and is seen with it.

    The tables are written a day at a time, as each night does.
    """
    middle = NOON + hours * 60 * MINUTE
    log = events(
        *(
            (middle + minutes * MINUTE, "view", {"session_id": f"s{n}", "user_id": None, "product_id": product})
            for n in range(300)
            for minutes, product in ((-5, "a"), (5, "b"))
        ),
        *((NOON + DAY, "view", {"session_id": f"c{n}", "user_id": None, "product_id": "c"}) for n in range(300)),
    )
    lake = Lake(str(tmp_path))
    for day in sorted(set(log["day"])):
        rows = run("sessions", {"events": log.filter(pl.col("day") <= day)}).filter(day=day)
        lake.replace_partition("sessions", rows, day, day)
    catalogue = Catalogue.build(
        pl.DataFrame(
            {"product_id": PRODUCTS, "title": PRODUCTS, "categories": [[]] * 3, "price": [1.0] * 3, "in_stock": True},
            schema_overrides={"categories": pl.List(pl.String)},
        )
    )
    seen = session_rows(lake, catalogue, "2026-01-01", "2026-01-11")
    model = SessionModel.fit(seen.group, seen.item, seen.ts, len(catalogue))
    assert [catalogue.ids[i] for i in model.recommend([0], 3).items] == ["b"]
    pairs = pair_counts(seen.group, seen.item, len(catalogue))
    assert list(zip(pairs.row.tolist(), pairs.column.tolist(), pairs.together.tolist(), strict=True)) == [
        (0, 1, 300),
        (1, 0, 300),
    ]
