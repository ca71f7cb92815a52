"""What to look at next: candidates from past sessions, re-ranked by what past shoppers clicked.

Belongs here: the model that serving asks. `SessionKnn` gives candidates and, in a shop with too few sessions to learn
a ranking, answers alone; `assets.models.sessions.reranked` is the rest, imported only where a release has it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from assets.models.ranked import Ranked, check_mask, check_positions, empty
from assets.models.sessions.history import SessionHistory
from assets.models.sessions.knn import SessionKnn
from assets.models.sessions.parameters import SessionModelParameters, parameters_from
from evaluation.arrays import Bools

if TYPE_CHECKING:
    from assets.models.sessions.reranked import RankedSessions
    from assets.models.sessions.tuning import Figures

__all__ = ["SessionModel"]


class SessionModel:
    """Candidates and their ranking, or `SessionKnn` alone (``ranked`` None)."""

    def __init__(
        self,
        knn: SessionKnn,
        ranked: "RankedSessions | None",
        parameters: SessionModelParameters,
        figures: Mapping[str, float],
        trials: "Sequence[Figures]" = (),
    ) -> None:
        """Use ``fit`` or ``load``."""
        self.knn, self.ranked, self.parameters = knn, ranked, parameters
        self.n_items = knn.n_items
        self.figures = dict(figures)
        """Hit rate, MRR and NDCG at 20 and candidate recall on the last sessions; empty without a ranking."""
        self.trials = list(trials)
        """What was tried to choose ``parameters``, with its measures on validation sessions before the last."""

    @classmethod
    def fit(
        cls,
        session: NDArray[np.integer],
        item: NDArray[np.integer],
        ts: NDArray[np.integer],
        n_items: int,
        parameters: SessionModelParameters | None = None,
    ) -> Self:
        """Choose settings and learn the ranking on the last sessions, from statistics of those before; count on all.

        Args:
            session: int64[m], any numbers that tell sessions apart.
            item: int32[m] positions; rows of -1 (unknown) are ignored.
            ts: int64[m] microseconds.
            n_items: Size of the catalogue.
            parameters: Where the search for settings starts, and its plan; None takes the defaults.

        Raises:
            ValueError: If an item is beyond the catalogue or lengths differ.
        """
        chosen = parameters or SessionModelParameters()
        history = SessionHistory.from_rows(session, item, ts, n_items)
        if len(history) < chosen.min_sessions:
            return cls(SessionKnn.fit(session, item, ts, n_items), None, chosen, {})
        from assets.models.sessions.reranked import fit_ranked_sessions

        return cls(*fit_ranked_sessions(history, chosen))

    def recommend(
        self, viewed: Sequence[int], k: int, allowed: Bools | None = None, include_viewed: bool = False
    ) -> Ranked:
        """Items likely to be clicked next by a shopper who viewed ``viewed``.

        Args:
            viewed: Positions, oldest first; -1 (unknown) is ignored.
            k: At least 1.
            allowed: bool[n_items] mask; None allows every item.
            include_viewed: Also rank the items just viewed, as offline tests of the next click do.

        Returns:
            At most ``k`` items, none for a session of unknown items; scores are comparable within an answer only.

        Raises:
            ValueError: If an item is beyond the catalogue, the mask has another length, or ``k`` is below 1.
        """
        if self.ranked is None:
            return self.knn.recommend(viewed, k, allowed, include_viewed)
        check_mask(allowed, self.n_items)
        if k < 1:
            raise ValueError(f"k is {k}: ask for at least 1 item.")
        seen = np.asarray(viewed, dtype=np.int32).reshape(-1)
        check_positions(seen, self.n_items)
        seen = seen[seen >= 0]
        if not len(seen):
            return empty()
        return self.ranked.recommend(seen, k, allowed, include_viewed, self.parameters)

    def save(self, folder: Path) -> None:
        """Write ``model.json``, ``knn/`` and, where candidates are ranked, ``ranked/``."""
        described = {
            "ranked": self.ranked is not None,
            "figures": self.figures,
            "trials": self.trials,
            "parameters": asdict(self.parameters),
        }
        (folder / "model.json").write_text(json.dumps(described, indent=1), encoding="utf-8")
        (folder / "knn").mkdir()
        self.knn.save(folder / "knn")
        if self.ranked is not None:
            (folder / "ranked").mkdir()
            self.ranked.save(folder / "ranked")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote; arrays are memory-mapped."""
        described = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        parameters, figures = parameters_from(described["parameters"]), described["figures"]
        knn = SessionKnn.load(folder / "knn")
        if not described["ranked"]:
            return cls(knn, None, parameters, figures)
        from assets.models.sessions.reranked import RankedSessions

        return cls(knn, RankedSessions.load(folder / "ranked", knn), parameters, figures, described["trials"])
