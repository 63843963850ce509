"""Check the starts and priors given to an estimator, in scikit-learn's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from gaussmix import _core
from gaussmix._arrays import Floats, as_floats, as_real
from gaussmix._covariance import holds_matrices, inverse
from gaussmix._mixture import Mixture
from gaussmix._prior import VariationalPrior


def given_parameters(
    weights_init: npt.ArrayLike | None,
    means_init: npt.ArrayLike | None,
    precisions_init: npt.ArrayLike | None,
    *,
    n_components: int,
    n_features: int,
    covariance_type: str,
) -> dict[str, Floats]:
    """Return the given ones of weights, means and covariances, by name.

    Raises
    ------
    ValueError
        If one has the wrong shape, weights do not sum to 1, or a precision is not symmetric and
        positive definite.
    """
    given = {}
    if weights_init is not None:
        shape: tuple[int, ...] = (n_components,)
        given["weights"] = _proportions(_checked(weights_init, "weights_init", "weights", shape))
    if means_init is not None:
        shape = (n_components, n_features)
        given["means"] = _checked(means_init, "means_init", "means", shape)
    if precisions_init is not None:
        shape = _core.covariances_shape(covariance_type, n_components, n_features)
        what = f"{covariance_type} precision"
        precisions = _checked(precisions_init, "precisions_init", what, shape)
        precisions = _usable(
            precisions, "precisions_init", what, covariance_type, n_components, n_features
        )
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
    """Return the prior of variational Bayes, with those defaults that do not need the data.

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
    degrees = as_real(degrees, "degrees_of_freedom_prior")
    if not degrees > n_features - 1:
        raise ValueError(
            "The parameter 'degrees_of_freedom_prior' should be greater than "
            f"{n_features - 1}, but got {beyond(degrees, n_features - 1, 3)}."
        )
    mean = None
    if mean_prior is not None:
        mean = _checked(mean_prior, "mean_prior", "means", (n_features,))
    covariance: Floats | float | None = None
    if covariance_prior is not None:
        shape = _core.covariance_shape(covariance_type, n_features)
        if shape == ():
            covariance = _positive(covariance_prior, "covariance_prior")
        else:
            what = f"{covariance_type} covariance_prior"
            given = _checked(covariance_prior, "covariance_prior", what, shape)
            covariance = _usable(given, "covariance_prior", what, covariance_type, 1, n_features)
            covariance = covariance.reshape(shape)
    return VariationalPrior(
        mean,
        mean_precision,
        degrees,
        covariance,
        is_process=weight_concentration_prior_type == kinds[0],
        concentration=concentration,
    )


def mixture_of(given: Mapping[str, Floats], covariance_type: str) -> Mixture:
    """Return the mixture of all three parameters."""
    return Mixture(given["weights"], given["means"], given["covariances"], covariance_type)


def _positive(value: Any, name: str) -> float:
    number = as_real(value, name)
    if not 0 < number < np.inf:
        raise ValueError(f"{name}={value!r} must be a positive finite number")
    return number


def beyond(value: float, bound: float, digits: int, kind: str = "f") -> str:
    """Return a number to `digits` digits, or more if it would read like the bound it misses."""
    while float(shown := f"{value:.{digits}{kind}}") == bound and digits < 17:
        digits += 1
    return shown


def _checked(values: npt.ArrayLike, argument: str, what: str, shape: tuple[int, ...]) -> Floats:
    """Return the array of an argument, which scikit-learn's messages call `what`."""
    array = as_floats(values, argument)
    if array.shape != shape:
        raise ValueError(
            f"{argument}: The parameter '{what}' should have the shape of {shape}, but got "
            f"{array.shape}"
        )
    if not np.isfinite(array).all():
        raise ValueError(
            f"{argument}: The parameter '{what}' has NaN or infinity: give finite numbers"
        )
    return array


def _proportions(weights: Floats) -> Floats:
    """Return weights that sum to 1 to the last digit."""
    least, greatest = weights.min(), weights.max()
    if least < 0 or greatest > 1:
        raise ValueError(
            "weights_init: The parameter 'weights' should be in the range [0, 1], but got max "
            f"value {beyond(greatest, 1, 5)}, min value {beyond(least, 0, 5)}"
        )
    total = weights.sum()
    if abs(total - 1) > 1e-6:
        remedy = "divide them by their sum" if total else "give the share of each component"
        raise ValueError(
            "weights_init: The parameter 'weights' should be normalized, but got sum(weights) = "
            f"{beyond(total, 1, 5)}: {remedy}"
        )
    return np.asarray(weights / total, dtype=np.float64)


def _usable(
    matrices: Floats,
    argument: str,
    what: str,
    covariance_type: str,
    n_components: int,
    n_features: int,
) -> Floats:
    """Return matrices or variances as the core takes covariances: symmetric to the last bit."""
    k, d = n_components, n_features
    shape = _core.covariances_shape(covariance_type, k, d)
    try:
        model = _core.Model(
            np.full(k, 1 / k), np.zeros((k, d)), matrices.reshape(shape), covariance_type
        )
    except ValueError as error:
        wanted = "symmetric, positive-definite" if holds_matrices(covariance_type) else "positive"
        shown = str(error).removeprefix("covariances: ").replace("the shared matrix", "it")
        shown = shown.replace("that of component 0", "it") if k == 1 else shown
        shown = shown.replace("variance", "precision") if what.endswith("precision") else shown
        raise ValueError(f"{argument}: '{what}' should be {wanted}: {shown}") from None
    return np.array(model.covariances)
