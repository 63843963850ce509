"""The checks of parameters that a start is given, in scikit-learn's words."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from . import _core
from ._arrays import Floats, as_floats
from ._precisions import holds_matrices, inverse


def given_parameters(
    weights_init: npt.ArrayLike | None,
    means_init: npt.ArrayLike | None,
    precisions_init: npt.ArrayLike | None,
    *,
    n_components: int,
    n_features: int,
    covariance_type: str,
) -> dict[str, Floats]:
    """Those of weights, means and covariances that were given, by name.

    Raises
    ------
    ValueError
        If one has the wrong shape, weights do not sum to 1, or a precision is not symmetric and
        positive definite.
    """
    given = {}
    if weights_init is not None:
        given["weights"] = _proportions(_checked(weights_init, "weights", (n_components,)))
    if means_init is not None:
        given["means"] = _checked(means_init, "means", (n_components, n_features))
    if precisions_init is not None:
        shape = _core.covariances_shape(covariance_type, n_components, n_features)
        precisions = _checked(precisions_init, f"{covariance_type} precision", shape)
        _check_positive(precisions, covariance_type)
        given["covariances"] = inverse(precisions, covariance_type)
    return given


def _checked(values: npt.ArrayLike, what: str, shape: tuple[int, ...]) -> Floats:
    array = as_floats(values, what)
    if array.shape != shape:
        raise ValueError(
            f"The parameter '{what}' should have the shape of {shape}, but got {array.shape}"
        )
    if not np.isfinite(array).all():
        raise ValueError(f"The parameter '{what}' has NaN or infinity: give finite numbers")
    return array


def _proportions(weights: Floats) -> Floats:
    """Weights that sum to 1, to all digits."""
    least, greatest = weights.min(), weights.max()
    if least < 0 or greatest > 1:
        # scikit-learn has the two numbers in this order; code that matches its message goes on.
        raise ValueError(
            "The parameter 'weights' should be in the range [0, 1], but got max value "
            f"{least:.5f}, min value {greatest:.5f}"
        )
    total = weights.sum()
    if abs(total - 1) > 1e-6:
        raise ValueError(
            f"The parameter 'weights' should be normalized, but got sum(weights) = {total:.5f}"
        )
    return np.asarray(weights / total, dtype=np.float64)


def _check_positive(precisions: Floats, covariance_type: str) -> None:
    if not holds_matrices(covariance_type):
        if precisions.min() <= 0:
            raise ValueError(f"'{covariance_type} precision' should be positive")
    elif (
        not np.allclose(precisions, np.swapaxes(precisions, -1, -2))
        or np.linalg.eigvalsh(precisions).min() <= 0
    ):
        raise ValueError(f"'{covariance_type} precision' should be symmetric, positive-definite")
