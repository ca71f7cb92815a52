"""The uplift measures beside scikit-uplift and causalml: processor seconds, peak memory, agreement, coverage.

Usage: ``python -m benchmarks.uplift.measures [--rows 10000000] [--simulations 400]``. Everything is
synthetic. Peers and ours run by turns in one process, the processor time of each is the median of three turns, so
other work on the machine matters little; peak memory is that of a fresh process that loads the arrays and measures.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.uplift.known_trials import KNOWN, MAIN_MEASURES, MEASURES, covered
from evaluation.uplift.auuc import auuc, auuc_coefficient
from evaluation.uplift.deciles import uplift_by_decile
from evaluation.uplift.intervals import qini_area_interval, qini_interval, uplift_at_k_interval
from evaluation.uplift.qini import qini_coefficient, ranked_qini
from evaluation.uplift.ranked_trial import RankedTrial
from evaluation.uplift.rate import rate, rate_interval
from evaluation.uplift.trial import checked_arrays
from evaluation.uplift.uplift_at_k import ranked_uplift_at_k, uplift_at_k

TURNS = 3
K = 0.3
BOOTSTRAP_ROWS = 1_000_000
ORACLE_TRIALS = 400

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray]
Pair = tuple[float, float]


def a_trial(rows: int, *, decimals: int | None = None) -> Arrays:
    """Outcome and treatment int8[rows], and a score float64[rows], rounded to have ties where decimals are given."""
    rng = np.random.default_rng(0)
    score = rng.random(rows)
    treatment = rng.integers(0, 2, rows, dtype=np.int8)
    outcome = (rng.random(rows) < 0.05 + 0.1 * score * treatment).astype(np.int8)
    return outcome, treatment, score if decimals is None else np.round(score, decimals)


def packed(outcome: np.ndarray, treatment: np.ndarray, score: np.ndarray) -> Pair:
    """Qini coefficient and Uplift@30 from one order: packed sort where exact, as every entry point does."""
    ranked = RankedTrial.of(outcome, treatment, score)
    return ranked_qini(ranked), ranked_uplift_at_k(ranked, K)


def plain(outcome: np.ndarray, treatment: np.ndarray, score: np.ndarray) -> Pair:
    """The same from the plain argsort, which packing falls back to."""
    ranked = RankedTrial._by_argsort(*checked_arrays(outcome, treatment, score))
    return ranked_qini(ranked), ranked_uplift_at_k(ranked, K)


def peer(outcome: np.ndarray, treatment: np.ndarray, score: np.ndarray) -> Pair:
    """scikit-uplift's two functions."""
    from sklift.metrics import qini_auc_score
    from sklift.metrics import uplift_at_k as sklift_uplift_at_k

    return (
        float(qini_auc_score(outcome, score, treatment)),
        float(sklift_uplift_at_k(outcome, score, treatment, strategy="overall", k=K)),
    )


WAYS: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray], Pair]] = {
    "scikit-uplift": peer,
    "plain sort": plain,
    "packed sort": packed,
}


def seconds(call: Callable[[], object]) -> float:
    """Processor seconds of one call, all threads of the process together."""
    start = time.process_time()
    call()
    return time.process_time() - start


def peak_megabytes(way: str, arrays: Arrays) -> tuple[float, float]:
    """Peak resident memory of a fresh process that runs one of `WAYS`, and that of one that imports and loads only."""
    with tempfile.TemporaryDirectory() as folder:
        for name, values in zip(("outcome", "treatment", "score"), arrays, strict=True):
            np.save(Path(folder) / f"{name}.npy", values)
        command = [sys.executable, "-W", "ignore", "-m", "benchmarks.uplift.measures", "--measure-memory"]
        found = subprocess.run([*command, way, folder], check=True, capture_output=True, text=True)  # noqa: S603  our own module
    loaded, peak = json.loads(found.stdout)
    return loaded, peak


def print_memory(way: str, folder: str) -> None:
    """What the fresh process does: peak megabytes before and after the measures, as JSON."""

    def peak() -> float:
        # Linux's own mark of this program: ru_maxrss would start at the size of the process that started it.
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024

    if way == "scikit-uplift":
        peer(*a_trial(100))  # its imports are not what is measured
    outcome, treatment, score = (np.load(Path(folder) / f"{name}.npy") for name in ("outcome", "treatment", "score"))
    loaded = peak()
    WAYS[way](outcome, treatment, score)
    print(json.dumps([loaded, peak()]))


def speed_table(rows: int) -> None:
    """Qini and Uplift@30 together, with and without ties."""
    for title, decimals in (("no ties", None), ("10,001 distinct scores", 4)):
        arrays = a_trial(rows, decimals=decimals)
        took: dict[str, list[float]] = {way: [] for way in WAYS}
        figures: dict[str, Pair] = {}
        for _ in range(TURNS):
            for way, call in WAYS.items():
                start = time.process_time()
                figures[way] = call(*arrays)
                took[way].append(time.process_time() - start)
        base = median(took["scikit-uplift"])
        print(f"\nQini coefficient and Uplift@30 of {rows:,} users, {title}: median of {TURNS} turns")
        print(f"{'':<16}{'CPU s':>8}{'ratio':>8}{'peak MB':>9}{'(loaded)':>10}{'Qini':>13}{'Uplift@30':>13}")
        for way in WAYS:
            loaded, peak = peak_megabytes(way, arrays)
            cost = median(took[way])
            qini, uplift = figures[way]
            print(f"{way:<16}{cost:>8.2f}{cost / base:>8.3f}{peak:>9.0f}{loaded:>10.0f}{qini:>13.9f}{uplift:>13.9f}")
        distance = max(abs(a - b) for a, b in zip(figures["plain sort"], figures["packed sort"], strict=True))
        print(f"packed against plain: {distance:.1e} (bar 1e-6); bars on the ratio: plain 0.65, packed 0.25; 1 GB")
    print("scikit-uplift's Uplift@30 takes tied users at the cut by row order; ours takes an even part of them.")


def agreement_table() -> None:
    """Largest difference to scikit-uplift over small random trials with ties, 10 to 90 % treated."""
    from sklift.metrics import qini_auc_score, uplift_auc_score
    from sklift.metrics import uplift_at_k as sklift_uplift_at_k

    rng = np.random.default_rng(5)
    worst = dict.fromkeys(("Qini coefficient", "AUUC coefficient", "Uplift@50, no ties"), 0.0)
    for trial in range(ORACLE_TRIALS):
        n = 2 * int(rng.integers(20, 300))
        t = (rng.random(n) < rng.uniform(0.1, 0.9)).astype(int)
        y = (rng.random(n) < rng.uniform(0.1, 0.9)).astype(int)
        s = rng.normal(size=n)
        t[:4], y[:4], s[:2] = (0, 1, 0, 1), (0, 0, 1, 1), 9
        tied = np.round(s, trial % 4) if trial % 4 < 3 else s
        pairs = {
            "Qini coefficient": (qini_coefficient(y, t, tied), qini_auc_score(y, tied, t)),
            "AUUC coefficient": (auuc_coefficient(y, t, tied), uplift_auc_score(y, tied, t)),
            "Uplift@50, no ties": (
                uplift_at_k(y, t, s, 0.5),
                sklift_uplift_at_k(y, s, t, strategy="overall", k=0.5),
            ),
        }
        for name, (ours, theirs) in pairs.items():
            worst[name] = max(worst[name], abs(ours - theirs))
    print(f"\nLargest difference to scikit-uplift in {ORACLE_TRIALS} random trials with ties (bar 1e-9)")
    for name, distance in worst.items():
        print(f"{name:<24}{distance:>10.1e}")


def others_table(rows: int) -> None:
    """Measures that scikit-uplift lacks or names otherwise, beside causalml's nearest, whose definitions differ."""
    import pandas as pd
    from causalml.metrics import auuc_score, qini_score
    from causalml.metrics.rate import rate_score

    y, t, s = a_trial(rows)
    effect = 2.0 * y * (2.0 * t - 1)
    frame = pd.DataFrame({"y": y, "w": t, "model": s})
    cases: dict[str, tuple[Callable[[], object], Callable[[], object] | None]] = {
        "Qini": (lambda: qini_coefficient(y, t, s), lambda: qini_score(frame)),
        "AUUC": (lambda: auuc(y, t, s), lambda: auuc_score(frame)),
        "RATE, AUTOC": (lambda: rate(effect, s), lambda: rate_score(frame)),
        "uplift by decile": (lambda: uplift_by_decile(y, t, s), None),
    }
    print(f"\nOther measures of {rows:,} users: CPU s, median of {TURNS} turns (causalml's definitions differ)")
    print(f"{'':<20}{'ours':>8}{'causalml':>10}{'ratio':>8}")
    for name, (ours, theirs) in cases.items():
        took: list[Pair] = [(seconds(ours), seconds(theirs) if theirs else np.nan) for _ in range(TURNS)]
        cost, other = (median(turn[place] for turn in took) for place in (0, 1))
        beside = f"{other:>10.2f}{cost / other:>8.3f}" if theirs else f"{'-':>10}{'-':>8}"
        print(f"{name:<20}{cost:>8.2f}{beside}")


def bootstrap_table(rows: int) -> None:
    """1,000 replicates of every interval; no peer resamples at this size in reasonable time."""
    y, t, s = a_trial(rows)
    rng = np.random.default_rng(1)
    second, revenue = s + 0.3 * rng.normal(size=rows), y * rng.exponential(20, rows)
    effect = 2.0 * y * (2.0 * t - 1)
    cases: dict[str, Callable[[], object]] = {
        "Qini coefficient": lambda: qini_interval(y, t, s),
        "Uplift@30": lambda: uplift_at_k_interval(y, t, s, K),
        "Qini area of revenue": lambda: qini_area_interval(revenue, t, s),
        "Uplift@30 of revenue": lambda: uplift_at_k_interval(revenue, t, s, K),
        "RATE, AUTOC": lambda: rate_interval(effect, s),
        "Qini difference, paired": lambda: qini_interval(y, t, s, baseline=second),
        "Uplift@30 difference, paired": lambda: uplift_at_k_interval(y, t, s, K, baseline=second),
    }
    print(f"\n1,000 bootstrap replicates of {rows:,} users: CPU s, median of {TURNS} (bar 1 s for one score)")
    for name, call in cases.items():
        print(f"{name:<32}{median(seconds(call) for _ in range(TURNS)):>8.2f}")


def coverage_table(simulations: int) -> None:
    """How often the 95 % intervals hold the truth."""
    print(f"\nCoverage of 95 % intervals in {simulations} trials of 8,000 users (bar 93 to 97.5 %)")
    print(f"{'':<32}" + "".join(f"{name:>30}" for name in KNOWN))
    shares = [covered(known, simulations, measures=MAIN_MEASURES) for known in KNOWN.values()]
    # The others cost more: in the first case only, and in half as many trials.
    others = tuple(name for name in MEASURES if name not in MAIN_MEASURES)
    shares[0] |= covered(next(iter(KNOWN.values())), simulations // 2, measures=others)
    for measure in MEASURES:
        row = (f"{share[measure]:.1%}" if measure in share else "-" for share in shares)
        print(f"{measure:<32}" + "".join(f"{cell:>30}" for cell in row), flush=True)
    error = 1.96 * np.sqrt(0.95 * 0.05 / simulations)
    print(f"In the first two rows a share that is truly 95 % is seen within ±{error:.1%} in 19 runs of 20;")
    print(f"the other rows are from {simulations // 2} trials.")


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=10_000_000, help="users of the speed table")
    parser.add_argument("--simulations", type=int, default=400, help="trials of the coverage table, at least 2")
    parser.add_argument("--measure-memory", nargs=2, metavar=("WAY", "FOLDER"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")  # the peers call functions that scikit-learn and pandas deprecate
    if chosen.measure_memory:
        print_memory(*chosen.measure_memory)
        return
    speed_table(chosen.rows)
    agreement_table()
    others_table(min(chosen.rows, BOOTSTRAP_ROWS))
    bootstrap_table(min(chosen.rows, BOOTSTRAP_ROWS))
    coverage_table(chosen.simulations)


if __name__ == "__main__":
    main()
