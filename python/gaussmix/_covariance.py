"""Covariances and precisions of any family, by the shapes that the core reports."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _core
from ._numbers import as_array, as_numbers

Floats = npt.NDArray[np.float64]

FAMILIES = _core.families()
#: Those whose components have nothing in common, or one matrix: scikit-learn's.
PLAIN_FAMILIES = tuple(family for family in FAMILIES if _core.plain_family(family) == family)


def among(
    given: str | Iterable[Any], n_rows: int, n_features: int, *, has_prior: bool
) -> list[Any]:
    """Return the families to choose from: those that are given, or what "all" or "plain" stand for.

    "all" are those that make sense for so many rows and features, in mclust's order.
    """
    if not isinstance(given, str):
        return list(given)
    if given == "all":
        return list(_core.sensible_families(n_rows, n_features, has_prior))
    return list(PLAIN_FAMILIES) if given == "plain" else [given]


def label(covariance_type: str) -> str:
    """Return mclust's code of a family, or its name where mclust lacks it."""
    return _core.mclust_code(covariance_type) or covariance_type


def holds_matrices(covariance_type: str) -> bool:
    """Return whether covariances of the family are matrices, not variances."""
    return len(_core.covariance_shape(covariance_type, 1)) == 2


def of_components(covariances: Floats, covariance_type: str, chosen: npt.ArrayLike) -> Floats:
    """Return the covariances of chosen components, in their order; a shared one stays as it is."""
    if _core.shares_covariance(covariance_type):
        return covariances
    own: Floats = covariances[np.asarray(chosen, dtype=int)]
    return own


def precisions_of(precisions_cholesky: Floats, covariance_type: str) -> Floats:
    """Return U U^T for upper triangular factors, squares for inverse standard deviations."""
    if holds_matrices(covariance_type):
        product: Floats = precisions_cholesky @ np.swapaxes(precisions_cholesky, -1, -2)
        return product
    return np.square(precisions_cholesky)


def inverse(matrices: Floats, covariance_type: str) -> Floats:
    """Turn precisions into covariances, or covariances into precisions; matrices are symmetric."""
    if not holds_matrices(covariance_type):
        return 1 / matrices
    return symmetric(np.linalg.inv(matrices), covariance_type)


def without_rounding(covariances: npt.ArrayLike) -> Floats:
    """Turn covariances into doubles; rounding of half precision is averaged away.

    The core does the same for single precision, and refuses larger differences.
    """
    given = as_array(covariances, "covariances")
    wide = np.asarray(as_numbers(given, "covariances"), dtype=np.float64)
    if given.dtype != np.float16 or wide.ndim < 2 or wide.shape[-1] != wide.shape[-2]:
        return wide
    other = np.swapaxes(wide, -1, -2)
    deviations = np.sqrt(np.abs(np.diagonal(wide, axis1=-2, axis2=-1)))
    scale = deviations[..., :, np.newaxis] * deviations[..., np.newaxis, :]
    explained = np.abs(wide - other) <= 8 * np.finfo(np.float16).eps * scale
    return np.where(explained, (wide + other) / 2, wide)


def symmetric(matrices: npt.ArrayLike, covariance_type: str) -> Floats:
    """Average matrices with their transposes; variances stay as they are."""
    given = np.asarray(matrices, dtype=np.float64)
    return (given + np.swapaxes(given, -1, -2)) / 2 if holds_matrices(covariance_type) else given
