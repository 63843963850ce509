"""The synthetic workloads: mixtures of moderate overlap, and one start for every side."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Workload:
    """A problem to draw.

    Attributes
    ----------
    name : str
        What tables call it.
    n, d, K : int
        Rows, features, components.
    family : {"full", "tied", "diag", "spherical"}
        The covariance family, of the data and of the fit.
    spread : float
        Standard deviation of the components' means, in units of a component's own.
    iterations : int
        Iterations to time beyond the first.
    """

    name: str
    n: int
    d: int
    K: int
    family: str
    spread: float
    iterations: int = 5

    def with_rows(self, n: int) -> Workload:
        """Give the same mixture with at most n rows."""
        return replace(self, n=min(n, self.n))

    def miniature(self) -> Workload:
        """Give a small problem of the same kind, to show that everything works."""
        n, d, K = min(self.n, 2_000), min(self.d, 8), min(self.K, 4)
        return replace(self, n=n, d=d, K=K, iterations=5)


WORKLOADS = (
    Workload("seed-2d", 1_000_000, 2, 3, "full", 2.5),
    Workload("mid16", 200_000, 16, 32, "full", 2.2),
    Workload("wide64", 100_000, 64, 16, "full", 1.0),
    Workload("wide256", 20_000, 256, 8, "full", 0.5),
    Workload("diag16", 500_000, 16, 64, "diag", 1.5),
    Workload("tied16", 200_000, 16, 32, "tied", 1.5),
    Workload("sph8", 500_000, 8, 32, "spherical", 2.0),
    Workload("tiny", 300, 4, 3, "full", 2.0, iterations=100),
)


@dataclass(frozen=True)
class Parameters:
    """Weights (K,), means (K, d), covariances in the shape of the family."""

    weights: Floats
    means: Floats
    covariances: Floats


@dataclass(frozen=True)
class Problem:
    """Rows X (n, d) and the start that every side is given."""

    workload: Workload
    X: Floats
    start: Parameters


def draw(workload: Workload, seed: int = 0) -> Problem:
    """Draw the rows of a workload, and a start: means near the truth, one pooled covariance."""
    rng = np.random.default_rng(seed)
    n, d, K = workload.n, workload.d, workload.K
    weights = rng.dirichlet(np.full(K, 5.0))
    means = workload.spread * rng.standard_normal((K, d))
    roots = _roots(workload, rng)
    labels = rng.choice(K, size=n, p=weights)
    X = rng.standard_normal((n, d))
    for k in range(K):
        rows = np.flatnonzero(labels == k)
        X[rows] = X[rows] @ roots[k].T + means[k]
    pooled = np.einsum("k,kij,klj->il", weights, roots, roots)
    start = Parameters(
        np.full(K, 1 / K),
        means + 0.1 * rng.standard_normal((K, d)),
        _in_family(pooled, workload.family, K),
    )
    return Problem(workload, X, start)


def _roots(workload: Workload, rng: np.random.Generator) -> Floats:
    """Draw A_k (K, d, d), Sigma_k = A_k A_k^T: standard deviations between 1/2 and 3/2."""
    d, K, family = workload.d, workload.K, workload.family
    if family == "spherical":
        return rng.uniform(0.5, 1.5, (K, 1, 1)) * np.eye(d)
    scales = rng.uniform(0.5, 1.5, (K, 1, d)) * np.eye(d)
    if family == "diag":
        return scales
    turned = np.linalg.qr(rng.standard_normal((K, d, d)))[0] @ scales
    return np.broadcast_to(turned[:1], turned.shape) if family == "tied" else turned


def _in_family(covariance: Floats, family: str, K: int) -> Floats:
    """Give one covariance (d, d) to every component, in the shape of the family."""
    variances = np.diag(covariance)
    shapes = {
        "full": np.repeat(covariance[None], K, axis=0),
        "tied": covariance,
        "diag": np.repeat(variances[None], K, axis=0),
        "spherical": np.full(K, variances.mean()),
    }
    return shapes[family]
