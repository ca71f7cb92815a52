"""Run benchmarks: ``python -m benchmarks [name …]``, all of them without a name."""

import runpy
import sys

__all__ = ["BENCHMARKS"]

BENCHMARKS = {
    "uplift": ("uplift.accuracy", "uplift.drawn", "uplift.measures", "uplift.learners", "uplift.targeting"),
    "experiments": ("experiments.daily_looks",),
    "uplift_steps": ("uplift.steps",),
    "sessions": ("sessions.accuracy", "sessions.latency"),
    "copurchase": ("baskets.accuracy",),
    "search": ("search.relevance", "search.speed"),
    "search_fields": ("search.fields",),
    "bandit": ("banners.regret", "banners.selection_time", "banners.throughput"),
    "serving": ("serving.models", "serving.release_reload"),
    "http": ("serving.over_http",),
    "workers": ("serving.workers",),
}
"""Every benchmark and the modules that it runs; each prints its own tables."""


def main() -> int:
    """Run the named benchmarks one after the other; 2 for a name that is none."""
    names = sys.argv[1:] or list(BENCHMARKS)
    if unknown := sorted(set(names) - set(BENCHMARKS)):
        sys.stderr.write(f"no benchmark is named {unknown[0]!r}; there are {', '.join(BENCHMARKS)}\n")
        return 2
    for module in (module for name in names for module in BENCHMARKS[name]):
        print(f"\n== {module} ==", flush=True)
        sys.argv = [module]
        runpy.run_module(f"benchmarks.{module}", run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main())
