"""What a mixture is for: conditional means beside gmr's, classifiers beside scikit-lego's.

Run as ``python -m bench.uses``, from the root of the repository; it prints a table in Markdown.
Times are the least of several rounds, both sides in turn.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

import gaussmix

from .table import begin, timed

_RIDGE = {"reg_covar": 1e-2}  # scikit-lego's default is too small for digits

Floats = npt.NDArray[np.float64]


def main(arguments: Sequence[str]) -> None:
    """Print the table."""
    options = begin("bench.uses", __doc__, arguments)
    rounds = options.rounds
    scale = 100 if options.quick else 1
    print(f"| conditional means | {_conditionals(10**6 // scale, rounds, options.threads)} |")
    for name, (X, y) in _tables(scale).items():
        for k, ridge in ((1, {}), (2, {}), (1, _RIDGE), (2, _RIDGE)):
            found = _classifiers(X, y, k, ridge, rounds, options.threads)
            with_ridge = ", reg_covar=0.01" if ridge else ""
            print(f"| {name}, {k} a class{with_ridge} | {found} |", flush=True)


def _conditionals(n: int, rounds: int, threads: int) -> str:
    """A million means of three features given three others, K = 10; gmr on a hundredth of them."""
    try:
        from gmr import GMM
    except ImportError:
        GMM = None
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(5000, 6)) @ rng.normal(size=(6, 6))
    m = gaussmix.fit(rows + 4 * rng.normal(size=(10, 6))[rng.integers(10, size=5000)], 10)
    X = m.sample(n, random_state=0)[0][:, :3].copy()
    few = X[: n // 100]
    ours, theirs, gap = np.inf, np.inf, 0.0
    for _ in range(rounds):
        seconds, found = timed(lambda: m.conditional(X, given=[0, 1, 2], n_threads=threads).mean())
        ours = min(ours, seconds)
        if GMM is None:
            continue
        other = GMM(10, np.asarray(m.weights), np.asarray(m.means), np.asarray(m.covariances))
        seconds, expected = timed(lambda other=other: other.predict(np.arange(3), few))  # type: ignore[misc]
        theirs = min(theirs, 100 * seconds)
        gap = max(gap, float(np.abs(found[: len(few)] - expected).max()))
    beside = f"; gmr {theirs:.2f} s ({theirs / ours:.0f} x), at most {gap:.0e} apart"
    return f"{n} x 3 given 3, K = 10: {ours:.4f} s" + ("" if GMM is None else beside)


def _tables(scale: int) -> dict[str, tuple[Floats, npt.NDArray[Any]]]:
    from sklearn.datasets import load_digits

    rng = np.random.default_rng(0)
    n, d, n_classes = 100_000 // scale, 16, 10
    y, half = rng.integers(n_classes, size=n), rng.integers(2, size=n)
    means = 1.2 * rng.normal(size=(n_classes, 2, d))
    roots = rng.normal(size=(n_classes, 2, d, d)) / 4
    X = means[y, half] + np.einsum("nij,nj->ni", roots[y, half], rng.normal(size=(n, d)))
    X += 0.7 * rng.normal(size=(n, d))
    return {"digits": load_digits(return_X_y=True), f"{n} x {d}, ten classes": (X, y)}


def _classifiers(
    X: Floats, y: npt.NDArray[Any], k: int, ridge: dict[str, float], rounds: int, threads: int
) -> str:
    """Fit to three quarters of the rows, and predict the rest, each round another split."""
    from sklearn.model_selection import train_test_split

    sides: dict[str, Any] = {
        "ours": gaussmix.GaussianMixtureClassifier(k, random_state=0, n_threads=threads, **ridge)
    }
    try:
        from sklego.mixture import GMMClassifier

        sides["scikit-lego"] = GMMClassifier(n_components=k, random_state=0, **ridge)
    except ImportError:
        pass
    seconds = dict.fromkeys(sides, np.inf)
    right = dict.fromkeys(sides, 0.0)
    for split in range(rounds):
        train, test, of_train, of_test = train_test_split(X, y, random_state=split, stratify=y)
        for name, side in sides.items():
            own, labels = timed(partial(_learnt, side, train, of_train, test))
            seconds[name] = min(seconds[name], own)
            right[name] += np.mean(labels == of_test) / rounds
    shown = [f"{name} {seconds[name]:.4f} s, {100 * right[name]:.2f} % right" for name in sides]
    if len(sides) > 1:
        shown.append(f"{seconds['scikit-lego'] / seconds['ours']:.1f} x")
    return "; ".join(shown)


def _learnt(side: Any, X: Floats, y: npt.NDArray[Any], others: Floats) -> npt.NDArray[Any]:
    found: npt.NDArray[Any] = side.fit(X, y).predict(others)
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
