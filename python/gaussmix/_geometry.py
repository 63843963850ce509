"""The shapes behind the pictures: covariances of chosen features, ellipses, which features to show.

Nothing here draws. Callers leave out components of weight zero, which have no rows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ._like import MixtureLike

Array = NDArray[np.float64]


def covariance_matrices(model: MixtureLike, features: Sequence[int] | None = None) -> Array:
    """Return the covariance of each component as a matrix, shape (K, m, m), whatever the family.

    Parameters
    ----------
    model
        The mixture.
    features
        The m features of the marginal. Default: all.
    """
    return np.stack([model.covariance_matrix(k, features) for k in range(model.n_components)])


def shares(model: MixtureLike) -> Array:
    """Return the weights of the components beside each other: they sum to 1, even with noise."""
    weights = np.asarray(model.weights)
    total = 0.0 if model.noise is None else weights.sum()
    return weights / total if total > 0.0 else weights


def within_covariance(model: MixtureLike) -> Array:
    """Return the mean of the components' covariances by weight, shape (d, d)."""
    mean = np.zeros((model.n_features, model.n_features))
    for k, weight in enumerate(shares(model)):
        mean += weight * model.covariance_matrix(k)
    return mean


def between_covariance(model: MixtureLike) -> Array:
    """Return the covariance of the components' means by weight, shape (d, d)."""
    weights = shares(model)
    centred = np.asarray(model.means) - weights @ np.asarray(model.means)
    return (centred.T * weights) @ centred


def most_separating_pair(model: MixtureLike) -> tuple[int, int]:
    """Return the two features whose plane separates the components best.

    The criterion is the Hotelling-Lawley trace, tr(W⁻¹B), of the 2 x 2 blocks of the covariance
    within components (W) and of their means (B): the squared distances of the means from their
    centre, in standard deviations within components, summed over the plane. It does not depend on
    the units of the features.
    """
    within, between = within_covariance(model), between_covariance(model)
    # In units of the standard deviations within components, so that nothing over- or underflows.
    scale = np.sqrt(np.diag(within))
    correlation = within / np.outer(scale, scale)
    between = between / np.outer(scale, scale)
    alone = np.diag(between)
    # tr(W⁻¹B) of [[1, c], [c, 1]] and [[a, b], [b, e]] is (a + e - 2bc) / (1 - c²).
    np.fill_diagonal(correlation, 0.0)
    left = np.maximum(1.0 - correlation**2, 1e-12)
    trace = (alone[:, np.newaxis] + alone - 2.0 * between * correlation) / left
    trace[np.tril_indices_from(trace)] = -np.inf
    first, second = np.unravel_index(int(np.argmax(trace)), trace.shape)
    return int(first), int(second)


def separations(model: MixtureLike) -> Array:
    """Return how far apart the components lie in each feature alone, shape (d,).

    This is the variance of their means over the variance within components, and does not depend on
    units.
    """
    within = np.diag(within_covariance(model))
    return np.diag(between_covariance(model)) / within


def discriminants(model: MixtureLike, n: int = 2) -> Array:
    """Return the n combinations of features that separate the components best, shape (n, d).

    With the means' covariance B, the covariances within components Σ_k, their mean W and the total
    T = W + B, these are the leading eigenvectors of B T⁻¹ B + Σ_k π_k (Σ_k - W) T⁻¹ (Σ_k - W)
    relative to T: directions in which means differ, or covariances do (Scrucca 2010, Dimension
    reduction for model-based clustering, Statistics and Computing 20, 471-484). Each has variance
    1 over the whole mixture, and its largest share of a feature is positive.
    """
    weights = shares(model)
    within, between = within_covariance(model), between_covariance(model)
    scale = np.sqrt(np.diag(within + between))  # units, so that nothing over- or underflows
    lengths, axes = np.linalg.eigh((within + between) / np.outer(scale, scale))
    kept = lengths > 1e-12 * lengths[-1]
    whitener = axes[:, kept] / np.sqrt(lengths[kept])
    across = whitener / scale[:, np.newaxis]
    means = across.T @ between @ across
    middle = across.T @ within @ across
    kernel = means @ means
    for k in np.flatnonzero(weights > 0.0):
        apart = across.T @ model.covariance_matrix(int(k)) @ across - middle
        kernel += weights[k] * apart @ apart
    _, directions = np.linalg.eigh(kernel)
    found = (whitener @ directions[:, ::-1][:, :n]).T
    largest = np.abs(found).argmax(axis=1)
    signs = np.sign(found[np.arange(len(found)), largest])
    chosen: Array = found * signs[:, np.newaxis] / scale
    return chosen


def ellipse_outline(mean: Array, covariance: Array, radius: float, n_points: int = 128) -> Array:
    """Return the points at `radius` standard deviations from a mean, shape (n_points, 2).

    These are mean + radius · L · (cos t, sin t) with covariance = L·Lᵀ. Unlike semi-axes and an
    angle this holds to rounding when the two features have very different units.
    """
    deviation_x, deviation_y = np.sqrt(np.diag(covariance))
    correlation = np.clip(covariance[0, 1] / deviation_x / deviation_y, -1.0, 1.0)
    angle = np.linspace(0.0, 2.0 * np.pi, n_points)
    across = correlation * np.cos(angle) + np.sqrt(1.0 - correlation**2) * np.sin(angle)
    unit = np.column_stack([deviation_x * np.cos(angle), deviation_y * across])
    return np.asarray(mean) + radius * unit


def normal_density(x: Array, mean: float, variance: float) -> Array:
    """Return the density of a normal distribution, shape of x."""
    density: Array = np.exp(-0.5 * (x - mean) ** 2 / variance) / np.sqrt(2.0 * np.pi * variance)
    return density
