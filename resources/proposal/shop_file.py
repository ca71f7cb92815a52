"""A proposal as the text of a ``shop.toml``, and as lines for a reader."""

import json
from collections.abc import Iterator

from resources.proposal.looking.sql_text import one_line
from resources.proposal.proposal import Proposal
from resources.proposal.tables.guess import Select, TableGuess, needed

__all__ = ["in_lines", "shop_file"]

_HEAD = """\
# Proposed by `upshelf init` from {count} tables. Every guess has its reason beside it. Look at those marked LOOK:
# no column says so for certain. What is NOT FOUND is for you to fill in. Then: upshelf check {file}
"""
_CAMPAIGN_DEFAULTS = """\
# LOOK: these are defaults, and yours will differ.
# margin = 0.3              # of revenue
# contact_cost = 0.1        # of one message
# attribution_days = 7      # how long after a message an order counts
"""


def shop_file(proposal: Proposal, name: str, source: str, file: str) -> str:
    """The file's text.

    Args:
        proposal: What was guessed.
        name: Of the shop.
        source: The section ``[source]`` as TOML; no secrets.
        file: How the reader calls the file.
    """
    parts = [
        _HEAD.format(count=proposal.looked_at, file=one_line(file)),
        f"name = {_text(name)}\nfirst_day = {proposal.first_day}  # {one_line(proposal.first_day_reason)}\n"
        f"currency = {_text(proposal.currency)}  # {one_line(proposal.currency_reason)}\n",
        source,
        *(_table(table) for table in proposal.tables),
    ]
    if proposal.numeric or proposal.categorical:
        lists = f"numeric = {_list(proposal.numeric)}\ncategorical = {_list(proposal.categorical)}\n"
        parts.append(
            f"[user_attributes]\n# LOOK: take out what was only known after a message, or must not decide.\n{lists}"
        )
    if proposal.exposures.guess.selects:
        parts.append(_campaign(proposal))
    return "\n".join(parts)


def in_lines(proposal: Proposal) -> Iterator[str]:
    """What was found, what has to be looked at, and what was not found; one a line."""
    for table in proposal.tables:
        if not table.selects:
            yield f"✗ {table.table}: not found: {table.reason}"
        else:
            yield f"  {table.table} from {table.reason}"
        for select in table.selects:
            lacking = {one.column for one in select.lacking}
            sure = [one.column for one in select.columns if one.is_sure and one.column not in lacking]
            yield f"    {', '.join(sure)}"
            yield from (f"    ? {one.column} = {one.sql}: {one.reason}" for one in select.columns if not one.is_sure)
            yield from (f"    ✗ {one.column}: {one.reason}" for one in select.lacking)
        yield from (f"    ? {question}" for question in table.questions)
    for key, reason in (("first_day", proposal.first_day_reason), ("currency", proposal.currency_reason)):
        if reason.startswith("LOOK"):
            value = getattr(proposal, key)
            yield f"  ? {key} = {value}: {reason.removeprefix('LOOK: ')}"
    if proposal.unused:
        yield f"  not used: {', '.join(proposal.unused)}"
    yield from (f"  ! not looked at: {one_line(line)}" for line in proposal.unread)


def _table(table: TableGuess) -> str:
    lines = [f"# LOOK: {one_line(question)}\n" for question in table.questions]
    if not table.selects:
        wanted = ", ".join(needed(table.table)) + (" and user_id or session_id" if table.table == "events" else "")
        return (
            f"# NOT FOUND: [tables.{table.table}]: {one_line(table.reason)}. Its query has to yield {wanted}.\n"
            + "".join(lines)
        )
    keys = "".join(f"{key} = {_text(value)}\n" for key, value in table.keys.items())
    union = "UNION ALL\n".join(_select(select) for select in table.selects)
    head = f"# from {one_line(table.reason)}\n{''.join(lines)}"
    return f"[tables.{table.table}]\n{head}{keys}query = {_long_text(union)}\n"


def _select(select: Select) -> str:
    lines = ["SELECT\n"]
    lines += [f"    -- {one.column}: NOT FOUND: {one_line(one.reason)}\n" for one in select.lacking]
    for number, one in enumerate(select.columns):
        comma = "," if number + 1 < len(select.columns) else ""
        mark = "" if one.is_sure else "LOOK: "
        lines.append(f"    {_sql(one.sql)} AS {one.column}{comma}  -- {mark}{one_line(one.reason)}\n")
    lines.append(f"FROM {select.source}\n")
    for number, (condition, reason) in enumerate(select.where):
        lines.append(f"{'AND' if number else 'WHERE'} ({condition})  -- {one_line(reason)}\n")
    return "".join(lines)


def _sql(sql: str) -> str:
    return sql.replace(" WHEN ", "\n        WHEN ") if sql.startswith("CASE") and len(sql) > 100 else sql


def _campaign(proposal: Proposal) -> str:
    arms, campaigns = proposal.exposures.arms, proposal.exposures.campaigns
    lines = ["[campaign]\n"]
    if len(arms) == 1:
        lines.append(f"treatment = {_text(arms[0])}\n")
    elif arms:
        lines.append(
            f"# LOOK: {one_line(', '.join(arms))} count as one treatment; [campaign.arms.NAME] tells them apart\n"
        )
    if len(campaigns) > 1:
        listed = _list(list(campaigns[:5])) + (" and more" if len(campaigns) > 5 else "")
        lines.append(
            f"# campaigns = []  # LOOK: the log holds several, name those that are meant: {one_line(listed)}\n"
        )
    return "".join(lines) + _CAMPAIGN_DEFAULTS


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _list(texts: list[str]) -> str:
    return f"[{', '.join(map(_text, texts))}]"


def _long_text(text: str) -> str:
    """SQL as a TOML text of several lines, as it stands where that can be."""
    if "'''" not in text:
        return f"'''\n{text}'''"
    escaped = text.replace("\\", "\\\\").replace('"""', '""\\"')
    return f'"""\n{escaped}"""'
