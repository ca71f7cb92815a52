"""Impressions on their way to the store: those that come while it writes are written together.

What belongs here: the waiting. What is written is `resources.store`'s. One transaction for many costs little more than
one for each would, and nobody is answered before the own impression is on record.
"""

import asyncio
from typing import NamedTuple

from resources.store import Impression, Store
from serving.http.workers import BusyError, Workers

__all__ = ["ImpressionRecorder"]

MAX_WAITING = 2_000
MAX_BATCH = 200


class _Waiting(NamedTuple):
    impression: Impression
    written: asyncio.Future[None]


class ImpressionRecorder:
    """Writes impressions one transaction after the other; use from one event loop."""

    def __init__(self, store: Store, workers: Workers) -> None:
        self._store, self._workers = store, workers
        self._waiting: list[_Waiting] = []
        self._writing: asyncio.Task[None] | None = None

    async def record(self, impression: Impression) -> None:
        """Put an impression on record; returns when it is.

        Raises:
            BusyError: If too many are waiting, or the store's threads are taken.
        """
        if len(self._waiting) >= MAX_WAITING:
            raise BusyError("Too many banners are waiting to be put on record. Try again in a moment.")
        written = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(impression, written))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(), name="record impressions")
        await written

    async def _write(self) -> None:
        """Write what is waiting, and what comes meanwhile."""
        while self._waiting:
            batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
            try:
                impressions = [one.impression for one in batch]
                await self._workers.run("store", self._store.record_impressions, impressions)
            except Exception as error:  # whatever the store does, those who wait are told
                for one in batch:
                    if not one.written.done():
                        one.written.set_exception(error)
                continue
            for one in batch:
                if not one.written.done():  # a client that went away waits no more
                    one.written.set_result(None)
