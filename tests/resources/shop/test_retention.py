"""How long logs are kept: never for less than the models read."""

from pathlib import Path

import pytest

from assets.definitions import declared_assets
from resources.lake.aging import AGING
from resources.shop import Retention, Shop

HEAD = 'name = "kept"\nfirst_day = 2026-01-01\n[source]\nkind = "files"\n[tables.orders]\nquery = "SELECT 1"\n'


def read(tmp_path: Path, text: str) -> tuple[Shop, list[str]]:
    """The shop with these sections, and what is wrong in it."""
    (tmp_path / "shop.toml").write_text(HEAD + text)
    shop, faults = Shop.read(tmp_path / "shop.toml")
    assert shop is not None
    return shop, faults


@pytest.mark.parametrize(
    ("campaign", "needed", "longest"),
    [
        ("[campaign]\n", 100, "history_days and attribution_days of [campaign], and late_days"),
        (
            "[campaign]\nhistory_days = 30\nframe_days = 120\n",
            129,
            "frame_days and attribution_days of [campaign], and late_days",
        ),
        (
            "[campaign]\nhistory_days = 30\nframe_days = 30\ncontact_days = 200\n",
            203,
            "contact_days of [campaign], and late_days",
        ),
        ("[campaign]\nhistory_days = 30\nframe_days = 30\n", 92, "window_days, and late_days"),
        (
            "[campaigns.mail]\n[campaigns.visit]\nframe_days = 120\nattribution_days = 20\n",
            142,
            "frame_days and attribution_days of [campaigns.visit], and late_days",
        ),
        (
            "[targeting]\ncontact_days = 200\n[campaigns.mail]\n[campaigns.visit]\n",
            203,
            "contact_days of [targeting], and late_days",
        ),
    ],
)
def test_too_few_days_are_a_fault_in_words(tmp_path: Path, campaign: str, needed: int, longest: str) -> None:
    """With what reads most, how much it is, and what to do; as many as are read are none."""
    _, (fault,) = read(tmp_path, f"[retention]\nlogs_days = {needed - 1}\n{campaign}")
    assert fault == (
        f"[retention] logs_days is {needed - 1}, but models read {needed} days ({longest}): give {needed} or more, or "
        "shorten what they read"
    )
    shop, faults = read(tmp_path, f"[retention]\nlogs_days = {needed}\n{campaign}")
    assert faults == []
    # The rule knows every window over logs that an asset declares.
    windows = {w for asset in declared_assets() for table, w in asset.reads.items() if table in AGING}
    assert max(days for w in windows if (days := w.length(shop)) is not None) + shop.late_days == needed


def test_the_default_keeps_all_logs(tmp_path: Path) -> None:
    """And versions for thirty days; fewer than Delta needs are refused."""
    shop, faults = read(tmp_path, "")
    assert (shop.retention, faults) == (Retention(logs_days=None, versions_days=30), [])
    (tmp_path / "shop.toml").write_text(HEAD + "[retention]\nversions_days = 6\n")
    assert "versions_days" in " ".join(Shop.read(tmp_path / "shop.toml")[1])
