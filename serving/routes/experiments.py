"""Experiments on live traffic, for campaigns: which are declared, who gets which arm, and what they have shown."""

from litestar import get
from litestar.di import NamedDependency

from serving.experiments.declared import ExperimentsAnswer, experiments_answer
from serving.http.examples import ANSWERS
from serving.http.openapi import responses
from serving.release.snapshot import Snapshot

__all__ = ["experiments"]


@get(
    "/v1/experiments",
    summary="Experiments on live traffic, with what they have shown",
    responses=responses(ExperimentsAnswer, ANSWERS["ExperimentsAnswer"], problems=()),
    sync_to_thread=False,
)
def experiments(snapshot: NamedDependency[Snapshot]) -> ExperimentsAnswer:
    """Each with its arms and their shares, and the effects, sizes and decision of the nightly report."""
    return experiments_answer(snapshot)
