"""Next baskets by hand, and what holds for any history."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.models.baskets.co_purchase import CoPurchase
from assets.models.baskets.next_basket import LEAST_TREND, PAST, RELATED, TREND_EXPONENT, NextBasket

N = 6
LINES = [
    # user, basket, item, age in days
    ("ann", 1, 0, 90.0),
    ("ann", 1, 1, 90.0),
    ("ann", 2, 0, 0.0),
    ("bob", 3, 2, 0.0),
    (None, 4, 3, 0.0),
    ("bob", 3, -1, 0.0),
]
TOGETHER = [(0, 4), (0, 4), (1, 5), (1, 5), (2, 3), (2, 3)]


def together() -> CoPurchase:
    """0 goes with 4, 1 with 5, 2 with 3."""
    pairs = np.array(TOGETHER)
    return CoPurchase.fit(np.repeat(np.arange(len(pairs)), 2), pairs.ravel(), N)


def fitted(lines: list[tuple[str | None, int, int, float]]) -> NextBasket:
    """A model of basket lines."""
    users, *columns = zip(*lines, strict=True) if lines else ((), (), (), ())
    basket, item, age = (np.array(c) for c in columns)
    return NextBasket.fit(list(users), basket.astype(int), item.astype(int), age.astype(float), N)


def asked(model: NextBasket, user: str | None, cart: list[int], k: int = N) -> dict[int, float]:
    """Item → score, best first."""
    answer = model.recommend(user, cart, k, together())
    return dict(zip(answer.items.tolist(), answer.scores.tolist(), strict=True))


def test_by_hand() -> None:
    """Ann: 0 weighs 1.5 of 2, 1 weighs .5; her one later line is a repeat. Only 0, 2 and 3 sold of late."""
    model = fitted(LINES)
    rho = (1 + 1) / (1 + 10)
    assert model.repeat_rate == pytest.approx(rho)
    little = LEAST_TREND**TREND_EXPONENT
    total = rho + RELATED * (1 - rho)
    # 4 and 5 are as much partners of 0 and 1 as those were bought.
    expected = {0: rho * 0.75, 4: RELATED * (1 - rho) * 0.75 * little, 1: rho * 0.25 * 2 ** (-90 / 7 * TREND_EXPONENT)}
    found = asked(model, "ann", [])
    for item, score in expected.items():
        assert found[item] == pytest.approx(max(score, 0.25 * rho * little if item == 1 else 0) / total, rel=1e-4)
    assert asked(model, "bob", []).keys() == {2, 3}
    assert asked(model, "stranger", []) == asked(model, None, []) == {}


def test_a_cart_comes_first() -> None:
    """The cart's partner leads and the past follows; what is in the cart is not offered, though it was bought."""
    model = fitted(LINES)
    alone, past = asked(model, None, [2]), asked(model, "ann", [])
    assert alone == {3: 1.0}
    assert asked(model, "ann", [2]) == pytest.approx(alone | {item: PAST * score for item, score in past.items()})
    assert 0 not in asked(model, "ann", [0])


def test_where_nobody_buys_again_partners_lead() -> None:
    """Forty customers who never buy a thing twice: what goes with it comes before the thing itself."""
    once = [(f"u{i}", 100 + i, i % 3, 50.0) for i in range(40)] + [(f"u{i}", 200 + i, 3, 0.0) for i in range(40)]
    again = [(f"u{i}", 100 + i, i % 3, 50.0) for i in range(40)] + [(f"u{i}", 200 + i, i % 3, 0.0) for i in range(40)]
    sold = [(None, 300, item, 0.0) for item in range(N)]
    first = {name: next(iter(asked(fitted(lines + sold), "u0", []))) for name, lines in (("o", once), ("a", again))}
    assert fitted(once).repeat_rate < 0.05
    assert fitted(again).repeat_rate > 0.7
    assert first["a"] == 0
    assert first["o"] != 0


line = st.tuples(st.sampled_from(["a", "b", None]), st.integers(0, 5), st.integers(-1, N - 1), st.floats(0, 99))


@given(st.lists(line, max_size=40), st.lists(st.integers(-1, N - 1), max_size=3), st.integers(1, 9), st.integers(0, 99))
def test_invariants(lines: list[tuple[str | None, int, int, float]], cart: list[int], k: int, seed: int) -> None:
    """Distinct, sorted, nothing of the cart, mask kept, the same for any order of rows."""
    rng = np.random.default_rng(seed)
    mask = rng.random(N) < 0.7
    shuffled = [lines[i] for i in rng.permutation(len(lines))]
    models, pairs = (fitted(lines), fitted(shuffled)), together()
    for user in ("a", "b", "c", None):
        answer, again = (m.recommend(user, cart, k, pairs, mask) for m in models)
        assert answer.items.tolist() == again.items.tolist()
        assert answer.scores.tolist() == again.scores.tolist()
        assert len(set(answer.items.tolist())) == len(answer.items) <= k
        assert not set(answer.items.tolist()) & set(cart)
        assert mask[answer.items].all()
        assert (np.diff(answer.scores) <= 0).all()
    assert 0 < models[0].repeat_rate < 1


def test_round_trip(tmp_path: Path) -> None:
    """A loaded model answers alike; so does one without customers."""
    for name, lines in (("some", LINES), ("none", [])):
        folder = tmp_path / name
        folder.mkdir()
        model = fitted(lines)
        model.save(folder)
        loaded = NextBasket.load(folder)
        assert len(loaded) == len(model)
        for user in ("ann", "bob", None):
            assert asked(loaded, user, [2]) == asked(model, user, [2])


def test_refusals() -> None:
    """Unequal lengths, foreign items, the future and k of 0 are refused."""
    one = np.zeros(1)
    with pytest.raises(ValueError, match="differ in length"):
        NextBasket.fit(["a", "b"], one.astype(int), one.astype(int), one, N)
    with pytest.raises(ValueError, match="look the ids up"):
        NextBasket.fit(["a"], one.astype(int), one.astype(int) + N, one, N)
    with pytest.raises(ValueError, match="as-of instant"):
        NextBasket.fit(["a"], one.astype(int), one.astype(int), one - 1, N)
    with pytest.raises(ValueError, match="at least 1"):
        fitted(LINES).recommend("ann", [], 0, together())
