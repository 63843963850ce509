"""More pairs of a row and a component than 32 bits count, sums too large for each thread."""

from __future__ import annotations

from typing import Any

import numpy as np

import comparing
import gaussmix


def test_more_pairs_of_a_row_and_a_component_than_an_int_can_count() -> None:
    n, n_components = 2**26, 33
    assert n * n_components > 2**31
    X = np.frombuffer(np.random.default_rng(0).bytes(n), dtype=np.uint8)
    model = gaussmix.Mixture(
        np.full(n_components, 1 / n_components),
        np.linspace(0, 255, n_components)[:, np.newaxis],
        np.full((n_components, 1), 36.0),
        "diag",
    )
    once: dict[str, Any] = {"init": model, "max_iter": 1, "tol": 0}
    values, counts = np.unique(X, return_counts=True)
    expected = gaussmix.fit(
        values[:, np.newaxis].astype(np.float64),
        sample_weight=counts,
        covariance_type="diag",
        **once,
    )
    actual = gaussmix.fit(X[:, np.newaxis], covariance_type="diag", **once)
    np.testing.assert_allclose(actual.weights, expected.weights, rtol=1e-10)
    np.testing.assert_allclose(actual.means, expected.means, rtol=1e-10, atol=1e-8)
    np.testing.assert_allclose(actual.covariances, expected.covariances, rtol=1e-9)
    np.testing.assert_allclose(actual.history, expected.history, rtol=1e-11)


def many_components() -> tuple[Any, Any]:
    """560 scatters of 120 features: 36 MB of sums, of which each thread would else keep its own."""
    labels = np.arange(1200) % 560
    X = (
        np.random.default_rng(5).normal(size=(1200, 120))
        + np.linspace(0, 50, 560)[labels, np.newaxis]
    )
    return X, labels


def test_sums_that_threads_share_are_those_of_any_number_of_threads() -> None:
    X, labels = many_components()
    w = np.random.default_rng(3).uniform(0.5, 2.0, size=len(X))
    options: dict[str, Any] = {"init": labels, "max_iter": 1, "tol": 0, "sample_weight": w}
    one = gaussmix.fit(X, 560, n_threads=1, **options)
    comparing.assert_same_fit(one, gaussmix.fit(X, 560, n_threads=3, **options))
    component = X[labels == 7]
    weights = w[labels == 7]
    mean = np.average(component, axis=0, weights=weights)
    np.testing.assert_allclose(one.means[7], mean, rtol=1e-9, atol=1e-9)
    ridge = 1e-6 * np.diag(np.cov(X.T, aweights=w, ddof=0))
    expected = np.cov(component.T, aweights=weights, ddof=0) + np.diag(ridge)
    np.testing.assert_allclose(one.covariances[7], expected, rtol=1e-8, atol=1e-10)


def test_shared_sums_of_float32_rows_are_close_to_those_of_float64() -> None:
    X, labels = many_components()
    model = gaussmix.fit(X, 560, init=labels, max_iter=1, tol=0)
    options: dict[str, Any] = {"init": model, "max_iter": 1, "tol": 0}
    narrow = gaussmix.fit(X.astype(np.float32), **options)
    wide = gaussmix.fit(X.astype(np.float32).astype(np.float64), **options)
    np.testing.assert_allclose(narrow.means, wide.means, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(narrow.covariances, wide.covariances, rtol=1e-4, atol=1e-5)
