"""Expectation-maximisation for Gaussian mixtures in plain NumPy: the oracle of the tests.

Written to be read, not to be fast: whole arrays over rows and components, differences before
squares, each formula as in a textbook (Bishop 2006, section 9.2). It imports only NumPy and shares
no line with gaussmix. The constrained covariance families come from `families`.

Throughout: n rows, d features, K components; X (n, d), sample weights w (n,), responsibilities
r (n, K). The shapes of covariances are full (K, d, d), tied (d, d), diag (K, d), spherical (K,),
and for each family of `families` one of these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

import families

Array: TypeAlias = NDArray[Any]

#: The families that scikit-learn has, and all families.
COVARIANCE_TYPES = ("full", "tied", "diag", "spherical")
ALL_TYPES = COVARIANCE_TYPES + families.CONSTRAINED


@dataclass(frozen=True)
class Parameters:
    """A mixture: weights (K,), means (K, d) and covariances in the shape of their type.

    With `noise`, the weight and the log-volume of a uniform background, weights sum to 1 with it.
    """

    weights: Array
    means: Array
    covariances: Array
    covariance_type: str
    noise: tuple[float, float] | None = None

    @property
    def n_components(self) -> int:
        return len(self.means)

    @property
    def n_features(self) -> int:
        return int(self.means.shape[1])


@dataclass(frozen=True)
class Fit:
    """The result of EM; history[t]: mean log-likelihood at the start of iteration t + 1."""

    parameters: Parameters
    status: str
    history: Array


# --- Densities -----------------------------------------------------------------------------------


def covariance_matrices(p: Parameters) -> Array:
    """The covariances of any type as matrices, (K, d, d)."""
    k, d = p.means.shape
    c = p.covariances
    shape = families.kind(p.covariance_type)
    if shape == "full":
        return c
    if shape == "tied":
        return np.broadcast_to(c, (k, d, d))
    if shape == "diag":
        return c[:, :, None] * np.eye(d)
    return c[:, None, None] * np.eye(d)


def as_stored(matrices: Array, covariance_type: str) -> Array:
    """Covariances (K, d, d) of a family that shares no matrix, in the shape of their type."""
    shape = families.kind(covariance_type)
    variances = np.einsum("kii->ki", matrices)
    stored: Array = {
        "full": matrices,
        "diag": variances,
        "spherical": variances.mean(axis=1),
    }[shape]
    return stored


def log_gaussian(X: Array, mean: Array, covariance: Array) -> Array:
    """log N(x_i; mu, Sigma), shape (n,).

    With Sigma = L L^T: -d/2 log 2 pi - sum_j log L_jj - 1/2 ||L^-1 (x_i - mu)||^2.
    """
    factor = np.linalg.cholesky(covariance)
    whitened = np.linalg.solve(factor, (X - mean).T)  # (d, n)
    d = mean.shape[0]
    log_normaliser = -0.5 * d * np.log(2 * np.pi) - np.log(np.diag(factor)).sum()
    log_density: Array = log_normaliser - 0.5 * np.square(whitened).sum(axis=0)
    return log_density


def joint_log_density(X: Array, p: Parameters, known_to: Array | float = 0.0) -> Array:
    """log pi_k + log N(x_i; mu_k, Sigma_k), shape (n, K); minus infinity where pi_k is zero.

    With a background of weight pi and volume V one more column, log pi - log V.

    For rows that are uncertain by variances R (d,), it is the expectation: less by 1/2
    tr(Sigma_k^-1 R).
    """
    X = np.asarray(X, dtype=np.float64)
    with np.errstate(divide="ignore"):
        log_weights = np.log(p.weights)
    matrices = covariance_matrices(p)
    columns = [
        log_weights[k]
        + log_gaussian(X, p.means[k], matrices[k])
        - 0.5 * (np.diag(np.linalg.inv(matrices[k])) * known_to).sum()
        for k in range(p.n_components)
    ]
    if p.noise is not None:
        columns.append(np.full(len(X), np.log(p.noise[0]) - p.noise[1]))
    return np.stack(columns, axis=1)


def score_samples(X: Array, p: Parameters, known_to: Array | float = 0.0) -> Array:
    """log p(x_i) = log sum_k exp(log pi_k + log N(x_i; mu_k, Sigma_k)), shape (n,)."""
    joint = joint_log_density(X, p, known_to)
    top = joint.max(axis=1)
    log_density: Array = top + np.log(np.exp(joint - top[:, None]).sum(axis=1))
    return log_density


def responsibilities(X: Array, p: Parameters, known_to: Array | float = 0.0) -> Array:
    """r_ik = pi_k N(x_i; mu_k, Sigma_k) / p(x_i), shape (n, K)."""
    r: Array = np.exp(joint_log_density(X, p, known_to) - score_samples(X, p, known_to)[:, None])
    return r


def log_likelihood(X: Array, p: Parameters, sample_weight: Array | None = None) -> float:
    """sum_i w_i log p(x_i)."""
    return float((row_weights(X, sample_weight) * score_samples(X, p)).sum())


# --- Information criteria (smaller is better) ----------------------------------------------------


def n_parameters(p: Parameters) -> int:
    """Free parameters: K - 1 weights, K d means, those of the covariances; two of a background."""
    k, d = p.n_components, p.n_features
    background = 0 if p.noise is None else 2
    return k - 1 + k * d + families.n_free(p.covariance_type, k, d) + background


def aic(X: Array, p: Parameters) -> float:
    """-2 log L + 2 n_parameters (Akaike 1974)."""
    return -2 * log_likelihood(X, p) + 2 * n_parameters(p)


def bic(X: Array, p: Parameters) -> float:
    """-2 log L + n_parameters log n (Schwarz 1978)."""
    return -2 * log_likelihood(X, p) + n_parameters(p) * float(np.log(len(X)))


def icl(X: Array, p: Parameters) -> float:
    """BIC - 2 sum_i log max_k r_ik (Biernacki, Celeux and Govaert 2000, in mclust's form)."""
    top = joint_log_density(X, p).max(axis=1) - score_samples(X, p)
    return bic(X, p) - 2 * float(top.sum())


# --- M-step --------------------------------------------------------------------------------------


def row_weights(X: Array, sample_weight: Array | None) -> Array:
    """The weights given, or ones, shape (n,)."""
    return np.ones(len(X)) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)


def ridge(X: Array, sample_weight: Array | None = None, reg_covar: float | None = None) -> Array:
    """Return the ridge that each M-step adds to the variance of each feature, shape (d,).

    It is an absolute number if given (0 for none), else 1e-6 times the weighted biased variance of
    the feature.
    """
    if reg_covar is not None:
        return np.full(X.shape[1], float(reg_covar))
    w = row_weights(X, sample_weight)
    mean = weighted_mean(X, w)
    return 1e-6 * weighted_mean(np.square(np.asarray(X, dtype=np.float64) - mean), w)


def weighted_mean(X: Array, w: Array) -> Array:
    """sum_i w_i x_i / sum_i w_i, shape (d,); about a centre, so that an offset costs no digits."""
    X = np.asarray(X, dtype=np.result_type(X, np.float64))
    centre = X[w > 0].mean(axis=0)
    mean: Array = centre + (w[:, None] * (X - centre)).sum(axis=0) / w.sum()
    return mean


def m_step(
    X: Array,
    r: Array,
    covariance_type: str,
    *,
    sample_weight: Array | None = None,
    added: Array | float = 0.0,
    before: Parameters | None = None,
    log_volume: float | None = None,
) -> Parameters:
    """The parameters that maximise sum_ik w_i r_ik log(pi_k N(x_i; mu_k, Sigma_k)), plus a ridge.

    With N_k = sum_i w_i r_ik (every N_k must be positive):
        pi_k = N_k / sum_j N_j,   mu_k = sum_i w_i r_ik x_i / N_k,
        S_k = sum_i w_i r_ik (x_i - mu_k)(x_i - mu_k)^T / N_k,
        full S_k; tied sum_k pi_k S_k; diag the diagonal of S_k; spherical its mean; others what
        `families` makes of them, from the parameters of `before`.
    `added`, (d,) or a number, goes onto the variances; spherical takes its mean. With the volume of
    a background, the last column of r is its, and pi = N / sum_j N_j its weight.

    Works in the precision of its arguments, so that long doubles give a tighter oracle.
    """
    X = np.asarray(X, dtype=np.result_type(X, np.float64))
    d = X.shape[1]
    wr = row_weights(X, sample_weight)[:, None] * r
    noise = None
    if log_volume is not None:
        noise = float(wr[:, -1].sum() / wr.sum()), log_volume
        total, wr, r = wr.sum(), wr[:, :-1], r[:, :-1]
    else:
        total = wr.sum()
    counts = wr.sum(axis=0)
    weights = counts / total
    means = np.stack([weighted_mean(X, wr[:, k]) for k in range(wr.shape[1])])
    scatters = []
    for k, mean in enumerate(means):
        difference = X - mean
        scatters.append((wr[:, k, None] * difference).T @ difference / counts[k])
    full = np.stack(scatters)
    added = np.broadcast_to(np.asarray(added, dtype=X.dtype), (d,))
    if covariance_type in families.CONSTRAINED:
        last = None if before is None else covariance_matrices(before)
        found = families.constrained(covariance_type, full + np.diag(added), counts, last)
        stored = as_stored(found, covariance_type)
        return Parameters(weights, means, stored, covariance_type, noise)
    variances = full[:, np.arange(d), np.arange(d)]
    covariances = {
        "full": full + np.diag(added),
        "tied": (weights[:, None, None] * full).sum(axis=0) / weights.sum() + np.diag(added),
        "diag": variances + added,
        "spherical": variances.mean(axis=1) + added.mean(),
    }[covariance_type]
    return Parameters(weights, means, covariances, covariance_type, noise)


@dataclass(frozen=True)
class Prior:
    """A conjugate prior with all its hyperparameters (Fraley and Raftery 2007)."""

    mean: Array
    mean_precision: float
    degrees_of_freedom: float
    covariance: Array


def default_prior(X: Array, n_components: int, covariance_type: str) -> Prior:
    """Fraley and Raftery's defaults (2007, section 2.1)."""
    d = X.shape[1]
    covariance = np.cov(X, rowvar=False).reshape(d, d)
    scale: Array = {
        "full": covariance,
        "tied": covariance,
        "diag": np.full(d, np.trace(covariance) / d),
        "spherical": np.asarray(np.trace(covariance) / d),
    }[families.kind(covariance_type)]
    return Prior(X.mean(axis=0), 0.01, d + 2.0, scale / n_components ** (2 / d))


def few_rows_prior(X: Array, labels: Array, n_components: int, covariance_type: str) -> Prior:
    """gaussmix's defaults for at most ten rows per component and feature, from given clusters.

    A component without rows, whose covariance is the prior's over c, is then as wide as the
    clusters are; their correlations are shrunk as by Chen, Wiesel, Eldar and Hero (2010, eq. 23),
    as if from n / K rows.
    """
    n, d = X.shape
    k = n_components
    volume = np.var(X, axis=0, ddof=1) / k ** (2 / d)
    degrees = n - k
    within = sum(
        (X[labels == j] - X[labels == j].mean(axis=0)).T @ (X[labels == j] - X[labels == j].mean(0))
        for j in range(k)
    )
    part = 1 / (1 + degrees)  # of a row more
    covariance: Array = (within + part * np.diag(volume)) / (degrees + part)
    variances = np.diag(covariance).copy()
    nu = 3.0 if covariance_type == "diag" else d + 2.0
    if covariance_type in ("full", "tied"):
        correlations = covariance / np.sqrt(np.outer(variances, variances))
        square = float(np.square(correlations).sum())
        most = (n / k + 1 - 2 / d) * (square - d)
        shrinkage = min(1.0, ((1 - 2 / d) * square + d**2) / most)
        covariance *= 1 - shrinkage
        np.fill_diagonal(covariance, variances)
    scale: Array = {
        "full": (nu + d + 2) * covariance,
        "tied": (nu + d + 1 + k) * covariance,
        "diag": (nu + 3) * variances,
        "spherical": (nu + d + 2) * variances.mean(),
    }[covariance_type]
    return Prior(X.mean(axis=0), 0.01, nu, scale)


def map_step(
    X: Array, r: Array, covariance_type: str, prior: Prior, before: Parameters | None = None
) -> Parameters:
    """The parameters that maximise the posterior (Fraley and Raftery 2007, table 1).

    The constrained families use their part of the prior, and continue from the parameters of
    `before`.
    """
    n, d = X.shape
    counts = r.sum(axis=0)
    kappa, nu = prior.mean_precision, prior.degrees_of_freedom
    sums = []
    means = []
    for k, n_k in enumerate(counts):
        centre = weighted_mean(X, r[:, k])
        gap = centre - prior.mean
        means.append((n_k * centre + kappa * prior.mean) / (n_k + kappa))
        within = (r[:, k, None] * (X - centre)).T @ (X - centre)
        sums.append(within + kappa * n_k / (kappa + n_k) * np.outer(gap, gap))
    scatter = np.stack(sums)
    if covariance_type in families.CONSTRAINED:
        shape = families.kind(covariance_type)
        divisor, scale = {
            "full": (nu + d + 1, prior.covariance),
            "diag": (nu + 2, np.diag(np.atleast_1d(prior.covariance))),
            "spherical": ((nu + 2) / d, np.eye(d) * prior.covariance / d),
        }[shape]
        share = families.prior_share(covariance_type, len(counts), d)
        own = counts + share * divisor + 1
        matrices = (scatter + share * scale) / own[:, None, None]
        last = None if before is None else covariance_matrices(before)
        found = families.constrained(covariance_type, matrices, own, last)
        stored = as_stored(found, covariance_type)
        return Parameters(counts / n, np.stack(means), stored, covariance_type)
    variances = scatter[:, np.arange(d), np.arange(d)]
    n_k = counts[:, None]
    covariances: Array = {
        "full": lambda: (prior.covariance + scatter) / (nu + n_k[..., None] + d + 2),
        "tied": lambda: (prior.covariance + scatter.sum(axis=0)) / (nu + n + d + len(counts) + 1),
        "diag": lambda: (prior.covariance + variances) / (nu + n_k + 3),
        "spherical": lambda: (
            (prior.covariance + variances.sum(axis=1)) / (nu + (counts + 1) * d + 2)
        ),
    }[covariance_type]()
    return Parameters(counts / n, np.stack(means), covariances, covariance_type)


def one_hot(labels: Array, n_components: int) -> Array:
    """Responsibilities of hard labels, shape (n, K)."""
    hits = np.asarray(labels)[:, None] == np.arange(n_components)
    return np.asarray(hits, dtype=np.float64)


# --- The whole algorithm -------------------------------------------------------------------------


def em(
    X: Array,
    start: Parameters | Array,
    covariance_type: str,
    *,
    sample_weight: Array | None = None,
    max_iter: int = 100,
    tol: float = 1e-3,
    reg_covar: float | None = None,
    classic: bool = False,
    log_volume: float | None = None,
) -> Fit:
    """EM from parameters, or from responsibilities (n, K) by an M-step that is not in the history.

    With the volume of a background responsibilities have one more column.

    An iteration is an E-step and an M-step. The E-step treats rows as uncertain by the variances
    that the M-step adds, so that both steps maximise the same function; with `classic` it ignores
    them. The run ends after an iteration that gained less than tol, if less than tol is left to
    gain by Aitken's rule (which `classic` does not check). It is then "converged" or, if more than
    tol (or 1e-6, if that is more) was or is about to be lost, "stalled". After max_iter iterations
    it ends as "max_iter". With tol = 0 it does exactly max_iter iterations.
    """
    X = np.asarray(X, dtype=np.float64)
    w = row_weights(X, sample_weight)
    added = ridge(X, sample_weight, reg_covar)
    known_to: Array | float = 0.0 if classic else added
    if isinstance(start, Parameters):
        p = start
    else:
        r = start / start.sum(axis=1, keepdims=True)
        p = m_step(X, r, covariance_type, sample_weight=w, added=added, log_volume=log_volume)
    history: list[float] = []
    status = "max_iter"
    before = np.inf
    for _ in range(max_iter):
        history.append(float((w * score_samples(X, p, known_to)).sum()) / float(w.sum()))
        r = responsibilities(X, p, known_to)
        p = m_step(
            X, r, covariance_type, sample_weight=w, added=added, before=p, log_volume=log_volume
        )
        gain = history[-1] - history[-2] if len(history) > 1 else np.inf
        rests = abs(gain) < tol
        if rests and not classic and gain > 0:
            left = gain * max(1, gain / (before - gain)) if gain < before < np.inf else np.inf
            rests = left < tol
        if rests:
            lost = max(history) - history[-1] + max(-gain, 0.0)
            rounding = 1e-12 * abs(history[-1])
            status = "converged" if lost <= max(tol, 1e-6) + rounding else "stalled"
            break
        before = gain
    return Fit(p, status, np.array(history))
