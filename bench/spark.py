"""Iterations on Spark in local mode, by gaussmix and by MLlib's GaussianMixture.

Run as ``python -m bench.spark``, from the root of the repository, with pyspark and Java; it prints
a table in Markdown.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

import numpy as np

import gaussmix

from . import machine

FIRST = 1  # iterations whose time is subtracted


def main(arguments: Sequence[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser("python -m bench.spark", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--features", type=int, default=16)
    parser.add_argument("--components", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(arguments)
    shown = " ".join(["python -m bench.spark", *arguments])
    print(f"`{shown}`, local[2], {machine.today()}, {machine.machine()['cpu']}\n")
    print("| | seconds per iteration |\n|---|---:|")
    mllib, ours = _sides(options)
    taken: dict[str, list[float]] = {"MLlib": [], "gaussmix": []}
    for _ in range(options.rounds):
        for name, side, more in (("MLlib", mllib, 3), ("gaussmix", ours, 20)):
            taken[name].append((side(FIRST + more) - side(FIRST)) / more)
            print(f"| {name} | {taken[name][-1]:.2f} |", flush=True)
    ratios = [a / b for a, b in zip(taken["MLlib"], taken["gaussmix"], strict=True)]
    print(f"\nMLlib over gaussmix: {median(ratios):.1f}, {min(ratios):.1f} to {max(ratios):.1f}")


def _sides(options: argparse.Namespace) -> tuple[Callable[[int], float], Callable[[int], float]]:
    """Cache the same rows for both; return how long a fit of so many iterations takes."""
    import pandas as pd
    from pyspark.ml.clustering import GaussianMixture
    from pyspark.ml.feature import VectorAssembler
    from pyspark.sql import SparkSession

    builder: Any = SparkSession.builder
    session = (
        builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.memory", "8g")
        .config("spark.sql.execution.arrow.pyspark.enabled", "true")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    rng = np.random.default_rng(0)
    d, K = options.features, options.components
    means = 2 * rng.standard_normal((K, d))
    X = means[rng.integers(0, K, options.rows)] + rng.standard_normal((options.rows, d))
    columns = [f"x{j}" for j in range(d)]
    table = session.createDataFrame(pd.DataFrame(X, columns=columns)).repartition(4).cache()
    table.count()
    assembler = VectorAssembler(inputCols=columns, outputCol="features")
    vectors = assembler.transform(table).select("features").cache()
    vectors.count()
    start = gaussmix.Mixture(np.full(K, 1 / K), means + 0.1, np.broadcast_to(np.eye(d), (K, d, d)))

    def mllib(n_iter: int) -> float:
        began = time.perf_counter()
        GaussianMixture(k=K, maxIter=n_iter, tol=0.0, seed=1).fit(vectors)
        return time.perf_counter() - began

    def ours(n_iter: int) -> float:
        began = time.perf_counter()
        gaussmix.spark.fit(table, init=start, max_iter=n_iter, tol=0, acceleration="off")
        return time.perf_counter() - began

    return mllib, ours


if __name__ == "__main__":
    main(sys.argv[1:])
