"""How the API describes itself: OpenAPI with examples, and a page that lists it without loading anything else.

What belongs here: what is common to the descriptions of all routes, and the page. Examples are `serving.http.examples`.
"""

import html
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from litestar import Request
from litestar.openapi import OpenAPIConfig
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import Components, Example, SecurityScheme

from serving.http.problems import MEDIA_TYPE, Problem

if TYPE_CHECKING:
    from litestar.types.internal_types import PathParameterDefinition

__all__ = ["KEYED", "NEEDS_KEY", "config", "responses"]

NEEDS_KEY: list[dict[str, list[str]]] = [{"key": []}]
"""Security of a route that needs a key."""

_DESCRIPTIONS = {
    400: "An input breaks a rule; `invalid` says which",
    401: "No valid key",
    403: "The key is for another scope",
    404: "There is no such thing in this release; `detail` says what",
    409: "The page before is of another release, or the request of this `Idempotency-Key` is under way",
    413: "The body is too large",
    422: "This `Idempotency-Key` is of another request",
    429: "Too many requests; see `Retry-After`",
    503: "No release to answer from yet, or too busy; see `Retry-After`",
}
KEYED = (409, 422)
"""Problems of a write that takes an `Idempotency-Key`."""
_STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
code,pre{font:13px/1.5 ui-monospace,monospace;background:#f5f5f5;border-radius:4px}pre{padding:.6rem;overflow:auto}
summary{cursor:pointer;padding:.3rem 0}b{display:inline-block;min-width:3.5rem}"""


def responses(
    answer: type | None = None,
    example: Any = None,  # noqa: ANN401  # any JSON value
    status: int = 200,
    *,
    problems: Iterable[int] = (400, 404),
) -> dict[int, ResponseSpec]:
    """What a route may answer: its own answer with an example, and the problems that it may end in."""
    found: dict[int, ResponseSpec] = {}
    if answer is not None:
        shown = [Example(summary="An answer", value=example)] if example is not None else None
        found[status] = ResponseSpec(answer, generate_examples=False, description="The answer", examples=shown)
    for problem in sorted({*problems, 401, 403, 429, 503}):
        found[problem] = ResponseSpec(
            Problem, generate_examples=False, description=_DESCRIPTIONS[problem], media_type=MEDIA_TYPE
        )
    return found


def _operation_id(_: object, __: object, path: "Sequence[str | PathParameterDefinition]") -> str:
    """Name of an operation: its path without the version and the parameters."""
    words = [part for part in path if isinstance(part, str) and part != "v1"]
    return "_".join(words).replace("-", "_").replace("/", "_")


class _Json(JsonRenderPlugin):
    """The description as JSON, with the bounds of everything that a request holds."""

    def __init__(self, bodies: Sequence[type], items: Mapping[str, Any], texts: Mapping[str, Sequence[str]]) -> None:
        """As `config`."""
        self._texts = texts
        super().__init__()
        _, self._bodies = msgspec.json.schema_components(bodies, ref_template="#/components/schemas/{name}")
        self._items = {name: msgspec.json.schema(kind) for name, kind in items.items()}

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The document; Litestar's own leaves out bounds of what stands within lists and of what may be null."""
        schemas = openapi_schema["components"]["schemas"]
        for name, schema in self._bodies.items():
            for field, of in schema.get("properties", {}).items():
                _bound_items(of, self._items.get(field))
            kept = {key: schemas[name][key] for key in ("examples",) if key in schemas.get(name, {})}
            schemas[name] = {**schema, **kept}
        for path in openapi_schema["paths"].values():
            for operation in path.values():
                for parameter in operation.get("parameters", ()):
                    _bound_items(parameter.get("schema", {}), self._items.get(parameter["name"]))
                if kinds := self._texts.get(operation["operationId"]):
                    operation["responses"]["200"]["content"] = {kind: {"schema": {"type": "string"}} for kind in kinds}
        return self.render_json(request, openapi_schema)


def _bound_items(schema: dict[str, Any], items: dict[str, Any] | None) -> None:
    """Write the bounds of ``items`` into every list of a parameter's schema."""
    for part in (schema, *schema.get("oneOf", ()), *schema.get("anyOf", ())):
        if items is not None and part.get("type") == "array":
            part["items"] = items


def config(*, bodies: Sequence[type], items: Mapping[str, Any], texts: Mapping[str, Sequence[str]]) -> OpenAPIConfig:
    """The description at ``/schema/openapi.json`` and its page at ``/schema``.

    Args:
        bodies: Every struct that a request's body may be.
        items: Parameter of a query that may be repeated → type of one of its values.
        texts: Operation that answers with text → the kinds of it.
    """
    return OpenAPIConfig(
        title="Upshelf",
        version="1",
        description="Product recommendations and ad targeting by uplift, all answers from one release at a time.",
        path="/schema",
        render_plugins=[_Json(bodies, items, texts), _Listing(path="/")],
        operation_id_creator=_operation_id,
        components=Components(
            security_schemes={
                "key": SecurityScheme(type="http", scheme="bearer", description="An API key; or X-API-Key: KEY")
            }
        ),
        use_handler_docstrings=True,
    )


class _Listing(OpenAPIRenderPlugin):
    """A plain page of all routes, rendered here: no script, no style sheet and no font from elsewhere."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The page."""
        parts = [
            f"<!doctype html><html lang=en><meta charset=utf-8><title>Upshelf API</title><style>{_STYLE}</style>",
            f"<h1>{html.escape(openapi_schema['info']['title'])} API</h1>",
            f"<p>{html.escape(openapi_schema['info'].get('description', ''))}</p>",
            "<p>Machine-readable: <a href='/schema/openapi.json'>openapi.json</a></p>",
        ]
        for path, operations in sorted(openapi_schema["paths"].items()):
            for method, operation in operations.items():
                if isinstance(operation, dict) and "responses" in operation:
                    parts.append(_operation(path, method, operation))
        return "\n".join([*parts, "</html>"]).encode()


def _operation(path: str, method: str, operation: dict[str, Any]) -> str:
    lines = [
        f"<details><summary><b>{method.upper()}</b> <code>{html.escape(path)}</code> "
        f"{html.escape(operation.get('summary', ''))}</summary><p>{html.escape(operation.get('description', ''))}</p>"
    ]
    for parameter in operation.get("parameters", []):
        need = "required" if parameter.get("required") else "optional"
        about = html.escape(parameter.get("description") or "")
        lines.append(f"<p><code>{html.escape(parameter['name'])}</code> ({parameter['in']}, {need}) {about}</p>")
    contents = [("Request", operation.get("requestBody", {}).get("content", {}))]
    contents += [(f"Answer {s}", r.get("content", {})) for s, r in operation["responses"].items() if s.startswith("2")]
    for title, content in contents:
        for media in content.values():
            # A request's examples stand in its schema, as plain values; an answer's beside it, each with a name.
            given = [e.get("value") for e in media.get("examples", {}).values()]
            for value in [*media.get("schema", {}).get("examples", []), *given]:
                shown = html.escape(json.dumps(value, indent=2, ensure_ascii=False))
                lines.append(f"<p>{title}</p><pre>{shown}</pre>")
    return "\n".join([*lines, "</details>"])
