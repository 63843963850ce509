"""EM over rows in pieces: summaries and moments add up, and a run takes them from anywhere."""

from __future__ import annotations

import dataclasses
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import gaussmix
import problems
from comparing import (
    assert_parameters_close,
    assert_same_fit,
    assert_same_parameters,
    rounding_bound,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conftest import RunPython


def rough(X: Any, n_components: int, covariance_type: str) -> gaussmix.Mixture:
    """A start far enough from the end that a run takes some iterations."""
    options = {"init": "random_from_data", "max_iter": 0, "random_state": 3}
    return gaussmix.fit(X, n_components, covariance_type=covariance_type, **options)


def climb(
    shards: Sequence[gaussmix.Shard],
    start: gaussmix.Mixture,
    *,
    scorer_only: bool = False,
    **options: Any,
) -> gaussmix.Mixture:
    """EM over all shards, from a start."""
    run = gaussmix.Run(gaussmix.merge(shard.summary() for shard in shards), start, **options)
    while not run.done:
        under = run.scorer if scorer_only else run
        run.advance(gaussmix.merge(shard.moments(under) for shard in shards))
    return run.mixture()


def cut(X: Any, w: Any, n: int) -> list[gaussmix.Shard]:
    weights = [None] * n if w is None else np.array_split(w, n)
    return [
        gaussmix.Shard(piece, sample_weight=weight)
        for piece, weight in zip(np.array_split(X, n), weights, strict=True)
    ]


PRIORS = {
    "none": lambda _: None,
    "given": lambda t: gaussmix.Prior(
        covariance={"diag": np.ones(3), "spherical": 1.0}.get(t, np.eye(3)), degrees_of_freedom=7
    ),
}


# The same fit


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("acceleration", ["auto", "off", "classic"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("prior", PRIORS)
def test_a_run_over_one_shard_has_the_bits_of_a_fit(
    covariance_type: str, dtype: Any, acceleration: str, weighted: bool, prior: str
) -> None:
    case = problems.problem(301, n=900, n_components=3, n_features=3)
    X = case.X.astype(dtype)
    w = np.random.default_rng(1).uniform(size=len(X)) if weighted else None
    start = rough(X[:300], 3, covariance_type)
    options = {"acceleration": acceleration, "prior": PRIORS[prior](covariance_type), "tol": 1e-6}
    whole = gaussmix.fit(X, init=start, sample_weight=w, pruning="off", **options)
    alone = climb([gaussmix.Shard(X, sample_weight=w)], start, **options)
    assert whole.n_iter > 3
    assert_same_parameters(alone, whole)
    np.testing.assert_array_equal(alone.history, whole.history)
    assert (alone.status, alone.n_iter) == (whole.status, whole.n_iter)
    assert alone.score(X) == whole.score(X)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("pruning", ["auto", "off"])
def test_passes_over_a_shard_learn_what_those_of_a_fit_do(
    covariance_type: str, dtype: Any, pruning: str
) -> None:
    case = problems.problem(313, n=20_000, n_components=12, n_features=6, spread=6)
    X = case.X.astype(dtype)
    start = rough(X, 12, covariance_type)
    options = {"pruning": pruning, "max_iter": 12, "tol": 1e-6}
    whole = gaussmix.fit(X, init=start, **options)
    shard = gaussmix.Shard(X)
    run = gaussmix.Run(shard.summary(), start, **options)
    pairs = []
    while not run.done:
        run.advance(shard.moments(run))
        pairs.append(shard.pairs)
    assert_same_parameters(run.mixture(), whole)
    np.testing.assert_array_equal(pairs, whole.pairs)
    if covariance_type == "full":  # of others every pair is computed where rows are few
        assert (min(pairs)[0] < 1) == (pruning == "auto")
    # Under a scorer alone nothing is left out.
    assert_parameters_close(
        climb([gaussmix.Shard(X)], start, scorer_only=True, **options),
        whole,
        rtol=rounding_bound(X.dtype.name, 1e-9, 1e4),
    )


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("prior", PRIORS)
def test_a_run_over_pieces_ends_where_the_fit_of_all_rows_does(
    covariance_type: str, weighted: bool, prior: str
) -> None:
    case = problems.problem(302, n=900, n_components=3, n_features=3)
    w = np.random.default_rng(1).uniform(size=900) if weighted else None
    start = rough(case.X[:300], 3, covariance_type)
    options = {"acceleration": "off", "prior": PRIORS[prior](covariance_type)}
    whole = gaussmix.fit(case.X, init=start, sample_weight=w, **options)
    pieces = climb(cut(case.X, w, 7), start, **options)
    assert pieces.n_iter == whole.n_iter
    assert_parameters_close(pieces, whole)
    np.testing.assert_allclose(pieces.history, whole.history, rtol=1e-12)


@pytest.mark.parametrize("process", [True, False])
def test_variational_bayes_goes_on_over_pieces(covariance_type: str, process: bool) -> None:
    case = problems.problem(303, n=600, n_components=3, n_features=3)
    covariance = {"diag": np.ones(3), "spherical": 1.0}.get(covariance_type, np.eye(3))
    prior = gaussmix.VariationalPrior(
        mean=case.X.mean(axis=0), mean_precision=1, covariance=covariance, is_process=process
    )
    start = gaussmix.fit(
        case.X[:200],
        3,
        covariance_type=covariance_type,
        prior=prior,
        init="random_from_data",
        max_iter=1,
        random_state=0,
    )
    whole = gaussmix.fit(case.X, init=start, prior=prior, pruning="off")
    alone = climb([gaussmix.Shard(case.X)], start, prior=prior)
    assert whole.posterior is not None
    assert alone == whole
    pieces = climb(cut(case.X, None, 4), start, prior=prior)
    assert_parameters_close(pieces, whole, rtol=1e-8)
    assert pieces.posterior is not None


def test_the_same_cut_gives_the_same_bits_for_any_threads_and_engine(covariance_type: str) -> None:
    case = problems.problem(304, n=1500, n_components=3, n_features=3)
    start = rough(case.X[:300], 3, covariance_type)
    pieces = np.array_split(case.X, 5)
    one, two = (
        climb([gaussmix.Shard(piece, n_threads=n) for piece in pieces], start, n_threads=n)
        for n in (1, 2)
    )
    assert_same_fit(one, two)
    # Shards on other machines see the scorer alone, and send moments back.
    shards = [gaussmix.Shard(piece) for piece in pieces]
    run = gaussmix.Run(sum(shard.summary() for shard in shards), start)
    with ThreadPoolExecutor(3) as pool:
        while not run.done:
            sent = pickle.dumps(run.scorer)
            answers = pool.map(
                lambda s, sent=sent: pickle.dumps(s.moments(pickle.loads(sent))), shards
            )
            run.advance(gaussmix.merge(map(pickle.loads, answers)))
    assert_same_fit(run.mixture(), one)


def test_shards_that_are_read_by_several_threads_at_once_give_the_same_moments() -> None:
    case = problems.problem(305, n=4000, n_components=3)
    run = gaussmix.Run(gaussmix.summarize(case.X), rough(case.X, 3, "full"))
    shards = cut(case.X, None, 8)
    expected = [shard.moments(run) for shard in shards]
    with ThreadPoolExecutor(4) as pool:
        for shard, moments in zip(shards, expected, strict=True):
            assert list(pool.map(lambda _, s=shard: s.moments(run), range(4))) == [moments] * 4


# Summaries and moments add up


def some_moments(n: int) -> list[gaussmix.Moments]:
    case = problems.problem(306, n=50 * n, n_components=2)
    run = gaussmix.Run(gaussmix.summarize(case.X), rough(case.X, 2, "full"))
    return [shard.moments(run) for shard in cut(case.X, None, n)]


@pytest.mark.parametrize("n", range(1, 10))
def test_pieces_are_merged_in_a_tree_over_their_order(n: int) -> None:
    pieces = some_moments(n)

    def tree(level: list[gaussmix.Moments]) -> gaussmix.Moments:
        if len(level) == 1:
            return level[0]
        pairs = [level[i : i + 2] for i in range(0, len(level), 2)]
        return tree([pair[0] + pair[1] if len(pair) == 2 else pair[0] for pair in pairs])

    expected = tree(pieces)
    assert gaussmix.merge(pieces) == expected
    assert gaussmix.merge(iter(pieces)) == expected
    assert sum(pieces) == reduce(lambda a, b: a + b, pieces)
    assert gaussmix.merge(pieces).n_rows == 50 * n


def test_a_summary_of_pieces_is_that_of_all_rows() -> None:
    X = np.random.default_rng(0).normal(size=(100, 3)) * [1, 1e6, 1e-6] + [0, 1e7, 5]
    w = np.random.default_rng(1).uniform(size=100)
    whole = gaussmix.summarize(X, sample_weight=w)
    pieces = sum(
        gaussmix.summarize(x, sample_weight=v)
        for x, v in zip(np.array_split(X, 7), np.array_split(w, 7), strict=True)
    )
    assert (pieces.n_rows, pieces.n_features) == (whole.n_rows, whole.n_features) == (100, 3)
    np.testing.assert_allclose(pieces.total_weight, w.sum())
    np.testing.assert_allclose(pieces.means, np.average(X, axis=0, weights=w))
    variances = np.average((X - np.average(X, axis=0, weights=w)) ** 2, axis=0, weights=w)
    np.testing.assert_allclose(pieces.variances, variances)
    np.testing.assert_array_equal(pieces.minima, X.min(axis=0))
    np.testing.assert_array_equal(pieces.maxima, X.max(axis=0))
    assert gaussmix.Shard(X, sample_weight=w).summary() == whole != pieces


def test_summaries_and_moments_come_back_from_a_pickle_bit_for_bit(covariance_type: str) -> None:
    X = problems.problem(307, n=100, n_components=2, n_features=3).X.astype(np.float32)
    summary = gaussmix.summarize(X)
    assert pickle.loads(pickle.dumps(summary)) == summary
    run = gaussmix.Run(summary, rough(X, 2, covariance_type))
    shard = gaussmix.Shard(X)
    moments = shard.moments(run)
    back = pickle.loads(pickle.dumps(moments))
    assert back == moments
    assert back is not moments
    assert back.n_components == 2
    assert back.weights.sum() == pytest.approx(100)
    assert pickle.loads(pickle.dumps(shard)).moments(run) == moments
    run.advance(back)
    assert run.n_iter == 1
    assert shard.moments(run) != moments


def test_a_run_says_why_it_cannot_be_pickled() -> None:
    run = gaussmix.Run(gaussmix.summarize([[0.0], [1.0]]), gaussmix.Mixture([1], [[0]], [[[1]]]))
    with pytest.raises(TypeError, match=r"send run\.scorer"):
        pickle.dumps(run)


@pytest.mark.parametrize("pieces", [[], iter(())])
def test_nothing_cannot_be_merged(pieces: Any) -> None:
    with pytest.raises(ValueError, match="at least one summary"):
        gaussmix.merge(pieces)


def test_only_summaries_and_moments_are_merged_and_each_with_its_like() -> None:
    summary, moments = gaussmix.summarize([[0.0]]), some_moments(1)[0]
    with pytest.raises(TypeError, match="pieces has a ndarray"):
        gaussmix.merge([np.zeros(3)])
    with pytest.raises(TypeError, match="unsupported operand"):
        gaussmix.merge([summary, moments])
    with pytest.raises(TypeError, match="unsupported operand"):
        summary + 1
    with pytest.raises(ValueError, match="1 and 2 features"):
        summary + gaussmix.summarize([[0.0, 1.0]])


# Rows of every kind


def test_pieces_without_rows_or_without_weight_add_nothing(covariance_type: str) -> None:
    case = problems.problem(314, n=300, n_components=2)
    start = rough(case.X, 2, covariance_type)
    shards = cut(case.X, np.ones(300), 3)
    none = [
        gaussmix.Shard(case.X[:0]),
        gaussmix.Shard(case.X[:0].astype(np.float32), sample_weight=[]),
        gaussmix.Shard(case.X[:5], sample_weight=np.zeros(5)),
    ]
    assert none[0].summary().n_rows == 0
    assert gaussmix.summarize(case.X[:0]) == none[0].summary()
    expected = climb(shards, start)
    for order in (
        shards + none,
        none + shards,
        [s for p in zip(none, shards, strict=True) for s in p],
    ):
        assert_parameters_close(climb(order, start), expected)
    run = gaussmix.Run(shards[0].summary(), start)
    moments = shards[0].moments(run)
    assert moments + none[0].moments(run) == moments == none[0].moments(run) + moments
    with pytest.raises(ValueError, match="no rows"):
        gaussmix.Run(none[0].summary(), start)
    with pytest.raises(ValueError, match="moments are of 0 rows"):
        run.advance(none[0].moments(run))


def test_a_shard_reads_what_a_fit_reads(tmp_path: Path) -> None:
    X = np.round(100 * problems.problem(308, n=60, n_components=2).X)
    start = rough(X, 2, "full")
    run = gaussmix.Run(gaussmix.summarize(X), start)
    expected = gaussmix.Shard(X).moments(run)
    np.save(tmp_path / "rows.npy", X)
    for same in (
        X.tolist(),
        X.astype(np.int64),
        np.asfortranarray(X),
        X[::-1][::-1],
        np.load(tmp_path / "rows.npy", mmap_mode="r"),
    ):
        shard = gaussmix.Shard(same)
        assert (shard.n_rows, shard.n_features) == X.shape
        assert shard.moments(run) == expected


def test_columns_must_agree_between_pieces_and_the_start() -> None:
    pandas = pytest.importorskip("pandas")
    X = problems.problem(309, n=60, n_components=2, n_features=2).X
    ab, ba = pandas.DataFrame(X, columns=["a", "b"]), pandas.DataFrame(X, columns=["b", "a"])
    start = gaussmix.fit(ab, 2, max_iter=1, random_state=0)
    run = gaussmix.Run(gaussmix.summarize(ab), start)
    assert run.feature_names == ("a", "b")
    assert run.mixture().feature_names == ("a", "b")
    assert gaussmix.Shard(X).moments(run) == gaussmix.Shard(ab).moments(run)
    with pytest.raises(ValueError, match="X has column 'b' where the mixture was fitted to 'a'"):
        gaussmix.Shard(ba).moments(run)
    with pytest.raises(ValueError, match=r"columns \['a', 'b'\], those of the other \['b', 'a'\]"):
        gaussmix.summarize(ab) + gaussmix.summarize(ba)
    with pytest.raises(ValueError, match="start was fitted to the columns"):
        gaussmix.Run(gaussmix.summarize(ba), start)
    assert (gaussmix.summarize(ab) + gaussmix.summarize(X)).feature_names == ("a", "b")


def test_a_number_that_is_not_finite_is_named() -> None:
    pandas = pytest.importorskip("pandas")
    X = pandas.DataFrame({"a": [0.0, 1.0], "b": [2.0, np.nan]})
    run = gaussmix.Run(gaussmix.summarize(np.eye(2)), rough(np.eye(2), 1, "diag"))
    for read in (gaussmix.Shard(X).summary, lambda: gaussmix.summarize(X)):
        with pytest.raises(ValueError, match=r"NaN at row 1, column 1 \('b'\)"):
            read()
    with pytest.raises(ValueError, match="not finite"):
        run.advance(gaussmix.Shard(X).moments(run))


# The run


def test_a_run_is_read_at_any_time() -> None:
    case = problems.problem(310, n=300, n_components=3)
    start = rough(case.X, 3, "full")
    shard = gaussmix.Shard(case.X)
    run = gaussmix.Run(shard.summary(), start, tol=0, max_iter=3, acceleration="off")
    assert (run.status, run.n_iter, run.done, run.converged) == ("running", 0, False, False)
    assert run.mixture() == start
    first = shard.moments(run)
    run.advance(first)
    assert run.n_iter == 1
    assert run.history.tolist() == pytest.approx([start.score(case.X)], abs=1e-4)  # of the ridge
    now = run.mixture()
    assert (now.status, now.n_iter) == ("running", 1)
    assert now.score(case.X) == gaussmix.Mixture(now.weights, now.means, now.covariances).score(
        case.X
    )
    run.interrupt()
    assert (run.status, run.done) == ("interrupted", True)
    assert run.mixture() == now


def test_what_had_to_be_mended_is_told() -> None:
    X = np.repeat([[0.0, 0.0], [5.0, 5.0], [5.0, 6.0], [6.0, 5.0]], [3, 2, 2, 2], axis=0)
    start = gaussmix.Mixture([0.5, 0.5], [[0, 0], [5, 5]], [np.eye(2)] * 2)
    run = gaussmix.Run(gaussmix.summarize(X), start)
    shard = gaussmix.Shard(X)
    while not run.done:
        run.advance(shard.moments(run))
    assert {(event.component, event.act) for event in run.events} == {(0, "floor")}
    assert run.mixture().events == run.events
    assert run.mixture().collapsed == (0,)
    assert "1 event" in repr(run.mixture())


def test_no_iteration_is_needed_for_the_start_itself() -> None:
    start = gaussmix.Mixture([1], [[0.5]], [[[1]]])
    run = gaussmix.Run(gaussmix.summarize([[0.0], [1.0]]), start, max_iter=0)
    assert run.done
    assert run.mixture() == start


def test_a_prior_for_whole_covariances_needs_its_own() -> None:
    case = problems.problem(311, n=300, n_components=2)
    for covariance_type in ("full", "tied"):
        start = rough(case.X, 2, covariance_type)
        with pytest.raises(ValueError, match=r"prior.covariance is not given, and a summary"):
            gaussmix.Run(gaussmix.summarize(case.X), start, prior="default")
    start = rough(case.X, 2, "diag")  # many rows: the data's variances are all it asks for
    whole = gaussmix.fit(case.X, init=start, prior="default", pruning="off")
    assert_same_parameters(climb([gaussmix.Shard(case.X)], start, prior="default"), whole)


def test_arguments_of_the_wrong_kind_are_named() -> None:
    X = [[0.0], [1.0]]
    start, summary = gaussmix.Mixture([1], [[0.5]], [[[1]]]), gaussmix.summarize(X)
    run, shard = gaussmix.Run(summary, start), gaussmix.Shard(X)
    for call, named in (
        (lambda: gaussmix.Run(X, start), "summary="),
        (lambda: gaussmix.Run(summary, 2), "start=2"),
        (lambda: gaussmix.Run(summary, start, tol="small"), "tol="),
        (lambda: gaussmix.Run(summary, start, max_iter=1.5), "max_iter="),
        (lambda: gaussmix.Run(summary, start, prior="strong"), "prior="),
        (lambda: run.advance(summary), "moments="),
        (lambda: shard.moments(start), "run="),
        (gaussmix.Summary, "made by gaussmix.summarize"),
        (gaussmix.Moments, "made by gaussmix.Shard"),
    ):
        with pytest.raises(TypeError, match=named):
            call()
    with pytest.raises(ValueError, match="n_threads=0 must be positive"):
        gaussmix.Shard(X, n_threads=0)
    with pytest.raises(ValueError, match="acceleration"):
        gaussmix.Run(summary, start, acceleration="full")


def test_rows_and_start_must_have_the_same_features() -> None:
    start = gaussmix.Mixture([1], [[0.5]], [[[1]]])
    with pytest.raises(ValueError, match="features"):
        gaussmix.Run(gaussmix.summarize(np.eye(2)), start)
    run = gaussmix.Run(gaussmix.summarize([[0.0], [1.0]]), start)
    with pytest.raises(ValueError, match="X has 2 features, but the mixture has 1"):
        gaussmix.Shard(np.eye(2)).moments(run)


def test_moments_must_be_of_the_present_mixture_and_of_all_rows() -> None:
    case = problems.problem(315, n=300, n_components=2)
    start = rough(case.X, 2, "full")
    shards = cut(case.X, None, 3)
    run = gaussmix.Run(gaussmix.merge(shard.summary() for shard in shards), start)
    old = [shard.moments(run) for shard in shards]
    for wrong in (old[:2], [*old, old[0]]):
        with pytest.raises(ValueError, match="merge the moments of every piece"):
            run.advance(gaussmix.merge(wrong))
    assert run.n_iter == 0
    run.advance(gaussmix.merge(old))
    with pytest.raises(ValueError, match="not those under the run's present model"):
        run.advance(gaussmix.merge(old))
    with pytest.raises(ValueError, match="cannot be merged"):
        gaussmix.merge([old[0], shards[1].moments(run)])
    while not run.done:
        run.advance(gaussmix.merge(shard.moments(run) for shard in shards))
    with pytest.raises(ValueError, match="the run has ended, converged"):
        run.advance(gaussmix.merge(shard.moments(run) for shard in shards))


# Threads and Ctrl-C


def test_a_run_may_be_read_while_another_thread_advances_it() -> None:
    case = problems.problem(312, n=2000, n_components=4, n_features=6)
    shard = gaussmix.Shard(case.X)
    start = rough(case.X, 4, "full")
    run = gaussmix.Run(shard.summary(), start, tol=0, max_iter=40, acceleration="off")
    worker = threading.Thread(
        target=lambda: [run.advance(shard.moments(run)) for _ in range(40)], daemon=True
    )
    worker.start()
    seen = []
    while not run.done:
        seen.append(run.mixture())
    worker.join()
    assert run.n_iter == 40
    assert all(len(mixture.history) == mixture.n_iter for mixture in seen)
    alone = climb([shard], start, tol=0, max_iter=40, acceleration="off")
    assert_same_fit(run.mixture(), alone)


INTERRUPTED = """
import signal, threading
import numpy as np
import gaussmix

endless = np.broadcast_to(np.zeros((1, 4)), (10**12, 4))
start = gaussmix.Mixture([1.0], np.zeros((1, 4)), np.ones((1, 4)), covariance_type="diag")
made = []

def make():
    shard = gaussmix.Shard(endless, n_threads={n_threads})
    run = gaussmix.Run(gaussmix.summarize(np.eye(4)), start)
    made.extend([shard, run])

# Where they were made does not matter.
maker = threading.Thread(target=make)
maker.start()
maker.join()
shard, run = made

signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))
signal.setitimer(signal.ITIMER_REAL, 0.3)
try:
    {work}
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize(
    "work", ["shard.moments(run)", "shard.summary()", "gaussmix.summarize(endless)"]
)
def test_control_c_ends_an_endless_read(run_python: RunPython, work: str, n_threads: int) -> None:
    done = run_python(INTERRUPTED.format(work=work, n_threads=n_threads))
    assert done.stdout.strip() == "interrupted", done.stderr


# --- Rows elsewhere


def elsewhere(shards: list[gaussmix.Shard]) -> gaussmix.RemoteRows:
    return gaussmix.RemoteRows(
        summary=lambda: gaussmix.merge(s.summary() for s in shards),
        sample=lambda summary, size, seed: gaussmix.merge(
            pickle.loads(pickle.dumps(s.sample(summary, size, seed, i)))
            for i, s in enumerate(shards)
        ),
        moments=lambda scorer: gaussmix.merge(s.moments(scorer) for s in shards),
    )


def test_a_fit_of_rows_elsewhere_is_that_of_batches() -> None:
    rng = np.random.default_rng(2)
    rows = rng.standard_normal((9000, 2)) + 6 * rng.integers(0, 3, size=(9000, 1))
    pieces = [rows[:4000], rows[4000:4000], rows[4000:]]
    here = gaussmix.fit(gaussmix.Batches(pieces), 3, random_state=0)
    there = gaussmix.fit(elsewhere([gaussmix.Shard(p) for p in pieces]), 3, random_state=0)
    np.testing.assert_array_equal(there.means, here.means)  # the sample is all rows
    sample = gaussmix.Shard(rows).sample(gaussmix.summarize(rows), 500, 1, 0)
    assert repr(sample) == f"Sample: {len(sample.weights)} rows of 2 features"
    assert 400 < len(sample.weights) < 600
    assert sum([sample, sample]).values.shape == (2 * len(sample.weights), 2)
    with pytest.raises(TypeError):
        sample + 1


def test_rows_elsewhere_come_with_names_and_are_checked() -> None:
    rng = np.random.default_rng(2)
    rows = rng.standard_normal((900, 2))
    frame = pd.DataFrame(rows, columns=["u", "g"])
    m = gaussmix.fit(elsewhere([gaussmix.Shard(frame)]), 2, random_state=0)
    assert m.feature_names == ("u", "g")
    with pytest.raises(ValueError, match="order"):
        gaussmix.fit(elsewhere([gaussmix.Shard(frame[["g", "u"]])]), init=m)
    with pytest.raises(ValueError, match="sample_weight is of rows in memory"):
        gaussmix.fit(elsewhere([gaussmix.Shard(frame)]), 2, sample_weight=np.ones(900))
    good = elsewhere([gaussmix.Shard(rows)])
    for name in ("summary", "sample", "moments"):
        bad = dataclasses.replace(good, **{name: lambda *_: None})
        with pytest.raises(TypeError, match=rf"RemoteRows\.{name} returned None: return"):
            gaussmix.fit(bad, 2)


def test_an_engine_that_is_not_installed_is_named(run_python: RunPython) -> None:
    done = run_python(
        """
import sys
for name in ("dask", "mpi4py", "pyspark"):
    sys.modules[name] = None
import gaussmix
for name in ("dask", "mpi", "spark"):
    assert name not in dir(gaussmix)
    try:
        getattr(gaussmix, name)
    except ImportError as error:
        print(error)
"""
    )
    assert done.stdout.splitlines() == [
        "gaussmix.dask needs Dask: pip install 'gaussmix[dask]'",
        (
            "gaussmix.mpi needs mpi4py and an MPI: pip install 'gaussmix[mpi]', and mpich where "
            "the machine has none"
        ),
        "gaussmix.spark needs pyspark: pip install 'gaussmix[spark]'",
    ], done.stderr
