"""Criteria by resampling: the agreement of fits of halves of the rows, and held-out likelihoods."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _core

Floats = npt.NDArray[np.float64]
Key = tuple[str, int]
#: From the numbers of rows, or booleans, to the models of all cells.
Fits = Callable[[npt.NDArray[Any]], dict[Key, _core.Model]]


def adjusted_rand(a: npt.NDArray[np.int64], b: npt.NDArray[np.int64]) -> float:
    """Return the agreement of two partitions, 1 if they are the same, 0 by chance.

    Hubert and Arabie (1985), equation 5.
    """
    first, second = (np.unique(labels, return_inverse=True)[1] for labels in (a, b))
    table = np.zeros((int(first.max()) + 1, int(second.max()) + 1))
    np.add.at(table, (first, second), 1)

    def pairs(counts: Floats) -> float:
        return float((counts * (counts - 1)).sum() / 2)

    both, rows, columns = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    n = a.size
    expected = rows * columns / (n * (n - 1) / 2)
    most = (rows + columns) / 2
    return 1.0 if most == expected else (both - expected) / (most - expected)


def by_resampling(
    criterion: str,
    fits: Fits,
    X: npt.NDArray[Any],
    weights: Floats | None,
    n_repeats: int,
    seed: int,
) -> dict[Key, float]:
    """Return the values of the criterion "stability" or "cv"."""
    if criterion == "cv":
        return _held_out(fits, X, weights, n_repeats, seed)
    return _agreements(fits, X, n_repeats, seed)


def _agreements(fits: Fits, X: npt.NDArray[Any], n_repeats: int, seed: int) -> dict[Key, float]:
    """Return the mean agreement of the labels of all rows by fits of random halves of them.

    Raises
    ------
    ValueError
        If there are fewer than two halves.
    """
    if n_repeats < 2:
        raise ValueError(f"n_repeats={n_repeats} must be at least 2 for criterion='stability'")
    n = X.shape[0]
    found: dict[Key, list[npt.NDArray[np.int64]]] = {}
    for repeat in range(n_repeats):
        half = np.sort(np.random.default_rng((seed, repeat)).permutation(n)[: (n + 1) // 2])
        models = fits(half)
        for cell, model in models.items():
            found.setdefault(cell, []).append(model.predict(X, 0))
    return {
        cell: float(np.mean([adjusted_rand(a, b) for a, b in combinations(labels, 2)]))
        for cell, labels in found.items()
        if len(labels) == n_repeats
    }


def _held_out(
    fits: Fits, X: npt.NDArray[Any], weights: Floats | None, n_repeats: int, seed: int
) -> dict[Key, float]:
    """Return the mean log-density of each row under a fit of the rows of other folds.

    Raises
    ------
    ValueError
        If there are fewer than two folds, or more than rows.
    """
    n = X.shape[0]
    if not 2 <= n_repeats <= n:
        raise ValueError(f"n_repeats={n_repeats} must be 2 ... {n}, the rows, for criterion='cv'")
    fold = np.random.default_rng(seed).permutation(n) % n_repeats
    sums: dict[Key, list[float]] = {}
    for left_out in range(n_repeats):
        train, test = fold != left_out, fold == left_out
        models = fits(train)
        share = None if weights is None else weights[test]
        total = float(test.sum()) if share is None else float(share.sum())
        for cell, model in models.items():
            score = model.score(X[test], share, 0) if total > 0 else 0.0
            sums.setdefault(cell, []).append(score * total)
    whole = float(n) if weights is None else float(weights.sum())
    return {cell: sum(parts) / whole for cell, parts in sums.items() if len(parts) == n_repeats}
