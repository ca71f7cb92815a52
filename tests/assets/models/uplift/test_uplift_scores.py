"""Uplift scores: found by user, streamed by segment, the same after a round trip."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from assets.models.uplift.uplift_scores import ARM_FIGURES, SCORE_COLUMNS, UpliftScores, arm_column


def frame(segments: list[str]) -> pl.DataFrame:
    """Users u0, u1, … of the segments given; user i has uplift i/100, ±0.05."""
    uplift = np.arange(len(segments)) / 100
    users = [f"u{i}" for i in range(len(segments))]
    columns = (users, uplift, uplift - 0.05, uplift + 0.05, np.full(len(users), 0.3), 0.3 + uplift, segments)
    types = {"user_id": pl.String, "segment": pl.String}
    return pl.DataFrame(dict(zip(SCORE_COLUMNS, columns, strict=True)), schema_overrides=types)


SEGMENTS = ["persuadable", "sure_thing", "persuadable", "sleeping_dog", "persuadable"]


@pytest.fixture(params=["built", "loaded"])
def scores(request: pytest.FixtureRequest, tmp_path: Path) -> UpliftScores:
    """Five users, as built and as read back."""
    built = UpliftScores.build(frame(SEGMENTS))
    if request.param == "built":
        return built
    built.save(tmp_path)
    return UpliftScores.load(tmp_path)


def test_known_users_are_found_and_unknown_ones_have_no_row(scores: UpliftScores) -> None:
    """Of five asked for, two of them known and one of those twice."""
    found = scores.look_up(["u3", "nobody", "u0", "", "u3"])
    assert set(found["u0"]) == set(SCORE_COLUMNS)
    assert {user: (row["user_id"], row["uplift"], row["segment"]) for user, row in found.items()} == {
        "u0": ("u0", 0.0, "persuadable"),
        "u3": ("u3", 0.03, "sleeping_dog"),
    }


def test_everyone_is_found(scores: UpliftScores) -> None:
    """Each with its own row, in the order asked for."""
    users = [f"u{i}" for i in (4, 2, 0, 1, 3)]
    assert list(scores.look_up(users)) == users


def test_asking_for_nobody_gives_no_rows(scores: UpliftScores) -> None:
    """No user, or none that is known."""
    assert scores.look_up([]) == scores.look_up(["nobody"]) == {}


def test_segments_are_counted_and_averaged(scores: UpliftScores) -> None:
    """Three persuadables of uplift 0, 0.02 and 0.04 are 60 % with a mean of 0.02; ties go by name."""
    found = scores.segments()
    assert found["segment"].to_list() == ["persuadable", "sleeping_dog", "sure_thing"]
    assert found["users"].to_list() == [3, 1, 1]
    assert found["share"].to_list() == pytest.approx([0.6, 0.2, 0.2])
    first = found.row(0, named=True)
    assert [first[c] for c in ("uplift", "lower", "upper", "p_control")] == pytest.approx([0.02, -0.03, 0.07, 0.3])


@pytest.mark.parametrize("batch_rows", [1, 2, 100])
def test_members_are_streamed_whatever_the_batch(scores: UpliftScores, batch_rows: int) -> None:
    """Every member once, in the same order, and no empty frame."""
    parts = list(scores.members("persuadable", batch_rows))
    assert all(0 < part.height <= batch_rows for part in parts)
    users = pl.concat(parts)["user_id"].to_list()
    assert sorted(users) == ["u0", "u2", "u4"]
    assert users == pl.concat(list(scores.members("persuadable", 3)))["user_id"].to_list()
    assert list(scores.members("lost_cause")) == []


def test_no_scores_are_scores_too(tmp_path: Path) -> None:
    """A campaign without users answers everything with nothing."""
    UpliftScores.build(frame([])).save(tmp_path)
    empty = UpliftScores.load(tmp_path)
    assert len(empty) == 0
    assert empty.look_up(["u0"]) == {}
    assert empty.segments().is_empty()
    assert list(empty.members("persuadable")) == []


def test_the_order_of_the_frame_does_not_matter(tmp_path: Path) -> None:
    """The files are the same byte by byte."""
    contents = []
    for name, rows in (("a", frame(SEGMENTS)), ("b", frame(SEGMENTS).reverse())):
        (tmp_path / name).mkdir()
        UpliftScores.build(rows).save(tmp_path / name)
        contents.append((tmp_path / name / "scores.arrow").read_bytes())
    assert contents[0] == contents[1]


def test_arms_are_kept_beside_the_scores(tmp_path: Path) -> None:
    """Two arms, a column each figure, found by user after a round trip, and beside the scores of members."""
    columns = [pl.Series(arm_column(f, arm), [0.1] * 5) for arm in ("sms", "mail") for f in ARM_FIGURES]
    rows = frame(SEGMENTS).with_columns(columns).with_columns(pl.Series(arm_column("uplift", "sms"), range(5)))
    UpliftScores.build(rows, ["sms", "mail"]).save(tmp_path)
    scores = UpliftScores.load(tmp_path)
    assert scores.arms == ("mail", "sms")
    found = scores.look_up(["u3", "nobody"])["u3"]
    assert (found["user_id"], found[arm_column("uplift", "sms")], found[arm_column("upper", "mail")]) == ("u3", 3, 0.1)
    of_arms = [arm_column(figure, arm) for arm in scores.arms for figure in ARM_FIGURES]
    assert next(scores.members("persuadable")).columns == [*SCORE_COLUMNS, *of_arms]
    assert UpliftScores.build(frame(SEGMENTS)).arms == ()
