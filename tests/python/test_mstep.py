"""One iteration of EM gives what the oracle gives, for every family, size, start and weighting."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gaussmix
import problems
import reference
import views
from comparing import (
    SINGLE_ROUNDING,
    assert_fit_close,
    assert_parameters_close,
    assert_same_parameters,
    model_of,
    parameters_of,
    rounding_bound,
)

SIZES = range(1, 34)


def one_iteration(
    X: Any, n_components: int, start: Any, covariance_type: str, **options: Any
) -> gaussmix.Mixture:
    """A fit of exactly one iteration from a given start."""
    return gaussmix.fit(
        X,
        n_components,
        covariance_type=covariance_type,
        init=start,
        max_iter=1,
        tol=0,
        **options,
    )


def soft(seed: int, n: int, n_components: int) -> reference.Array:
    """Random responsibilities, none of them near zero."""
    r = np.random.default_rng(seed).uniform(0.5, 2.0, size=(n, n_components))
    return np.asarray(r / r.sum(axis=1, keepdims=True))


@pytest.mark.parametrize("d", SIZES)
def test_one_iteration_is_that_of_the_oracle_for_any_number_of_rows_and_features(
    covariance_type: str, d: int
) -> None:
    p = problems.mixture(d, 2, d, covariance_type, spread=1.0)
    X = problems.draw(d, 33, p).X
    start = model_of(p)
    for n in range(2, 34):
        actual = one_iteration(X[:n], 2, start, covariance_type, reg_covar=0.5)
        expected = reference.em(X[:n], p, covariance_type, max_iter=1, tol=0, reg_covar=0.5)
        assert_fit_close(actual, expected, rtol=1e-10)


@pytest.mark.parametrize("n_components", SIZES)
def test_one_iteration_is_that_of_the_oracle_for_any_number_of_components(
    covariance_type: str, n_components: int
) -> None:
    case = problems.problem(
        n_components, n=200, n_components=n_components, covariance_type=covariance_type, spread=1.0
    )
    actual = one_iteration(
        case.X, n_components, model_of(case.truth), covariance_type, reg_covar=0.1
    )
    expected = reference.em(case.X, case.truth, covariance_type, max_iter=1, tol=0, reg_covar=0.1)
    assert_fit_close(actual, expected, rtol=1e-10)


@pytest.mark.parametrize("isa", gaussmix.info()["instruction_sets"])
@pytest.mark.parametrize("share", [0.03, 0.3, 1.0])
@pytest.mark.parametrize("d", [5, 6, 7, 8, 11, 13, 16, 18, 24, 31, 47, 48, 49, 66])
def test_scatters_are_those_of_the_oracle_whether_few_rows_of_a_tile_count_or_all(
    d: int, share: float, isa: str
) -> None:
    # Few rows, many of them sparse, and many: each is summed in another way.
    n = 1000
    rng = np.random.default_rng(d)
    X = rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) + 3
    w = np.where(rng.random(n) < share, rng.uniform(0.5, 2.0, size=n), 0.0)
    r = soft(d, n, 2)
    for rows, rtol in ((X, 1e-10), (X.astype(np.float32), 1e-4)):
        actual = one_iteration(
            rows, 2, r, "full", sample_weight=w, reg_covar=1.0, instruction_set=isa
        )
        expected = reference.em(rows, r, "full", sample_weight=w, max_iter=1, tol=0, reg_covar=1.0)
        assert_fit_close(actual, expected, rtol=rtol)


def test_one_iteration_over_many_rows_is_that_of_the_oracle(covariance_type: str) -> None:
    # Enough rows for many chunks, whose sums are merged.
    p = problems.mixture(10, 3, 4, covariance_type, spread=1.0)
    X = problems.draw(10, 50_021, p).X
    w = np.random.default_rng(10).uniform(0.5, 2.0, size=len(X))
    actual = one_iteration(X, 3, model_of(p), covariance_type, sample_weight=w)
    expected = reference.em(X, p, covariance_type, sample_weight=w, max_iter=1, tol=0)
    assert_fit_close(actual, expected, rtol=1e-10)


def test_a_single_row_makes_a_single_component(covariance_type: str) -> None:
    X = np.array([[3.0, -1.0, 4.0]])
    model = gaussmix.fit(X, 1, covariance_type=covariance_type, reg_covar=0.25)
    matrices = reference.covariance_matrices(parameters_of(model))
    np.testing.assert_array_equal(model.means, X)
    np.testing.assert_allclose(matrices[0], 0.25 * np.eye(3), rtol=1e-12)


@pytest.mark.parametrize("reg_covar", [None, 0.0, 0.3], ids=["relative", "none", "absolute"])
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("kind", ["mixture", "labels", "responsibilities"])
def test_one_iteration_from_any_given_start_is_that_of_the_oracle(
    covariance_type: str, kind: str, weighted: bool, reg_covar: float | None
) -> None:
    case = problems.problem(11, n=120, n_components=3, n_features=4, spread=1.5)
    p = problems.mixture(12, 3, 4, covariance_type, spread=1.5)
    w = np.random.default_rng(13).uniform(0.1, 4.0, size=120) if weighted else None
    r = soft(14, 120, 3)
    starts: dict[str, tuple[Any, Any]] = {
        "mixture": (model_of(p), p),
        "labels": (case.labels, reference.one_hot(case.labels, 3)),
        "responsibilities": (r, r),
    }
    given_start, oracle_start = starts[kind]
    actual = one_iteration(
        case.X,
        3,
        given_start,
        covariance_type,
        sample_weight=w,
        reg_covar=reg_covar,
    )
    expected = reference.em(
        case.X,
        oracle_start,
        covariance_type,
        sample_weight=w,
        max_iter=1,
        tol=0,
        reg_covar=reg_covar,
    )
    assert_fit_close(actual, expected, rtol=1e-10)


@pytest.mark.parametrize("offset", [0.0, 1e4, 1e8])
def test_one_m_step_agrees_with_extended_precision(covariance_type: str, offset: float) -> None:
    # Components this far apart make every responsibility 0 or 1: the M-step is then the moments
    # of the groups. The start's means are several standard deviations off, so that a scatter
    # about the old mean would show.
    case = problems.blobs(15, n=240, n_components=3, n_features=4)
    X = np.round(case.X * 2**20) / 2**20 + offset
    start = problems.blobs(15, n_components=3, n_features=4).truth
    means = start.means + offset + np.array([3.0, -4.0, 5.0, 2.0])
    covariances = {
        "full": np.tile(4 * np.eye(4), (3, 1, 1)),
        "tied": 4 * np.eye(4),
        "diag": np.full((3, 4), 4.0),
        "spherical": np.full(3, 4.0),
    }[covariance_type]
    model = gaussmix.Mixture(start.weights, means, covariances, covariance_type=covariance_type)
    actual = one_iteration(X, 3, model, covariance_type, reg_covar=0)
    exact = reference.m_step(
        X.astype(np.longdouble),
        reference.one_hot(case.labels, 3).astype(np.longdouble),
        covariance_type,
    )
    np.testing.assert_allclose(actual.weights, exact.weights, rtol=1e-14)
    np.testing.assert_allclose(actual.means, exact.means, rtol=1e-14, atol=1e-14 * 200)
    np.testing.assert_allclose(actual.covariances, exact.covariances, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("offset", [0.0, 2.0**14])
def test_float32_rows_lose_no_digits_to_their_sums_or_offset(
    covariance_type: str, offset: float
) -> None:
    case = problems.problem(
        16, n=500, n_components=2, n_features=3, covariance_type=covariance_type
    )
    X = (np.round(case.X * 2**8) / 2**8 + offset).astype(np.float32)
    actual = one_iteration(X, 2, case.labels, covariance_type)
    np.testing.assert_array_equal(X.astype(np.float64) - offset, np.round(case.X * 2**8) / 2**8)
    expected = reference.em(
        X, reference.one_hot(case.labels, 2), covariance_type, max_iter=1, tol=0
    )
    p = expected.parameters
    np.testing.assert_allclose(actual.history, expected.history, atol=4 * SINGLE_ROUNDING)
    np.testing.assert_allclose(actual.weights, p.weights, rtol=4 * SINGLE_ROUNDING)
    np.testing.assert_allclose(actual.means, p.means, rtol=0, atol=4 * SINGLE_ROUNDING)
    largest = np.abs(p.covariances).max()
    np.testing.assert_allclose(
        actual.covariances, p.covariances, rtol=0, atol=4 * SINGLE_ROUNDING * largest
    )


@pytest.mark.parametrize("dtype", views.DTYPES)
@pytest.mark.parametrize("layout", views.LAYOUTS)
def test_any_element_type_and_layout_gives_the_iteration_of_the_same_numbers_in_plain_arrays(
    covariance_type: str, layout: str, dtype: str
) -> None:
    X = views.small_numbers(17, 45, 3, dtype)
    labels = np.arange(45) % 2
    w = np.random.default_rng(17).uniform(0.5, 2.0, size=45)
    view = views.LAYOUTS[layout](X)
    actual = one_iteration(view, 2, labels, covariance_type, sample_weight=w)
    plain = views.plain(X)
    assert_same_parameters(
        actual, one_iteration(plain, 2, labels, covariance_type, sample_weight=w)
    )
    expected = reference.em(
        plain,
        reference.one_hot(labels, 2),
        covariance_type,
        sample_weight=w,
        max_iter=1,
        tol=0,
    )
    assert_fit_close(actual, expected, rtol=rounding_bound(dtype, 1e-9, 16))


def test_weights_in_any_type_and_layout_count_alike(covariance_type: str) -> None:
    case = problems.problem(18, n=60, n_components=2)
    w = np.random.default_rng(18).integers(1, 5, size=60)
    expected = one_iteration(
        case.X, 2, case.labels, covariance_type, sample_weight=w.astype(np.float64)
    )
    padded = np.zeros((60, 2))
    padded[:, 1] = w
    for given_weights in (w, w.astype(np.float32), w.astype(np.uint8), w.tolist(), padded[:, 1]):
        actual = one_iteration(case.X, 2, case.labels, covariance_type, sample_weight=given_weights)
        assert_same_parameters(actual, expected)


def test_labels_and_responsibilities_in_any_type_and_layout_start_alike(
    covariance_type: str,
) -> None:
    case = problems.problem(19, n=60, n_components=3)
    r = reference.one_hot(case.labels, 3)
    expected = one_iteration(case.X, 3, case.labels, covariance_type)
    padded = np.zeros((60, 2), dtype=np.int32)
    padded[:, 0] = case.labels
    for labels in (case.labels.astype(np.uint8), case.labels.tolist(), padded[:, 0]):
        assert_same_parameters(one_iteration(case.X, 3, labels, covariance_type), expected)
    for table in (
        r,
        np.asfortranarray(r),
        r.astype(np.float32),
        np.ascontiguousarray(r[::-1])[::-1],
    ):
        actual = one_iteration(case.X, 3, table, covariance_type)
        assert_parameters_close(actual, expected, rtol=1e-12)


def test_responsibilities_are_normalised_row_by_row(covariance_type: str) -> None:
    case = problems.problem(20, n=80, n_components=3)
    r = soft(20, 80, 3)
    scale = np.random.default_rng(20).uniform(0.1, 10.0, size=(80, 1))
    assert_parameters_close(
        one_iteration(case.X, 3, r * scale, covariance_type),
        one_iteration(case.X, 3, r, covariance_type),
        rtol=1e-12,
    )


# --- What a weight means -------------------------------------------------------------------------


def test_a_weight_of_two_is_the_row_twice(covariance_type: str) -> None:
    case = problems.problem(21, n=90, n_components=3)
    twice = np.arange(90) % 4 == 1
    w = np.where(twice, 2.0, 1.0)
    start = model_of(problems.mixture(21, 3, 2, covariance_type))
    weighted = one_iteration(case.X, 3, start, covariance_type, sample_weight=w)
    repeated = one_iteration(np.concatenate([case.X, case.X[twice]]), 3, start, covariance_type)
    assert_parameters_close(weighted, repeated, rtol=1e-12)
    np.testing.assert_allclose(weighted.history, repeated.history, rtol=1e-12)


@pytest.mark.parametrize("far", [0.0, 1e3, 1e20, 1e100, 1e300])
@pytest.mark.parametrize("remainder", [0, 1], ids=["the_first_row_too", "not_the_first_row"])
def test_a_weight_of_zero_is_the_row_deleted_wherever_it_lies(
    covariance_type: str, remainder: int, far: float
) -> None:
    case = problems.problem(22, n=90, n_components=3)
    kept = np.arange(90) % 3 != remainder
    X = case.X.copy()
    X[~kept] += far
    start = model_of(problems.mixture(22, 3, 2, covariance_type))
    weighted = one_iteration(X, 3, start, covariance_type, sample_weight=kept.astype(float))
    deleted = one_iteration(X[kept], 3, start, covariance_type)
    assert_parameters_close(weighted, deleted, rtol=1e-12)
    np.testing.assert_allclose(weighted.history, deleted.history, rtol=1e-12)


@pytest.mark.parametrize("init", ["kmeans", "k-means++", "random", "random_from_data"])
@pytest.mark.parametrize("factor", [1.0, 2.0, 2.0**-20, 2.0**40])
def test_the_unit_of_the_weights_does_not_matter_to_the_last_bit(
    covariance_type: str, init: str, factor: float
) -> None:
    case = problems.problem(23, n=400, n_components=3)
    weighted = gaussmix.fit(
        case.X,
        3,
        covariance_type=covariance_type,
        init=init,
        sample_weight=np.full(400, factor),
        max_iter=3,
        tol=0,
        random_state=0,
    )
    plain = gaussmix.fit(
        case.X,
        3,
        covariance_type=covariance_type,
        init=init,
        max_iter=3,
        tol=0,
        random_state=0,
    )
    assert_same_parameters(weighted, plain)


@pytest.mark.parametrize("init", ["kmeans", "k-means++", "random_from_data"])
@pytest.mark.parametrize("far", [1e4, 1e20, 1e200])
def test_a_row_of_weight_zero_is_never_a_seed(init: str, far: float) -> None:
    case = problems.blobs(24, n=30, n_components=2)
    X = np.concatenate([case.X, far * np.linspace(1, 2, 60).reshape(30, 2)])
    w = np.repeat([1.0, 0.0], 30)
    for seed in range(10):
        model = gaussmix.fit(X, 2, init=init, sample_weight=w, random_state=seed)
        assert model.means.max() < 1e3
        assert (model.weights > 0).all()


@pytest.mark.parametrize("d", [2, 4, 5, 7, 8, 13, 16, 33, 48, 49, 70])
@pytest.mark.parametrize("spread", [15.0, 200.0])
def test_rows_without_a_share_in_a_component_are_left_out_without_a_trace(
    covariance_type: str, spread: float, d: int
) -> None:
    # Clusters so far apart, mixed row by row, that most rows have no share in most components.
    p = problems.mixture(d, 7, d, covariance_type, spread=spread)
    X = problems.draw(d, 500, p).X
    w = np.random.default_rng(d).uniform(0.5, 2.0, size=500)
    start = model_of(p)
    actual = one_iteration(X, 7, start, covariance_type, reg_covar=0.5, sample_weight=w)
    expected = reference.em(
        X, p, covariance_type, max_iter=1, tol=0, reg_covar=0.5, sample_weight=w
    )
    assert_fit_close(actual, expected, rtol=1e-9)
    negligible = start.predict_proba(X) < 2.0**-60 * start.weights
    assert np.mean(negligible) > (0.5 if spread > 100 else 0.05)
