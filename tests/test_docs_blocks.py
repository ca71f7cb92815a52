"""Every block of the README and the docs is what it says: queries run, keys and commands exist."""

import re
import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import duckdb
import polars as pl
import pytest

from commands.main import main
from resources.contracts import CONTRACTS, validate
from resources.settings import ROOT
from resources.shop import Shop
from tests.docs_blocks import Block, blocks, commands_of


def of(*languages: str) -> pytest.MarkDecorator:
    """Parametrise over the blocks of some languages."""
    chosen = [block for block in blocks() if block.language in languages]
    return pytest.mark.parametrize("block", chosen, ids=map(str, chosen))


def test_no_block_is_left_out() -> None:
    """Those of each language have a test below, programs beside the clients that they use; the picture has its own."""
    assert {block.language for block in blocks()} == {"sh", "sql", "toml", "mermaid", "python", "ts", "html"}


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Sections of both, those of ``over`` where both have a key."""
    both = {**base, **over}
    for key in base.keys() & over.keys():
        if isinstance(base[key], dict) and isinstance(over[key], dict):
            both[key] = merged(base[key], over[key])
    return both


@of("toml")
def test_keys_of_a_shop_are_known(block: Block, tmp_path: Path) -> None:
    """Alone, or as a part of the smallest shop, whose tables then need their queries."""
    part = tomllib.loads(block.text)
    least = {"name": "s", "first_day": "2026-01-01", "source": {"kind": "files"}}
    least["tables"] = {name: {"query": "SELECT 1"} for name in [*part.get("tables", {}), "events"]}
    least["user_attributes"] = {"categorical": ["region"]}
    whole = merged(least, part)
    (tmp_path / "shop.toml").write_text(_toml(whole), encoding="utf-8")
    assert Shop.load(tmp_path / "shop.toml").first_day


def _toml(table: Mapping[str, Any], path: str = "") -> str:
    """A table as TOML; lists of tables by their own headers."""
    lines, below = [], []
    for key, value in table.items():
        if isinstance(value, dict):
            below += [f"[{path}{key}]", _toml(value, f"{path}{key}.")]
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            below += [part for one in value for part in (f"[[{path}{key}]]", _toml(one))]
        else:
            lines.append(f"{key} = {_value(value)}")
    return "\n".join([*lines, *below])


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    return str(value)


@of("sql")
def test_queries_yield_what_the_contract_takes(block: Block) -> None:
    """On tables such as they speak of; no row is quarantined."""
    if block.text.startswith("CREATE TABLE"):
        pytest.skip("a shop's own tables: see tests/integration/test_tutorial_postgresql.py")
    with duckdb.connect() as shop:
        shop.execute("""
            CREATE TABLE order_lines AS SELECT 'o1' AS order_id, 1 AS line, TIMESTAMP '2026-01-02' AS paid_at,
                'c1' AS customer, 's1' AS sku, 2 AS quantity, 9.5 AS unit_price, 'USD' AS currency;
            CREATE TABLE refunds AS SELECT 'r1' AS refund_id, 1 AS line, TIMESTAMP '2026-01-03' AS refunded_at,
                'c1' AS customer, 's1' AS sku, 1 AS quantity, 9.5 AS unit_price;
            CREATE TABLE items AS SELECT 's1' AS sku, 'Lamp' AS name, 9.5 AS price, 3 AS stock,
                TIMESTAMP '2026-01-01' AS changed_at, NULL::TIMESTAMP AS deleted_at;
            CREATE TABLE hits AS SELECT 'h1' AS hit_id, TIMESTAMP '2026-01-02' AS seen_at, 'guest' AS customer,
                'v1' AS visit, 's1' AS sku;
            CREATE TABLE exchange_rates AS SELECT 'USD' AS currency, 0.9 AS rate;
        """)
        rows = pl.DataFrame(pl.from_arrow(shop.sql(block.text).to_arrow_table()))
    keyed = {name: contract for name, contract in CONTRACTS.items() if set(contract.key) <= set(rows.columns)}
    contract = max(keyed.values(), key=lambda one: len(set(one.columns) & set(rows.columns)))
    validated = validate(contract, rows, origin=str(block))
    assert validated.rows.height == rows.height > 0
    assert validated.quarantined.is_empty()


@of("sh")
def test_commands_exist_with_their_options(block: Block) -> None:
    """Each call of `upshelf` is understood, each target of `make` is one; requests have a test beside the API's."""
    if "curl" in block.text:
        pytest.skip("requests: see tests/serving/test_docs_requests.py")
    if block.page == "deploy.md":
        pytest.skip("needs a container runtime or a cluster; what it names is held by tests/deploy/test_docs.py")
    for name, *arguments in commands_of(block.text):
        assert name in ("upshelf", "make", "export"), name
        if name == "export":
            continue
        if name == "make":
            done = subprocess.run(["make", "--dry-run", *arguments], cwd=ROOT, capture_output=True, check=False)
            assert done.returncode == 0, done.stderr
        else:
            command, words = main.get_command(click.Context(main), arguments[0]), arguments
            if isinstance(command, click.Group):
                words = arguments[1:]
                command = command.get_command(click.Context(command), words[0])
            assert command is not None, arguments
            command.make_context(words[0], words[1:], resilient_parsing=False)
