"""Run benchmarks: ``python -m evaluation.benchmarks [name …]``, all of them without a name."""

import runpy
import sys

__all__ = ["NAMES"]

NAMES = ("uplift", "sessions", "session_latency", "serving_models")
"""Every benchmark; each prints its own table."""


def main() -> int:
    """Run the named benchmarks one after the other; 2 for a name that is none."""
    names = sys.argv[1:] or list(NAMES)
    if unknown := sorted(set(names) - set(NAMES)):
        sys.stderr.write(f"no benchmark is named {unknown[0]!r}; there are {', '.join(NAMES)}\n")
        return 2
    for name in names:
        print(f"\n== {name} ==", flush=True)
        sys.argv = [name]
        runpy.run_module(f"evaluation.benchmarks.{name}", run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main())
