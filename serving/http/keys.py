"""API keys: which scope a presented key has, which a route asks for, and keys that change while the API runs.

What belongs here: comparing keys, by digest and in constant time, and following their file. How digests are written is
`serving.settings`.
"""

import asyncio
import hashlib
import hmac
import logging
from typing import Literal

from serving.settings import KeyScope, ServingSettings, SettingsError, keys_of_file

__all__ = ["KeyRing", "RouteScope", "fingerprint", "may"]

RouteScope = Literal["open", "any", "storefront", "campaigns", "admin"]
"""What a route asks for: nothing, any key, or a key of that scope (``admin`` may everything)."""
FINGERPRINT_DIGITS = 16
"""First hex digits of a key's digest that name it in a session."""
_log = logging.getLogger(__name__)


class KeyRing:
    """The digests of the keys that are valid: those of the environment, and those that the file holds now."""

    def __init__(self, settings: ServingSettings) -> None:
        """Read the file, if the settings name one.

        Raises:
            SettingsError: If it cannot be used.
        """
        self._fixed, self._file = settings.keys, settings.keys_file
        self._keys = self._fixed if self._file is None else self._fixed + keys_of_file(self._file)

    def scopes(self, key: bytes) -> frozenset[KeyScope]:
        """Scopes of a presented key, empty if it is not valid; takes the same time whichever digest matches."""
        digest = hashlib.sha256(key).digest()
        return frozenset([scope for scope, known in self._keys if hmac.compare_digest(digest, known)])

    def admins(self) -> frozenset[str]:
        """Fingerprints of the admin keys that are valid now: names that tell them apart and open nothing."""
        return frozenset(known.hex()[:FINGERPRINT_DIGITS] for scope, known in self._keys if scope == "admin")

    async def follow(self, poll_seconds: float) -> None:
        """Read the file again and again until cancelled; while it cannot be used, the keys stay as they were."""
        told = ""
        while self._file is not None:
            await asyncio.sleep(poll_seconds)
            try:
                keys = self._fixed + await asyncio.to_thread(keys_of_file, self._file)
            except SettingsError as error:
                if told != str(error):
                    _log.error("keys stay as they were: %s", error)
                told = str(error)
                continue
            if keys != self._keys:
                _log.info("%d keys are valid from now on, %d before", len(keys), len(self._keys))
            self._keys, told = keys, ""


def fingerprint(key: bytes) -> str:
    """By which a session and the audit log name a key."""
    return hashlib.sha256(key).hexdigest()[:FINGERPRINT_DIGITS]


def may(scopes: frozenset[KeyScope], asked: RouteScope) -> bool:
    """Whether a key with ``scopes`` may call a route that asks for ``asked``."""
    return asked == "open" or "admin" in scopes or (bool(scopes) if asked == "any" else asked in scopes)
