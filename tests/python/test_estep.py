"""Densities, responsibilities, labels and criteria are those of the oracle and of SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

import gaussmix
import problems
import reference
import views
from comparing import SINGLE_ROUNDING, model_of, rounding_bound

SIZES = range(1, 34)


def as_wide_as_small_numbers(p: reference.Parameters) -> reference.Parameters:
    """The mixture spread over 0 to 100: far from every component, float32 rows go to float64."""
    return reference.Parameters(
        p.weights, 50 + 20 * p.means, 400 * p.covariances, p.covariance_type
    )


@pytest.mark.parametrize("d", SIZES)
def test_scores_are_those_of_the_oracle_for_any_number_of_rows_and_features(
    covariance_type: str, d: int
) -> None:
    case = problems.problem(d, n=33, n_components=3, n_features=d, covariance_type=covariance_type)
    model = model_of(case.truth)
    log_density = reference.score_samples(case.X, case.truth)
    r = reference.responsibilities(case.X, case.truth)
    for n in SIZES:
        X = case.X[:n]
        np.testing.assert_allclose(model.score_samples(X), log_density[:n], rtol=1e-11, atol=1e-11)
        np.testing.assert_allclose(model.predict_proba(X), r[:n], rtol=1e-10, atol=1e-13)
        np.testing.assert_array_equal(model.predict(X), r[:n].argmax(axis=1))


@pytest.mark.parametrize("n_components", SIZES)
def test_scores_are_those_of_the_oracle_for_any_number_of_components(
    covariance_type: str, n_components: int
) -> None:
    case = problems.problem(
        n_components, n=70, n_components=n_components, covariance_type=covariance_type
    )
    model = model_of(case.truth)
    r = reference.responsibilities(case.X, case.truth)
    np.testing.assert_allclose(
        model.score_samples(case.X), reference.score_samples(case.X, case.truth), rtol=1e-11
    )
    np.testing.assert_allclose(model.predict_proba(case.X), r, rtol=1e-10, atol=1e-13)
    np.testing.assert_array_equal(model.predict(case.X), r.argmax(axis=1))


def test_a_model_from_known_parameters_scores_as_scipy_does(covariance_type: str) -> None:
    case = problems.problem(1, n=200, n_components=4, n_features=5, covariance_type=covariance_type)
    p = case.truth
    matrices = reference.covariance_matrices(p)
    joint = np.stack(
        [
            np.log(p.weights[k]) + multivariate_normal(p.means[k], matrices[k]).logpdf(case.X)
            for k in range(p.n_components)
        ],
        axis=1,
    )
    expected = logsumexp(joint, axis=1)
    model = model_of(p)
    np.testing.assert_allclose(model.score_samples(case.X), expected, rtol=1e-11)
    np.testing.assert_allclose(
        model.predict_proba(case.X), np.exp(joint - expected[:, None]), rtol=1e-10, atol=1e-13
    )


def test_the_results_have_the_documented_shapes_and_types() -> None:
    case = problems.problem(2, n=17, n_components=3, n_features=2)
    model = model_of(case.truth)
    assert model.score_samples(case.X).shape == (17,)
    assert model.score_samples(case.X).dtype == np.float64
    assert model.predict_proba(case.X).shape == (17, 3)
    assert model.predict_proba(case.X).dtype == np.float64
    assert model.predict(case.X).shape == (17,)
    assert model.predict(case.X).dtype == np.int64
    for criterion in (model.score, model.bic, model.aic, model.icl):
        assert type(criterion(case.X)) is float


def test_criteria_are_those_of_the_oracle(covariance_type: str) -> None:
    case = problems.problem(3, n=250, n_components=3, n_features=4, covariance_type=covariance_type)
    p, model = case.truth, model_of(case.truth)
    assert model.n_parameters == reference.n_parameters(p)
    assert model.bic(case.X) == pytest.approx(reference.bic(case.X, p), rel=1e-12)
    assert model.aic(case.X) == pytest.approx(reference.aic(case.X, p), rel=1e-12)
    assert model.icl(case.X) == pytest.approx(reference.icl(case.X, p), rel=1e-12)
    assert model.score(case.X) == pytest.approx(
        reference.log_likelihood(case.X, p) / 250, rel=1e-12
    )


def test_the_score_is_a_weighted_mean_over_rows() -> None:
    case = problems.problem(4, n=100)
    w = np.random.default_rng(4).uniform(0, 3, size=100)
    w[::7] = 0
    expected = reference.log_likelihood(case.X, case.truth, w) / w.sum()
    score = model_of(case.truth).score(case.X, sample_weight=w)
    assert score == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("dtype", views.DTYPES)
@pytest.mark.parametrize("layout", views.LAYOUTS)
def test_any_element_type_and_layout_scores_as_the_same_numbers_in_plain_arrays(
    covariance_type: str, layout: str, dtype: str
) -> None:
    X = views.small_numbers(5, 37, 3, dtype)
    p = as_wide_as_small_numbers(problems.mixture(5, 2, 3, covariance_type))
    model = model_of(p)
    plain = views.plain(X)
    view = views.LAYOUTS[layout](X)
    np.testing.assert_array_equal(model.score_samples(view), model.score_samples(plain))
    np.testing.assert_array_equal(model.predict_proba(view), model.predict_proba(plain))
    np.testing.assert_array_equal(model.predict(view), model.predict(plain))
    np.testing.assert_allclose(
        model.score_samples(view),
        reference.score_samples(plain, p),
        rtol=rounding_bound(dtype, 1e-11, 16),
    )


@pytest.mark.parametrize("dtype", views.INTEGERS)
def test_the_extremes_of_each_integer_type_score_as_in_float64(dtype: str) -> None:
    extremes = np.iinfo(dtype)
    X = np.array([[extremes.min], [extremes.max], [extremes.max - 1]], dtype=dtype)
    model = gaussmix.Mixture([1.0], [[0.0]], [[[float(extremes.max) ** 2]]])
    np.testing.assert_array_equal(model.score_samples(X), model.score_samples(X.astype(np.float64)))


@pytest.mark.parametrize(
    "numbers",
    [0.0, -0.0, 1.5, 65504.0, 6.1e-5, 5.96e-8, 2.98e-7],
    ids=["zero", "minus_zero", "plain", "largest", "smallest_normal", "smallest", "subnormal"],
)
def test_half_precision_numbers_of_every_kind_score_as_in_float32(numbers: float) -> None:
    X = np.array([[numbers], [-numbers]], dtype=np.float16)
    for variance in (1.0, 1e-12):
        model = gaussmix.Mixture([1.0], [[0.0]], [[variance]], covariance_type="diag")
        scores = model.score_samples(X)
        np.testing.assert_array_equal(scores, model.score_samples(X.astype(np.float32)))
        np.testing.assert_allclose(
            scores, model.score_samples(X.astype(np.float64)), rtol=4 * SINGLE_ROUNDING
        )


@given(
    n=st.integers(1, 33),
    d=st.integers(1, 33),
    n_components=st.integers(1, 5),
    covariance_type=st.sampled_from(reference.COVARIANCE_TYPES),
    dtype=st.sampled_from(views.DTYPES),
    layout=st.sampled_from(sorted(views.LAYOUTS)),
)
def test_no_combination_of_shape_type_and_layout_changes_a_score(
    n: int, d: int, n_components: int, covariance_type: str, dtype: str, layout: str
) -> None:
    X = views.small_numbers(n + 40 * d, n, d, dtype)
    p = as_wide_as_small_numbers(problems.mixture(d, n_components, d, covariance_type))
    model = model_of(p)
    plain = views.plain(X)
    view = views.LAYOUTS[layout](X)
    rtol = rounding_bound(dtype, 1e-10, 24)
    np.testing.assert_array_equal(model.score_samples(view), model.score_samples(plain))
    np.testing.assert_allclose(
        model.score_samples(view), reference.score_samples(plain, p), rtol=rtol
    )
    assert model.bic(view) == pytest.approx(reference.bic(plain, p), rel=rtol)


def test_a_row_broadcast_without_memory_scores_as_that_row(covariance_type: str) -> None:
    case = problems.problem(6, n=1, n_components=2, n_features=3, covariance_type=covariance_type)
    model = model_of(case.truth)
    broadcast = np.broadcast_to(case.X, (1000, 3))
    assert broadcast.strides[0] == 0
    np.testing.assert_array_equal(
        model.score_samples(broadcast), np.full(1000, model.score_samples(case.X)[0])
    )


def test_a_column_broadcast_without_memory_scores_as_its_copy(covariance_type: str) -> None:
    case = problems.problem(7, n=50, n_components=2, n_features=3, covariance_type=covariance_type)
    model = model_of(case.truth)
    broadcast = np.broadcast_to(case.X[:, :1], (50, 3))
    np.testing.assert_array_equal(
        model.score_samples(broadcast), model.score_samples(broadcast.copy())
    )


@pytest.mark.parametrize("scale", [1e3, 1e10, 1e160, 1e300])
def test_rows_far_from_every_component_have_responsibilities_that_sum_to_one(
    covariance_type: str, scale: float
) -> None:
    p = problems.mixture(8, 3, 2, covariance_type)
    X = scale * np.array([[1.0, 1.0], [-1.0, 0.5], [0.0, -1.0]])
    model = model_of(p)
    r = model.predict_proba(X)
    assert np.isfinite(r).all()
    np.testing.assert_allclose(r.sum(axis=1), 1.0, rtol=1e-12)
    assert not np.isnan(model.score_samples(X)).any()
    np.testing.assert_array_equal(model.predict(X), r.argmax(axis=1))


def test_components_a_million_standard_deviations_apart_score_as_near_ones(
    covariance_type: str,
) -> None:
    p = problems.mixture(8, 3, 4, covariance_type)
    means = np.round((p.means + np.array([[0.0], [1e6], [-3e5]])) * 2**10) / 2**10
    far = reference.Parameters(p.weights, means, p.covariances, covariance_type)
    X = np.round(problems.draw(8, 90, far).X * 2**10) / 2**10
    np.testing.assert_allclose(
        model_of(far).score_samples(X), reference.score_samples(X, far), rtol=0, atol=1e-9
    )


def test_a_component_of_weight_zero_takes_no_part(covariance_type: str) -> None:
    case = problems.problem(9, n=60, n_components=2, covariance_type=covariance_type)
    p = case.truth
    weights = np.array([0.0, 1.0])
    model = gaussmix.Mixture(weights, p.means, p.covariances, covariance_type=covariance_type)
    alone = reference.log_gaussian(case.X, p.means[1], reference.covariance_matrices(p)[1])
    np.testing.assert_allclose(model.score_samples(case.X), alone, rtol=1e-11)
    np.testing.assert_array_equal(model.predict_proba(case.X), np.tile([0.0, 1.0], (60, 1)))
    assert np.isfinite(model.icl(case.X))


def test_the_first_of_equal_components_wins_a_row() -> None:
    model = gaussmix.Mixture([0.5, 0.5], [[1.0], [1.0]], [1.0, 1.0], covariance_type="spherical")
    np.testing.assert_array_equal(model.predict([[0.0], [5.0]]), [0, 0])
    np.testing.assert_array_equal(model.predict_proba([[0.0], [5.0]]), np.full((2, 2), 0.5))


def test_the_log_determinant_neither_overflows_nor_underflows_in_many_dimensions() -> None:
    d = 400
    for exponent in (-3, 3):
        variances = np.full((1, d), 10.0**exponent)
        model = gaussmix.Mixture([1.0], np.zeros((1, d)), variances, covariance_type="diag")
        expected = -0.5 * d * np.log(2 * np.pi * 10.0**exponent)
        assert model.score(np.zeros((1, d))) == pytest.approx(expected, rel=1e-12)


def test_integer_rows_keep_their_fraction_in_the_answer() -> None:
    model = gaussmix.Mixture([0.5, 0.5], [[0.0], [3.0]], [[1.0], [1.0]], covariance_type="diag")
    r = model.predict_proba(np.array([[1], [2]], dtype=np.int32))
    np.testing.assert_allclose(r[:, 0] + r[::-1, 0], 1.0, rtol=1e-12)
    assert ((r > 0) & (r < 1)).all()
