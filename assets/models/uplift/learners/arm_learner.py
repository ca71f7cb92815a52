"""Several treatments against one control: an X-learner an arm, which share the control and the bins.

What belongs here: arms as one more dimension. What does not: choosing among the arms, which is a matter of costs.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from assets.models.uplift.learners.boosting import BinnedColumns, boosted_predictions, loaded_booster, save_booster
from assets.models.uplift.learners.effects import PROPENSITY_FLOOR, Effects
from evaluation.arrays import Floats

__all__ = ["ArmLearner"]


@dataclass(frozen=True, slots=True)
class ArmLearner:
    """X-learner (Künzel et al. 2019) of each arm against the same control; never one arm against another."""

    arms: tuple[str, ...]
    control: Any
    on_control: tuple[Any, ...]
    on_treated: tuple[Any, ...]
    shares: tuple[float, ...]
    """Of each arm: its rows as a share of its own and the control's."""

    @classmethod
    def fit(
        cls,
        X: Floats,
        arm: NDArray[np.str_],
        outcome: Floats,
        *,
        control: str,
        propensity: Floats | None = None,
        weight: Floats | None = None,
        binned: BinnedColumns | None = None,
        seed: int = 0,
    ) -> Self:
        """Learn the effect of every arm.

        Args:
            X: features float64[n, p], NaN = missing.
            arm: name of each row's arm, str[n].
            outcome: 0/1 a row.
            control: name of the control arm.
            propensity: probability of the arm that each row was in, float64[n]; None = the arms' shares, as in a
                randomised trial.
            weight: how often each row counts, float64[n]; 0 = absent (None: once).
            binned: X, binned already (None: it is binned here).
            seed: fixes the fits.

        Raises:
            ValueError: no control, no other arm, an arm of one outcome only, or arrays that do not fit together.
        """
        names = tuple(sorted(set(arm.tolist()) - {control}))
        counts = np.ones(len(X)) if weight is None else weight
        likely = np.ones(len(X)) if propensity is None else np.clip(propensity, PROPENSITY_FLOOR, 1.0)
        _check(X, arm, outcome, names, control, counts, likely)
        counts = counts / likely
        for name in (control, *names):
            # Stabilised: an arm weighs as many rows as it has, however rare it was meant to be.
            counts[arm == name] *= (arm == name).sum() / counts[arm == name].sum()
        binned = binned or BinnedColumns.of(X)
        rarer = min(float(outcome.mean()), 1 - float(outcome.mean()))
        outcomes = {
            name: binned.boosted(arm == name, outcome, counts, objective="binary", seed=seed)
            for name in (control, *names)
        }
        p_control = boosted_predictions(outcomes[control], X)
        here = arm == control
        on_control: list[Any] = []
        on_treated: list[Any] = []
        for name in names:
            imputed = outcome - p_control
            imputed[here] = boosted_predictions(outcomes[name], X[here]) - outcome[here]
            for rows, models in ((here, on_control), (arm == name, on_treated)):
                models.append(
                    binned.boosted(rows, imputed, counts, objective="regression", seed=seed, rarer_outcome=rarer)
                )
        sizes = np.array([(arm == name).sum() for name in names], dtype=np.float64)
        shares = tuple((sizes / (sizes + here.sum())).tolist())
        return cls(names, outcomes[control], tuple(on_control), tuple(on_treated), shares)

    def predict(self, X: Floats) -> Effects:
        """Effects of X float64[n, p]; p_treated, within [0, 1], and uplift are float64[n, arms]."""
        p_control = boosted_predictions(self.control, X)
        p_treated = np.empty((len(X), len(self.arms)))
        for number, share in enumerate(self.shares):
            effect = share * boosted_predictions(self.on_control[number], X)
            effect += (1 - share) * boosted_predictions(self.on_treated[number], X)
            p_treated[:, number] = np.clip(p_control + effect, 0.0, 1.0)
        return Effects(p_control, p_treated, p_treated - p_control[:, None])

    def save(self, folder: Path) -> None:
        """Write ``arms.json`` and boosters as text into an existing folder."""
        save_booster(self.control, folder / "control.txt")
        for number in range(len(self.arms)):
            save_booster(self.on_control[number], folder / f"on_control_{number:02d}.txt")
            save_booster(self.on_treated[number], folder / f"on_treated_{number:02d}.txt")
        body = {"arms": self.arms, "shares": self.shares}
        (folder / "arms.json").write_text(json.dumps(body, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        body = json.loads((folder / "arms.json").read_text(encoding="utf-8"))
        numbers = range(len(body["arms"]))
        return cls(
            tuple(body["arms"]),
            loaded_booster(folder / "control.txt"),
            tuple(loaded_booster(folder / f"on_control_{number:02d}.txt") for number in numbers),
            tuple(loaded_booster(folder / f"on_treated_{number:02d}.txt") for number in numbers),
            tuple(body["shares"]),
        )


def _check(
    X: Floats,
    arm: NDArray[np.str_],
    outcome: Floats,
    names: tuple[str, ...],
    control: str,
    weight: Floats,
    propensity: Floats,
) -> None:
    lengths = [len(array) for array in (X, arm, outcome, weight, propensity)]
    if len(set(lengths)) > 1:
        raise ValueError(
            f"features, arms, outcomes, weights and propensities have {lengths} rows: they must be equal in number"
        )
    if not (arm == control).any() or not names:
        raise ValueError(f"there must be rows of the control {control!r} and of another arm, got {sorted(set(arm))}")
    if not np.isin(outcome, (0, 1)).all():
        raise ValueError("outcome must be 0 or 1 in every row")
    if not np.isfinite(propensity).all() or not (np.isfinite(weight) & (weight >= 0)).all():
        raise ValueError("propensity must be known in every row, and weight a number of at least 0")
    for name in (control, *names):
        if np.unique(outcome[(arm == name) & (weight > 0)]).size < 2:
            raise ValueError(f"arm {name!r} has one outcome only: an effect cannot be learned")
