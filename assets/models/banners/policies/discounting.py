"""Counts that lose half of their weight every so many days, so that a policy follows what shoppers like today.

Discounted counts are those of Garivier and Moulines (ALT 2011), with a day for a step.
"""

import numpy as np

from evaluation.arrays import Floats

__all__ = ["day_weights", "discounted"]


def day_weights(age_days: Floats, half_life_days: float | None) -> Floats:
    """``2 ** (-age / half life)`` of each age, 1 for days to come; all 1 without a half-life.

    Raises:
        ValueError: If the half-life is not above 0.
    """
    if half_life_days is None:
        return np.ones_like(age_days)
    if not half_life_days > 0:
        raise ValueError(f"the half-life is {half_life_days} days; give more than 0, or none for no decay.")
    return np.exp2(-np.maximum(age_days, 0.0) / half_life_days)


def discounted(counts: Floats, age_days: Floats, half_life_days: float | None) -> Floats:
    """Sum over days of counts by their weights.

    Args:
        counts: float64[days, arms], such as impressions or rewards.
        age_days: float64[days], from that day to today.
        half_life_days: days after which a count is worth half; none for no decay.

    Returns:
        float64[arms].

    Raises:
        ValueError: If the half-life is not above 0.
    """
    return day_weights(age_days, half_life_days) @ counts
