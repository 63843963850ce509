"""The constrained covariance families in NumPy: part of the oracle of the tests.

Celeux and Govaert (1995) write a covariance as lambda_k D_k A_k D_k^T, its volume, orientation and
shape (the determinant of A_k is 1), and name a family by which of them are equal (E), variable (V)
or left out (I). `constrained` takes the covariances S_k (K, d, d) that components have of their own
and their weights n_k, and minimises sum_k n_k (log det Sigma_k + tr(Sigma_k^-1 S_k)) in the family:
exactly or, where that takes iterations, as far as the core does: to convergence without previous
covariances, by two turns from given ones.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]

#: The code of each family that also has a name.
CODES = {"full": "VVV", "tied": "EEE", "diag": "VVI", "spherical": "VII"}
CONSTRAINED = ("EII", "EEI", "VEI", "EVI", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV")
TINY = np.finfo(float).tiny


def n_free(family: str, k: int, d: int) -> int:
    """Free parameters of the covariances: of volumes, of shapes and of orientations."""
    counts = (1, d - 1, d * (d - 1) // 2)
    letters = CODES.get(family, family)
    return sum({"E": 1, "V": k, "I": 0}[a] * n for a, n in zip(letters, counts, strict=True))


def kind(family: str) -> str:
    """Return the unconstrained family of the same shape; "tied" for itself."""
    if family in CODES:
        return family
    return {"I": "diag", "II": "spherical"}.get(family[1:].lstrip("EV"), "full")


def prior_share(family: str, k: int, d: int) -> float:
    """The part of a prior that each component has."""
    whole = {"full": "VVV", "tied": "VVV", "diag": "VVI", "spherical": "VII"}[kind(family)]
    return n_free(family, k, d) / n_free(whole, k, d)


def constrained(family: str, S: Array, n: Array, before: Array | None = None) -> Array:
    """The covariances of the family, (K, d, d), from S_k (K, d, d) and n_k (K,)."""
    if len(S) == 1:
        return S
    if family[2] == "I":
        variances = np.einsum("kii->ki", S)
        if family[1] == "I":
            variances = variances.mean(axis=1, keepdims=True) * np.ones(S.shape[1])
        last = None if before is None else np.einsum("kii->ki", before)
        return _diagonal(along_axes(family[:2], variances, n, last))
    if family in ("EVE", "VVE"):
        axes = common_axes(family, S, n, before)
        along = np.maximum(np.einsum("ai,kab,bi->ki", axes, S, axes), 0)
        return _composed(axes, along_axes(family[:2], along, n, None))
    if family in ("EEV", "VEV"):
        values, axes = np.linalg.eigh(S)
        last = None if before is None else np.linalg.eigvalsh(before)
        return _composed(axes, along_axes(family[:2], np.maximum(values, 0), n, last))
    return _step_of_matrices(family, S, n, before)


def along_axes(letters: str, values: Array, n: Array, before: Array | None) -> Array:
    """Variances (K, d) along axes, with volumes and shapes as two letters have it."""
    if letters in ("EE", "EI"):
        return np.tile(n @ values / n.sum(), (len(n), 1))
    if letters == "VE":
        return equal_shapes(values, n, before)
    return equal_volumes(values, n) if letters == "EV" else values


def _step_of_matrices(family: str, S: Array, n: Array, before: Array | None) -> Array:
    if family == "VEE":
        return equal_matrices(S, n, before)
    volumes = _volumes(np.linalg.eigvalsh(S))  # EVV
    matrices: Array = S * (n @ volumes / n.sum() / volumes)[:, None, None]
    return matrices


def _diagonal(values: Array) -> Array:
    matrices: Array = values[:, :, None] * np.eye(values.shape[1])
    return matrices


def _composed(axes: Array, values: Array) -> Array:
    """D diag(values) D^T; axes (d, d) or (K, d, d) are columns."""
    matrices: Array = (axes * values[:, None, :]) @ np.swapaxes(axes, -1, -2)
    return matrices


def _volumes(values: Array) -> Array:
    """(prod_j values_kj)^(1/d), shape (K,)."""
    volumes: Array = np.exp(np.log(np.maximum(values, TINY)).mean(axis=-1))
    return volumes


def equal_volumes(values: Array, n: Array) -> Array:
    """EVI: each its own shape, the mean volume."""
    volumes = _volumes(values)
    scaled: Array = values * (n @ volumes / n.sum() / volumes)[:, None]
    return scaled


def equal_shapes(values: Array, n: Array, before: Array | None) -> Array:
    """VEI: lambda_k = mean_j w_kj / a_j and a ~ sum_k n_k w_kj / lambda_k by turns."""
    volumes = values.mean(axis=1) if before is None else _volumes(before)
    for _ in range(1000 if before is None else 2):
        shape = n @ (values / volumes[:, None])
        shape /= _volumes(shape)
        last, volumes = volumes, (values / shape).mean(axis=1)
        if np.abs(volumes / last - 1).max() <= 1e-12:
            break
    scaled: Array = volumes[:, None] * shape
    return scaled


def equal_matrices(S: Array, n: Array, before: Array | None) -> Array:
    """VEE: lambda_k = tr(S_k C^-1) / d and C ~ sum_k n_k S_k / lambda_k by turns."""
    d = S.shape[1]
    given = S if before is None else before
    volumes = np.einsum("kii->k", S) / d if before is None else _volumes(np.linalg.eigvalsh(given))
    for _ in range(1000 if before is None else 2):
        C = np.einsum("k,kij->ij", n / volumes, S)
        C /= _volumes(np.linalg.eigvalsh(C))
        last, volumes = volumes, np.einsum("kij,ij->k", S, np.linalg.inv(C)) / d
        if np.abs(volumes / last - 1).max() <= 1e-12:
            break
    matrices: Array = volumes[:, None, None] * C
    return matrices


# --- The orientation that all components share ---------------------------------------------------


def common_axes(family: str, S: Array, n: Array, before: Array | None) -> Array:
    """EVE, VVE: the best D (columns) of tight solves from several starts, or two sweeps from D."""
    if before is not None:
        # Covariances of one orientation have the eigenvectors of almost any sum of them.
        turns = 1 + np.mod(0.61803398874989485 * np.arange(len(S)), 1)
        sums = np.einsum("k,kij->ij", turns / np.einsum("kii->k", before), before)
        axes = rotated("VVE", before, np.ones(len(S)), np.linalg.eigh(sums)[1], 10)
        return rotated(family, S, n, axes, 2)
    weights = n / np.einsum("kii->k", S)
    starts = [np.linalg.eigh(np.einsum("k,kij->ij", w, S))[1] for w in (n, weights)]
    starts += [np.linalg.eigh(own)[1] for own in S]
    starts.append(np.eye(S.shape[1]))
    found = [rotated(family, S, n, axes, 200) for axes in starts]
    return min(found, key=lambda D: profile(family, np.einsum("ai,kab,bi->ki", D, S, D), n))


def profile(family: str, along: Array, n: Array) -> float:
    """Return the objective of an orientation, with its best volumes and shapes, over n d."""
    if family == "VVE":
        return float(n @ np.log(along).mean(axis=1) / n.sum())
    return float(np.log(n @ _volumes(along) / n.sum()))


def rotated(family: str, S: Array, n: Array, axes: Array, sweeps: int) -> Array:
    """Rotate each pair of axes to the minimum of the profile's tangent, sweep by sweep."""
    D = np.array(axes)
    B = D.T @ S @ D
    d = len(D)
    for _ in range(sweeps):
        most = 0.0
        for i in range(d - 1):
            for j in range(i + 1, d):
                most = max(most, _rotate(family, B, n, D, i, j))
        if most <= 1e-9:
            break
    return D


def _rotate(family: str, B: Array, n: Array, D: Array, i: int, j: int) -> float:
    along = np.maximum(np.einsum("kii->ki", B), TINY)
    m = n if family == "VVE" else n * _volumes(along) / (n @ _volumes(along)) * n.sum()
    a, b, c = along[:, i], along[:, j], B[:, i, j].copy()
    slope = m / a - m / b
    p, q = 0.5 * slope @ (a - b), slope @ c
    size = 2 * m.sum()
    t = 0.25 * np.pi
    if abs(q) > 1e-14 * size:
        t = 0.5 * np.arctan2(-q, -p)
    elif -p > 1e-12 * size:
        return 0.0
    else:  # flat: the axes may lie at a maximum
        turned = along.copy()
        turned[:, i], turned[:, j] = (a + b) / 2 + c, (a + b) / 2 - c
        if profile(family, np.maximum(turned, TINY), n) >= profile(family, along, n) - 1e-12:
            return 0.0
    turn = np.array([[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]])
    B[:, :, [i, j]] = B[:, :, [i, j]] @ turn
    B[:, [i, j], :] = turn.T @ B[:, [i, j], :]
    D[:, [i, j]] = D[:, [i, j]] @ turn
    return abs(float(np.sin(2 * t)))
