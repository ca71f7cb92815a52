"""The reference pages are those of the code, and complete."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import click
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
    assert (ROOT / "docs" / "reference" / page).read_text(encoding="utf-8") == PAGES[page](main)


@pytest.mark.parametrize(
    ("page", "cell"), [("shop-toml.md", 4), ("tables.md", 2), ("settings.md", 2), ("measures.md", 2)]
)
def test_everything_has_a_meaning(page: str, cell: int) -> None:
    """No row of a table has an empty cell where it should tell what the key, or the column, is for."""
    rows = [line for line in PAGES[page](main).splitlines() if line.startswith("| `")]
    assert len(rows) > 30
    assert not [row for row in rows if not row.replace("\\|", "/").split("|")[cell].strip()]


def test_no_variable_is_left_out() -> None:
    """Every variable whose name stands in the code, but for the one that examples call their source's."""
    page = PAGES["settings.md"](main)
    sources = [path for room in ("resources", "serving", "assets", "commands") for path in (ROOT / room).rglob("*.py")]
    named = {name for path in sources for name in re.findall(r"\bUPSHELF_[A-Z_]+\b", path.read_text(encoding="utf-8"))}
    assert len(named) > 25
    assert {name for name in named if f"| `{name}` |" not in page} <= {"UPSHELF_SOURCE_URL"}


def test_no_command_option_or_route_is_left_out() -> None:
    """Each option of each command, and each route that the API describes."""
    page = PAGES["commands.md"](main)
    for name, command in main.commands.items():
        assert f"## upshelf {name}\n" in page
        for option in command.params:
            assert not isinstance(option, click.Option) or option.opts[-1] in page, f"{name} {option.name}"
    described = json.loads((ROOT / "clients" / "typescript" / "openapi.json").read_text(encoding="utf-8"))
    routes = {f"### `{method.upper()} {path}`" for path, of in described["paths"].items() for method in of}
    assert routes == set(re.findall(r"^### `.*`$", PAGES["routes.md"](main), flags=re.MULTILINE))


def test_no_measure_is_left_out() -> None:
    """Those that an analyst looks for, with their formula or paper."""
    page = PAGES["measures.md"](main)
    assert "Q(k) = Y_t - Y_c * N_t / N_c (Radcliffe 2007" in page
    assert {name for name in ("`ndcg`", "`qini_coefficient`", "`uplift_at_k`") if f"| {name} |" not in page} == set()


def test_no_key_is_left_out() -> None:
    """Every field of every struct that a shop is made of is a row or a section; rules have a page of their own."""
    page, left, seen = PAGES["shop-toml.md"](main), [Shop], {*get_args(Rule)}
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
    page = PAGES["shop-toml.md"](main)
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
