"""When a banner may be shown."""

from datetime import date
from pathlib import Path

import pytest

from assets.models.banners.terms import Terms, terms_from
from resources.shop import Shop
from resources.shop.banners import banners_json

DAY = date(2026, 3, 10)

SHOP = """
name = "tiny"
first_day = 2026-01-01
source = {kind = "simulated"}

[banners.spring]
slots = ["home", "cart"]
content = "spring.png"
starts = 2026-03-01
ends = 2026-03-31
context = {country = ["DE", "AT"], signed_in = [true]}
max_impressions = 100_000
max_rewards = 500
prior_rate = 0.03
prior_weight = 200

[banners.always]
slots = ["home"]
paused = true
"""


@pytest.mark.parametrize(
    ("terms", "kept"),
    [
        (Terms(slots=["s"]), True),
        (Terms(slots=["s"], paused=True), False),
        (Terms(slots=["s"], starts=DAY, ends=DAY), True),
        (Terms(slots=["s"], starts=date(2026, 3, 11)), False),
        (Terms(slots=["s"], ends=date(2026, 3, 9)), False),
        (Terms(slots=["s"], context={"country": ["DE", "AT"]}), True),
        (Terms(slots=["s"], context={"country": ["FR"]}), False),
        (Terms(slots=["s"], context={"country": ["AT"], "device": ["phone"]}), False),
        (Terms(slots=["s"], context={"page": [1, "1"]}), True),
        (Terms(slots=["s"], context={"page": [True]}), False),
        (Terms(slots=["s"], context={"page": ["1"]}), False),
    ],
)
def test_days_and_contexts(terms: Terms, kept: bool) -> None:
    """Both ends are inclusive; of each key named, the context must have one of the values."""
    assert terms.are_kept(DAY, {"country": "AT", "page": 1}) is kept


def test_caps() -> None:
    """Spent with the last impression, or reward, that was allowed."""
    capped = Terms(slots=["s"], max_impressions=10, max_rewards=3)
    assert [capped.are_spent(*seen) for seen in ((9, 2.5), (10, 0.0), (4, 3.0))] == [False, True, True]
    assert not Terms(slots=["s"]).are_spent(10**9, 10**9)
    assert (capped.are_counted, Terms(slots=["s"]).are_counted) == (True, False)


def test_what_is_declared_is_what_is_kept(tmp_path: Path) -> None:
    """Every key of a shop.toml comes to the same in a release."""
    (tmp_path / "shop.toml").write_text(SHOP)
    shop = Shop.load(tmp_path / "shop.toml")
    terms = terms_from(banners_json(shop.banners))
    assert set(Terms.__struct_fields__) == set(type(shop.banners["spring"]).__struct_fields__)
    for name, banner in shop.banners.items():
        assert {field: getattr(terms[name], field) for field in Terms.__struct_fields__} == {
            field: getattr(banner, field) for field in Terms.__struct_fields__
        }
