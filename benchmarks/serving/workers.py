"""How many requests a second one, two and four workers answer on this machine, and how long they take.

Usage: ``python -m benchmarks.serving.workers [--home var] [--requests 600] [--rounds 5]``, after ``make demo
HEADLESS=1`` has put a release into the home. All servers run at once and take turns, 16 connections at a time, so the
client has the machine's cores with the server that is asked: more workers than cores can gain nothing.
"""

import argparse
import os
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from assets.models.release import Release
from benchmarks.serving.load import Load, load, median, newest_release, quantile, server
from benchmarks.serving.over_http import routes

WORKERS = (1, 2, 4)
FIRST_PORT = 8221
ROUTES = ("session", "decision", "targeting score")
"""None of them is kept, so that every request is answered anew."""


def main() -> None:
    """Start a server of each size and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--home", type=Path, default=Path("var"), help="home with a release, such as the demo's")
    parser.add_argument("--requests", type=int, default=600, help="requests a round")
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    made = routes(Release.load(newest_release(chosen.home)), np.random.default_rng(0))
    env = {"UPSHELF_HOME": str(chosen.home.resolve()), "UPSHELF_RATE_PER_SECOND": "0"}
    ports = {n: FIRST_PORT + place for place, n in enumerate(WORKERS)}
    print(f"{os.cpu_count()} cores, the client on one of them")
    with ExitStack() as running:
        pids = {
            n: running.enter_context(
                server("serving", port, "/health/ready", **env, UPSHELF_PORT=str(port), UPSHELF_WORKERS=str(n))
            )
            for n, port in ports.items()
        }
        print(f"{'route':<22}{'workers':>8}{'a second':>10}{'times one':>11}{'p50 ms':>9}{'p90 ms':>9}{'p99 ms':>9}")
        for name in (name for name in ROUTES if name in made):
            loads: dict[int, list[Load]] = {n: [] for n in ports}
            for _ in range(1 + chosen.rounds):  # the first one warms up
                for n, port in ports.items():
                    wires = [made[name]().wire() for _ in range(chosen.requests)]
                    loads[n].append(load(port, pids[n], wires))
            rates = {n: median(of[1:], lambda one: one.rate) for n, of in loads.items()}
            for n, of in loads.items():
                times = np.median([[quantile(one, percent) for percent in (50, 90, 99)] for one in of[1:]], axis=0)
                cells = "".join(f"{milliseconds:>9.2f}" for milliseconds in times)
                print(f"{name:<22}{n:>8}{rates[n]:>10.0f}{rates[n] / rates[1]:>11.2f}{cells}", flush=True)


if __name__ == "__main__":
    main()
