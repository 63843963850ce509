"""Fits that leave out negligible pairs against fits that compute everything.

That every pass gives the bits of the dense pass over rows in the same order, and that no bound is
above a true distance, is what tests/cpp/test_pruning.cpp shows.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

import gaussmix

Floats = npt.NDArray[np.float64]


def clusters(n: int, d: int, K: int, separation: float = 5.0, seed: int = 0) -> Floats:
    """Rows of K clusters with unequal spreads, mixed row by row."""
    rng = np.random.default_rng(seed)
    means = separation * rng.normal(size=(K, d))
    labels = rng.integers(K, size=n)
    spread = rng.uniform(0.5, 1.5, size=(K, d))
    return means[labels] + spread[labels] * rng.normal(size=(n, d))


def both(X: npt.NDArray[np.generic], K: int, **options: object) -> list[gaussmix.Mixture]:
    """Fit with pruning and without: the same iterations from the same start."""
    settings: dict[str, object] = {"random_state": 0, "tol": 0.0}
    settings |= {"max_iter": 25} | options
    return [gaussmix.fit(X, K, pruning=p, **settings) for p in ("auto", "off")]  # type: ignore[arg-type]


def assert_equal_but_for_order(a: gaussmix.Mixture, b: gaussmix.Mixture, rtol: float) -> None:
    """Compare to what another order of the rows may change."""
    scale = np.sqrt(np.trace(np.cov(b.means.T)) if b.n_components > 1 else 1.0)
    np.testing.assert_allclose(a.history, b.history, rtol=rtol, atol=rtol)
    np.testing.assert_allclose(a.weights, b.weights, rtol=0, atol=rtol)
    np.testing.assert_allclose(a.means, b.means, rtol=0, atol=rtol * scale)
    np.testing.assert_allclose(a.covariances, b.covariances, rtol=0, atol=rtol * scale**2)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("family", ["full", "diag", "spherical"])
@pytest.mark.parametrize(
    ("n", "d", "K"), [(4001, 8, 24), (3003, 9, 70), (20_011, 17, 20), (1501, 50, 16)]
)
def test_left_out_pairs_change_nothing_but_the_order(
    n: int, d: int, K: int, family: str, dtype: type
) -> None:
    X = clusters(n, d, K).astype(dtype)
    pruned, dense = both(X, K, covariance_type=family)
    assert pruned.pairs[:, 0].min() < 0.5  # there was something to compare
    assert_equal_but_for_order(pruned, dense, 1e-9 if dtype == np.float64 else 2e-3)


def test_every_iteration_tells_what_it_did() -> None:
    X = clusters(4000, 8, 24)
    pruned, dense = both(X, 24)
    assert pruned.pairs.shape == (25, 2)
    evaluated, kept = pruned.pairs.T
    assert (kept <= evaluated).all()
    assert (kept >= 1 / 24 - 1e-12).all()  # each row has a component that counts
    assert evaluated[0] == 1.0
    assert (dense.pairs == 1.0).all()
    with pytest.raises(ValueError, match="read-only"):
        pruned.pairs[0, 0] = 0.0


def test_kept_pairs_are_those_that_are_not_negligible() -> None:
    X = clusters(4000, 8, 24, separation=3.0)
    pruned, _ = both(X, 24, max_iter=12)
    before, _ = both(X, 24, max_iter=11)
    share = np.mean(before.predict_proba(X) >= 2.0**-60 * before.weights)
    assert pruned.pairs[-1, 1] == pytest.approx(share, abs=1e-4)


@pytest.mark.parametrize("family", ["full", "tied", "diag", "spherical"])
def test_nothing_is_pruned_where_everything_overlaps(family: str) -> None:
    X = np.random.default_rng(0).normal(size=(3000, 12))
    pruned, dense = both(X, 24, covariance_type=family)
    assert (pruned.pairs[:, 0] == 1.0).all()
    for one in ("weights", "means", "covariances", "history"):
        np.testing.assert_array_equal(getattr(pruned, one), getattr(dense, one))


@pytest.mark.parametrize("n_threads", [2, 3, 7])
@pytest.mark.parametrize("family", ["full", "diag"])
def test_the_same_bits_for_any_number_of_threads(family: str, n_threads: int) -> None:
    X = clusters(40_000, 12, 20)
    fits = [
        gaussmix.fit(
            X, 20, covariance_type=family, random_state=1, tol=0.0, max_iter=15, n_threads=n
        )
        for n in (1, n_threads)
    ]
    assert fits[0].pairs[:, 0].min() < 0.5
    for one in ("weights", "means", "covariances", "history", "pairs"):
        np.testing.assert_array_equal(getattr(fits[0], one), getattr(fits[1], one))


@pytest.mark.parametrize("order", ["F", "strided", "reversed"])
def test_the_same_bits_for_any_strides(order: str) -> None:
    X = clusters(3000, 9, 20)
    wide = np.zeros((6000, 11))
    wide[::2, 1:10] = X
    other = {
        "F": np.asfortranarray(X),
        "strided": wide[::2, 1:10],
        "reversed": X[::-1].copy()[::-1],
    }
    a, b = (both(x, 20)[0] for x in (X, other[order]))
    assert a.pairs[:, 0].min() < 0.5
    np.testing.assert_array_equal(a.covariances, b.covariances)


def test_weights_count_as_they_do_without_pruning() -> None:
    X = clusters(4000, 9, 20)
    w = np.random.default_rng(1).choice([0.0, 0.5, 1.0, 3.0], size=len(X))
    X[w == 0] = np.random.default_rng(2).normal(size=(int(np.sum(w == 0)), 9)) * 1e6
    pruned, dense = both(X, 20, sample_weight=w)
    assert pruned.pairs[:, 0].min() < 0.5
    assert_equal_but_for_order(pruned, dense, 1e-9)


def test_a_row_repeated_and_a_component_of_few_rows() -> None:
    X = clusters(5000, 9, 20)
    X[100:1100] = X[100]  # a thousand copies
    X[:12] = 300 + 0.1 * np.random.default_rng(3).normal(size=(12, 9))  # far from all else
    pruned, dense = both(X, 20, random_state=2, reg_covar=1e-3)
    assert pruned.pairs[:, 0].min() < 0.5
    assert_equal_but_for_order(pruned, dense, 1e-8)


def test_far_rows_lose_nothing() -> None:
    X = clusters(4000, 9, 20)
    X[::400] *= 1e4
    pruned, dense = both(X, 20)
    assert_equal_but_for_order(pruned, dense, 1e-8)
    assert np.isfinite(pruned.history).all()


@pytest.mark.parametrize("family", ["full", "diag", "spherical"])
def test_rows_at_the_end_of_the_range(family: str) -> None:
    # Log densities beyond the range of floats, and a number of components that bounds pad.
    X = clusters(4000, 9, 21)
    w = np.ones(len(X))
    labels = gaussmix.fit(X, 21, covariance_type="spherical", random_state=0).predict(X)
    X[500::1000] = 1e30
    w[500::1000] = 1e-200  # too little to draw a component away
    pruned, dense = both(X, 21, covariance_type=family, sample_weight=w, init=labels)
    assert pruned.pairs[:, 0].min() < 0.5
    assert_equal_but_for_order(pruned, dense, 1e-9)


@pytest.mark.parametrize("family", ["full", "diag", "spherical"])
def test_float_rows_that_need_doubles_are_met_by_the_first_pass(family: str) -> None:
    rng = np.random.default_rng(0)
    means = 6 * rng.normal(size=(16, 8))
    X = (means[rng.integers(16, size=4000)] + rng.normal(size=(4000, 8))).astype(np.float32)
    X[5] = 3e4
    near = gaussmix.fit(np.delete(X, 5, axis=0), 16, covariance_type=family, random_state=0)
    pruned, dense = both(X, 16, covariance_type=family, init=near, max_iter=6, reg_covar=0.2)
    assert pruned.pairs[:, 0].min() < 0.8
    assert_equal_but_for_order(pruned, dense, 1e-5)


def test_many_rows_without_weight_do_not_hide_what_counts() -> None:
    X = clusters(20_000, 9, 20)
    w = np.ones(len(X))
    w[: len(X) // 2] = 0.0
    pruned, dense = both(X, 20, sample_weight=w)
    assert pruned.pairs[:, 0].min() < 0.5
    assert np.isfinite(pruned.pairs).all()
    assert_equal_but_for_order(pruned, dense, 1e-9)


def test_restarts_keep_the_best_and_its_pairs() -> None:
    X = clusters(4000, 9, 20)
    pruned, dense = both(X, 20, n_init=3)
    assert len(pruned.pairs) == pruned.n_iter
    # Runs that end in the same optimum differ by rounding, so either may keep another of them.
    assert pruned.history[-1] == pytest.approx(dense.history[-1], rel=1e-9)


def test_an_unknown_choice_is_refused() -> None:
    with pytest.raises(ValueError, match="pruning='always' is unknown: use one of 'auto', 'off'"):
        gaussmix.fit([[0.0], [1.0]], 1, pruning="always")


def test_few_rows_for_their_features_are_pruned_once_the_model_rests() -> None:
    pruned, dense = both(clusters(1200, 100, 4), 4, max_iter=6)
    assert pruned.pairs[0, 0] == 1.0
    assert pruned.pairs[-1, 0] < 0.3
    assert_equal_but_for_order(pruned, dense, 1e-9)


def test_few_rows_for_their_features_that_are_one_blob() -> None:
    pruned, dense = both(clusters(1500, 69, 5, 0.0), 5, max_iter=12)
    assert_equal_but_for_order(pruned, dense, 1e-9)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("instruction_set", gaussmix.info()["instruction_sets"])
@pytest.mark.parametrize("d", [32, 37, 65])
def test_unfinished_distances_change_nothing_but_the_order(
    d: int, instruction_set: str, dtype: type
) -> None:
    X = clusters(1100, d, 6, separation=1.5).astype(dtype)
    pruned, dense = both(X, 6, max_iter=4, instruction_set=instruction_set)
    assert (pruned.pairs[:, 1] < 0.4).all()
    assert_equal_but_for_order(pruned, dense, 1e-9 if dtype == np.float64 else 2e-3)
