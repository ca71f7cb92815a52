"""Files of users, for campaign systems."""

from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from assets.models.uplift.exports import Export
from resources.exports import Format
from serving.campaigns.exports import Asked, write_export
from serving.context import Context
from serving.http.openapi import responses
from serving.http.streams import in_turn
from serving.release.snapshot import Snapshot
from serving.routes.named_campaign import Named

__all__ = ["MEDIA_TYPES", "export"]

_MEDIA_TYPES: dict[Format, str] = {
    "csv": "text/csv",
    "ndjson": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.file",
}
MEDIA_TYPES = tuple(_MEDIA_TYPES.values())


@get(
    "/v1/exports/{what:str}",
    summary="Every user's score, who is in which segment, or whom to contact, as a file",
    responses=responses(),
)
async def export(
    what: FromPath[Export],
    api: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
    format: Annotated[Format, QueryParameter(description="csv, ndjson, parquet or arrow")] = "csv",
    segment: Annotated[str | None, QueryParameter(description="Members of this segment alone", max_length=100)] = None,
    pseudonyms: Annotated[bool, QueryParameter(description="Hide ids of users by UPSHELF_PSEUDONYM_KEY")] = False,
    campaign: Named = None,
) -> Stream:
    """`scores`, `segments` or `plan`, one row a user, all of one release; written first and then sent.

    In a CSV, text that begins like a formula is marked with an apostrophe.
    """
    asked = Asked(what, format, segment, pseudonyms, campaign)
    parts = await api.workers.run(
        "score", write_export, snapshot, asked, api.settings.cache, api.settings.pseudonym_key
    )
    name = asked.file_name(snapshot.release.manifest.as_of)
    headers = {"x-release": snapshot.version, "content-disposition": f'attachment; filename="{name}"'}
    return Stream(in_turn(parts, api.workers), media_type=_MEDIA_TYPES[format], headers=headers)
