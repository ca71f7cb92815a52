"""API keys: which scope a presented key has, and which a route asks for.

What belongs here: comparing keys, by digest and in constant time. Where the digests come from is `serving.settings`.
"""

import hashlib
import hmac
from typing import Literal

from serving.settings import KeyScope

__all__ = ["KeyRing", "RouteScope", "may"]

RouteScope = Literal["open", "any", "storefront", "campaigns", "admin"]
"""What a route asks for: nothing, any key, or a key of that scope (``admin`` may everything)."""


class KeyRing:
    """The digests of the keys that are valid."""

    def __init__(self, keys: tuple[tuple[KeyScope, bytes], ...]) -> None:
        self._keys = keys

    def scopes(self, key: bytes) -> frozenset[KeyScope]:
        """Scopes of a presented key, empty if it is not valid; takes the same time whichever digest matches."""
        digest = hashlib.sha256(key).digest()
        return frozenset([scope for scope, known in self._keys if hmac.compare_digest(digest, known)])


def may(scopes: frozenset[KeyScope], asked: RouteScope) -> bool:
    """Whether a key with ``scopes`` may call a route that asks for ``asked``."""
    return asked == "open" or "admin" in scopes or (bool(scopes) if asked == "any" else asked in scopes)
