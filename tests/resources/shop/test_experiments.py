"""Experiments as a shop declares them."""

from datetime import date
from pathlib import Path

import pytest

from resources.shop import Change, Experiment, Shop, ShopError
from resources.shop.experiments import experiments_from, experiments_json
from tests.resources.shop.test_declaration import SHOP, load


def test_is_read_and_carried_as_declared(tmp_path: Path) -> None:
    """A permanent holdout with a guardrail, there and back in a release's file."""
    text = (
        "[experiments.holdout]\nchallenger_share = 0.05\nchange.personalisation = false\nmetric = 'revenue'\n"
        "guardrails.conversion = 0.02\nstarts = 2026-02-01\n"
    )
    found = load(tmp_path / "shop.toml", SHOP + text).experiments
    expected = Experiment(
        change=Change(personalisation=False),
        challenger_share=0.05,
        metric="revenue",
        guardrails={"conversion": 0.02},
        starts=date(2026, 2, 1),
    )
    assert found == {"holdout": expected}
    assert experiments_from(experiments_json(found)) == found
    assert load(tmp_path / "shop.toml", SHOP).experiments == {}


def test_is_live_from_the_first_to_the_last_day() -> None:
    """Both of them included; without days always."""
    one = Experiment(change=Change(rules=False), starts=date(2026, 2, 1), ends=date(2026, 2, 3))
    assert [one.is_live(date(2026, 2, day)) for day in (1, 3, 4)] == [True, True, False]
    assert not one.is_live(date(2026, 1, 31))
    assert Experiment(change=Change(rules=False)).is_live(date(1999, 1, 1))


def test_changes_add_up() -> None:
    """What either does without, both do without."""
    both = Change(rules=False, without=frozenset({"session"})).and_also(Change(without=frozenset({"similar"})))
    assert both == Change(rules=False, without=frozenset({"session", "similar"}))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[experiments.e]\nchange = {}", "changes nothing"),
        ("[experiments.'ä b']\nchange.rules = false", "needs an id"),
        ("[experiments.e]\nchange.rules = false\nstarts = 2026-02-02\nends = 2026-02-01", "before it starts"),
        ("[experiments.e]\nchange.rules = false\nmin_days = 9\nmax_days = 8", "max_days 8 below min_days 9"),
        ("[experiments.e]\nchange.rules = false\nmax_days = 84", "more than the shop's window_days, 90"),
        ("[experiments.e]\nchange.rules = false\nunit = 'session'", "measures conversion of sessions"),
        (
            "[experiments.e]\nchange.rules = false\nunit = 'session'\nmetric = 'cart'\nguardrails.revenue = 0.1",
            "measures revenue of sessions",
        ),
        ("[experiments.e]\nchange.rules = false\nchallenger_share = 1.0", "challenger_share"),
        ("[experiments.e]\nchange.without = ['magic']", "without"),
    ],
)
def test_refuses_what_could_show_nothing(tmp_path: Path, text: str, told: str) -> None:
    """With the key and the remedy."""
    with pytest.raises(ShopError, match=told):
        load(tmp_path / "shop.toml", SHOP + text)


def test_the_declaration_is_part_of_the_shop() -> None:
    """So that the reference lists its keys."""
    assert "experiments" in Shop.__struct_fields__
