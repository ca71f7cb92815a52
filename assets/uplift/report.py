"""Does the uplift model find the persuadable? Qini and Uplift@K on users it never saw, beside its baselines."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg
import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.charts import calibration_chart, decile_chart, pictures, qini_chart
from assets.daily.models import AsOf, Built, daily_model
from assets.daily.windows import FRAME, SAME_DAY
from assets.models.uplift.calibration import calibration_by_decile
from assets.models.uplift.uplift_model import UpliftModel
from assets.models.uplift.uplift_selection import BASELINES, BLEND, Figure
from assets.uplift.campaign import holdout_frame
from evaluation.arrays import Floats
from evaluation.policy_value.effect_scores import effect_scores
from evaluation.uplift.auuc import auuc
from evaluation.uplift.deciles import uplift_by_decile
from evaluation.uplift.intervals import qini_area_interval, qini_interval, uplift_at_k_interval
from evaluation.uplift.qini import perfect_qini_curve, qini_coefficient, qini_curve
from evaluation.uplift.qini_band import qini_band
from evaluation.uplift.random_orders import random_orders_interval
from evaluation.uplift.rate import rate, rate_interval
from evaluation.uplift.uplift_at_k import uplift_at_k

__all__ = ["reason_of", "score_figures", "uplift_report"]

_SHARES = (0.1, 0.3, 0.5)
_TOP = 0.3
Column = NDArray[Any]
_CRITERION = (
    "Weights by squared errors to doubly robust scores of users not trained on (DR-score), which tell learners "
    "apart on fewer users than the Qini coefficient does; the figures of the candidates are Qini coefficients by fold."
)


def score_figures(held: pl.DataFrame, scores: dict[str, Floats], measured: Floats) -> dict[str, Any]:
    """Measures of each score with their intervals, and the differences to the model; last those of random orders.

    ``measured`` is the doubly robust effect of each user, which RATE averages. ``revenue_area`` is what ranking by the
    score earns per user beyond a random order, averaged over all depths.
    """
    outcome, treatment, revenue = (held[name].to_numpy() for name in ("outcome", "treatment", "revenue"))
    figures: dict[str, Any] = {}
    for name, score in scores.items():
        figures[name] = {
            "qini": qini_interval(outcome, treatment, score)._asdict(),
            "rate": rate_interval(measured, score)._asdict(),
            "uplift_at_30": uplift_at_k_interval(outcome, treatment, score, _TOP)._asdict(),
            **_without_interval(outcome, treatment, score),
        }
        if revenue.any():  # a campaign for visits may sell nothing
            figures[name]["revenue_area"] = qini_area_interval(revenue, treatment, score)._asdict()
        if name != "model":
            figures[name] |= _model_less(outcome, treatment, scores["model"], score)
    # What all random orders are together is one score for everybody.
    everybody = np.zeros(held.height)
    figures["random"] = {
        **_random_orders(outcome, treatment, measured),
        **_without_interval(outcome, treatment, everybody),
        **_model_less(outcome, treatment, scores["model"], everybody),
    }
    return figures


def _without_interval(outcome: Column, treatment: Column, score: Floats) -> dict[str, Any]:
    """Measures of a score that are shown as they are."""
    return {
        "auuc": auuc(outcome, treatment, score),
        "uplift_at": {f"{share:.0%}": uplift_at_k(outcome, treatment, score, share) for share in _SHARES},
    }


def _model_less(outcome: Column, treatment: Column, model: Floats, score: Floats) -> dict[str, Any]:
    """The model's measures less those of another score."""
    trial = (outcome, treatment, model)
    return {
        "model_minus_this": qini_interval(*trial, baseline=score)._asdict(),
        "model_minus_this_at_30": uplift_at_k_interval(*trial, _TOP, baseline=score)._asdict(),
    }


def _random_orders(outcome: Column, treatment: Column, measured: Floats) -> dict[str, Any]:
    """Measures of many random orders: the mean of each, and the band of chance."""
    users = len(outcome)
    by_measure = {
        "qini": lambda score: qini_coefficient(outcome, treatment, score),
        "rate": lambda score: rate(measured, score),
        "uplift_at_30": lambda score: uplift_at_k(outcome, treatment, score, _TOP),
    }
    return {name: random_orders_interval(measure, users)._asdict() for name, measure in by_measure.items()}


@daily_model(group="reports", kinds={"matplotlib"}, reads={"uplift_model": SAME_DAY, "ad_frame": FRAME})
def uplift_report(at: AsOf) -> Built:
    """Qini curve, RATE, Uplift@K, deciles and calibration on the holdout, beside a response model and random.

    Pictures open with "Show Markdown".
    """
    model = UpliftModel.load(at.model("uplift_model"))
    held = holdout_frame(at.lake, at.shop, at.day)
    outcome, treatment = held["outcome"].to_numpy(), held["treatment"].to_numpy()
    effects = model.score(held)
    scores = {
        "model": effects["uplift"].to_numpy(),
        "response": model.response(held),
    }
    measured = _measured_effect(held, effects)
    figures = score_figures(held, scores, measured)
    effect = float(outcome[treatment == 1].mean() - outcome[treatment == 0].mean())
    choice = {"chosen": model.chosen, "criterion": _CRITERION, "reason": reason_of(model.figures)}
    report = {
        **choice,
        "holdout_exposures": held.height,
        "average_effect": effect,
        "candidates": {f.name: {"mean": f.mean, "folds": f.folds, "weight": f.weight} for f in model.figures},
        "calibration": model.calibration._asdict(),
        "recalibration": model.recalibration.kind,
        "cross_validated": None if model.cross_validated is None else model.cross_validated._asdict(),
        "scores": figures,
    }
    (at.folder / "uplift.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
    frames = {
        "qini_curve": qini_band(outcome, treatment, scores["model"]),
        "deciles": uplift_by_decile(outcome, treatment, scores["model"]),
        "calibration": calibration_by_decile(scores["model"], measured),
    }
    (at.folder / "uplift_tables.json").write_text(
        json.dumps({name: frame.to_dicts() for name, frame in frames.items()}, indent=1), encoding="utf-8"
    )
    decile_chart(at.folder / "deciles.png", frames["deciles"], title="Uplift by decile of the score, best first")
    calibration_chart(at.folder / "calibration.png", frames["calibration"], title="Predicted and measured uplift")
    curves = {name: qini_curve(outcome, treatment, scores[name]) for name in ("model", "response")}
    chart = at.folder / "qini.png"
    title = f"Qini on {held.height:,} held-out exposures: {figures['model']['qini']['estimate']:.3f}"
    qini_chart(
        chart,
        curves,
        title=title,
        unit=f"{at.shop.campaign.outcome}s",
        band=frames["qini_curve"],
        perfect=perfect_qini_curve(outcome, treatment),
    )
    return Built(
        held.height,
        {
            "qini": figures["model"]["qini"]["estimate"],
            "figures": dg.MetadataValue.md(_table(figures)),
            **pictures(chart, at.folder / "deciles.png", at.folder / "calibration.png"),
        },
        metrics=_metrics(model, figures, choice),
    )


def _metrics(
    model: UpliftModel, figures: Mapping[str, Mapping[str, Any]], choice: Mapping[str, str]
) -> dict[str, float | Sequence[float] | str]:
    """What the experiment tracker is given: each learner's figures on validation folds, those of the holdout."""
    return {
        **{f"qini_validation_{figure.name}": figure.mean for figure in model.figures},
        **{f"qini_fold_{figure.name}": figure.folds for figure in model.figures},
        **{f"qini_{name}": of["qini"]["estimate"] for name, of in figures.items()},
        "uplift_at_30": figures["model"]["uplift_at"]["30%"],
        "rate": figures["model"]["rate"]["estimate"],
        **{f"uplift_{name}": words for name, words in choice.items()},
    }


def reason_of(figures: Sequence[Figure]) -> str:
    """What the weights of the blend went by and how it compares with the best learner alone, in words."""
    by_name = {figure.name: figure for figure in figures if figure.name not in BASELINES}
    blend = by_name.pop(BLEND)
    used = [f"{f.name} {f.weight:.2f}" for f in sorted(by_name.values(), key=lambda f: -f.weight) if f.weight > 0]
    best = max(by_name.values(), key=lambda figure: figure.mean)
    ahead = np.array(blend.folds) - np.array(best.folds)
    error = ahead.std(ddof=1) / np.sqrt(ahead.size)
    return (
        f"Of {len(by_name)} learners those of small errors are averaged: {', '.join(used)}. Together they reach "
        f"a mean of {blend.mean:.4f}; {best.name} alone is the best with {best.mean:.4f}, a difference of "
        f"{ahead.mean():+.4f} with a standard error of {error:.4f}."
    )


def _measured_effect(held: pl.DataFrame, effects: pl.DataFrame) -> Floats:
    """Doubly robust effect of each held-out exposure; a propensity that was not logged is the treated share."""
    outcome, treatment = (held[name].cast(pl.Float64).to_numpy() for name in ("outcome", "treatment"))
    propensity = held["propensity"].fill_null(float(treatment.mean())).to_numpy()
    return effect_scores(
        outcome, treatment, propensity, effects["p_control"].to_numpy(), effects["p_treated"].to_numpy()
    )


def _range(interval: Mapping[str, float], form: str = ".3f") -> str:
    """An estimate and its bounds."""
    return f"{interval['estimate']:{form}} ({interval['lower']:{form}} to {interval['upper']:{form}})"


def _table(figures: dict[str, Any]) -> str:
    """The scores side by side as a Markdown table."""
    lines = [
        "| score | Qini, 95 % | RATE, 95 % | uplift in the best 30 %, 95 % | Qini of the model minus this, 95 % |",
        "|---|---|---|---|---|",
    ]
    for name, of_score in figures.items():
        less = of_score.get("model_minus_this")
        lines.append(
            f"| {name} | {_range(of_score['qini'])} | {_range(of_score['rate'], '.2%')} "
            f"| {_range(of_score['uplift_at_30'], '.2%')} | {'–' if less is None else _range(less)} |"
        )
    return "\n".join(lines)
