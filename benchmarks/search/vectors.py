"""Vectors of a benchmark's texts, kept below ``var/`` so that only the first run pays for the encoder.

What belongs here: the cache, keyed by content. What is measured with the vectors is `benchmarks.search.relevance`.
"""

import os
import sys
import time
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evaluation.arrays import Floats32
from resources.encoder.quantised import quantised_folder
from resources.encoder.text_encoder import DIMENSIONS, encoder_at

__all__ = ["cached_vectors", "quantised_vectors"]

_CHUNK_TEXTS = 4_096
"""Texts encoded between two writes: a killed run loses no more than these."""


def cached_vectors(home: Path, texts: Sequence[str]) -> Floats32:
    """Unit rows float32[n, 384] of ``texts`` by the release's encoder, in their order.

    Args:
        home: Folder that Upshelf writes to; the cache is ``bench/search`` below it and may be deleted.
        texts: Any texts; one that was ever encoded is not encoded again.
    """
    encoder = encoder_at(home / "encoder")
    kept = home / "bench" / "search" / f"{encoder.fingerprint}.npz"
    keys, vectors = np.empty(0, dtype="S32"), np.empty((0, DIMENSIONS), dtype=np.float32)
    if kept.exists():
        with np.load(kept) as archive:
            keys, vectors = archive["keys"], archive["vectors"]
    row = {key: i for i, key in enumerate(keys.tolist())}
    missing = [text for text in dict.fromkeys(texts) if _key(text) not in row]
    started = time.monotonic()
    for at in range(0, len(missing), _CHUNK_TEXTS):
        part = missing[at : at + _CHUNK_TEXTS]
        vectors = np.concatenate([vectors, encoder.encode(part)])
        keys = np.concatenate([keys, np.array([_key(text) for text in part], dtype="S32")])
        _write(kept, keys, vectors)
        rate = (at + len(part)) / (time.monotonic() - started)
        sys.stderr.write(f"embedded {at + len(part):,} of {len(missing):,} new texts, {rate:.0f} a second\n")
    row = {key: i for i, key in enumerate(keys.tolist())}
    return np.asarray(vectors[[row[_key(text)] for text in texts]])


def quantised_vectors(home: Path, queries: Sequence[str]) -> dict[str, Floats32]:
    """Query → its float32[384] by the quantised encoder, one by one as they are served."""
    encoder = encoder_at(quantised_folder(home / "encoder"))
    return dict(zip(queries, encoder.encode(queries, query=True), strict=True))


def _write(path: Path, keys: NDArray[np.bytes_], vectors: Floats32) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}.tmp.npz")
    np.savez(fresh, keys=keys, vectors=vectors)
    fresh.replace(path)


def _key(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest().encode()
