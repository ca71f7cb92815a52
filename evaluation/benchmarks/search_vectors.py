"""Vectors of a benchmark's texts, kept below ``var/`` so that only the first run pays for the encoder.

What belongs here: the cache, keyed by content. What is measured with the vectors is `evaluation.benchmarks.search`.
"""

import os
import sys
import time
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from resources.embedder import encoder_at

__all__ = ["cached_vectors"]

_CHUNK_TEXTS = 8_192
"""Texts encoded between two lines of progress."""


def cached_vectors(home: Path, texts: Sequence[str]) -> NDArray[np.float32]:
    """Unit rows float32[n, 384] of ``texts`` by the release's encoder, in their order.

    Args:
        home: Folder that Upshelf writes to; the cache is ``bench/search`` below it and may be deleted.
        texts: Any texts; repeats are encoded once.
    """
    encoder = encoder_at(home / "encoder")
    distinct = list(dict.fromkeys(texts))
    digest = blake2b(encoder.fingerprint.encode(), digest_size=16)
    for text in distinct:
        digest.update(text.encode("utf-8", "surrogatepass") + b"\0")
    kept = home / "bench" / "search" / f"{digest.hexdigest()}.npy"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        started, parts = time.monotonic(), []
        for at in range(0, len(distinct), _CHUNK_TEXTS):
            parts.append(encoder.encode(distinct[at : at + _CHUNK_TEXTS]))
            done = min(at + _CHUNK_TEXTS, len(distinct))
            rate = done / (time.monotonic() - started)
            sys.stderr.write(f"embedded {done:,} of {len(distinct):,} texts, {rate:.0f} a second\n")
        fresh = kept.with_suffix(f".{os.getpid()}.tmp.npy")
        np.save(fresh, np.concatenate(parts))
        fresh.replace(kept)  # a killed run leaves no half of a cache
    row = {text: i for i, text in enumerate(distinct)}
    return np.asarray(np.load(kept)[[row[text] for text in texts]])
