"""The randomised campaign and the banners of the simulated shop.

What belongs here: assignments and impressions. What an ad does to a user is in `simulated_people`.
"""

import numpy as np
import polars as pl

from resources.sources.simulated_people import People
from resources.sources.simulated_random import Purpose, stream

__all__ = ["BANNER_RATES", "banner_rows", "exposure_rows"]

CAMPAIGN = "spring-sale"
TREATED_COST = 0.15
SENDING_SECONDS = (3600, 6 * 3600)
"""The ads go out before the shop's sessions of the day start, so a window of seven days is seven whole days."""
IMPRESSIONS_SHARE = 0.2
"""Banner impressions a day as a share of shopper events."""
DEVICES = ("mobile", "desktop", "tablet")
BANNER_RATES = {
    "home-hero": {"lights-week": 0.04, "spring-garden": 0.09, "coffee-club": 0.12, "new-knitwear": 0.06, "toys": 0.03},
    "category-top": {"bestsellers": 0.08, "bundle-deal": 0.05, "free-delivery": 0.11, "newsletter": 0.02},
    "cart-side": {
        "gift-wrap": 0.03,
        "batteries": 0.07,
        "snack-box": 0.05,
        "gift-card": 0.02,
        "warranty": 0.04,
        "tea": 0.06,
    },
}
"""True click rate of each banner in each slot."""


def exposure_rows(seed: int, people: People, day: int) -> pl.DataFrame:
    """Rows of the ad_exposures contract of ``day`` but for ``assigned_at``; ``ts`` in microseconds since midnight."""
    at = np.flatnonzero(people.exposed == day)
    rng = stream(seed, Purpose.CAMPAIGN, day)
    treated = people.treated[at]
    users = people.ids(at)
    return pl.DataFrame(
        {
            "exposure_id": pl.select(f"{CAMPAIGN}-" + users).to_series(),
            "ts": rng.integers(SENDING_SECONDS[0] * 10**6, SENDING_SECONDS[1] * 10**6, len(at)),
            "user_id": users,
            "campaign_id": pl.repeat(CAMPAIGN, len(at), eager=True),
            "arm": pl.Series(("control", "treatment")).gather(treated.astype(np.int64)),
            "propensity": np.full(len(at), 0.5),
            "cost": np.where(treated, TREATED_COST, 0.0),
        }
    )


def banner_rows(seed: int, events_per_day: int, day: int) -> pl.DataFrame:
    """Rows of the banner_impressions contract of ``day``; each slot chooses its banner uniformly."""
    rng = stream(seed, Purpose.BANNERS, day)
    n = int(rng.poisson(IMPRESSIONS_SHARE * events_per_day))
    slots = list(BANNER_RATES)
    sizes = np.array([len(BANNER_RATES[s]) for s in slots])
    start = np.concatenate([[0], np.cumsum(sizes)])
    slot = rng.integers(0, len(slots), n)
    banner = start[slot] + rng.integers(0, sizes[slot])
    rates = np.array([rate for s in slots for rate in BANNER_RATES[s].values()])
    device = rng.choice(len(DEVICES), size=n, p=(0.6, 0.33, 0.07))
    return pl.DataFrame(
        {
            "impression_id": pl.select(
                pl.format(f"I{day:05d}-{{}}", pl.int_range(n).cast(pl.String).str.zfill(8))
            ).to_series(),
            "ts": np.sort(rng.integers(0, 86_400 * 10**6, n)),
            "slot": pl.Series(slots).gather(slot),
            "position": pl.repeat(1, n, dtype=pl.Int32, eager=True),
            "banner_id": pl.Series([b for s in slots for b in BANNER_RATES[s]]).gather(banner),
            "propensity": 1.0 / sizes[slot],
            "reward": (rng.random(n) < rates[banner]).astype(np.float64),
            "context": pl.Series([f'{{"device": "{d}"}}' for d in DEVICES]).gather(device),
            "policy": pl.repeat("uniform", n, dtype=pl.String, eager=True),
            "release": pl.repeat(None, n, dtype=pl.String, eager=True),
            "context_hash": pl.repeat(None, n, dtype=pl.String, eager=True),
        }
    )
