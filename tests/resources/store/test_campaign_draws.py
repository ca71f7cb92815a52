"""Draws of campaigns on record, on SQLite and on a real PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pytest

from resources.store import Store, StoreError
from resources.store.campaign_draws import Draw, begin_draw, draw_exported, newest_draw, read_draw, record_draw
from resources.store.erasure import StoreRows, erase_from_store
from resources.store.forgotten import ForgottenUsers
from tests.resources.store.test_forgotten import store as _store

store = _store


def users(*names: str, arm: str = "control") -> pl.DataFrame:
    """Drawn into one arm."""
    return pl.DataFrame({"user_id": names}).with_columns(
        pl.lit(arm).alias("arm"), pl.lit(0.2).alias("propensity"), pl.lit("bought=yes").alias("stratum")
    )


def arms(store: Store, draw: Draw) -> dict[str, str]:
    """User → arm."""
    return dict(read_draw(store, draw).select("user_id", "arm").iter_rows())


def test_the_seed_of_what_was_begun_stays(store: Store) -> None:
    """Other settings are taken until it is drawn, and not afterwards."""
    assert newest_draw(store, "spring") is None
    begun = begin_draw(store, "spring", 1, "s1", "{}")
    assert begun == Draw("spring", 1, "s1", "{}", None, None, None)
    assert begin_draw(store, "spring", 1, "s2", '{"a": 1}') == begun._replace(settings='{"a": 1}')
    with pytest.raises(StoreError, match="begun anew with other settings"):
        record_draw(store, begun, users("a"))
    drawn = record_draw(store, begun._replace(settings='{"a": 1}'), users("b", "a"))
    assert (drawn.seed, drawn.users, drawn.exported_at) == ("s1", 2, None)
    assert begin_draw(store, "spring", 1, "s3", "{}") == drawn
    draw_exported(store, drawn)
    found = newest_draw(store, "spring")
    assert found is not None
    assert found.exported_at is not None
    assert read_draw(store, drawn).rows() == [("a", "control", 0.2, "bought=yes"), ("b", "control", 0.2, "bought=yes")]


def test_it_is_drawn_once(store: Store) -> None:
    """Of eight at once one writes, and all are told the same; another draw and another campaign have their own."""
    begun = begin_draw(store, "spring", 1, "s", "{}")
    with ThreadPoolExecutor(8) as pool:
        told = set(pool.map(lambda n: record_draw(store, begun, users("a", "b", arm=f"arm {n}")), range(8)))
    assert len(told) == 1
    assert len(set(arms(store, begun).values())) == 1
    again = begin_draw(store, "spring", 2, "t", "{}")
    record_draw(store, again, users("a", arm="other"))
    assert (newest_draw(store, "spring") or begun).number == 2
    assert arms(store, again) == {"a": "other"}
    assert arms(store, begin_draw(store, "summer", 1, "s", "{}")) == {}


def test_pages_neither_repeat_nor_skip(store: Store) -> None:
    """By the id that the last page ended with."""
    draw = record_draw(store, begin_draw(store, "spring", 1, "s", "{}"), users(*(f"u{n}" for n in range(5))))
    pages, after = [], ""
    while not (page := read_draw(store, draw, after=after, limit=2)).is_empty():
        pages.append(page["user_id"].to_list())
        after = pages[-1][-1]
    assert pages == [["u0", "u1"], ["u2", "u3"], ["u4"]]


def test_the_forgotten_are_in_no_draw(store: Store) -> None:
    """Neither afterwards nor where they asked for it before; by the id or the digest alone."""
    ForgottenUsers(store.engine).request({"before": 1})
    for number in (1, 2):
        draw = begin_draw(store, "spring", number, "s", "{}")
        assert record_draw(store, draw, users("after", "before", "stays")).users == 2
    gone = ForgottenUsers(store.engine).request({"after": 2})
    assert erase_from_store(store.engine, gone, apply=False) == StoreRows(0, 0, 2)
    assert erase_from_store(store.engine, gone) == StoreRows(0, 0, 2)
    assert arms(store, draw) == {"stays": "control"}
    stays = ForgottenUsers(store.engine).request({"stays": 3})
    assert erase_from_store(store.engine, stays, ids=["stays"]) == StoreRows(0, 0, 2)


def test_a_store_that_is_away_is_told(tmp_path: Path) -> None:
    """As an error of the store."""
    (tmp_path / "store.db").mkdir()
    away = Store(f"sqlite:///{tmp_path / 'store.db'}")
    for call in (lambda: newest_draw(away, "c"), lambda: begin_draw(away, "c", 1, "s", "{}")):
        with pytest.raises(StoreError, match=r"could not be .*: OperationalError"):
            call()
