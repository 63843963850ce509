"""A fit does not depend on the units of the features, nor on their origin."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gaussmix
import problems
import reference
from comparing import SINGLE_ROUNDING


@pytest.mark.parametrize("init", problems.INITS)
@pytest.mark.parametrize(
    "factors", [(1, 1, 1024), (2.0**-30, 1, 2.0**30), (1, 1e4, 1), (1e-4, 1, 1e4)]
)
def test_the_unit_of_a_feature_does_not_matter(
    init: str, factors: tuple[float, float, float]
) -> None:
    case = problems.problem(50, n=400, n_components=3, n_features=3, covariance_type="diag")
    scale = np.array(factors)
    for covariance_type in ("full", "tied", "diag"):
        options: dict[str, Any] = {"covariance_type": covariance_type, "init": init}
        plain = gaussmix.fit(case.X, 3, random_state=2, max_iter=30, tol=0, **options)
        scaled = gaussmix.fit(case.X * scale, 3, random_state=2, max_iter=30, tol=0, **options)
        np.testing.assert_array_equal(scaled.predict(case.X * scale), plain.predict(case.X))
        np.testing.assert_allclose(scaled.means / scale, plain.means, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("power", [-500, -20, 20, 500])
def test_a_change_of_unit_by_a_power_of_two_changes_the_parameters_by_that_power(
    covariance_type: str, power: int
) -> None:
    case = problems.problem(51, n=300, n_components=3, n_features=2)
    options: dict[str, Any] = {"covariance_type": covariance_type, "random_state": 0}
    plain = gaussmix.fit(case.X, 3, max_iter=10, tol=0, **options)
    scaled = gaussmix.fit(case.X * 2.0**power, 3, max_iter=10, tol=0, **options)
    assert not scaled.events
    np.testing.assert_array_equal(scaled.predict(case.X * 2.0**power), plain.predict(case.X))
    np.testing.assert_allclose(scaled.weights, plain.weights, rtol=1e-9)
    np.testing.assert_allclose(scaled.means / 2.0**power, plain.means, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(
        scaled.covariances / 2.0**power / 2.0**power, plain.covariances, rtol=1e-9, atol=1e-9
    )


@pytest.mark.parametrize("offset", [2.0**20, 1e6, 2.0**27])
@pytest.mark.parametrize("init", problems.INITS)
def test_the_origin_does_not_matter(covariance_type: str, init: str, offset: float) -> None:
    # Rows rounded to 2^-16: adding these offsets to them loses no digit.
    case = problems.problem(52, n=400, n_components=3, n_features=3)
    X = np.round(case.X * 2**16) / 2**16
    options: dict[str, Any] = {
        "covariance_type": covariance_type,
        "init": init,
        "random_state": 3,
        "max_iter": 20,
        "tol": 0,
    }
    here = gaussmix.fit(X, 3, **options)
    there = gaussmix.fit(X + offset, 3, **options)
    np.testing.assert_array_equal(there.predict(X + offset), here.predict(X))
    np.testing.assert_allclose(there.means - offset, here.means, atol=1e-15 * offset * 100)
    np.testing.assert_allclose(there.covariances, here.covariances, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(there.history, here.history, rtol=1e-7)


def test_float32_rows_far_from_the_origin_are_fitted_as_near_it(covariance_type: str) -> None:
    case = problems.problem(53, n=400, n_components=3, n_features=3)
    X = np.round(case.X * 2**6) / 2**6
    options: dict[str, Any] = {"covariance_type": covariance_type, "random_state": 3}
    here = gaussmix.fit(X.astype(np.float32), 3, **options)
    there = gaussmix.fit((X + 2.0**14).astype(np.float32), 3, **options)
    assert there.n_iter == here.n_iter
    # Adding the offset loses no digit: what is left is the rounding of the computation.
    bound = 32 * SINGLE_ROUNDING
    np.testing.assert_allclose(there.means - 2.0**14, here.means, rtol=0, atol=bound)
    np.testing.assert_allclose(there.covariances, here.covariances, rtol=0, atol=bound)


def test_clusters_a_million_standard_deviations_apart_keep_their_covariances(
    covariance_type: str,
) -> None:
    case = problems.blobs(54, n=200, n_components=2)
    X = np.round(case.X * 2**16) / 2**16
    X[case.labels == 1, 0] += 1e6
    model = gaussmix.fit(X, 2, covariance_type=covariance_type, reg_covar=0, random_state=0)
    exact = reference.m_step(
        X.astype(np.longdouble), reference.one_hot(case.labels, 2), covariance_type
    )
    order = np.argsort(model.means[:, 0])
    np.testing.assert_allclose(model.means[order], exact.means, rtol=1e-14)
    covariances = model.covariances if covariance_type == "tied" else model.covariances[order]
    np.testing.assert_allclose(covariances, exact.covariances, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("init", ["kmeans", "k-means++", "random_from_data"])
@pytest.mark.parametrize("value", [0.0, 1e10, 1e200])
def test_a_whole_stretch_of_weightless_rows_changes_no_start(init: str, value: float) -> None:
    generator = np.random.default_rng(3)
    centres = np.array([[0.0, 0.0], [8.0, 0.0], [0.0, 8.0]])
    rows = centres[generator.integers(3, size=3000)] + generator.standard_normal((3000, 2))
    padded = np.concatenate([rows[:1000], np.full((800, 2), value), rows[1000:]])
    weights = np.concatenate([np.ones(1000), np.zeros(800), np.ones(2000)])
    expected = gaussmix.fit(rows, 3, init=init, random_state=1, tol=1e-9, max_iter=500)
    found = gaussmix.fit(
        padded, 3, init=init, random_state=1, sample_weight=weights, tol=1e-9, max_iter=500
    )
    assert abs(found.score(rows) - expected.score(rows)) < 1e-6


@pytest.mark.parametrize("scale", [1e-200, 1e-160, 1e160, 1e200])
def test_the_size_of_uniform_weights_does_not_matter(scale: float) -> None:
    rows = np.sort(np.random.default_rng(4).standard_normal(2000))[:, np.newaxis]
    expected = gaussmix.fit(rows, 2, random_state=1)
    found = gaussmix.fit(rows, 2, random_state=1, sample_weight=np.full(2000, scale))
    np.testing.assert_allclose(found.means, expected.means, rtol=1e-9)
    np.testing.assert_allclose(found.covariances, expected.covariances, rtol=1e-9)


def test_a_component_without_weight_wins_no_row_however_far() -> None:
    model = gaussmix.Mixture([0.0, 0.5, 0.5], [[0.0], [1.0], [2.0]], np.ones((3, 1, 1)))
    far = [[1e200], [-1e300]]
    assert (model.predict(far) > 0).all()
    np.testing.assert_allclose(model.predict_proba(far), [[0.0, 0.5, 0.5]] * 2)
    assert np.isfinite(model.score_samples(far)).all()
