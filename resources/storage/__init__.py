"""Where files lie: a folder, or a bucket of S3, Google Cloud Storage or Azure, told by an address."""

from resources.storage.address import checked_address, is_remote
from resources.storage.objects import Objects, StorageError, present_sizes
from resources.storage.query_files import open_to_queries

__all__ = ["Objects", "StorageError", "checked_address", "is_remote", "open_to_queries", "present_sizes"]
