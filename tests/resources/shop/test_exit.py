"""Programs that have read a shop end with the exit code that they mean."""

import subprocess
import sys

LAST = "import atexit, gc\natexit.register(lambda: print(gc.get_freeze_count() > 0))\nimport resources.shop\n"


def test_the_last_collection_leaves_types_alone() -> None:
    """What is registered before the shop's package is asked after it: nothing is left to collect by then."""
    done = subprocess.run([sys.executable, "-c", LAST], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
