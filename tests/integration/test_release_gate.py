"""What the gate refuses and why, on a real release; and what the registry does with the answer."""

import json
import shutil
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from assets.daily.inputs import DeclaredLake, DeclaredModels, Reads
from assets.daily.models import AsOf
from assets.models.manifest import REPORTS, write_manifest
from assets.models.release import Release
from assets.models.rules.conditions import Asked
from assets.models.rules.declared import RULES_FILE
from assets.models.sessions.model import SessionModel
from assets.models.uplift.uplift_model import UpliftModel
from assets.recommendations.report import CUTOFF, HOLDOUT_FILE
from assets.release.gate import Verdict, judge
from assets.release.gather import READS, economics
from assets.uplift.campaign import holdout_frame, response_value
from evaluation.ranking.ranking import hit_rate
from resources.model_store import ModelStore, Unavailable
from resources.registry import Registry, RegistryError
from resources.settings import Settings
from resources.shop import Shop
from resources.tables import USER_FEATURES
from tests.integration.home import TINY, Pipeline

LAST = "2026-01-12"
SHOP = Shop.load(TINY / "shop.toml")


def rewrite(folder: Path, **changed: object) -> Release:
    """Write the manifest anew, with some of its fields changed, and load the release."""
    about = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for computed in ("files", "modules", "schema"):
        about.pop(computed)
    write_manifest(folder, **(about | changed))
    return Release.load(folder)


@pytest.fixture
def candidate(finished: Pipeline, tmp_path: Path) -> Iterator[Path]:
    """A copy of the tiny shop's release, to be spoilt."""
    folder = Path(shutil.copytree(finished.release_folder(LAST), tmp_path / "candidate"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def champion(finished: Pipeline, tmp_path: Path) -> Iterator[Release]:
    """The same models as of two days before, so that the last day's sessions are a holdout of both."""
    folder = Path(shutil.copytree(finished.release_folder(LAST), tmp_path / "champion"))
    yield rewrite(folder, as_of="2026-01-10")
    shutil.rmtree(folder)


def verdict(folder: Path, champion: Release | None, pipeline: Pipeline, expected: Collection[str] = ()) -> Verdict:
    """The gate's verdict on the release in ``folder``, which rightly lacks the modules ``expected``."""
    held = holdout_frame(pipeline.lake, SHOP, LAST)
    return judge(folder, champion, lake=pipeline.lake, shop=SHOP, held_users=held, expected=expected)


def test_an_equal_release_passes(finished: Pipeline, candidate: Path, champion: Release) -> None:
    """The same models a second time: both measures are compared, and nothing stands against it."""
    judged = verdict(candidate, champion, finished)
    notes = [note for note in judged.notes if note.startswith(("session hit rate", "Qini"))]
    assert "Qini coefficient: +0.0000" in " ".join(notes)
    assert len(notes) + len(judged.refusals) == 2


def test_the_release_carries_the_rules_and_what_users_bought(finished: Pipeline) -> None:
    """As the shop declares them, and each user's purchases as the orders have them."""
    release = Release.load(finished.release_folder(LAST))
    assert [cap.name for cap in release.rules.of(Asked("popular")).caps] == ["two of a brand"]
    baskets = finished.lake.read("baskets").drop_nulls("user_id").filter(pl.col("day") >= "2026-01-03")
    user = baskets["user_id"].sort()[0]
    bought = set(baskets.filter(pl.col("user_id") == user)["product_id"])
    assert release.next_basket is not None
    assert {release.catalogue.ids[item] for item in release.next_basket.bought(user).tolist()} == bought
    assert len(release.next_basket) == baskets["user_id"].n_unique()


def test_a_rule_that_cannot_be_applied_is_refused(candidate: Path, champion: Release, finished: Pipeline) -> None:
    """The refusal names the rule, what there is, and the remedy; a name that is not there is only noted."""
    rules = candidate / "catalogue" / RULES_FILE
    rules.write_text('[{"kind": "pin", "name": "new", "product": "gone", "place": 1}]')
    rewrite(candidate)
    assert "rule 'new': the catalogue has no product 'gone'" in verdict(candidate, champion, finished).notes
    rules.write_text('[{"kind": "only", "name": "large", "where": ["size:XL"]}]')
    about = json.loads((candidate / "manifest.json").read_text(encoding="utf-8"))
    write_manifest(candidate, **{k: v for k, v in about.items() if k not in ("files", "modules", "schema")})
    judged = verdict(candidate, champion, finished)
    assert len(judged.refusals) == 1
    assert judged.refusals[0].startswith("rule 'large': no product of the catalogue has the attribute 'size'; there")


def test_a_response_has_its_worth_without_a_plan(finished: Pipeline, tmp_path: Path) -> None:
    """As where the arms cannot be told apart, so that there is no plan: decisions still need the prices."""
    models = ModelStore(tmp_path)
    models.mark_unavailable("targeting_plan", LAST, Unavailable("the arms cannot be told apart"))
    reads = Reads("release", READS, SHOP, LAST, LAST)
    at = AsOf(
        LAST, tmp_path, finished.settings, SHOP, DeclaredLake(finished.lake, reads), DeclaredModels(models, reads)
    )
    prices = economics(at)
    assert prices["revenue_per_response"] == response_value(finished.lake, SHOP, LAST) > 0
    assert prices["cutoff"] == 0


def test_the_first_release_needs_no_champion(finished: Pipeline, candidate: Path) -> None:
    """Nothing to compare with is no reason to refuse."""
    assert verdict(candidate, None, finished) == Verdict((), ())


def test_a_corrupted_file_is_named(finished: Pipeline, candidate: Path, champion: Release) -> None:
    """One bit of one model file."""
    path = candidate / "hnsw_index" / "vectors.npy"
    body = bytearray(path.read_bytes())
    body[-1] ^= 1
    path.write_bytes(bytes(body))
    judged = verdict(candidate, champion, finished)
    assert not judged.passed
    assert "hnsw_index/vectors.npy" in judged.refusals[0]


def test_an_older_release_is_refused(finished: Pipeline, candidate: Path, champion: Release) -> None:
    """As of the day before the champion's."""
    rewrite(candidate, as_of="2026-01-09")
    judged = verdict(candidate, champion, finished)
    assert [r for r in judged.refusals if "older than the champion's 2026-01-10" in r]


def test_a_lost_module_is_refused(finished: Pipeline, candidate: Path, champion: Release) -> None:
    """A release without the co-purchase module that the champion has, with its reason."""
    shutil.rmtree(candidate / "co_purchase")
    rewrite(candidate, unavailable={"co_purchase": "the orders were lost"})
    judged = verdict(candidate, champion, finished)
    assert "it lacks co_purchase, which the champion has: the orders were lost" in judged.refusals


def test_a_lost_trial_is_no_lost_module(finished: Pipeline, candidate: Path, champion: Release) -> None:
    """What is not better than the untuned space tonight is left out, and the release goes on without it."""
    taught = replace(
        champion, manifest=replace(champion.manifest, modules=(*champion.manifest.modules, "similar_model"))
    )
    reason = "it is not better"
    shutil.rmtree(candidate / "similar_model", ignore_errors=True)
    rewrite(candidate, unavailable={"similar_model": reason})
    message = f"it lacks similar_model, which the champion has: {reason}"
    assert message in verdict(candidate, taught, finished, expected=["similar_model"]).notes
    assert message in verdict(candidate, taught, finished).refusals


def test_a_session_model_of_shuffled_items_is_refused(finished: Pipeline, candidate: Path, champion: Release) -> None:
    """Fitted on sessions whose items were dealt out at random, it hits less than the champion beyond the interval."""
    goods = champion.catalogue
    rows = finished.lake.read("sessions", None, "2026-01-11").sort("session_id", "position")
    group = rows["session_id"].rle_id().to_numpy().astype(np.int64)
    items = goods.positions(rows["product_id"].to_list())
    shuffled = np.random.default_rng(1).permutation(items)
    model = SessionModel.fit(group, shuffled, rows["ts"].dt.epoch("us").to_numpy(), len(goods))
    holdout = candidate / REPORTS / "recommendation_report" / HOLDOUT_FILE
    queries = pl.read_ipc(holdout.read_bytes())  # not mapped, since it is written over
    ranked = [model.recommend(goods.positions(p).tolist(), CUTOFF).items for p in queries["prefix"].to_list()]
    hit = hit_rate(ranked, [{goods.position(t)} for t in queries["target"]], CUTOFF)
    queries.with_columns(pl.Series("hit", hit)).write_ipc(holdout)
    shutil.rmtree(candidate / "session_model")
    (candidate / "session_model").mkdir()
    model.save(candidate / "session_model")
    rewrite(candidate)
    judged = verdict(candidate, champion, finished)
    assert [r for r in judged.refusals if r.startswith(f"session hit rate @{CUTOFF}: -")]


def test_an_uplift_model_of_swapped_arms_is_refused(finished: Pipeline, candidate: Path, champion: Release) -> None:
    """Fitted with treated and control swapped it ranks users the wrong way round.

    The tiny shop holds out 443 users, too few to tell even that from noise, so both are measured on all of them.
    """
    frame = finished.lake.read("ad_frame").with_columns((1 - pl.col("treatment")).alias("treatment"))
    shutil.rmtree(candidate / "uplift_model")
    (candidate / "uplift_model").mkdir()
    UpliftModel.fit(frame, features=USER_FEATURES, candidates=["s_logit"], replicas=0).save(candidate / "uplift_model")
    rewrite(candidate)
    everyone = finished.lake.read("ad_frame")
    judged = judge(candidate, champion, lake=finished.lake, shop=SHOP, held_users=everyone)
    assert [r for r in judged.refusals if r.startswith("Qini coefficient: -")], judged


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """A real registry in SQLite, with small folders for releases."""
    return Registry(Settings.from_env({"UPSHELF_HOME": str(tmp_path / "home")}), "simulated")


def publish(registry: Registry, folder: Path, text: str) -> str:
    """Register a folder with one file."""
    folder.mkdir(exist_ok=True)
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    run = registry.log_run(text, parameters={"as_of": text}, metrics={"qini": 0.1}, folder=folder)
    return registry.register(run, {"release": text})


def test_rollback_returns_to_the_version_before(registry: Registry, tmp_path: Path) -> None:
    """Three versions, the second never promoted: from the third back to the first, and no further."""
    assert registry.champion_version() is None
    with pytest.raises(RegistryError, match="no champion"):
        registry.rollback()
    one, _, three = (publish(registry, tmp_path / "folder", text) for text in ("one", "two", "three"))
    registry.promote(one)
    with pytest.raises(RegistryError, match="replaced no other"):
        registry.rollback()
    registry.promote(three)
    assert registry.champion_version() == three
    assert (registry.fetch(three, tmp_path / "got") / "manifest.json").read_text() == "three"
    assert registry.rollback() == (three, one)
    assert registry.champion_version() == one
    assert (registry.fetch(one, tmp_path / "got") / "manifest.json").read_text() == "one"
    assert [tags["release"] for _, tags in registry.versions()] == ["one", "two", "three"]
