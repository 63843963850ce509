"""Standard errors, the test of the number of components, and merged clusters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import gaussmix
import problems
from gaussmix import _core
from gaussmix._bootstrap import KINDS
from gaussmix.plot import MergeDisplay


@pytest.fixture(scope="module")
def fitted() -> gaussmix.Mixture:
    return gaussmix.fit(problems.faithful(), 2, tol=1e-8, random_state=0)


@pytest.mark.parametrize("kind", KINDS)
def test_errors_of_every_kind_agree(
    kind: str, fitted: gaussmix.Mixture, faithful: problems.Array
) -> None:
    b = gaussmix.bootstrap(fitted, faithful, 300, kind, random_state=0)
    assert b.n_failed == 0
    assert b.replicates.means.shape == (272 if kind == "jackknife" else 300, 2, 2)
    # The components lie apart: the errors are nearly those of their own rows.
    n = fitted.weights * len(faithful)
    expected = fitted.standard_deviations() / np.sqrt(n)[:, np.newaxis]
    assert_allclose(b.standard_errors.means, expected, rtol=0.3)
    share = np.sqrt(fitted.weights.prod() / len(faithful))
    assert_allclose(b.standard_errors.weights, share, rtol=0.3)
    lower, upper = b.intervals(0.9)
    assert not b.replicates.noise_weight.any()
    for low, value, high in zip(
        lower[:3], (fitted.weights, fitted.means, fitted.covariances), upper[:3], strict=True
    ):
        assert (low < value + 0.1 * (high - low)).all()
        assert (high > value - 0.1 * (high - low)).all()
    assert_allclose((upper.means - lower.means) / b.standard_errors.means, 2 * 1.645, rtol=0.15)
    assert repr(b).splitlines()[0] == f"Bootstrap ({kind}): {len(b.replicates.weights)} replicates"


def test_threads_do_not_change_a_bootstrap(
    fitted: gaussmix.Mixture, faithful: problems.Array
) -> None:
    a, b = (
        gaussmix.bootstrap(fitted, faithful, 40, random_state=1, n_threads=threads)
        for threads in (1, 3)
    )
    for one, other in zip(a.replicates, b.replicates, strict=True):
        assert_array_equal(one, other)


@pytest.mark.parametrize("family", ["VVV", "EEE", "VVI", "VII", "VEV"])
def test_a_bootstrap_of_every_shape(family: str, faithful: problems.Array) -> None:
    rows = faithful.astype(np.float32)
    m = gaussmix.fit(rows, 2, covariance_type=family, random_state=0, prior="default")
    weights = np.full(len(rows), 2.0)
    b = gaussmix.bootstrap(
        m, rows, 5, "nonparametric", sample_weight=weights, prior="default", random_state=0
    )
    assert b.standard_errors.covariances.shape == m.covariances.shape
    once = gaussmix.bootstrap(m, rows, 5, "nonparametric", prior="default", random_state=0)
    assert once.standard_errors.means.mean() > b.standard_errors.means.mean()


@pytest.mark.parametrize("kind", KINDS)
def test_a_background_has_errors_too(kind: str) -> None:
    rng = np.random.default_rng(3)
    clusters = [rng.normal(place, 1, size=(100, 2)) for place in ([0, 0], [9, 0])]
    X = np.concatenate([*clusters, rng.uniform(-15, 25, size=(60, 2))])
    m = gaussmix.fit(X, 2, noise=True, tol=1e-8, random_state=0)
    b = gaussmix.bootstrap(m, X, 200, kind, random_state=0)
    share = m.noise_weight
    expected = np.sqrt(share * (1 - share) / len(X))
    assert b.standard_errors.noise_weight == pytest.approx(expected, rel=0.3)
    lower, upper = b.intervals()
    assert lower.noise_weight < share < upper.noise_weight
    totals = b.replicates.weights.sum(axis=1) + b.replicates.noise_weight
    assert_allclose(totals, 1.0)
    assert repr(b).splitlines()[-1].startswith("noise weight")


def test_components_are_matched() -> None:
    assert _core.assignment(np.array([[1.0, 5.0], [5.0, 1.0]])) == [1, 0]
    # The best pair alone, (1, 0), would leave 9 to the other.
    assert _core.assignment(-np.array([[2.0, 9.0], [1.0, 5.0]])) == [0, 1]


def test_resamples_that_lose_a_component_are_left_out() -> None:
    X = np.array([[0.0], [0.1], [0.2], [0.3], [9.0], [9.1]])
    m = gaussmix.fit(X, 2, init=[0, 0, 0, 0, 1, 1])
    b = gaussmix.bootstrap(m, X, 60, "nonparametric", random_state=0)
    assert b.n_failed > 0
    assert f"{b.n_failed} left out" in repr(b)
    with pytest.raises(ValueError, match="resamples lost a component"):
        gaussmix.bootstrap(m, X[:4], 5, "nonparametric", random_state=0)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((1,), {}, "^n=1 must be at least 2"),
        ((9, "exact"), {}, "^kind='exact' must be one of 'weighted', "),
        ((9, "jackknife"), {"sample_weight": np.ones(272)}, "^sample_weight does not go with"),
    ],
)
def test_a_bootstrap_refuses(
    arguments: tuple[Any, ...],
    options: dict[str, Any],
    message: str,
    fitted: gaussmix.Mixture,
    faithful: problems.Array,
) -> None:
    with pytest.raises(ValueError, match=message):
        gaussmix.bootstrap(fitted, faithful, *arguments, **options)


def test_a_level_is_a_probability(fitted: gaussmix.Mixture, faithful: problems.Array) -> None:
    b = gaussmix.bootstrap(fitted, faithful, 5, random_state=0)
    with pytest.raises(ValueError, match=r"^level=1.0 must be between 0 and 1"):
        b.intervals(1.0)


def test_the_likelihood_ratio_tells_how_many_components(faithful: problems.Array) -> None:
    one = gaussmix.likelihood_ratio_test(faithful, "VVV", 1, 39, random_state=0)
    m1, m2 = (gaussmix.fit(faithful, k, tol=1e-6, random_state=0) for k in (1, 2))
    n = len(faithful)
    assert one.statistic == pytest.approx(
        2 * n * (m2.score(faithful) - m1.score(faithful)), abs=0.1
    )
    assert one.p_value == 1 / 40
    assert repr(one).startswith("VVV: 1 against 2 components: 2 log ratio ")
    rows = np.random.default_rng(0).normal(size=(100, 2))
    none = gaussmix.likelihood_ratio_test(rows, "EEE", 1, 39, random_state=0)
    assert none.p_value > 0.05
    again = gaussmix.likelihood_ratio_test(
        rows, "EEE", 1, 39, sample_weight=np.ones(100), random_state=0, n_threads=1
    )
    assert_array_equal(again.replicates, none.replicates)
    with pytest.raises(ValueError, match=r"^k=0 and n=39 must be"):
        gaussmix.likelihood_ratio_test(rows, "EEE", 0, 39)
    with pytest.raises(ValueError, match=r"^k=2: the fit of 2 components .* collapsed"):
        gaussmix.likelihood_ratio_test(np.repeat(rows[:2], 4, axis=0), "VVV", 2, 5, random_state=0)


def crossed() -> tuple[gaussmix.Mixture, problems.Array]:
    """Two clusters: a cross of two components, and one far away."""
    shapes = [np.diag([9.0, 0.1]), np.diag([0.1, 9.0]), np.eye(2)]
    m = gaussmix.Mixture([0.3, 0.3, 0.4], [[0, 0], [0, 0], [20, 0]], shapes)
    return m, m.sample(600, random_state=0)[0]


def test_components_of_a_cluster_merge_first() -> None:
    m, X = crossed()
    clusters = m.merge_clusters(X)
    assert clusters.merges == ((0, 1), (0, 2))
    assert clusters.labels(2).tolist() == [0, 0, 1]
    assert clusters.labels(3).tolist() == [0, 1, 2]
    p = m.predict_proba(X)
    with np.errstate(divide="ignore", invalid="ignore"):
        assert clusters.entropies[0] == pytest.approx(-np.nansum(p * np.log(p)))
    assert clusters.entropies[-1] == 0.0
    assert_array_equal(clusters.predict(X, 2), m.predict(X) == 2)
    assert_allclose(clusters.predict_proba(X, 2)[:, 0], p[:, 0] + p[:, 1])
    assert "0 and 1" in repr(clusters)
    weighted = m.merge_clusters(X, sample_weight=np.full(600, 2.0))
    assert_allclose(weighted.entropies, 2 * clusters.entropies)
    batches = m.merge_clusters(gaussmix.Batches(X))
    assert_allclose(batches.entropies, clusters.entropies)
    for wrong in (0, 4):
        with pytest.raises(ValueError, match=f"^n_clusters={wrong} must be 1 ... 3"):
            clusters.labels(wrong)
    with pytest.raises(ValueError, match=r"^sample_weight has 3 weights, but X has 600 rows"):
        m.merge_clusters(X, sample_weight=np.ones(3))


def test_the_elbow_is_where_two_lines_meet() -> None:
    clusters = gaussmix.fit(problems.faithful(), 7, random_state=0).merge_clusters(
        problems.faithful()
    )
    clusters.entropies = np.array([90.0, 60.0, 30.0, 3.0, 2.0, 1.0, 0.0])
    assert clusters.n_clusters == 4
    assert crossed()[0].merge_clusters(crossed()[1]).n_clusters == 3


def test_a_picture_shows_the_tree() -> None:
    m, X = crossed()
    drawn = MergeDisplay.from_estimator(m, X)
    assert [text.get_text() for text in drawn.ax_.get_xticklabels()] == ["0", "1", "2"]
    assert_allclose(drawn.axes_[1].lines[0].get_ydata(), drawn.clusters_.entropies[::-1])
    one = gaussmix.fit(X, 1, random_state=0)
    assert MergeDisplay(one.merge_clusters(X)).plot(drawn.figure_).clusters_.n_clusters == 1
