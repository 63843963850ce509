"""The search for the best start: what it finds, with every option of a fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gaussmix
import problems
from comparing import assert_same_fit
from reference import Array


def grid(n_a_cluster: int, side: int = 4, *, seed: int = 0) -> Array:
    """Round clusters on a square grid: plain EM leaves some of them together, others cut in two."""
    rng = np.random.default_rng(seed)
    places = 6.0 * np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).reshape(-1, 2)
    return np.concatenate([place + rng.normal(size=(n_a_cluster, 2)) for place in places])


def regret(model: gaussmix.Mixture, X: Array, **options: Any) -> float:
    """By how much the mean log-likelihood a row misses that of many starts."""
    best = gaussmix.fit(
        X,
        model.n_components,
        covariance_type=model.covariance_type,
        effort="high",
        n_init=3,
        random_state=100,
        **options,
    )
    return best.score(X) - model.score(X)


def test_every_cluster_of_a_grid_is_found(covariance_type: str) -> None:
    X = grid(60)
    for seed in range(6):
        model = gaussmix.fit(X, 16, covariance_type=covariance_type, random_state=seed)
        assert not model.events
        assert model.weights.min() > 0.05
        assert regret(model, X) < 1e-3


def test_what_no_start_by_distances_finds_is_found() -> None:
    # Crossing cigars: k-means cuts them across, and EM stays there.
    rng = np.random.default_rng(3)
    X = np.concatenate(
        [
            rng.normal(size=(300, 2)) * [4.0, 0.15] @ [[c, s], [-s, c]] + place
            for c, s, place in ((0.8, 0.6, (0, 0)), (-0.8, 0.6, (0, 0)), (0.0, 1.0, (1, 0)))
        ]
    )
    found = [gaussmix.fit(X, 3, random_state=seed) for seed in range(8)]
    plain = [gaussmix.fit(X, 3, random_state=seed, effort="low") for seed in range(8)]
    best = max(m.score(X) for m in found + plain)
    assert sum(m.score(X) > best - 0.01 for m in found) == 8
    assert sum(m.score(X) > best - 0.01 for m in plain) < 8


def test_effort_pays() -> None:
    case = problems.problem(301, n=600, n_components=8, n_features=3, spread=1.5)
    scores = {
        effort: [
            gaussmix.fit(case.X, 8, effort=effort, random_state=seed).score(case.X)
            for seed in range(16)
        ]
        for effort in ("low", "normal", "high")
    }
    assert np.mean(scores["normal"]) > np.mean(scores["low"]) + 0.005
    assert np.mean(scores["high"]) > np.mean(scores["normal"]) + 0.002


def test_a_sample_stands_for_many_rows(covariance_type: str) -> None:
    X = grid(2000, side=3)
    model = gaussmix.fit(X, 9, covariance_type=covariance_type, random_state=0)
    assert regret(model, X) < 1e-3


@pytest.mark.parametrize("dtype", ["float32", "float64", "int16"])
@pytest.mark.parametrize("prior", [None, "default"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("effort", ["normal", "high"])
def test_a_search_works_with_every_option(
    covariance_type: str, effort: str, weighted: bool, prior: str | None, dtype: str
) -> None:
    X = np.round(8 * grid(30, side=3)).astype(dtype)
    w = np.random.default_rng(0).integers(0, 4, size=len(X)) if weighted else None
    options: dict[str, Any] = {"covariance_type": covariance_type, "prior": prior, "effort": effort}
    options.update(sample_weight=w, random_state=0)
    one = gaussmix.fit(X, 9, n_threads=1, **options)
    assert not one.events
    assert one.status == "converged"
    assert_same_fit(gaussmix.fit(X, 9, n_threads=3, **options), one)
    if weighted:
        options.pop("sample_weight")
        repeated = gaussmix.fit(np.repeat(X, w, axis=0), 9, **options)
        np.testing.assert_allclose(repeated.score(X), one.score(X), rtol=1e-6)


@pytest.mark.parametrize("n", [2, 3, 7, 20, 61])
@pytest.mark.parametrize("d", [1, 2, 9, 33])
def test_a_search_goes_through_whatever_the_sizes(covariance_type: str, n: int, d: int) -> None:
    X = np.random.default_rng(n + d).normal(size=(n, d))
    for k in {1, 2, min(n, 5), n}:
        if k > n:
            continue
        for effort in ("normal", "high"):
            model = gaussmix.fit(
                X, k, covariance_type=covariance_type, effort=effort, random_state=0
            )
            assert np.isfinite(model.score(X))
            assert np.all(np.diff(model.history) >= -1e-9 * np.abs(model.history[1:]))


def test_the_units_of_features_change_nothing(covariance_type: str) -> None:
    X = grid(40, side=3)
    scale = 2.0 ** (1 if covariance_type == "spherical" else np.array([10, -14]))
    plain = gaussmix.fit(X, 9, covariance_type=covariance_type, random_state=0)
    scaled = gaussmix.fit(X * scale, 9, covariance_type=covariance_type, random_state=0)
    np.testing.assert_allclose(scaled.means / scale, plain.means, rtol=1e-9, atol=1e-9)


def test_the_ends_of_a_fit_are_told() -> None:
    X = grid(30, side=3)
    m = gaussmix.fit(X, 9, effort="high", n_init=3, random_state=0)
    assert sum(end.times for end in m.ends) == 15  # five ends a start
    best = m.ends[0]
    assert best.times > 7
    assert not best.collapsed
    assert abs(best.log_likelihood - m.score(X)) < 1e-3
    heights = [end.log_likelihood for end in m.ends if not end.collapsed]
    assert np.all(np.diff(heights) <= -1e-3)
    plain = gaussmix.fit(X, 9, effort="low", random_state=0)
    assert [end.times for end in plain.ends] == [1]
    assert plain.ends[0].log_likelihood == plain.history[-1]
    assert gaussmix.fit(X, init=m).ends[0].times == 1
    assert gaussmix.Mixture([1.0], [[0.0]], [[[1.0]]]).ends == ()


def test_the_ends_of_a_fit_do_not_depend_on_how_rows_come() -> None:
    X = np.random.default_rng(0).normal(size=(200, 2))  # no cluster: many optima
    whole = gaussmix.fit(X, 4, effort="high", random_state=1)
    assert len(whole.ends) > 1
    batches = gaussmix.Batches([X[:100], X[100:]])
    parts = gaussmix.fit(batches, 4, effort="high", random_state=1)
    assert sum(end.times for end in parts.ends) == 5
    assert abs(parts.ends[0].log_likelihood - parts.history[-1]) < 1e-3
    huge = gaussmix.fit(X * 2.0**500, 4, effort="high", random_state=1)
    shift = 2 * 500 * np.log(2)
    np.testing.assert_allclose(
        [end.log_likelihood + shift for end in huge.ends],
        [end.log_likelihood for end in whole.ends],
        atol=1e-6,
    )


def test_effort_is_a_word() -> None:
    with pytest.raises(
        ValueError, match="effort='most' is unknown: use one of 'low', 'normal', 'high'"
    ):
        gaussmix.fit([[0.0], [1.0]], 1, effort="most")
    with pytest.raises(TypeError, match="effort"):
        gaussmix.fit([[0.0], [1.0]], 1, effort=2)  # type: ignore[arg-type]
