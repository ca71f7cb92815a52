"""causalml's and scikit-uplift's learners with their libraries' default parameters, for the tables beside ours.

What belongs here: fitting a peer and its scores of other users. What does not: splits, measures, tables.
"""

import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

import numpy as np

from evaluation.arrays import Floats

__all__ = ["PEERS", "peer_scores"]


def _lgbm(kind: str) -> Any:  # noqa: ANN401  (lightgbm has no types)
    import lightgbm

    return getattr(lightgbm, f"LGBM{kind}")(n_jobs=1, verbose=-1, random_state=0)


def _xgb(kind: str) -> Any:  # noqa: ANN401  (xgboost's types are not installed)
    import xgboost

    return getattr(xgboost, f"XGB{kind}")(n_jobs=1, random_state=0)


def _logistic() -> Any:  # noqa: ANN401  (scikit-learn has no types)
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    # Scaled, which is more than the default: unscaled it does not converge.
    return make_pipeline(StandardScaler(), LogisticRegression())


def _linear() -> Any:  # noqa: ANN401  (scikit-learn has no types)
    from sklearn.linear_model import LinearRegression

    return LinearRegression()


def _causalml(name: str, learner: Callable[[], dict[str, Any]]) -> Callable[[Floats, Floats, Floats, Floats], Floats]:
    def scores(X: Floats, treatment: Floats, outcome: Floats, other: Floats) -> Floats:
        from causalml.inference import meta

        model = getattr(meta, name)(**learner(), control_name=0)
        known = np.full(len(X), float(treatment.mean()))
        # Without a propensity causalml fits an elastic net, which is slow and, in a trial, of no use.
        given = {"p": known} if name.startswith(("BaseX", "BaseR", "BaseDR", "XGBR")) else {}
        model.fit(X=X, treatment=treatment.astype(int), y=outcome, **given)
        asked = {"p": np.full(len(other), known[0])} if name.startswith("BaseX") else {}
        return np.asarray(model.predict(X=other, **asked)).ravel()

    return scores


def _sklift(name: str, base: Callable[[], Any], arguments: int) -> Callable[[Floats, Floats, Floats, Floats], Floats]:
    def scores(X: Floats, treatment: Floats, outcome: Floats, other: Floats) -> Floats:
        from sklift import models

        model = getattr(models, name)(*(base() for _ in range(arguments)))
        return np.asarray(model.fit(X, outcome.astype(int), treatment.astype(int)).predict(other))

    return scores


_CLASSIFIERS: dict[str, Callable[[], Any]] = {
    "lgbm": lambda: _lgbm("Classifier"),
    "xgb": lambda: _xgb("Classifier"),
    "logistic": _logistic,
}
_REGRESSORS: dict[str, Callable[[], Any]] = {
    "lgbm": lambda: _lgbm("Regressor"),
    "xgb": lambda: _xgb("Regressor"),
    "logistic": _linear,
}


_READY_MADE = ("LRSRegressor", "MLPTRegressor", "XGBRRegressor")
"""causalml's learners that bring a base learner of their own, but for those that are the ones above with xgb."""


def _all_peers() -> dict[str, Callable[[Floats, Floats, Floats, Floats], Floats]]:
    peers: dict[str, Callable[[Floats, Floats, Floats, Floats], Floats]] = {}
    for base, classifier in _CLASSIFIERS.items():
        regressor = _REGRESSORS[base]

        def two(c: Callable[[], Any] = classifier, r: Callable[[], Any] = regressor) -> dict[str, Any]:
            return {"outcome_learner": c(), "effect_learner": r()}

        def one(c: Callable[[], Any] = classifier) -> dict[str, Any]:
            return {"learner": c()}

        def regressing(r: Callable[[], Any] = regressor) -> dict[str, Any]:
            return {"learner": r()}

        peers[f"causalml S {base}"] = _causalml("BaseSClassifier", one)
        peers[f"causalml T {base}"] = _causalml("BaseTClassifier", one)
        peers[f"causalml X {base}"] = _causalml("BaseXClassifier", two)
        peers[f"causalml R {base}"] = _causalml("BaseRClassifier", two)
        peers[f"causalml DR {base}"] = _causalml("BaseDRRegressor", regressing)
        if base != "xgb":
            peers[f"sklift solo {base}"] = _sklift("SoloModel", classifier, 1)
            peers[f"sklift two {base}"] = _sklift("TwoModels", classifier, 2)
            peers[f"sklift class {base}"] = _sklift("ClassTransformation", classifier, 1)
    for ready in _READY_MADE:
        peers[f"causalml {ready}"] = _causalml(ready, dict)
    return peers


PEERS = _all_peers()
"""Name -> scores(X, treatment, outcome, other X)."""


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        # Remarks of scikit-learn on feature names and of causalml on its own dependencies.
        warnings.simplefilter("ignore")
        # Early stopping prints every round.
        with redirect_stdout(io.StringIO()):
            yield


def peer_scores(name: str, X: Floats, treatment: Floats, outcome: Floats, other: Floats) -> Floats:
    """Scores of the rows of ``other`` by a peer fitted to (X, treatment, outcome), float64[len(other)].

    Raises:
        KeyError: no such peer.
    """
    with _quiet():
        return PEERS[name](X, treatment, outcome, other)
