"""The decorator of functions that numba compiles, and where their machine code is kept.

Belongs here: the cache. Numba looks only at a function's own file to tell whether its machine code is still good,
though that code holds whatever it calls. Here the folder of the cache is named by a digest of every compiled file, so
that a change of one makes all anew: training and serving can never run different versions of one query.
"""

from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numba

__all__ = ["compiled"]

SOURCES = (
    "compiled/cache",
    "compiled/partial_sort",
    "compiled/tree_ensemble",
    "sessions/candidates",
    "sessions/covisitation",
    "sessions/features",
    "sessions/index",
    "sessions/item_stats",
    "sessions/ranker",
    "sessions/sources",
)
"""Files whose text or constants end up in machine code."""


def _digest() -> str:
    models = Path(__file__).parent.parent
    text = "\0".join((models / f"{name}.py").read_text(encoding="utf-8") for name in SOURCES)
    return blake2b(f"{numba.__version__}\0{text}".encode(), digest_size=8).hexdigest()


_CACHE = Path(__file__).parent / "__pycache__" / f"compiled-{_digest()}"


def compiled(*, fastmath: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """As ``numba.njit``: compiled at the first call with arrays of new types, read from the cache from then on.

    Where the package's folder cannot be written to, numba falls back to the user's own cache folder.

    Args:
        fastmath: Whether sums of floats may be reordered.
    """

    def compile_later(function: Callable[..., Any]) -> Callable[..., Any]:
        before = numba.config.CACHE_DIR
        numba.config.CACHE_DIR = before or str(_CACHE)
        try:
            return numba.njit(cache=True, fastmath=fastmath, nogil=True)(function)  # type: ignore[no-any-return]  # numba has no types
        finally:
            numba.config.CACHE_DIR = before

    return compile_later
