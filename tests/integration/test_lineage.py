"""What an asset reads is what it has declared, in both directions: the lineage in the UI is true."""

import json
import shutil
from pathlib import Path
from typing import Any

import dagster as dg
import msgspec
import polars as pl
import pytest

from assets.automation import day_range_tags
from assets.daily.declared import JOINT_PLAN, Declared
from assets.definitions import build_defs, declared_assets
from assets.models.manifest import CAMPAIGN_PARTS, METRICS_FILE, asset_and_campaign, part_of
from resources.contracts import CONTRACTS
from resources.lake import Lake, TableFiles
from resources.model_store import ModelStore
from resources.settings import Settings
from resources.shop import Arm, Campaign, Change, Experiment, Shop, Targeting
from tests.integration.home import Pipeline

pytestmark = pytest.mark.slow

LAST = "2026-01-12"


class RecordingLake(Lake):
    """A lake that remembers which tables were asked for."""

    def __init__(self, url: str, read: set[str]) -> None:
        super().__init__(url)
        self.read_tables = read

    def files(self, table: str, first: str | None = None, last: str | None = None) -> TableFiles:
        """Remember the table; a quarantine belongs to the asset of its table."""
        self.read_tables.add(table.removeprefix("quarantine_"))
        return super().files(table, first, last)


class RecordingModels(ModelStore):
    """A model store that remembers which models were asked for."""

    def __init__(self, root: Path, read: set[str]) -> None:
        super().__init__(root)
        self.read_models = read

    def path(self, asset: str, day: str) -> Path:
        """Remember the model."""
        self.read_models.add(asset)
        return super().path(asset, day)


def reads(asset: Declared, home: Path, shop: Shop) -> set[str]:
    """Inputs that a run of the asset alone asked for, over a home in which everything has been materialised."""
    settings = Settings.from_env({"UPSHELF_HOME": str(home)})
    read: set[str] = set()
    overrides: dict[str, Any] = {
        "lake": RecordingLake(settings.lake_url, read),
        "models": RecordingModels(home / "models", read),
    }
    defs = build_defs(settings, shop=shop, **overrides)
    first = msgspec.convert(LAST, type(shop.first_day))
    with dg.DagsterInstance.ephemeral() as instance:
        result = defs.resolve_implicit_global_asset_job_def().execute_in_process(
            instance=instance,
            tags=day_range_tags(first, first),
            asset_selection=[dg.AssetKey(asset.name)],
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
    assert result.success
    return {asset_and_campaign(name)[0] for name in read} - {asset.name}


def decided(folder: Path, **kept: object) -> None:
    """Let a trial have decided so: its asset's model then reads what it would be learnt from."""
    (path,) = (path for path in folder.glob("*.json") if path.name != METRICS_FILE)
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | kept), encoding="utf-8")


def with_campaign(home: Path, plain: Shop) -> Shop:
    """The shop with its campaign as one of several that are planned jointly, for which all has been materialised."""
    for part in sorted(CAMPAIGN_PARTS - {"uplift_scores"}):
        folder = home / "models" / part_of(part, "mail") / LAST
        shutil.copytree(home / "models" / part / LAST, folder, dirs_exist_ok=True)
    (home / "models" / part_of("uplift_scores", "mail") / LAST).mkdir(parents=True, exist_ok=True)
    lake = Lake(str(home / "lake"))
    scores = lake.read("uplift_scores", LAST, LAST).with_columns(campaign=pl.lit("mail"))
    lake.replace_partition("uplift_scores", scores, LAST, LAST, campaign="mail")
    ids = lake.read("ad_frame", columns=["campaign_id"])["campaign_id"].unique().to_list()
    mail = msgspec.structs.replace(plain.campaign, campaigns=ids)
    several = {"campaign": Campaign(), "campaigns": {"mail": mail}, "targeting": Targeting(max_contacts=1)}
    return msgspec.structs.replace(plain, **several)


def test_what_is_read_is_what_is_declared(finished: Pipeline, tmp_path: Path) -> None:
    """Every asset, over the tiny shop with an experiment, with limited contacts, and with several arms.

    The joint plan, and the release that it is in, also over the shop with its campaign as one of several.
    """
    home = Path(shutil.copytree(finished.home, tmp_path / "home", symlinks=True))
    decided(home / "models" / "search_report" / LAST, kept="ranker")
    decided(home / "models" / "similar_report" / LAST, kept=True)
    plain = Shop.load(finished.shop / "shop.toml")
    experiment = Experiment(change=Change(personalisation=False))
    plain = msgspec.structs.replace(plain, experiments={"unlike": experiment})
    shops = [
        msgspec.structs.replace(plain, campaign=msgspec.structs.replace(plain.campaign, **changed))
        for changed in ({}, {"max_contacts": 2}, {"treatment": None, "arms": {"treatment": Arm(), "letter": Arm()}})
    ]
    apart = Path(shutil.copytree(finished.home, tmp_path / "apart", symlinks=True))
    joint = [(apart, with_campaign(apart, shop)) for shop in (shops[2], plain)]
    found, declared = dict[str, set[str]](), dict[str, set[str]]()
    for asset in declared_assets():
        declared[asset.name] = set(asset.reads)
        alone = [(home, shop) for shop in shops]
        over = {JOINT_PLAN: joint, "release": [*alone, joint[-1]]}.get(asset.name, alone)
        found[asset.name] = set().union(*(reads(asset, *of) for of in over)) if asset.reads else set()
    assert found == declared
    assert {name for name, of in declared.items() if not of} == set(CONTRACTS)
