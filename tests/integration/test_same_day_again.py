"""A second run of the same days changes nothing."""

import pytest
from polars.testing import assert_frame_equal

from tests.integration.home import Pipeline

STEPS = ("tables:2026-01-01:2026-01-12", "models:2026-01-12")


@pytest.mark.slow
def test_a_second_run_changes_no_table_model_or_release(finished: Pipeline) -> None:
    """Tables row by row, model files by hash, the release by version; and it is not registered twice."""
    pipeline = finished
    tables, models = pipeline.tables(), pipeline.model_hashes()
    version, versions = pipeline.release_version("2026-01-12"), pipeline.registry().versions()
    assert tables["events"].height > 5_000
    assert len(models) > 40
    pipeline.run(*STEPS)
    again = pipeline.tables()
    assert list(again) == list(tables)
    for name, frame in tables.items():
        assert_frame_equal(again[name], frame)
    assert pipeline.model_hashes() == models
    assert pipeline.release_version("2026-01-12") == version
    assert pipeline.registry().versions() == versions
