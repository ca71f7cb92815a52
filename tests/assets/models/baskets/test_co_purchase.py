"""Bought together: counts by hand, invariants, and a real gift shop."""

from math import sqrt
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.models.baskets.co_purchase import CoPurchase
from assets.models.baskets.pair_counts import pair_counts
from resources.settings import Settings

BASKETS = {1: [0, 1], 2: [0, 1, 1], 3: [0, 1, 2], 4: [2, 3], 5: [2, -1], 6: [3, 2], 7: [4, 0]}


def rows(baskets: dict[int, list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """One (basket, item) row for each line."""
    pairs = [(b, i) for b, items in baskets.items() for i in items]
    table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1].astype(np.int32)


def test_by_hand() -> None:
    """0 and 1 share baskets of 2, 2 and 3 items; 0 and 4 share one of 2, 0 and 2 one of 3."""
    model = CoPurchase.fit(*rows(BASKETS), n_items=6, shrinkage=2)
    answer = model.related([0], 5)
    both, one, other = 1 / 2 + 1 / 2 + 1 / 3, 1 / 2 + 1 / 2 + 1 / 3 + 1 / 2, 1 / 2 + 1 / 2 + 1 / 3
    assert answer.items.tolist() == [1, 4, 2]
    np.testing.assert_allclose(answer.scores[:1], [(both / sqrt((one + 2) * (other + 2))) ** 1.5], rtol=1e-6)
    assert model.related([4], 5).items.tolist() == [0]
    assert model.related([5], 5).items.tolist() == []


def test_partners_are_those_related_to_one_product() -> None:
    """Best first, as many as are asked for; of an item that is none a clear error."""
    model = CoPurchase.fit(*rows(BASKETS), n_items=6, shrinkage=2)
    for item in range(6):
        assert model.partners(item, 5).tolist() == model.related([item], 5).items.tolist()
    assert model.partners(0, 2).tolist() == [1, 4]
    with pytest.raises(ValueError, match="positions run from 0 to 5"):
        model.partners(-1, 5)


def test_what_is_old_counts_less() -> None:
    """Of two partners with as many baskets, the one that is bought along now comes first."""
    baskets = {b: [0, 1] if b < 5 else [0, 2] for b in range(10)}
    basket, item = rows(baskets)
    age = np.where(basket < 5, 0.0, 30.0)
    for ages, order in ((age, [1, 2]), (30.0 - age, [2, 1])):
        model = CoPurchase.fit(basket, item, n_items=3, age_days=ages, half_life_days=30)
        assert model.related([0], 2).items.tolist() == order
    answer = CoPurchase.fit(basket, item, n_items=3, age_days=age, half_life_days=30, shrinkage=0).related([0], 2)
    cosines = np.array([2.5 / sqrt(3.75 * 2.5), 1.25 / sqrt(3.75 * 1.25)])
    np.testing.assert_allclose(answer.scores, cosines**1.5, rtol=1e-6)


def test_substitutes_are_left_out() -> None:
    """1 is compared with 0 in many sessions and bought with it twice by chance; 2 is bought along and stays."""
    baskets = {b: [0, 2] for b in range(40)} | {50: [0, 1], 51: [0, 1]}
    sessions = {s: [0, 1] for s in range(60)} | {s: [0, 2] for s in range(100, 140)}
    viewed = pair_counts(*rows(sessions), n_items=3)
    assert CoPurchase.fit(*rows(baskets), n_items=3).related([0], 5).items.tolist() == [2, 1]
    assert CoPurchase.fit(*rows(baskets), n_items=3, viewed=viewed).related([0], 5).items.tolist() == [2]


def test_a_cart_has_the_mean() -> None:
    """A cart of 0 and 3 suggests the partners of each at half their scores, and nothing of the cart."""
    model = CoPurchase.fit(*rows(BASKETS), n_items=6)
    alone, other = model.related([3], 5), model.related([0], 5)
    answer = model.related([3, 0, 3, -1], 5)
    assert alone.items.tolist() == [2]
    assert set(answer.items.tolist()) == {1, 2, 4}
    np.testing.assert_allclose(answer.scores[answer.items == 1], other.scores[other.items == 1] / 2, rtol=1e-6)
    both = alone.scores + other.scores[other.items == 2]
    np.testing.assert_allclose(answer.scores[answer.items == 2], both / 2, rtol=1e-6)
    assert model.related([], 5).items.tolist() == []
    assert model.related([-1], 5).items.tolist() == []


def test_what_is_alike_in_a_cart_counts_less() -> None:
    """0, 1 and 2 are bought together and each with 3; 4 is bought with 5, as often as 3 with one of the others."""
    groups = [[0, 1], [0, 2], [1, 2], [0, 3], [1, 3], [2, 3], [4, 5], [4, 5], [5, 6]]
    model = CoPurchase.fit(*rows(dict(enumerate(groups * 4))), n_items=7, shrinkage=0)
    alone = {i: dict(zip(*(a.tolist() for a in model.related([i], 6)), strict=True)) for i in (0, 4)}
    answer = dict(zip(*(a.tolist() for a in model.related([0, 1, 2, 4], 6)), strict=True))
    ties = alone[0][1] + alone[0][2]
    assert answer[3] == pytest.approx(3 * alone[0][3] / (1 + ties) / 4, rel=1e-5)
    assert answer[5] == pytest.approx(alone[4][5] / 4, rel=1e-5)


def test_often_beats_a_curiosity() -> None:
    """A partner of 40 shared baskets of 60 ranks above one that was seen twice and only there."""
    baskets = {b: [0, 1] if b < 40 else [0] if b < 60 else [b % 7 + 3] for b in range(400)}
    baskets |= {500: [0, 2], 501: [0, 2]}
    assert CoPurchase.fit(*rows(baskets), n_items=10).related([0], 2).items.tolist() == [1, 2]


def test_a_huge_basket_is_capped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each basket of 300 only 20 items pair up, the same 20 at each fit."""
    baskets = {b: list(range(300)) for b in (7, 7_000)} | {1: [300], 2: [301]}
    monkeypatch.setattr("assets.models.baskets.co_purchase.PARTNERS", 400)
    models = [CoPurchase.fit(*rows(baskets), n_items=302, max_basket=m) for m in (20, 20, 300)]
    sizes = [sum(len(m.related([i], 400).items) for i in range(302)) for m in models]
    assert sizes[0] == sizes[1] <= 2 * 20 * 19
    assert sizes[2] == 300 * 299


@settings(max_examples=50)
@given(
    st.dictionaries(st.integers(0, 30), st.lists(st.integers(-1, 8), max_size=6), max_size=25),
    st.lists(st.integers(-1, 8), max_size=4),
    st.integers(1, 10),
    st.integers(0, 99),
)
def test_invariants(baskets: dict[int, list[int]], cart: list[int], k: int, seed: int) -> None:
    """No duplicates, nothing of the cart, mask kept, sorted, in (0, 1), the same for any order of rows and cart."""
    rng = np.random.default_rng(seed)
    basket, item = rows(baskets)
    order = rng.permutation(len(item))
    mask = rng.random(9) < 0.7
    answer = CoPurchase.fit(basket, item, 9, max_basket=3).related(cart, k, mask)
    again = CoPurchase.fit(basket[order], item[order], 9, max_basket=3).related(cart[::-1], k, mask)
    assert answer.items.tolist() == again.items.tolist()
    assert answer.scores.tolist() == again.scores.tolist()
    assert len(set(answer.items.tolist())) == len(answer.items) <= k
    assert not set(answer.items.tolist()) & set(cart)
    assert mask[answer.items].all()
    assert (np.diff(answer.scores) <= 0).all()
    assert ((answer.scores > 0) & (answer.scores < 1)).all()


def test_round_trip(tmp_path: Path) -> None:
    """A loaded model answers alike; so does one of no baskets."""
    for name, baskets in (("some", BASKETS), ("none", {})):
        folder = tmp_path / name
        folder.mkdir()
        model = CoPurchase.fit(*rows(baskets), n_items=6)
        model.save(folder)
        loaded = CoPurchase.load(folder)
        for item in range(6):
            assert loaded.related([item], 9).items.tolist() == model.related([item], 9).items.tolist()
            assert loaded.related([item], 9).scores.tolist() == model.related([item], 9).scores.tolist()


def test_refusals() -> None:
    """Foreign items, unequal lengths and settings out of range are refused."""
    one = np.zeros(1, dtype=np.int64)
    with pytest.raises(ValueError, match="look the ids up"):
        CoPurchase.fit(one, one + 3, 3)
    with pytest.raises(ValueError, match="one row each"):
        CoPurchase.fit(one, np.zeros(2, dtype=np.int32), 3)
    with pytest.raises(ValueError, match="a pair needs"):
        CoPurchase.fit(one, one, 3, max_basket=1)
    with pytest.raises(ValueError, match="at least 1"):
        CoPurchase.fit(one, one, 3).related([0], 0)


@pytest.mark.data
def test_gift_shop_partners_make_sense() -> None:
    """Online Retail: hearts go with the white heart, bags with bags, each in 100 shared invoices or more."""
    path = Settings.from_env().data / "online_retail" / "online_retail.parquet"
    if not path.exists():
        pytest.skip(f"{path} is missing: set UPSHELF_DATA to the folder of the public data sets")
    sales = pl.read_parquet(path).filter(~pl.col("InvoiceNo").str.starts_with("C"), pl.col("UnitPrice") > 0)
    codes = sales["StockCode"].unique().sort().to_list()
    titles = dict(sales.sort("InvoiceDate").group_by("StockCode").agg(pl.col("Description").drop_nulls().last()).rows())
    position = {code: i for i, code in enumerate(codes)}
    basket = sales["InvoiceNo"].rank("dense").to_numpy().astype(np.int64)
    item = np.array([position[c] for c in sales["StockCode"]], dtype=np.int32)
    model = CoPurchase.fit(basket, item, len(codes))
    for code, word, at_least in (("85123A", "HEART", 3), ("20725", "LUNCH BAG", 5), ("85099B", "JUMBO", 5)):
        answer = model.related([position[code]], 5)
        assert sum(word in titles[codes[i]] for i in answer.items) >= at_least
        mine = set(basket[item == position[code]].tolist())
        assert min(len(mine & set(basket[item == i].tolist())) for i in answer.items) >= 100
