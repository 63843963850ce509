"""Clusters far narrower than all rows: the default ridge blurs none and lets none collapse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gaussmix
from reference import Array

WIDE, TINY = 400, 100


def tiny_inside(width: float, seed: int = 0) -> Array:
    """A cluster inside another that is so many times as wide."""
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.normal(size=(WIDE, 2)), 0.3 + width * rng.normal(size=(TINY, 2))])


def two_pairs(apart: float, seed: int = 0) -> Array:
    """Two pairs of clusters: five deviations within a pair, many between them."""
    rng = np.random.default_rng(seed)
    places = (0.0, 5.0, apart, apart + 5.0)
    return np.concatenate([place + rng.normal(size=(150, 2)) for place in places])


def assert_as_without_ridge(model: gaussmix.Mixture, X: Array, **options: Any) -> None:
    """The likelihood is that of the maximum nearby if there is no ridge."""
    assert model.events == ()
    assert not model.degenerate
    bare = gaussmix.fit(X, init=model, reg_covar=0, tol=1e-10, max_iter=1000, **options)
    w = options.get("sample_weight")
    assert model.score(X, sample_weight=w) == pytest.approx(
        bare.score(X, sample_weight=w), abs=1e-3
    )


@pytest.mark.parametrize("covariance_type", ["full", "diag", "spherical", "VEE", "VII"])
@pytest.mark.parametrize("width", [1e-3, 1e-5, 1e-8])
def test_a_tiny_cluster_inside_a_wide_one_is_as_wide_as_it_is(
    covariance_type: str, width: float
) -> None:
    X = tiny_inside(width)
    model = gaussmix.fit(X, 2, covariance_type=covariance_type, random_state=0)
    assert_as_without_ridge(model, X)
    assert model.standard_deviations().min() == pytest.approx(width, rel=0.3)
    assert model.weights.min() == pytest.approx(TINY / (TINY + WIDE), rel=0.05)


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical", "EEV"])
@pytest.mark.parametrize("apart", [1e4, 1e6, 1e9])
def test_clusters_far_apart_are_told_apart(covariance_type: str, apart: float) -> None:
    X = two_pairs(apart)
    model = gaussmix.fit(X, 4, covariance_type=covariance_type, random_state=0)
    assert_as_without_ridge(model, X)
    assert model.standard_deviations().max() < 1.3
    assert np.ptp(np.sort(model.weights)) < 0.05


@pytest.mark.parametrize(
    "options",
    [
        {"init": np.repeat([0, 1, 2, 3], 150)},
        {"init": "k-means++", "n_init": 3},
        {"effort": "high"},
        {"acceleration": "off"},
        {"acceleration": "classic"},
        {"sample_weight": np.tile([0.0, 1.0, 2.0], 200)},
    ],
)
def test_any_option_goes_with_clusters_far_apart(options: dict[str, Any]) -> None:
    X = two_pairs(1e6)
    model = gaussmix.fit(X, 4, random_state=0, **options)
    options.pop("init", None)
    options.pop("n_init", None)
    assert_as_without_ridge(model, X, **options)
    assert model.standard_deviations().max() < 1.3


def test_clusters_of_many_widths_are_found_side_by_side() -> None:
    rng = np.random.default_rng(0)
    widths = 10.0 ** -np.arange(0, 9, 2)
    X = np.concatenate([7 * i + s * rng.normal(size=(150, 2)) for i, s in enumerate(widths)])
    model = gaussmix.fit(X, 5, random_state=0)
    assert_as_without_ridge(model, X)
    found = np.sort(model.standard_deviations().mean(axis=1))
    np.testing.assert_allclose(found, np.sort(widths), rtol=0.2)


def test_units_change_nothing() -> None:
    X, scale = tiny_inside(1e-8), 2.0 ** np.array([20, -30])
    plain = gaussmix.fit(X, 2, random_state=0)
    scaled = gaussmix.fit(X * scale, 2, random_state=0)
    np.testing.assert_allclose(scaled.means / scale, plain.means, rtol=1e-12)
    np.testing.assert_allclose(
        scaled.standard_deviations() / scale, plain.standard_deviations(), rtol=1e-6
    )


def test_rows_in_batches_are_fitted_alike() -> None:
    for X, k in ((tiny_inside(1e-8), 2), (two_pairs(1e6), 4)):
        model = gaussmix.fit(gaussmix.Batches([X[::2], X[1::2]]), k, random_state=0)
        assert_as_without_ridge(model, X)
        assert model.score(X) == pytest.approx(
            gaussmix.fit(X, k, random_state=0).score(X), abs=1e-3
        )


def test_many_rows_are_sampled_for_it() -> None:
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(size=(30_000, 2)), 0.3 + 1e-8 * rng.normal(size=(3000, 2))])
    assert_as_without_ridge(gaussmix.fit(X, 2, random_state=0), X)


def test_a_later_fit_finds_what_the_start_had_not() -> None:
    X = tiny_inside(1e-8)
    blurred = gaussmix.fit(X, 2, init="random", random_state=0)
    assert [event.act for event in blurred.events] == ["floor"]
    assert_as_without_ridge(gaussmix.fit(X, init=blurred), X)


def copies(_rng: np.random.Generator) -> Array:
    return np.tile([0.3, 0.4], (60, 1))


def few_values(rng: np.random.Generator) -> Array:
    return 0.3 + 1e-5 * rng.integers(0, 3, size=(60, 2))


def rounding(rng: np.random.Generator) -> Array:
    return 0.3 + 2.0**-54 * rng.integers(0, 40, size=(60, 2))


@pytest.mark.parametrize("rows", [copies, few_values, rounding])
@pytest.mark.parametrize("covariance_type", ["full", "diag", "spherical"])
def test_what_distinct_rows_do_not_support_is_held_open(rows: Any, covariance_type: str) -> None:
    rng = np.random.default_rng(1)
    X = np.concatenate([rng.normal(size=(300, 2)), rows(rng)])
    labels = np.repeat([0, 1], [300, 60])
    model = gaussmix.fit(X, 2, covariance_type=covariance_type, init=labels)
    assert [(event.component, event.act) for event in model.events] == [(1, "floor")]
    assert model.standard_deviations()[1].min() > 5e-4


def test_a_ridge_that_is_given_stays() -> None:
    X = two_pairs(1e6)
    labels = np.repeat([0, 1, 2, 3], 150)
    model = gaussmix.fit(X, 4, init=labels, reg_covar=100.0)
    np.testing.assert_allclose(model.standard_deviations(), 10, rtol=0.1)
