"""Ridge regressions of the reward on features, one for each arm: what LinUCB and LinTS know.

For each arm A = λI + Σ w x xᵀ and b = Σ w r x; the coefficients are A⁻¹b (Li et al., WWW 2010, disjoint models). A is
kept as its Cholesky factor, which a further row changes in d² steps.
"""

from typing import Self

import numpy as np

from evaluation.arrays import Floats, Ints

__all__ = ["RidgeArms", "rank_one_update"]


class RidgeArms:
    """One regression an arm, over the same d features."""

    def __init__(self, gram: Floats, moment: Floats) -> None:
        """``gram`` is A, float64[arms, d, d], positive definite; ``moment`` is b, float64[arms, d].

        Raises:
            ValueError: Shapes that do not fit, or an A that is not positive definite.
        """
        arms, d = moment.shape
        if gram.shape != (arms, d, d):
            raise ValueError(
                f"gram is {list(gram.shape)} and moment {list(moment.shape)}: give [arms, d, d], [arms, d]."
            )
        try:
            self._factor = np.linalg.cholesky(gram)
        except np.linalg.LinAlgError as error:
            raise ValueError("gram is not positive definite: A holds λI with λ above 0.") from error
        self._moment = np.array(moment, dtype=np.float64)
        self._inverse = np.linalg.inv(self._factor)
        self._coefficients = np.stack([self._solved(arm) for arm in range(arms)]) if arms else np.empty((0, d))

    @classmethod
    def empty(cls, arms: int, d: int, ridge: float = 1.0) -> Self:
        """Before any row: A = ridge · I, b = 0."""
        return cls(np.tile(ridge * np.eye(d), (arms, 1, 1)), np.zeros((arms, d)))

    @classmethod
    def fit(
        cls, arm: Ints, features: Floats, reward: Floats, arms: int, *, weight: Floats | None = None, ridge: float = 1.0
    ) -> Self:
        """From one row an impression.

        Args:
            arm: int64[m] in [0, arms).
            features: float64[m, d].
            reward: float64[m].
            arms: how many there are.
            weight: float64[m] ≥ 0, such as `day_weights`; none for 1.
            ridge: λ above 0.
        """
        d = features.shape[1]
        weighted = features if weight is None else features * weight[:, None]
        gram, moment = np.tile(ridge * np.eye(d), (arms, 1, 1)), np.zeros((arms, d))
        for i in range(arms):
            rows = arm == i
            gram[i] += weighted[rows].T @ features[rows]
            moment[i] = weighted[rows].T @ reward[rows]
        return cls(gram, moment)

    @property
    def arms(self) -> int:
        """How many arms there are."""
        return len(self._moment)

    @property
    def d(self) -> int:
        """How many features there are."""
        return int(self._moment.shape[1])

    @property
    def gram(self) -> Floats:
        """A of each arm, float64[arms, d, d]."""
        return np.asarray(self._factor @ self._factor.transpose(0, 2, 1))

    @property
    def moment(self) -> Floats:
        """B of each arm, float64[arms, d]."""
        return self._moment.copy()

    @property
    def coefficients(self) -> Floats:
        """A⁻¹b of each arm, float64[arms, d]."""
        return self._coefficients.copy()

    def update(self, arm: int, features: Floats, reward: float) -> None:
        """Learn from one more impression of ``arm``: features float64[d]."""
        rank_one_update(self._factor[arm], features)
        self._inverse[arm] = np.linalg.inv(self._factor[arm])
        self._moment[arm] += reward * features
        self._coefficients[arm] = self._solved(arm)

    def mean_and_width(self, features: Floats, fit: Ints | None = None) -> tuple[Floats, Floats]:
        """The reward that each arm's regression expects, and √(xᵀA⁻¹x), each float64[n].

        Raises:
            ValueError: If ``features`` is not float64[d].
        """
        if features.shape != (self.d,):
            raise ValueError(f"features are {list(features.shape)}; these regressions were fitted on [{self.d}].")
        inverse, coefficients = self._inverse, self._coefficients
        if fit is not None:
            inverse, coefficients = inverse[fit], coefficients[fit]
        # xᵀA⁻¹x = |L⁻¹x|², of all arms by one product.
        turned = (inverse.reshape(-1, self.d) @ features).reshape(-1, self.d)
        return coefficients @ features, np.sqrt(np.einsum("ij,ij->i", turned, turned))

    def _solved(self, arm: int) -> Floats:
        """A⁻¹b of one arm."""
        return np.asarray(self._inverse[arm].T @ (self._inverse[arm] @ self._moment[arm]))


def rank_one_update(factor: Floats, features: Floats) -> None:
    """Make the lower Cholesky factor of A that of A + xxᵀ, in place, in d² steps (Gill et al. 1974).

    Args:
        factor: float64[d, d].
        features: x, float64[d].
    """
    x = features.astype(np.float64)
    for k in range(x.size):
        diagonal = float(np.hypot(factor[k, k], x[k]))
        cosine, sine = diagonal / factor[k, k], x[k] / factor[k, k]
        factor[k, k] = diagonal
        factor[k + 1 :, k] = (factor[k + 1 :, k] + sine * x[k + 1 :]) / cosine
        x[k + 1 :] = cosine * x[k + 1 :] - sine * factor[k + 1 :, k]
