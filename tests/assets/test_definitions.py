"""The code location as Dagster sees it."""

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg

from assets.daily.partitions import daily_partitions
from assets.definitions import build_defs
from resources.settings import ROOT
from resources.tables import DESCRIPTIONS, TABLES
from tests.default_shop import SHOP

defs = build_defs(shop=SHOP)

NOT_SIMULATED = {"judgments", "banners"}
"""Tables that the simulated shop lacks."""

GROUPS = {
    "raw": {"products", "events", "orders", "users", "ad_exposures", "banner_impressions", "judgments", "banners"},
    "features": {
        "robots",
        "sessions",
        "baskets",
        "returns",
        "product_stats",
        "searches",
        "user_profiles",
        "ad_frame",
        "catalogue",
    },
    "embeddings": {"product_embeddings"},
    "index": {"hnsw_index", "lexical_index", "suggestions", "search_model", "similar_model"},
    "recommenders": {
        "popularity",
        "co_purchase",
        "next_basket",
        "session_model",
        "category_recommendations",
        "user_histories",
        "banner_priors",
    },
    "uplift": {"experiment", "uplift_model", "arm_effects", "uplift_scores", "segments"},
    "reports": {
        "uplift_report",
        "recommendation_report",
        "search_report",
        "similar_report",
        "drift_report",
        "banner_report",
        "live_experiments",
    },
    "roi": {"roi_simulation", "targeting_plan"},
    "release": {"release"},
}


def specs() -> list[dg.AssetSpec]:
    """The spec of every asset of ours."""
    return [spec for spec in defs.resolve_all_asset_specs() if spec.group_name != "sources"]


def test_groups_hold_these_assets() -> None:
    """Every asset stands in its group, and there is no other."""
    found: dict[str, set[str]] = {}
    for spec in specs():
        found.setdefault(spec.group_name or "", set()).add(spec.key.to_user_string())
    assert found == GROUPS


def test_every_table_shows_its_columns() -> None:
    """With types and what each holds."""
    tables = {spec.key.to_user_string(): spec.metadata.get("dagster/column_schema") for spec in specs()}
    schemas = {name: schema for name, schema in tables.items() if schema is not None}
    assert set(schemas) == {name for name in TABLES if not name.startswith("quarantine_")}
    for name, schema in schemas.items():
        assert [column.name for column in schema.columns] == list(TABLES[name])
        assert all(column.description for column in schema.columns), name
    assert all(all(of.values()) for of in DESCRIPTIONS.values())


def test_every_asset_tells_what_it_is() -> None:
    """Kinds, an owner, a description of more than a word, the daily partitions, and many days in one run."""
    for spec in specs():
        name = spec.key.to_user_string()
        assert spec.kinds, name
        assert [owner for owner in spec.owners if owner.startswith("team:")], name
        assert len((spec.description or "").split()) >= 5, name
        assert spec.partitions_def == daily_partitions(SHOP), name
    for asset in (of for of in defs.resolve_asset_graph().assets_defs if of.is_executable):
        assert asset.backfill_policy == dg.BackfillPolicy.single_run(), asset.key


def test_everything_upstream_is_an_asset_of_ours() -> None:
    """No dependency names an asset that does not exist."""
    names = {spec.key for spec in defs.resolve_all_asset_specs()}
    assert {dep.asset_key for spec in specs() for dep in spec.deps} <= names


def test_the_shops_own_tables_begin_the_lineage() -> None:
    """Each raw table is read from an external asset, that of the shop's table; none where the shop lacks it."""
    upstream = {
        spec.key.to_user_string(): [dep.asset_key.to_user_string() for dep in spec.deps]
        for spec in specs()
        if spec.group_name == "raw"
    }
    assert upstream == {name: [f"source/{name}"] if name not in NOT_SIMULATED else [] for name in GROUPS["raw"]}
    outside = {spec.key.to_user_string() for spec in defs.resolve_all_asset_specs() if spec.group_name == "sources"}
    assert outside == {f"source/{name}" for name in GROUPS["raw"] - NOT_SIMULATED}


def test_descriptions_are_plain_text() -> None:
    """The list of assets shows them as they stand."""
    assert not [spec.key for spec in specs() if "`" in (spec.description or "")]


def test_raw_tables_block_on_their_contract() -> None:
    """Each raw table has the blocking check `contract`; so has the vector index `recall`; the release has its gate."""
    graph = defs.resolve_asset_graph()
    blocking = {
        f"{key.asset_key.to_user_string()}.{key.name}" for key in graph.asset_check_keys if graph.get(key).blocking
    }
    assert blocking == {f"{table}.contract" for table in GROUPS["raw"]} | {"hnsw_index.recall"}
    assert "release.gate" in {f"{k.asset_key.to_user_string()}.{k.name}" for k in graph.asset_check_keys}


def test_automation_is_there_and_runs_by_default() -> None:
    """Two jobs that share all assets between them, one without any, two schedules and four sensors, each running."""
    repository = defs.get_repository_def()
    selected = {
        name: {key.to_user_string() for key in repository.get_job(name).asset_layer.executable_asset_keys}
        for name in ("tables", "models")
    }
    assert selected["tables"] | selected["models"] == set().union(*GROUPS.values())
    assert selected["tables"] & selected["models"] == set()
    schedules = {s.name: s.default_status for s in repository.schedule_defs}
    sensors = {s.name: s.default_status for s in repository.sensor_defs}
    assert schedules == dict.fromkeys(("nightly", "weekly"), dg.DefaultScheduleStatus.RUNNING)
    assert repository.get_job("table_care").asset_layer.executable_asset_keys == set()
    names = ("new_day_arrived", "release_after_tables", "tell_failed_runs", "tell_failed_checks")
    assert sensors == dict.fromkeys(names, dg.DefaultSensorStatus.RUNNING)


def test_the_workspace_validates(tmp_path: Path) -> None:
    """`dagster definitions validate` loads the location that workspace.yaml names, and finds it whole."""
    (tmp_path / "dagster.yaml").write_text("telemetry:\n  enabled: false\n", encoding="utf-8")
    done = subprocess.run(
        [str(Path(sys.executable).with_name("dagster")), "definitions", "validate"],
        cwd=ROOT,
        env={
            **os.environ,
            "DAGSTER_HOME": str(tmp_path),
            "UPSHELF_HOME": str(tmp_path / "home"),
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    told = done.stdout + done.stderr
    assert done.returncode == 0, told
    assert "Validation successful for code location upshelf" in told
