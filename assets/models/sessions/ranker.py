"""Learning to rank the candidates of a session: LightGBM LambdaRank on what past sessions clicked next.

Belongs here: the training rows, the training and its measure on sessions held out. Candidates and features belong to
`assets.models.sessions.features`.

Time split: the index that features are read from is counted on sessions before those that are learnt from, which
lie before those that are measured on. So no feature has seen its own target, and the age of the statistics at training
is that at serving.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from assets.models.compiled.cache import compiled
from assets.models.compiled.partial_sort import top
from assets.models.compiled.tree_ensemble import TreeEnsemble
from assets.models.sessions.features import candidate_features
from assets.models.sessions.history import SessionHistory
from assets.models.sessions.index import FEATURES, SessionIndex
from assets.models.sessions.parameters import RankerPlan, SessionModelParameters
from evaluation.arrays import Floats, Floats32, Ints

__all__ = ["NextClicks", "RankingRows", "next_clicks", "ranking_rows", "target_ranks", "train_ranker", "train_rankers"]

CHUNK = 4096


class NextClicks(NamedTuple):
    """Clicks to be foretold: ``items[begin : at]`` is what was seen, ``items[at]`` what came."""

    begin: Ints
    at: Ints


def next_clicks(history: SessionHistory, first: int, last: int, most: int, seed: int) -> NextClicks:
    """Next clicks of the sessions ``first`` … ``last - 1``, at most ``most``, drawn at random, in order."""
    at = np.arange(history.starts[first], history.starts[last])
    begin = np.repeat(history.starts[first:last], np.diff(history.starts[first : last + 1]))
    at, begin = at[at > begin], begin[at > begin]
    if len(at) > most:
        drawn = np.sort(np.random.default_rng(seed).choice(len(at), most, replace=False))
        at, begin = at[drawn], begin[drawn]
    return NextClicks(begin, at)


class RankingRows(NamedTuple):
    """Rows of several groups: ``rows`` float32[r, features], ``label`` int8[r], ``sizes`` int64[groups]."""

    rows: Floats32
    label: NDArray[np.int8]
    sizes: Ints


def ranking_rows(
    index: SessionIndex, history: SessionHistory, clicks: NextClicks, neighbours: int, negatives: int, seed: int
) -> RankingRows:
    """The target and sampled other candidates of each click whose target is a candidate."""
    parts = []
    for low in range(0, len(clicks.at), CHUNK):
        begin, at = clicks.begin[low : low + CHUNK], clicks.at[low : low + CHUNK]
        parts.append(_rows(index, history.items, begin, at, neighbours, negatives, seed + low))
    if not parts:
        return RankingRows(np.empty((0, len(FEATURES)), np.float32), np.empty(0, np.int8), np.empty(0, np.int64))
    return RankingRows(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def train_ranker(rows: RankingRows, plan: RankerPlan, seed: int) -> Any:  # noqa: ANN401  (lightgbm has no types)
    """A LightGBM booster that ranks the target above the others."""
    import lightgbm

    parameters = {
        "objective": "lambdarank",
        "lambdarank_truncation_level": 25,
        "num_leaves": plan.leaves,
        "learning_rate": plan.learning_rate,
        "min_data_in_leaf": 100,
        "min_sum_hessian_in_leaf": 1e-3,
        "lambda_l2": 2.0,
        "feature_fraction": 0.6,
        "max_bin": 127,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": plan.threads,
        "verbosity": -1,
    }
    data = lightgbm.Dataset(
        rows.rows, label=rows.label, group=rows.sizes, feature_name=list(FEATURES), free_raw_data=True
    )
    return lightgbm.train(parameters, data, num_boost_round=plan.trees)


def train_rankers(
    index: SessionIndex, history: SessionHistory, clicks: NextClicks, p: SessionModelParameters
) -> tuple[str, ...]:
    """The texts of ``p.ranker.members`` boosters of the same clicks."""
    texts = []
    for member in range(p.ranker.members):
        rows = ranking_rows(index, history, clicks, p.neighbours, p.ranker.negatives, p.seed + member)
        texts.append(str(train_ranker(rows, p.ranker, p.seed + member).model_to_string()))
    return tuple(texts)


def target_ranks(
    index: SessionIndex,
    trees: TreeEnsemble,
    history: SessionHistory,
    clicks: NextClicks,
    neighbours: int,
    first: int | None = None,
    keep: int = 0,
) -> Floats:
    """Rank of each target among its candidates, from 1; infinite where it is none."""
    ranks = np.full(len(clicks.at), np.inf)
    none = np.zeros(0, dtype=np.bool_)
    for row, (begin, at) in enumerate(zip(clicks.begin, clicks.at, strict=True)):
        found, features = candidate_features(index, history.items[begin:at], none, True, neighbours)
        place = np.flatnonzero(found == history.items[at])
        if len(place):
            scores = trees.scores(features, first, keep)
            ranks[row] = 1 + np.count_nonzero(scores > scores[place[0]])
    return ranks


@compiled()
def _rows(ix, items, begin, at, neighbours, negatives, seed):
    """Others are drawn evenly: a draw of the hardest would teach that a low rank in every source is a good sign.

    The target stands at a random place of its group, as LightGBM takes equal scores in the order of the rows.
    """
    room = len(at) * (negatives + 1)
    rows = np.empty((room, len(FEATURES)), dtype=np.float32)
    label = np.zeros(room, dtype=np.int8)
    sizes = np.zeros(len(at), dtype=np.int64)
    none = np.zeros(0, dtype=np.bool_)
    end = groups = 0
    draw = np.uint64(seed * 2654435761 + 1)
    for q in range(len(at)):
        found, features = candidate_features(ix, items[begin[q] : at[q]], none, True, neighbours)
        target = -1
        key = np.empty(len(found), dtype=np.float32)
        for r in range(len(found)):
            if found[r] == items[at[q]]:
                target = r
            # Knuth's 64-bit congruential generator.
            draw = draw * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
            chance = np.float32(draw >> np.uint64(40)) / np.float32(1 << 24)
            key[r] = 1 + chance
        if target < 0 or len(found) < 2:
            continue
        key[target] = 3
        order = top(key, len(found), negatives + 1)
        swap = np.int64((draw >> np.uint64(33)) % np.uint64(len(order)))
        order[0], order[swap] = order[swap], order[0]
        for r in order:
            for f in range(features.shape[1]):
                rows[end, f] = features[r, f]
            label[end] = r == target
            end += 1
        sizes[groups] = len(order)
        groups += 1
    return rows[:end], label[:end], sizes[:groups]
