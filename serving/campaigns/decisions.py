"""One call for a shopper: whether to advertise, with which banner and products, and why.

What belongs here: the answer, and the banner in it. Whether a contact is made is `serving.campaigns.contacts`.
"""

from collections.abc import Sequence

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from resources.store.errors import is_away
from serving.banners.selection import NO_BANNER_LEFT, BannerDesk, Drawn, require_slot
from serving.campaigns.contacts import choose
from serving.campaigns.targeting import UserScore
from serving.http.problems import ProblemError
from serving.http.workers import Workers
from serving.lists.answers import ListAnswer
from serving.lists.lists import session
from serving.release.snapshot import Snapshot
from serving.requests import DecisionRequest

__all__ = ["BannerOut", "DecisionAnswer", "SlateAnswer", "SlateBanner", "decide"]


class BannerOut(msgspec.Struct, frozen=True):
    """A banner drawn and put on record; ``propensity`` is the probability with which it was drawn."""

    impression_id: str
    slot: str
    banner_id: str
    propensity: float
    policy: str
    """By which it was drawn, as the shop has declared for the slot: ``thompson`` where it has not."""
    content: str | None
    """What the shop has declared that a storefront shows; null where it has not."""
    release: str

    @classmethod
    def of(cls, drawn: Drawn, release: str) -> "BannerOut":
        """What is told of a banner that the release of this version has drawn."""
        return cls(
            drawn.impression_id, drawn.slot, drawn.banner_id, drawn.propensity, drawn.policy, drawn.content, release
        )


class SlateBanner(msgspec.Struct, frozen=True):
    """A banner of a slate; ``propensity`` is the probability with which it was drawn given those above it."""

    impression_id: str
    position: int
    banner_id: str
    propensity: float
    content: str | None


class SlateAnswer(BannerOut, frozen=True):
    """The first banner, and the ``slate``: those of all positions from the first on, none twice."""

    slate: list[SlateBanner]

    @classmethod
    def of_all(cls, drawn: Sequence[Drawn], release: str) -> "SlateAnswer":
        """What is told of at least one banner that the release of this version has drawn."""
        slate = [SlateBanner(d.impression_id, d.position, d.banner_id, d.propensity, d.content) for d in drawn]
        return cls(**msgspec.structs.asdict(BannerOut.of(drawn[0], release)), slate=slate)


class DecisionAnswer(msgspec.Struct, frozen=True):
    """A decision; ``why`` gives its reasons in words, ``fallbacks`` what could not be answered as asked."""

    advertise: bool
    arm: str | None
    """Which of several arms to send; null if none is, or the campaign has one treatment."""
    campaign: str | None
    """Which campaign ``user`` and ``arm`` are about: the one that was named, or of several the one that earns most;
    null if none of several is worth a contact."""
    why: list[str]
    fallbacks: list[str]
    user: UserScore | None
    banner: BannerOut | None
    products: ListAnswer
    release: str


async def decide(snapshot: Snapshot, desk: BannerDesk, workers: Workers, request: DecisionRequest) -> DecisionAnswer:
    """Decide on one shopper with one release; ``workers``' threads make the list of products.

    Raises:
        ProblemError: 404 for a slot that the release's banners do not have, and for a campaign that there is not; 400
            for a context that is too long.
        BusyError: If too many lists wait.
    """
    chosen = choose(snapshot, request)
    why, fallbacks, advertise = [*chosen.why], [*chosen.fallbacks], chosen.contact is not None
    banner = await _banner(snapshot, desk, request, advertise=advertise, why=why, fallbacks=fallbacks)
    listed = request.list_request()
    products = await workers.run("list", session, snapshot, request.viewed, listed, surface="decisions")
    if products.items:
        why.append(f"Products: by {products.answered_by}; the first is {products.items[0].reason}.")
    fallbacks += [f"products: {t.module}: {t.note}" for t in products.fallbacks_tried if t.note]
    arm = None if chosen.contact is None else chosen.contact.arm
    return DecisionAnswer(
        advertise, arm, chosen.campaign, why, fallbacks, chosen.user, banner, products, snapshot.version
    )


async def _banner(
    snapshot: Snapshot,
    desk: BannerDesk,
    request: DecisionRequest,
    *,
    advertise: bool,
    why: list[str],
    fallbacks: list[str],
) -> BannerOut | None:
    """A banner for the named slot if there is something to advertise for."""
    if request.slot is None:
        return None
    if snapshot.release.banner_priors is None:
        fallbacks.append(f"banner: {snapshot.missing.get('banner_priors', 'this release has no banners')}")
        return None
    require_slot(snapshot.release.banner_priors, request.slot)
    if not advertise:
        why.append("Banner: none, as this user is not advertised to.")
        return None
    context = request.context | ({"user_id": request.user_id} if request.user_id else {})
    try:
        drawn = (await desk.select(snapshot, request.slot, context=context))[0]
    except ProblemError as problem:
        if problem.kind != NO_BANNER_LEFT:
            raise
        fallbacks.append(f"banner: {problem.detail}")
        return None
    except SQLAlchemyError as error:
        if not is_away(error):
            raise
        # A banner that cannot be put on record is not shown; the rest of the decision stands.
        fallbacks.append("banner: the operational store does not answer")
        return None
    why.append(
        f"Banner: {drawn.banner_id} was drawn for {drawn.slot} with probability {drawn.propensity:.1%}, by the slot's "
        f"policy {drawn.policy}."
    )
    return BannerOut.of(drawn, snapshot.version)
