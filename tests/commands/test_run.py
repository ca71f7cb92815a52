"""``upshelf run`` as a process of its own."""

import json
import re
from pathlib import Path

import polars as pl
import pytest

from resources.lake import Lake
from tests.commands.breaks import other_ids
from tests.commands.conftest import Called, Door
from tests.commands.shop_files import ShopFiles
from tests.integration.home import TINY


@pytest.fixture
def shop(tmp_path: Path) -> ShopFiles:
    """A sound shop in a folder."""
    (tmp_path / "shop").mkdir()
    return ShopFiles(tmp_path / "shop")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name the days to read, such as 2026-01-01..2026-01-30, or --as-of a day"),
        (("2026-01-05..2026-01-01",), "'2026-01-05..2026-01-01' ends before it begins"),
        (("january",), "'january' is no range of days: write 2026-01-01..2026-01-30, or one day"),
        (("2025-12-31..2026-01-02",), "2025-12-31 is none of the shop's days, which are 2026-01-01 to 2026-01-30"),
        (("2026-01-01", "--as-of", "2026-02-01"), "2026-02-01 is none of the shop's days"),
        (("--as-of", "2026-01-01", "--tables-only"), "--tables-only needs the days to read"),
    ],
)
def test_a_call_that_cannot_be_understood(called: Called, arguments: tuple[str, ...], message: str) -> None:
    """Exit code 2, before anything runs."""
    done = called("run", *arguments)
    assert done.exit_code == 2
    assert message in " ".join(done.stderr.split())


def test_a_shop_that_cannot_be_used(shop: ShopFiles, door: Door) -> None:
    """All its faults, and no traceback."""
    shop.head = shop.head.replace("attribution_days", "atribution_days").replace('name = "broken"', 'name = "Broken"')
    done = door(shop.save(), "run", "2026-01-01")
    assert done.returncode == 1
    assert "did you mean 'attribution_days'?" in done.stderr
    assert "name is 'Broken': give up to 63 small letters" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_cause_of_a_failure_is_told_in_words(shop: ShopFiles, door: Door, home: Path) -> None:
    """Other tables are read; the cause stands at the end in a line or two, its traceback in a file; no release."""
    shop.queries["orders"] = "SELECT * FROM read_csv('{folder}/gone.csv')"
    done = door(shop.save(), "run", "2026-01-01..2026-01-20")
    assert done.returncode == 1
    told = [line for line in done.stderr.splitlines() if line.startswith("✗")]
    assert len(told) == 1
    assert told[0].startswith("✗ orders: SourceError: shop 'broken', query of 'orders' on files under")
    assert "gone.csv" in told[0]
    assert len(done.stderr.splitlines()) < 10
    assert "Traceback" not in done.stdout + done.stderr
    assert re.search(r"✓ events +600 rows", done.stdout)
    assert "Models" not in done.stdout
    assert "Traceback" in (home / "failures.log").read_text() or "Stack Trace" in (home / "failures.log").read_text()


@pytest.mark.slow
def test_a_check_that_blocks_is_the_cause(shop: ShopFiles, door: Door, home: Path) -> None:
    """Told by its description, once at the end; there is no traceback of it. The rows are shown by another command."""
    shop.put("orders", "line", "0", 60)
    done = door(shop.save(), "run", "2026-01-01..2026-01-20")
    assert done.returncode == 1
    (told,) = done.stderr.splitlines()
    assert told.startswith("✗ orders contract: 60 of 700 rows read broke the contract (8.57%): line must be at least 1")
    assert "`upshelf quarantine orders` shows the rows" in told
    assert "AssetCheckFailed" not in done.stdout
    assert not (home / "failures.log").exists()
    shown = door(shop.folder, "quarantine", "orders", "--rows", "1").stdout
    assert "  2026-01-20  line must be at least 1" in shown


@pytest.mark.slow
def test_days_that_shrink_are_kept_until_they_are_accepted(shop: ShopFiles, door: Door, home: Path) -> None:
    """Exit code 1 with the check in words; with --accept-shrunk the days are replaced. Ids that do not join warn."""
    lake = Lake(str(home / "lake"))
    days = "2026-01-01..2026-01-20"
    other_ids("users", "C-{}")(shop)
    first = door(shop.save(), "run", days, "--tables-only")
    assert first.returncode == 0
    assert "! user_profiles ids_join: 0 of 200 user_id of orders are among the 200 of users: orders has" in first.stdout
    assert lake.count("orders") == 700
    del shop.tables["orders"][101:]
    kept = door(shop.save(), "run", days, "--tables-only")
    assert kept.returncode == 1
    assert "✗ orders shrunk: 2026-01-01 had 35 rows and would have 5" in kept.stderr
    assert lake.count("orders") == 700
    assert door(shop.save(), "run", days, "--tables-only", "--accept-shrunk", "all").returncode == 0
    assert lake.count("orders") == 100


@pytest.mark.slow
def test_everything_and_the_release(door: Door, home: Path, encoder: Path) -> None:
    """From nothing to a champion; again as of the same day it is unchanged; it is listed and exported."""
    (home / "encoder").symlink_to(encoder)
    done = door(TINY, "run", "2026-01-01..2026-01-12")
    assert done.returncode == 0, done.stderr
    assert re.search(r"✓ events +6,683 rows", done.stdout)
    assert re.search(r"release [0-9a-f]{12} \(version 1\): promoted", done.stdout)
    again = door(TINY, "run", "--as-of", "2026-01-12")
    assert again.returncode == 0, again.stderr
    assert "Logs of tiny" not in again.stdout
    assert "(version 1): unchanged: the champion has this very content" in again.stdout
    (listed,) = json.loads(door(TINY, "releases", "--json").stdout)
    assert (listed["version"], listed["champion"], listed["as_of"]) == ("1", True, "2026-01-12")
    assert "segments" in listed["modules"]
    assert door(TINY, "export", "scores", "-o", "scores.csv").returncode == 0
    assert pl.read_csv(home / "scores.csv").height == 1_500
