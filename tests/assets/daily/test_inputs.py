"""An asset reads what it has declared, and nothing else."""

from collections.abc import Callable
from pathlib import Path

import pytest

from assets.daily.inputs import DeclaredLake, DeclaredModels, Reads, UndeclaredReadError
from assets.daily.windows import BEHAVIOUR, SAME_DAY, STATE, WHOLE
from resources.lake import Lake
from resources.model_store import ModelStore
from tests.default_shop import SHOP

FIRST, LAST = "2026-04-10", "2026-04-11"
READS = {"events": SAME_DAY, "orders": BEHAVIOUR, "users": STATE, "product_embeddings": WHOLE, "catalogue": SAME_DAY}
BEGIN = "2026-03-12"
"""30 days up to FIRST."""


@pytest.fixture
def lake(tmp_path: Path) -> DeclaredLake:
    """An empty lake, as an asset named `sessions` sees it in a run over two days."""
    return DeclaredLake(Lake(str(tmp_path)), Reads("sessions", READS, SHOP, FIRST, LAST))


@pytest.mark.parametrize(
    ("table", "first", "last"),
    [
        ("events", FIRST, LAST),
        ("events", LAST, LAST),
        ("quarantine_events", FIRST, LAST),
        ("orders", BEGIN, LAST),
        ("users", None, LAST),
        ("product_embeddings", None, None),
        ("sessions", None, None),
    ],
)
def test_declared_days_are_read(lake: DeclaredLake, table: str, first: str | None, last: str | None) -> None:
    """Each window to its ends, a quarantine as the table that it belongs to, and what the asset itself has written."""
    assert lake.read(table, first, last).is_empty()
    assert lake.count(table, first, last) == 0


@pytest.mark.parametrize(
    ("table", "first", "last"),
    [
        ("products", FIRST, LAST),
        ("events", "2026-04-09", LAST),
        ("events", FIRST, "2026-04-12"),
        ("events", None, LAST),
        ("events", FIRST, None),
        ("orders", "2026-03-11", LAST),
        ("users", None, None),
        ("users", None, "2026-04-12"),
    ],
)
def test_other_days_and_tables_are_refused(lake: DeclaredLake, table: str, first: str | None, last: str | None) -> None:
    """The message names the asset and the table."""
    reads: list[Callable[..., object]] = [lake.files, lake.read, lake.count]
    for read in reads:
        with pytest.raises(UndeclaredReadError, match=f"sessions reads {table}"):
            read(table, first, last)


def test_models_of_the_day_are_read_if_declared(tmp_path: Path) -> None:
    """Another model, and another day, are refused."""
    models = DeclaredModels(ModelStore(tmp_path), Reads("sessions", READS, SHOP, FIRST, FIRST))
    assert models.path("catalogue", FIRST) == tmp_path / "catalogue" / FIRST
    for asset, day in (("popularity", FIRST), ("catalogue", LAST)):
        with pytest.raises(UndeclaredReadError, match=asset):
            models.unavailable(asset, day)
