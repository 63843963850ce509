"""Whole fits take the oracle's path, and stop when and how they should."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gaussmix
import problems
import reference
from comparing import (
    SINGLE_ROUNDING,
    assert_fit_close,
    assert_parameters_close,
    assert_same_fit,
    assert_same_parameters,
    model_of,
)

# --- The oracle's path ---------------------------------------------------------------------------


@pytest.mark.parametrize("reg_covar", [None, 0.0, 0.1], ids=["relative", "none", "absolute"])
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("kind", ["labels", "responsibilities", "mixture"])
@pytest.mark.parametrize("acceleration", ["off", "classic"])
def test_a_fit_goes_the_oracles_way(
    covariance_type: str, acceleration: str, kind: str, weighted: bool, reg_covar: float | None
) -> None:
    case = problems.problem(31, n=400, n_components=3, n_features=3, spread=1.2)
    rng = np.random.default_rng(31)
    w = rng.uniform(0.1, 4.0, size=400) if weighted else None
    r = rng.dirichlet(np.ones(3), size=400)
    p = problems.mixture(32, 3, 3, covariance_type, spread=1.2)
    starts: dict[str, tuple[Any, Any]] = {
        "labels": (case.labels, reference.one_hot(case.labels, 3)),
        "responsibilities": (r, r),
        "mixture": (model_of(p), p),
    }
    given_start, oracle_start = starts[kind]
    options: dict[str, Any] = {
        "sample_weight": w,
        "max_iter": 40,
        "tol": 1e-4,
        "reg_covar": reg_covar,
    }
    actual = gaussmix.fit(
        case.X,
        3,
        covariance_type=covariance_type,
        init=given_start,
        acceleration=acceleration,
        **options,
    )
    classic = acceleration == "classic"
    expected = reference.em(case.X, oracle_start, covariance_type, classic=classic, **options)
    assert_fit_close(actual, expected)


@pytest.mark.parametrize("n_features", [1, 2, 7, 16, 33])
def test_a_fit_goes_the_oracles_way_in_any_number_of_dimensions(
    covariance_type: str, n_features: int
) -> None:
    case = problems.problem(33, n=300, n_components=4, n_features=n_features, spread=4 / n_features)
    actual = gaussmix.fit(
        case.X, 4, covariance_type=covariance_type, init=case.labels, max_iter=25, tol=0
    )
    expected = reference.em(
        case.X, reference.one_hot(case.labels, 4), covariance_type, max_iter=25, tol=0
    )
    assert_fit_close(actual, expected)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("init", problems.INITS)
def test_the_likelihood_never_falls_without_a_ridge(
    covariance_type: str, init: str, seed: int
) -> None:
    case = problems.problem(34 + seed, n=300, n_components=3, n_features=3, spread=1.0)
    model = gaussmix.fit(
        case.X,
        3,
        covariance_type=covariance_type,
        init=init,
        max_iter=80,
        tol=0,
        reg_covar=0,
        random_state=seed,
    )
    assert not model.events
    floor = -1e-12 * np.abs(model.history[1:])
    assert (np.diff(model.history) >= floor).all()


# --- When a fit stops ----------------------------------------------------------------------------


@pytest.mark.parametrize("max_iter", [1, 2, 57])
def test_a_tolerance_of_zero_runs_exactly_max_iter_iterations(
    covariance_type: str, max_iter: int
) -> None:
    case = problems.blobs(35, n=60, n_components=2)
    model = gaussmix.fit(
        case.X, 2, covariance_type=covariance_type, init=case.labels, max_iter=max_iter, tol=0
    )
    assert model.n_iter == max_iter
    assert len(model.history) == max_iter
    assert model.status == "max_iter"
    assert model.converged is False


@pytest.mark.parametrize("tol", [1e-1, 1e-3, 1e-6])
def test_a_classic_fit_stops_after_the_first_gain_below_the_tolerance(
    covariance_type: str, tol: float
) -> None:
    case = problems.problem(36, n=300, n_components=3, spread=1.0)
    model = gaussmix.fit(
        case.X,
        3,
        covariance_type=covariance_type,
        init=case.labels,
        tol=tol,
        max_iter=5000,
        reg_covar=0,
        acceleration="classic",
    )
    assert model.status == "converged"
    assert model.converged is True
    assert len(model.history) == model.n_iter
    gains = np.diff(model.history)
    assert -1e-12 * abs(model.history[-1]) <= gains[-1] < tol
    assert (gains[:-1] >= tol).all()


def test_a_fit_cut_short_says_so_and_is_the_beginning_of_the_longer_one(
    covariance_type: str,
) -> None:
    case = problems.problem(38, n=200, n_components=3, spread=1.0)
    options: dict[str, Any] = {"covariance_type": covariance_type, "init": case.labels, "tol": 0}
    short = gaussmix.fit(case.X, 3, max_iter=4, **options)
    long = gaussmix.fit(case.X, 3, max_iter=9, **options)
    np.testing.assert_array_equal(short.history, long.history[:4])
    resumed = gaussmix.fit(case.X, covariance_type=covariance_type, init=short, max_iter=5, tol=0)
    assert_same_parameters(resumed, long)


def test_a_likelihood_that_a_ridge_makes_fall_is_not_called_converged(covariance_type: str) -> None:
    case = problems.problem(39, n=300, n_components=2, n_features=2, spread=1.0)
    peak = reference.em(
        case.X,
        reference.one_hot(case.labels, 2),
        covariance_type,
        max_iter=400,
        tol=0,
        reg_covar=0.0,
    )
    options: dict[str, Any] = {"max_iter": 200, "tol": 1e-5, "reg_covar": 0.05}
    expected = reference.em(case.X, peak.parameters, covariance_type, classic=True, **options)
    options.update(covariance_type=covariance_type, init=model_of(peak.parameters))
    actual = gaussmix.fit(case.X, 2, acceleration="classic", **options)
    assert expected.status == "stalled"
    assert_fit_close(actual, expected)
    assert actual.converged is False
    for acceleration in ("auto", "off"):
        counted = gaussmix.fit(case.X, 2, acceleration=acceleration, **options)
        assert counted.status == "converged"
        assert (np.diff(counted.history) >= -1e-12 * np.abs(counted.history[1:])).all()


def test_the_score_of_the_result_is_what_the_next_iteration_would_record(
    covariance_type: str,
) -> None:
    case = problems.problem(40, n=200, n_components=2)
    w = np.random.default_rng(40).uniform(0.5, 2.0, size=200)
    options: dict[str, Any] = {"covariance_type": covariance_type, "sample_weight": w}
    options["acceleration"] = "classic"
    model = gaussmix.fit(case.X, 2, **options)
    after = gaussmix.fit(case.X, init=model, max_iter=1, tol=0, **options)
    assert after.history[0] == pytest.approx(model.score(case.X, sample_weight=w), rel=1e-13)


# --- Defaults ------------------------------------------------------------------------------------


@pytest.mark.parametrize("init", problems.INITS)
def test_a_fit_of_float32_rows_is_nearly_that_of_the_same_numbers_in_float64(
    covariance_type: str, init: str
) -> None:
    X = problems.problem(55, n=200, n_components=3).X.astype(np.float32)
    # Accelerated or not, a run may end an iteration sooner by rounding; classic ones did not here.
    options: dict[str, Any] = {"covariance_type": covariance_type, "init": init}
    options["acceleration"] = "classic"
    single = gaussmix.fit(X, 3, random_state=0, **options)
    double = gaussmix.fit(X.astype(np.float64), 3, random_state=0, **options)
    assert_same_fit(gaussmix.fit(np.asfortranarray(X), 3, random_state=0, **options), single)
    assert (single.status, single.n_iter) == (double.status, double.n_iter)
    np.testing.assert_allclose(single.history, double.history, atol=32 * SINGLE_ROUNDING)
    assert_parameters_close(single, double, rtol=32 * SINGLE_ROUNDING)


def test_default_options_are_the_documented_ones() -> None:
    case = problems.problem(56, n=200, n_components=3)
    assert_same_fit(
        gaussmix.fit(case.X, 3, random_state=0),
        gaussmix.fit(
            X=case.X,
            n_components=3,
            covariance_type="full",
            sample_weight=None,
            init="kmeans",
            n_init=1,
            max_iter=100,
            tol=1e-3,
            reg_covar=None,
            random_state=0,
            n_threads=None,
            callback=None,
            verbose=0,
        ),
    )


def test_the_default_ridge_is_a_millionth_of_the_variance_of_each_feature() -> None:
    X = np.array([[0.0, 5.0], [4.0, 5.5], [8.0, 6.0]])
    with_ridge = gaussmix.fit(X, 1, covariance_type="diag")
    without = gaussmix.fit(X, 1, covariance_type="diag", reg_covar=0)
    np.testing.assert_allclose(
        (with_ridge.covariances - without.covariances)[0], 1e-6 * X.var(axis=0), rtol=1e-6
    )


def test_a_fit_of_whole_weights_is_that_of_repeated_rows(covariance_type: str) -> None:
    case = problems.problem(57, n=200, n_components=2)
    w = np.random.default_rng(57).integers(0, 4, size=200)
    options: dict[str, Any] = {"covariance_type": covariance_type, "max_iter": 15, "tol": 0}
    start = model_of(problems.mixture(57, 2, 2, covariance_type))
    assert_parameters_close(
        gaussmix.fit(case.X, init=start, sample_weight=w, **options),
        gaussmix.fit(np.repeat(case.X, w, axis=0), init=start, **options),
    )
