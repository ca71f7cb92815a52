"""``upshelf export`` of a small release in a registry."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from assets.models.manifest import write_manifest
from assets.models.uplift.uplift_scores import SCORE_COLUMNS, UpliftScores
from resources.registry import Registry
from resources.settings import Settings
from resources.storage import Objects
from tests.assets.models.small_release import ABOUT, write_modules
from tests.commands.conftest import Called

USERS = ["=cmd()", *(f"u{n}" for n in range(19))]
READ = {"csv": pl.read_csv, "parquet": pl.read_parquet, "ndjson": pl.read_ndjson, "arrow": pl.read_ipc}


@pytest.fixture
def scores() -> pl.DataFrame:
    """Twenty users, half of them persuadable."""
    uplift = np.linspace(-0.1, 0.28, 20)
    return pl.DataFrame(
        {
            "user_id": USERS,
            "uplift": uplift,
            "lower": uplift - 0.1,
            "upper": uplift + 0.1,
            "p_control": np.full(20, 0.2),
            "p_treated": 0.2 + uplift,
            "segment": ["persuadable", "lost_cause"] * 10,
        }
    )


@pytest.fixture
def released(home: Path, tmp_path: Path, scores: pl.DataFrame) -> Registry:
    """A champion with these scores and a plan of the first three users."""
    folder = tmp_path / "release"
    write_modules(folder)
    (folder / "segments").mkdir()
    UpliftScores.build(scores).save(folder / "segments")
    (folder / "reports" / "targeting_plan").mkdir(parents=True)
    scores.head(3).select("user_id", "uplift").write_ipc(folder / "reports" / "targeting_plan" / "contacts.arrow")
    write_manifest(folder, **ABOUT)
    registry = Registry(Settings.from_env(), "simulated")
    registry.promote(registry.register(registry.log_run("r", parameters={}, metrics={}, folder=folder), {}))
    return registry


@pytest.mark.parametrize("written", list(READ))
def test_every_format_holds_every_user(
    released: Registry, scores: pl.DataFrame, tmp_path: Path, called: Called, written: str
) -> None:
    """The format is said or follows from the name; in a CSV an id that begins like a formula is marked."""
    file = tmp_path / f"scores.{written}"
    done = called("export", "scores", "-o", file)
    assert done.exit_code == 0, done.stderr
    assert done.stdout == f"20 users to {file}: scores of version 1, as of 2026-01-30\n"
    rows = READ[written](file)
    assert rows.columns == list(SCORE_COLUMNS)
    expected = (
        scores.with_columns(pl.col("user_id").str.replace("=cmd", "'=cmd", literal=True))
        if written == "csv"
        else scores
    )
    assert_frame_equal(rows.sort("user_id"), expected.sort("user_id"))
    assert called("export", "scores", "-o", tmp_path / "other", "--format", written).exit_code == 0
    assert (tmp_path / "other").read_bytes() == file.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "other", "release", file.name]


@pytest.mark.slow
def test_a_file_may_lie_in_a_bucket(
    released: Registry, scores: pl.DataFrame, bucket: str, tmp_path: Path, called: Called
) -> None:
    """Whole, in the format of its name; a folder or a password in the address is refused."""
    done = called("export", "scores", "-o", f"{bucket}/to/scores.parquet")
    assert done.exit_code == 0, done.stderr
    assert done.stdout == f"20 users to {bucket}/to/scores.parquet: scores of version 1, as of 2026-01-30\n"
    Objects(bucket).get_file("to/scores.parquet", tmp_path / "there.parquet")
    assert_frame_equal(pl.read_parquet(tmp_path / "there.parquet").sort("user_id"), scores.sort("user_id"))
    for refused, why in {
        f"{bucket}/": "is a folder: name the file in it",
        "s3://bucket": "is a folder: name the file in it",
        str(tmp_path): "is a folder: name the file in it",
        "s3://user:a-password@bucket/x.csv": "it is a URL that is no address of storage",
    }.items():
        told = called("export", "scores", "-o", refused)
        assert (told.exit_code, why in " ".join(told.stderr.split())) == (2, True), told.stderr
        assert "a-password" not in told.stderr
    assert list(Objects(bucket).list()) == ["to/scores.parquet"]


def test_ids_are_hidden_by_the_shops_secret(
    released: Registry, tmp_path: Path, called: Called, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each user has the same pseudonym in every file; without a secret nothing is written."""
    refused = called("export", "scores", "--pseudonyms", "-o", tmp_path / "s.csv")
    assert (refused.exit_code, "UPSHELF_PSEUDONYM_KEY" in refused.stderr) == (2, True)
    assert not (tmp_path / "s.csv").exists()
    monkeypatch.setenv("UPSHELF_PSEUDONYM_KEY", "what the shop alone knows")
    for what in ("scores", "plan"):
        assert called("export", what, "--pseudonyms", "-o", tmp_path / f"{what}.csv").exit_code == 0
    hidden, plan = pl.read_csv(tmp_path / "scores.csv"), pl.read_csv(tmp_path / "plan.csv")
    assert hidden["user_id"].n_unique() == 20
    assert not set(hidden["user_id"]) & set(USERS)
    assert plan.join(hidden, on="user_id").height == 3


def test_segments_and_plan(released: Registry, tmp_path: Path, called: Called) -> None:
    """The members of one segment; whom to contact."""
    assert called("export", "segments", "--segment", "persuadable", "-o", tmp_path / "s.csv").exit_code == 0
    members = pl.read_csv(tmp_path / "s.csv")
    assert members.columns == ["user_id", "segment", "uplift", "lower", "upper"]
    assert (members.height, members["segment"].unique().to_list()) == (10, ["persuadable"])
    assert called("export", "plan", "-o", tmp_path / "p.parquet").exit_code == 0
    assert pl.read_parquet(tmp_path / "p.parquet")["user_id"].to_list() == USERS[:3]


def test_what_cannot_be_exported_leaves_the_file_as_it_was(
    released: Registry, home: Path, tmp_path: Path, called: Called
) -> None:
    """A copy that is altered, a segment that is none; nothing else is left behind."""
    file = tmp_path / "s.csv"
    file.write_text("before")
    unknown = called("export", "segments", "--segment", "rich", "-o", file)
    assert unknown.exit_code == 2
    assert "there is no segment 'rich'; there are persuadable, sure_thing" in unknown.stderr
    for stored in (home / "mlflow" / "artifacts").glob("*/artifacts/release/segments/scores.arrow"):
        stored.write_bytes(stored.read_bytes()[:-1] + b"x")
    altered = called("export", "scores", "-o", file)
    assert altered.exit_code == 1
    assert "segments/scores.arrow of the release in " in altered.stderr
    assert "differs from the hash in its manifest" in altered.stderr
    assert file.read_text() == "before"
    assert not list(home.glob(".export-*"))


def test_a_release_without_scores_says_why(home: Path, tmp_path: Path, called: Called) -> None:
    """And so does a registry without a release."""
    none = called("export", "scores", "-o", tmp_path / "s.csv")
    assert none.exit_code == 1
    assert "nothing has been released yet: run `upshelf run` first" in none.stderr
    folder = tmp_path / "release"
    write_modules(folder)
    write_manifest(folder, **ABOUT)
    registry = Registry(Settings.from_env(), "simulated")
    registry.promote(registry.register(registry.log_run("r", parameters={}, metrics={}, folder=folder), {}))
    for what in ("scores", "plan"):
        lacking = called("export", what, "-o", tmp_path / "s.csv")
        assert lacking.exit_code == 1
        assert f"version 1, as of 2026-01-30, has no {what}: the shop has no ad_exposures" in lacking.stderr


def test_one_of_several_campaigns_is_named(released: Registry, tmp_path: Path, called: Called) -> None:
    """Each has its own files; a plan without a name is that of all together, and an id that there is not an error."""
    folder = tmp_path / "several"
    write_modules(folder)
    users = pl.DataFrame({"user_id": ["u1", "u2"], "segment": ["persuadable"] * 2})
    for path, rows in (
        ("segments__mail/scores.arrow", users),
        ("segments__voucher/scores.arrow", users.head(1)),
        ("reports/joint_plan/contacts.arrow", users.tail(1).with_columns(campaign=pl.lit("mail"))),
    ):
        (folder / path).parent.mkdir(parents=True)
        rows.write_ipc(folder / path)
    write_manifest(folder, **{**ABOUT, "economics": {"campaigns": {"mail": {}, "voucher": {}}}})
    released.promote(released.register(released.log_run("s", parameters={}, metrics={}, folder=folder), {}))

    def lines(*words: str) -> list[str]:
        done = called("export", *words, "-o", tmp_path / "users.csv")
        assert done.exit_code == 0, done.stderr
        return (tmp_path / "users.csv").read_text().splitlines()[1:]

    assert lines("scores", "--campaign", "voucher") == ["u1,persuadable"]
    assert lines("plan") == ["u2,persuadable,mail"]
    for words, told in (
        (["scores"], "several campaigns: name one by --campaign, of mail, voucher"),
        (["scores", "--campaign", "push"], "there is no campaign 'push'; there is mail, voucher"),
    ):
        done = called("export", *words, "-o", tmp_path / "none.csv")
        assert done.exit_code == 2
        assert told in done.stderr
