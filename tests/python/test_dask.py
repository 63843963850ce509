"""Fits on Dask: the same mixture wherever the blocks are, faults that it survives, its manners."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gaussmix

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
dd = pytest.importorskip("dask.dataframe")
distributed = pytest.importorskip("distributed")
pd = pytest.importorskip("pandas")

pytestmark = pytest.mark.filterwarnings("ignore")  # a cluster that ends has much to say

RNG = np.random.default_rng(5)
X = RNG.standard_normal((6000, 3)) + 6 * RNG.integers(0, 3, size=(6000, 1))
W = RNG.uniform(0, 2, 6000)
W[:1000] = 0
CUTS = (1000, 1, 0, 1999, 3000)
PIECES = [X[sum(CUTS[:i]) : sum(CUTS[: i + 1])] for i in range(len(CUTS))]
WEIGHTS = [W[sum(CUTS[:i]) : sum(CUTS[: i + 1])] for i in range(len(CUTS))]
D = da.from_array(X, chunks=(CUTS, 2))


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """A cluster of two processes on this machine."""
    made = distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    with distributed.Client(made, set_as_default=False) as client:
        yield client
    # Its last step may fail for a worker that died and that it had not heard of.
    with contextlib.suppress(KeyError):
        made.close()
    made.status = distributed.Status.closed


def same(a: gaussmix.Mixture, b: gaussmix.Mixture) -> bool:
    """Whether two mixtures have the same bits."""
    return all(
        getattr(a, name).tobytes() == getattr(b, name).tobytes()
        for name in ("weights", "means", "covariances", "history")
    )


@pytest.fixture(scope="module")
def expected() -> gaussmix.Mixture:
    return gaussmix.dask.fit(D, 3, sample_weight=W, random_state=0, max_iter=12, tol=0)


def test_a_fit_ends_where_that_of_batches_does(expected: gaussmix.Mixture) -> None:
    batches = gaussmix.Batches(list(zip(PIECES, WEIGHTS, strict=True)))
    m = gaussmix.fit(batches, 3, random_state=0, max_iter=12, tol=0)
    np.testing.assert_allclose(expected.history, m.history, rtol=1e-12)
    np.testing.assert_allclose(expected.means, m.means, rtol=1e-9)


def test_blocks_may_be_arrays_frames_or_delayed(expected: gaussmix.Mixture) -> None:
    blocks = [dask.delayed(piece) for piece in PIECES]
    weights = [dask.delayed(piece) for piece in WEIGHTS]
    how: dict[str, Any] = {"random_state": 0, "max_iter": 12, "tol": 0}
    assert same(gaussmix.dask.fit(blocks, 3, sample_weight=weights, **how), expected)
    pairs = [dask.delayed(pair) for pair in zip(PIECES, WEIGHTS, strict=True)]
    assert same(gaussmix.dask.fit(pairs, 3, **how), expected)
    weights = da.from_array(W, chunks=700)
    assert same(gaussmix.dask.fit(D, 3, sample_weight=weights, **how), expected)

    frame = pd.DataFrame(X, columns=["u", "g", "r"])
    table = dd.from_pandas(frame, npartitions=4)
    series = dd.from_pandas(pd.Series(W), npartitions=4)
    m = gaussmix.dask.fit(table, 3, sample_weight=series, **how)
    assert m.feature_names == ("u", "g", "r")
    np.testing.assert_allclose(m.history, expected.history, rtol=1e-12)


@pytest.mark.parametrize("n_workers", [1, 4])
def test_the_number_of_workers_changes_no_bit(n_workers: int, expected: gaussmix.Mixture) -> None:
    with (
        distributed.LocalCluster(
            n_workers=n_workers, threads_per_worker=2, processes=False, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        m = gaussmix.dask.fit(
            D, 3, sample_weight=W, client=client, random_state=0, max_iter=12, tol=0
        )
    assert same(m, expected)


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_a_worker_may_die(client: Any, expected: gaussmix.Mixture) -> None:
    pids = list(client.run(os.getpid).values())

    def kill(progress: gaussmix.Progress) -> None:
        if progress.iteration == 3:
            os.kill(pids[0], signal.SIGKILL)

    m = gaussmix.dask.fit(
        D, 3, sample_weight=W, client=client, random_state=0, max_iter=12, tol=0, callback=kill
    )
    assert same(m, expected)
    assert pids[0] not in client.run(os.getpid).values()


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_blocks_that_are_lost_for_good_end_the_fit(client: Any) -> None:
    client.wait_for_workers(2, timeout=30)
    blocks = client.scatter(PIECES)  # nothing can compute them again
    pids = list(client.run(os.getpid).values())

    def kill(progress: gaussmix.Progress) -> None:
        if progress.iteration == 2:
            for pid in pids:
                os.kill(pid, signal.SIGKILL)

    with pytest.raises(distributed.client.FutureCancelledError):
        gaussmix.dask.fit(
            blocks, 3, client=client, random_state=0, max_iter=12, tol=0, callback=kill
        )
    client.wait_for_workers(2, timeout=30)


def test_a_worker_may_come_late(expected: gaussmix.Mixture) -> None:
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        m = gaussmix.dask.fit(
            D,
            3,
            sample_weight=W,
            client=client,
            random_state=0,
            max_iter=12,
            tol=0,
            callback=lambda progress: cluster.scale(2) if progress.iteration == 2 else None,
        )
        client.wait_for_workers(2, timeout=30)
    assert same(m, expected)


def test_an_error_in_a_worker_names_the_block_and_the_row(client: Any) -> None:
    rows = X.copy()
    rows[3100, 1] = np.nan
    with pytest.raises(ValueError, match=r"^block 4 has NaN at row 100, column 1: rem"):
        gaussmix.dask.fit(da.from_array(rows, chunks=(CUTS, 3)), 3, client=client)
    with pytest.raises(RuntimeError, match="lost on the way"):
        gaussmix.dask.fit([dask.delayed(fail)()], 3, client=client)


def fail() -> None:
    raise RuntimeError("lost on the way")


def test_options_are_those_of_a_fit(tmp_path: Path) -> None:
    seen: list[int] = []
    how: dict[str, Any] = {
        "covariance_type": "VVE",
        "prior": "default",
        "random_state": 1,
        "callback": lambda progress: seen.append(progress.iteration),
    }
    m = gaussmix.dask.fit(D, 3, **how)
    assert m.covariance_type == "VVE"
    assert seen == list(range(1, m.n_iter + 1))
    file = tmp_path / "state"
    gaussmix.dask.fit(D, 3, checkpoint=file, **how | {"max_iter": 1, "callback": None})
    assert same(gaussmix.dask.fit(D, 3, checkpoint=file, **how), m)


def test_a_selection_ends_where_that_of_batches_does() -> None:
    options: dict[str, Any] = {"covariance_types": ["EEE", "VII"], "random_state": 0}
    far = gaussmix.dask.select(D, range(2, 5), sample_weight=W, **options)
    batches = gaussmix.Batches(list(zip(PIECES, WEIGHTS, strict=True)))
    near = gaussmix.select(batches, range(2, 5), **options)
    np.testing.assert_allclose(far.table[:2], near.table[:2], rtol=1e-6)
    assert (far.best.covariance_type, far.best.n_components) == ("spherical", 3)
    assert gaussmix.dask.select(D, [3], noise=True, **options).best.noise is not None
    with pytest.raises(ValueError, match="choose by bic, aic"):
        gaussmix.dask.select(D, [3], criterion="icl", **options)
    with pytest.raises(TypeError):
        gaussmix.dask.select(X, [3], **options)


def test_rows_are_labelled_lazily(expected: gaussmix.Mixture) -> None:
    labels = gaussmix.dask.predict(expected, D)
    assert labels.dtype == np.int64
    np.testing.assert_array_equal(labels.compute(), expected.predict(X))
    p = gaussmix.dask.predict_proba(expected, D)
    assert p.shape == (6000, 3)
    np.testing.assert_array_equal(p.compute(), expected.predict_proba(X))
    blocks = [dask.delayed(piece) for piece in PIECES]
    values = np.concatenate(dask.compute(*gaussmix.dask.score_samples(expected, blocks)))
    np.testing.assert_array_equal(values, expected.score_samples(X))
    score = gaussmix.dask.score(expected, D, sample_weight=W)
    assert score == pytest.approx(expected.score(X, sample_weight=W), rel=1e-12)

    frame = pd.DataFrame(X, index=np.arange(6000)[::-1])
    table = dd.from_pandas(frame, npartitions=3, sort=False)
    labels = gaussmix.dask.predict(expected, table).compute()
    np.testing.assert_array_equal(labels.index, frame.index)
    np.testing.assert_array_equal(labels, expected.predict(X))
    assert gaussmix.dask.predict_proba(expected, table).compute().shape == (6000, 3)


def test_the_estimator_has_the_manners_of_dask_ml() -> None:
    pytest.importorskip("sklearn")
    gm = gaussmix.dask.GaussianMixture(3, random_state=0, reg_covar=1e-5)
    assert gm.get_params()["client"] is None
    assert gm.set_params(tol=1e-4).tol == 1e-4
    gm.fit(D, sample_weight=W)
    assert gm.converged_
    assert gm.n_features_in_ == 3
    local = gm.to_local()
    assert type(local) is gaussmix.GaussianMixture
    np.testing.assert_array_equal(gm.predict(D).compute(), local.predict(X))
    np.testing.assert_array_equal(gm.score_samples(D).compute(), local.score_samples(X))
    assert gm.predict_proba(D).compute().shape == (6000, 3)
    assert gm.score(D) == pytest.approx(local.score(X))
    gm.client = object()
    assert pickle.loads(pickle.dumps(gm)).client is None
    gm.client = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = {
            "weights_init": gm.weights_,
            "means_init": gm.means_,
            "precisions_init": gm.precisions_,
        }
        again = gaussmix.dask.GaussianMixture(3, max_iter=0, **start).fit(D)
    np.testing.assert_allclose(again.means_, gm.means_)
    before = gm.means_
    np.testing.assert_allclose(gm.partial_fit(X[:10]).means_, before, atol=0.03)
    with pytest.raises(ValueError, match="give all three or none"):
        gaussmix.dask.GaussianMixture(3, means_init=gm.means_).fit(D)
    with pytest.raises(TypeError, match="needs all rows at once"):
        gaussmix.dask.GaussianMixture(3, init_params=lambda *_: None).fit(D)


def in_batches(labels: Any, **options: Any) -> gaussmix.Mixture:
    parts = [(X[i : i + 1200], None, labels[i : i + 1200]) for i in range(0, 6000, 1200)]
    return gaussmix.fit(gaussmix.Batches(parts), 3, random_state=0, **options)


def test_labels_are_those_of_batches() -> None:
    cells = gaussmix.fit(X, 3, random_state=0).predict(X)
    labels = np.where(np.arange(6000) % 40 == 0, cells, -1)
    owners = [1, 2, 0]
    blocks = [slice(i, i + 1200) for i in range(0, 6000, 1200)]
    delayed = [dask.delayed(X[block]) for block in blocks]
    pairs = [dask.delayed((X[block], None, labels[block])) for block in blocks]
    expected = in_batches(labels, component_labels=owners)
    assert (np.take(owners, expected.predict(X)) == cells).mean() > 0.9
    D1200 = D.rechunk({0: 1200})
    for rows, given in (
        (D1200, labels),
        (D1200, dask.array.from_array(labels, chunks=700)),
        (delayed, [dask.delayed(labels[block]) for block in blocks]),
        (pairs, None),
    ):
        m = gaussmix.dask.fit(rows, 3, labels=given, component_labels=owners, random_state=0)
        np.testing.assert_allclose(m.means, expected.means, atol=1e-9)
    allowed = np.ones((6000, 3), bool)
    allowed[labels >= 0] = np.equal.outer(labels[labels >= 0], owners)
    m = gaussmix.dask.fit(D1200, 3, labels=allowed, random_state=0)
    np.testing.assert_allclose(m.means, expected.means, atol=1e-9)


def test_labels_that_cannot_be_are_refused() -> None:
    zeros = np.zeros(6000, int)
    with pytest.raises(ValueError, match=r"labels has shape \(9,\), and X has 6000 rows"):
        gaussmix.dask.fit(D, 3, labels=zeros[:9])
    with pytest.raises(ValueError, match=r"block \d: labels has 7 at row 0: labels are 0 \.\.\. 2"):
        gaussmix.dask.fit(D, 3, labels=zeros + 7)
    with pytest.raises(ValueError, match=r"give labels to the fit of gaussmix\.dask"):
        gaussmix.dask.fit(D, 3, allowed=np.ones((6000, 3), bool))
    with pytest.raises(ValueError, match="are of rows in memory: a selection over batches"):
        gaussmix.dask.select(D, [2, 3], labels=zeros)


def test_what_is_no_collection_is_refused() -> None:
    with pytest.raises(TypeError, match=r"X is a ndarray: give a dask array, as by"):
        gaussmix.dask.fit(X, 3)
    with pytest.raises(ValueError, match="sample_weight has 2 blocks, and X has 5: cut both alike"):
        gaussmix.dask.fit(D, 3, sample_weight=[dask.delayed(W), dask.delayed(W)])
    with pytest.raises(ValueError, match=r"sample_weight has shape \(9,\), and X has 6000 rows"):
        gaussmix.dask.fit(D, 3, sample_weight=W[:9])
    with pytest.raises(ValueError, match="no rows of positive weight"):
        gaussmix.dask.score(gaussmix.fit(X, 3, random_state=0), D, sample_weight=np.zeros(6000))
