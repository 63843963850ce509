"""A mixture in 50 digits (mpmath), and bounds on the effect of rounding in its inputs.

The bounds are of first order: every number that goes in may be off by `unit` of its size (2^-53:
half a unit in the last place of a double), and counts with its derivative. docs/accuracy.md derives
them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np

import reference

Array = reference.Array

DIGITS = 50
DOUBLE = 2.0**-53
SINGLE = 2.0**-24

# Arrays of mpmath's numbers are NumPy arrays of objects, so that a sum of products is one line.
Exact = Any

_log: Any = np.frompyfunc(mpmath.log, 1, 1)
_exp: Any = np.frompyfunc(mpmath.exp, 1, 1)


def exact(values: Any) -> Exact:
    """Return the same numbers, unrounded; results computed from them have DIGITS digits."""
    mpmath.mp.dps = DIGITS
    wide = np.asarray(values, dtype=np.float64)
    return np.frompyfunc(lambda value: mpmath.mpf(float(value)), 1, 1)(wide)


def nearly(values: Exact) -> Array:
    """Return the numbers rounded to doubles, for bounds, of which only one digit matters."""
    return np.asarray(values, dtype=np.float64)


def product(left: Exact, right: Exact) -> Exact:
    """Return left @ right; mpmath sums a whole dot product at once."""
    columns = [list(column) for column in right.T]
    return np.array([[mpmath.fdot(row, column) for column in columns] for row in map(list, left)])


def scatter(z: Exact, weights: Exact) -> Exact:
    """sum_i w_i z_i z_i^T, (d, d)."""
    weighted, columns = [list(column) for column in (z * weights[:, None]).T], z.T
    d = len(columns)
    result = np.empty((d, d), dtype=object)
    for i in range(d):
        for j in range(i + 1):
            result[i, j] = result[j, i] = mpmath.fdot(weighted[i], columns[j])
    return result


def largest_ratio(error: Exact, bound: Array) -> float:
    """Return max |error| / bound; where the error is 0, so is the ratio, even if the bound is 0."""
    size = nearly(np.abs(error))
    return float(np.divide(size, bound, out=np.zeros_like(size), where=size > 0).max())


@dataclass(frozen=True)
class Estimate:
    """The parameters of a mixture, and a bound on the error of each number."""

    covariance_type: str
    weights: Exact
    means: Exact
    covariances: Exact
    weights_bound: Array
    means_bound: Array
    covariances_bound: Array


def given(p: reference.Parameters, unit: float = DOUBLE) -> Estimate:
    """Return parameters given as doubles: weights and covariances with rounding, means exact.

    Rows and means count as exact numbers: an offset must cost nothing.
    """
    return Estimate(
        p.covariance_type,
        *map(exact, (p.weights, p.means, p.covariances)),
        unit * p.weights,
        0 * p.means,
        unit * np.abs(p.covariances),
    )


# --- Log densities and responsibilities ----------------------------------------------------------


@dataclass(frozen=True)
class Scores:
    """The log-densities and responsibilities of rows under a mixture, with error bounds.

    log_density (n,), responsibilities (n, K); growth (n, K): how far each responsibility may be
    off, relatively; least: the least normal number that it is computed in.
    """

    log_density: Exact
    responsibilities: Exact
    log_density_bound: Array
    growth: Array
    least: float

    @property
    def responsibilities_bound(self) -> Array:
        """Return the bound of each responsibility: r times `growth`, at most 1, plus `least`."""
        return np.minimum(nearly(self.responsibilities) * self.growth, 1) + self.least


def scores(X: Array, p: Estimate, unit: float = DOUBLE) -> Scores:
    """Log densities by q = |L^-1 z|^2, z = x - mu, and their bounds with v = Sigma^-1 z.

    Of log pi_k N(x; mu_k, Sigma_k), where d... are the bounds of the parameters:
        E_k = |v|.(unit |z| + dmu) + |v|.dSigma|v| / 2 + sum |Sigma^-1| dSigma / 2 + dpi / pi
              + unit |result|
    log p(x) grows by at most log sum_j r_j exp(E_j), and a responsibility most when its own term
    grows by E_k and the others shrink by E_j.
    """
    rows = exact(X)
    columns, bounds = [], []
    for k in range(len(p.weights)):
        z = rows - p.means[k]
        form = _quadratic_form(z, p, k)
        constant = mpmath.log(p.weights[k]) - len(z[0]) * mpmath.log(2 * mpmath.pi) / 2
        column = constant - (form.log_determinant + form.square) / 2
        v = np.abs(form.solved)
        columns.append(column)
        bounds.append(
            (v * (unit * np.abs(nearly(z)) + p.means_bound[k])).sum(axis=1)
            + np.einsum("ni,ij,nj->n", v, form.bound, v) / 2
            + (np.abs(form.precision) * form.bound).sum() / 2
            + p.weights_bound[k] / float(p.weights[k])
            + unit * nearly(np.abs(column))
        )
    joint, bound = np.stack(columns, axis=1), np.stack(bounds, axis=1)
    top = joint.max(axis=1)
    log_density = top + _log(_exp(joint - top[:, None]).sum(axis=1))
    r = _exp(joint - log_density[:, None])
    own = unit * nearly(np.abs(log_density))
    return Scores(
        log_density,
        r,
        _grown(nearly(joint - log_density[:, None]), bound) + own,
        _growth(nearly(r), np.minimum(bound, 300)) + unit,
        float(np.finfo(np.float32 if unit == SINGLE else np.float64).tiny),
    )


def _grown(log_r: Array, bound: Array) -> Array:
    """Return the growth of log sum_j r_j when each term grows by its bound."""
    grown = log_r + bound
    top = np.maximum(grown.max(axis=1), 0)
    little = np.exp(log_r) * np.expm1(np.minimum(bound, 1))
    gains = np.where(bound < 1, little, np.exp(np.minimum(grown, 1)))
    much = top + np.log(np.exp(grown - top[:, None]).sum(axis=1))
    return np.asarray(np.where(top < 1, np.log1p(gains.sum(axis=1)), much))


def _growth(r: Array, bound: Array) -> Array:
    """Return the largest relative change of each r when every term changes by its bound."""
    apart = bound[:, :, None] + bound[:, None, :]
    apart[:, *np.diag_indices(r.shape[1])] = 0
    left = 1 + np.einsum("nj,nkj->nk", r, np.expm1(-apart))
    gain = 1 / np.maximum(left, 1e-300) - 1
    loss = np.einsum("nj,nkj->nk", r, np.expm1(apart))
    return np.maximum(gain, loss / (1 + loss))


@dataclass(frozen=True)
class _Form:
    square: Exact  # q, (n,)
    log_determinant: Exact
    solved: Array  # Sigma^-1 z, (n, d)
    precision: Array  # Sigma^-1, (d, d)
    bound: Array  # of Sigma, (d, d)


def _quadratic_form(z: Exact, p: Estimate, k: int) -> _Form:
    d = z.shape[1]
    differences = nearly(z)
    if p.covariance_type in {"diag", "spherical"}:
        variances = np.broadcast_to(p.covariances[k], (d,))
        bound = np.diag(np.broadcast_to(p.covariances_bound[k], (d,)))
        precision = np.diag(1 / nearly(variances))
        square = (z * z / variances).sum(axis=1)
        return _Form(square, _log(variances).sum(), differences @ precision, precision, bound)
    shared = p.covariance_type == "tied"
    matrix = p.covariances if shared else p.covariances[k]
    factor = cholesky(matrix)
    y = substitute(factor, z.T)
    # In units of the standard deviations, so that the units of features cost no digits.
    deviations = np.sqrt(nearly(np.diag(matrix)))
    units = np.outer(deviations, deviations)
    precision = np.linalg.inv(nearly(matrix) / units) / units
    solved = np.linalg.solve(nearly(matrix) / units, (differences / deviations).T).T / deviations
    bound = p.covariances_bound if shared else p.covariances_bound[k]
    return _Form((y * y).sum(axis=0), 2 * _log(np.diag(factor)).sum(), solved, precision, bound)


def cholesky(matrix: Exact) -> Exact:
    """L with L L^T = matrix, by rows."""
    factor = np.zeros_like(matrix)
    for i in range(len(matrix)):
        row: list[Any] = []
        for j in range(i):
            row.append((matrix[i, j] - mpmath.fdot(row, factor[j, :j])) / factor[j, j])
        factor[i, :i] = row
        factor[i, i] = mpmath.sqrt(matrix[i, i] - mpmath.fdot(row, row))
    return factor


def substitute(factor: Exact, right: Exact) -> Exact:
    """L^-1 right, by rows."""
    columns = []
    for column in right.T:
        y: list[Any] = []
        for j, value in enumerate(column):
            y.append((value - mpmath.fdot(factor[j, :j], y)) / factor[j, j])
        columns.append(y)
    return np.array(columns).T


# --- One M-step ----------------------------------------------------------------------------------


def m_step(
    X: Array,
    r: Exact,
    covariance_type: str,
    sample_weight: Array | None = None,
    growth: Array | float = DOUBLE,
    unit: float = DOUBLE,
    reference_points: Exact | None = None,
) -> Estimate:
    """One M-step without a ridge from responsibilities r (n, K), each off by `growth` relatively.

    The scatter is taken about the points of reference (K, d), the previous means: their distance
    delta to the new means enters the bound. By default it is 0.

    With s_i = w_i r_ik / N_k, e_i = unit + growth the relative bound of w_i r_ik, z = x - mu_k:
        means        sum s (unit + e) |z| + unit |mu|
        covariances  sum s (2 unit + e) |z| |z|^T + (sum s e + unit) |Sigma| + unit |delta||delta|^T
        weights      (sum w r_k e + pi_k sum w r e) / sum w + unit pi_k
    """
    rows = exact(X)
    w = exact(np.ones(len(rows)) if sample_weight is None else sample_weight)
    wr = w[:, None] * r
    counts = wr.sum(axis=0)
    weights = counts / counts.sum()
    means = product(wr.T, rows) / counts[:, None]
    share = nearly(wr / counts)
    off = share * (unit + growth)  # s e
    full, full_bound, means_bound = [], [], []
    for k in range(len(counts)):
        z = rows - means[k]
        full.append(scatter(z, wr[:, k]) / counts[k])
        distances = np.abs(nearly(z))
        size = (off[:, k].sum() + unit) * np.abs(nearly(full[-1]))
        delta = 0 * means[k] if reference_points is None else means[k] - reference_points[k]
        size += unit * np.outer(np.abs(nearly(delta)), np.abs(nearly(delta)))
        full_bound.append(((2 * unit * share + off)[:, k, None] * distances).T @ distances + size)
        means_bound.append((unit * share + off)[:, k] @ distances)
    fractions = nearly(weights)
    spread = fractions * off.sum(axis=0)
    covariances, bound = _of_family(np.stack(full), np.stack(full_bound), weights, covariance_type)
    return Estimate(
        covariance_type,
        weights,
        means,
        covariances,
        spread + fractions * (spread.sum() + unit),
        np.stack(means_bound) + unit * nearly(np.abs(means)),
        bound,
    )


def _of_family(
    full: Exact, bound: Array, weights: Exact, covariance_type: str
) -> tuple[Exact, Array]:
    """The covariances of a family from whole matrices (K, d, d), and their bounds."""
    if covariance_type == "full":
        return full, bound
    if covariance_type == "tied":
        pooled = (full * weights[:, None, None]).sum(axis=0)
        return pooled, np.einsum("k,kij->ij", nearly(weights), bound)
    every = np.arange(full.shape[-1])
    variances, bounds = full[:, every, every], bound[:, every, every]
    if covariance_type == "diag":
        return variances, bounds
    return variances.sum(axis=1) / len(every), bounds.mean(axis=1)
