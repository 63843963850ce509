"""Convert between mixtures and the attributes of scikit-learn's fitted estimators."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture
from sklearn.utils.validation import check_is_fitted

from gaussmix import _core
from gaussmix._arrays import Floats, as_floats
from gaussmix._covariance import inverse, precisions_of
from gaussmix._like import MixtureLike

#: The parameters of a mixture; an attribute of an estimator has an underscore behind the name.
PARAMETERS = ("weights", "means", "covariances")
#: The attribute that takes precedence over covariances.
FACTORS = "precisions_cholesky_"


def identity_of(mixture: MixtureLike) -> dict[str, Any]:
    """Return the attributes that identify a mixture."""
    return {f"{name}_": getattr(mixture, name) for name in (*PARAMETERS, "precisions_cholesky")}


def story_of(mixture: MixtureLike) -> dict[str, Any]:
    """Return the other attributes: precisions, and the course of the fit."""
    lower_bounds = mixture.history.tolist()
    return {
        "precisions_": mixture.precisions,
        "converged_": mixture.converged,
        "n_iter_": mixture.n_iter,
        "lower_bounds_": lower_bounds,
        "lower_bound_": lower_bounds[-1] if lower_bounds else -np.inf,
    }


def as_sklearn(mixture: MixtureLike) -> Any:
    """Return a mixture as a fitted ``sklearn.mixture.GaussianMixture``.

    Raises
    ------
    ValueError
        If the mixture has a posterior or a background.
    """
    if mixture.posterior is not None:
        raise ValueError(
            "the mixture has a posterior, for which scikit-learn's GaussianMixture has no place: "
            "use to_sklearn() of the BayesianGaussianMixture, or leave the posterior behind with "
            "Mixture(m.weights, m.means, m.covariances, m.covariance_type).to_sklearn()"
        )
    if mixture.noise is not None:
        raise ValueError(
            "the mixture has a background, for which scikit-learn's GaussianMixture has no place: "
            "leave it behind with Mixture(m.weights / m.weights.sum(), m.means, m.covariances, "
            "m.covariance_type).to_sklearn()"
        )
    # A family that scikit-learn lacks has the covariances of one that it has, in the same shape.
    covariance_type = _core.plain_family(mixture.covariance_type)
    estimator = GaussianMixture(mixture.n_components, covariance_type=covariance_type)
    for name, value in (identity_of(mixture) | story_of(mixture)).items():
        setattr(estimator, name, as_dtype(value, np.float64))
    estimator.n_features_in_ = mixture.n_features
    if mixture.feature_names is not None:
        estimator.feature_names_in_ = np.array(mixture.feature_names, dtype=object)
    return estimator


def parameters_of(estimator: Any) -> dict[str, Any]:
    """Return weights, means and covariances of one of scikit-learn's fitted mixtures.

    Raises
    ------
    TypeError
        If `estimator` is something else.
    NotFittedError
        If it is not fitted.
    """
    if not isinstance(estimator, GaussianMixture | BayesianGaussianMixture):
        raise TypeError(f"{estimator!r} is not a sklearn.mixture.GaussianMixture")
    check_is_fitted(estimator)
    return {
        "weights": estimator.weights_,
        "means": estimator.means_,
        "covariances": covariances_of(estimator, by_factors=hasattr(estimator, FACTORS)),
    }


def covariances_of(estimator: Any, *, by_factors: bool) -> Any:
    """Return the covariances of an estimator; with `by_factors` those that its factors imply."""
    covariances = getattr(estimator, "covariances_", None)
    if covariances is not None and not by_factors:
        return covariances
    factors = as_floats(getattr(estimator, FACTORS), FACTORS)
    family = estimator.covariance_type
    inverted: Floats = inverse(precisions_of(factors, family), family)
    # If both agree, the covariances have more digits than the inverse of the factors.
    if covariances is not None and np.allclose(
        as_floats(covariances, "covariances_"), inverted, rtol=1e-6, atol=0
    ):
        return covariances
    return inverted


def course_of(estimator: Any) -> dict[str, Any]:
    """Return the course of an estimator's fit, and the names of its features."""
    names = getattr(estimator, "feature_names_in_", None)
    return {
        "status": "converged" if estimator.converged_ else "max_iter",
        "n_iter": estimator.n_iter_,
        "history": np.array(getattr(estimator, "lower_bounds_", [estimator.lower_bound_])),
        "feature_names": None if names is None else tuple(names),
    }


def as_dtype(values: Any, dtype: npt.DTypeLike) -> Any:
    """Return a copy of an array, of each array of a tuple, or a number as it is."""
    if isinstance(values, tuple):
        return tuple(as_dtype(part, dtype) for part in values)
    return np.array(values, dtype=dtype) if isinstance(values, np.ndarray) else values
