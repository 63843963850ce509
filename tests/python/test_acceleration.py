"""Fewer iterations to the same end: accelerated runs and how they know that they have arrived."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gaussmix
import problems
from comparing import assert_same_fit
from reference import Array


def slow(seed: int = 0, n: int = 1500, d: int = 2) -> Array:
    """Clusters that overlap so much that EM creeps."""
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.normal(size=(n, d)), rng.normal(size=(n, d)) * 0.8 + 1.3])


def start_of(X: Array, n_components: int, covariance_type: str, **options: Any) -> gaussmix.Mixture:
    """Where classic EM with its loose rule of convergence leaves off."""
    return gaussmix.fit(
        X,
        n_components,
        covariance_type=covariance_type,
        effort="low",
        acceleration="classic",
        random_state=0,
        **options,
    )


@pytest.mark.parametrize("prior", [None, "default"])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_end_is_that_of_em_in_a_fraction_of_the_iterations(
    covariance_type: str, weighted: bool, prior: str | None
) -> None:
    X = slow()
    w = np.random.default_rng(1).uniform(0.2, 3.0, size=len(X)) if weighted else None
    options: dict[str, Any] = {"sample_weight": w, "prior": prior}
    start = start_of(X, 2, covariance_type, **options)
    options.update(init=start, tol=1e-11, max_iter=20_000)
    fast = gaussmix.fit(X, **options)
    plain = gaussmix.fit(X, acceleration="off", **options)
    assert fast.status == "converged"
    assert fast.n_iter * 4 < plain.n_iter
    assert fast.history[-1] > plain.history[-1] - 1e-9
    np.testing.assert_allclose(fast.means, plain.means, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(fast.covariances, plain.covariances, rtol=3e-3, atol=1e-3)
    if w is None and prior is None:
        # Nothing is left: an iteration of EM from there gains nothing.
        more = gaussmix.fit(X, init=fast, tol=0, max_iter=2)
        assert abs(np.diff(more.history)[0]) < 1e-11


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("reg_covar", [None, 0.0, 0.05])
@pytest.mark.parametrize("acceleration", ["auto", "off"])
def test_the_history_never_falls(
    covariance_type: str, acceleration: str, reg_covar: float | None, seed: int
) -> None:
    case = problems.problem(310 + seed, n=300, n_components=4, n_features=3, spread=1.0)
    model = gaussmix.fit(
        case.X,
        4,
        covariance_type=covariance_type,
        init="random",
        random_state=seed,
        acceleration=acceleration,
        reg_covar=reg_covar,
        tol=1e-9,
        max_iter=400,
    )
    if not model.events:
        assert (np.diff(model.history) >= -5e-12 * np.abs(model.history[1:])).all()
        assert model.status in ("converged", "max_iter")


@pytest.mark.parametrize("tol", [1e-2, 1e-3, 1e-5])
def test_a_converged_fit_has_about_tol_left_to_gain(covariance_type: str, tol: float) -> None:
    # On a plateau nobody knows of the slope behind it: these have three components for two.
    left = []
    for seed in range(5):
        X = slow(seed, n=600, d=3)
        start = start_of(X, 3, covariance_type)
        end = gaussmix.fit(X, init=start, tol=1e-12, max_iter=3000)
        model = gaussmix.fit(X, init=start, tol=tol, max_iter=1000)
        assert model.status == "converged"
        left.append(end.history[-1] - model.history[-1])
    assert np.median(left) < 3 * tol
    assert max(left) < 12 * tol


def test_an_accelerated_run_ends_anywhere(covariance_type: str) -> None:
    # Stopped at any iteration, trial or not, a run stands where EM's own step has led.
    X = slow(2, n=300)
    start = start_of(X, 3, covariance_type)
    options: dict[str, Any] = {"init": start, "tol": 1e-13}
    for max_iter in range(1, 40):
        model = gaussmix.fit(X, max_iter=max_iter, **options)
        assert model.n_iter <= max_iter
        assert model.score(X) >= start.score(X) - 1e-9
        np.testing.assert_allclose(
            gaussmix.Mixture(
                model.weights, model.means, model.covariances, model.covariance_type
            ).score_samples(X[:50]),
            model.score_samples(X[:50]),
            rtol=0,
            atol=0,
        )


def test_a_run_that_is_interrupted_scores_by_its_parameters(covariance_type: str) -> None:
    X = slow(2, n=300)
    start = start_of(X, 3, covariance_type)
    for last in range(1, 30):
        model = gaussmix.fit(
            X,
            init=start,
            tol=1e-13,
            callback=lambda progress, last=last: progress.iteration == last,
        )
        assert model.status in ("interrupted", "converged")
        plain = gaussmix.Mixture(
            model.weights, model.means, model.covariances, model.covariance_type
        )
        np.testing.assert_array_equal(plain.score_samples(X[:50]), model.score_samples(X[:50]))


def test_acceleration_gives_the_same_bits_for_any_number_of_threads(covariance_type: str) -> None:
    X = slow(5, n=20_000, d=3)
    options: dict[str, Any] = {
        "covariance_type": covariance_type,
        "init": "random",
        "random_state": 3,
        "tol": 1e-8,
    }
    one = gaussmix.fit(X, 3, n_threads=1, **options)
    assert_same_fit(gaussmix.fit(X, 3, n_threads=3, **options), one)


def test_a_component_mended_on_the_way_ends_no_fit(covariance_type: str, faithful: Array) -> None:
    # EM's own step, taken by an accelerated run, may be the one in which a component collapses.
    for n_components in range(1, 7):
        model = gaussmix.fit(
            faithful,
            n_components,
            covariance_type=covariance_type,
            init="random_from_data",
            n_init=10,
            random_state=0,
        )
        assert np.isfinite(model.history).all()
        assert not model.degenerate


def test_clusters_far_apart_need_no_more_iterations_than_before() -> None:
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(size=(200, 2)) + 50 * k for k in range(3)])
    assert gaussmix.fit(X, 3, random_state=0).n_iter <= 5


@pytest.mark.parametrize("seed", range(40))
def test_falls_that_do_not_matter_are_no_alarm(seed: int) -> None:
    rng = np.random.default_rng(seed)
    X = np.concatenate([rng.normal(size=(100, 2)), rng.normal(size=(100, 2)) + 6])
    for options in ({}, {"acceleration": "classic"}, {"acceleration": "classic", "effort": "low"}):
        assert gaussmix.fit(X, 2, random_state=0, **options).status == "converged"


def test_a_word_that_is_no_acceleration_is_refused() -> None:
    with pytest.raises(
        ValueError, match="acceleration='on' is unknown: use one of 'auto', 'off', 'classic'"
    ):
        gaussmix.fit([[0.0], [1.0]], 1, acceleration="on")
