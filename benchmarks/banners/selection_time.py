"""How long a selection takes: one banner of ten without context, and of fifty by twenty features; process CPU time.

Usage: ``python -m benchmarks.banners.selection_time``. Without context the probabilities are kept until the counts are
read again, so a selection is a draw; what making them anew costs, once a second, is a row of its own. With context each
request has its own probabilities. Nothing is put on record here.
"""

import time
from collections.abc import Callable

import numpy as np

from assets.models.banners.policies.lin_ts import LinTS
from assets.models.banners.policies.lin_ucb import LinUCB
from assets.models.banners.policies.policy import NO_FEATURES, Policy, WithUniformShare
from assets.models.banners.policies.rand_ucb import RandUCB
from assets.models.banners.policies.ridge import RidgeArms
from assets.models.banners.policies.slate import draw_slates
from assets.models.banners.policies.thompson import Thompson
from benchmarks.banners.learners import SHARE, WIDTH
from benchmarks.banners.peers import mabwiser_learners

ARMS, CONTEXT_ARMS, D, LEARNT, TIMED, SEED = 10, 50, 20, 5_000, 3_000, 0


def timed(act: Callable[[int], object], times: int = TIMED) -> tuple[float, float]:
    """p50 and p99 of calls with 0, 1, 2 …, in microseconds of the process's CPU."""
    spent = np.empty(times)
    for i in range(times):
        start = time.process_time_ns()
        act(i)
        spent[i] = time.process_time_ns() - start
    p50, p99 = np.percentile(spent[times // 10 :] / 1e3, [50, 99])
    return float(p50), float(p99)


def main() -> None:
    """Time, print the table."""
    rng = np.random.default_rng(SEED)
    beta = WithUniformShare(Thompson(rng.uniform(1, 50, ARMS), rng.uniform(400, 600, ARMS)), SHARE)
    kept = beta.odds(NO_FEATURES, rng)
    features, arm = rng.normal(size=(LEARNT, D)), rng.integers(0, CONTEXT_ARMS, LEARNT)
    reward = (rng.random(LEARNT) < 0.1).astype(np.float64)
    model = RidgeArms.fit(arm, features, reward, CONTEXT_ARMS)

    def drawn(policy: Policy) -> Callable[[int], object]:
        served = WithUniformShare(policy, SHARE)
        return lambda i: draw_slates(served.odds(features[i], rng), 1, rng)

    rows: list[tuple[str, tuple[float, float], str]] = [
        (f"draw of {ARMS} banners", timed(lambda _: draw_slates(kept, 1, rng)), "30"),
        (f"slate of 3 of {ARMS} banners", timed(lambda _: draw_slates(kept, 3, rng)), ""),
        (f"probabilities of {ARMS} banners anew", timed(lambda _: beta.odds(NO_FEATURES, rng), 300), ""),
        (f"lin_ucb, {CONTEXT_ARMS} banners, d = {D}", timed(drawn(LinUCB(model, WIDTH))), "150"),
        (f"lin_ts, {CONTEXT_ARMS} banners, d = {D}", timed(drawn(LinTS(model, WIDTH))), "150"),
        (f"lin_rand_ucb, {CONTEXT_ARMS} banners, d = {D}", timed(drawn(RandUCB(model, WIDTH))), "150"),
        (f"update, d = {D}", timed(lambda i: model.update(int(arm[i]), features[i], float(reward[i]))), ""),
    ]
    try:
        peers = mabwiser_learners()
    except ImportError:
        peers = {}
    for name in ("lin_ucb", "lin_ts"):
        if name in peers:
            peer = peers[name](CONTEXT_ARMS, D, SEED)
            peer.learn(features, arm, reward)
            times = timed(lambda i, peer=peer: peer.choose(features[i : i + 1]), 200)  # type: ignore[misc]
            rows.append((f"MABWiser's {name}, {CONTEXT_ARMS} banners, d = {D}", times, ""))
    print(f"{'selection':<45}{'p50 µs':>9}{'p99 µs':>9}{'bar':>6}")
    for name, (p50, p99), bar in rows:
        print(f"{name:<45}{p50:>9.1f}{p99:>9.1f}{bar:>6}")


if __name__ == "__main__":
    main()
