"""Files of users that leave Upshelf: their formats, and ids that only the shop can trace back.

What belongs here: how rows become a file, in bounded memory. Which rows is the caller's.
"""

from hashlib import blake2b
from pathlib import Path
from typing import Literal, get_args

import polars as pl

from resources.spreadsheets import spreadsheet_safe

__all__ = ["FORMATS", "Format", "PseudonymError", "pseudonyms", "the_secret", "write_users"]

Format = Literal["csv", "ndjson", "parquet", "arrow"]
FORMATS: tuple[Format, ...] = get_args(Format)
LEAST_SECRET = 16
"""Characters of a secret at least."""


class PseudonymError(ValueError):
    """There is no secret to hide ids by; the message has the remedy."""


def the_secret(given: str | None) -> str:
    """``UPSHELF_PSEUDONYM_KEY`` as it may be used.

    Raises:
        PseudonymError: If it is not set, or too short to keep anything secret.
    """
    if given is None or len(given) < LEAST_SECRET:
        raise PseudonymError(
            f"ids of users are hidden by UPSHELF_PSEUDONYM_KEY: set it to a secret of {LEAST_SECRET} characters or "
            "more, such as what `openssl rand -hex 32` prints."
        )
    return given


def pseudonyms(key: str) -> pl.Expr:
    """``user_id`` as 32 hex digits that follow from it and from ``key`` (blake2b, keyed): the same in every export.

    Who has the key can find a user's pseudonym, and nobody a pseudonym's user but by trying all ids with the key.
    """
    secret = blake2b(key.encode(), digest_size=32).digest()

    def of(ids: pl.Series) -> pl.Series:
        hashed = (blake2b(u.encode("utf-8", "surrogatepass"), key=secret, digest_size=16).hexdigest() for u in ids)
        return pl.Series(ids.name, hashed, dtype=pl.String)

    return pl.col("user_id").map_batches(of, return_dtype=pl.String, is_elementwise=True)


def write_users(users: pl.LazyFrame, written: Format, path: Path, *, pseudonym_key: str | None = None) -> None:
    """Stream ``users`` to the file ``path``; in a CSV, text that begins like a formula is marked.

    Args:
        users: With a column ``user_id``.
        written: The format.
        path: Replaced where it exists.
        pseudonym_key: Secret by which ids are hidden; none writes them as they are.
    """
    if pseudonym_key is not None:
        users = users.with_columns(pseudonyms(pseudonym_key))
    match written:
        case "csv":
            users.with_columns(spreadsheet_safe()).sink_csv(path)
        case "ndjson":
            users.sink_ndjson(path)
        case "parquet":
            users.sink_parquet(path)
        case "arrow":
            users.sink_ipc(path)
