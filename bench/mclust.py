"""The choice among families and numbers of components, beside R's mclust.

Run as ``python -m bench.mclust``, from the root of the repository, with R and its package mclust
installed; it prints a table in Markdown. Both sides choose among fourteen families with one to nine
components by their defaults, in turn. Cells are those that both fit.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import gaussmix

from .sides import optional

NAMES = {"VVV": "full", "EEE": "tied", "VVI": "diag", "VII": "spherical"}
EQUAL = 0.01  # of BIC: a smaller difference does not count

SCRIPT = """
suppressMessages(library(mclust))
X <- as.matrix(read.csv("rows.csv", header = FALSE))
seconds <- system.time(found <- mclustBIC(X, verbose = FALSE))[3]
write.csv(unclass(found)[1:9, ], "found.csv")
cat(seconds, as.character(packageVersion("mclust")))
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


def theirs(X: np.ndarray) -> tuple[float, str, dict[tuple[str, int], float]]:
    """Return mclust's seconds, its version and its BIC of each cell that it could fit."""
    with tempfile.TemporaryDirectory() as folder:
        np.savetxt(Path(folder) / "rows.csv", X, delimiter=",", fmt="%.17g")
        command = ["Rscript", "-e", SCRIPT]
        ran = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
        seconds, version = ran.stdout.split()[-2:]
        header, *lines = (Path(folder) / "found.csv").read_text().replace('"', "").splitlines()
    found = {}
    for line in lines:
        k, *values = line.split(",")
        for code, value in zip(header.split(",")[1:], values, strict=True):
            if value != "NA":
                found[code, int(k)] = float(value)
    return float(seconds), version, found


def main(arguments: list[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.mclust", description=__doc__)
    parser.add_argument("--large", action="store_true", help="20,000 rows too, some minutes")
    parser.add_argument("--effort", default="normal", help="of gaussmix.select")
    options = parser.parse_args(arguments)
    if shutil.which("Rscript") is None:
        parser.error("Rscript is not installed")
    print("| rows | mclust | gaussmix | ratio | at least as good | best: theirs, ours |")
    print("|---|---|---|---|---|---|")
    for name, X in datasets(large=options.large):
        their_seconds, version, found = theirs(X)
        seconds = []
        for _ in range(3):
            start = time.perf_counter()
            ours = gaussmix.select(X, random_state=0, effort=options.effort)
            seconds.append(time.perf_counter() - start)
        values = {}
        for code, k in found:
            fitted = ours.models.get((NAMES.get(code, code), k))
            if fitted is not None and not fitted.degenerate:
                values[code, k] = -fitted.bic(X)
        good = np.mean([value > found[cell] - EQUAL for cell, value in values.items()])
        best = [max(cells, key=cells.__getitem__) for cells in (found, values)]
        ends = ", ".join(f"{code} {k}" for code, k in best)
        print(
            f"| {name}, {X.shape[0]} x {X.shape[1]} | {their_seconds:.2f} s | "
            f"{min(seconds):.3f} s | {their_seconds / min(seconds):.0f} | "
            f"{100 * good:.0f} % of {len(values)} | {ends} |",
            flush=True,
        )
    print(f"\nmclust {version}; gaussmix with {gaussmix.info()['n_threads']} threads.")


if __name__ == "__main__":
    main(sys.argv[1:])
