"""The shop as declared in its ``shop.toml``."""

import atexit

from resources.shop.banners import Banner
from resources.shop.campaign import Arm, Campaign
from resources.shop.declaration import Shop, ShopError
from resources.shop.embeddings import Embeddings
from resources.shop.experiments import Change, Experiment
from resources.shop.kept_types import keep_types
from resources.shop.recommendations import EventWeights, Recommendations, Robots, Sessions
from resources.shop.retention import Retention
from resources.shop.search import SEARCH_FIELDS, Search
from resources.shop.slots import Slot
from resources.shop.sources import Attributes, FilesSource, MySQLSource, PostgresSource, SimulatedSource, TableQuery
from resources.shop.targeting import Targeting

__all__ = [
    "SEARCH_FIELDS",
    "Arm",
    "Attributes",
    "Banner",
    "Campaign",
    "Change",
    "Embeddings",
    "EventWeights",
    "Experiment",
    "FilesSource",
    "MySQLSource",
    "PostgresSource",
    "Recommendations",
    "Retention",
    "Robots",
    "Search",
    "Sessions",
    "Shop",
    "ShopError",
    "SimulatedSource",
    "Slot",
    "TableQuery",
    "Targeting",
]

# Whoever reads a shop has its structs.
atexit.register(keep_types)
