"""Drafts of rules, on SQLite and on a real PostgreSQL."""

import pytest
import sqlalchemy as sa

from resources.store import Store
from resources.store.rule_drafts import MOST_DRAFTS, DraftsFullError, delete_draft, draft_of, keep_draft, read_drafts
from resources.store.store_tables import RULE_DRAFTS


def test_drafts_are_kept_read_and_deleted(store: Store) -> None:
    """The newest first, each as it was written, until there are too many."""
    with store.engine.begin() as connection:
        connection.execute(RULE_DRAFTS.delete())
    first = keep_draft(store, "admin 1", "Lämps <b>", "[[rules]]\nname = 'ü'\n" + "#" * 30_000)
    second = keep_draft(store, "admin 2", "other", "")
    assert [draft.draft_id for draft in read_drafts(store)] == [second, first]
    one = draft_of(store, first)
    assert one is not None
    assert (one.who, one.title) == ("admin 1", "Lämps <b>")
    assert (one.toml[:21], len(one.toml)) == ("[[rules]]\nname = 'ü'\n", 30_021)
    assert draft_of(store, "none") is None
    assert delete_draft(store, first) == one
    assert delete_draft(store, first) is None
    assert [draft.draft_id for draft in read_drafts(store)] == [second]
    rows = [{"id": f"{n}", "ts_us": n, "who": "a", "title": "t", "toml": ""} for n in range(1, MOST_DRAFTS)]
    with store.engine.begin() as connection:
        connection.execute(RULE_DRAFTS.insert(), rows)
    with pytest.raises(DraftsFullError, match="delete one first"):
        keep_draft(store, "admin 1", "one too many", "")
    with store.engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(RULE_DRAFTS)).scalar_one() == MOST_DRAFTS
