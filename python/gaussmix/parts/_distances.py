"""How uncertain a mixture is and how far it is from another: by samples, and bounds in closed form.

Every loop here is over components.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Self

import numpy as np

from gaussmix import _core
from gaussmix._arrays import Floats


class Estimate(float):
    """A number found by sampling, which knows how sure it is.

    Attributes
    ----------
    standard_error : float
        Of the number; 0 where it is exact.
    """

    standard_error: float

    def __new__(cls, value: float, standard_error: float = 0.0) -> Self:
        """Make one of a number and its standard error."""
        self = super().__new__(cls, value)
        self.standard_error = float(standard_error)
        return self

    def __reduce__(self) -> tuple[type[Self], tuple[float, float]]:
        return type(self), (float(self), self.standard_error)

    def __repr__(self) -> str:
        return f"Estimate({float(self)!r}, standard_error={self.standard_error:.2g})"


class Bounds(NamedTuple):
    """A number lies between these."""

    lower: float
    upper: float


class _Gaussians(NamedTuple):
    """The components of a mixture, as arrays."""

    weights: Floats
    means: Floats  # (K, d)
    covariances: Floats  # (K, d, d)
    log_determinants: Floats  # (K,)


def _gaussians(model: _core.Model) -> _Gaussians:
    features = range(model.means.shape[1])
    live = np.flatnonzero(model.weights > 0)
    matrices = np.stack([model.covariance_matrix(int(k), features) for k in live])
    return _Gaussians(model.weights[live], model.means[live], matrices, _log_determinants(matrices))


def _log_determinants(matrices: Floats) -> Floats:
    factors = np.linalg.cholesky(matrices)
    diagonals = np.diagonal(factors, axis1=-2, axis2=-1)
    total: Floats = 2 * np.log(diagonals).sum(axis=-1)
    return total


def _squared_distances(steps: Floats, matrices: Floats) -> Floats:
    """Return step^T M^-1 step for steps (n, d) and matrices (n, d, d)."""
    whitened = np.linalg.solve(np.linalg.cholesky(matrices), steps[..., np.newaxis])
    total: Floats = np.square(whitened[..., 0]).sum(axis=-1)
    return total


def _entropies(f: _Gaussians) -> Floats:
    """Return the entropy of each component, 1/2 log |2 pi e Sigma|."""
    result: Floats = 0.5 * (f.means.shape[1] * (1 + np.log(2 * np.pi)) + f.log_determinants)
    return result


def _kl(f: _Gaussians, i: int, g: _Gaussians) -> Floats:
    """Return the divergence of component i of f from each component of g, (K of g,)."""
    d = f.means.shape[1]
    root = np.linalg.cholesky(f.covariances[i])
    whitened = np.linalg.solve(np.linalg.cholesky(g.covariances), root)
    traces = np.square(whitened).sum(axis=(-2, -1))
    squares = _squared_distances(g.means - f.means[i], g.covariances)
    gap = g.log_determinants - f.log_determinants[i]
    found: Floats = 0.5 * (traces - d + squares + gap)
    return np.maximum(found, 0)


def _overlaps(f: _Gaussians, i: int, g: _Gaussians) -> Floats:
    """Return log of the integral of component i of f times each component of g."""
    sums = f.covariances[i] + g.covariances
    d = f.means.shape[1]
    squares = _squared_distances(g.means - f.means[i], sums)
    result: Floats = -0.5 * (d * np.log(2 * np.pi) + _log_determinants(sums) + squares)
    return result


def _bhattacharyya(f: _Gaussians, i: int) -> Floats:
    """Return the Bhattacharyya distance of component i from each."""
    middle = (f.covariances[i] + f.covariances) / 2
    gaps = _log_determinants(middle) - (f.log_determinants[i] + f.log_determinants) / 2
    result: Floats = _squared_distances(f.means - f.means[i], middle) / 8 + gaps / 2
    return result


def _log_mean(weights: Floats, logs: Floats) -> float:
    """Return log sum_j w_j exp(logs_j)."""
    return float(np.logaddexp.reduce(np.log(weights) + logs))


def entropy_bounds(model: _core.Model) -> Bounds:
    """Return bounds of the entropy (Kolchinsky and Tracey 2017, equations 10 and 13).

    Pairwise distances between components: Bhattacharyya's below, Kullback-Leibler above; and above,
    the entropy of the one Gaussian with the same covariance, which no distribution exceeds.
    """
    f = _gaussians(model)
    within = float(f.weights @ _entropies(f))
    components = range(len(f.weights))
    closest = [_log_mean(f.weights, -_bhattacharyya(f, i)) for i in components]
    farthest = [_log_mean(f.weights, -_kl(f, i, f)) for i in components]
    whole = _core.covariance(model)
    d = len(whole)
    one = 0.5 * (d * (1 + np.log(2 * np.pi)) + float(_log_determinants(whole)))
    upper = min(within - float(f.weights @ farthest), one)
    return Bounds(min(within - float(f.weights @ closest), upper), upper)


def kl_bounds(model: _core.Model, other: _core.Model) -> Bounds:
    """Return bounds of the Kullback-Leibler divergence of a mixture from another.

    Bounds of the entropy, and of the cross-entropy: Jensen's inequality, and the variational one
    (Hershey and Olsen 2007, section 7; Durrieu, Thiran and Kelly 2012). Of as many components, the
    log-sum inequality component by component as well, which is exact for equal mixtures.
    """
    f, g = _gaussians(model), _gaussians(other)
    if len(f.weights) == len(g.weights) == 1:
        exact = float(_kl(f, 0, g)[0])
        return Bounds(exact, exact)
    own = entropy_bounds(model)
    entropies = _entropies(f)
    components = range(len(f.weights))
    most = f.weights @ [_log_mean(g.weights, _overlaps(f, i, g)) for i in components]
    divergences = [_kl(f, i, g) for i in components]
    least = f.weights @ [_log_mean(g.weights, -entropies[i] - divergences[i]) for i in components]
    upper = -own.lower - float(least)
    if len(f.weights) == len(g.weights):
        matched = np.array([divergences[i][i] for i in components])
        upper = min(upper, float(f.weights @ (np.log(f.weights / g.weights) + matched)))
    upper = max(upper, 0.0)
    return Bounds(min(max(-own.upper - float(most), 0.0), upper), upper)


def entropy(model: _core.Model, n_samples: int, seed: int, n_threads: int) -> Estimate:
    """Return the entropy, exact for one component."""
    f = _gaussians(model)
    if len(f.weights) == 1:
        return Estimate(float(_entropies(f)[0]))
    X, _ = model.sample(n_samples, seed, n_threads)
    return _average(-model.score_samples(X, n_threads))


def kl_divergence(
    model: _core.Model, other: _core.Model, n_samples: int, seed: int, n_threads: int
) -> Estimate:
    """Return the divergence of a mixture from another, exact for one component each."""
    f, g = _gaussians(model), _gaussians(other)
    if len(f.weights) == len(g.weights) == 1:
        return Estimate(float(_kl(f, 0, g)[0]))
    X, _ = model.sample(n_samples, seed, n_threads)
    return _average(model.score_samples(X, n_threads) - other.score_samples(X, n_threads))


def _average(values: Any) -> Estimate:
    return Estimate(float(values.mean()), float(values.std(ddof=1)) / np.sqrt(len(values)))
