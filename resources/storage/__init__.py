"""Where files lie: a folder, or a bucket of S3, Google Cloud Storage or Azure, told by an address."""

from resources.storage.address import SCHEMES, checked_address, in_bucket, is_remote
from resources.storage.files import beginning, chunks, present_sizes, replaced_when_whole, stamp
from resources.storage.objects import REMEDY, Objects, StorageError, concise
from resources.storage.query_files import open_to_queries

__all__ = [
    "REMEDY",
    "SCHEMES",
    "Objects",
    "StorageError",
    "beginning",
    "checked_address",
    "chunks",
    "concise",
    "in_bucket",
    "is_remote",
    "open_to_queries",
    "present_sizes",
    "replaced_when_whole",
    "stamp",
]
