"""Programs that have read a shop end with the exit code that they mean."""

import subprocess
import sys

CODE = """
import atexit, sys
counts = []
atexit.register(lambda: print(sys.getrefcount(Shop) - counts[0], sys.getrefcount(Change) - counts[1]))
from resources.shop import Change, Shop
counts += [sys.getrefcount(Shop), sys.getrefcount(Change)]
"""


def test_types_of_structs_are_never_collected() -> None:
    """What is registered before the shop's package is asked after it: each type has a reference that stays."""
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("1 1\n", "")
