"""Threads for work that would hold up the event loop, each kind with its own bound.

What belongs here: the pools and their limit. A full pool refuses at once instead of letting requests pile up.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, ParamSpec, TypeVar

__all__ = ["BusyError", "Work", "Workers"]

P = ParamSpec("P")
T = TypeVar("T")
Work = Literal["reload", "search", "store", "score", "list"]
"""Loading releases; searches; reading and writing the operational store; heavier answers; one visitor's lists."""
_THREADS: dict[Work, int] = {"reload": 1, "search": 2, "store": 2, "score": 2, "list": 2}
_WAITING: dict[Work, int] = {"reload": 4, "search": 64, "store": 1_000, "score": 32, "list": 256}


class BusyError(RuntimeError):
    """A pool has as many calls waiting as it may have."""


class Workers:
    """One bounded thread pool for each kind of work; use from one event loop."""

    def __init__(self) -> None:
        self._pools = {w: ThreadPoolExecutor(n, thread_name_prefix=f"upshelf-{w}") for w, n in _THREADS.items()}
        self._inside = dict.fromkeys(_THREADS, 0)

    async def run(self, work: Work, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``call`` in the pool for ``work``.

        Raises:
            BusyError: If too many calls of this kind are waiting.
        """
        if self._inside[work] >= _THREADS[work] + _WAITING[work]:
            raise BusyError(f"Too many requests of the kind '{work}' are waiting. Try again in a moment.")
        self._inside[work] += 1
        try:
            future = self._pools[work].submit(call, *args, **kwargs)
        except RuntimeError:
            self._inside[work] -= 1
            raise
        loop = asyncio.get_running_loop()
        # Counted down when the work ends, not when the caller stops waiting: a client that goes away frees no thread.
        future.add_done_callback(lambda _: self._done(loop, work))
        return await asyncio.wrap_future(future)

    def _done(self, loop: asyncio.AbstractEventLoop, work: Work) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(self._leave, work)

    def _leave(self, work: Work) -> None:
        self._inside[work] -= 1

    def close(self) -> None:
        """Wait for running calls and drop those that wait."""
        for pool in self._pools.values():
            pool.shutdown(wait=True, cancel_futures=True)
