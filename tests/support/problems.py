"""Seeded mixtures, rows and labels for the tests, and the two real data sets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import families
import reference

HERE = Path(__file__).parents[1]
FAITHFUL_CSV = HERE.parent / "python" / "gaussmix" / "data" / "faithful.csv"
IRIS_CSV = HERE / "data" / "iris.csv"

Array = reference.Array

INITS = ("kmeans", "k-means++", "random", "random_from_data")


@dataclass(frozen=True)
class Problem:
    """Rows (n, d), the labels (n,) of the components they were drawn from, and those components."""

    X: Array
    labels: Array
    truth: reference.Parameters

    @property
    def n_components(self) -> int:
        return self.truth.n_components


def mixture(
    seed: int,
    n_components: int,
    n_features: int,
    covariance_type: str = "full",
    spread: float = 3.0,
) -> reference.Parameters:
    """Draw a mixture; `spread` is the deviation of the means, that within components about 1."""
    rng = np.random.default_rng(seed)
    k, d = n_components, n_features
    weights = rng.uniform(1.0, 3.0, size=k)
    means = spread * rng.normal(size=(k, d))
    root = rng.normal(size=(k, d, 2 * d))
    full = root @ root.transpose(0, 2, 1) / (2 * d) + 0.1 * np.eye(d)
    variances = full[:, np.arange(d), np.arange(d)]
    if covariance_type in families.CONSTRAINED:
        in_family = families.constrained(covariance_type, full, weights)
        covariances = reference.as_stored(in_family, covariance_type)
    else:
        covariances = {
            "full": full,
            "tied": full[0],
            "diag": variances,
            "spherical": variances.mean(axis=1),
        }[covariance_type]
    return reference.Parameters(weights / weights.sum(), means, covariances, covariance_type)


def draw(seed: int, n: int, truth: reference.Parameters) -> Problem:
    """Draw n rows of a mixture, at least one per component if n allows it."""
    rng = np.random.default_rng(seed)
    k, d = truth.means.shape
    labels = np.arange(n) % k
    labels[k:] = rng.choice(k, size=max(n - k, 0), p=truth.weights)
    factors = np.linalg.cholesky(reference.covariance_matrices(truth))
    noise = rng.normal(size=(n, d))
    X = truth.means[labels] + np.einsum("nij,nj->ni", factors[labels], noise)
    return Problem(X, labels, truth)


def problem(
    seed: int,
    n: int = 300,
    n_components: int = 3,
    n_features: int = 2,
    covariance_type: str = "full",
    spread: float = 3.0,
) -> Problem:
    """n rows of a random mixture."""
    return draw(seed, n, mixture(seed, n_components, n_features, covariance_type, spread))


def blobs(seed: int, n: int = 300, n_components: int = 3, n_features: int = 2) -> Problem:
    """Rows of spherical components so far apart that any sensible start finds them."""
    k, d = n_components, n_features
    means = np.zeros((k, d))
    means += 100.0 * np.arange(k)[:, None]
    truth = reference.Parameters(np.full(k, 1 / k), means, np.ones(k), "spherical")
    return draw(seed, n, truth)


def same_partition(a: Array, b: Array) -> bool:
    """Return whether two labellings are the same partition of the rows, up to label names."""
    pairs = set(zip(np.asarray(a).tolist(), np.asarray(b).tolist(), strict=True))
    return len(pairs) == len({p for p, _ in pairs}) == len({q for _, q in pairs})


def _read(path: Path) -> Array:
    X = np.loadtxt(path, delimiter=",", skiprows=1)
    X.setflags(write=False)
    return X


@cache
def faithful() -> Array:
    """Old Faithful: duration of the eruption and waiting time, both in minutes, (272, 2)."""
    return _read(FAITHFUL_CSV)


@cache
def iris() -> Array:
    """The four lengths of Fisher's iris, (150, 4)."""
    return _read(IRIS_CSV)


@cache
def mclust(name: str) -> dict[str, Any]:
    """Return the results of R's mclust on "faithful" or "iris"; see data/README.md."""
    found: dict[str, Any] = json.loads((HERE / "data" / f"{name}.json").read_text())
    return found
