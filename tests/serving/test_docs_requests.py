"""The requests of the docs, made by curl against a running API."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from serving.release.reload import ReleaseSource
from serving.settings import ServingSettings
from tests.docs_blocks import blocks
from tests.serving.server import served

ANSWERED = {200, 202, 404, 409}
"""Statuses of requests that are well formed: the products and users of the pages are others than a test's."""


def test_requests_are_answered(
    settings: ServingSettings,
    source: ReleaseSource,
    promote: Callable[[str, Path], None],
    full_release: Path,
    tmp_path: Path,
) -> None:
    """Every block of curl, by curl itself, against a running API."""
    promote("1", full_release)
    environment = {**os.environ, "SHOP_KEY": "shop", "ADMIN_KEY": "admin"}
    with served(settings, source) as address:
        for block in blocks():
            if block.language != "sh" or "curl" not in block.text:
                continue
            text = block.text.replace("localhost:8000", address.removeprefix("http://"))
            script = 'curl() { command curl -sS -o /dev/null -w "%{http_code}\\n" "$@" >&2; }\n' + text
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", script],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, (str(block), done.stderr)
            statuses = [int(line) for line in done.stderr.split()]
            assert len(statuses) == text.count("curl "), (str(block), done.stderr)
            assert set(statuses) <= ANSWERED, (str(block), statuses)
