"""Rules, drafts and trials as sections of the page.

What belongs here: what they look like. No answer is made here.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from resources.store.rule_drafts import Draft
from serving.console.access import PATH
from serving.console.places import moved, moves
from serving.console.rules.look import LISTS, Look
from serving.console.rules.trial import Trial
from serving.console.sections import Cell, Link, Section, Table
from serving.lists.answers import ListAnswer
from serving.search.answers import SearchAnswer

__all__ = ["changes", "draft_rules", "drafts_kept", "rules_of_release"]

_SAID_ELSEWHERE = ("name", "kind", "lists", "from", "until")


def rules_of_release(declared: Sequence[Mapping[str, Any]], notes: Sequence[str]) -> Section:
    """The rules that the release that answers has."""
    rows: list[tuple[Cell, ...]] = [
        (
            place,
            rule["name"],
            rule["kind"],
            _of(rule.get("lists"), "all"),
            rule.get("from"),
            rule.get("until"),
            _said(rule),
        )
        for place, rule in enumerate(declared, start=1)
    ]
    columns = ("place", "rule", "kind", "lists", "from (UTC)", "until (UTC)", "what it says")
    said = " ".join(f"{note}." for note in notes) if rows else "The release has no rules."
    return Section("rules", "Rules of the release", _RULES, Table(columns, rows), said)


def changes(trial: Trial, look: Look) -> Section:
    """The list without the draft and with it."""
    rows: list[tuple[Cell, ...]] = [
        (
            *move.cells,
            ", ".join(trial.movers.get(move.item.product_id, ())) if move.in_words else None,
            move.item.module,
            ", ".join(move.item.rules),
        )
        for move in moves(trial.before.items, trial.after.items)
    ]
    columns = (
        "product",
        "number",
        "place before",
        "place after",
        "change",
        "moved when this rule came",
        "module",
        "rules told with it",
    )
    title = f"{LISTS[look.surface].capitalize()} {look.of}".strip() + f": the first {look.limit}"
    return Section("changes", title, _CHANGES, Table(columns, rows), _verdict(trial, len(rows)))


def _verdict(trial: Trial, products: int) -> str:
    different = len(moved(trial.before.items, trial.after.items))
    said = [f"{different} of {products} products change their place." if different else "The draft moves nothing here."]
    for name in ("banner", "redirect"):
        before, after = _told(trial.before, name), _told(trial.after, name)
        if before != after:
            said.append(f"The {name} of this search: {before or 'none'} before, {after or 'none'} after.")
    return " ".join(said)


def _told(answer: ListAnswer, name: str) -> str | None:
    told: str | None = getattr(answer, name) if isinstance(answer, SearchAnswer) else None
    return told


def draft_rules(rules: Sequence[tuple[str, str]], trial: Trial) -> Section:
    """What each rule of a draft, ``(name, kind)``, does to the list."""
    kinds = dict(rules)
    names = [*(name for name in trial.counts if name not in kinds), *kinds]
    rows = [(name, kinds.get(name), trial.counts.get(name), trial.idle.get(name)) for name in names]
    columns = ("rule", "kind", "products moved", "why it does not hold here")
    said = " ".join(f"{note}." for note in dict.fromkeys(trial.notes))
    return Section("draft", "Rules of the draft", _DRAFT, Table(columns, rows), said)


def drafts_kept(drafts: Sequence[Draft]) -> Section:
    """The drafts, each with a link that opens it."""
    rows: list[tuple[Cell, ...]] = [
        (
            Link(one.title, f"{PATH}/rules?{urlencode({'draft': one.draft_id})}"),
            one.ts.strftime("%Y-%m-%d %H:%M:%S"),
            one.who,
            one.draft_id,
            len(one.toml),
        )
        for one in drafts
    ]
    columns = ("draft", "when (UTC)", "who", "id", "characters")
    return Section("drafts", "Drafts", _DRAFTS, Table(columns, rows))


def _said(rule: Mapping[str, Any]) -> str:
    """What a rule says besides what has a column of its own."""
    said = {key: value for key, value in rule.items() if key not in _SAID_ELSEWHERE and value not in (None, [])}
    return "; ".join(f"{key}: {_of(value)}" for key, value in said.items())


def _of(value: object, without: str = "") -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or without
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


_RULES = (
    "What the shop's file said when the release was built, in its order: exclusions and bands decide what may be "
    "shown, caps how many of a kind, boosts, burials and diversity the order, pins a place. A change of the file holds "
    "from the next release."
)
_CHANGES = (
    "The same list twice, from the release that answers: as visitors get it now, and as they would get it with the "
    "draft. A product goes out if it is no longer among the first places, whether a rule forbids it or others stand "
    "before it. Rules are put on one after the other: a product was moved by the rule with which its place changed, "
    "also where it only made room. Nobody else's answers change."
)
_DRAFT = (
    "Each rule of the draft, and how many products changed their place when it came. A rule that has the name of one "
    "of the release's takes its place. Days are read in UTC here; in the shop's file they are of its own time zone."
)
_DRAFTS = (
    "Rules that somebody kept, the newest first; a draft never changes, and its address can be shared. It changes no "
    "list: download it, put it into the shop's file, and build the next release."
)
