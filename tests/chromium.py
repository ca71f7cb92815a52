"""The browser of the machine, for tests and for the pictures of the README."""

import os
import shutil

__all__ = ["ARGUMENTS", "chromium"]

ARGUMENTS = ("--no-sandbox", "--disable-gpu")


def chromium() -> str | None:
    """Path of what UPSHELF_CHROMIUM names, or of the one on the path; none where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("UPSHELF_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
