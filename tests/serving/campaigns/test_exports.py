"""Exports over HTTP, by the users of small releases."""

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from litestar import Litestar
from litestar.testing import TestClient
from polars.testing import assert_frame_equal

from assets.models.uplift.uplift_scores import SCORE_COLUMNS, UpliftScores
from serving.settings import ServingSettings
from tests.serving.conftest import FolderSource, answering
from tests.serving.releases import describe, uplift_scores, write_campaign

Client = TestClient[Litestar]
READ: dict[str, Callable[[io.BytesIO], pl.DataFrame]] = {
    "csv": pl.read_csv,
    "ndjson": pl.read_ndjson,
    "parquet": pl.read_parquet,
    "arrow": pl.read_ipc,
}
HIDDEN_BY = "what the shop alone knows"


@pytest.fixture
def planned(tmp_path: Path) -> Path:
    """A campaign whose plan is to contact u0, u1 and u2; a user's id begins like a formula."""
    folder = tmp_path / "planned"
    scores = uplift_scores().with_columns(pl.col("user_id").replace("u0", "=1+1"))
    write_campaign(folder, UpliftScores.build(scores))
    (folder / "reports" / "targeting_plan").mkdir(parents=True)
    scores.head(3).select(*SCORE_COLUMNS).write_ipc(folder / "reports" / "targeting_plan" / "contacts.arrow")
    describe(folder, "2026-01-30")
    return folder


@pytest.fixture
def shop(settings: ServingSettings, source: FolderSource, planned: Path) -> Iterator[Client]:
    """The campaign, with a secret to hide ids by."""
    source.promote("1", planned)
    with answering(replace(settings, pseudonym_key=HIDDEN_BY), source) as client:
        yield client


def read(client: Client, what: str, written: str, **parameters: object) -> pl.DataFrame:
    """An export as a table, by user."""
    answer = client.get(f"/v1/exports/{what}", params={"format": written, **parameters})
    assert answer.status_code == 200, answer.text
    return READ[written](io.BytesIO(answer.content)).sort("user_id")


@pytest.mark.parametrize("written", list(READ))
def test_scores_in_every_format(shop: Client, written: str) -> None:
    """Every user with all figures; in a CSV the formula is marked."""
    first = "'=1+1" if written == "csv" else "=1+1"
    expected = uplift_scores().with_columns(pl.col("user_id").replace("u0", first)).sort("user_id")
    assert_frame_equal(read(shop, "scores", written), expected)


def test_a_file_says_what_it_is(shop: Client) -> None:
    """Its name, its kind and its release."""
    answer = shop.get("/v1/exports/segments", params={"segment": "sleeping_dog", "format": "parquet"})
    assert answer.headers["content-disposition"] == 'attachment; filename="segments-sleeping_dog-2026-01-30.parquet"'
    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    assert answer.headers["x-release"] == shop.get("/v1/release").json()["release"]
    table = pl.read_parquet(io.BytesIO(answer.content))
    assert table.columns == ["user_id", "segment", "uplift", "lower", "upper"]
    assert set(table["user_id"]) == {f"u{n}" for n in range(30, 40)}


def test_the_plan_is_whom_to_contact(shop: Client) -> None:
    """Three users, and those of a segment that none of them is in."""
    assert read(shop, "plan", "ndjson")["user_id"].to_list() == ["=1+1", "u1", "u2"]
    assert shop.get("/v1/exports/plan", params={"segment": "lost_cause", "format": "ndjson"}).text == ""


def test_hidden_ids_are_the_same_everywhere_and_no_one_elses(shop: Client, settings: ServingSettings) -> None:
    """A pseudonym follows from the id and the secret: users of the plan are found again among the scores."""
    hidden = read(shop, "scores", "csv", pseudonyms=True)
    assert hidden["user_id"].str.contains(r"^[0-9a-f]{32}$").all()
    assert hidden["user_id"].n_unique() == 40
    known = read(shop, "scores", "ndjson")
    assert sorted(hidden["uplift"]) == sorted(known["uplift"])
    contacts = read(shop, "plan", "arrow", pseudonyms=True)
    assert contacts.join(hidden, on="user_id", how="inner").height == 3


def test_ids_are_not_hidden_without_a_secret(settings: ServingSettings, source: FolderSource, planned: Path) -> None:
    """It says which variable; the ids are not sent as they are. One of three letters is none."""
    source.promote("1", planned)
    for secret in (None, "abc"):
        with answering(replace(settings, pseudonym_key=secret), source) as client:
            answer = client.get("/v1/exports/scores", params={"pseudonyms": True})
            assert answer.status_code == 404
            assert "UPSHELF_PSEUDONYM_KEY" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/v1/exports/scores?segment=nobody", 404, "unknown-segment"),
        ("/v1/exports/scores?format=xls", 400, "invalid-input"),
        ("/v1/exports/users", 400, "invalid-input"),
        ("/v1/exports/scores?fromat=csv", 400, "invalid-input"),
    ],
)
def test_what_cannot_be_exported(shop: Client, path: str, status: int, kind: str) -> None:
    """It says why."""
    answer = shop.get(path)
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{kind}")


def test_a_release_without_scores_says_so(bare_client: Client) -> None:
    """With the reason of the release."""
    answer = bare_client.get("/v1/exports/scores")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/module-unavailable")
    assert "the shop has no data for segments" in answer.json()["detail"]


def test_no_file_stays(shop: Client, settings: ServingSettings) -> None:
    """Not of exports that were read, nor of one whose reader went away."""
    read(shop, "scores", "csv")
    with shop.stream("GET", "/v1/exports/scores") as answer:
        next(answer.iter_bytes(10))
    assert not list(settings.cache.glob("*-export-*"))
