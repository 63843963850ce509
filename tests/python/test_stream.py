"""Stepwise EM: many batches end near a fit, nothing learnt is lost at once, drift is followed."""

from __future__ import annotations

import itertools
import pickle
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gaussmix
from gaussmix import Prior, Stream
from gaussmix._covariance import FAMILIES

RNG = np.random.default_rng(11)
CENTRES = np.array([[0.0, 0.0], [5.0, 1.0], [-3.0, 6.0]])
X = CENTRES[RNG.integers(0, 3, 30_000)] + RNG.standard_normal((30_000, 2)) * [1.0, 0.6]
W = RNG.uniform(0, 2, len(X))


def streamed(rows: Any, size: int, weights: Any = None, **how: Any) -> Stream:
    """A stream that has taken the rows in batches of one size."""
    stream = Stream(3, random_state=0, **how)
    for first in range(0, len(rows), size):
        cut = slice(first, first + size)
        stream.update(rows[cut], sample_weight=None if weights is None else weights[cut])
    return stream


@pytest.mark.parametrize("family", FAMILIES)
def test_many_batches_end_near_a_fit_in_every_family(family: str) -> None:
    m = gaussmix.fit(X, 3, covariance_type=family, random_state=0)
    for rows, size in ((X, 300), (X.astype(np.float32), 7_777)):
        found = streamed(rows, size, covariance_type=family).mixture
        assert found.covariance_type == m.covariance_type
        assert abs(m.score(X) - found.score(X)) < 0.01


def test_the_size_of_batches_does_not_matter_much() -> None:
    best = gaussmix.fit(X, 3, random_state=0).score(X)
    for size in (17, 5_000, 30_000):
        assert abs(best - streamed(X, size).mixture.score(X)) < 0.01


@pytest.mark.parametrize("prior", ["default", Prior(degrees_of_freedom=2_000, mean_precision=200)])
@pytest.mark.parametrize("family", ["full", "tied", "diag", "spherical"])
def test_priors_and_weights_count_as_in_a_fit(family: str, prior: Any) -> None:
    how: dict[str, Any] = {"covariance_type": family, "prior": prior}
    m = gaussmix.fit(X, 3, sample_weight=W, random_state=0, **how)
    found = streamed(X, 1_000, W, **how)
    assert found.total_weight == pytest.approx(W.sum())
    assert found.n_rows == len(X)
    assert abs(m.score(X, sample_weight=W) - found.mixture.score(X, sample_weight=W)) < 0.01


def test_a_prior_is_completed_by_all_rows_of_the_start() -> None:
    rows = np.concatenate([X[:30] * 20, X])
    prior = Prior(degrees_of_freedom=1_000)
    m = gaussmix.fit(rows, 3, prior=prior, random_state=0)
    stream = Stream(3, prior=prior, random_state=0)
    for first, end in itertools.pairwise([0, 30, 3_000, 10_000, len(rows)]):
        stream.update(rows[first:end])
    assert abs(m.score(X) - stream.mixture.score(X)) < 0.002


def test_rows_without_weight_change_nothing() -> None:
    weights = (np.arange(len(X)) % 2).astype(float)
    a = streamed(X, 1_000, weights).mixture
    b = streamed(X[1::2], 500).mixture
    np.testing.assert_allclose(a.means, b.means, atol=0.05)
    stream = streamed(X, 6_000)
    before = stream.mixture
    assert stream.update(X[:9] + 100, sample_weight=np.zeros(9)).mixture is before


@pytest.mark.parametrize("prior", [None, "default"])
@pytest.mark.parametrize("family", ["full", "VVE", "spherical"])
def test_what_a_fit_has_learnt_is_not_forgotten_at_the_first_batch(family: str, prior: Any) -> None:
    m = gaussmix.fit(X, 3, covariance_type=family, prior=prior, random_state=0)
    stream = Stream(init=m, weight=len(X), prior=prior)
    assert stream.mixture is m
    moved = stream.update(X[:10]).mixture
    np.testing.assert_allclose(moved.means, m.means, atol=0.01)
    np.testing.assert_allclose(moved.covariances, m.covariances, atol=0.01)
    for _ in range(30):
        moved = stream.update(X[:1]).mixture  # all of one component
    assert m.score(X) - moved.score(X) < 1e-3
    assert np.abs(moved.weights - m.weights).max() < 0.005


def test_a_batch_kills_no_component() -> None:
    stream = streamed(X, 1_000)
    labels = stream.mixture.predict(X)
    rows = X[labels == 0]
    for cut in (rows[:1], rows[:200], rows):
        stream.update(cut)
    assert (stream.mixture.weights > 0.05).all()
    assert stream.mixture.events == ()
    np.testing.assert_allclose(
        stream.mixture.means[1:], streamed(X, 1_000).mixture.means[1:], atol=0.1
    )


def test_a_stream_that_forgets_follows_drift() -> None:
    following, steady = Stream(3, forget=500, random_state=0), Stream(3, random_state=0)
    for first in range(0, len(X), 500):
        rows = X[first : first + 500] + 10 * first / len(X)
        following.update(rows)
        steady.update(rows)
    assert following.mixture.score(rows) > steady.mixture.score(rows) + 1
    here = gaussmix.fit(rows, 3, random_state=0).score(rows)
    assert abs(following.mixture.score(rows) - here) < 0.3


def test_the_first_batches_are_gathered() -> None:
    stream = Stream(3, random_state=0)
    for row in X[:29]:
        stream.update(row[None, :])
    with pytest.raises(ValueError, match=r"has 29 rows, and its first mixture needs 30: update it"):
        stream.mixture  # noqa: B018
    m = stream.update(X[29:30]).mixture
    assert m.n_components == 3
    assert stream.update(X[30:31]).mixture is not m
    assert repr(stream) == "Stream: 31 rows"
    empty = Stream(1)
    assert empty.update(np.empty((0, 2))).n_rows == 0


def test_bits_do_not_depend_on_threads_and_pickles_go_on(tmp_path: Path) -> None:
    a, b = streamed(X[:9_000], 1_000, n_threads=1), streamed(X[:9_000], 1_000, n_threads=3)
    assert a.mixture.means.tobytes() == b.mixture.means.tobytes()
    early = pickle.loads(pickle.dumps(streamed(X[:3_000], 1_000)))
    for first in range(3_000, 9_000, 1_000):
        early = pickle.loads(pickle.dumps(early.update(X[first : first + 1_000])))
    assert early.mixture.means.tobytes() == a.mixture.means.tobytes()
    a.mixture.save(tmp_path / "m.safetensors")
    again = gaussmix.load(tmp_path / "m.safetensors")
    assert again.means.tobytes() == a.mixture.means.tobytes()
    assert again.n_iter == a.mixture.n_iter


def test_an_error_leaves_a_stream_as_it_was() -> None:
    stream = streamed(X[:6_000], 1_000)
    before = pickle.dumps(stream)
    bad = X[:50].copy()
    bad[7, 1] = np.nan
    with pytest.raises(ValueError, match="X has NaN at row 7, column 1"):
        stream.update(bad)
    with pytest.raises(ValueError, match="features"):
        stream.update(X[:50, :1])
    with pytest.raises(ValueError, match="sample_weight"):
        stream.update(X[:50], sample_weight=-np.ones(50))
    assert pickle.dumps(stream) == before


def test_misuse_is_refused() -> None:
    m = gaussmix.fit(X[:500], 3, random_state=0)
    with pytest.raises(TypeError, match="n_components is missing"):
        Stream()
    with pytest.raises(ValueError, match=r"n_components=2, but the mixture .* n_components=3"):
        Stream(2, init=m)
    with pytest.raises(ValueError, match=r"covariance_type='tied', but the mixture to go on from"):
        Stream(init=m, covariance_type="EEE")
    with pytest.raises(ValueError, match=r"forget=0 must be a positive number of rows"):
        Stream(3, forget=0)
    with pytest.raises(ValueError, match=r"weight=0.0 must be a positive finite number"):
        Stream(init=m, weight=0)
    with pytest.raises(TypeError, match="prior is variational"):
        Stream(3, prior=gaussmix.VariationalPrior())


# --- The estimator


@pytest.fixture(autouse=True)
def _quiet() -> Any:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Best performing")
        yield


def test_the_estimator_takes_batches() -> None:
    pytest.importorskip("sklearn")
    gm = gaussmix.GaussianMixture(3, random_state=0)
    for first in range(0, len(X), 500):
        gm.partial_fit(X[first : first + 500])
    m = gaussmix.fit(X, 3, random_state=0)
    assert abs(gm.score(X) - m.score(X)) < 0.01
    assert gm.n_features_in_ == 2
    again = pickle.loads(pickle.dumps(gm)).partial_fit(X[:100])
    gm.partial_fit(X[:100])
    assert gm.means_.tobytes() == again.means_.tobytes()
    with pytest.raises(ValueError, match="X has 1 features, but GaussianMixture is expecting 2"):
        gm.partial_fit(X[:5, :1])


def test_the_estimator_goes_on_after_a_fit() -> None:
    pytest.importorskip("sklearn")
    gm = gaussmix.GaussianMixture(3, random_state=0).fit(X, sample_weight=W)
    before = gm.means_
    gm.partial_fit(X[:10])
    np.testing.assert_allclose(gm.means_, before, atol=0.01)
    gm.means_ = gm.means_ + 1  # what is set by hand is gone on from
    gm.partial_fit(X[:10])
    np.testing.assert_allclose(gm.means_, before + 1, atol=0.02)
    gm.fit(X)
    before = gm.means_
    np.testing.assert_allclose(gm.partial_fit(X[:10]).means_, before, atol=0.01)
    with pytest.raises(ValueError, match="n_components=2, but the mixture to go on from"):
        gm.set_params(n_components=2).partial_fit(X[:10])
