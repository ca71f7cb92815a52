"""Answers of the console: pages, tables and charts, with headers under which a browser runs and loads only our own.

What belongs here: templates and headers. What stands on a page is the business of its subject's file.
"""

import base64
import hashlib
import re
from html import unescape
from pathlib import Path
from typing import Any

import jinja2
from litestar import Request, Response
from litestar.datastructures import Cookie

from serving.console.access import PATH, Session
from serving.console.sections import Link, Page, as_csv, figure
from serving.http.problems import ProblemError

__all__ = ["NAVIGATION", "SAFE", "answer", "html"]

NAVIGATION = {
    "": "Overview",
    "discover": "Discover",
    "rules": "Rules",
    "targeting": "Targeting",
    "banners": "Banners and experiments",
    "quality": "Quality",
}
"""Name of a page in its address → title."""
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SAFE = {"x-content-type-options": "nosniff", "referrer-policy": "same-origin", "cache-control": "no-store"}
"""Headers of every answer."""
_PLAIN = re.compile(r"[^A-Za-z0-9]+")
_STYLE = re.compile(rb"<style[^>]*>(.*?)</style>", re.DOTALL)
_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters["figure"] = figure
_TEMPLATES.tests["link"] = lambda cell: isinstance(cell, Link)


def html(
    template: str,
    *,
    session: Session | None,
    here: str,
    status: int = 200,
    cookies: tuple[Cookie, ...] = (),
    **values: Any,  # noqa: ANN401  # whatever the template shows
) -> Response[str]:
    """A page. ``here`` is its name in the navigation; ``session`` none while nobody is signed in."""
    text = _TEMPLATES.get_template(template).render(
        session=session, here=here, root=PATH, navigation=NAVIGATION, **values
    )
    headers = {**SAFE, "content-security-policy": _POLICY}
    return Response(
        text, status_code=status, media_type="text/html; charset=utf-8", headers=headers, cookies=list(cookies)
    )


def answer(
    request: Request[Any, Any, Any],
    session: Session,
    page: Page,
    file: str | None = None,
    template: str = "page.html",
    **values: Any,  # noqa: ANN401  # whatever the template shows besides
) -> Response[Any]:
    """A page of sections; or of one of them the table (``<name>.csv``) or the chart (``<name>.svg``).

    Raises:
        ProblemError: 404 for a file that the page does not have.
    """
    if file is None:
        query = request.url.query
        suffix = f"?{query}" if query else ""
        return html(template, session=session, here=page.name.partition("/")[0], page=page, suffix=suffix, **values)
    name, _, kind = file.rpartition(".")
    section = page.find(name)
    if section is not None and kind == "csv" and section.table is not None:
        headers = {
            **SAFE,
            "content-disposition": f'attachment; filename="{_PLAIN.sub("-", page.name) or "overview"}-{name}.csv"',
        }
        return Response(as_csv(section.table), media_type="text/csv; charset=utf-8", headers=headers)
    if section is not None and kind == "svg" and section.chart is not None:
        return _svg(section.chart())
    raise ProblemError(404, "unknown-file", f"The page '{page.title}' has no {file!r}.")


def _svg(drawn: bytes) -> Response[bytes]:
    """A chart; its own style is named by its hash, so that it looks the same when it is opened by itself."""
    styles = [unescape(style.decode()).encode() for style in _STYLE.findall(drawn)]
    digests = [base64.b64encode(hashlib.sha256(style).digest()).decode() for style in styles]
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    policy = f"default-src 'none'; style-src {allowed}; frame-ancestors 'none'"
    headers = {**SAFE, "content-security-policy": policy}
    return Response(drawn, media_type="image/svg+xml", headers=headers)
