"""The table of figures by hand."""

import numpy as np
import pytest

from evaluation.ranking.list_report import LEAST_QUERIES, list_figures

N = 2 * LEAST_QUERIES


def test_by_hand() -> None:
    """The model hits first in every other query, popularity never; half of the queries are of a segment."""
    lists = {"model": [[0, 1] if q % 2 else [2, 1] for q in range(N)], "popularity": [[3, 2]] * N}
    first = np.arange(N) < LEAST_QUERIES
    figures = list_figures(
        lists,
        [{0}] * N,
        2,
        interactions=np.array([0, 1, 2, 3]),
        labels=[{"a"}, {"a"}, {"b"}, {"b"}],
        segments={"first": first, "few": np.arange(N) < 3},
    )
    model = figures["model"]
    assert model["queries"] == N
    assert [model[m]["estimate"] for m in ("hit_rate", "mrr", "ndcg", "recall")] == [0.5] * 4
    assert model["hit_rate"]["lower"] < 0.5 < model["hit_rate"]["upper"]
    assert model["hit_rate_above_popularity"]["estimate"] == 0.5
    assert model["coverage"] == 0.75
    assert model["diversity"]["estimate"] == 0.5
    shares = np.array([1, 2, 3, 4]) / 10
    assert model["novelty"]["estimate"] == pytest.approx(-np.log2(shares[[0, 1, 2, 1]]).mean())
    assert model["segments"].keys() == {"first"}
    assert model["segments"]["first"]["queries"] == LEAST_QUERIES
    assert figures["popularity"]["hit_rate"]["estimate"] == 0
    assert "hit_rate_above_model" not in figures["popularity"]


def test_a_shop_without_categories_has_no_diversity() -> None:
    """The figure is left out, not zero."""
    figures = list_figures(
        {"model": [[0]]}, [{0}], 1, interactions=np.array([1]), labels=None, segments={"all": np.ones(1, dtype=bool)}
    )
    assert "diversity" not in figures["model"]
    assert figures["model"]["segments"] == {}
