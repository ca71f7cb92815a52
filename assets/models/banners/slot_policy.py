"""By which policy a slot chooses: what a release carries of the shop's declaration of its slots.

What belongs here: from declaration, posterior and regressions to the policy that is served. What does not: what may be
declared (`resources.shop.slots`), and the policies' mathematics (`policies`).
"""

from collections.abc import Callable, Mapping

import msgspec

from assets.models.banners.policies.epsilon_greedy import EpsilonGreedy
from assets.models.banners.policies.lin_ts import LinTS
from assets.models.banners.policies.lin_ucb import LinUCB
from assets.models.banners.policies.policy import Policy, WithUniformShare
from assets.models.banners.policies.rand_ucb import RandUCB
from assets.models.banners.policies.ridge import RidgeArms
from assets.models.banners.policies.thompson import Thompson
from assets.models.banners.policies.uniform import Uniform
from evaluation.arrays import Floats

__all__ = ["PolicyTrial", "SlotPolicy", "slot_policies_from"]

_LINEAR: Mapping[str, Callable[[RidgeArms, float], Policy]] = {
    "lin_ts": LinTS,
    "lin_ucb": LinUCB,
    "lin_rand_ucb": RandUCB,
}
"""Policies that heed the features of a request, by name."""


class SlotPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """One slot's; without any, Thompson sampling without decay, of which one choice in a hundred is uniform."""

    policy: str = "thompson"
    half_life_days: float | None = None
    epsilon: float = 0.1
    uniform_share: float = 0.01
    exploration: float = 0.3
    features: list[str] = []
    accept: bool = False
    """Whether the shop has it served whatever the trial says."""

    @property
    def is_contextual(self) -> bool:
        """Whether the features of a request decide."""
        return self.policy in _LINEAR

    def served(self, alpha: Floats, beta: Floats, regressions: RidgeArms | None = None) -> Policy:
        """The policy over arms of these posteriors.

        Args:
            alpha: float64[arms] > 0.
            beta: float64[arms] > 0.
            regressions: of the same arms, for policies with context.

        Raises:
            ValueError: If the policy is none that there is, or lacks its regressions.
        """
        return WithUniformShare(self._alone(alpha, beta, regressions), self.uniform_share)

    def _alone(self, alpha: Floats, beta: Floats, regressions: RidgeArms | None) -> Policy:
        if self.policy == "thompson":
            return Thompson(alpha, beta)
        if self.policy == "epsilon_greedy":
            return EpsilonGreedy(alpha / (alpha + beta), self.epsilon)
        if self.policy == "uniform":
            return Uniform(alpha.size)
        if not self.is_contextual or regressions is None:
            raise ValueError(
                f"a slot has the policy {self.policy!r}, which this release cannot serve; publish a new one."
            )
        return _LINEAR[self.policy](regressions, self.exploration)


def slot_policies_from(text: bytes) -> Mapping[str, SlotPolicy]:
    """Policies by slot, of JSON as a shop declares them."""
    return msgspec.json.decode(text, type=dict[str, SlotPolicy])


class PolicyTrial(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a policy that the shop declares for a slot took the place of the one before, and why."""

    before: str
    declared: str
    is_served: bool
    """Whether it is the declared one that is served."""
    verdict: str
    difference: float | None = None
    """Reward of an impression that the declared one earns more, doubly robust; none where it was not measured."""
    lower: float | None = None
    upper: float | None = None
    """Of the 95 % interval of ``difference``."""
