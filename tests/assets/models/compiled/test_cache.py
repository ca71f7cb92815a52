"""Where machine code is kept."""

import re
from pathlib import Path

import numba

from assets.models.compiled import cache as module
from assets.models.compiled.partial_sort import top


def test_every_file_with_compiled_functions_is_in_the_digest() -> None:
    """And every file of ours that such a file takes constants or functions from, where it feeds machine code."""
    folder = Path(module.__file__).parent.parent
    found = [p for p in folder.rglob("*.py") if re.search(r"^@compiled\(", p.read_text(encoding="utf-8"), re.M)]
    using = {p.relative_to(folder).with_suffix("").as_posix() for p in found}
    assert using
    assert using <= set(module.SOURCES)


def test_the_cache_is_named_by_the_digest_and_numba_is_left_as_it_was() -> None:
    """The folder of one function, and the process-wide setting."""
    assert module._digest() in str(top._cache.cache_path)
    assert module._digest() not in str(numba.config.CACHE_DIR)
