"""Everything that is wrong in a shop file is said at once, by the key as it stands there."""

from pathlib import Path

import pytest

from resources.shop import Shop, ShopError

BROKEN = """
nam = "tiny"
first_day = 2026-01-01
curency = "euro"
late_days = -1
margin = 0.3
holdout_days = true
colour = "red"
[source]
kind = "file"
[tables.ordrs]
query = "SELECT 1"
[tables.orders]
qery = "SELECT 1"
shrink_limit = 2
[campaign]
outcome = "purchas"
accept = ["balanse"]
budget = "lots"
arms = 3
[search]
synonyms = [["a"], 3]
[[rules]]
name = "x"
kind = "shout"
[[rules]]
name = "y"
kind = "boost"
by = 11
"""
FAULTS = [
    "nam is no key of the file; did you mean 'name'?",
    "curency is no key of the file; did you mean 'currency'?",
    "margin belongs to [campaign]: move it there",
    "currency is 'euro': give three capital letters, such as EUR",
    "late_days is -1: a whole number >= 0 is expected",
    "holdout_days is true: a whole number is expected, not true or false",
    "[source] kind is 'file', which is none of simulated, files, postgres, mysql; did you mean 'files'?",
    "[tables.orders] qery is no key of [tables.orders]; did you mean 'query'?",
    "[tables.orders] shrink_limit is 2: a number <= 1.0 is expected",
    "[campaign] outcome is 'purchas': give one of 'purchase', 'visit'",
    "[campaign] budget is 'lots': a number is expected, not text",
    "[campaign] arms is 3: a table of keys is expected, not a whole number",
    "[[rules]] number 1 kind is 'shout', which is none of exclude, only, price_band, bought, pin, boost, bury, cap, "
    "diversity, banner, redirect",
    "[[rules]] number 2 by is 11: a number <= 10.0 is expected",
    "[[rules]]: rule 'y' names no products; give 'where' or 'products'",
    "[search] synonyms is [['a'], 3]: a list of length >= 2 is expected (at [0])",
    "[tables.ordrs] is no canonical table, which are products, events, orders, users, ad_exposures, "
    "banner_impressions, judgments, banners; did you mean 'orders'?",
]


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    """Nearest keys, sections, types, ranges, choices and contradictions of one file; what can be read stands."""
    file = tmp_path / "shop.toml"
    file.write_text(BROKEN)
    shop, faults = Shop.read(file)
    told = [fault for fault in faults if not fault.startswith(("colour", "[campaign] accept"))]
    assert sorted(told) == sorted(FAULTS)
    (colour,) = [fault for fault in faults if fault.startswith("colour")]
    assert colour.startswith("colour is no key of the file; there are banners, campaign, campaigns, currency,")
    assert shop is not None
    assert (shop.name, shop.tables["orders"].query, list(shop.tables)) == ("tiny", "SELECT 1", ["orders"])
    with pytest.raises(ShopError) as caught:
        Shop.load(file)
    assert all(f"{file}: {fault}." in str(caught.value) for fault in faults)


def test_without_what_is_needed_there_is_no_shop(tmp_path: Path) -> None:
    """Each is named."""
    file = tmp_path / "shop.toml"
    file.write_text('[source]\nfolder = "x"\n')
    assert Shop.read(file) == (
        None,
        [
            "the file lacks the key 'name'",
            "the file lacks the key 'first_day'",
            "[source] lacks the key 'kind', one of simulated, files, postgres, mysql",
        ],
    )
