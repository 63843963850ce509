"""The choice among families and numbers of components, beside R's mclust.

Run as ``python -m bench.mclust``, from the root of the repository, with R and its package mclust
installed; it prints a table in Markdown. Both sides choose among fourteen families with one to nine
components by their defaults, in turn. Times are elapsed, and of the processor where gaussmix has
one thread, as mclust always does, which other programs disturb less. Cells are those that both fit.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import gaussmix

from .sides import optional

NAMES = {"VVV": "full", "EEE": "tied", "VVI": "diag", "VII": "spherical"}
EQUAL = 0.01  # of BIC: a smaller difference does not count

SCRIPT = """
suppressMessages(library(mclust))
X <- as.matrix(read.csv("rows.csv", header = FALSE))
seconds <- system.time(found <- mclustBIC(X, verbose = FALSE))
write.csv(unclass(found)[1:9, ], "found.csv")
cat(seconds[3], sum(seconds[1:2]), as.character(packageVersion("mclust")))
"""


def made(n: int) -> np.ndarray:
    """Draw four clusters in five dimensions."""
    rng = np.random.default_rng(0)
    means = 3 * rng.normal(size=(4, 5))
    labels = rng.integers(4, size=n)
    X = np.empty((n, 5))
    for k in range(4):
        turn = np.eye(5) + 0.5 * rng.normal(size=(5, 5))
        X[labels == k] = means[k] + rng.normal(size=((labels == k).sum(), 5)) @ turn
    return X


def datasets(*, large: bool) -> Iterator[tuple[str, np.ndarray]]:
    """List the rows; real ones but Old Faithful need scikit-learn."""
    yield "faithful", np.asarray(gaussmix.datasets.load_faithful()[0], dtype=float)
    if sklearn := optional("sklearn.datasets"):
        yield "iris", sklearn.load_iris().data
        yield "cancer, 10 features", sklearn.load_breast_cancer().data[:, :10]
    yield "made", made(2000)
    if large:
        yield "made", made(20_000)


@dataclass(frozen=True)
class Theirs:
    """mclust's seconds, its version, and its BIC of each cell that it could fit."""

    elapsed: float
    processor: float
    version: str
    found: dict[tuple[str, int], float]


def theirs(X: np.ndarray) -> Theirs:
    """Run mclust."""
    with tempfile.TemporaryDirectory() as folder:
        np.savetxt(Path(folder) / "rows.csv", X, delimiter=",", fmt="%.17g")
        command = ["Rscript", "-e", SCRIPT]
        ran = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
        elapsed, processor, version = ran.stdout.split()[-3:]
        header, *lines = (Path(folder) / "found.csv").read_text().replace('"', "").splitlines()
    found = {}
    for line in lines:
        k, *values = line.split(",")
        for code, value in zip(header.split(",")[1:], values, strict=True):
            if value != "NA":
                found[code, int(k)] = float(value)
    return Theirs(float(elapsed), float(processor), version, found)


def ours(X: np.ndarray, effort: str, n_threads: int | None) -> tuple[float, float, Any]:
    """Return the least elapsed and processor's seconds of three selections, and the selection."""
    elapsed, processor = [], []
    for _ in range(3):
        began = time.perf_counter(), time.process_time()
        chosen = gaussmix.select(X, random_state=0, effort=effort, n_threads=n_threads)
        elapsed.append(time.perf_counter() - began[0])
        processor.append(time.process_time() - began[1])
    return min(elapsed), min(processor), chosen


def main(arguments: list[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.mclust", description=__doc__)
    parser.add_argument("--large", action="store_true", help="20,000 rows too, some minutes")
    parser.add_argument("--effort", default="normal", help="of gaussmix.select")
    options = parser.parse_args(arguments)
    if shutil.which("Rscript") is None:
        parser.error("Rscript is not installed")
    print("| rows | mclust | gaussmix | ratio | of the processor | at least as good | best |")
    print("|---|---|---|---|---|---|---|")
    version = ""
    for name, X in datasets(large=options.large):
        their = theirs(X)
        version = their.version
        elapsed, _, chosen = ours(X, options.effort, None)
        _, processor, _ = ours(X, options.effort, 1)
        values = {}
        for code, k in their.found:
            fitted = chosen.models.get((NAMES.get(code, code), k))
            if fitted is not None and not fitted.degenerate:
                values[code, k] = -fitted.bic(X)
        good = sum(value > their.found[cell] - EQUAL for cell, value in values.items())
        best = [max(cells, key=cells.__getitem__) for cells in (their.found, values)]
        ends = ", ".join(f"{code} {k}" for code, k in best)
        print(
            f"| {name}, {X.shape[0]} x {X.shape[1]} | {their.elapsed:.2f} s | {elapsed:.3f} s | "
            f"{their.elapsed / elapsed:.1f} | {their.processor:.2f} s / {processor:.3f} s = "
            f"{their.processor / processor:.1f} | {good} of {len(values)} | {ends} |",
            flush=True,
        )
    print(f"\nmclust {version}; gaussmix with {gaussmix.info()['n_threads']} threads.")


if __name__ == "__main__":
    main(sys.argv[1:])
