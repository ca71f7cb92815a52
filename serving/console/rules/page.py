"""The page of rules: a text box for a draft, the list that it is tried on, and the drafts that were kept.

What belongs here: routes. Trying is `serving.console.rules.trial`, storing `resources.store.rule_drafts`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect

from resources.shop.rules import Rule
from resources.shop.rules_part import read_rules
from resources.store.rule_drafts import Draft, DraftsFullError, delete_draft, draft_of, keep_draft, read_drafts
from serving.console.access import PATH, Console, Session
from serving.console.rendering import SAFE, answer
from serving.console.rules.look import LISTS, Look, look_asked
from serving.console.rules.sections import changes, draft_rules, drafts_kept, rules_of_release
from serving.console.rules.trial import MOST_RULES, tried
from serving.console.sections import Page, Section
from serving.context import Context
from serving.http.problems import ProblemError
from serving.release.snapshot import Snapshot
from serving.requests import OptionalId

__all__ = ["delete", "download", "keep", "rules", "try_draft"]

MOST_CHARS, MOST_TITLE_CHARS = 20_000, 100


@dataclass(frozen=True, slots=True)
class _Written:
    """A draft as it stands in the text box."""

    toml: str
    rules: Sequence[Rule] = ()
    faults: Sequence[str] = ()

    @classmethod
    def of(cls, text: str) -> "_Written":
        """Read and checked as ``upshelf check`` does, and for its size."""
        toml = text.replace("\r\n", "\n")
        if len(toml) > MOST_CHARS:
            return cls(toml[:MOST_CHARS], (), [f"The draft has {len(toml):,} characters; at most {MOST_CHARS:,} go."])
        read, faults = read_rules(toml)
        if len(read) > MOST_RULES:
            faults.append(f"the draft has {len(read)} rules; at most {MOST_RULES} go: make two drafts of it")
        return cls(toml, read, [f"{fault}." for fault in faults])


@dataclass(slots=True)
class _Tried:
    """What a page says of a draft."""

    sections: list[Section] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


@get(["/rules", "/rules/{file:str}"], dependencies={"look": Provide(look_asked, sync_to_thread=False)})
async def rules(
    request: Request[Any, Any, Any],
    api: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
    session: NamedDependency[Session],
    look: NamedDependency[Look],
    draft: OptionalId = None,
    file: FromPath[str | None] = None,
) -> Response[Any]:
    """The page, with a draft that was kept if the address names one; or a table of it."""
    kept = None if draft is None else await _draft(api, draft)
    written = None if kept is None else _Written.of(kept.toml)
    return await _answer(request, api, snapshot, session, (written, look, kept), file)


@post(["/rules", "/rules/{file:str}"], status_code=200)
async def try_draft(
    request: Request[Any, Any, Any],
    api: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
    session: NamedDependency[Session],
    file: FromPath[str | None] = None,
) -> Response[Any]:
    """The page with what the draft of the form does, or a table of it; nothing is kept."""
    form = await request.form()
    asked = (_Written.of(str(form.get("toml", ""))), Look.of_form(form), None)
    return await _answer(request, api, snapshot, session, asked, file)


@post("/rules/drafts", status_code=303)
async def keep(
    request: Request[Any, Any, Any],
    api: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
    console: NamedDependency[Console],
    session: NamedDependency[Session],
) -> Response[Any]:
    """Keep a draft and go to its address; one with faults is shown with them, and not kept."""
    form = await request.form()
    written, look = _Written.of(str(form.get("toml", ""))), Look.of_form(form)
    title = " ".join(str(form.get("title", "")).split())
    fault = _fault_of(title, written)
    if fault is None and not written.faults:
        try:
            kept = await api.workers.run("store", keep_draft, api.store, session.name, title, written.toml)
        except DraftsFullError as error:
            fault = str(error)
        else:
            await console.access.record(session, f"kept the draft of rules {title!r} ({kept})")
            return Redirect(f"{PATH}/rules?{urlencode({'draft': kept, **look.fields})}", status_code=303)
    faults = [] if fault is None else [fault]
    return await _answer(request, api, snapshot, session, (written, look, None), None, faults=faults, title=title)


@post("/rules/drafts/{draft_id:str}/delete", status_code=303)
async def delete(
    draft_id: FromPath[str],
    api: NamedDependency[Context],
    console: NamedDependency[Console],
    session: NamedDependency[Session],
) -> Redirect:
    """Delete a draft."""
    gone = await api.workers.run("store", delete_draft, api.store, draft_id)
    if gone is not None:
        await console.access.record(session, f"deleted the draft of rules {gone.title!r} ({draft_id})")
    return Redirect(f"{PATH}/rules#drafts", status_code=303)


@get("/rules/drafts/{draft_id:str}/shop-rules.toml")
async def download(draft_id: FromPath[str], api: NamedDependency[Context]) -> Response[bytes]:
    """A draft as a part of a ``shop.toml``."""
    draft = await _draft(api, draft_id)
    head = f"# {draft.title}: a draft of {draft.ts:%Y-%m-%d %H:%M} UTC by {draft.who}. Put it into shop.toml.\n"
    headers = {**SAFE, "content-disposition": 'attachment; filename="shop-rules.toml"'}
    text = head + draft.toml + ("" if draft.toml.endswith("\n") else "\n")
    return Response(text.encode(), media_type="application/toml; charset=utf-8", headers=headers)


async def _draft(api: Context, draft_id: str) -> Draft:
    draft = await api.workers.run("store", draft_of, api.store, draft_id[:MOST_TITLE_CHARS])
    if draft is None:
        raise ProblemError(404, "unknown-draft", f"There is no draft {draft_id!r}; it may have been deleted.")
    return draft


def _fault_of(title: str, written: _Written) -> str | None:
    """Why a draft cannot be kept under a title, or none."""
    if not title or len(title) > MOST_TITLE_CHARS or not title.isprintable():
        return f"Nothing was kept: give the draft a name of 1 to {MOST_TITLE_CHARS} characters."
    if not written.toml.strip():
        return "Nothing was kept: the draft is empty."
    return "Nothing was kept: mend what is wrong first." if written.faults else None


async def _trial(api: Context, snapshot: Snapshot, written: _Written, look: Look) -> _Tried:
    """What a draft does to a list, or why it cannot be tried."""
    if written.faults:
        return _Tried(faults=list(written.faults))
    try:
        trial = await tried(api, snapshot, written.rules, look)
    except ProblemError as error:
        return _Tried(faults=[error.detail])
    named = [(rule.name, str(rule.__struct_config__.tag)) for rule in written.rules]
    return _Tried([changes(trial, look), draft_rules(named, trial)], list(trial.faults))


async def _answer(
    request: Request[Any, Any, Any],
    api: Context,
    snapshot: Snapshot,
    session: Session,
    asked: tuple[_Written | None, Look, Draft | None],
    file: str | None,
    *,
    faults: Sequence[str] = (),
    title: str = "",
) -> Response[Any]:
    """The page of a draft that is written, or opened, or of none."""
    written, look, draft = asked
    shown = _Tried() if written is None else await _trial(api, snapshot, written, look)
    if file is not None and shown.faults and not shown.sections:
        raise ProblemError(400, "faulty-draft", " ".join(shown.faults))
    drafts = await api.workers.run("store", read_drafts, api.store)
    own = snapshot.release.rules
    sections = [*shown.sections, rules_of_release(own.declared, own.notes), drafts_kept(drafts)]
    values: Mapping[str, Any] = {
        "toml": "" if written is None else written.toml,
        "look": look,
        "draft": draft,
        "title": title or ("" if draft is None else draft.title),
        "faults": [*faults, *shown.faults],
        "lists": LISTS,
        "most_chars": MOST_CHARS,
        "most_title_chars": MOST_TITLE_CHARS,
        # What was not kept has no address that its tables could have.
        "unkept": {section.name for section in shown.sections} if draft is None else set(),
    }
    return answer(request, session, Page("rules", "Rules", sections), file, "rules.html", **values)
