"""The checks of starts and priors that an estimator is given, in scikit-learn's words."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from . import _core
from ._arrays import Floats, as_floats, as_real
from ._precisions import holds_matrices, inverse
from ._prior import VariationalPrior


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


def given_variational_prior(
    weight_concentration_prior_type: str,
    weight_concentration_prior: float | None,
    mean_precision_prior: float | None,
    mean_prior: npt.ArrayLike | None,
    degrees_of_freedom_prior: float | None,
    covariance_prior: npt.ArrayLike | None,
    *,
    n_components: int,
    n_features: int,
    covariance_type: str,
) -> VariationalPrior:
    """The prior of variational Bayes, with scikit-learn's defaults but for those of the data.

    Raises
    ------
    ValueError
        If one has the wrong shape or is out of its range.
    """
    kinds = ("dirichlet_process", "dirichlet_distribution")
    if weight_concentration_prior_type not in kinds:
        raise ValueError(
            f"weight_concentration_prior_type={weight_concentration_prior_type!r} must be one of "
            f"{', '.join(map(repr, kinds))}"
        )
    concentration = _positive(
        1 / n_components if weight_concentration_prior is None else weight_concentration_prior,
        "weight_concentration_prior",
    )
    mean_precision = _positive(
        1.0 if mean_precision_prior is None else mean_precision_prior, "mean_precision_prior"
    )
    degrees = n_features if degrees_of_freedom_prior is None else degrees_of_freedom_prior
    if not as_real(degrees, "degrees_of_freedom_prior") > n_features - 1:
        raise ValueError(
            "The parameter 'degrees_of_freedom_prior' should be greater than "
            f"{n_features - 1}, but got {degrees:.3f}."
        )
    mean = None if mean_prior is None else _checked(mean_prior, "means", (n_features,))
    covariance: Floats | float | None = None
    if covariance_prior is not None and covariance_type == "spherical":
        covariance = _positive(covariance_prior, "covariance_prior")
    elif covariance_prior is not None:
        shape = _core.covariances_shape(covariance_type, 1, n_features)
        shape = shape if covariance_type == "tied" else shape[1:]
        covariance = _checked(covariance_prior, f"{covariance_type} covariance_prior", shape)
        _check_positive(covariance, covariance_type, "covariance_prior")
    return VariationalPrior(
        mean,
        mean_precision,
        degrees,
        covariance,
        is_process=weight_concentration_prior_type == kinds[0],
        concentration=concentration,
    )


def _positive(value: Any, name: str) -> float:
    number = as_real(value, name)
    if not 0 < number < np.inf:
        raise ValueError(f"{name}={value!r} must be a positive finite number")
    return number


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


def _check_positive(matrices: Floats, covariance_type: str, what: str = "precision") -> None:
    if not holds_matrices(covariance_type):
        if matrices.min() <= 0:
            raise ValueError(f"'{covariance_type} {what}' should be positive")
    elif (
        not np.allclose(matrices, np.swapaxes(matrices, -1, -2))
        or np.linalg.eigvalsh(matrices).min() <= 0
    ):
        raise ValueError(f"'{covariance_type} {what}' should be symmetric, positive-definite")
