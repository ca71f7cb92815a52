"""The shop that the code location serves where nothing else is said."""

from resources.settings import Settings
from resources.shop import Shop

SHOP = Shop.load(Settings.from_env({}).shop)
