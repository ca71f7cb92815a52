"""Population stability: by hand, in small frames, with missing values and levels, and after a reload."""

import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from evaluation.drift import DriftReference


def test_index_by_hand() -> None:
    """Shares 0.5/0.5 then, 0.8/0.2 now: 0.3·ln(1.6) − 0.3·ln(0.4)."""
    then = pl.DataFrame({"device": ["app"] * 500 + ["web"] * 500})
    now = pl.DataFrame({"device": ["app"] * 800 + ["web"] * 200})
    (feature,) = DriftReference.fit(then).compare(now).features
    assert feature.psi == pytest.approx(0.3 * math.log(1.6) - 0.3 * math.log(0.4))
    assert feature.level == "major"
    assert feature.moved == "web: 50.0% then, 20.0% now"


def test_the_same_frame_has_not_drifted() -> None:
    """An index of 0 for every kind of column, and a verdict that says so."""
    frame = pl.DataFrame({"n": [1.0, 2.0, None, 4.0], "b": [True, False, True, None], "s": ["a", "b", None, "a"]})
    drift = DriftReference.fit(frame).compare(frame)
    assert [feature.psi for feature in drift.features] == [0, 0, 0]
    assert drift.passed
    assert "still apply" in drift.verdict


def test_missing_values_are_a_bin() -> None:
    """A column that is half lost, null or NaN: the rest is as before."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=4000)
    lost = [None if i % 4 == 0 else math.nan if i % 4 == 1 else v for i, v in enumerate(values)]
    drift = DriftReference.fit(pl.DataFrame({"age": values})).compare(pl.DataFrame({"age": lost}))
    assert drift.features[0].level == "major"
    assert drift.features[0].moved.startswith("missing: 0.0% then, 50.0% now")
    assert not drift.passed
    assert "train again" in drift.verdict


def test_zeros_and_constants_have_bins() -> None:
    """Nine of ten users never bought: the zeros are one bin. A column that was always 3 is told from 2 and from 4."""
    rng = np.random.default_rng(1)
    orders = np.where(rng.random(5000) < 0.9, 0, rng.integers(1, 9, 5000))
    reference = DriftReference.fit(pl.DataFrame({"orders": orders, "plan": np.full(5000, 3)}))
    same = rng.permutation(orders)[:2500]
    for value, drifted in ((3, False), (2, True), (4, True)):
        drift = reference.compare(pl.DataFrame({"orders": same, "plan": np.full(2500, value)}))
        levels = {feature.feature: feature.level for feature in drift.features}
        assert levels == {"orders": "stable", "plan": "major" if drifted else "stable"}


@pytest.mark.parametrize(("constant", "named"), [(0.0, "0"), (3.0, "3"), (-2.5, "-2.5"), (1234.56, "1235")])
def test_the_bins_of_a_constant_are_named_by_it(constant: float, named: str) -> None:
    """A region that every user had: nobody reads of -4.941e-324."""
    reference = DriftReference.fit(pl.DataFrame({"region=a": np.full(1000, constant)}))
    assert reference.bins["region=a"].names() == [f"below {named}", named, f"above {named}", "missing"]


def test_small_frames_do_not_alarm() -> None:
    """100 users have an index around 0.1 by chance alone: 200 frames, none called drifted but one at most."""
    rng = np.random.default_rng(2)
    reference = DriftReference.fit(pl.DataFrame({"x": rng.normal(size=5000)}))
    drifts = [reference.compare(pl.DataFrame({"x": rng.normal(size=100)})).features[0] for _ in range(200)]
    assert max(drift.psi for drift in drifts) > 0.15
    assert sum(drift.level != "stable" for drift in drifts) <= 1


def test_chance_is_what_it_says() -> None:
    """The mean index of frames without drift is (bins − 1)·(1/n + 1/m)."""
    rng = np.random.default_rng(3)
    found = []
    for _ in range(300):
        reference = DriftReference.fit(pl.DataFrame({"x": rng.choice(list("abcd"), 2000)}))
        found.append(reference.compare(pl.DataFrame({"x": rng.choice(list("abcd"), 1000)})).features[0].psi)
    assert np.mean(found) == pytest.approx(3 * (1 / 2000 + 1 / 1000), rel=0.1)


def test_a_moderate_shift_is_watched() -> None:
    """0.4 deviations: an index of about 0.16, which warns and passes."""
    rng = np.random.default_rng(4)
    reference = DriftReference.fit(pl.DataFrame({"score": rng.normal(size=20_000)}))
    drift = reference.compare(pl.DataFrame({"score": rng.normal(0.4, 1, 20_000)}))
    assert drift.features[0].level == "moderate"
    assert drift.passed
    assert "Watch them" in drift.verdict


def test_reloaded_bins_tell_the_same(tmp_path: Path) -> None:
    """JSON keeps the cuts to the last digit; new levels count as other."""
    rng = np.random.default_rng(5)
    then = pl.DataFrame({"x": rng.normal(size=1000), "s": rng.choice(["a", "ä", "other"], 1000)})
    now = pl.DataFrame({"x": rng.normal(size=1000), "s": rng.choice(["a", "new"], 1000)})
    reference = DriftReference.fit(then)
    reference.save(tmp_path / "drift.json")
    loaded = DriftReference.load(tmp_path / "drift.json")
    assert loaded == reference
    assert loaded.compare(now) == reference.compare(now)


def test_broken_input_is_named() -> None:
    """No rows, and a column that is gone."""
    with pytest.raises(ValueError, match="nothing to compare with"):
        DriftReference.fit(pl.DataFrame({"x": []}))
    reference = DriftReference.fit(pl.DataFrame({"x": [1.0]}))
    with pytest.raises(ValueError, match="lacks x"):
        reference.compare(pl.DataFrame({"y": [1.0]}))
    with pytest.raises(ValueError, match="no rows"):
        reference.compare(pl.DataFrame({"x": []}))
