"""Where a fit starts: chance, restarts, seeds, and starts that are given."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import gaussmix
import problems
import reference
from comparing import assert_same_fit, model_of

# --- Restarts and chance -------------------------------------------------------------------------


def test_the_best_of_several_restarts_is_kept() -> None:
    case = problems.problem(41, n=300, n_components=5, spread=2.0)
    seen: dict[int, list[float]] = {}

    def record(progress: gaussmix.Progress) -> None:
        seen.setdefault(progress.restart, []).append(progress.log_likelihood)

    model = gaussmix.fit(
        case.X, 5, init="random", n_init=8, random_state=1, max_iter=30, callback=record
    )
    last = {restart: history[-1] for restart, history in seen.items()}
    assert sorted(last) == list(range(8))
    assert len(set(last.values())) > 1
    best = max(last, key=last.__getitem__)
    np.testing.assert_array_equal(model.history, seen[best])


@pytest.mark.parametrize("init", problems.INITS)
def test_the_same_random_state_gives_the_same_fit(covariance_type: str, init: str) -> None:
    case = problems.problem(42, n=300, n_components=4, spread=1.0)
    for make in (int, np.int32, np.random.default_rng, np.random.RandomState):
        fits = [
            gaussmix.fit(
                case.X, 4, covariance_type=covariance_type, init=init, random_state=make(7)
            )
            for _ in range(2)
        ]
        assert_same_fit(*fits)


@pytest.mark.parametrize("init", problems.INITS)
def test_another_random_state_gives_another_start(init: str) -> None:
    case = problems.problem(43, n=300, n_components=6, spread=0.5)
    means = {
        gaussmix.fit(case.X, 6, init=init, max_iter=1, random_state=seed).means.tobytes()
        for seed in range(8)
    }
    assert len(means) > 1


def test_a_generator_moves_on_from_fit_to_fit() -> None:
    case = problems.problem(44, n=100, n_components=3)
    generator = np.random.default_rng(0)
    a, b = (
        gaussmix.fit(case.X, 3, init="random", max_iter=1, random_state=generator) for _ in range(2)
    )
    assert not np.array_equal(a.means, b.means)


def test_chance_comes_from_the_random_state_alone() -> None:
    case = problems.problem(45, n=100, n_components=3)
    before = pickle.dumps(np.random.get_state())
    a = gaussmix.fit(case.X, 3, init="random")
    b = gaussmix.fit(case.X, 3, init="random")
    assert pickle.dumps(np.random.get_state()) == before
    assert not np.array_equal(a.history, b.history)


# --- Starts --------------------------------------------------------------------------------------


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("init", ["kmeans", "k-means++"])
def test_starts_that_spread_their_seeds_find_clusters_that_are_far_apart(
    covariance_type: str, init: str, weighted: bool
) -> None:
    case = problems.blobs(46, n=300, n_components=5, n_features=3)
    w = np.random.default_rng(46).uniform(0.5, 2.0, size=300) if weighted else None
    for seed in range(5):
        model = gaussmix.fit(
            case.X,
            5,
            covariance_type=covariance_type,
            init=init,
            sample_weight=w,
            random_state=seed,
        )
        assert problems.same_partition(model.predict(case.X), case.labels)
        expected = reference.em(
            case.X, reference.one_hot(case.labels, 5), covariance_type, sample_weight=w
        )
        order = np.argsort(model.means[:, 0])
        np.testing.assert_allclose(
            model.means[order], expected.parameters.means, rtol=1e-9, atol=1e-9
        )


def lloyd(X: reference.Array, centres: reference.Array) -> reference.Array:
    """Labels of k-means in units of each feature's deviation, from centres in these units."""
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    while True:
        labels = np.square(Z[:, None] - centres).sum(axis=2).argmin(axis=1)
        moved = np.stack([Z[labels == k].mean(axis=0) for k in range(len(centres))])
        if np.array_equal(moved, centres):
            return np.asarray(labels)
        centres = moved


def test_the_kmeans_start_is_where_lloyds_iterations_come_to_rest() -> None:
    # The first entry of a history tells starts apart: those of seeds alone differ by 0.02 here.
    case = problems.problem(58, n=600, n_components=3, covariance_type="spherical", spread=2.0)
    Z = (case.X - case.X.mean(axis=0)) / case.X.std(axis=0)
    r = reference.one_hot(lloyd(case.X, Z[:3]), 3)
    expected = reference.em(case.X, r, "full", max_iter=1).history[0]
    for seed in range(8):
        model = gaussmix.fit(
            case.X,
            3,
            init="kmeans",
            max_iter=1,
            random_state=seed,
            effort="low",
            acceleration="classic",
        )
        assert model.history[0] == pytest.approx(expected, abs=0.003)


def test_the_kmeans_start_finds_every_one_of_many_clusters(covariance_type: str) -> None:
    # Seeds and Lloyd's iterations alone often leave two centres in one cluster here, and one
    # between two others.
    case = problems.problem(59, 4000, 20, 4, "spherical", spread=8.0)
    true = model_of(problems.mixture(59, 20, 4, "spherical", spread=8.0)).score(case.X)
    for seed in range(5):
        model = gaussmix.fit(case.X, 20, covariance_type=covariance_type, random_state=seed)
        assert model.score(case.X) > true - (0.3 if covariance_type == "tied" else 0.02)


def test_the_start_finds_every_one_of_a_thousand_clusters() -> None:
    # Seeds come from half of the rows of each cluster.
    side, rows = 32, 40
    at = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).reshape(-1, 2)
    X = np.repeat(40.0 * at, rows, axis=0)
    X += np.random.default_rng(62).standard_normal(X.shape)
    fits = [
        gaussmix.fit(
            X,
            side**2,
            covariance_type="spherical",
            effort="low",
            max_iter=3,
            random_state=0,
            n_threads=n_threads,
        )
        for n_threads in (1, 2)
    ]
    assert_same_fit(*fits)
    np.testing.assert_allclose(fits[0].weights, 1 / side**2, rtol=1e-6)
    found = np.rint(fits[0].means / 40).astype(int)
    assert {tuple(f) for f in found} == {tuple(a) for a in at}


def test_the_kmeans_start_sees_a_few_rows_far_away(covariance_type: str) -> None:
    # One row in 4000: a sample that went by weight alone would often have none of them.
    rng = np.random.default_rng(60)
    X = rng.standard_normal((20_000, 3))
    X[:10_000] += 10
    X[::4000] += 1000
    for seed in range(5):
        model = gaussmix.fit(X, 3, covariance_type=covariance_type, random_state=seed)
        np.testing.assert_allclose(np.sort(model.weights), [0.00025, 0.49985, 0.4999], rtol=1e-6)


@pytest.fixture(scope="module")
def many() -> reference.Array:
    """So many rows that EM begins on a sample of them."""
    return problems.problem(61, 12_000, 4, 3, spread=3.0).X


def test_a_start_on_a_sample_is_the_same_for_any_number_of_threads(
    many: reference.Array, covariance_type: str
) -> None:
    one, *others = (
        gaussmix.fit(many, 4, covariance_type=covariance_type, random_state=0, n_threads=n)
        for n in (1, 2, 3)
    )
    for other in others:
        assert_same_fit(one, other)


def test_a_start_on_a_sample_does_not_depend_on_the_units(
    many: reference.Array, covariance_type: str
) -> None:
    if covariance_type == "spherical":
        pytest.skip("a ball is one in one choice of units alone")
    s, c = np.array([1e-3, 1.0, 1e4]), np.array([5.0, -1e3, 1e4])
    a = gaussmix.fit(many, 4, covariance_type=covariance_type, random_state=0)
    b = gaussmix.fit(many * s + c, 4, covariance_type=covariance_type, random_state=0)
    np.testing.assert_allclose(b.means, a.means * s + c, rtol=1e-8)
    np.testing.assert_allclose(b.history, a.history - np.log(s).sum(), rtol=1e-8)


def test_a_start_on_a_sample_leaves_out_rows_of_weight_zero(
    many: reference.Array, covariance_type: str
) -> None:
    rng = np.random.default_rng(62)
    w = np.ones(2 * len(many))
    w[rng.permutation(len(w))[: len(many)]] = 0
    X = np.full((len(w), many.shape[1]), 1e100)
    X[w > 0] = many
    a = gaussmix.fit(many, 4, covariance_type=covariance_type, random_state=0)
    b = gaussmix.fit(X, 4, covariance_type=covariance_type, sample_weight=w, random_state=0)
    np.testing.assert_allclose(b.history, a.history, rtol=1e-9)
    np.testing.assert_allclose(b.means, a.means, rtol=1e-7)


def test_a_start_on_a_sample_counts_weights_as_rows(
    many: reference.Array, covariance_type: str
) -> None:
    w = np.random.default_rng(63).integers(1, 4, len(many))
    a = gaussmix.fit(many, 4, covariance_type=covariance_type, sample_weight=w, random_state=0)
    b = gaussmix.fit(np.repeat(many, w, axis=0), 4, covariance_type=covariance_type, random_state=0)
    assert a.history[-1] == pytest.approx(b.history[-1], abs=2e-3)


def test_random_from_data_seeds_distinct_rows(covariance_type: str) -> None:
    X = np.arange(6.0)[:, None] * 1000
    model = gaussmix.fit(
        X, 6, covariance_type=covariance_type, init="random_from_data", max_iter=1, reg_covar=1.0
    )
    np.testing.assert_allclose(np.sort(model.means, axis=0), X, atol=1e-9)


def test_a_random_start_begins_with_components_that_overlap() -> None:
    case = problems.blobs(47, n=600, n_components=2)
    model = gaussmix.fit(case.X, 2, init="random", max_iter=1, random_state=0)
    assert np.abs(model.means[:, 0] - case.X[:, 0].mean()).max() < 20


def test_a_start_from_a_mixture_needs_no_number_of_components(covariance_type: str) -> None:
    case = problems.problem(48, n=100, n_components=3)
    start = model_of(problems.mixture(48, 3, 2, covariance_type))
    assert_same_fit(
        gaussmix.fit(case.X, covariance_type=covariance_type, init=start),
        gaussmix.fit(case.X, 3, covariance_type=covariance_type, init=start),
    )


def test_a_fit_leaves_its_start_as_it_was() -> None:
    case = problems.problem(49, n=100, n_components=3)
    start = model_of(problems.mixture(49, 3, 2))
    means = start.means.copy()
    gaussmix.fit(case.X, init=start)
    np.testing.assert_array_equal(start.means, means)
    assert start.status == "given"


def test_a_start_on_a_sample_of_huge_weights() -> None:
    # Their sum is a double, twice their sum is not.
    X = 0.01 * np.random.default_rng(0).normal(size=(6000, 6))
    heavy = gaussmix.fit(X, 5, random_state=0, max_iter=1, sample_weight=np.full(6000, 2e304))
    light = gaussmix.fit(X, 5, random_state=0, max_iter=1)
    np.testing.assert_allclose(heavy.means, light.means, rtol=1e-6, atol=1e-8)
