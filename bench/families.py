"""An iteration of each covariance family beside one of full, every pair computed.

Run as ``python -m bench.families``, from the root of the repository; it prints a table in Markdown.
All families iterate from the same mixture, brought into the family, in turn, on one thread; times
are those of the processor, the least of some rounds, with what is done once cancelled.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np

import gaussmix

from .mclust import NAMES

CODES = (
    *("VVV", "EEE", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV"),
    *("VVI", "EVI", "VEI", "EEI", "VII", "EII"),
)


def rows(n: int, d: int, k: int) -> np.ndarray:
    """Draw clusters that overlap."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, d))
    means = rng.normal(size=(k, d))
    turns = [np.eye(d) + 0.3 * rng.normal(size=(d, d)) / np.sqrt(d) for _ in range(k)]
    for c in range(k):
        X[c::k] = means[c] + X[c::k] @ turns[c]
    return X


def seconds(X: np.ndarray, start: gaussmix.Mixture, code: str, n_iter: int) -> float:
    """Return the processor's time of a fit of so many iterations."""
    began = time.process_time()
    gaussmix.fit(
        X,
        init=start,
        covariance_type=code,
        tol=0.0,
        max_iter=n_iter,
        pruning="off",
        n_threads=1,
    )
    return time.process_time() - began


def main(arguments: list[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.families", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--features", type=int, default=32)
    parser.add_argument("--components", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--codes", nargs="+", default=CODES, choices=CODES)
    options = parser.parse_args(arguments)
    X = rows(options.rows, options.features, options.components)
    start = gaussmix.fit(
        X[:20_000], options.components, effort="low", max_iter=3, tol=0.0, random_state=0
    )
    codes = ["VVV", *(code for code in options.codes if code != "VVV")]
    starts = {
        code: gaussmix.fit(X[:20_000], init=start, covariance_type=code, max_iter=1, tol=0.0)
        for code in codes
    }
    times: dict[str, list[float]] = {code: [] for code in codes}
    for _ in range(options.rounds):
        for code in codes:
            short, long = (seconds(X, starts[code], code, n) for n in (2, 5))
            times[code].append((long - short) / 3)
    shape = f"{options.rows} x {options.features}, K = {options.components}"
    print(f"| {shape} | ms | of full |\n|---|---|---|")
    for code in codes:
        ratio = min(times[code]) / min(times["VVV"])
        print(f"| {code} {NAMES.get(code, '')} | {1000 * min(times[code]):.0f} | {ratio:.2f} |")


if __name__ == "__main__":
    main(sys.argv[1:])
