"""Two shops in one process: the shop is given, so neither knows of the other."""

from pathlib import Path

import dagster as dg
import msgspec

from assets.automation import day_range_tags
from assets.definitions import build_defs
from resources.lake import Lake
from resources.settings import Settings
from resources.shop import Shop, SimulatedSource
from tests.integration.home import TINY

TABLES = ("sessions", "product_stats", "catalogue", "popularity")


def small(name: str, first_day: str, products: int) -> Shop:
    """A shop of three days."""
    shop = Shop.load(TINY / "shop.toml")
    first = msgspec.convert(first_day, type(shop.first_day))
    source = SimulatedSource(seed=3, products=products, users=200, days=3, events_per_day=200)
    return msgspec.structs.replace(
        shop, name=name, first_day=first, last_day=first.replace(day=first.day + 2), source=source, window_days=2
    )


def test_definitions_of_two_shops_are_built_and_run_in_one_process(tmp_path: Path) -> None:
    """Other days, products and homes; both are built before either runs."""
    shops = {"spring": small("spring", "2026-03-01", 60), "autumn": small("autumn", "2026-09-10", 90)}
    homes = {name: Settings.from_env({"UPSHELF_HOME": str(tmp_path / name)}) for name in shops}
    built = {name: build_defs(homes[name], shop=shop) for name, shop in shops.items()}
    assert list(tmp_path.iterdir()) == []  # building them connects to nothing and writes nothing
    for name, defs in built.items():
        shop = shops[name]
        assert shop.last_day is not None
        with dg.DagsterInstance.ephemeral() as instance:
            tags = day_range_tags(shop.first_day, shop.last_day)
            defs.resolve_job_def("tables").execute_in_process(instance=instance, tags=tags)
            models = defs.resolve_job_def("models")
            chosen = [dg.AssetKey("catalogue"), dg.AssetKey("popularity")]
            last = shop.last_day.isoformat()
            models.execute_in_process(instance=instance, partition_key=last, asset_selection=chosen)
    products = {name: Lake(home.lake_url).read("products") for name, home in homes.items()}
    assert {name: frame["product_id"].n_unique() for name, frame in products.items()} == {"spring": 60, "autumn": 90}
    days = {name: set(Lake(home.lake_url).read("sessions")["day"]) for name, home in homes.items()}
    assert days["spring"] == {"2026-03-01", "2026-03-02", "2026-03-03"}
    assert days["autumn"] == {"2026-09-10", "2026-09-11", "2026-09-12"}
    assert (homes["autumn"].home / "models" / "popularity" / "2026-09-12").is_dir()
