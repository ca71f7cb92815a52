"""The operational store: banner counts, feedback, and who is to be forgotten."""

from resources.store.errors import StoreError
from resources.store.operational_store import ArmCount, Impression, Store
from resources.store.rewards import Given, Reward, Rewarded
from resources.store.store_tables import MAX_CONTEXT_CHARS

__all__ = ["MAX_CONTEXT_CHARS", "ArmCount", "Given", "Impression", "Reward", "Rewarded", "Store", "StoreError"]
