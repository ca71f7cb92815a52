"""Drafts of a shop's rules: written in the console, kept until somebody deletes them, never changed.

What belongs here: writing, reading and deleting them. What they say is `resources.shop.rules_part`.
"""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from resources.store.errors import as_store_error
from resources.store.instants import instant, micros
from resources.store.operational_store import Store
from resources.store.store_tables import RULE_DRAFTS

__all__ = ["MOST_DRAFTS", "Draft", "DraftsFullError", "delete_draft", "draft_of", "keep_draft", "read_drafts"]

MOST_DRAFTS = 100
"""Drafts that are kept at once."""


class DraftsFullError(RuntimeError):
    """There are as many drafts as there may be."""


class Draft(NamedTuple):
    """Rules that somebody has written."""

    draft_id: str
    ts: datetime
    who: str
    """Name of the key."""
    title: str
    toml: str
    """The rules as they were written."""


def keep_draft(store: Store, who: str, title: str, toml: str) -> str:
    """Keep a draft as of now; returns its id. Several who write at the same moment may exceed `MOST_DRAFTS` by one.

    Raises:
        DraftsFullError: `MOST_DRAFTS` are kept.
        StoreError: The database does not answer.
    """
    draft = Draft(secrets.token_hex(16), datetime.now(UTC), who, title, toml)
    with as_store_error("the draft cannot be kept"), store.engine.begin() as connection:
        kept = connection.execute(sa.select(sa.func.count()).select_from(RULE_DRAFTS)).scalar_one()
        if kept >= MOST_DRAFTS:
            raise DraftsFullError(f"{kept} drafts are kept, which is as many as there may be: delete one first.")
        row = {"id": draft.draft_id, "ts_us": micros(draft.ts), "who": who, "title": title, "toml": toml}
        connection.execute(RULE_DRAFTS.insert(), row)
    return draft.draft_id


def read_drafts(store: Store) -> Sequence[Draft]:
    """All drafts, newest first.

    Raises:
        StoreError: The database does not answer.
    """
    return _read(store, _ALL.order_by(RULE_DRAFTS.c.ts_us.desc(), RULE_DRAFTS.c.id))


def draft_of(store: Store, draft_id: str) -> Draft | None:
    """The draft of that id, or none.

    Raises:
        StoreError: The database does not answer.
    """
    return next(iter(_read(store, _ALL.where(RULE_DRAFTS.c.id == draft_id))), None)


def delete_draft(store: Store, draft_id: str) -> Draft | None:
    """Delete a draft; returns it, or none if there was none.

    Raises:
        StoreError: The database does not answer.
    """
    deleted = RULE_DRAFTS.delete().where(RULE_DRAFTS.c.id == draft_id).returning(*_COLUMNS)
    with as_store_error("the draft cannot be deleted"), store.engine.begin() as connection:
        row = connection.execute(deleted).one_or_none()
    return None if row is None else _draft(row)


_COLUMNS = [RULE_DRAFTS.c[name] for name in ("id", "ts_us", "who", "title", "toml")]
_ALL = sa.select(*_COLUMNS)


def _read(store: Store, query: sa.Select[Any]) -> list[Draft]:
    with as_store_error("drafts cannot be read"), store.engine.connect() as connection:
        return [_draft(row) for row in connection.execute(query)]


def _draft(row: sa.Row[Any]) -> Draft:
    return Draft(row.id, instant(row.ts_us), row.who, row.title, row.toml)
