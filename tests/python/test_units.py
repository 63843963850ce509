"""Numbers whose squares no double can hold are fitted in units of a power of two."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gaussmix
import problems
from comparing import assert_parameters_close


def assert_scaled(actual: gaussmix.Mixture, expected: gaussmix.Mixture, power: Any) -> None:
    """To rounding the mixture of the same rows times 2^power (a number, or one a feature)."""
    assert_parameters_close(scaled_by(actual, -np.asarray(power)), expected, rtol=1e-10)


def scaled_by(model: gaussmix.Mixture, power: Any) -> gaussmix.Mixture:
    """The mixture of the same rows times 2^power (a number, or one a feature)."""
    scale = np.exp2(np.broadcast_to(np.asarray(power, dtype=float), model.n_features))
    factor = {
        "full": np.outer(scale, scale),
        "tied": np.outer(scale, scale),
        "diag": scale**2,
        "spherical": scale[0] ** 2,
    }[model.covariance_type]
    return gaussmix.Mixture(
        model.weights, model.means * scale, model.covariances * factor, model.covariance_type
    )


@pytest.mark.parametrize("power", [-400, -310, -150, 150, 310, 480])
@pytest.mark.parametrize("init", problems.INITS)
def test_a_power_of_two_changes_the_parameters_by_that_power(
    covariance_type: str, init: str, power: int
) -> None:
    case = problems.problem(51, n=300, n_components=3, n_features=2)
    options: dict[str, Any] = {"covariance_type": covariance_type, "init": init, "random_state": 0}
    plain = gaussmix.fit(case.X, 3, max_iter=10, tol=0, **options)
    scaled = gaussmix.fit(case.X * 2.0**power, 3, max_iter=10, tol=0, **options)
    assert_scaled(scaled, plain, power)
    assert scaled.events == plain.events == ()
    shift = 2 * power * np.log(2)
    np.testing.assert_allclose(scaled.history, plain.history - shift, rtol=1e-12)
    assert scaled.score(case.X * 2.0**power) == pytest.approx(plain.score(case.X) - shift)


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag"])
def test_a_power_of_two_for_each_feature(covariance_type: str) -> None:
    case = problems.problem(53, n=300, n_components=3, n_features=3)
    powers = np.array([-450.0, 0.0, 450.0])
    options: dict[str, Any] = {"covariance_type": covariance_type, "random_state": 0}
    plain = gaussmix.fit(case.X, 3, max_iter=10, tol=0, **options)
    scaled = gaussmix.fit(case.X * np.exp2(powers), 3, max_iter=10, tol=0, **options)
    assert_scaled(scaled, plain, powers)


def test_a_given_start_a_ridge_and_a_prior_are_scaled_too(covariance_type: str) -> None:
    case = problems.problem(54, n=300, n_components=3, n_features=2)
    power = 400
    X = case.X * 2.0**power
    start = gaussmix.fit(case.X, 3, covariance_type=covariance_type, random_state=0, max_iter=2)
    options: dict[str, Any] = {"max_iter": 5, "tol": 0}
    plain = gaussmix.fit(case.X, init=start, reg_covar=0.25, **options)
    scaled = gaussmix.fit(X, init=scaled_by(start, power), reg_covar=0.25 * 4.0**power, **options)
    assert_scaled(scaled, plain, power)
    covariance = {"full": np.eye(2), "tied": np.eye(2), "diag": np.ones(2), "spherical": 1.0}
    given = np.asarray(covariance[covariance_type])
    prior = gaussmix.Prior([1.0, 2.0], covariance=given)
    scaled_prior = gaussmix.Prior(np.ldexp([1.0, 2.0], power), covariance=np.ldexp(given, 800))
    plain = gaussmix.fit(case.X, init=start, prior=prior, **options)
    scaled = gaussmix.fit(X, init=scaled_by(start, power), prior=scaled_prior, **options)
    assert_scaled(scaled, plain, power)


@pytest.mark.parametrize("reg_covar", [1e140, 1e200, 1e300, 1e308])
def test_a_ridge_of_any_size_is_the_covariance(covariance_type: str, reg_covar: float) -> None:
    case = problems.problem(62, n=300, n_components=3, n_features=2)
    options: dict[str, Any] = {"covariance_type": covariance_type, "random_state": 0}
    model = gaussmix.fit(case.X, 3, reg_covar=reg_covar, **options)
    variances = model.covariances
    if covariance_type in ("full", "tied"):
        variances = np.diagonal(variances, axis1=-2, axis2=-1)
    np.testing.assert_allclose(variances, reg_covar, rtol=1e-12)
    assert np.isfinite(model.history).all()
    assert np.isfinite(model.predict_proba(case.X)).all()


def test_sums_of_squares_that_overflow_do_not_matter(covariance_type: str) -> None:
    case = problems.problem(55, n=2000, n_components=2, n_features=2)
    X = case.X / np.abs(case.X).max() * 1e154  # squares to 1e308, sums of them beyond
    model = gaussmix.fit(X, 2, covariance_type=covariance_type, random_state=0)
    assert np.isfinite(model.covariances).all()
    expected = gaussmix.fit(X / 1e154, 2, covariance_type=covariance_type, random_state=0)
    np.testing.assert_array_equal(model.predict(X), expected.predict(X / 1e154))


@pytest.mark.parametrize("scale", [1e200, 1e307])
def test_a_variance_that_no_double_can_hold_is_an_error_that_says_so(
    covariance_type: str, scale: float
) -> None:
    X = problems.problem(56, n=100, n_components=2, n_features=2).X.copy()
    X[:, 1] *= scale / np.abs(X[:, 1]).max()
    if covariance_type == "spherical":
        X[:, 0] = X[:, 1]
    with pytest.raises(
        ValueError, match=r"variance of about 1e\d+ in column \d.*divide the column"
    ):
        gaussmix.fit(X, 2, covariance_type=covariance_type, random_state=0)


@pytest.mark.parametrize("scale", [1e-160, 1e-200, 1e-308, 5e-324])
def test_a_variance_below_all_doubles_gives_a_finite_model(
    covariance_type: str, scale: float
) -> None:
    X = np.round(problems.problem(57, n=100, n_components=2, n_features=2).X * 8) * scale
    model = gaussmix.fit(X, 2, covariance_type=covariance_type, random_state=0)
    assert model.weights.sum() == pytest.approx(1)
    assert np.isfinite(model.covariances).all()
    assert np.isfinite(model.score_samples(X)).all()
    assert np.isfinite(model.predict_proba(X)).all()


def test_a_constant_column_of_any_size_is_no_scale(covariance_type: str) -> None:
    case = problems.problem(58, n=200, n_components=2, n_features=2)
    X = np.column_stack([case.X, np.full(200, 1e300)])
    model = gaussmix.fit(X, 2, covariance_type=covariance_type, random_state=0)
    np.testing.assert_array_equal(model.means[:, 2], 1e300)
    assert np.isfinite(model.covariances).all()


def test_a_callback_sees_likelihoods_of_the_data_as_they_are() -> None:
    case = problems.problem(59, n=100, n_components=2, n_features=2)
    seen: list[float] = []
    model = gaussmix.fit(
        case.X * 1e-120,
        2,
        random_state=0,
        callback=lambda progress: seen.append(progress.log_likelihood),
    )
    np.testing.assert_array_equal(seen, model.history)


def test_a_first_row_of_hardly_any_weight_far_away_changes_no_variance() -> None:
    case = problems.problem(60, n=200, n_components=2, n_features=2)
    X = np.concatenate([[[1e30, -1e30]], case.X])
    weights = np.concatenate([[1e-100], np.ones(200)])
    model = gaussmix.fit(X, 2, sample_weight=weights, random_state=0)
    expected = gaussmix.fit(case.X, 2, random_state=0)
    np.testing.assert_allclose(model.covariances, expected.covariances, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("weight", [1e-300, 2e304])
def test_weights_of_any_size_give_the_same_fit(covariance_type: str, weight: float) -> None:
    case = problems.problem(61, n=2000, n_components=3, n_features=2)
    options: dict[str, Any] = {"covariance_type": covariance_type, "random_state": 0}
    found = gaussmix.fit(case.X, 3, sample_weight=np.full(2000, weight), **options)
    expected = gaussmix.fit(case.X, 3, **options)
    np.testing.assert_allclose(found.history, expected.history, rtol=1e-9)
    assert_parameters_close(found, expected, rtol=1e-8)
