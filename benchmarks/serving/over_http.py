"""What an answer costs over HTTP, as a ratio to a bare Litestar route on the same machine.

Usage: ``python -m benchmarks.serving.over_http [--home var] [--requests 400] [--rounds 5]``, after
``make demo HEADLESS=1`` has put a release into the home. The API and the bare app run as processes of their own, one
worker each with the same server settings; 16 connections that stay open ask one route at a time, in turn with the bare
one. A ratio of .5 means that the API answers half as many requests as the bare app does: of CPU that the server's
process spends on a request (steady on a noisy machine), and of requests a second (what a caller sees). Medians over
the rounds.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from itertools import cycle
from pathlib import Path
from urllib.parse import urlencode

import numpy as np

from assets.models.release import Release
from benchmarks.serving.fastapi_lookup import RELEASE_VARIABLE
from benchmarks.serving.hello import PORT_VARIABLE
from benchmarks.serving.load import Request, load, median, newest_release, quantile, server

WARM_UP = 100
HELLO_PORT, API_PORT, FASTAPI_PORT = 8211, 8212, 8213
SEARCH, LOOKUP = "search, new query", "bought together"
MIXED_SHARE = 10
"""One request of so many is a search in the mixed load."""


def routes(release: Release, rng: np.random.Generator) -> dict[str, Callable[[], Request]]:
    """Route → a request of it. Those of forty products, queries and all categories come again; others are new ones."""
    ids, categories = release.catalogue.ids, release.catalogue.category_names
    titles: list[list[str]] = [title.split() for title in release.catalogue.frame["title"].to_list()]
    known = [ids[int(at)] for at in rng.integers(0, len(ids), 40)]
    unseen = cycle(rng.permutation(ids).tolist())
    warm = [" ".join(titles[int(at)][:2]) for at in rng.integers(0, len(ids), 40)]

    def some(of: Sequence[str]) -> str:
        return of[int(rng.integers(len(of)))]

    def word() -> str:
        return some(titles[int(rng.integers(len(titles)))])

    def get(path: str, **query: str) -> Request:
        return Request("GET", f"{path}?{urlencode(query)}" if query else path)

    def post(path: str, **body: object) -> Request:
        return Request("POST", path, json.dumps(body).encode())

    made: dict[str, Callable[[], Request]] = {
        "similar": lambda: get(f"/v1/products/{some(known)}/similar"),
        "similar, first time": lambda: get(f"/v1/products/{next(unseen)}/similar"),
        LOOKUP: lambda: get(f"/v1/products/{some(known)}/bought-together"),
        f"{LOOKUP}, first time": lambda: get(f"/v1/products/{next(unseen)}/bought-together"),
        "category": lambda: get("/v1/recommendations/category", category=some(categories)),
        "popular": lambda: get("/v1/recommendations/popular"),
        "session": lambda: post("/v1/recommendations/session", viewed=[some(ids) for _ in range(4)]),
        "search, warm query": lambda: get("/v1/search", q=some(warm)),
        SEARCH: lambda: get("/v1/search", q=f"{word()} {word()}"),
        "suggest": lambda: get("/v1/search/suggest", q=some(warm)[:3]),
    }
    if release.segments is not None:
        first = next(release.segments.members("persuadable"), None)
        users: list[str] = ["nobody"] if first is None else first["user_id"].to_list()
        made["targeting score"] = lambda: post("/v1/targeting/score", user_ids=[some(users)])
        made["decision"] = lambda: post("/v1/decisions", user_id=some(users), viewed=[some(ids) for _ in range(3)])
    if release.banner_priors is not None:
        slots = release.banner_priors.slots()
        made["banner select"] = lambda: post(f"/v1/banners/{some(slots)}/select", user_id="u")
    return made


def measure(pids: tuple[int, int], made: dict[str, Callable[[], Request]], requests: int, rounds: int) -> None:
    """Print each route's ratio to the bare one, in turn with it."""
    hello, api = pids
    bare_wire = [Request("GET", "/").wire()] * requests
    print(f"{'route':<28}{'CPU ratio':>11}{'rate ratio':>12}{'a second':>10}{'p50 ms':>9}{'p99 ms':>9}", flush=True)
    for name, make in made.items():
        load(API_PORT, api, [make().wire() for _ in range(WARM_UP)])
        bare, ours = [], []
        for _ in range(rounds):
            bare.append(load(HELLO_PORT, hello, bare_wire))
            ours.append(load(API_PORT, api, [make().wire() for _ in range(requests)]))
        cpu = median(bare, lambda of: of.cpu) / median(ours, lambda of: of.cpu)
        rate = median(ours, lambda of: of.rate)
        of_rate = rate / median(bare, lambda of: of.rate)
        p50, p99 = median(ours, lambda of: quantile(of, 50)), median(ours, lambda of: quantile(of, 99))
        print(f"{name:<28}{cpu:>11.3f}{of_rate:>12.3f}{rate:>10.0f}{p50:>9.2f}{p99:>9.2f}", flush=True)


def measure_fastapi(pids: tuple[int, int], lookup: Callable[[], Request], requests: int, rounds: int) -> None:
    """Print the lookup's CPU in an equal FastAPI app as a multiple of ours."""
    fastapi, api = pids
    theirs, ours = [], []
    for _ in range(rounds + 1):
        wires = [lookup().wire() for _ in range(requests)]
        theirs.append(load(FASTAPI_PORT, fastapi, wires).cpu)
        ours.append(load(API_PORT, api, wires).cpu)
    times = float(np.median(np.array(theirs[1:]) / np.array(ours[1:])))
    print(f"{LOOKUP} by the same model in a FastAPI app: {times:.1f} times our CPU", flush=True)


def measure_mixed(api: int, made: dict[str, Callable[[], Request]], requests: int, rounds: int) -> None:
    """Print the p99 of a lookup alone and with a new search among every ten requests."""
    alone, mixed = [], []
    for _ in range(rounds):
        lookups = [made[LOOKUP]().wire() for _ in range(requests)]
        alone.append(load(API_PORT, api, lookups))
        is_search = np.arange(requests) % MIXED_SHARE == 0
        both = [made[SEARCH]().wire() if at else wire for at, wire in zip(is_search, lookups, strict=True)]
        among = load(API_PORT, api, both)
        mixed.append(among._replace(seconds=among.seconds[~is_search]))
    p99 = [median(of, lambda one: quantile(one, 99)) for of in (alone, mixed)]
    times = f"{p99[1] / p99[0]:.1f} times"
    print(f"p99 of a lookup: {p99[0]:.2f} ms alone, {p99[1]:.2f} ms beside 10 % new searches, {times}", flush=True)


def main() -> None:
    """Start both servers on a home's newest release and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--home", type=Path, default=Path("var"), help="home with a release, such as the demo's")
    parser.add_argument("--requests", type=int, default=400, help="requests a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--routes", nargs="*", help="names of routes (default: all)")
    chosen = parser.parse_args()
    newest = newest_release(chosen.home)
    made = routes(Release.load(newest), np.random.default_rng(0))
    env = {"UPSHELF_HOME": str(chosen.home.resolve()), "UPSHELF_PORT": str(API_PORT), "UPSHELF_RATE_PER_SECOND": "0"}
    fastapi_env = {PORT_VARIABLE: str(FASTAPI_PORT), RELEASE_VARIABLE: str(newest)}
    with (
        server("benchmarks.serving.hello", HELLO_PORT, "/", **{PORT_VARIABLE: str(HELLO_PORT)}) as hello,
        server("benchmarks.serving.fastapi_lookup", FASTAPI_PORT, "/", **fastapi_env) as fastapi,
        server("serving", API_PORT, "/health/ready", **env) as api,
    ):
        measure(
            (hello, api),
            {n: m for n, m in made.items() if n in (chosen.routes or made)},
            chosen.requests,
            chosen.rounds,
        )
        measure_fastapi((fastapi, api), made[LOOKUP], chosen.requests, chosen.rounds)
        measure_mixed(api, made, chosen.requests, chosen.rounds)


if __name__ == "__main__":
    main()
