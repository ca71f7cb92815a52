"""How the API runs: the environment, read once, as one frozen typed object.

What belongs here: address, keys, limits and intervals of the API. What does not: where the lake, the registry and
the store are (`resources.settings`).
"""

import ipaddress
import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from resources.settings import Settings

__all__ = ["KeyScope", "ServingSettings", "SettingsError"]

KeyScope = Literal["storefront", "campaigns", "admin"]
"""Whom a key is for; ``admin`` may do everything."""
_DIGEST = re.compile(r"[0-9a-f]{64}")


class SettingsError(ValueError):
    """A setting that cannot be used; the message names the variable, the rule and the remedy."""


@dataclass(frozen=True)
class ServingSettings:
    """Settings of one API process. Keys and addresses that may hold a password are left out of ``repr``."""

    cache: Path
    """UPSHELF_SERVING_CACHE: folder of local copies of releases (default ``<home>/serving``)."""
    store_url: str = field(repr=False)
    """UPSHELF_STORE_URL, as in `resources.settings`."""
    host: str = "127.0.0.1"
    """UPSHELF_HOST: address to listen on."""
    port: int = 8000
    """UPSHELF_PORT: port to listen on."""
    poll_seconds: float = 5.0
    """UPSHELF_POLL_SECONDS: how often the champion is looked up."""
    retry_seconds: float = 30.0
    """UPSHELF_RETRY_SECONDS: first wait before a release that failed to load is tried again; doubles each time."""
    keys: tuple[tuple[KeyScope, bytes], ...] = field(default=(), repr=False)
    """UPSHELF_API_KEYS: ``scope:sha256hex,…``, several a scope; digests of keys, never the keys themselves."""
    rate_per_second: float = 50.0
    """UPSHELF_RATE_PER_SECOND: requests a second that a key (without keys: an address) may keep up; 0: no limit."""
    burst: int = 100
    """UPSHELF_RATE_BURST: requests that may come at once."""
    late_days: int = 2
    """``late_days`` of the shop: how old an event may be that is still read."""
    max_body_bytes: int = 1_000_000
    """UPSHELF_MAX_BODY_BYTES: a larger request body is refused with 413."""

    def __post_init__(self) -> None:
        if not self.keys and not _is_loopback(self.host):
            raise SettingsError(
                f"UPSHELF_HOST is {self.host!r}, which others can reach, and UPSHELF_API_KEYS is empty. Set "
                "UPSHELF_API_KEYS to scope:sha256hex pairs, or listen on 127.0.0.1 for development."
            )
        if not 0 < self.port < 65_536:
            raise SettingsError(f"UPSHELF_PORT is {self.port}: ports run from 1 to 65535.")
        if self.poll_seconds <= 0 or self.retry_seconds <= 0:
            raise SettingsError("UPSHELF_POLL_SECONDS and UPSHELF_RETRY_SECONDS must be above 0.")
        if self.rate_per_second < 0 or self.burst < 1 or self.max_body_bytes < 1:
            raise SettingsError(
                "UPSHELF_RATE_PER_SECOND must be at least 0, UPSHELF_RATE_BURST and UPSHELF_MAX_BODY_BYTES at least 1."
            )

    @property
    def is_development(self) -> bool:
        """Without keys everything is open; only possible on a loopback address."""
        return not self.keys

    @classmethod
    def from_env(cls, installation: Settings, env: Mapping[str, str] | None = None) -> "ServingSettings":
        """Read the settings from ``env`` (default: the process's environment).

        Raises:
            SettingsError: If a variable cannot be read, or the API would be open to others without keys.
        """
        env = os.environ if env is None else env
        return cls(
            cache=Path(env.get("UPSHELF_SERVING_CACHE") or installation.home / "serving"),
            store_url=installation.store_url,
            host=env.get("UPSHELF_HOST") or cls.host,
            port=int(_number(env, "UPSHELF_PORT", cls.port)),
            poll_seconds=_number(env, "UPSHELF_POLL_SECONDS", cls.poll_seconds),
            retry_seconds=_number(env, "UPSHELF_RETRY_SECONDS", cls.retry_seconds),
            keys=_keys(env.get("UPSHELF_API_KEYS") or ""),
            rate_per_second=_number(env, "UPSHELF_RATE_PER_SECOND", cls.rate_per_second),
            burst=int(_number(env, "UPSHELF_RATE_BURST", cls.burst)),
            max_body_bytes=int(_number(env, "UPSHELF_MAX_BODY_BYTES", cls.max_body_bytes)),
        )


def _number(env: Mapping[str, str], name: str, default: float) -> float:
    text = env.get(name)
    try:
        number = float(text) if text else default
        if not math.isfinite(number):
            raise ValueError(number)
        return number
    except ValueError as error:
        raise SettingsError(f"{name} is {text!r}: give a number, or leave it out for {default}.") from error


def _keys(text: str) -> tuple[tuple[KeyScope, bytes], ...]:
    """Parse ``scope:sha256hex,…``; the message of an error never repeats the digest."""
    keys: list[tuple[KeyScope, bytes]] = []
    for number, pair in enumerate((p.strip() for p in text.split(",") if p.strip()), start=1):
        name, _, digest = pair.partition(":")
        scope = next((s for s in get_args(KeyScope) if s == name), None)
        if scope is None or not _DIGEST.fullmatch(digest):
            raise SettingsError(
                f"entry {number} of UPSHELF_API_KEYS is not scope:sha256hex, where the scope is one of "
                f"{', '.join(get_args(KeyScope))} and the digest has 64 lower-case hex digits. Make one with: "
                'printf %s "$KEY" | sha256sum'
            )
        keys.append((scope, bytes.fromhex(digest)))
    return tuple(keys)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
