"""Writes under a key of the caller's: what was asked for under which key, and what was answered.

What belongs here: the record, its age and its bound. What does not: what a key or an answer is on the wire
(`serving.http.idempotency`). Keys and requests are known by digests alone; an answer is kept as it was sent.
"""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Literal, NamedTuple

import sqlalchemy as sa

from resources.store.forgotten import forgotten_among
from resources.store.instants import micros
from resources.store.operational_store import Store
from resources.store.store_tables import IDEMPOTENCY_KEYS, insert_new

__all__ = ["IdempotencyKeys", "KeptAnswer", "users_of"]

KEPT = timedelta(hours=24)
"""For how long a key gives the same answer."""
CUT_OFF = timedelta(seconds=60)
"""A request that has no answer for so long was cut off, as its process was killed: its key is free again."""
MAX_KEYS = 100_000
"""Keys that are kept; of more the oldest go first, at the next pruning."""
PRUNE_SECONDS = 60.0
_KEY = IDEMPOTENCY_KEYS.c


class KeptAnswer(NamedTuple):
    """What was answered: a status and JSON text."""

    status: int
    body: str


class IdempotencyKeys:
    """The record in an operational store; several threads, and several processes, may use it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._pruning = Lock()
        self._pruned = float("-inf")

    def begin(
        self, digest: str, fingerprint: str, owner: str, *, now: datetime | None = None
    ) -> KeptAnswer | Literal["begun", "in use", "reused"]:
        """Take a key for a request, or learn what became of it.

        Args:
            digest: Of the caller and the key, at most 64 characters.
            fingerprint: Of the request, at most 64 characters.
            owner: A word of this attempt's own, at most 32 characters, for `finish` and `release`.
            now: When (default: now).

        Returns:
            ``begun``: the key is the caller's, who does what was asked for. ``in use``: another attempt is under way.
            ``reused``: another request has the key. Else the answer that was given.
        """
        at = now or datetime.now(UTC)
        self._prune(at)
        row = {"digest": digest, "fingerprint": fingerprint, "owner": owner, "begun_at_us": micros(at)}
        engine = self._store.engine
        with engine.begin() as connection:
            if connection.execute(insert_new(IDEMPOTENCY_KEYS, engine.dialect.name), row).rowcount:
                return "begun"
            known = connection.execute(sa.select(IDEMPOTENCY_KEYS).where(_KEY.digest == digest)).one_or_none()
            if known is None:  # released between the two statements
                return "in use"
            is_old = known.begun_at_us < micros(at - KEPT)
            if not is_old and known.fingerprint != fingerprint:
                return "reused"
            if not is_old and known.answer is not None:
                return KeptAnswer(known.status, known.answer)
            if not is_old and known.begun_at_us >= micros(at - CUT_OFF):
                return "in use"
            # Of several that find it free, one changes the row that all have read.
            taken = sa.update(IDEMPOTENCY_KEYS).where(_KEY.digest == digest, _KEY.owner == known.owner)
            done = connection.execute(taken.values(**row, status=None, answer=None))
            return "begun" if done.rowcount else "in use"

    def finish(self, digest: str, owner: str, answer: KeptAnswer) -> None:
        """Keep the answer of what `begin` gave to ``owner``; one that names a user who was forgotten is not kept."""
        named = set(users_of(answer.body))
        mine = (_KEY.digest == digest) & (_KEY.owner == owner)
        with self._store.engine.begin() as connection:
            if named and forgotten_among(connection, named):
                connection.execute(sa.delete(IDEMPOTENCY_KEYS).where(mine))
                return
            connection.execute(sa.update(IDEMPOTENCY_KEYS).where(mine).values(status=answer.status, answer=answer.body))

    def release(self, digest: str, owner: str) -> None:
        """Give a key back under which nothing was done."""
        mine = (_KEY.digest == digest) & (_KEY.owner == owner)
        with self._store.engine.begin() as connection:
            connection.execute(sa.delete(IDEMPOTENCY_KEYS).where(mine))

    def _prune(self, at: datetime) -> None:
        """Delete keys that are too old or too many, once in PRUNE_SECONDS."""
        with self._pruning:
            if time.monotonic() < self._pruned + PRUNE_SECONDS:
                return
            self._pruned = time.monotonic()
        beyond = sa.select(_KEY.begun_at_us).order_by(_KEY.begun_at_us.desc()).offset(MAX_KEYS).limit(1)
        with self._store.engine.begin() as connection:
            last = connection.execute(beyond).scalar_one_or_none()
            oldest = max(micros(at - KEPT) - 1, -1 if last is None else int(last))
            connection.execute(sa.delete(IDEMPOTENCY_KEYS).where(_KEY.begun_at_us <= oldest))


def users_of(answer: str) -> Iterator[str]:
    """The users whom an answer, JSON text, names as ``user_id``, wherever it does."""
    left = [json.loads(answer)] if '"user_id"' in answer else []
    while left:
        value = left.pop()
        if isinstance(value, dict):
            if isinstance(user := value.get("user_id"), str):
                yield user
            left += value.values()
        elif isinstance(value, list):
            left += value
