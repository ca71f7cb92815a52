"""The page of the routes: every route of the API with what it takes, from the description that the API serves."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from commands.reference.markdown import MADE, sentence, table
from resources.settings import ROOT

__all__ = ["routes_page"]

_DESCRIPTION = ROOT / "clients" / "typescript" / "openapi.json"
_GROUPS = {
    "storefront": "For shops and their pages: keys of the scope `storefront`",
    "campaigns": "For campaign systems: keys of the scope `campaigns`",
    "operations": "For whoever operates it: keys of the scope `admin`, or none",
}
Schema = Mapping[str, Any]


def routes_page() -> str:
    """Each route by its group, with its parameters and the fields of its body."""
    described = json.loads(_DESCRIPTION.read_text(encoding="utf-8"))
    lines = [
        MADE,
        "# Routes",
        "",
        "What the API takes; a running one serves the same with every answer's shape and examples at `/schema`. How to "
        "call it is told in [call-the-api.md](../call-the-api.md).",
    ]
    for group, words in _GROUPS.items():
        lines += ["", f"## {words}"]
        for path, operations in described["paths"].items():
            for method, operation in operations.items():
                if operation["tags"][0] == group:
                    lines += _route(f"{method.upper()} {path}", operation, described["components"]["schemas"])
    return "\n".join(lines) + "\n"


def _route(address: str, operation: Schema, schemas: Mapping[str, Schema]) -> Iterator[str]:
    told = f"**{operation['summary']}.** {sentence(operation.get('description') or '')}"
    yield from ("", f"### `{address}`", "", told.strip())
    rows = [
        (f"`{one['name']}`", one["in"], *_value(one["schema"], one.get("required", False), schemas))
        for one in operation.get("parameters", ())
    ]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    for name, shape in _fields(body, schemas):
        rows.append((f"`{name}`", "body", *_value(shape, shape.get("needed", False), schemas)))
    yield from table(("name", "in", "value", "default", "what"), rows)


def _fields(body: Schema | None, schemas: Mapping[str, Schema]) -> Iterator[tuple[str, Schema]]:
    """Fields of a body; those of a list's items for a list."""
    if body is None:
        return
    shape = _resolved(body, schemas)
    if shape.get("type") == "array":
        yield from _fields(shape["items"], schemas)
    for one in (*shape.get("oneOf", ()), *shape.get("anyOf", ())):
        yield from _fields(one, schemas)
    for name, field in shape.get("properties", {}).items():
        yield name, {**_resolved(field, schemas), "needed": name in shape.get("required", ())}


def _resolved(shape: Schema, schemas: Mapping[str, Schema]) -> Schema:
    """A shape without its reference."""
    if "allOf" in shape:
        return _resolved(shape["allOf"][0], schemas)
    if "$ref" in shape:
        return {**schemas[shape["$ref"].rpartition("/")[2]], **{key: shape[key] for key in shape if key != "$ref"}}
    return shape


def _value(shape: Schema, needed: bool, schemas: Mapping[str, Schema]) -> tuple[str, str, str]:
    """(what it may be, default, meaning) of a parameter or field."""
    default = f"`{json.dumps(shape['default'], ensure_ascii=False)}`" if shape.get("default") is not None else ""
    return _kind(shape, schemas), "needed" if needed else default, sentence(shape.get("description") or "")


def _kind(shape: Schema, schemas: Mapping[str, Schema]) -> str:
    shape = _resolved(shape, schemas)
    choices = [one for one in (*shape.get("oneOf", ()), *shape.get("anyOf", ())) if one.get("type") != "null"]
    if choices:
        words = " or ".join(dict.fromkeys(_kind(one, schemas) for one in choices))
    elif "enum" in shape or "const" in shape:
        values = [value for value in shape.get("enum", [shape.get("const")]) if value is not None]
        words = "one of " + ", ".join(f"`{value}`" for value in values)
    elif shape.get("type") == "array":
        words = f"list of {_kind(shape['items'], schemas)}"
    else:
        kind = shape.get("type", "object")
        words = _WORDS.get(kind if isinstance(kind, str) else kind[0], "object")
    return " ".join([words, *_bounds(shape)]).replace(" ,", ",")


def _bounds(shape: Schema) -> Iterator[str]:
    if "minimum" in shape:
        yield f"from {shape['minimum']:g}"
    if "maximum" in shape:
        yield f"to {shape['maximum']:g}"
    if "maxLength" in shape:
        yield f"of {shape.get('minLength', 0)} to {shape['maxLength']} characters"
    if "maxItems" in shape:
        yield f", {shape['maxItems']} at most"


_WORDS = {"integer": "whole number", "number": "number", "boolean": "true or false", "string": "text"}
