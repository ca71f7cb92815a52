"""``upshelf campaign``: plan, draw and list, as an operator calls them."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import duckdb
import polars as pl
import pytest

from assets.models.uplift.targeting.assignment import drawn_arms
from resources.contracts import CONTRACTS, validate
from resources.lake import Lake
from resources.settings import ROOT
from resources.store import Store
from resources.store.campaign_draws import newest_draw
from resources.store.forgotten import ForgottenUsers
from tests.assets.targeting.known_shop import USERS, write_orders, write_profiles
from tests.commands.conftest import Called

_SHOP = """
name = "two"
first_day = 2026-01-01
[source]
kind = "files"
folder = "."
[tables.orders]
query = "SELECT 1"
[campaigns.spring]
[campaigns.voucher.arms.five]
contact_cost = 0.2
[campaigns.voucher.arms.ten]
[campaigns.old]
closed = true
"""


@pytest.fixture
def filled(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with orders and profiles, of a shop of three campaigns."""
    (tmp_path / "shop.toml").write_text(_SHOP)
    monkeypatch.setenv("UPSHELF_SHOP", str(tmp_path / "shop.toml"))
    lake = Lake(str(home / "lake"))
    write_orders(lake)
    write_profiles(lake)
    return home


def test_a_plan_from_what_is_measured(filled: Path, called: Called) -> None:
    """20 of 100 bought; with CUPED 1 - .49099² = .75893 of the users do."""
    done = called("campaign", "plan", "spring", "--points", "5", "--as-of", "2026-03-01")
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines() == [
        "purchase without a contact: 20.00%, of 100 users known before, 2026-02-23 to 2026-03-01",
        "effect: +5.00 points (+25.0%), seen in 80% of cases at the level 95%, at the end",
        "users: 2,182 (1,091 control, 1,091 treatment)",
        "with CUPED: 1,656 users (correlation 0.49)",
        "days: 735 at 3 users a day, the last 7 of them for responses to arrive",
        # 1,091 users forgo 5 in 100, worth 15 (30 % of 50), and ten cents for each contact.
        "cost of the control: 55 responses forgone; 709.15 EUR after what contacts cost",
    ]
    told = json.loads(called("campaign", "plan", "spring", "--users", "2182", "--json").stdout)
    assert told["effect"] == pytest.approx(0.05, rel=1e-3)
    assert told["measured"]["users"] == 100


def test_a_plan_of_what_is_given_needs_no_lake(home: Path, called: Called) -> None:
    """Money with its scatter, an unequal split, and as many looks as one likes."""
    money = ("--mean", "4", "--deviation", "30", "--money", "0.5", "--share", "control=0.1", "--share", "treatment=0.9")
    once = json.loads(called("campaign", "plan", "x", *money, "--json").stdout)
    daily = json.loads(called("campaign", "plan", "x", *money, "--looks", "daily", "--json").stdout)
    assert (once["outcome"], once["measured"], once["days"]) == ("revenue", None, None)
    assert daily["users"] / once["users"] == pytest.approx((3.87682 / 2.80159) ** 2, rel=1e-3)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "give one of --points, --lift, --money and --users"),
        (("--points", "1", "--users", "9"), "give one of"),
        (("--points", "1", "--mean", "4"), "--mean and --deviation go together"),
        (("--points", "1", "--mean", "4", "--deviation", "9"), "the outcome is revenue"),
        (("--money", "1", "--rate", "0.1"), "the outcome is revenue"),
        (("--points", "1", "--share", "mail=0.5"), "there is no arm 'mail'; there are control, treatment"),
        (("--points", "1", "--share", "control=half"), "'half' is no number"),
        (("--points", "1", "--share", "control=0.5"), "share of 'treatment' is 0"),
        (("--points", "95", "--rate", "0.1"), "no outcome can change so much"),
        (("--points", "1", "--rate", "0.1", "--cuped"), "give --correlation"),
        (("--points", "1"), "the lake has no orders yet: run `upshelf run DAYS`, or give --rate"),
    ],
)
def test_what_cannot_be_planned_is_told(home: Path, called: Called, options: tuple[str, ...], told: str) -> None:
    """With the remedy."""
    done = called("campaign", "plan", "x", *options)
    assert done.exit_code in (1, 2)
    assert told in done.stderr


def drawn(file: Path) -> dict[str, str]:
    """User → arm of a list."""
    return dict(pl.read_parquet(file).select("user_id", "arm").iter_rows())


def test_a_draw_is_written_with_all_that_the_log_of_exposures_wants(filled: Path, called: Called) -> None:
    """Three arms with their shares in each stratum; the contract of ad_exposures has a column of each name."""
    file = filled / "list.parquet"
    shares = ("--share", "control=0.2", "--share", "five=0.3", "--share", "ten=0.5")
    done = called("campaign", "draw", "voucher", "-o", file, *shares, "--by", "region", "--seed", "s")
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith(f"100 users to {file}: draw 1 of voucher, seed s, 2 strata; ")
    users = pl.read_parquet(file)
    assert set(users.columns) - {"stratum"} < set(CONTRACTS["ad_exposures"].columns)
    counts = users.group_by("stratum", "arm").len().sort("stratum", "arm")
    assert counts.rows() == [
        ("region=north", "control", 15),
        ("region=north", "five", counts["len"][1]),
        ("region=north", "ten", 60 - counts["len"][1]),
        ("region=south", "control", 5),
        ("region=south", "five", counts["len"][4]),
        ("region=south", "ten", 20 - counts["len"][4]),
    ]
    assert {counts["len"][1], counts["len"][4]} <= {22, 23, 7, 8}
    odds = users.select("arm", "propensity").unique().sort("arm").rows()
    assert odds == [("control", 0.2), ("five", 0.3), ("ten", 0.5)]
    assert users["exposure_id"].n_unique() == 100
    assert users["campaign_id"].unique().to_list() == ["voucher"]


def test_the_list_is_read_as_the_docs_have_it(filled: Path, called: Called) -> None:
    """The query of run-a-trial.md makes exposures of a drawn list, of which none is quarantined."""
    (filled / "lists").mkdir()
    file = filled / "lists" / "spring.parquet"
    assert called("campaign", "draw", "spring", "-o", file).exit_code == 0
    (query,) = re.findall(r'query = """([^"]*/lists/[^"]*)"""', (ROOT / "docs" / "run-a-trial.md").read_text("utf-8"))
    with duckdb.connect() as connection:
        rows = pl.DataFrame(pl.from_arrow(connection.sql(query.format(folder=filled)).to_arrow_table()))
    validated = validate(CONTRACTS["ad_exposures"], rows, origin="docs")
    assert validated.quarantined.is_empty()
    assert dict(validated.rows.select("user_id", "arm").iter_rows()) == drawn(file)
    assert validated.rows["assigned_at"].null_count() == 0


def test_a_campaign_is_drawn_once(filled: Path, called: Called) -> None:
    """Another draw must name the one before; the list can be written as often as one likes."""
    first, second, csv = filled / "1.parquet", filled / "2.parquet", filled / "list.csv"
    assert called("campaign", "draw", "spring", "-o", first).exit_code == 0
    done = called("campaign", "draw", "spring", "-o", second)
    assert done.exit_code == 1
    assert "(draw 1): `upshelf campaign list spring` writes its list; `--again 1` draws another one" in done.stderr
    assert called("campaign", "draw", "spring", "-o", second, "--again", "2").exit_code == 1
    assert not second.exists()
    assert called("campaign", "list", "spring", "-o", second).exit_code == 0
    assert second.read_bytes() == first.read_bytes()
    assert called("campaign", "draw", "spring", "-o", csv, "--again", "1").exit_code == 0
    another = dict(pl.read_csv(csv).select("user_id", "arm").iter_rows())
    assert another.keys() == drawn(first).keys()
    assert another != drawn(first)


def test_who_is_left_out(filled: Path, called: Called) -> None:
    """The forgotten, and those of a file; of the others as many as are wanted, by lot."""
    store = Store(f"sqlite:///{filled / 'store.db'}")
    ForgottenUsers(store.engine).request({"u01": 1})
    store.close()
    (filled / "without.txt").write_text("u02\nnobody\n\n")
    file = filled / "list.parquet"
    options = ("--without", filled / "without.txt", "--users", "60")
    assert called("campaign", "draw", "spring", "-o", file, *options).exit_code == 0
    assert len(drawn(file)) == 60
    assert drawn(file).keys() < set(USERS) - {"u01", "u02"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("draw", "autumn"), "there is no campaign 'autumn'; there are spring, voucher, old"),
        (("draw", "old"), "'old' is closed"),
        (("draw", "spring", "--by", "shoe"), "nothing known of users is called 'shoe'; there are bought, "),
        (("draw", "spring", "--as-of", "2026-02-01"), "0 users are known as of 2026-02-01"),
        (("draw", "spring", "--again", "1"), "has not been drawn yet: leave --again out"),
        (("draw", "spring", "--seed", "s" * 65), "--seed has 1 to 64 characters"),
        (("list", "spring"), "'spring' has not been drawn"),
    ],
)
def test_what_cannot_be_drawn_is_told(filled: Path, called: Called, arguments: tuple[str, ...], told: str) -> None:
    """In words; nothing is written."""
    done = called("campaign", *arguments, "-o", filled / "list.csv")
    assert done.exit_code in (1, 2)
    assert told in done.stderr
    assert not (filled / "list.csv").exists()


def killed_when(home: Path, is_so: Callable[[sqlite3.Connection], bool]) -> None:
    """Begin a draw in a process of its own, and kill it as soon as the store says so."""
    command = [sys.executable, "-m", "commands", "campaign", "draw", "spring", "-o", str(home / "list.parquet")]
    process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, cwd=home)
    try:
        while process.poll() is None:
            with closing(sqlite3.connect(f"file:{home / 'store.db'}?mode=ro", uri=True)) as connection:
                if is_so(connection):
                    break
            time.sleep(0.001)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def counted(connection: sqlite3.Connection, condition: str) -> bool:
    """Whether a draw is there."""
    return bool(connection.execute(f"SELECT COUNT(*) FROM campaign_draws WHERE {condition}").fetchone()[0])


@pytest.mark.slow
@pytest.mark.parametrize("condition", ["drawn_at_us IS NULL", "drawn_at_us IS NOT NULL"])
def test_a_killed_draw_run_again_gives_the_same_arms(filled: Path, called: Called, condition: str) -> None:
    """Killed once the seed is on record, or once all users are: the arms are those of that seed, in list and store."""
    write_profiles(Lake(str(filled / "lake")), users=20_000)
    store = Store(f"sqlite:///{filled / 'store.db'}")
    assert newest_draw(store, "spring") is None
    killed_when(filled, lambda connection: counted(connection, condition))
    begun = newest_draw(store, "spring")
    assert begun is not None
    done = called("campaign", "draw", "spring", "-o", filled / "list.parquet")
    assert done.exit_code == 0, done.output
    after = newest_draw(store, "spring")
    store.close()
    assert after is not None
    assert (after.seed, after.settings, after.number, after.users) == (begun.seed, begun.settings, 1, 20_000)
    if begun.drawn_at is not None:
        assert after.drawn_at == begun.drawn_at
    users = pl.read_parquet(filled / "list.parquet")
    shares = {"control": 0.5, "treatment": 0.5}
    arms = drawn_arms(users["user_id"].to_list(), users["stratum"].to_list(), shares, begun.seed)
    assert users["arm"].to_list() == [list(shares)[arm] for arm in arms]
    assert called("campaign", "draw", "spring", "-o", filled / "other.csv").exit_code == 1
