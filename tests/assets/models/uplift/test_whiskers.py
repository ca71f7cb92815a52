"""Absurd values are clipped or taken for missing; ordinary columns, however skewed, stay as they are."""

import json

import numpy as np
import pytest

from assets.models.uplift.whiskers import Whiskers
from evaluation.arrays import Floats

ROWS = 20_000


def ages() -> Floats:
    """From 18 to 90."""
    return np.random.default_rng(0).integers(18, 91, ROWS).astype(np.float64)


def test_bounds_by_hand() -> None:
    """0 to 100: quantiles 5, 50 and 95, fences -85 and 185; the whiskers end at what was seen within."""
    column = np.append(np.arange(101.0), [184.0, 200.0, np.nan])[:, None]
    whiskers = Whiskers.fit(column)
    assert (whiskers.lower.tolist(), whiskers.upper.tolist()) == ([0.0], [184.0])
    np.testing.assert_array_equal(
        whiskers.winsorised(np.array([[-9.0], [7.0], [1e12], [np.nan]]))[:, 0], [0, 7, 184, np.nan]
    )


@pytest.mark.parametrize("share", [0.01, 0.04])
def test_a_sentinel_is_missing(share: float) -> None:
    """999 in one age of a hundred, or four; a single 1e12 beside it is clipped."""
    spoilt = np.where(np.random.default_rng(1).random(ROWS) < share, 999.0, ages())
    spoilt[0] = 1e12
    whiskers = Whiskers.fit(spoilt[:, None])
    assert (whiskers.lower[0], whiskers.upper[0], whiskers.sentinel[0]) == (18.0, 90.0, 999.0)
    used = whiskers.winsorised(spoilt[:, None])[:, 0]
    assert np.isnan(used).sum() == (spoilt == 999).sum()
    assert used[0] == 90.0


@pytest.mark.parametrize("value", [1e12, -1e12, 1.7e308])
def test_one_absurd_value_is_clipped(value: float) -> None:
    """To the last ordinary one of its side."""
    spoilt = ages()
    spoilt[0] = value
    whiskers = Whiskers.fit(spoilt[:, None])
    assert (whiskers.lower[0], whiskers.upper[0]) == (18.0, 90.0)
    assert np.isnan(whiskers.sentinel[0])


def test_a_zero_among_years_of_birth_is_absurd_and_among_orders_is_none() -> None:
    """A rare zero is judged as any value, a frequent one never."""
    rng = np.random.default_rng(2)
    years, rare = 2026 - ages(), rng.random(ROWS)
    years[:5] = 0.0
    orders = np.where(rare < 0.97, 0.0, rng.integers(100, 120, ROWS))
    assert Whiskers.fit(np.column_stack([years, orders])).lower.tolist() == [1936.0, 0.0]


ORDINARY = {
    "flag of one in a thousand": lambda rng: (rng.random(ROWS) < 0.001).astype(float),
    "counts that are mostly 0": lambda rng: rng.poisson(0.05, ROWS).astype(float),
    "counts": lambda rng: rng.poisson(3.0, ROWS).astype(float),
    "money": lambda rng: rng.lognormal(3.0, 1.5, ROWS),
    "money of few": lambda rng: np.where(rng.random(ROWS) < 0.9, 0.0, rng.lognormal(3.0, 1.5, ROWS)),
    "losses": lambda rng: -rng.lognormal(3.0, 1.0, ROWS),
    "waiting times": lambda rng: rng.exponential(5.0, ROWS),
    "normal": lambda rng: rng.normal(size=ROWS),
    "ratings": lambda rng: rng.choice([1.0, 2.0, 3.0, 4.0, 5.0], ROWS, p=[0.03, 0.02, 0.05, 0.2, 0.7]),
    "constant": lambda rng: np.full(ROWS, 7.0),
}


@pytest.mark.parametrize("kind", ORDINARY)
def test_ordinary_columns_are_hardly_touched(kind: str) -> None:
    """At most one value in ten thousand."""
    column = ORDINARY[kind](np.random.default_rng(3))[:, None]
    assert (Whiskers.fit(column).winsorised(column) != column).mean() <= 1e-4


def test_missing_columns_and_json() -> None:
    """Missing throughout: whatever comes later is 0; JSON gives the same."""
    X = np.column_stack([np.full(ROWS, np.nan), np.where(np.arange(ROWS) % 50, ages(), 999.0)])
    whiskers = Whiskers.fit(X)
    again = Whiskers.from_json(json.loads(json.dumps(whiskers.to_json(), allow_nan=False)))
    later = np.array([[3.0, 999.0], [np.nan, 120.0]])
    np.testing.assert_array_equal(whiskers.winsorised(later), [[0.0, np.nan], [np.nan, 90.0]])
    np.testing.assert_array_equal(again.winsorised(later), whiskers.winsorised(later))
