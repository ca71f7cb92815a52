"""A user is forgotten in a home whose tables, models and releases lie in a bucket."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from resources.storage import Objects
from tests.integration.home import Pipeline
from tests.integration.test_forget import answers, command, known_everywhere, places

DAY = "2026-01-12"


def held(pipeline: Pipeline, bucket: str, into: Path, user: str) -> tuple[list[str], list[str]]:
    """Files of the home, and objects of the bucket, copied below ``into``, that hold the user."""
    objects = Objects(bucket)
    objects.download("shop", {key.removeprefix("shop/"): of.size for key, of in objects.list("shop").items()}, into)
    return places(pipeline.home, user), places(into, user)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # MLflow's own SQLAlchemy code warns of what it will have to change
def test_a_forgotten_user_is_neither_in_the_bucket_nor_in_the_home(
    make_pipeline: Callable[[], Pipeline], bucket: str, tmp_path: Path
) -> None:
    """Rows, old files, models and releases; the API serves the release that took the place of the old one."""
    pipeline = replace(make_pipeline(), elsewhere={"UPSHELF_STORAGE": f"{bucket}/shop"})
    pipeline.run(f"tables:2026-01-01:{DAY}", f"models:{DAY}")
    user, other = known_everywhere(pipeline)
    before = answers(pipeline, other)
    assert answers(pipeline, user)["for_you"]["known"] is True
    local, stored = held(pipeline, bucket, tmp_path / "before", user)
    assert {path.split("/")[0] for path in stored} == {"lake", "models", "mlflow"}
    assert {path.split("/")[0] for path in local} >= {"cache"}

    done = command(pipeline, "forget", user)
    assert done.returncode == 0, done.stdout + done.stderr
    assert held(pipeline, bucket, tmp_path / "after", user) == ([], [])
    assert held(pipeline, bucket, tmp_path / "other", other)[1] != []
    assert answers(pipeline, other) == before
    assert answers(pipeline, user)["for_you"]["known"] is False

    told = command(pipeline, "retention", "--keep-days", "7", "--apply")
    assert told.returncode == 0, told.stdout + told.stderr
    assert answers(pipeline, other) == before
