"""The reference pages are those of the code, and complete."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from click.testing import CliRunner

from commands.main import main
from commands.reference import PAGES
from resources.settings import ROOT
from resources.shop import Shop
from resources.shop.rules import Rule


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


def test_no_key_is_left_out() -> None:
    """Every field of every struct that a shop is made of is a row or a section; rules have a page of their own."""
    page, left, seen = PAGES["shop-toml.md"](), [Shop], {*get_args(Rule)}
    while left:
        struct = left.pop()
        seen.add(struct)
        for field in msgspec.structs.fields(struct):
            inner = {one for one in _within(field.type) if isinstance(one, type) and issubclass(one, msgspec.Struct)}
            left += inner - seen
            assert inner or f"| `{field.encode_name}` |" in page, f"{struct.__name__}.{field.encode_name}"
    assert len(seen) > 15


def _within(kind: Any) -> Iterator[Any]:  # noqa: ANN401  # any type of a field
    """A type and all that it is made of."""
    yield kind
    for part in get_args(kind):
        yield from _within(part)


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
