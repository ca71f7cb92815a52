"""The bar on Hillstrom: women's e-mail against none, visits."""

import numpy as np
import polars as pl
import pytest

from benchmarks.uplift.accuracy import chosen_on_split
from benchmarks.uplift.hillstrom import half_split, hillstrom_frame
from resources.settings import Settings

DATA = Settings.from_env().data
needs_hillstrom = pytest.mark.skipif(
    not (DATA / "hillstrom" / "hillstrom.parquet").exists(),
    reason=f"{DATA / 'hillstrom' / 'hillstrom.parquet'} is missing: set UPSHELF_DATA",
)


@pytest.mark.data
@needs_hillstrom
def test_frame_holds_the_two_arms() -> None:
    """Counts of the data set's own description; the men's e-mail is nobody's control."""
    frame = hillstrom_frame(DATA)
    counts = frame.group_by("treatment").agg(pl.len(), pl.col("outcome").mean().round(4)).sort("treatment")
    assert counts.rows() == [(0, 21306, 0.1062), (1, 21387, 0.1514)]
    assert [hillstrom_frame(DATA, arm).height for arm in ("mens", "pooled")] == [42_613, 64_000]


def test_halves_share_nobody() -> None:
    """Every row is in one half."""
    train, test = half_split(101, seed=3)
    assert sorted([*train, *test]) == list(range(101))
    assert (len(train), len(test)) == (50, 51)


@pytest.mark.slow
@pytest.mark.data
@needs_hillstrom
def test_chosen_model_reaches_the_bar() -> None:
    """Means over five splits: Qini ≥ 0.062, Uplift@30 ≥ 0.072, far above the response model's and a random score's."""
    figures = [chosen_on_split(DATA, seed)[1] for seed in range(5)]
    mean = {name: np.mean([figure[name][0] for figure in figures]) for name in figures[0]}
    assert mean["chosen"] >= 0.062
    assert np.mean([figure["chosen"][1] for figure in figures]) >= 0.072
    assert mean["chosen"] > 2 * max(mean["response"], mean["random"])
