"""Compare the package with the oracle: convert models, and assert that fits agree."""

from __future__ import annotations

import numpy as np

import gaussmix
import reference
import views

# The relative change by rounding to float32, the measure for results of float32 and float16 rows.
SINGLE_ROUNDING = 2.0**-24


def rounding_bound(dtype: str, double: float, single: float) -> float:
    """Return the bound for rows of a type: `double`, or `single` times the rounding of float32."""
    return single * SINGLE_ROUNDING if dtype in views.SINGLE else double


def model_of(p: reference.Parameters) -> gaussmix.Mixture:
    """Return the oracle's parameters as a model of the package."""
    noise = None if p.noise is None else gaussmix.Noise(*p.noise)
    return gaussmix.Mixture(
        p.weights, p.means, p.covariances, covariance_type=p.covariance_type, noise=noise
    )


def parameters_of(model: gaussmix.Mixture) -> reference.Parameters:
    """Return a model of the package as the oracle's parameters."""
    noise = model.noise
    known = None if noise is None else (model.noise_weight, float(noise.log_volume or 0.0))
    return reference.Parameters(
        model.weights, model.means, model.covariances, model.covariance_type, known
    )


def assert_parameters_close(
    actual: gaussmix.Mixture | reference.Parameters,
    expected: gaussmix.Mixture | reference.Parameters,
    rtol: float = 1e-10,
) -> None:
    """Weights, means and covariances agree to rtol of the largest number of each array.

    Means and covariances are small differences of rows that may be large: an error relative to
    each entry would ask for digits that the data do not have.
    """
    assert actual.covariance_type == expected.covariance_type
    for name in ("weights", "means", "covariances"):
        a, e = getattr(actual, name), getattr(expected, name)
        scale = float(np.abs(e).max())
        np.testing.assert_allclose(a, e, rtol=rtol, atol=rtol * scale, err_msg=name)


def assert_fit_close(actual: gaussmix.Mixture, expected: reference.Fit, rtol: float = 1e-9) -> None:
    """The same number of iterations, the same status, close histories and parameters."""
    assert actual.n_iter == len(expected.history)
    assert actual.status == expected.status
    np.testing.assert_allclose(actual.history, expected.history, rtol=rtol, atol=rtol)
    assert_parameters_close(actual, expected.parameters, rtol)


def assert_same_parameters(actual: gaussmix.Mixture, expected: gaussmix.Mixture) -> None:
    """Bitwise equal weights, means and covariances."""
    assert actual.covariance_type == expected.covariance_type
    for name in ("weights", "means", "covariances"):
        np.testing.assert_array_equal(
            getattr(actual, name), getattr(expected, name), err_msg=name, strict=True
        )


def assert_same_fit(actual: gaussmix.Mixture, expected: gaussmix.Mixture) -> None:
    """Bitwise equal parameters and history, equal status and events."""
    assert_same_parameters(actual, expected)
    np.testing.assert_array_equal(actual.history, expected.history, strict=True)
    assert actual.status == expected.status
    assert actual.n_iter == expected.n_iter
    assert actual.events == expected.events
