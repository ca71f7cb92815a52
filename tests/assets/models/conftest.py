"""A simulated ad trial with known individual effects, for the tests of everything uplift."""

from typing import NamedTuple

import numpy as np
import polars as pl
import pytest

from resources.tables import USER_FEATURES


class SimulatedTrial(NamedTuple):
    """The uplift frame and, beside it, what no shop ever sees."""

    frame: pl.DataFrame
    effect: np.ndarray
    """True difference of purchase probability of each row."""
    p_control: np.ndarray


def simulated_trial(users: int, seed: int) -> SimulatedTrial:
    """Heavy buyers buy anyway and are put off a little; browsers without orders are moved; the rest hardly react."""
    rng = np.random.default_rng(seed)
    views, orders = rng.poisson(6, users).astype(float), rng.poisson(1.2, users).astype(float)
    columns = {name: rng.exponential(10, users) for name in USER_FEATURES}
    columns |= {"views_30d": views, "orders_in_history": orders}
    columns["days_since_last_order"] = np.where(orders > 0, rng.exponential(30, users), np.nan)
    member = rng.random(users) < 0.3
    age = rng.normal(40, 12, users)
    p_control = np.clip(0.03 + 0.07 * orders + 0.03 * member, 0, 0.6)
    effect = 0.16 * ((views > 6) & (orders < 2)) - 0.07 * (orders >= 3) + 0.04 * member
    propensity = np.where(member, 0.6, 0.5)
    treatment = (rng.random(users) < propensity).astype(np.int8)
    outcome = (rng.random(users) < np.clip(p_control + effect * treatment, 0, 1)).astype(np.int8)
    frame = pl.DataFrame(
        {
            "exposure_id": [f"e{row}" for row in range(users)],
            "user_id": [f"u{row}" for row in range(users)],
            "treatment": treatment,
            "propensity": propensity,
            "outcome": outcome,
            "revenue": outcome * 20.0,
            **columns,
            "numeric": [[{"name": "age", "value": value}] for value in age],
            "categorical": [[{"name": "tier", "value": "member" if yes else "guest"}] for yes in member],
        },
        strict=False,
    ).with_columns(pl.col(USER_FEATURES).fill_nan(None))
    return SimulatedTrial(frame, effect, p_control)


@pytest.fixture(scope="session")
def trial() -> SimulatedTrial:
    """12,000 users."""
    return simulated_trial(12_000, seed=1)
