"""Who is to be forgotten: salted digests of user ids in the operational store, never the ids themselves.

What belongs here: the record, and knowing such a user again. What does not: deleting (`resources.store.erasure`,
`resources.lake.erasure`). The salt is drawn once a store, so that digests of two stores cannot be joined, and none can
be looked up in a table. Whoever has the store and a list of all ids can still try them.
"""

import hashlib
import json
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import polars as pl
import sqlalchemy as sa

from resources.store.store_tables import FORGOTTEN, FORGOTTEN_SALT, insert_new, put_forgotten

__all__ = ["Forgotten", "ForgottenUsers", "forgotten_among", "user_of"]

SALT_BYTES = 32


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Users known by their digests alone."""

    salt: str
    digests: frozenset[str]

    def __len__(self) -> int:
        """How many users."""
        return len(self.digests)

    def digest(self, user_id: str) -> str:
        """SHA-256 of the salt and the UTF-8 id, as hex digits."""
        # An id may hold a lone surrogate when it came through JSON: it is an id like any other.
        return hashlib.sha256(self.salt.encode() + user_id.encode("utf-8", "surrogatepass")).hexdigest()

    def also(self, user_ids: Iterable[str]) -> "Forgotten":
        """These users and those of ``user_ids``."""
        return replace(self, digests=self.digests | set(map(self.digest, user_ids)))

    def but(self, user_ids: Iterable[str]) -> "Forgotten":
        """These users without those of ``user_ids``."""
        return replace(self, digests=self.digests - set(map(self.digest, user_ids)))

    def has(self, user_id: str) -> bool:
        """Whether this user is one of them."""
        return bool(self.digests) and self.digest(user_id) in self.digests

    def known(self, user_ids: Iterable[str | None]) -> list[str]:
        """Those of these ids that are of such users, each once, sorted."""
        return sorted(user for user in set(user_ids) if user is not None and self.has(user)) if self.digests else []

    def among(self, user_ids: pl.Series) -> pl.Series:
        """Which of these ids are of such users: bool, false for a null. About a microsecond a distinct id."""
        return user_ids.is_in(self.known(user_ids.unique().to_list())).fill_null(value=False)


class ForgottenUsers:
    """The record of requests in the operational store behind ``engine`` (`resources.store.Store.engine`)."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def request(self, keys: Mapping[str, int]) -> Forgotten:
        """Put users on record as to be forgotten, and give them back as the record has them.

        Args:
            keys: User → the 64-bit key by which models find the user; it is kept until `finish`, as models may know
                a user whose rows are gone already.
        """
        with self._engine.begin() as connection:
            salt = FORGOTTEN_SALT.c.salt
            new = {"id": 1, "salt": secrets.token_hex(SALT_BYTES)}
            connection.execute(insert_new(FORGOTTEN_SALT, self._engine.dialect.name), new)
            none = Forgotten(str(connection.execute(sa.select(salt)).scalar_one()), frozenset())
            now = int(datetime.now(UTC).timestamp() * 1_000_000)
            for digest, key in sorted((none.digest(user), key) for user, key in keys.items()):
                row = {"digest": digest, "user_key": f"{key:016x}", "requested_at_us": now}
                connection.execute(put_forgotten(self._engine.dialect.name), row)
        return Forgotten(none.salt, frozenset(map(none.digest, keys)))

    def everyone(self) -> Forgotten:
        """All users whom anybody ever asked to forget: their rows are not taken in again."""
        with self._engine.connect() as connection:
            return _read(connection, sa.true())

    def pending(self) -> tuple[Forgotten, list[int]]:
        """Those of whom something may still be there, and the keys by which models find them."""
        with self._engine.connect() as connection:
            keys = connection.execute(sa.select(FORGOTTEN.c.user_key).where(FORGOTTEN.c.finished_at_us.is_(None)))
            found = [int(key, 16) for key in keys.scalars() if key is not None]
            return _read(connection, FORGOTTEN.c.finished_at_us.is_(None)), found

    def finish(self, done: Collection[str]) -> None:
        """Of the users of these digests everything has been deleted; what stays is the digest."""
        now = int(datetime.now(UTC).timestamp() * 1_000_000)
        with self._engine.begin() as connection:
            for digest in sorted(done):
                this = sa.update(FORGOTTEN).where(FORGOTTEN.c.digest == digest)
                connection.execute(this.values(user_key=None, finished_at_us=now))


def forgotten_among(connection: sa.Connection, user_ids: Collection[str | None]) -> set[str]:
    """Those of a few users who have been forgotten; one look-up where nobody ever was."""
    salt = connection.execute(sa.select(FORGOTTEN_SALT.c.salt)).scalar_one_or_none()
    if salt is None:
        return set()
    none = Forgotten(str(salt), frozenset())
    of = {none.digest(user): user for user in user_ids if user is not None}
    found = connection.execute(sa.select(FORGOTTEN.c.digest).where(FORGOTTEN.c.digest.in_(list(of)))).scalars()
    return {of[digest] for digest in found}


def _read(connection: sa.Connection, which: sa.ColumnElement[bool]) -> Forgotten:
    salt = connection.execute(sa.select(FORGOTTEN_SALT.c.salt)).scalar_one_or_none()
    digests = connection.execute(sa.select(FORGOTTEN.c.digest).where(which)).scalars()
    return Forgotten(str(salt or ""), frozenset(map(str, digests)))


def user_of(context: str | None) -> str | None:
    """The user whom a banner's context, JSON text, names."""
    if context is None or '"user_id"' not in context:
        return None
    named = json.loads(context)
    return named["user_id"] if isinstance(named, dict) and isinstance(named.get("user_id"), str) else None
