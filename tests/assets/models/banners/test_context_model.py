"""What contexts tell: features by hand, regressions of the log, and files."""

from pathlib import Path

import numpy as np
import pytest

from assets.models.banners.bandit import BannerPriors
from assets.models.banners.context_model import MAX_FEATURES, ContextFeatures, ContextModel
from assets.models.banners.slot_policy import SlotPolicy


def test_features_by_hand() -> None:
    """Numbers are centred and scaled, values have a place each, true is not its text; the unknown is 0."""
    log = [{"age": 20, "page": "home", "new": True}, {"age": 40, "page": "cart", "new": "true"}, {"page": "home"}]
    features = ContextFeatures.fit(log, ["age", "page", "new"])
    assert (features.numbers, features.levels) == (
        {"age": (30.0, 10.0)},
        {"page": ['"home"', '"cart"'], "new": ['"true"', "true"]},
    )
    assert features.d == 6
    assert features.encoded({"age": 35, "page": "cart", "new": True}).tolist() == [1, 0.5, 0, 1, 0, 1]
    assert features.encoded({"age": "35", "page": "attic"}).tolist() == [1, 0, 0, 0, 0, 0]
    assert features.encoded({"age": 1e9}).tolist() == [1, 5, 0, 0, 0, 0]
    assert features.encoded({"age": True}).tolist() == [1, 0, 0, 0, 0, 0]


def test_as_many_features_as_are_bounded() -> None:
    """Ten keys of a hundred values each: 1 + 10 · 6; of one key the 20 most common."""
    log = [{f"k{key}": f"v{value}" for key in range(10)} for value in range(100)] + [{"k0": "v99"}]
    assert ContextFeatures.fit(log, [f"k{i}" for i in range(10)]).d == 61 <= MAX_FEATURES
    one = ContextFeatures.fit(log, ["k0"])
    assert (one.d, one.levels["k0"][0]) == (21, '"v99"')


def test_the_fit_is_weighted_least_squares() -> None:
    """Against a plain solve: rows of other banners are left out, what is no JSON object is no context."""
    shown, contexts = ["a", "x", "a", "b", "a"], ['{"n": 1}', '{"n": 9}', '{"n": 3}', "nonsense", "[1]"]
    reward, weight = np.array([1.0, 1.0, 0.0, 1.0, 0.0]), np.array([1.0, 1.0, 0.5, 2.0, 1.0])
    model = ContextModel.fit(["a", "b", "c"], ["n"], shown, contexts, reward, weight)
    assert model.features.numbers == {"n": (2.0, 1.0)}
    x = np.array([[1, -1], [1, 1], [1, 0]], dtype=np.float64)
    w, r = np.array([1.0, 0.5, 1.0]), np.array([1.0, 0.0, 0.0])
    plain = np.linalg.solve(np.eye(2) + x.T @ (w[:, None] * x), x.T @ (w * r))
    expected = [plain, [2 / 3, 0], [0, 0]]
    np.testing.assert_allclose(model.regressions.coefficients, expected, rtol=0, atol=1e-12)


def test_round_trip_with_the_priors(tmp_path: Path) -> None:
    """A slot whose name is no file's: the same features and regressions, and its policy."""
    said = {"a/../b": SlotPolicy(policy="lin_ts", features=["n"], half_life_days=3.0), "plain": SlotPolicy(epsilon=0.3)}
    slots, banners = ["a/../b", "plain", "a/../b"], ["x", "x", "y"]
    reward, age = np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 2.0])
    priors = BannerPriors.fit(slots, banners, reward, None, said, age)
    priors.learn_contexts(slots, banners, ['{"n": 1}', None, '{"n": 2}'], reward, age)
    priors.save(tmp_path)
    loaded = BannerPriors.load(tmp_path)
    assert loaded.policies == said
    assert loaded.policy("elsewhere") == SlotPolicy()
    assert list(loaded.contexts) == ["a/../b"]
    ours, theirs = priors.contexts["a/../b"], loaded.contexts["a/../b"]
    assert (ours.features, ours.banners) == (theirs.features, theirs.banners)
    np.testing.assert_allclose(theirs.regressions.coefficients, ours.regressions.coefficients, rtol=1e-12)


def test_old_impressions_count_for_less() -> None:
    """With a half-life of a day, 8 impressions of yesterday are as 4 of today; without one they are 8."""

    def fitted(times: int, age: float, half_life: float | None) -> list[list[float]]:
        rows = ["a"] * 2 * times + ["b"] * 9
        reward, ages = np.array([1.0, 0.0] * times + [0.0] * 9), np.array([age] * 2 * times + [0.0] * 9)
        said = {"s": SlotPolicy(half_life_days=half_life)}
        return [p.tolist() for p in BannerPriors.fit(["s"] * len(rows), rows, reward, None, said, ages).prior("s")]

    np.testing.assert_allclose(fitted(4, 1.0, 1.0), fitted(2, 0.0, 1.0), rtol=1e-12)
    np.testing.assert_allclose(fitted(4, 1.0, None), fitted(4, 0.0, None), rtol=1e-12)
    assert fitted(4, 1.0, 1.0) != fitted(4, 1.0, None)


def test_a_policy_that_this_version_does_not_know_is_refused() -> None:
    """By name, and one with context that lacks its regressions."""
    for name in ("oracle", "lin_ts"):
        with pytest.raises(ValueError, match=name):
            SlotPolicy(policy=name).served(np.ones(2), np.ones(2))
