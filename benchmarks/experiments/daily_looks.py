"""How often experiments that are looked at every day alarm, cover the truth, and how soon they decide.

Run as ``python -m benchmarks.experiments.daily_looks`` (``--experiments N``). Every experiment draws shoppers from a
population whose mean is known, so nothing is estimated. The peer's column is the test that experimenters know, made
for one look after all days, and read every day instead.
"""

import argparse
import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from benchmarks.experiments.shoppers import Arms, Shoppers, drawn_arms, looks, with_lift
from evaluation.arrays import Bools, Floats
from evaluation.resampling.multiplicity import ALPHA
from evaluation.resampling.normal import Z_95
from evaluation.sequential.arm_effect import ArmEffect, cuped_effect, mean_effect
from evaluation.sequential.confidence_sequence import Estimate, Sequence, confidence_sequence
from evaluation.sequential.moments import Moments
from evaluation.sequential.power import Design, Length, length
from evaluation.sequential.split_evidence import split_evidence

__all__ = ["Figures", "cuped_saving", "figures", "fixed_interval", "main", "split_alarms"]

DAYS = 30
UNITS_PER_DAY = 4_000
LOOKS_PER_DAY = 16
"""Where the time to a decision is compared."""
LIFT = 0.05
Effect = Callable[[Moments, Moments], ArmEffect]


class Figures(NamedTuple):
    """Of one way to look, over all experiments; shares in [0, 1]."""

    false_alarms: float
    """Without an effect: 0 left out on some day."""
    covered: float
    """With an effect: inside on all days."""
    decided: float
    """With an effect: 0 left out on some day."""
    median_day: float
    """On which the effect was first seen; inf where fewer than half saw it."""


def figures(arms: Arms, interval: Callable[[Estimate], Sequence], effect: Effect) -> Figures:
    """Look at every experiment on every day, as it is and with `LIFT`."""
    champion, challenger = looks(arms.champion), looks(arms.challenger)
    without = interval(effect(champion, challenger).lift)
    seen = interval(effect(champion, with_lift(challenger, LIFT)).lift)
    found = _outside(seen, 0.0)
    first = np.where(found.any(axis=1), found.argmax(axis=1) + 1.0, math.inf)
    return Figures(
        float(_outside(without, 0.0).any(axis=1).mean()),
        float(1 - _outside(seen, LIFT).any(axis=1).mean()),
        float(found.any(axis=1).mean()),
        float(np.median(first)),
    )


def fixed_interval(estimate: Estimate) -> Sequence:
    """The 95 % interval of one look."""
    half = Z_95 * np.sqrt(estimate.variance)
    return Sequence(estimate.value - half, estimate.value + half)


def _outside(bounds: Sequence, truth: float) -> Bools:
    return np.asarray((bounds.lower > truth) | (bounds.upper < truth))


def split_alarms(arms: Arms, share: float) -> Floats:
    """Day on which each experiment's sizes are found to be wrong; inf for never: float64[experiments]."""
    sizes = np.stack([looks(arms.champion).units, looks(arms.challenger).units], axis=-1)
    alarm = split_evidence(sizes, [1 - share, share]) >= -math.log(ALPHA)
    return np.where(alarm.any(axis=1), alarm.argmax(axis=1) + 1.0, math.inf)


def cuped_saving(shoppers: Shoppers, experiments: int) -> float:
    """Median time until `LIFT` is seen with CUPED over that without, looked at so often that days do not round it."""
    arms = drawn_arms(shoppers, experiments, DAYS * LOOKS_PER_DAY, UNITS_PER_DAY // LOOKS_PER_DAY, seed=3)
    units = _plans(shoppers, 0.5)[0].units
    plain = figures(arms, _tightest(units), mean_effect).median_day
    # A plan of whole days is rounded as well.
    unexplained = 1 - shoppers.correlation**2
    return figures(arms, _tightest(units * unexplained), cuped_effect).median_day / plain


def _plans(shoppers: Shoppers, share: float) -> tuple[Length, Length]:
    """Of an experiment without CUPED and with it."""
    mean, deviation = float(shoppers.revenue.mean()), float(shoppers.revenue.std())
    plain = Design(UNITS_PER_DAY, mean, deviation, challenger_share=share)
    return length(plain, LIFT), length(replace(plain, correlation=shoppers.correlation), LIFT)


def _tightest(units: float) -> Callable[[Estimate], Sequence]:
    return lambda estimate: confidence_sequence(estimate, units)


def _print_table(shoppers: Shoppers, experiments: int, share: float) -> None:
    arms, plans = drawn_arms(shoppers, experiments, DAYS, UNITS_PER_DAY, share=share, seed=1), _plans(shoppers, share)
    rows = {
        "fixed test, read daily": figures(arms, fixed_interval, mean_effect),
        "sequence": figures(arms, _tightest(plans[0].units), mean_effect),
        "sequence, CUPED": figures(arms, _tightest(plans[1].units), cuped_effect),
    }
    print(f"{share:.0%} get the challenger; planned for {plans[0].days} days, with CUPED for {plans[1].days}")
    print(f"{'':24}{'A/A false alarms':>18}{'+5 % inside':>14}{'+5 % seen':>12}{'median day':>12}")
    for name, row in rows.items():
        print(f"{name:24}{row.false_alarms:18.2%}{row.covered:14.2%}{row.decided:12.1%}{row.median_day:12.0f}")
    print(f"clean splits that the sample ratio alarms on: {np.isfinite(split_alarms(arms, share)).mean():.2%}\n")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--experiments", type=int, default=2_000)
    number = parser.parse_args().experiments
    began, shoppers = time.perf_counter(), Shoppers.drawn()
    print(
        f"{number:,} experiments of {DAYS} days with {UNITS_PER_DAY:,} shoppers each; revenue of a shopper "
        f"{shoppers.revenue.mean():.2f} ± {shoppers.revenue.std():.2f}, correlation with that before "
        f"{shoppers.correlation:.3f}\n"
    )
    for share in (0.5, 0.1):
        _print_table(shoppers, number, share)
    saving = cuped_saving(shoppers, max(2, number // 2))
    print(f"CUPED takes {saving:.3f} of the time; its correlation says {1 - shoppers.correlation**2:.3f}")
    day = split_alarms(drawn_arms(shoppers, number, DAYS, UNITS_PER_DAY, share=0.52, seed=2), 0.5)
    print(f"48 / 52 instead of halves: caught in {np.isfinite(day).mean():.1%}, on day {np.median(day):.0f} (median)")
    print(f"\n{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
