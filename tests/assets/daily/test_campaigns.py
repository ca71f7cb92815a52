"""Each of several campaigns has assets of its own, and a fault in one stops neither the others nor what joins them."""

from pathlib import Path

import dagster as dg
import msgspec
import polars as pl
import pytest

from assets.daily.declared import Declared
from assets.daily.models import AsOf, Built, daily_model
from assets.daily.tables import Span, Written, daily_table
from assets.daily.windows import SAME_DAY
from assets.definitions import build_defs, declared_assets
from assets.models.manifest import CAMPAIGN_PARTS, asset_and_campaign, part_of
from evaluation.insufficient import InsufficientDataError
from resources.engine import Engine
from resources.lake import Lake
from resources.model_store import ModelStore, Unavailable
from resources.settings import Settings
from resources.shop import Campaign
from resources.tables import TABLES
from tests.default_shop import SHOP

DAY = "2026-01-02"
BOTH = msgspec.structs.replace(SHOP, campaigns={"mail": Campaign(), "voucher": Campaign(attribution_days=3)})


def scores_of(fault: Exception | None) -> Declared:
    """A table of one user a campaign; that of vouchers raises ``fault``."""

    @daily_table(group="uplift", kinds={"polars"}, reads={})
    def uplift_scores(span: Span) -> Written:
        """Scores of nobody, for tests."""
        if span.campaign == "voucher" and fault is not None:
            raise fault
        row = {"day": DAY, "user_id": f"{span.campaign}/{span.shop.campaign.attribution_days}"}
        span.write(pl.DataFrame([row], schema=dict(TABLES["uplift_scores"])), span.first, span.last)
        return Written(1)

    return uplift_scores


@daily_model(group="uplift", kinds={"numpy"}, reads={"uplift_scores": SAME_DAY})
def segments(at: AsOf) -> Built:
    """Segments of nobody, for tests."""
    rows = at.lake.read("uplift_scores", at.day, at.day)
    (at.folder / "users").write_text(",".join(rows["user_id"]))
    return Built(rows.height)


@daily_model(group="release", kinds={"numpy"}, reads={"segments": SAME_DAY})
def joined(at: AsOf) -> Built:
    """All campaigns' segments, for tests."""
    lines = []
    for name in at.shop.by_campaign:
        of = at.of_campaign(name)
        try:
            lines.append(f"{of.section} {(of.model('segments') / 'users').read_text()}")
        except Unavailable as reason:
            lines.append(f"{of.section} {reason}")
    (at.folder / "lines").write_text("\n".join(lines))
    return Built(len(lines))


def run(home: Path, fault: Exception | None = None) -> tuple[dg.ExecuteInProcessResult, list[str]]:
    """Materialise all of them in one run; what the last one says of each campaign."""
    settings = Settings.from_env({"UPSHELF_HOME": str(home)})
    resources = {
        "settings": settings,
        "shop": BOTH,
        "lake": Lake(settings.lake_url),
        "engine": Engine(),
        "models": ModelStore(home / "models"),
    }
    assets = [made for asset in (scores_of(fault), segments, joined) for made in asset.in_shop(BOTH)]
    (home / "dagster").mkdir(parents=True, exist_ok=True)
    with dg.DagsterInstance.ephemeral(tempdir=str(home / "dagster")) as instance:
        result = dg.materialize(assets, partition_key=DAY, resources=resources, instance=instance)
    return result, (ModelStore(home / "models").require("joined", DAY) / "lines").read_text().split("\n")


def failed(result: dg.ExecuteInProcessResult) -> list[str]:
    """Checks that failed, with their words."""
    checks = [check for check in result.get_asset_check_evaluations() if not check.passed]
    return [f"{check.asset_key.to_user_string()}.{check.check_name}: {check.description}" for check in checks]


def test_each_sees_its_own_rows_and_its_own_keys(tmp_path: Path) -> None:
    """One table holds the scores of both; a second run replaces each campaign's rows alone."""
    for _ in range(2):
        result, lines = run(tmp_path)
        assert result.success
        assert failed(result) == []
        assert lines == ["[campaigns.mail] mail/7", "[campaigns.voucher] voucher/3"]
    rows = Lake(str(tmp_path / "lake")).read("uplift_scores").sort("campaign")
    assert rows.select("campaign", "user_id").rows() == [("mail", "mail/7"), ("voucher", "voucher/3")]


def test_a_fault_of_one_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    """The check `made` of each asset that it keeps from being made fails; the run succeeds. Old rows do not stay."""
    run(tmp_path)
    result, lines = run(tmp_path, ZeroDivisionError("nobody to divide by"))
    assert result.success
    reason = "it failed: ZeroDivisionError: nobody to divide by"
    assert lines == ["[campaigns.mail] mail/7", f"[campaigns.voucher] {reason}"]
    assert failed(result) == [f"uplift_scores__voucher.made: {reason}"]
    assert Lake(str(tmp_path / "lake")).read("uplift_scores")["campaign"].to_list() == ["mail"]


def test_too_few_responses_are_a_reason_and_no_fault(tmp_path: Path) -> None:
    """As in a shop of one campaign."""
    result, lines = run(tmp_path, InsufficientDataError("too few responses"))
    assert lines == ["[campaigns.mail] mail/7", "[campaigns.voucher] too few responses"]
    assert result.success


def test_a_fault_of_the_one_campaign_of_a_shop_still_fails(tmp_path: Path) -> None:
    """Nothing is isolated where there is nothing else."""

    @daily_model(group="uplift", kinds={"numpy"}, reads={})
    def experiment(at: AsOf) -> Built:
        """An experiment that fails, for tests."""
        raise ZeroDivisionError(at.section)

    settings = Settings.from_env({"UPSHELF_HOME": str(tmp_path)})
    resources = {"settings": settings, "shop": SHOP, "lake": Lake("lake"), "models": ModelStore(tmp_path / "models")}
    (tmp_path / "dagster").mkdir()
    with (
        dg.DagsterInstance.ephemeral(tempdir=str(tmp_path / "dagster")) as instance,
        pytest.raises(ZeroDivisionError, match=r"^\[campaign\]$"),
    ):
        dg.materialize(experiment.in_shop(SHOP), partition_key=DAY, resources=resources, instance=instance)


def test_the_graph_has_a_group_for_each_campaign() -> None:
    """With all of its assets, which read one another; the release reads those of all."""
    specs = {spec.key.to_user_string(): spec for spec in build_defs(shop=BOTH).resolve_all_asset_specs()}
    for name in BOTH.campaigns:
        group = {key for key, spec in specs.items() if spec.group_name == f"campaign_{name}"}
        assert group == {part_of(asset, name) for asset in CAMPAIGN_PARTS}
    assert not CAMPAIGN_PARTS & set(specs)
    upstream = {key: {dep.asset_key.to_user_string() for dep in spec.deps} for key, spec in specs.items()}
    assert upstream["segments__mail"] >= {"uplift_scores__mail", "experiment__mail", "user_profiles"}
    assert not {key for key in upstream["segments__mail"] if key.endswith("__voucher")}
    assert upstream["release"] >= {"segments__mail", "segments__voucher"}
    assert all(specs[key].owners for key in specs if "__" in key)


def test_what_campaigns_have_for_themselves_are_assets() -> None:
    """By one list; names go there and back."""
    assert {asset.name for asset in declared_assets()} >= CAMPAIGN_PARTS
    assert asset_and_campaign(part_of("segments", "spring_sale")) == ("segments", "spring_sale")
    assert asset_and_campaign(part_of("segments", None)) == ("segments", None)
    assert part_of("catalogue", "spring_sale") == "catalogue"
