"""Fitted models between assets: a folder for each asset and day, on this machine or in a bucket."""

from resources.model_store.bucket_folders import BucketModelStore, open_models
from resources.model_store.folders import ModelStore
from resources.model_store.unavailable import Unavailable

__all__ = ["BucketModelStore", "ModelStore", "Unavailable", "open_models"]
