"""Several treatments against one control: an X-learner an arm, which share the control and the bins.

What belongs here: arms as one more dimension. What does not: choosing among the arms, which is a matter of costs.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from assets.models.boosting import BinnedColumns, boosted_predictions, loaded_booster, save_booster
from assets.models.effects import PROPENSITY_FLOOR

__all__ = ["ArmEffects", "ArmLearner"]

Floats = NDArray[np.float64]


class ArmEffects(NamedTuple):
    """p_control float64[n]; p_treated and uplift float64[n, K], a column an arm in the order of ``ArmLearner.arms``."""

    p_control: Floats
    p_treated: Floats
    uplift: Floats


@dataclass(frozen=True, slots=True)
class ArmLearner:
    """X-learner (Künzel et al. 2019) of each arm against the same control; never one arm against another."""

    arms: tuple[str, ...]
    control: Any
    on_control: tuple[Any, ...]
    on_treated: tuple[Any, ...]
    shares: tuple[float, ...]
    """Of each arm: its mean probability among those of the arm and the control."""

    @classmethod
    def fit(
        cls,
        X: Floats,
        arm: NDArray[np.str_],
        outcome: Floats,
        *,
        control: str,
        propensity: Floats | None = None,
        seed: int = 0,
    ) -> Self:
        """Learn the effect of every arm.

        Args:
            X: features float64[n, p], NaN = missing.
            arm: name of each row's arm, str[n].
            outcome: 0/1 a row.
            control: name of the control arm.
            propensity: probability of each arm, float64[n, K + 1]: the control first, then the arms sorted by name;
                None = the arms' shares, as in a randomised trial.
            seed: fixes the fits.

        Raises:
            ValueError: no control, no other arm, an arm of one outcome only, or arrays that do not fit together.
        """
        names = tuple(sorted(set(arm.tolist()) - {control}))
        if not len(X) == len(arm) == len(outcome):
            raise ValueError(f"{len(X)} rows of features, {len(arm)} arms, {len(outcome)} outcomes: must be equal")
        if not (arm == control).any() or not names:
            raise ValueError(
                f"there must be rows of the control {control!r} and of another arm, got {sorted(set(arm))}"
            )
        if not np.isin(outcome, (0, 1)).all():
            raise ValueError("outcome must be 0 or 1 in every row")
        for name in (control, *names):
            if np.unique(outcome[arm == name]).size < 2:
                raise ValueError(f"arm {name!r} has one outcome only: an effect cannot be learned")
        everyone = (control, *names)
        if propensity is None:
            propensity = np.tile([float(np.mean(arm == name)) for name in everyone], (len(X), 1))
        if propensity.shape != (len(X), len(everyone)):
            raise ValueError(f"propensity is {propensity.shape} but must be (rows, arms) = {(len(X), len(everyone))}")
        likely = np.clip(propensity, PROPENSITY_FLOOR, 1.0)
        own = likely[np.arange(len(X)), np.searchsorted(names, arm) * (arm != control) + (arm != control)]
        weight = 1 / own
        for name in everyone:
            weight[arm == name] /= weight[arm == name].mean()
        binned = BinnedColumns.of(X)
        rarer = min(float(outcome.mean()), 1 - float(outcome.mean()))
        outcomes = {
            name: binned.boosted(arm == name, outcome, weight, objective="binary", seed=seed) for name in everyone
        }
        without = boosted_predictions(outcomes[control], X)
        here = arm == control
        on_control: list[Any] = []
        on_treated: list[Any] = []
        for name in names:
            imputed = outcome - without
            imputed[here] = boosted_predictions(outcomes[name], X[here]) - outcome[here]
            for rows, models in ((here, on_control), (arm == name, on_treated)):
                models.append(
                    binned.boosted(rows, imputed, weight, objective="regression", seed=seed, rarer_outcome=rarer)
                )
        means = likely.mean(axis=0)
        shares = tuple(float(mean / (mean + means[0])) for mean in means[1:])
        return cls(names, outcomes[control], tuple(on_control), tuple(on_treated), shares)

    def predict(self, X: Floats) -> ArmEffects:
        """Effects of X float64[n, p]; probabilities stay within [0, 1]."""
        without = boosted_predictions(self.control, X)
        with_ad = np.empty((len(X), len(self.arms)))
        for number, share in enumerate(self.shares):
            effect = share * boosted_predictions(self.on_control[number], X)
            effect += (1 - share) * boosted_predictions(self.on_treated[number], X)
            with_ad[:, number] = np.clip(without + effect, 0.0, 1.0)
        return ArmEffects(without, with_ad, with_ad - without[:, None])

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
