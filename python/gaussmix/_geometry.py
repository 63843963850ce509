"""The shapes behind the pictures: covariances of chosen features, ellipses, which features to show.

NumPy alone; nothing here draws. Components of weight zero have no rows and are left to the caller.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ._mixture import Mixture

Array = NDArray[np.float64]


def covariance_matrices(model: Mixture, features: Sequence[int] | None = None) -> Array:
    """The covariance of each component as a matrix, shape (K, m, m), whatever the family.

    Parameters
    ----------
    model
        The mixture.
    features
        The m features of the marginal. Default: all.
    """
    chosen = np.arange(model.n_features) if features is None else np.asarray(features, dtype=int)
    k, m = model.n_components, chosen.size
    covariances = np.asarray(model.covariances)
    match model.covariance_type:
        case "full":
            return covariances[:, chosen[:, np.newaxis], chosen]
        case "tied":
            return np.broadcast_to(covariances[chosen[:, np.newaxis], chosen], (k, m, m)).copy()
        case "diag":
            return covariances[:, chosen, np.newaxis] * np.eye(m)
        case "spherical":
            return covariances[:, np.newaxis, np.newaxis] * np.eye(m)
        case other:
            raise ValueError(f"covariance_type={other!r} is of no known shape")


def within_covariance(model: Mixture) -> Array:
    """The mean of the components' covariances by weight, shape (d, d)."""
    covariances, weights = np.asarray(model.covariances), np.asarray(model.weights)
    match model.covariance_type:
        case "tied":
            return covariances
        case "full":
            return np.tensordot(weights, covariances, axes=1)
        case _:  # without (K, d, d) in between, which may not fit in memory
            variances = covariances.reshape(model.n_components, -1)
            return np.diag(np.broadcast_to(weights @ variances, model.n_features))


def between_covariance(model: Mixture) -> Array:
    """The covariance of the components' means by weight, shape (d, d)."""
    weights = np.asarray(model.weights)
    centred = np.asarray(model.means) - weights @ np.asarray(model.means)
    return (centred.T * weights) @ centred


def most_separating_pair(model: Mixture) -> tuple[int, int]:
    """The two features whose plane keeps the components apart best.

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


def ellipse_outline(mean: Array, covariance: Array, radius: float, n_points: int = 128) -> Array:
    """The points at `radius` standard deviations from a mean, shape (n_points, 2).

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
    """The density of a normal distribution, shape of x."""
    density: Array = np.exp(-0.5 * (x - mean) ** 2 / variance) / np.sqrt(2.0 * np.pi * variance)
    return density
