"""Changing what a registered version holds: for nothing but taking out what may not be kept.

What belongs here: files of versions, and what points at them. Which files change is for the caller to say. A version
that an alias names gets a successor, so that who follows the alias sees that there is something new; in any other the
files themselves are replaced.
"""

import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from resources.registry import PREVIOUS_TAG, Registry

__all__ = ["aliases_of", "replace_version", "rewrite_files"]


def aliases_of(registry: Registry, version: str) -> list[str]:
    """Aliases that name ``version``, sorted."""
    aliases = registry.client.get_registered_model(registry.model).aliases
    return sorted(alias for alias, of in aliases.items() if str(of) == version)


def rewrite_files(
    registry: Registry, version: str, folder: Path, files: Sequence[str], tags: Mapping[str, str]
) -> None:
    """Replace these files of ``version`` by those below ``folder``, in their order, and set ``tags``."""
    repository = registry.repository(version)
    for file in files:
        within = Path(file).parent.as_posix()
        repository.log_artifact(str(folder / file), None if within == "." else within)
    registry.tag(version, tags)


def replace_version(registry: Registry, version: str, folder: Path, tags: Mapping[str, str]) -> str:
    """Let a new version with the files of ``folder`` take the place of ``version``, which is removed with its files.

    It is of the same run, has its tags but for ``tags``, and its aliases, and is what rollbacks to it go to. A kill
    leaves both, and the next call goes on.

    Returns:
        The number of the new version.
    """
    client: Any = registry.client
    run = client.get_model_version(registry.model, version).run_id
    place = f"release-{uuid.uuid4().hex[:8]}"
    client.log_artifacts(run, str(folder), place)
    source = f"{client.get_run(run).info.artifact_uri}/{place}"
    known = dict(registry.versions())
    made = client.create_model_version(registry.model, source, run_id=run, tags={**known[version], **tags})
    for other, of in known.items():
        if of.get(PREVIOUS_TAG) == version:
            registry.tag(other, {PREVIOUS_TAG: str(made.version)})
    for alias in aliases_of(registry, version):
        client.set_registered_model_alias(registry.model, alias, str(made.version))
    registry.remove(version)
    return str(made.version)
