"""``upshelf reference``: pages that follow from the code: every key of a ``shop.toml``, every column of a table."""

import ast
import inspect
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from textwrap import dedent
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import click
import msgspec

__all__ = ["PAGES", "reference"]

_MADE = "<!-- Made by `upshelf reference docs/reference`; do not edit. -->"


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def reference(folder: Path) -> None:
    """Write the reference pages into FOLDER."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in PAGES.items():
        (folder / name).write_text(make(), encoding="utf-8")
        click.echo(f"{folder / name} written")


def shop_page() -> str:
    """Every key of a ``shop.toml`` with its kind, bounds, default and effect."""
    from resources import shop
    from resources.shop.recommendations import HalfLifeDays

    tables: dict[str, tuple[type[msgspec.Struct], str]] = {
        "": (shop.Shop, "before the first section"),
        '[source], kind = "simulated"': (shop.SimulatedSource, ""),
        '[source], kind = "files"': (shop.FilesSource, ""),
        '[source], kind = "postgres"': (shop.PostgresSource, ""),
        "[tables.NAME]": (shop.TableQuery, "NAME is one of the tables of [tables.md](tables.md)"),
        "[user_attributes]": (shop.Attributes, ""),
        "[campaign]": (shop.Campaign, "or `[campaigns.ID]` for each of several"),
        "[campaign.arms.NAME]": (shop.Arm, "or `[campaigns.ID.arms.NAME]`"),
        "[targeting]": (shop.Targeting, ""),
        "[banners.ID]": (shop.Banner, ""),
        "[slots.NAME]": (shop.Slot, "NAME is a slot of banners"),
        "[experiments.ID]": (shop.Experiment, ""),
        "[experiments.ID.change]": (shop.Change, ""),
        "[recommendations]": (shop.Recommendations, ""),
        "[recommendations.weights]": (shop.EventWeights, ""),
        "[recommendations.half_life_days]": (HalfLifeDays, ""),
        "[search]": (shop.Search, ""),
        "[embeddings]": (shop.Embeddings, ""),
        "[sessions]": (shop.Sessions, ""),
        "[robots]": (shop.Robots, ""),
    }
    lines = [
        _MADE,
        "# Keys of shop.toml",
        "",
        "An unknown key is an error. Times are UTC, money is in the shop's currency. `[[rules]]` have a page of their "
        "own: [shape-your-lists.md](../shape-your-lists.md).",
    ]
    for section, (struct, note) in tables.items():
        lines += [
            "",
            f"## {section or 'The shop'}",
            "",
            _sentence(struct.__doc__ or "") + (f" ({note})" if note else ""),
        ]
        lines += ["", "| key | value | default | effect |", "|---|---|---|---|"]
        effects = dict(_effects(struct))
        for field in msgspec.structs.fields(struct):
            kind = _kind(field.type)
            if kind is not None:
                lines.append(f"| `{field.encode_name}` | {kind} | {_default(field)} | {effects.get(field.name, '')} |")
    return "\n".join(lines) + "\n"


def tables_page() -> str:
    """Every column of every canonical table: what it holds, and the rules that it must keep, in words."""
    from resources.contracts import CONTRACTS
    from resources.contracts.rule_words import in_words

    lines = [
        _MADE,
        "# Columns of the tables",
        "",
        "What a row must keep to; one that does not goes to the quarantine with the rule. How to write the queries is "
        "told in [connect-your-shop.md](../connect-your-shop.md).",
    ]
    for name, contract in CONTRACTS.items():
        lines += ["", f"## {name}", "", _sentence(contract.schema.__doc__ or "")]
        lines += ["", "| column | holds | may be missing | rules |", "|---|---|---|---|"]
        for column, of in contract.schema.columns().items():
            bounds = [rule for rule in _BOUNDS if getattr(of, rule, None) is not None]
            rules = [in_words(contract, f"{column}|{rule}") for rule in bounds]
            missing = "yes" if of.nullable else "no"
            lines.append(f"| `{column}` | {of.description or ''} | {missing} | {'; '.join(rules)} |")
        words = [in_words(contract, rule) for rule in ("primary_key", *contract.schema._schema_validation_rules())]
        lines += ["", "Rows: " + "; ".join(words) + "."]
    return "\n".join(lines) + "\n"


PAGES = {"shop-toml.md": shop_page, "tables.md": tables_page}
"""Page → what makes it."""
_BOUNDS = ("min", "min_exclusive", "max", "max_exclusive", "min_length", "max_length")


def _effects(struct: type[msgspec.Struct]) -> Iterator[tuple[str, str]]:
    """Field → the text that stands beneath it in the source."""
    (declared,) = ast.parse(dedent(inspect.getsource(struct))).body
    for statement, text in pairwise(declared.body if isinstance(declared, ast.ClassDef) else []):
        match statement, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(words))):
                yield name, _sentence(words)


def _sentence(text: str) -> str:
    """Text of a docstring in one line of Markdown."""
    return " ".join(text.split()).replace("``", "`").replace("|", "\\|")


def _default(field: msgspec.structs.FieldInfo) -> str:
    """A default as TOML writes it."""
    value: Any = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
    if value is msgspec.NODEFAULT:
        return "needed"
    if value is None or isinstance(value, msgspec.Struct) or value in ({}, frozenset()):
        return "none"
    return f"`{msgspec.json.encode(value).decode()}`"


def _kind(of: Any, metas: tuple[msgspec.Meta, ...] = ()) -> str | None:  # noqa: ANN401  # any type of a field
    """A type in words; none for what is a section of its own."""
    origin, parts = get_origin(of), get_args(of)
    if origin is Annotated:
        return _kind(parts[0], tuple(part for part in parts[1:] if isinstance(part, msgspec.Meta)))
    if origin in (Union, UnionType):
        kinds = [kind for part in parts if part is not type(None) and (kind := _kind(part)) is not None]
        return " or ".join(dict.fromkeys(kinds)) or None
    if origin is Literal:
        return "one of " + ", ".join(f"`{value}`" for value in parts)
    if origin in (list, frozenset, tuple, dict):
        inner = _kind(parts[1] if origin is dict else parts[0])
        return None if inner is None else f"{'table' if origin is dict else 'list'} of {inner}"
    if of not in _WORDS:
        return None
    bounds = [
        f"{words} {bound:g}"
        for meta in metas
        for words, bound in (("from", meta.ge), ("above", meta.gt), ("to", meta.le), ("below", meta.lt))
        if bound is not None
    ]
    return " ".join([_WORDS[of], *bounds])


_WORDS: dict[Any, str] = {
    int: "whole number",
    float: "number",
    bool: "true or false",
    str: "text",
    date: "date",
}
