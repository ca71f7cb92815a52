"""The release's reports as data, for campaigns: what the pictures in the Dagster UI show."""

from typing import Any

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from serving.campaigns.choice import report_of
from serving.http.examples import ANSWERS
from serving.http.openapi import responses
from serving.release.snapshot import Snapshot
from serving.routes.named_campaign import Named

__all__ = ["ReportAnswer", "report"]


class ReportAnswer(msgspec.Struct, frozen=True):
    """One report; its fields are those that the pipeline's asset wrote."""

    name: str
    as_of: str
    report: Any
    release: str


@get(
    "/v1/reports/{name:str}",
    summary="A report of the release, as data",
    responses=responses(ReportAnswer, ANSWERS["ReportAnswer"]),
    sync_to_thread=False,
)
def report(name: FromPath[str], snapshot: NamedDependency[Snapshot], campaign: Named = None) -> ReportAnswer:
    """Such as `uplift`, `uplift_tables`, `strategies`, `experiment`, `drift` or `recommendations`."""
    found = report_of(snapshot, name, campaign)
    return ReportAnswer(name, snapshot.release.manifest.as_of, found, snapshot.version)
