"""Rows with missing values: iterations, a whole fit, imputation, coverage of intervals.

Run as ``python -m bench.missing``, from the root of the repository; it prints a table in Markdown.
Times are least of several rounds, both sides in turn.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

import gaussmix

from .table import begin, timed

Floats = npt.NDArray[np.float64]

FIRST, MORE = 1, 5  # iterations: the time of the first ones is subtracted
SHARE = 0.2  # of the values is missing


def main(arguments: Sequence[str]) -> None:
    """Print the table."""
    options = begin("bench.missing", __doc__, arguments)
    scale = 50 if options.quick else 1
    rounds = options.rounds
    for title, measure in (
        (
            "iteration, 200,000 x 16, K = 8, 10 patterns",
            lambda: _iterations(200_000 // scale, 16, 8, 10, rounds, options.threads),
        ),
        (
            "iteration, 100,000 x 10, K = 5, each row its own holes",
            lambda: _iterations(100_000 // scale, 10, 5, None, rounds, options.threads),
        ),
        (
            "whole fit, 10,000 x 10, K = 5, over EM row by row in NumPy",
            lambda: _whole_fit(10_000 // scale, rounds, options.threads),
        ),
        (
            "imputing 100,000 x 10, over IterativeImputer",
            lambda: _imputation(100_000 // scale, options.threads),
        ),
        ("coverage of 90 % intervals of imputed cells", lambda: _coverage(10_000 // scale)),
    ):
        print(f"| {title} | {measure()} |", flush=True)


def clusters(n: int, d: int, n_components: int, seed: int = 0) -> tuple[Floats, gaussmix.Mixture]:
    """Draw rows of correlated, overlapping clusters; return them with the mixture."""
    rng = np.random.default_rng(seed)
    factors = rng.standard_normal((n_components, d, d)) / np.sqrt(d)
    covariances = factors @ factors.transpose(0, 2, 1) + 0.1 * np.eye(d)
    means = rng.standard_normal((n_components, d))
    weights = rng.dirichlet(np.full(n_components, 5.0))
    truth = gaussmix.Mixture(weights, means, covariances)
    return truth.sample(n, seed)[0], truth


def with_holes(X: Floats, n_patterns: int | None, seed: int = 0) -> Floats:
    """Return a copy with a fifth of the values lost: in some patterns, or in each row by itself."""
    rng = np.random.default_rng(seed)
    if n_patterns is None:
        holes = rng.random(X.shape) < SHARE
    else:
        d = X.shape[1]
        patterns = np.zeros((n_patterns, d), bool)
        for i in range(n_patterns):
            n_lost = int(SHARE * d) + (i < n_patterns * (SHARE * d % 1))
            patterns[i, rng.permutation(d)[:n_lost]] = True
        holes = patterns[rng.integers(n_patterns, size=len(X))]
    return np.where(holes, np.nan, X)


def _iterations(
    n: int, d: int, n_components: int, n_patterns: int | None, rounds: int, threads: int
) -> str:
    X, truth = clusters(n, d, n_components)
    Y = with_holes(X, n_patterns)
    start = gaussmix.Mixture(truth.weights, truth.means + 0.1, truth.covariances)
    how: dict[str, Any] = {
        "init": start,
        "tol": 0,
        "acceleration": "off",
        "n_threads": threads,
    }

    def holes(n_iter: int) -> None:
        gaussmix.fit(Y, missing="em", max_iter=n_iter, **how)

    def complete(n_iter: int) -> None:
        gaussmix.fit(X, max_iter=n_iter, **how)

    def every_pair(n_iter: int) -> None:
        gaussmix.fit(X, max_iter=n_iter, pruning="off", **how)

    taken = _least([holes, complete, every_pair], rounds)
    return (
        f"{1e3 * taken[0]:.1f} ms with holes; complete {1e3 * taken[1]:.1f} ms "
        f"({taken[0] / taken[1]:.2f} x); complete, every pair {1e3 * taken[2]:.1f} ms "
        f"({taken[0] / taken[2]:.2f} x)"
    )


def _least(sides: Sequence[Callable[[int], None]], rounds: int) -> list[float]:
    """Return the least time of an iteration of each side, by differences."""
    for side in sides:
        side(1)
    least = [np.inf] * len(sides)
    short = [np.inf] * len(sides)
    for _ in range(rounds):
        for i, side in enumerate(sides):
            short[i] = min(short[i], timed(lambda s=side: s(FIRST))[0])
            least[i] = min(least[i], timed(lambda s=side: s(FIRST + MORE))[0])
    return [(whole - first) / MORE for whole, first in zip(least, short, strict=True)]


def _whole_fit(n: int, rounds: int, threads: int) -> str:
    """Compare a default fit with as many iterations of the reference as plain EM takes."""
    Y = with_holes(clusters(n, 10, 5)[0], None)

    def ours() -> gaussmix.Mixture:
        return gaussmix.fit(Y, 5, missing="em", random_state=0, n_threads=threads)

    seconds = min(timed(ours)[0] for _ in range(rounds))
    start = gaussmix.fit(Y, 5, missing="em", random_state=0, max_iter=0, n_threads=threads)
    plain = gaussmix.fit(Y, init=start, missing="em", acceleration="classic", n_threads=threads)
    parameters = start.weights, start.means, start.covariances
    theirs = min(timed(lambda: _numpy_iteration(Y, *parameters))[0] for _ in range(2))
    whole = theirs * plain.n_iter
    return (
        f"{seconds:.2f} s; NumPy {theirs:.2f} s an iteration, of which plain EM takes "
        f"{plain.n_iter} from the same start: {whole:.0f} s ({whole / seconds:.0f} x)"
    )


def _numpy_iteration(X: Floats, weights: Floats, means: Floats, covariances: Floats) -> Any:
    """Do one EM iteration row by row, as textbooks have it (Ghahramani and Jordan 1994)."""
    n_components, d = means.shape
    n, s = np.zeros(n_components), np.zeros((n_components, d))
    S = np.zeros((n_components, d, d))
    for x in X:
        seen = ~np.isnan(x)
        o, m = np.flatnonzero(seen), np.flatnonzero(~seen)
        logs = np.log(weights)
        filled = np.tile(x, (n_components, 1))
        rest = np.zeros((n_components, d, d))
        for k in range(n_components):
            own = covariances[k][np.ix_(o, o)]
            gap = x[o] - means[k][o]
            solved = np.linalg.solve(own, np.column_stack([gap, covariances[k][np.ix_(o, m)]]))
            _, log_determinant = np.linalg.slogdet(own)
            logs[k] -= 0.5 * (len(o) * np.log(2 * np.pi) + log_determinant + gap @ solved[:, 0])
            cross = covariances[k][np.ix_(m, o)]
            filled[k, m] = means[k][m] + cross @ solved[:, 0]
            rest[k][np.ix_(m, m)] = covariances[k][np.ix_(m, m)] - cross @ solved[:, 1:]
        shares = np.exp(logs - np.logaddexp.reduce(logs))
        n += shares
        s += shares[:, None] * filled
        S += shares[:, None, None] * (np.einsum("ki,kj->kij", filled, filled) + rest)
    found = s / n[:, None]
    return n / n.sum(), found, S / n[:, None, None] - np.einsum("ki,kj->kij", found, found)


def _imputation(n: int, threads: int) -> str:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401
    from sklearn.impute import IterativeImputer

    X = clusters(n, 10, 5)[0]
    Y = with_holes(X, None)
    lost = np.isnan(Y)
    found: dict[str, Floats] = {}

    def fill(name: str, imputer: Any) -> float:
        def run() -> None:
            found[name] = imputer.fit_transform(Y)

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return timed(run)[0]

    seconds = min(
        fill("ours", gaussmix.GaussianMixtureImputer(5, random_state=0, n_threads=threads))
        for _ in range(3)
    )
    theirs = fill("theirs", IterativeImputer(random_state=0))
    error = {name: np.sqrt(np.mean((rows - X)[lost] ** 2)) for name, rows in found.items()}
    return (
        f"{seconds:.2f} s, error {error['ours']:.4f}; IterativeImputer {theirs:.1f} s "
        f"({theirs / seconds:.0f} x), error {error['theirs']:.4f}"
    )


def _coverage(n: int) -> str:
    X = clusters(n, 10, 5)[0]
    Y = with_holes(X, None)
    m = gaussmix.fit(Y, 5, missing="em", random_state=0)
    low, high = np.quantile(m.impute(Y, n_draws=400, random_state=0), [0.05, 0.95], axis=0)
    lost = np.isnan(Y)
    return f"{100 * np.mean((low <= X) & (high >= X), where=lost):.1f} %"


if __name__ == "__main__":
    main(sys.argv[1:])
