"""The targeting page of a shop of several campaigns: one is chosen, and the others are in sight."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.serving.console.conftest import Client
from tests.serving.console.test_overview import rows
from tests.serving.several_campaigns import write_campaigns

PAGE = "/console/targeting"


@pytest.fixture(scope="module")
def marketer(
    console_on: Callable[[Path], AbstractContextManager[Client]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Client]:
    """Somebody signed in to a console on three campaigns."""
    folder = tmp_path_factory.mktemp("several") / "release"
    write_campaigns(folder)
    with console_on(folder) as client:
        yield client


def test_every_campaign_is_in_the_table_with_the_reason_of_what_it_lacks(marketer: Client) -> None:
    """Each by its id, which leads to its page."""
    table = rows(marketer, f"{PAGE}/campaigns.csv")
    assert [(row["campaign"], row["state"]) for row in table] == [
        ("mail", "running"),
        ("push", "draft"),
        ("voucher", ""),
    ]
    assert table[1]["in words"] == "too few responses"
    text = marketer.get(PAGE).text
    assert 'href="/console/targeting?campaign=voucher"' in text
    assert "mail 1 contacts; voucher 1 contacts." in text


@pytest.mark.parametrize(("query", "chosen"), [("", "mail"), ("?campaign=voucher", "voucher")])
def test_the_page_is_of_the_campaign_that_is_chosen(marketer: Client, query: str, chosen: str) -> None:
    """By default the first one that has scores; the budget's form, the charts and the lists keep the choice."""
    text = marketer.get(f"{PAGE}{query}").text
    assert re.findall(r'<option value="(\w+)" selected>', text) == [chosen]
    assert f'<input type="hidden" name="campaign" value="{chosen}">' in text
    assert f'/targeting/export/plan?campaign={chosen}"' in text
    sizes = {row["segment"]: row["users"] for row in rows(marketer, f"{PAGE}/segments.csv{query}")}
    assert ("sleeping_dog" in sizes) is (chosen == "mail")


def test_a_list_is_of_the_campaign_and_who_took_it_is_on_record(marketer: Client) -> None:
    """The overview says which."""
    answer = marketer.get(f"{PAGE}/export/plan?campaign=voucher")
    assert answer.text.count("\n") == 2
    assert "exported plan of voucher of release" in marketer.get("/console").text


def test_a_campaign_that_is_not_there_is_a_page_of_an_error(marketer: Client) -> None:
    """It names those that there are."""
    answer = marketer.get(f"{PAGE}?campaign=letters")
    assert answer.status_code == 404
    assert "there are mail, push, voucher" in answer.text
