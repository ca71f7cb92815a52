"""The shop file: what it may say, and errors that name the key."""

from datetime import date
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from resources.settings import ROOT
from resources.shop import FilesSource, PostgresSource, Shop, ShopError, SimulatedSource
from resources.shop.rules import Rule, rules_json

HEAD = 'name = "tiny"\nfirst_day = 2026-01-01\n'
FILES = '[source]\nkind = "files"\n'
ORDERS = '[tables.orders]\nquery = "SELECT 1"\n'
SHOP = HEAD + FILES + ORDERS


def rule(text: str) -> str:
    """A rule named r."""
    return f'[[rules]]\nname = "r"\n{text}\n'


@pytest.fixture
def shop_file(tmp_path: Path) -> Path:
    """Where the test writes its shop."""
    return tmp_path / "shop.toml"


def load(file: Path, text: str) -> Shop:
    """Write the text and load it."""
    file.write_text(text)
    return Shop.load(file)


@pytest.mark.parametrize(
    ("path", "source", "tables"),
    [
        ("simulated/shop.toml", SimulatedSource, set()),
        ("online_retail/shop.toml", FilesSource, {"products", "orders"}),
        ("online_retail/postgres.toml", PostgresSource, {"products", "orders"}),
        ("hillstrom/shop.toml", FilesSource, {"users", "ad_exposures", "events", "orders"}),
        ("hillstrom/both_emails.toml", FilesSource, {"users", "ad_exposures", "events", "orders"}),
    ],
)
def test_shipped_shops_load(path: str, source: type, tables: set[str]) -> None:
    """Each shop that comes with Upshelf is valid; a campaign's window ends within its logs."""
    shop = Shop.load(ROOT / "shops" / path)
    assert isinstance(shop.source, source)
    assert set(shop.tables) == tables
    assert shop.last_day is not None
    if shop.has("ad_exposures"):
        assert (shop.last_day - shop.first_day).days >= shop.campaign.attribution_days


def test_both_online_retail_shops_are_the_same_but_for_the_source() -> None:
    """The PostgreSQL variant differs in source and dialect alone."""
    files, server = (Shop.load(ROOT / "shops" / "online_retail" / f"{n}.toml") for n in ("shop", "postgres"))
    for field in ("name", "first_day", "last_day", "currency", "quarantine_limit", "campaign", "window_days"):
        assert getattr(files, field) == getattr(server, field)
    assert all(files.limit(t) == server.limit(t) for t in files.tables)


def test_simulated_shop_has_every_log_and_ends_after_its_days(shop_file: Path) -> None:
    """``days`` gives the last day; people's judgments are not simulated."""
    shop = load(shop_file, HEAD + '[source]\nkind = "simulated"\ndays = 10\n')
    assert shop.last_day == date(2026, 1, 10)
    assert shop.end_day == date(2026, 1, 11)
    assert shop.has("banner_impressions")
    assert not shop.has("judgments")
    assert not shop.has("banners")


def test_limits(shop_file: Path) -> None:
    """A table's own limit goes before the shop's, zero included."""
    text = HEAD + "quarantine_limit = 0.2\n" + FILES + ORDERS + "quarantine_limit = 0.0\n"
    shop = load(shop_file, text + '[tables.events]\nquery = "SELECT 1"\n')
    assert shop.limit("orders") == 0.0
    assert shop.limit("events") == 0.2
    assert shop.has("orders")
    assert not shop.has("users")
    assert shop.end_day is None


def test_arms_take_what_they_leave_out_from_the_campaign(shop_file: Path) -> None:
    """A price of 0 is a price; an arm without any has the campaign's."""
    campaign = load(
        shop_file,
        HEAD
        + FILES
        + ORDERS
        + "[campaign]\ncontact_cost = 0.2\nincentive = 1.0\n"
        + '[campaign.arms.mail]\nincentive = 0.0\n[campaign.arms."text message"]\ncontact_cost = 0.5\n',
    ).campaign
    assert set(campaign.arms) == {"mail", "text message"}
    assert campaign.price("mail") == (0.2, 0.0)
    assert campaign.price("text message") == (0.5, 1.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[campaign.arms.mail]\n", "declares \\['mail'\\] alone"),
        ('[campaign]\ntreatment = "a"\n[campaign.arms.a]\n[campaign.arms.b]\n', "leave one of the two out"),
        ("[campaign]\ntreated_share = 0.5\n[campaign.arms.a]\n[campaign.arms.b]\n", "log the propensity"),
        ("[campaign.arms.control]\n[campaign.arms.b]\n", "'control', which is the control"),
        ("[campaign.arms.a]\ncost = 1\n[campaign.arms.b]\n", "cost"),
        ("[campaign.arms.a]\nincentive = -1\n[campaign.arms.b]\n", "incentive"),
        ('[campaign.arms.""]\n[campaign.arms.b]\n', "length"),
    ],
)
def test_arms_that_contradict_themselves(shop_file: Path, text: str, message: str) -> None:
    """Each rule names the file and what to do."""
    with pytest.raises(ShopError, match=message) as caught:
        load(shop_file, HEAD + FILES + ORDERS + text)
    assert str(shop_file) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD + "colour = 1\n" + FILES + ORDERS, "colour"),
        (HEAD + FILES, "nothing to read"),
        (
            HEAD + FILES + '[tables.prices]\nquery = "SELECT 1"\n',
            r"\[tables.prices\] is no canonical table, which are products",
        ),
        (HEAD + FILES + "[tables.orders]\n", "query"),
        (HEAD + "quarantine_limit = 1.5\n" + FILES + ORDERS, "quarantine_limit"),
        (HEAD + "last_day = 2025-12-31\n" + FILES + ORDERS, "lies before first_day"),
        (HEAD.replace("tiny", "Tiny Shop") + FILES + ORDERS, "name"),
        (HEAD + 'currency = "euro"\n' + FILES + ORDERS, "currency"),
        (HEAD + '[source]\nkind = "oracle"\n', "oracle"),
        (HEAD + '[source]\nkind = "simulated"\nproducts = 3\n', "products"),
        ("name = ", "Invalid value"),
        ("first_day = 2026-01-01\n" + FILES + ORDERS, "name"),
        (SHOP + rule('kind = "shout"'), "shout"),
        (SHOP + rule('kind = "pin"'), "product"),
        (SHOP + rule('kind = "bought"\ndays = 3'), "days"),
        (SHOP + rule('kind = "bought"\nlists = ["chat"]'), "chat"),
        (SHOP + rule('kind = "boost"'), "names no products"),
        (SHOP + rule('kind = "diversity"\nrelevance = 2'), "relevance"),
        (SHOP + rule('kind = "price_band"\nlow = 2\nhigh = 1.5'), "high 1.5 below low 2.0"),
        (SHOP + rule('kind = "cap"\nattribute = "brand"\nat_most = 1\nlevel = 1'), "level"),
        (SHOP + 2 * rule('kind = "bought"'), "two rules are named 'r'"),
        (SHOP + rule('kind = "bought"\nfrom = 2026-12-24\nuntil = 2026-12-23'), "until 2026-12-23, which is not after"),
        (SHOP + rule('kind = "bought"\nuntil = "24.12.2026"'), "give a day such as 2026-12-24"),
        (SHOP + rule('kind = "bought"\nuntil = "2026-02-30"'), "until 2026-02-30, one of which is no day"),
        (SHOP + rule('kind = "bought"\nqueries = ["lamp"]\nlists = ["popular"]'), "leave popular out of its lists"),
        (SHOP + rule('kind = "bought"\nqueries = ["?!*"]'), "no letter and no digit"),
        (
            SHOP + rule('kind = "banner"\ntext = "Sale"\nlists = ["session"]'),
            "of kind banner, which only search has",
        ),
        (SHOP + rule('kind = "redirect"\nto = "/sale"'), "would send every search away"),
        (SHOP + rule('kind = "redirect"\nto = "javascript:alert(1)"\nqueries = ["a"]'), "one /"),
        (SHOP + rule('kind = "redirect"\nto = "//elsewhere.example"\nqueries = ["a"]'), "one /"),
        ('time_zone = "Europe/Berlim"\n' + SHOP, "time_zone is 'Europe/Berlim', which is none"),
    ],
)
def test_errors_name_file_and_key(shop_file: Path, text: str, message: str) -> None:
    """Whatever is wrong, the message says where."""
    with pytest.raises(ShopError, match=message) as caught:
        load(shop_file, text)
    assert str(shop_file) in str(caught.value)


def test_the_rules_of_the_guide_load(shop_file: Path) -> None:
    """Every kind stands there; a release carries them as JSON of the same bytes each time."""
    guide = (ROOT / "docs" / "shape-your-lists.md").read_text()
    text = guide[guide.index("## Rules") :].split("```toml")[1].split("```")[0]
    rules = load(shop_file, SHOP + text).rules
    assert {type(r).__name__ for r in rules} == {kind.__name__ for kind in get_args(Rule)}
    carried = rules_json(rules)
    assert rules_json(load(shop_file, SHOP + text).rules) == carried
    assert msgspec.json.decode(carried, type=list[Rule]) == rules


def test_rules_begin_and_end_in_the_shops_time_zone(shop_file: Path) -> None:
    """A day ends with it, an instant is exclusive and may name its own zone; summer time counts."""
    text = 'kind = "bought"\nfrom = {}\nuntil = {}'
    times = {
        ("2026-12-01", "2026-12-24"): ("2026-11-30T23:00", "2026-12-24T23:00"),
        ("2026-07-01T09:30:00", "2026-07-01T18:00:00Z"): ("2026-07-01T07:30", "2026-07-01T18:00"),
        ('"2026-03-29"', '"2026-03-29"'): ("2026-03-28T23:00", "2026-03-29T22:00"),
        ("2026-01-01 00:00:00+09:00", "2026-01-02"): ("2025-12-31T15:00", "2026-01-02T23:00"),
    }
    for said, (begin, end) in times.items():
        shop = load(shop_file, 'time_zone = "Europe/Berlin"\n' + SHOP + rule(text.format(*said)))
        (carried,) = msgspec.json.decode(rules_json(shop.rules, shop.time_zone))
        assert (carried["from"][:16], carried["until"][:16]) == (begin, end)
        assert carried["from"].endswith("+00:00")


def test_the_conditions_of_the_guide_load(shop_file: Path) -> None:
    """Its second block: times, segments and queries."""
    guide = (ROOT / "docs" / "shape-your-lists.md").read_text()
    text = guide[guide.index("## Rules") :].split("```toml")[2].split("```")[0]
    pin, exclude = load(shop_file, SHOP + text).rules
    assert (pin.starts, pin.until, pin.queries) == ("2026-12-01", "2026-12-24", ["gift", "present for *"])
    assert exclude.segments == {"sleeping_dog", "north"}


def test_missing_file_names_the_remedy(shop_file: Path) -> None:
    """No file: the message names the variable."""
    with pytest.raises(ShopError, match="UPSHELF_SHOP"):
        Shop.load(shop_file)


def test_recommendation_settings(shop_file: Path) -> None:
    """What is not said has its default; a kind of event that does not exist, or a half-life of 0, is an error."""
    table = "[recommendations.weights]\nadd_to_cart = 2\n[recommendations.half_life_days]\npopularity = 3.5\n"
    said = load(shop_file, HEAD + FILES + ORDERS + table).recommendations
    assert (said.weights.add_to_cart, said.weights.purchase) == (2.0, 5.0)
    assert (said.half_life_days.popularity, said.half_life_days.co_purchase) == (3.5, 90.0)
    for wrong, told in (("weights]\nlike = 1", "like"), ("half_life_days]\naffinity = 0", "affinity")):
        with pytest.raises(ShopError, match=told):
            load(shop_file, HEAD + FILES + ORDERS + f"[recommendations.{wrong}\n")


def test_synonyms_are_groups_or_arrows(shop_file: Path) -> None:
    """A group has two expressions or more, an arrow two sides; what is neither is refused by its key."""
    text = HEAD + '[source]\nkind = "simulated"\n[search]\nsynonyms = [["sofa", "couch"], "tv => television"]\n'
    assert load(shop_file, text).search.synonyms == [["sofa", "couch"], "tv => television"]
    for wrong in ('["sofa"]', '"tv"', '"=> tv"', "3"):
        with pytest.raises(ShopError, match="synonyms"):
            load(shop_file, HEAD + f'[source]\nkind = "simulated"\n[search]\nsynonyms = [{wrong}]\n')


def test_field_weights(shop_file: Path) -> None:
    """Named fields from 0 to 10; what is wrong is told with what would be right."""
    text = HEAD + '[source]\nkind = "simulated"\n[search.field_weights]\n'
    said = load(shop_file, text + "description = 0\nbrand = 2.5\ntitle = 10\n").search.field_weights
    assert said == {"description": 0.0, "brand": 2.5, "title": 10.0}
    assert load(shop_file, text).search.field_weights == {}
    wrong = {
        "titel = 1": r"names 'titel', which is not searched: name title, brand, categories, tags, description",
        "brand = -0.1": r"brand is -0.1: give a number from 0 to 10",
        "brand = 10.5": r"brand is 10.5: give a number from 0 to 10",
        "brand = nan": r"brand is nan: give a number from 0 to 10",
        "title = 0": r"title is 0, .*: give a number above 0",
        'title = "high"': r"field_weights",
    }
    for line, told in wrong.items():
        with pytest.raises(ShopError, match=told):
            load(shop_file, text + line + "\n")


def test_a_segment_is_a_declared_attribute(shop_file: Path) -> None:
    """A misspelt one would leave popularity by segment out in silence."""
    said = (
        HEAD + '[recommendations]\nsegment = "regoin"\n[user_attributes]\ncategorical = ["region"]\n' + FILES + ORDERS
    )
    with pytest.raises(ShopError, match=r"segment is 'regoin', .*\['region'\]"):
        load(shop_file, said)
    assert load(shop_file, said.replace("regoin", "region")).recommendations.segment == "region"
