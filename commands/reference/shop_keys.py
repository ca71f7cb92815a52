"""The page of a ``shop.toml``: every key with its kind, bounds, default and effect."""

from datetime import date
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

from commands.reference.markdown import MADE, effects_of, sentence, table

__all__ = ["shop_page"]


def shop_page() -> str:
    """Every key of a ``shop.toml`` with its kind, bounds, default and effect."""
    from resources import shop
    from resources.shop.recommendations import HalfLifeDays

    tables: dict[str, tuple[type[msgspec.Struct], str]] = {
        "": (shop.Shop, "before the first section"),
        '[source], kind = "simulated"': (shop.SimulatedSource, ""),
        '[source], kind = "files"': (shop.FilesSource, ""),
        '[source], kind = "postgres"': (shop.PostgresSource, ""),
        '[source], kind = "mysql"': (shop.MySQLSource, ""),
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
        "[retention]": (shop.Retention, ""),
    }
    lines = [
        MADE,
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
            sentence(struct.__doc__ or "") + (f" ({note})" if note else ""),
        ]
        effects = dict(effects_of(struct))
        rows = [
            (f"`{field.encode_name}`", kind, _default(field), effects.get(field.name, ""))
            for field in msgspec.structs.fields(struct)
            if (kind := _kind(field.type)) is not None
        ]
        lines += table(("key", "value", "default", "effect"), rows)
    return "\n".join(lines) + "\n"


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
