"""Typed client of the Upshelf API.

``with Client("https://upshelf.example") as api: api.similar("P0001", limit=4).items``; the key is an argument or the
environment's ``UPSHELF_API_KEY``. `AsyncClient` has the same methods to be awaited.
"""

from upshelf_client import answers, requests
from upshelf_client.async_client import AsyncClient
from upshelf_client.client import Client
from upshelf_client.errors import Invalid, ProblemError, UnreachableError, UnreadableError, UpshelfError

__all__ = [
    "AsyncClient",
    "Client",
    "Invalid",
    "ProblemError",
    "UnreachableError",
    "UnreadableError",
    "UpshelfError",
    "answers",
    "requests",
]
