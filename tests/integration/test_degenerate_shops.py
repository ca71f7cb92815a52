"""Whatever a shop's tables lack, the night ends: a release of what can be had, and a reason for what it lacks."""

import os
from collections.abc import Mapping
from pathlib import Path

import dagster as dg
import pytest

from assets.automation import day_range_tags
from assets.definitions import build_defs
from assets.models.manifest import Manifest, read_manifest
from assets.models.release import MODULES
from resources.settings import Settings
from resources.shop import Shop
from tests.integration.degenerate_shops import FIRST, LAST, write_shop

RANDOM_SHOPS = int(os.environ.get("UPSHELF_TEST_SHOPS", "16"))
"""As many as are wanted of a night: each takes some ten seconds."""


def night(home: Path, shop: Shop, encoder: Path) -> Manifest:
    """Read all days, fit everything as of the last one; returns what the release says of itself."""
    (home / "encoder").symlink_to(encoder)
    defs = build_defs(Settings.from_env({"UPSHELF_HOME": str(home)}), shop=shop)
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    with dg.DagsterInstance.ephemeral() as instance:
        tables, models = (defs.resolve_job_def(name) for name in ("tables", "models"))
        tables.execute_in_process(instance=instance, tags=day_range_tags(FIRST, LAST), run_config=quiet)
        models.execute_in_process(instance=instance, partition_key=str(LAST), run_config=quiet)
    manifest = read_manifest(home / "models" / "release" / str(LAST))
    for module in MODULES:
        assert (module.name in manifest.modules) != bool(manifest.unavailable.get(module.name)), module.name
    return manifest


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(RANDOM_SHOPS))
def test_a_night_of_a_random_shop_ends_with_a_release(tmp_path: Path, encoder: Path, seed: int) -> None:
    """Each table is whole, absent, empty, of one row, of one user, constant, or null where it may be."""
    night(tmp_path, write_shop(tmp_path / "shop", seed), encoder)


@pytest.mark.parametrize(
    ("shapes", "module", "reason"),
    [
        ({"orders": "empty"}, "segments", "the control arm has one outcome only: an effect cannot be learned"),
        (
            {"users": "absent", "events": "one row", "orders": "one row"},
            "segments",
            "no column of the uplift frame varies between users",
        ),
        (
            {"ad_exposures": "constant"},
            "segments",
            "no exposure is in the control arm 'control'; the log has 'mail' (120)",
        ),
        ({"ad_exposures": "absent"}, "segments", "ad_exposures"),
        ({"orders": "absent"}, "co_purchase", "no orders"),
        ({"banner_impressions": "empty", "banners": "absent"}, "banner_priors", "no banner impressions"),
    ],
)
def test_what_the_data_cannot_answer_is_told_and_the_rest_is_released(
    tmp_path: Path, encoder: Path, shapes: Mapping[str, str], module: str, reason: str
) -> None:
    """One table is lacking: its module has the reason in words, and the shop is recommended to all the same."""
    manifest = night(tmp_path, write_shop(tmp_path / "shop", 1, shapes), encoder)
    assert reason in manifest.unavailable[module]
    assert {"catalogue", "popularity", "lexical_index"} <= set(manifest.modules)
