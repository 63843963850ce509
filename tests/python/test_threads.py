"""The number of threads, the callers beside, and a fork before do not change a single bit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import gaussmix
import problems
from comparing import assert_same_fit

if TYPE_CHECKING:
    from conftest import RunPython

N_THREADS = (2, 3, 7, 16)


@cache
def many_rows() -> problems.Problem:
    """Enough rows for many chunks."""
    return problems.problem(81, n=30_011, n_components=4, n_features=5, spread=1.0)


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("init", ["kmeans", "k-means++", "random", "random_from_data", "labels"])
def test_a_fit_does_not_depend_on_the_number_of_threads(
    covariance_type: str, init: str, weighted: bool
) -> None:
    case = many_rows()
    options: dict[str, Any] = {
        "covariance_type": covariance_type,
        "init": case.labels if init == "labels" else init,
        "sample_weight": 1.0 + case.labels if weighted else None,
        "max_iter": 4,
        "tol": 0,
        "random_state": 5,
    }
    expected = gaussmix.fit(case.X, 4, n_threads=1, **options)
    for n_threads in N_THREADS:
        assert_same_fit(gaussmix.fit(case.X, 4, n_threads=n_threads, **options), expected)


@pytest.mark.parametrize("n", [1, 2, 100, 1000, 5000, 30_011])
def test_scores_do_not_depend_on_the_number_of_threads(covariance_type: str, n: int) -> None:
    X = many_rows().X[:n]
    p = problems.mixture(82, 4, 5, covariance_type)
    model = gaussmix.Mixture(p.weights, p.means, p.covariances, covariance_type=covariance_type)
    w = np.random.default_rng(82).uniform(0.5, 2.0, size=n)

    def scores(n_threads: int) -> list[Any]:
        arrays = [model.score_samples, model.predict_proba, model.predict]
        sums = [model.score, model.bic, model.aic, model.icl]
        found = [use(X, n_threads=n_threads) for use in (*arrays, *sums)]
        return [*found, model.score(X, sample_weight=w, n_threads=n_threads)]

    expected = scores(1)
    for n_threads in N_THREADS:
        for actual, wanted in zip(scores(n_threads), expected, strict=True):
            np.testing.assert_array_equal(actual, wanted)


def test_samples_do_not_depend_on_the_number_of_threads(
    covariance_type: str, run_python: RunPython
) -> None:
    program = f"""
import hashlib
import numpy as np
import gaussmix

matrix = {{"full": np.stack([np.eye(3), 2 * np.eye(3)]), "tied": np.eye(3),
          "diag": np.ones((2, 3)), "spherical": np.ones(2)}}[{covariance_type!r}]
model = gaussmix.Mixture([0.3, 0.7], np.zeros((2, 3)), matrix, covariance_type={covariance_type!r})
X, labels = model.sample(50_000, random_state=1)
print(hashlib.sha256(X.tobytes() + labels.tobytes()).hexdigest())
"""
    alone = run_python(program, OMP_NUM_THREADS="1")
    assert len(alone.stdout.strip()) == 64, alone.stderr
    assert run_python(program, OMP_NUM_THREADS="7").stdout == alone.stdout


def test_a_model_knows_how_many_threads_its_fit_was_given() -> None:
    assert gaussmix.fit(many_rows().X, 2, max_iter=1, n_threads=2).n_threads == 2


@pytest.mark.parametrize("n_threads", ["1", "3", "5"])
def test_the_environment_sets_the_default_number_of_threads(
    run_python: RunPython, n_threads: str
) -> None:
    done = run_python(
        "import gaussmix; print(gaussmix.info()['n_threads'])", OMP_NUM_THREADS=n_threads
    )
    assert done.stdout.strip() == n_threads, done.stderr


def test_the_cpus_of_this_process_are_the_default_number_of_threads(run_python: RunPython) -> None:
    done = run_python(
        """
import os
os.environ.pop("OMP_NUM_THREADS", None)
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
import gaussmix
print(gaussmix.info()["n_threads"])
"""
    )
    assert done.stdout.strip() == "1", done.stderr


def test_fits_and_scores_in_many_python_threads_are_those_of_one(covariance_type: str) -> None:
    case = many_rows()

    def work(seed: int) -> tuple[gaussmix.Mixture, problems.Array]:
        model = gaussmix.fit(
            case.X[:6000],
            3,
            covariance_type=covariance_type,
            max_iter=3,
            tol=0,
            random_state=seed,
            n_threads=2,
        )
        return model, model.score_samples(case.X, n_threads=3)

    seeds = [0, 1, 2, 0, 1, 2, 0, 1, 2]
    expected = [work(seed) for seed in seeds[:3]]
    with ThreadPoolExecutor(max_workers=len(seeds)) as pool:
        for seed, (model, scores) in zip(seeds, pool.map(work, seeds), strict=True):
            assert_same_fit(model, expected[seed][0])
            np.testing.assert_array_equal(scores, expected[seed][1])


# A fork of a process with threads is what is tried here: Python's warning of it is expected.
FORK = """
import os, signal, warnings
warnings.simplefilter("ignore", DeprecationWarning)
import numpy as np
import gaussmix

X = np.random.default_rng(0).normal(size=(30_000, 4))
fit = lambda: gaussmix.fit(X, 4, max_iter=3, tol=0, random_state=0, n_threads=4)
expected = fit()
scores = expected.score_samples(X, n_threads=4)
child = os.fork()
if child == 0:
    status = 1
    try:
        signal.alarm(60)  # a child that hangs dies
        again = fit()
        same = np.array_equal(again.means, expected.means)
        same &= np.array_equal(expected.score_samples(X, n_threads=4), scores)
        status = 0 if same else 2
    finally:
        os._exit(status)
_, status = os.waitpid(child, 0)
assert np.array_equal(fit().means, expected.means)
print(os.waitstatus_to_exitcode(status))
"""


def test_a_forked_child_fits_and_scores_as_its_parent_did(run_python: RunPython) -> None:
    done = run_python(FORK)
    assert done.stdout.strip() == "0", done.stderr


def test_forked_workers_of_multiprocessing_fit_as_their_parent_did(run_python: RunPython) -> None:
    done = run_python(
        """
import multiprocessing, warnings
warnings.simplefilter("ignore", DeprecationWarning)
import numpy as np
import gaussmix

X = np.random.default_rng(0).normal(size=(20_000, 3))

def fit(seed):
    return gaussmix.fit(X, 3, max_iter=2, tol=0, random_state=seed, n_threads=3)

expected = [fit(seed) for seed in range(4)]
with multiprocessing.get_context("fork").Pool(2) as pool:
    found = pool.map(fit, range(4))
print(all(np.array_equal(a.means, b.means) for a, b in zip(found, expected)))
"""
    )
    assert done.stdout.strip() == "True", done.stderr
