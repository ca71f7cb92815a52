"""Reading a judged search task."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from benchmarks.search.task import read_task


def test_reading(tmp_path: Path) -> None:
    """Items in id order, repeated judgments averaged, products nobody sells and queries without a gain left out."""
    pl.DataFrame({"product_uid": [2, 1, 2], "product_title": ["B", "A", "B"]}).write_parquet(
        tmp_path / "products.parquet"
    )
    pl.DataFrame(
        {
            "search_term": ["x", "x", "x", "y", "z"],
            "product_uid": [2, 2, 9, 1, 1],
            "relevance": [1.0, 3.0, 3.0, 1.0, 3.0],
        }
    ).write_parquet(tmp_path / "judgments.parquet")
    task = read_task(tmp_path)
    assert task.titles == ["A", "B"]
    assert task.queries == ["x", "z"]
    assert task.gains == [{1: 1.0}, {0: 3.0}]
    assert task.relevant == [{1}, {0}]
    one, other = task.split(0)
    assert {*one.queries, *other.queries} == {"x", "z"}
    assert task.ndcg([np.array([1]), np.array([1])]).tolist() == [1.0, 0.0]
    assert task.judged_ndcg([np.array([0, 1]), np.array([1])]).tolist() == [1.0, 0.0]
    assert task.recall([np.array([1]), np.array([1, 0])]).tolist() == [1.0, 1.0]


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    """A missing file and a missing column."""
    with pytest.raises(FileNotFoundError, match=r"products\.parquet"):
        read_task(tmp_path)
    pl.DataFrame({"product_uid": [1]}).write_parquet(tmp_path / "products.parquet")
    with pytest.raises(ValueError, match="product_title"):
        read_task(tmp_path)
