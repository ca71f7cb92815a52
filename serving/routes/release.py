"""Which release answers, for any key."""

from collections.abc import Mapping

import msgspec
from litestar import get
from litestar.di import NamedDependency

from serving.http.examples import ANSWERS
from serving.http.openapi import responses
from serving.release.snapshot import Snapshot

__all__ = ["ReleaseAnswer", "release"]


class ReleaseAnswer(msgspec.Struct, frozen=True):
    """The release that answers, what it has, and why it lacks the rest."""

    release: str
    registry_version: str
    shop: str
    as_of: str
    currency: str
    products: int
    scored_users: int
    modules: list[str]
    unavailable: Mapping[str, str]
    top_categories: list[str]
    slots: list[str]
    metrics: Mapping[str, float]


@get(
    "/v1/release",
    summary="The release that answers",
    responses=responses(ReleaseAnswer, ANSWERS["ReleaseAnswer"], problems=()),
    sync_to_thread=False,
)
def release(snapshot: NamedDependency[Snapshot]) -> ReleaseAnswer:
    """Its version, as-of day, modules with reasons for those it lacks, and its measures."""
    loaded, manifest = snapshot.release, snapshot.release.manifest
    return ReleaseAnswer(
        release=snapshot.version,
        registry_version=snapshot.registry_version,
        shop=manifest.shop,
        as_of=manifest.as_of,
        currency=manifest.currency,
        products=len(loaded.catalogue),
        scored_users=snapshot.scored_users,
        modules=snapshot.modules,
        unavailable=snapshot.missing,
        top_categories=[name for name in loaded.catalogue.category_names if ">" not in name],
        slots=[] if loaded.banner_priors is None else list(loaded.banner_priors.slots()),
        metrics=manifest.metrics,
    )
