"""Several campaigns in one ``shop.toml``."""

from pathlib import Path

import pytest

from resources.shop import Campaign, Shop

HEAD = 'name = "tiny"\nfirst_day = 2026-01-01\n[source]\nkind = "simulated"\n'


def read(folder: Path, campaigns: str) -> tuple[Shop | None, list[str]]:
    """A shop with these tables, and what is wrong in it."""
    (folder / "shop.toml").write_text(HEAD + campaigns)
    return Shop.read(folder / "shop.toml")


def test_each_has_its_own_keys(tmp_path: Path) -> None:
    """The exposures of one that names none are those of its id."""
    shop, faults = read(
        tmp_path,
        """
        [campaigns.mail]
        margin = 0.5
        outcome = "visit"
        [campaigns.voucher]
        campaigns = ["Spring 1", "Spring 2"]
        [campaigns.voucher.arms.five]
        incentive = 5
        [campaigns.voucher.arms.ten]
        incentive = 10
        """,
    )
    assert faults == []
    assert shop is not None
    assert list(shop.by_campaign) == ["mail", "voucher"]
    mail, voucher = (shop.by_campaign[name].campaign for name in ("mail", "voucher"))
    assert (mail.margin, mail.outcome, mail.campaigns) == (0.5, "visit", ["mail"])
    assert voucher.campaigns == ["Spring 1", "Spring 2"]
    assert voucher.price("ten") == (0.1, 10.0)


def test_a_campaign_alone_is_the_one_that_it_was(tmp_path: Path) -> None:
    """It has no id, and takes all exposures."""
    shop, faults = read(tmp_path, "[campaign]\nmargin = 0.5\n")
    assert (shop is not None and shop.by_campaign, faults) == ({None: shop}, [])
    assert shop is not None
    assert shop.campaign == Campaign(margin=0.5)


@pytest.mark.parametrize(
    ("campaigns", "fault"),
    [
        ("[campaign]\n[campaigns.mail]\n", "[campaign] and [campaigns.mail] are both there"),
        ("[campaigns.Mail-1]\n", "[campaigns] Mail-1 is 'Mail-1': give up to 40 small letters, digits and single _"),
        ("[campaigns.a__b]\n", "[campaigns] a__b is 'a__b': give up to 40 small letters"),
        (
            '[campaigns.a]\ncampaigns = ["x", "y"]\n[campaigns.b]\ncampaigns = ["y"]\n',
            "[campaigns.a] and [campaigns.b] both take the exposures of 'y'",
        ),
        ('[campaigns.a]\n[campaigns.b]\ncampaigns = ["a"]\n', "both take the exposures of 'a'"),
        ("[campaigns.a.arms.x]\n", "[campaigns.a.arms] declares ['x'] alone"),
        ("[campaigns.a]\nmargni = 0.2\n", "did you mean 'margin'?"),
        ("[targeting]\nbudget = 5\n", "[targeting] is what several campaigns share, and there is no [campaigns.ID]"),
        ("[campaigns.a]\nhistory_days = 30\n[campaigns.b]\n", "differ in history_days (30 in a, 90 in b)"),
    ],
)
def test_what_cannot_be_meant_is_an_error_in_words(tmp_path: Path, campaigns: str, fault: str) -> None:
    """One fault each, with the remedy."""
    _, faults = read(tmp_path, campaigns)
    assert len(faults) == 1
    assert fault in faults[0]
