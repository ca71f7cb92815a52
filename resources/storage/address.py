"""Addresses of storage: a folder of this machine, or ``s3://``, ``gs://`` or ``az://`` with a bucket and a prefix.

What belongs here: which addresses there are. What does not: reading and writing (`resources.storage.objects`).
"""

import re

__all__ = ["SCHEMES", "checked_address", "in_bucket", "is_remote"]

SCHEMES = ("s3", "gs", "az")
"""Of S3 and what speaks its API, of Google Cloud Storage, and of Azure."""

_REMOTE = re.compile(
    f"(?:{'|'.join(SCHEMES)})" r"://[a-z0-9][a-z0-9._-]{1,62}(?:/(?!\.\.?(?:/|$))[A-Za-z0-9_=.-]{1,200}){0,30}"
)


def is_remote(address: str) -> bool:
    """Whether ``address`` is a URL, and not a folder of this machine."""
    return "://" in address


def in_bucket(address: str) -> bool:
    """Whether ``address``, which may be a pattern, is of a bucket."""
    return address.partition("://")[0] in SCHEMES and is_remote(address)


def checked_address(name: str, address: str) -> str:
    """``address`` without slashes at its end, if it is a folder or a bucket that can be read and written.

    Raises:
        ValueError: With ``name``, the rule and the remedy; a URL is not repeated, as it may hold a password.
    """
    if not is_remote(address):
        return address
    address = address.rstrip("/")
    if not _REMOTE.fullmatch(address):
        raise ValueError(
            f"{name} is a URL that is no address of storage: give a folder, or s3://, gs:// or az:// with the bucket "
            "and a prefix of letters, digits and . _ - = alone, such as s3://my-bucket/upshelf. Credentials stand in "
            "the environment (AWS_ACCESS_KEY_ID and so on), never in the address."
        )
    return address
