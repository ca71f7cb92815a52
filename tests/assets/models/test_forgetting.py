"""Taking users out of the files of models: they are strangers afterwards, and everybody else is answered as before."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from assets.models.arrays.user_keys import user_key
from assets.models.baskets.next_basket import NextBasket
from assets.models.forgetting import UserSet, files_with, take_out
from assets.models.manifest import read_manifest, verify, write_manifest
from assets.models.popularity.category_affinity import CategoryAffinity
from assets.models.popularity.segments import SegmentPopularity
from assets.models.popularity.user_histories import UserHistories
from assets.models.uplift.uplift_scores import SCORE_COLUMNS, UpliftScores
from tests.assets.models.small_release import ABOUT

USERS = [f"u{n}" for n in range(8)]
ROWS = [user for user in USERS for _ in range(3)]
ITEMS = np.arange(len(ROWS)) % 5
HOLDING = [
    "category_recommendations/keys.npy",
    "next_basket/keys.npy",
    "popularity/segments/keys.npy",
    "reports/targeting_plan/contacts.arrow",
    "segments/scores.arrow",
    "user_histories/keys.npy",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A release folder with every form in which users are named."""
    ages, ones = np.linspace(0, 9, len(ROWS)), np.ones(len(ROWS))
    scores = pl.DataFrame({"user_id": USERS, **dict.fromkeys(SCORE_COLUMNS[1:-1], 0.1), "segment": "persuadable"})
    models = {
        "next_basket": NextBasket.fit(list(ROWS), np.arange(len(ROWS)), ITEMS, ages, 5),
        "category_recommendations": CategoryAffinity.fit(ROWS, ITEMS, ones, ages),
        "popularity/segments": SegmentPopularity.fit(dict.fromkeys(USERS, "north"), ROWS, ITEMS, ones, ages, 5),
        "segments": UpliftScores.build(scores),
        "user_histories": UserHistories.fit(ROWS, ITEMS, np.arange(len(ROWS)) % 4, ITEMS + 9, 5),
    }
    made = tmp_path / "release"
    for name, model in models.items():
        (made / name).mkdir(parents=True)
        model.save(made / name)
    (made / "reports" / "targeting_plan").mkdir(parents=True)
    scores.select("user_id", "uplift").write_ipc(made / "reports" / "targeting_plan" / "contacts.arrow")
    (made / "suggestions").mkdir()
    np.save(made / "suggestions" / "keys.npy", np.array([b"lamp"]))
    write_manifest(made, **ABOUT)
    return made


def answers(folder: Path, user: str) -> list[object]:
    """What each model knows of a user."""
    scores = UpliftScores.load(folder / "segments")
    return [
        NextBasket.load(folder / "next_basket").bought(user).tolist(),
        CategoryAffinity.load(folder / "category_recommendations").categories(user, 5),
        SegmentPopularity.load(folder / "popularity" / "segments").segment(user),
        UserHistories.load(folder / "user_histories").of(user),
        scores.look_up([user]),
        pl.read_ipc(folder / "reports" / "targeting_plan" / "contacts.arrow").filter(user_id=user).rows(),
    ]


@pytest.mark.parametrize(
    "users", [UserSet(["u3", "u6"]), UserSet([], [user_key("u3"), user_key("u6")]), UserSet(["u3"], [user_key("u6")])]
)
def test_they_are_strangers_and_the_others_are_known_as_before(folder: Path, users: UserSet) -> None:
    """By id, by key alone, or some by each; the manifest has the new hashes, and another version."""
    stranger = answers(folder, "nobody")
    before = {user: answers(folder, user) for user in USERS}
    version = read_manifest(folder).version
    assert files_with(folder, users) == HOLDING
    assert set(take_out(folder, users)) > set(HOLDING)
    assert files_with(folder, users) == []
    for user in USERS:
        assert answers(folder, user) == (stranger if user in ("u3", "u6") else before[user])
    assert verify(folder).version != version
    assert take_out(folder, users) == []


def test_who_has_the_old_files_keeps_them(folder: Path, tmp_path: Path) -> None:
    """A model that was mapped before, and a link to its file."""
    mapped = NextBasket.load(folder / "next_basket")
    link = tmp_path / "link.npy"
    link.hardlink_to(folder / "next_basket" / "keys.npy")
    bought = mapped.bought("u3").tolist()
    take_out(folder, UserSet(["u3"]))
    assert mapped.bought("u3").tolist() == bought != []
    assert len(np.load(link)) == len(USERS)


def test_keys_of_an_unknown_form_are_refused(folder: Path) -> None:
    """A model that does not say how users are taken out of it."""
    (folder / "next_basket" / "next_basket.json").rename(folder / "next_basket" / "other.json")
    with pytest.raises(ValueError, match=r"next_basket/keys\.npy holds keys of users in a form"):
        files_with(folder, UserSet(["u3"]))


def test_a_manifest_of_any_schema_keeps_what_else_it_says(folder: Path) -> None:
    """Of a release that this code does not read."""
    path = folder / "manifest.json"
    told = json.loads(path.read_text()) | {"schema": 99, "more": [1]}
    path.write_text(json.dumps(told))
    take_out(folder, UserSet(["u3"]))
    now = json.loads(path.read_text())
    changed = {file for file in now["files"] if now["files"][file] != told["files"][file]}
    assert changed >= set(HOLDING)
    assert {**now, "files": None} == {**told, "files": None}
