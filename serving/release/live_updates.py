"""Following what the shop tells of its products: the operational store is asked for changes about once a second.

What belongs here: polling, and putting what changed over the release that answers. What a change does to a snapshot is
`serving.release.live_products`. Asking costs one look-up where nothing changed, in a thread.
"""

import asyncio
import logging
from threading import Lock

from sqlalchemy.exc import SQLAlchemyError

from resources.store import Store
from resources.store.product_updates import FieldUpdate, ProductUpdates
from serving.http.workers import BusyError, Workers
from serving.release.live_products import LiveProducts
from serving.release.reload import Follower
from serving.release.snapshot import Snapshot

__all__ = ["POLL_SECONDS", "LiveUpdates", "as_now"]

POLL_SECONDS = 1.0
"""How often the store is asked: what a worker learns takes effect within two seconds."""
_log = logging.getLogger(__name__)


class LiveUpdates:
    """All updates as this process knows them, and the release under them. Several threads may use it."""

    def __init__(self, store: Store) -> None:
        self._store, self._lock = store, Lock()
        self._revision: int | None = None
        self._known: dict[tuple[str, str], FieldUpdate] = {}
        self._live: LiveProducts | None = None
        self._away = False

    async def follow(self, workers: Workers, follower: Follower) -> None:
        """Look for changes until cancelled."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            try:
                await self.poll(workers, follower)
            except (BusyError, SQLAlchemyError) as error:
                if not self._away:  # once: a store that stays away does not fill the log
                    _log.error("changes of products cannot be looked up: %s", type(error).__name__)
                self._away = True
            else:
                self._away = False

    async def poll(self, workers: Workers, follower: Follower) -> None:
        """Look for changes once, and answer with them.

        Raises:
            BusyError: If too many calls wait for the store.
            SQLAlchemyError: If the store does not answer.
        """
        base = follower.loaded
        fresh = await workers.run("store", self._refreshed, base)
        if base is not None and fresh is not None:
            follower.show(base, fresh)

    def over(self, base: Snapshot) -> Snapshot:
        """A release that is about to answer, under all updates; as it is where the store does not answer yet."""
        try:
            return self._refreshed(base) or base
        except SQLAlchemyError as error:
            _log.error("a release answers without the changes of products: %s", type(error).__name__)
            return base

    def _refreshed(self, base: Snapshot | None) -> Snapshot | None:
        """The release under all updates, or none where it is shown so already."""
        with self._lock:
            changed = self._changes()
            if base is None:
                return None
            live = self._live
            if live is None or live.base is not base:
                self._live = LiveProducts.of(base).after(list(self._known.values()))
            elif changed:
                self._live = live.after(changed)
            else:
                return None
            return self._live.snapshot

    def _changes(self) -> list[FieldUpdate]:
        """What changed since it was asked last; all of it where another store answers than before."""
        updates = ProductUpdates(self._store.engine)
        if self._revision is not None:
            now = updates.revision()
            if now == self._revision:
                return []
            if now < self._revision:
                self._revision, self._live = None, None
                self._known.clear()
        self._revision, changed = updates.since(self._revision or 0)
        for update in changed:
            self._known[update.product_id, update.field] = update
        return changed


def as_now(store: Store, base: Snapshot) -> Snapshot:
    """A release under all updates, of which nothing is remembered: it goes when nobody holds it any more.

    All updates are read each time: of what answers use `LiveUpdates`.
    """
    return LiveUpdates(store).over(base)
