"""Rows of float32 are computed on in float32, and lose no more to it than its rounding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gaussmix
import problems
import reference
from comparing import (
    SINGLE_ROUNDING,
    assert_parameters_close,
    assert_same_fit,
    model_of,
)

# Around one and several vectors, panels and groups of features, and past the last column kernel.
FEATURES = (1, 2, 3, 4, 5, 7, 8, 9, 13, 16, 17, 33, 48, 49, 70)
COMPONENTS = (1, 3, 17)

INSTRUCTION_SETS: list[str] = gaussmix.info()["instruction_sets"]


def single(X: reference.Array) -> reference.Array:
    return X.astype(np.float32)


def double(X: reference.Array) -> reference.Array:
    return X.astype(np.float64)


def once(X: Any, start: reference.Parameters, **options: Any) -> gaussmix.Mixture:
    """One iteration from a given model."""
    family = start.covariance_type
    return gaussmix.fit(
        X, covariance_type=family, init=model_of(start), max_iter=1, tol=0, **options
    )


def oracle_once(X: Any, start: reference.Parameters, **options: Any) -> reference.Fit:
    return reference.em(X, start, start.covariance_type, max_iter=1, tol=0, **options)


def spheres(
    covariance_type: str, means: reference.Array, variance: float = 1.0
) -> reference.Parameters:
    """Components of equal weight and the covariance of a sphere."""
    k, d = means.shape
    covariances = {
        "full": np.tile(np.eye(d), (k, 1, 1)),
        "tied": np.eye(d),
        "diag": np.ones((k, d)),
        "spherical": np.ones(k),
    }[covariance_type]
    return reference.Parameters(np.full(k, 1 / k), means, variance * covariances, covariance_type)


def assert_within_rounding(
    actual: gaussmix.Mixture,
    expected: reference.Fit,
    unit: float | None = None,
) -> None:
    """An iteration off the oracle's by what computing in float32 explains, and no more.

    The roundings of a row's density grow with the number of features, those of the sums of a tile
    with the root of its rows. Means are held to the `unit`, by default their largest number, and
    covariances to their largest number: five to ten times what was found.
    """
    p = expected.parameters
    d = p.n_features
    roundings = 4 * SINGLE_ROUNDING * (d + 1)
    np.testing.assert_allclose(actual.history, expected.history, rtol=0, atol=roundings)
    np.testing.assert_allclose(actual.weights, p.weights, rtol=0, atol=6 * SINGLE_ROUNDING)
    unit = float(np.abs(p.means).max()) if unit is None else unit
    np.testing.assert_allclose(actual.means, p.means, rtol=0, atol=8 * SINGLE_ROUNDING * unit)
    largest = float(np.abs(p.covariances).max())
    np.testing.assert_allclose(
        actual.covariances, p.covariances, rtol=0, atol=32 * SINGLE_ROUNDING * largest
    )


# --- One iteration -------------------------------------------------------------------------------


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("d", FEATURES)
def test_one_iteration_of_float32_rows_is_nearly_that_of_the_oracle(
    covariance_type: str, d: int, weighted: bool
) -> None:
    for n_components in COMPONENTS:
        start = problems.mixture(d, n_components, d, covariance_type, spread=1.5)
        X = single(problems.draw(d, 301, start).X)
        w = np.random.default_rng(d).uniform(0.5, 2.0, size=301) if weighted else None
        if w is not None:
            w[::7] = 0
        options: dict[str, Any] = {"sample_weight": w, "reg_covar": 0.5}
        assert_within_rounding(once(X, start, **options), oracle_once(X, start, **options))


def test_one_iteration_is_not_that_of_float64(covariance_type: str) -> None:
    # Else this file would try nothing.
    start = problems.mixture(60, 3, 4, covariance_type)
    X = single(problems.draw(60, 400, start).X)
    assert (once(X, start).means != once(double(X), start).means).any()


def test_responsibilities_of_float32_rows_sum_to_one_as_doubles(covariance_type: str) -> None:
    start = problems.mixture(61, 5, 3, covariance_type)
    shares = model_of(start).predict_proba(single(problems.draw(61, 400, start).X))
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=0, atol=1e-15)


@pytest.mark.parametrize("garbage", [0.0, 1e5, 1e30, -3e38])
@pytest.mark.parametrize("d", [1, 3, 7, 16, 33, 70])
def test_float32_rows_of_weight_zero_take_no_part_whatever_they_hold(
    covariance_type: str, d: int, garbage: float
) -> None:
    start = problems.mixture(d, 3, d, covariance_type, spread=1.5)
    X = single(problems.draw(d, 600, start).X)
    kept = np.random.default_rng(d).uniform(size=600) < 0.6
    kept[192:384] = False  # a whole tile
    w = np.where(kept, np.random.default_rng(d + 1).uniform(0.5, 2.0, size=600), 0.0)
    soiled = X.copy()
    soiled[~kept] = garbage
    actual = once(soiled, start, sample_weight=w, reg_covar=0.5)
    assert_same_fit(actual, once(X, start, sample_weight=w, reg_covar=0.5))
    expected = oracle_once(X[kept], start, sample_weight=w[kept], reg_covar=0.5)
    assert_within_rounding(actual, expected)


def test_float32_rows_are_added_up_in_float64(covariance_type: str) -> None:
    # Sums of so many rows in float32 would be off by hundreds of roundings.
    start = problems.mixture(61, 2, 3, covariance_type, spread=1.0)
    X = np.tile(single(problems.draw(61, 1500, start).X), (60, 1))
    actual, expected = once(X, start), oracle_once(X[:1500], start)
    assert_within_rounding(actual, expected)


@pytest.mark.parametrize("isa", INSTRUCTION_SETS)
@pytest.mark.parametrize("d", [1, 2, 5, 8, 17, 48, 49])
def test_every_instruction_set_is_as_near_to_the_oracle(
    covariance_type: str, d: int, isa: str
) -> None:
    start = problems.mixture(d, 3, d, covariance_type, spread=1.5)
    X = single(problems.draw(d, 211, start).X)
    for n in (5, 8, 9, 31, 97, 211):
        actual = once(X[:n], start, reg_covar=0.5, instruction_set=isa)
        assert_within_rounding(actual, oracle_once(X[:n], start, reg_covar=0.5))


def test_instruction_sets_with_fused_multiplication_agree_on_float32_to_the_last_bit(
    covariance_type: str,
) -> None:
    fused = [isa for isa in INSTRUCTION_SETS if isa != "baseline"]
    if len(fused) < 2:
        pytest.skip("this machine has fewer than two instruction sets with FMA")
    for d in FEATURES:
        start = problems.mixture(d, 3, d, covariance_type, spread=1.5)
        X = single(problems.draw(d, 500, start).X)
        first, *others = (once(X, start, instruction_set=isa) for isa in fused)
        for other in others:
            assert_same_fit(other, first)


@pytest.mark.parametrize("d", [2, 17, 50])
def test_float32_fits_and_scores_do_not_depend_on_the_number_of_threads(
    covariance_type: str, d: int
) -> None:
    start = problems.mixture(d, 5, d, covariance_type, spread=1.5)
    X = single(problems.draw(d, 6007, start).X)
    w = np.random.default_rng(d).uniform(0.0, 2.0, size=6007)
    model = model_of(start)
    options: dict[str, Any] = {
        "covariance_type": covariance_type,
        "init": model,
        "max_iter": 3,
        "tol": 0,
        "sample_weight": w,
    }
    scores = (model.score_samples, model.predict_proba, model.predict, model.score, model.icl)
    expected = gaussmix.fit(X, n_threads=1, **options)
    for n_threads in (2, 5):
        assert_same_fit(gaussmix.fit(X, n_threads=n_threads, **options), expected)
        for use in scores:
            np.testing.assert_array_equal(use(X, n_threads=n_threads), use(X, n_threads=1))


def test_float16_rows_are_fitted_as_the_same_numbers_in_float32(covariance_type: str) -> None:
    start = problems.mixture(62, 3, 5, covariance_type, spread=1.5)
    X = problems.draw(62, 700, start).X.astype(np.float16)
    assert_same_fit(once(X, start), once(single(X), start))


# --- Scores --------------------------------------------------------------------------------------


@pytest.mark.parametrize("d", FEATURES)
def test_scores_of_float32_rows_are_nearly_those_of_the_oracle(
    covariance_type: str, d: int
) -> None:
    for n_components in COMPONENTS:
        p = problems.mixture(d, n_components, d, covariance_type, spread=1.5)
        X = single(problems.draw(d, 301, p).X)
        model = model_of(p)
        log_density, r = reference.score_samples(X, p), reference.responsibilities(X, p)
        bound = 4 * SINGLE_ROUNDING * (d + 1)
        scores = model.score_samples(X)
        np.testing.assert_allclose(scores, log_density, rtol=24 * SINGLE_ROUNDING, atol=bound)
        assert model.score(X) == pytest.approx(log_density.mean(), rel=0, abs=bound)
        found = model.predict_proba(X)
        np.testing.assert_allclose(found, r, rtol=0, atol=4 * bound)
        np.testing.assert_allclose(found.sum(axis=1), 1.0, rtol=32 * SINGLE_ROUNDING)
        top = np.sort(r, axis=1)[:, ::-1]
        clear = np.full(301, True) if n_components == 1 else top[:, 0] - top[:, 1] > 1e-4
        assert clear.mean() > 0.99
        np.testing.assert_array_equal(model.predict(X)[clear], r.argmax(axis=1)[clear])


@pytest.mark.parametrize("criterion", ["bic", "aic", "icl"])
@pytest.mark.parametrize("d", [1, 4, 17])
def test_criteria_of_float32_rows_are_nearly_those_of_the_oracle(
    covariance_type: str, d: int, criterion: str
) -> None:
    p = problems.mixture(d, 3, d, covariance_type, spread=1.5)
    X = single(problems.draw(d, 301, p).X)
    exact = getattr(reference, criterion)(X, p)
    assert getattr(model_of(p), criterion)(X) == pytest.approx(exact, rel=4 * SINGLE_ROUNDING)


@pytest.mark.parametrize("distance", [20, 50, 1e2, 1e4, 1e8, 1e12, 1e18, 1e30, 3e38])
def test_float32_rows_far_from_every_component_score_as_in_float64(
    covariance_type: str, distance: float
) -> None:
    p = problems.mixture(63, 3, 2, covariance_type)
    model = model_of(p)
    X = single(distance * np.array([[1.0, 0.9], [-1.0, 0.5], [0.0, -1.0]]))
    scores, expected = model.score_samples(X), model.score_samples(double(X))
    np.testing.assert_allclose(scores, expected, rtol=16 * SINGLE_ROUNDING)
    found, shares = model.predict_proba(X), model.predict_proba(double(X))
    np.testing.assert_allclose(found, shares, rtol=0, atol=1e-6)
    np.testing.assert_array_equal(model.predict(X), model.predict(double(X)))
    if distance > 1e3:  # a square in float32 would not tell which component is the nearer one
        np.testing.assert_array_equal(scores, expected)
        np.testing.assert_array_equal(found, shares)


def test_a_component_of_weight_zero_takes_no_part_in_float32(covariance_type: str) -> None:
    p = problems.mixture(64, 3, 2, covariance_type)
    X = single(problems.draw(64, 300, p).X)
    weights = np.array([0.5, 0.0, 0.5])
    p = reference.Parameters(weights, p.means, p.covariances, covariance_type)
    model = model_of(p)
    assert (model.predict_proba(X)[:, 1] == 0).all()
    np.testing.assert_allclose(
        model.score_samples(X),
        reference.score_samples(X, p),
        rtol=24 * SINGLE_ROUNDING,
        atol=12 * SINGLE_ROUNDING,
    )
    assert not (model.predict(X) == 1).any()


# --- Places and scales ---------------------------------------------------------------------------


@pytest.mark.parametrize("offset", [1e2, 1e4, -1e6])
def test_an_offset_costs_float32_rows_no_digit_but_those_it_rounds_away(
    covariance_type: str, offset: float
) -> None:
    p = problems.mixture(65, 3, 4, covariance_type, spread=2.0)
    start = reference.Parameters(p.weights, p.means + offset, p.covariances, covariance_type)
    X = single(problems.draw(65, 1000, start).X)
    actual, expected = once(X, start, reg_covar=0), oracle_once(X, start, reg_covar=0)
    assert_within_rounding(actual, expected, unit=float(np.abs(p.means).max()))


@pytest.mark.parametrize("separation", [3.0, 10.0, 30.0, 90.0, 300.0, 1e4])
def test_components_far_apart_keep_their_covariances_in_float32(
    covariance_type: str, separation: float
) -> None:
    # Separations in standard deviations. The bound of the covariances does not grow with them.
    d = 3
    means = separation * np.array([[-1.0], [0.01], [1.0]]) * np.ones(d) / np.sqrt(d)
    start = spheres(covariance_type, means)
    X = single(problems.draw(66, 2000, start).X)
    actual, expected = once(X, start, reg_covar=0).covariances, oracle_once(X, start, reg_covar=0)
    np.testing.assert_allclose(
        actual, expected.parameters.covariances, rtol=0, atol=8 * SINGLE_ROUNDING
    )


@pytest.mark.parametrize("far", [1e2, 1e3, 1e4, 1e5, 9e5])
def test_a_component_far_away_does_not_blur_the_others_in_float32(
    covariance_type: str, far: float
) -> None:
    # The rows between the first two components are small numbers, rounded to 1e-7 at most.
    p = spheres(covariance_type, np.array([[0.0], [2.0], [far]]))
    X = single(problems.draw(67, 3000, p).X)
    r = reference.responsibilities(X, p)
    np.testing.assert_allclose(model_of(p).predict_proba(X), r, rtol=0, atol=5e-6)


@pytest.mark.parametrize("scale", [1e-20, 1e-13, 1e13, 1e20])
@pytest.mark.parametrize("init", ["model", "kmeans", "random"])
def test_tiny_and_huge_float32_numbers_are_fitted_as_in_float64(
    covariance_type: str, init: str, scale: float
) -> None:
    case = problems.problem(68, n=500, n_components=3, n_features=3)
    X = single(case.X * scale)
    start = spheres(covariance_type, case.truth.means * scale, scale**2)
    options: dict[str, Any] = {
        "covariance_type": covariance_type,
        "init": model_of(start) if init == "model" else init,
        "max_iter": 5,
        "tol": 0,
        "random_state": 0,
    }
    actual = gaussmix.fit(X, 3, **options)
    assert_same_fit(actual, gaussmix.fit(double(X), 3, **options))
    np.testing.assert_array_equal(actual.score_samples(X), actual.score_samples(double(X)))


@pytest.mark.parametrize("noise", [0.1, 1e-2, 1e-3, 1e-4])
@pytest.mark.parametrize("covariance_type", ["full", "tied"])
def test_strongly_correlated_float32_features_are_fitted_as_in_float64(
    covariance_type: str, noise: float
) -> None:
    case = problems.problem(69, n=500, n_components=2, n_features=2, covariance_type="tied")
    rng = np.random.default_rng(69)
    X = single(np.column_stack([case.X, case.X[:, 0] + noise * rng.normal(size=500)]))
    options: dict[str, Any] = {
        "covariance_type": covariance_type,
        "init": case.labels,
        "max_iter": 5,
        "tol": 0,
        "reg_covar": 0,
    }
    actual, expected = gaussmix.fit(X, 2, **options), gaussmix.fit(double(X), 2, **options)
    if noise < 0.03:  # beyond the correlation up to which a model is computed on in float32
        assert_same_fit(actual, expected)
        np.testing.assert_array_equal(actual.score_samples(X), actual.score_samples(double(X)))
    else:
        assert (actual.history != expected.history).any()
        np.testing.assert_allclose(actual.history, expected.history, rtol=0, atol=2e-6)
        assert_parameters_close(actual, expected, rtol=3e-7)


# --- Tiles that float32 has no room for ----------------------------------------------------------


@pytest.mark.parametrize("value", [1e13, 1e30, -3e38])
def test_the_tile_of_a_float32_row_far_out_is_computed_as_in_float64(
    covariance_type: str, value: float
) -> None:
    start = problems.mixture(70, 3, 3, covariance_type)
    X = single(problems.draw(70, 90, start).X)
    X[17] = value
    actual, expected = once(X, start), once(double(X), start)
    if (
        covariance_type == "tied"
    ):  # where the scatter is taken depends on the precision of the model
        assert_parameters_close(actual, expected, rtol=1e-12)
    else:
        assert_same_fit(actual, expected)
    model = model_of(start)
    for use in (model.score_samples, model.predict_proba, model.predict, model.icl):
        np.testing.assert_array_equal(use(X), use(double(X)))


@pytest.mark.parametrize("value", [1e13, 1e14])
def test_a_float32_row_far_out_changes_the_other_components_in_nothing(
    covariance_type: str, value: float
) -> None:
    # The row goes to the second component, and the tiles without it are those of float32.
    if covariance_type == "tied":
        pytest.skip("a tied covariance is that of all rows")
    start = spheres(covariance_type, np.array([[0.0], [10.0]]))
    X = single(problems.draw(71, 3000, start).X)
    X[1717] = value
    actual = once(X, start, reg_covar=0)
    kept = np.arange(3000) != 1717
    expected = oracle_once(X[kept], start, reg_covar=0).parameters
    assert actual.means[1, 0] > value / 3000
    np.testing.assert_allclose(actual.means[0], expected.means[0], atol=2 * SINGLE_ROUNDING)
    np.testing.assert_allclose(
        actual.covariances[0], expected.covariances[0], rtol=2 * SINGLE_ROUNDING
    )


@pytest.mark.parametrize("weight", [1e-300, 1e-50, 1e-42, 1e-20, 1e20, 1e35, 1e50, 1e300])
def test_float32_rows_of_tiny_and_huge_weights_are_fitted_as_in_float64(
    covariance_type: str, weight: float
) -> None:
    start = problems.mixture(72, 3, 3, covariance_type)
    X = single(problems.draw(72, 1000, start).X)
    for n in (90, 1000):
        w = weight * np.random.default_rng(72).uniform(0.5, 2.0, size=n)
        actual = once(X[:n], start, sample_weight=w)
        expected = once(double(X[:n]), start, sample_weight=w)
        np.testing.assert_allclose(actual.history, expected.history, rtol=1e-12)
        assert_parameters_close(actual, expected, rtol=1e-12)


@pytest.mark.parametrize("weight", [1e-50, 1e-30, 1e-12, 1e12, 1e30])
def test_one_tile_of_other_weights_is_added_to_those_of_float32(
    covariance_type: str, weight: float
) -> None:
    start = problems.mixture(73, 3, 3, covariance_type, spread=1.5)
    X = single(problems.draw(73, 1500, start).X)
    w = np.ones(1500)
    w[400:420] = weight
    assert_within_rounding(once(X, start, sample_weight=w), oracle_once(X, start, sample_weight=w))


# --- Refusals ------------------------------------------------------------------------------------

USES: dict[str, Callable[[gaussmix.Mixture, Any], Any]] = {
    "fit_from_a_model": lambda model, X: gaussmix.fit(X, init=model),
    "fit": lambda _, X: gaussmix.fit(X, 3),
    "score": lambda model, X: model.score(X),
    "score_samples": lambda model, X: model.score_samples(X),
    "predict": lambda model, X: model.predict(X),
    "predict_proba": lambda model, X: model.predict_proba(X),
    "bic": lambda model, X: model.bic(X),
}


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize(
    ("value", "name"), [(np.nan, "NaN"), (np.inf, "infinity"), (-np.inf, "-infinity")]
)
@pytest.mark.parametrize("use", USES)
def test_numbers_that_are_none_are_named_with_row_and_column_in_single_precision(
    use: str, value: float, name: str, dtype: str
) -> None:
    case = problems.problem(74, n=1000, n_components=3, n_features=3)
    X = case.X.astype(dtype)
    X[523, 1] = value
    X[900, 0] = value
    with pytest.raises(ValueError, match=rf"\bX has {name} at row 523, column 1\b"):
        USES[use](model_of(case.truth), X)


# --- Whole fits ----------------------------------------------------------------------------------


def in_units_of_likelihood(
    case: problems.Problem, covariance_type: str, target: float
) -> reference.Array:
    """The rows in such a unit that the mean log-likelihood of the fit in float64 is the target."""
    k, d = case.truth.means.shape
    model = gaussmix.fit(
        case.X, k, covariance_type=covariance_type, init=case.labels, tol=1e-9, max_iter=2000
    )
    return single(case.X * np.exp((model.history[-1] - target) / d))


@pytest.mark.parametrize("target", [None, 0.5, 0.01], ids=["plain", "small", "next_to_none"])
@pytest.mark.parametrize("seed", [5, 8, 9, 11])
def test_a_long_fit_of_float32_rows_ends_where_that_of_float64_does(
    covariance_type: str, seed: int, target: float | None
) -> None:
    case = problems.problem(seed, 1000, 3, 3, covariance_type, spread=0.7)
    X = single(case.X) if target is None else in_units_of_likelihood(case, covariance_type, target)
    options: dict[str, Any] = {
        "covariance_type": covariance_type,
        "init": case.labels,
        "tol": 1e-6,
        "max_iter": 1000,
        "reg_covar": 0,
    }
    actual, expected = gaussmix.fit(X, 3, **options), gaussmix.fit(double(X), 3, **options)
    assert expected.n_iter >= 10
    assert actual.status == expected.status == "converged"
    assert actual.history[-1] == pytest.approx(expected.history[-1], rel=0, abs=1e-5)
    assert actual.score(double(X)) == pytest.approx(expected.score(double(X)), rel=0, abs=1e-5)


@pytest.mark.parametrize("target", [None, 1.0, 0.1], ids=["plain", "small", "next_to_none"])
@pytest.mark.parametrize("tol", [1e-5, 1e-6])
def test_a_likelihood_that_falls_by_float32_rounding_alone_is_not_called_stalled(
    covariance_type: str, tol: float, target: float | None
) -> None:
    # Clusters so clear that the gain is soon far below the tolerance, and the rounding shows.
    for seed in range(8):
        case = problems.problem(seed, 400, 3, 10, covariance_type, spread=3.0)
        X = (
            single(case.X)
            if target is None
            else in_units_of_likelihood(case, covariance_type, target)
        )
        options: dict[str, Any] = {
            "covariance_type": covariance_type,
            "init": case.labels,
            "tol": tol,
            "reg_covar": 0,
        }
        assert gaussmix.fit(double(X), 3, **options).status == "converged"
        assert gaussmix.fit(X, 3, **options).status == "converged"


def test_a_fit_that_leaves_single_precision_is_not_stalled_by_what_that_left_behind() -> None:
    # Starts are summed in float32; the clusters, 2000 deviations apart, then need float64.
    rng = np.random.default_rng(1)
    X = np.concatenate([rng.normal(1000.0, 1.0, (2000, 5)), rng.normal(0.0, 1.0, (2000, 5))])
    fit = gaussmix.fit(single(X), 2, covariance_type="tied", random_state=0)
    assert fit.status == "converged"
