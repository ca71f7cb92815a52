"""Search: the query as it is understood, its vector, and the chain of steps that answers it.

What belongs here: the order of steps. The query's vector may have to be encoded, which a thread does.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from serving.answers import ListAnswer, list_answer
from serving.chains import fill
from serving.eligible import eligible
from serving.snapshot import Snapshot
from serving.steps import Steps
from serving.workers import BusyError, Workers

__all__ = ["search"]


async def search(
    snapshot: Snapshot,
    workers: Workers,
    query: str,
    *,
    limit: int,
    category: str | None = None,
    in_stock_only: bool = False,
    filters: Sequence[str] = (),
) -> ListAnswer:
    """Product id → words and meaning → words → meaning → popularity; misspelt words are corrected first."""
    allowed = eligible(snapshot, in_stock_only=in_stock_only, filters=filters, category=category)
    lexical = snapshot.release.lexical
    corrected = query if lexical is None else lexical.corrected(query)
    vector, missing = await _query_vector(snapshot, workers, corrected)
    steps = Steps(snapshot, allowed)
    chain = [
        *steps.exact(query),
        steps.hybrid(corrected, vector, missing),
        steps.lexical(corrected),
        steps.meaning(corrected, vector, missing),
        steps.popular(),
    ]
    return list_answer(snapshot, fill(chain, limit), None if corrected == query else corrected)


async def _query_vector(
    snapshot: Snapshot, workers: Workers, query: str
) -> tuple[NDArray[np.float32] | None, str | None]:
    """The query's vector, or none and why."""
    if snapshot.queries is None:
        return None, "this release has no encoder of queries"
    vector = snapshot.queries.known(query)
    if vector is None:
        try:
            vector = await workers.run("encode", snapshot.queries.encode, query)
        except BusyError:
            # Words alone answer at once: better than to let shoppers wait or to refuse them.
            return None, "too many queries are waiting for their vectors"
    return vector, None
