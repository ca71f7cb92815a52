"""The reference pages are those of the code, and complete."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from commands.main import main
from commands.reference import PAGES
from resources.settings import ROOT


@pytest.mark.parametrize("page", sorted(PAGES))
def test_the_page_is_up_to_date(page: str) -> None:
    """Run `upshelf reference docs/reference` after a change of what it tells."""
    assert (ROOT / "docs" / "reference" / page).read_text(encoding="utf-8") == PAGES[page]()


@pytest.mark.parametrize("page", sorted(PAGES))
def test_everything_has_a_meaning(page: str) -> None:
    """No row of a table ends in an empty cell that should tell what the key, or the column, is for."""
    rows = [line for line in PAGES[page]().splitlines() if line.startswith("| `")]
    cell = 4 if page == "shop-toml.md" else 2
    assert len(rows) > 40
    assert not [row for row in rows if not row.replace("\\|", "/").split("|")[cell].strip()]


def test_keys_are_told_with_bounds_and_defaults() -> None:
    """Those that a newcomer looks for first."""
    page = PAGES["shop-toml.md"]()
    assert "| `window_days` | whole number from 1 | `90` | Trailing days of behaviour" in page
    assert "| `holdout_days` | whole number from 1 | `1` | Trailing days, up to the last one that has rows" in page
    assert "| `winsorise` | number above 0.5 to 1 | `0.99` |" in page
    assert '| `outcome` | one of `purchase`, `visit` | `"purchase"` |' in page
    assert "| `query` | text | needed |" in page


def test_the_command_writes_the_pages(tmp_path: Path) -> None:
    """Into a folder that it makes."""
    done = CliRunner().invoke(main, ["reference", str(tmp_path / "pages")])
    assert done.exit_code == 0
    assert sorted(path.name for path in (tmp_path / "pages").iterdir()) == sorted(PAGES)
