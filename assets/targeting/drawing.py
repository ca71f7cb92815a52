"""A campaign's users drawn into its arms, once, from what is known of them as of a day.

What belongs here: who is drawn, and which draw it is. What does not: the lot itself
(`assets.models.uplift.targeting.assignment`) and the record (`resources.store.campaign_draws`).
"""

import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from hashlib import blake2b, sha256

import numpy as np
import polars as pl

from assets.models.uplift.targeting.assignment import drawn_arms, lots
from assets.models.uplift.targeting.strata import BY_DEFAULT, SEGMENT, strata_of
from assets.targeting.outcome_rates import last_day_of
from evaluation.insufficient import InsufficientDataError
from resources.lake import Lake
from resources.store import Store
from resources.store.campaign_draws import Draw, begin_draw, newest_draw, read_draw, record_draw
from resources.store.forgotten import ForgottenUsers

__all__ = ["MAX_DRAWN", "DrawSettings", "DrawnAlreadyError", "draw_campaign", "drawn_list", "drawn_on"]

MAX_DRAWN = 10_000_000
"""Users of one draw."""


class DrawnAlreadyError(ValueError):
    """The campaign has been drawn, and another draw was not asked for by its number."""


@dataclass(frozen=True, slots=True)
class DrawSettings:
    """What a draw follows from, beside its seed and the tables."""

    as_of: str
    """Day of the table ``user_profiles`` whose users are drawn."""
    shares: Mapping[str, float]
    """Arm → share, the control first."""
    by: tuple[str, ...] = BY_DEFAULT
    """Names that strata are made by."""
    users: int | None = None
    """How many at most, chosen by lot; none for all."""
    left_out: str = ""
    """Hash of the ids that are left out."""

    @classmethod
    def without(
        cls,
        ids: Collection[str],
        as_of: str,
        shares: Mapping[str, float],
        by: tuple[str, ...] = BY_DEFAULT,
        users: int | None = None,
    ) -> "DrawSettings":
        """Settings of a draw that leaves out these ids, which are known by a hash alone."""
        left_out = sha256("\0".join(sorted(ids)).encode("utf-8", "surrogatepass")).hexdigest() if ids else ""
        return cls(as_of, shares, by, users, left_out)

    @property
    def text(self) -> str:
        """As they are kept."""
        return json.dumps(asdict(self), ensure_ascii=False)


def draw_campaign(
    store: Store,
    lake: Lake,
    campaign: str,
    settings: DrawSettings,
    *,
    without: Collection[str] = (),
    seed: str | None = None,
    again: int | None = None,
) -> Draw:
    """Draw a campaign once; what was cut off goes on with its seed, and what is drawn stays so until it is exported.

    Args:
        store: The operational store.
        lake: With ``user_profiles``, and where strata are made by ``segment`` with ``uplift_scores``.
        campaign: Its id.
        settings: What it follows from.
        without: Ids that are left out, as those who have been forgotten are.
        seed: Up to 64 characters; by default drawn as well.
        again: Number of the draw that another one is to follow.

    Raises:
        DrawnAlreadyError: It is drawn and exported, and ``again`` does not name that draw.
        InsufficientDataError: There are no users to be drawn.
        ValueError: Settings that nothing can be drawn by.
        StoreError: The database does not answer.
    """
    number = _number(newest_draw(store, campaign), campaign, again)
    begun = begin_draw(store, campaign, number, seed or secrets.token_hex(16), settings.text)
    if begun.drawn_at is not None:
        return begun
    gone = ForgottenUsers(store.engine).everyone()
    profiles = _profiles(lake, campaign, settings)
    known = profiles.filter(~pl.col("user_id").is_in(list(without)) & ~gone.among(profiles["user_id"]))
    if settings.users is not None and settings.users < known.height:
        first = np.argsort(lots(known["user_id"].to_list(), begun.seed, "users"), kind="stable")[: settings.users]
        known = known[np.sort(first)]
    if not 2 <= known.height <= MAX_DRAWN:
        raise InsufficientDataError(
            f"{known.height:,} users are known as of {settings.as_of}, of whom a draw needs 2 to {MAX_DRAWN:,}: "
            "run the day's tables, or give --users"
        )
    strata = strata_of(known, settings.by)
    arms = drawn_arms(known["user_id"].to_list(), strata.to_list(), settings.shares, begun.seed)
    names, shares = pl.Series(list(settings.shares)), pl.Series(list(settings.shares.values()))
    drawn = known.select("user_id", names.gather(arms).alias("arm"), shares.gather(arms).alias("propensity"), strata)
    return record_draw(store, begun, drawn)


def drawn_list(store: Store, draw: Draw, campaign_id: str) -> pl.DataFrame:
    """A draw as the table ``ad_exposures`` wants it, and the stratum; in the order of the users' ids.

    Args:
        store: The operational store.
        draw: Which, drawn already.
        campaign_id: Of the exposures.
    """
    users = read_draw(store, draw)
    of = f"{draw.campaign}\0{draw.number}\0"
    ids = [
        blake2b((of + user).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest() for user in users["user_id"]
    ]
    return users.select(
        pl.Series("exposure_id", ids, dtype=pl.String),
        "user_id",
        pl.lit(campaign_id).alias("campaign_id"),
        "arm",
        "propensity",
        pl.lit(draw.drawn_at, dtype=pl.Datetime("us", "UTC")).alias("assigned_at"),
        "stratum",
    )


def drawn_on(lake: Lake, store: Store, campaign: str, given: str | None) -> str:
    """The day whose users are drawn: the one given, that of a draw that was cut off, or the last of the profiles.

    Raises:
        InsufficientDataError: There are no profiles yet.
        StoreError: The database does not answer.
    """
    newest = newest_draw(store, campaign)
    if given is None and newest is not None and newest.exported_at is None:
        return str(json.loads(newest.settings)["as_of"])
    day = given or last_day_of(lake, "user_profiles")
    if day is None:
        raise InsufficientDataError("no users are known yet: `upshelf run DAYS` makes the table user_profiles")
    return day


def _number(newest: Draw | None, campaign: str, again: int | None) -> int:
    """Of the draw that is to be made, or gone on with."""
    if newest is None:
        if again is not None:
            raise DrawnAlreadyError(f"{campaign!r} has not been drawn yet: leave --again out")
        return 1
    if newest.exported_at is None and again in (None, newest.number - 1):
        return newest.number
    if again == newest.number and newest.exported_at is not None:
        return newest.number + 1
    when = "has begun and is not exported yet" if newest.drawn_at is None else f"was drawn at {newest.drawn_at:%F %T}Z"
    raise DrawnAlreadyError(
        f"{campaign!r} {when} (draw {newest.number}): `upshelf campaign list {campaign}` writes its list; "
        f"`--again {newest.number}` draws another one, which is for those alone whom nobody has contacted by this one"
    )


def _profiles(lake: Lake, campaign: str, settings: DrawSettings) -> pl.DataFrame:
    """What is known of each user as of the day, with the segment where strata are made by it."""
    profiles = lake.read("user_profiles", settings.as_of, settings.as_of).drop("day")
    if SEGMENT not in settings.by:
        return profiles
    scores = lake.read("uplift_scores", settings.as_of, settings.as_of, columns=["user_id", SEGMENT, "campaign"])
    own = scores.filter(pl.col("campaign").is_null() | (pl.col("campaign") == campaign)).unique("user_id")
    return profiles.join(own.select("user_id", SEGMENT), on="user_id", how="left", maintain_order="left")
