"""What the gate says where campaigns come and go."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from assets.models.release import Release
from assets.models.uplift.uplift_scores import UpliftScores
from assets.release.gate import judge
from resources.lake import Lake
from resources.shop import Campaign, Shop
from tests.default_shop import SHOP
from tests.serving.releases import describe, uplift_scores, write_campaign
from tests.serving.several_campaigns import write_campaigns

SEVERAL = msgspec.structs.replace(SHOP, campaigns={name: Campaign() for name in ("mail", "voucher", "push")})


def one(folder: Path) -> None:
    """A release of one campaign."""
    write_campaign(folder, UpliftScores.build(uplift_scores()))
    describe(folder, "2026-01-30")


@pytest.mark.parametrize(
    ("shop", "before", "after", "gone"),
    [(SEVERAL, one, write_campaigns, "segments"), (SHOP, write_campaigns, one, "segments__voucher")],
)
def test_a_campaign_that_the_shop_no_longer_has_is_no_lack(
    tmp_path: Path, shop: Shop, before: Callable[[Path], None], after: Callable[[Path], None], gone: str
) -> None:
    """From one to several and back: the release passes, and the notes tell what went."""
    before(tmp_path / "champion")
    after(tmp_path / "candidate")
    champion, lake = Release.load(tmp_path / "champion"), Lake(str(tmp_path / "lake"))
    judged = judge(tmp_path / "candidate", champion, lake=lake, shop=shop, held_users=None)
    assert judged.passed, judged.refusals
    lacks = f"it lacks {gone}, which the champion has: the shop has no such campaign any more"
    assert lacks in judged.notes


def test_a_campaign_that_the_shop_has_is_missed(tmp_path: Path) -> None:
    """But where its lack is expected, as of every reason in one of several campaigns."""
    write_campaigns(tmp_path / "champion")
    one(tmp_path / "candidate")
    champion, lake = Release.load(tmp_path / "champion"), Lake(str(tmp_path / "lake"))

    def refusals(*expected: str) -> list[str]:
        judged = judge(tmp_path / "candidate", champion, lake=lake, shop=SEVERAL, held_users=None, expected=expected)
        return [refusal.split(",")[0] for refusal in judged.refusals]

    assert refusals() == ["it lacks roi_simulation__mail", "it lacks segments__mail", "it lacks segments__voucher"]
    assert refusals("roi_simulation__mail", "segments__mail") == ["it lacks segments__voucher"]
