"""A campaign of three arms whose every effect is known: different users are best served by different arms.

What belongs here: the trial, and the true worth of a plan. What does not: estimators and plans.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import polars as pl

from evaluation.arrays import Floats, Ints
from evaluation.policy_value.roi_prices import ArmPrice, Prices

__all__ = ["ARM_COSTS", "ARM_PRICES", "MARGIN", "REVENUE", "ArmWorld", "arm_world"]


ARM_COSTS = {"mail": ArmPrice(0.05), "text": ArmPrice(0.3), "voucher": ArmPrice(0.05, incentive=2.0)}
"""Arm → what it takes, sorted by name."""
MARGIN, REVENUE = 0.5, 20.0
"""Share of revenue kept, and revenue of an order."""
ARM_PRICES = Prices(MARGIN, ArmPrice(*np.mean(list(ARM_COSTS.values()), axis=0).tolist()), REVENUE, ARM_COSTS)
CONTROL_SHARE = 0.4
SENT = datetime(2026, 1, 1, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ArmWorld:
    """A randomised trial, and what no shop ever sees."""

    frame: pl.DataFrame
    """The uplift frame: exposure_id, user_id, campaign_id, ts, arm, treatment, propensity (of any treatment),
    arm_propensity (of the row's own arm), outcome, revenue, numeric, categorical."""
    probability: Floats
    """True probability of an order without a contact and with each arm, float64[users, 1 + 3]."""

    @property
    def effect(self) -> Floats:
        """True effect of each arm, float64[users, 3]."""
        return np.asarray(self.probability[:, 1:] - self.probability[:, :1])

    @property
    def cost(self) -> Floats:
        """Expected cost of contacting each user with each arm, float64[users, 3]."""
        return np.column_stack(
            [ARM_PRICES.cost(arm, p) for arm, p in zip(ARM_COSTS, self.probability.T[1:], strict=True)]
        )

    @property
    def net(self) -> Floats:
        """What contacting each user with each arm is truly expected to earn after its cost, float64[users, 3]."""
        return np.asarray(MARGIN * REVENUE * self.effect - self.cost)

    def profit(self, arm: Ints) -> float:
        """True expected profit of a plan: arm 0 … 2 of each user, or -1 for no contact."""
        contacted = np.flatnonzero(arm >= 0)
        return float(self.net[contacted, arm[contacted]].sum())


def arm_world(users: int, seed: int, *, prefix: str = "u") -> ArmWorld:
    """Deal ``users`` out at random: 40 % controls, 20 % each arm.

    Readers are moved by mail, the young by text messages, which put others off; bargain hunters by vouchers, which
    loyal customers redeem for orders that they would have placed anyway.
    """
    rng = np.random.default_rng(seed)
    age, thrift, loyalty, reads = rng.uniform(18, 78, users), *rng.random((3, users))
    without = 0.05 + 0.25 * loyalty**2
    mail = 0.09 * (reads > 0.6)
    text = np.where(age < 40, 0.14, -0.05)
    voucher = 0.22 * (thrift > 0.65) * (1 - loyalty)
    probability = np.clip(np.column_stack([without, *(without + effect for effect in (mail, text, voucher))]), 0, 1)
    number = rng.choice(4, size=users, p=[CONTROL_SHARE, *[(1 - CONTROL_SHARE) / 3] * 3])
    outcome = (rng.random(users) < probability[np.arange(users), number]).astype(np.int8)
    traits = {"age": age, "thrift": thrift, "loyalty": loyalty, "reads": reads}
    own = np.where(number == 0, CONTROL_SHARE, (1 - CONTROL_SHARE) / 3)
    frame = pl.DataFrame(
        {
            "exposure_id": [f"e-{prefix}{row:06d}" for row in range(users)],
            "user_id": [f"{prefix}{row:06d}" for row in range(users)],
            "campaign_id": ["spring"] * users,
            "ts": pl.Series([SENT] * users, dtype=pl.Datetime("us", "UTC")),
            "arm": np.array(["control", *ARM_COSTS])[number],
            "treatment": (number > 0).astype(np.int8),
            "propensity": np.full(users, 1 - CONTROL_SHARE),
            "arm_propensity": own,
            "outcome": outcome,
            "revenue": outcome * rng.gamma(4.0, REVENUE / 4.0, users),
            "numeric": [
                [{"name": name, "value": values[row]} for name, values in traits.items()] for row in range(users)
            ],
            "categorical": pl.Series([[]] * users, dtype=pl.List(pl.Struct({"name": pl.String, "value": pl.String}))),
        }
    )
    return ArmWorld(frame, probability)
