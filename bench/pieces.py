"""Iterations over rows on disk and on two workers of Dask, beside those in memory.

Where scikit-learn is there, it fits a mixture of its own to each block on the same workers.

Run as ``python -m bench.pieces``, from the root of the repository; it prints a table in Markdown.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

import gaussmix

from . import machine

FIRST, MORE = 1, 5  # iterations: the time of the first ones is subtracted
SKLEARN_FAMILIES = ("full", "diag", "tied", "spherical")


def main(arguments: Sequence[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser("python -m bench.pieces", description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--features", type=int, default=16)
    parser.add_argument("--components", type=int, default=32)
    parser.add_argument("--families", nargs="+", default=["full", "diag"])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(arguments)
    shown = " ".join(["python -m bench.pieces", *arguments])
    print(
        f"{options.rows} x {options.features} float32, K = {options.components}, two threads, "
        f"median of {options.rounds} rounds; `{shown}`, {machine.today()}, "
        f"{machine.machine()['cpu']}"
    )
    print("\n| family | rows | ms per iteration | throughput over that in memory | range |")
    print("|---|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        rows, means = _rows(Path(folder), options)
        for family in options.families:
            _compare(rows, _start(means, family), family, Path(folder), options.rounds)


def _rows(folder: Path, options: argparse.Namespace) -> tuple[Any, Any]:
    """Write overlapping clusters to files; return them in memory, and their means."""
    rng = np.random.default_rng(0)
    d, K = options.features, options.components
    means = 2 * rng.standard_normal((K, d)).astype(np.float32)
    X = rng.standard_normal((options.rows, d), dtype=np.float32)
    X += means[rng.integers(0, K, options.rows)]
    np.save(folder / "rows.npy", X)
    if find_spec("pyarrow"):
        import pyarrow as pa
        from pyarrow import parquet

        table = pa.table({f"x{j}": X[:, j] for j in range(d)})
        parquet.write_table(table, folder / "rows.parquet", row_group_size=1 << 18)
    return X, means


def _start(means: Any, family: str) -> gaussmix.Mixture:
    K, d = means.shape
    covariances = {"full": np.broadcast_to(np.eye(d), (K, d, d)), "diag": np.ones((K, d))}
    return gaussmix.Mixture(np.full(K, 1 / K), means + 0.1, covariances[family], family)


def _compare(X: Any, start: gaussmix.Mixture, family: str, folder: Path, rounds: int) -> None:
    how = {"init": start, "tol": 0, "acceleration": "off", "n_threads": 2}
    npy, table = folder / "rows.npy", folder / "rows.parquet"
    with ExitStack() as stack:
        sides: dict[str, Callable[[int], float]] = {
            "in memory": partial(_seconds, gaussmix.fit, X, how | {"pruning": "off"}),
            "in memory, pruned": partial(_seconds, gaussmix.fit, X, how),
            "memory map": partial(_seconds, gaussmix.fit, gaussmix.Batches(npy), how),
        }
        if table.exists():
            sides["Parquet"] = partial(_seconds, gaussmix.fit, gaussmix.Batches(table), how)
            sides["Parquet, decoded alone"] = partial(_decoding, table)
        if find_spec("distributed"):
            blocks, client = stack.enter_context(_dask(npy, len(X)))
            on_workers = partial(gaussmix.dask.fit, client=client)
            sides["Dask, 2 workers of 1 thread"] = partial(_seconds, on_workers, blocks, how)
            if find_spec("sklearn") and family in SKLEARN_FAMILIES:
                sides["the same, scikit-learn by block"] = partial(_by_block, client, blocks, start)
        for side in sides.values():
            side(1)
        taken: dict[str, list[float]] = {name: [] for name in sides}
        for _ in range(rounds):
            for name, side in sides.items():
                taken[name].append((side(FIRST + MORE) - side(FIRST)) / MORE)
    base = taken["in memory"]
    for name, seconds in taken.items():
        ratios = [b / s for b, s in zip(base, seconds, strict=True)]
        print(
            f"| {family} | {name} | {1e3 * median(seconds):.0f} | {median(ratios):.2f} | "
            f"{min(ratios):.2f} to {max(ratios):.2f} |",
            flush=True,
        )


def _seconds(fit: Callable[..., Any], rows: Any, how: dict[str, Any], n_iter: int) -> float:
    began = time.perf_counter()
    fit(rows, max_iter=n_iter, **how)
    return time.perf_counter() - began


def _by_block(client: Any, blocks: list[Any], start: gaussmix.Mixture, n_iter: int) -> float:
    """Fit each block alone: what Dask and scikit-learn do together, though no fit of all rows."""
    from distributed import futures_of

    fit = partial(_fit_block, start=start.to_sklearn(), n_iter=n_iter)
    began = time.perf_counter()
    client.gather(client.map(fit, futures_of(blocks), pure=False))
    return time.perf_counter() - began


def _fit_block(X: Any, start: Any, n_iter: int) -> Any:
    import warnings

    from sklearn.base import clone
    from sklearn.mixture import GaussianMixture

    model: GaussianMixture = clone(start).set_params(
        weights_init=start.weights_,
        means_init=start.means_,
        precisions_init=start.precisions_,
        max_iter=n_iter,
        tol=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it cannot converge
        return model.fit(X).lower_bound_


def _decoding(table: Path, n_times: int) -> float:
    began = time.perf_counter()
    for _ in range(n_times):
        for _batch in gaussmix.Batches(table).read():
            pass
    return time.perf_counter() - began


def _load(path: Path, begin: int, end: int) -> Any:
    return np.load(path, mmap_mode="r")[begin:end].copy()


@contextmanager
def _dask(path: Path, n_rows: int) -> Iterator[tuple[list[Any], Any]]:
    """Start a cluster; give the rows as 16 blocks, and its client."""
    import distributed
    from dask import delayed

    step = -(-n_rows // 16)
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, memory_limit=0
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        blocks = [
            delayed(_load)(path, begin, min(begin + step, n_rows))
            for begin in range(0, n_rows, step)
        ]
        yield client.persist(blocks), client


if __name__ == "__main__":
    main(sys.argv[1:])
