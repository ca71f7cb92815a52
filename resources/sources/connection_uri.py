"""The URI of a shop's database: in the environment alone, and in no message."""

import os
from urllib.parse import unquote, urlsplit

from resources.sources.source_error import SourceError

__all__ = ["connection_uri", "without_secrets"]


def connection_uri(where: str, url_env: str) -> str:
    """What the variable ``url_env`` holds.

    Raises:
        SourceError: If it is not set; ``where`` names what is read.
    """
    uri = os.environ.get(url_env)
    if not uri:
        raise SourceError(where, f"${url_env} is not set", "Put the connection URI there.")
    return uri


def without_secrets(message: str, uri: str) -> str:
    """The driver's message without the query, the URI, the password or anything that looks like a connection string."""
    try:
        password = urlsplit(uri).password or ""
    except ValueError:
        password = ""
    if "://" in message or any(secret in message for secret in (uri, password, unquote(password)) if secret):
        return "the driver's message is withheld because it quotes the connection string."
    return message.partition("\n\nQuery was:")[0].strip()
