"""The uplift model of a shop: a blend of learners that was weighed and refitted, with an interval for every user.

What belongs here: putting design, weights, blend, bootstrap replicas and the response baseline together, and their
files. What does not: segments (`assets.models.uplift.segments`).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.models.uplift.ad_design import AdDesign
from assets.models.uplift.calibration import BestLinearPredictor, best_linear_predictor
from assets.models.uplift.holdout import is_holdout, ordered, poisson_of_users
from assets.models.uplift.learners.blended_learner import Blend
from assets.models.uplift.learners.effects import Effects, TrialSample, effects_from
from assets.models.uplift.learners.nuisances import Nuisances
from assets.models.uplift.learners.response_model import ResponseModel
from assets.models.uplift.learners.uplift_learners import CANDIDATES, Learner, learner_named
from assets.models.uplift.propensity import Propensity, resolved_propensity
from assets.models.uplift.recalibration import Recalibration
from assets.models.uplift.step_calibration import StepCalibration, cross_corrected
from assets.models.uplift.uplift_selection import N_FOLDS, Figure, weigh
from evaluation.arrays import Floats
from evaluation.resampling.bootstrap import Interval
from evaluation.resampling.normal import Z_95
from evaluation.uplift.intervals import qini_interval

__all__ = ["UpliftModel", "trial_sample"]


N_BOOTSTRAP = 20
"""Bootstrap refits behind the intervals: their standard deviation is then known to about 16 %."""
SELECTION_USERS = 200_000
"""Users at most that learners are compared on: the standard error of a Qini falls with the root of their number, so
ten times as many would tell apart what differs by a third as much, for ten times the hours. The refit takes all."""
WIDENED = 1.5
"""What replicas tell of is another sample of users, not what learners that shrink their effects leave out. So
widened, intervals hold about 95 % of the true effects in trials drawn at random (docs/decisions/0017)."""


@dataclass(frozen=True, slots=True)
class UpliftModel:
    """Scores users by the effect of the ad on them."""

    design: AdDesign
    learner: Blend
    replicas: tuple[Learner, ...]
    response_model: ResponseModel
    base_rate: float
    """Outcome rate of the control arm that was trained on: what happens without the ad."""
    trained_rows: int
    figures: tuple[Figure, ...]
    """Cross-validated Qini coefficients of the blend, every candidate, the response model and a random score."""
    recalibration: Recalibration
    """How effects are corrected before anything that feeds money sees them."""
    calibration: BestLinearPredictor
    """Of the cross-validated effects before recalibration."""
    propensity: dict[str, float | str]
    """Where the propensities of the training rows come from, and how far they were clipped."""
    step: StepCalibration | None = None
    """A step in one column that the training rows show beyond chance."""
    cross_validated: Interval | None = None
    """Qini coefficient of the blend on the training rows, each by a blend that was not trained on its user."""

    @property
    def chosen(self) -> str:
        """The learners of the blend with their weights, heaviest first, such as ``s_logit 0.71, dr_linear 0.29``."""
        heaviest_first = sorted(self.learner.shares.items(), key=lambda share: -share[1])
        return ", ".join(f"{name} {weight:.2f}" for name, weight in heaviest_first)

    @classmethod
    def fit(
        cls,
        frame: pl.DataFrame,
        *,
        features: Sequence[str],
        seed: int = 0,
        candidates: Sequence[str] = CANDIDATES,
        replicas: int = N_BOOTSTRAP,
        holdout: bool = True,
        randomised: bool = True,
    ) -> Self:
        """Weigh the learners by cross-validation, refit them on all rows, and replicas on Poisson bootstraps.

        Args:
            frame: the uplift frame; user_id, treatment, outcome, optionally propensity, features, attributes.
            features: names of the behaviour columns.
            seed: fixes folds, fits and bootstraps.
            candidates: names of learners, simplest first.
            replicas: bootstrap refits; 0 gives intervals of width 0.
            holdout: leave out the users of `is_holdout`; False where the caller has split already.
            randomised: the ad was dealt out by chance: a propensity that was not logged is the treated share. False
                = it is estimated from the features (`assets.models.uplift.propensity`).

        Raises:
            TooFewResponsesError: the trial is too small to learn individual effects from.
            ValueError: a column is missing, or its values break the rules of a trial.
        """
        missing = [name for name in ("user_id", "treatment", "outcome") if name not in frame.columns]
        if missing:
            raise ValueError(f"the uplift frame lacks {', '.join(missing)}")
        rows = frame.filter(~pl.Series(is_holdout(frame["user_id"]))) if holdout else frame
        rows, user = ordered(rows)
        design = AdDesign.fit(rows, features)
        sample, propensity = _sample(rows, design, user, randomised=randomised, seed=seed)
        compared = sample.take(_some_users(user, seed))
        shared = Nuisances(sample, seed)
        scores = (shared if len(compared.X) == len(sample.X) else Nuisances(compared, seed)).scores
        selection = weigh(compared, scores, candidates=candidates, seed=seed)
        learner = Blend.fit(sample, selection.weights, seed, shared)
        refits = []
        for number, name in enumerate(_turns(selection.weights, replicas)):
            drawn = poisson_of_users(user, seed, number)
            refits.append(learner_named(name).fit(sample.reweighted(drawn), seed, shared.reweighted(drawn)))
        recalibration = Recalibration.chosen(selection.uplift, scores, user=compared.user, seed=seed)
        held_out = recalibration.apply(selection.uplift)
        corrected = cross_corrected(compared.X, scores, held_out, compared.user, compared.parts(N_FOLDS, seed))
        step = StepCalibration.found(compared.X, scores, held_out, compared.user)
        if step is not None:
            others = [recalibration.apply(refit.predict(compared.X).uplift) for refit in refits]
            step = step.levelled(compared.X, recalibration.apply(learner.predict(compared.X).uplift), others)
        return cls(
            design=design,
            learner=learner,
            replicas=tuple(refits),
            response_model=ResponseModel.fit(sample, seed, shared.binned),
            base_rate=float(sample.outcome[sample.treatment == 0].mean()),
            trained_rows=rows.height,
            figures=selection.figures,
            recalibration=recalibration,
            calibration=best_linear_predictor(selection.uplift, scores),
            propensity=propensity.report(),
            step=step,
            cross_validated=qini_interval(compared.outcome, compared.treatment, corrected),
        )

    def score(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Effects with 95 % intervals: user_id, uplift, lower, upper, p_control, p_treated (all float64, shares).

        One row for each row of ``frame``, in its order. uplift = p_treated - p_control, recalibrated where that was
        found to help (the order of users stays), and brought to the measured level on either side of a step that the
        trial shows. The interval is uplift ± 1.96 × `WIDENED` root mean squared distances to the bootstrap replicas,
        and the error of that level, kept within [-1, 1]. Each replica is one learner of the blend; they take turns by
        their weights, so the interval holds what another sample of users would have changed and what another form of
        model would; it holds fewer true effects where no learner of the panel can express what decides them.

        Raises:
            ValueError: a feature column that the model was fitted with is missing.
        """
        X = self.design.matrix(frame)
        effects, half = self._effects(X)
        return pl.DataFrame(
            {
                "user_id": frame["user_id"],
                "uplift": effects.uplift,
                "lower": np.maximum(effects.uplift - half, -1.0),
                "upper": np.minimum(effects.uplift + half, 1.0),
                "p_control": effects.p_control,
                "p_treated": effects.p_treated,
            }
        )

    def _effects(self, X: Floats) -> tuple[Effects, Floats]:
        """Corrected effects and the half-widths of their intervals, float64[rows]."""
        raw, corrected = self.learner.predict(X), self.recalibration.apply
        level = corrected(raw.uplift)
        uplift = level if self.step is None else self.step.apply(X, level)
        unchanged = self.recalibration.kind == "none" and self.step is None
        effects = raw if unchanged else effects_from(raw.p_control, uplift)
        if len(self.replicas) < 2:
            return effects, np.zeros(len(X))
        others = [corrected(replica.predict(X).uplift) for replica in self.replicas]
        if self.step is None:
            away = np.sqrt(np.mean([np.square(other - effects.uplift) for other in others], axis=0))
            return effects, Z_95 * WIDENED * away
        away, error = self.step.distance(X, uplift, others)
        return effects, Z_95 * np.hypot(WIDENED * away, error)

    def response(self, frame: pl.DataFrame) -> Floats:
        """The baseline's probability of the outcome, float64[rows]."""
        return self.response_model.predict(self.design.matrix(frame))

    def save(self, folder: Path) -> None:
        """Write JSON and LightGBM text into an existing, empty folder."""
        self.design.save(folder)
        self.response_model.save(folder)
        (folder / "blend").mkdir()
        self.learner.save(folder / "blend")
        for number, replica in enumerate(self.replicas):
            place = folder / f"replica_{number:02d}"
            place.mkdir()
            replica.save(place)
        body = {
            "replicas": [replica.name for replica in self.replicas],
            "base_rate": self.base_rate,
            "trained_rows": self.trained_rows,
            "figures": [asdict(figure) for figure in self.figures],
            "recalibration": self.recalibration.to_json(),
            "calibration": self.calibration._asdict(),
            "propensity": self.propensity,
            "step": None if self.step is None else self.step.to_json(),
            "cross_validated": None if self.cross_validated is None else self.cross_validated._asdict(),
        }
        (folder / "uplift.json").write_text(json.dumps(body, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        body = json.loads((folder / "uplift.json").read_text(encoding="utf-8"))
        replicas = tuple(
            learner_named(name).load(folder / f"replica_{number:02d}") for number, name in enumerate(body["replicas"])
        )
        return cls(
            design=AdDesign.load(folder),
            learner=Blend.load(folder / "blend"),
            replicas=replicas,
            response_model=ResponseModel.load(folder),
            base_rate=body["base_rate"],
            trained_rows=body["trained_rows"],
            figures=tuple(
                Figure(figure["name"], tuple(figure["folds"]), figure["weight"]) for figure in body["figures"]
            ),
            recalibration=Recalibration.from_json(body["recalibration"]),
            calibration=BestLinearPredictor(**body["calibration"]),
            propensity=body["propensity"],
            step=None if body.get("step") is None else StepCalibration.from_json(body["step"]),
            cross_validated=None if body.get("cross_validated") is None else Interval(**body["cross_validated"]),
        )


def trial_sample(rows: pl.DataFrame, design: AdDesign) -> TrialSample:
    """Arrays of an uplift frame of a randomised trial, row by row; without a propensity it is the treated share.

    Raises:
        ValueError: the values break the rules of a trial (`TrialSample.of`).
    """
    return _sample(rows, design, np.arange(rows.height), randomised=True, seed=0)[0]


def _sample(
    rows: pl.DataFrame, design: AdDesign, user: NDArray[np.intp], *, randomised: bool, seed: int
) -> tuple[TrialSample, Propensity]:
    def column(name: str) -> Floats:
        return rows[name].cast(pl.Float64).to_numpy()

    logged = column("propensity") if "propensity" in rows.columns else None
    sample = TrialSample.of(design.matrix(rows), column("treatment"), column("outcome"), None, user=user)
    propensity = resolved_propensity(sample, logged, randomised=randomised, seed=seed)
    return replace(sample, propensity=propensity.values), propensity


def _some_users(user: NDArray[np.intp], seed: int) -> NDArray[np.intp]:
    """Rows of at most `SELECTION_USERS` users drawn at random."""
    users = int(user.max()) + 1
    if users <= SELECTION_USERS:
        return np.arange(user.size)
    kept = np.zeros(users, dtype=bool)
    kept[np.random.default_rng(seed).permutation(users)[:SELECTION_USERS]] = True
    return np.flatnonzero(kept[user])


def _turns(weights: Mapping[str, float], turns: int) -> list[str]:
    """Which learner each replica is: in proportion to the weights, at even distances (systematic sampling)."""
    ends = np.cumsum(list(weights.values()))
    middles = (np.arange(turns) + 0.5) / turns
    return [list(weights)[place] for place in np.searchsorted(ends, middles * ends[-1])]
