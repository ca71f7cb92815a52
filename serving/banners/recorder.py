"""Impressions and rewards on their way to the store: those that come while it writes are written together.

What belongs here: the waiting. What is written is `resources.store`'s. One transaction for many costs little more than
one for each would, and nobody is answered before the own records are kept.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from serving.http.workers import BusyError, Workers

__all__ = ["MAX_BATCH", "MAX_WAITING", "Recorder"]

Record = TypeVar("Record")
Kept = TypeVar("Kept")
MAX_WAITING = 2_000
MAX_BATCH = 200


class _Waiting(NamedTuple, Generic[Record, Kept]):
    records: Sequence[Record]
    written: asyncio.Future[list[Kept]]


class Recorder(Generic[Record, Kept]):
    """Writes records one transaction after the other; use from one event loop.

    Args:
        write: Keeps records in one transaction, all or none, and gives what became of each.
        workers: In whose threads it runs.
        what: What the records are, in the words of who is refused.
        most: Records that may wait; no call may bring more.
        at_once: Records of one transaction; those of one call are never parted.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Record]], list[Kept]],
        workers: Workers,
        what: str,
        *,
        most: int = MAX_WAITING,
        at_once: int = MAX_BATCH,
    ) -> None:
        self._write, self._workers, self._what, self._most, self._at_once = write, workers, what, most, at_once
        self._waiting: list[_Waiting[Record, Kept]] = []
        self._count = 0
        self._writing: asyncio.Task[None] | None = None

    async def record(self, records: Sequence[Record]) -> list[Kept]:
        """Keep records, all in one transaction; returns what became of each once they are kept.

        Raises:
            BusyError: If too many are waiting, or the store's threads are taken.
        """
        if self._count + len(records) > self._most:
            raise BusyError(f"Too many {self._what} are waiting to be put on record. Try again in a moment.")
        written: asyncio.Future[list[Kept]] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(records, written))
        self._count += len(records)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all(), name=f"record {self._what}")
        return await written

    async def drain(self) -> None:
        """Return once nothing waits any more, also of callers that went away."""
        while self._writing is not None and not self._writing.done():
            await asyncio.wait((self._writing,))

    async def _write_all(self) -> None:
        """Write what is waiting, and what comes meanwhile."""
        while self._waiting:
            batch = self._next()
            records = [record for one in batch for record in one.records]
            try:
                kept = await self._workers.run("store", self._write, records)
            except Exception as error:  # whatever the store does, those who wait are told
                for one in batch:
                    if not one.written.done():
                        one.written.set_exception(error)
                continue
            finally:
                self._count -= len(records)
            at = 0
            for one in batch:
                if not one.written.done():  # a client that went away waits no more
                    one.written.set_result(kept[at : at + len(one.records)])
                at += len(one.records)

    def _next(self) -> list[_Waiting[Record, Kept]]:
        """Take what is written next."""
        taken, size = 0, 0
        while taken < len(self._waiting) and (not taken or size + len(self._waiting[taken].records) <= self._at_once):
            size += len(self._waiting[taken].records)
            taken += 1
        batch, self._waiting = self._waiting[:taken], self._waiting[taken:]
        return batch
