"""A fit can be watched, stopped and interrupted, always from the thread that called it."""

from __future__ import annotations

import math
import re
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import gaussmix
import problems
from comparing import assert_same_fit, assert_same_parameters

if TYPE_CHECKING:
    from conftest import RunPython


def test_a_callback_sees_each_iteration(covariance_type: str) -> None:
    case = problems.problem(61, n=200, n_components=3)
    seen: list[gaussmix.Progress] = []
    model = gaussmix.fit(
        case.X, 3, covariance_type=covariance_type, random_state=0, callback=seen.append
    )
    assert [p.restart for p in seen] == [0] * model.n_iter
    assert [p.iteration for p in seen] == list(range(1, model.n_iter + 1))
    np.testing.assert_array_equal([p.log_likelihood for p in seen], model.history)
    assert math.isnan(seen[0].change)
    np.testing.assert_array_equal([p.change for p in seen[1:]], np.diff(model.history))


@pytest.mark.parametrize("n", [60, 300, 2000])  # starts compared by longer and shorter auditions
@pytest.mark.parametrize("n_init", [1, 3])
def test_a_fit_is_the_same_whether_it_is_watched_or_not(
    covariance_type: str, n: int, n_init: int
) -> None:
    # Unwatched, a fit goes on from the audition of its start instead of doing it again.
    case = problems.problem(63, n=n, n_components=4, spread=0.5)
    options = {"covariance_type": covariance_type, "random_state": 2, "n_init": n_init}
    alone = gaussmix.fit(case.X, 4, **options)
    watched = gaussmix.fit(case.X, 4, callback=lambda _: None, **options)
    assert_same_fit(alone, watched)
    np.testing.assert_array_equal(alone.pairs, watched.pairs)


@pytest.mark.parametrize("n", [60, 300])
@pytest.mark.parametrize("acceleration", ["auto", "off", "classic"])
def test_where_a_fit_begins_does_not_depend_on_how_long_it_goes_on(
    n: int, acceleration: str
) -> None:
    case = problems.problem(64, n=n, n_components=4)
    usual = gaussmix.fit(case.X, 4, random_state=1, acceleration=acceleration)
    for options in ({"max_iter": 3}, {"max_iter": 19}, {"tol": 0.1}, {"tol": 0, "max_iter": 40}):
        other = gaussmix.fit(case.X, 4, random_state=1, acceleration=acceleration, **options)
        shared = 1 if acceleration == "auto" else min(usual.n_iter, other.n_iter)
        np.testing.assert_array_equal(usual.history[:shared], other.history[:shared])


def test_a_callback_sees_each_restart_in_turn() -> None:
    case = problems.problem(62, n=100, n_components=3)
    seen: list[tuple[int, int]] = []
    gaussmix.fit(
        case.X,
        3,
        init="random",
        n_init=3,
        max_iter=2,
        tol=0,
        callback=lambda p: seen.append((p.restart, p.iteration)),
    )
    assert seen == [(0, 1), (0, 2), (1, 1), (1, 2), (2, 1), (2, 2)]


def test_a_callback_runs_on_the_thread_that_called_the_fit() -> None:
    case = problems.problem(63, n=20_000, n_components=3)
    threads: set[int] = set()

    def fit() -> None:
        gaussmix.fit(
            case.X,
            3,
            n_threads=4,
            callback=lambda _: threads.add(threading.get_ident()),
        )

    caller = threading.Thread(target=fit)
    caller.start()
    caller.join()
    assert threads == {caller.ident}


def test_watching_does_not_change_a_fit(covariance_type: str) -> None:
    case = problems.problem(64, n=200, n_components=3)
    assert_same_fit(
        gaussmix.fit(
            case.X,
            3,
            covariance_type=covariance_type,
            random_state=0,
            callback=lambda _: None,
        ),
        gaussmix.fit(case.X, 3, covariance_type=covariance_type, random_state=0),
    )


def test_a_callback_that_returns_true_stops_the_fit_with_what_it_has() -> None:
    case = problems.problem(65, n=200, n_components=3)
    stopped = gaussmix.fit(case.X, 3, random_state=0, tol=0, callback=lambda p: p.iteration == 3)
    assert stopped.status == "interrupted"
    assert stopped.converged is False
    assert stopped.n_iter == 3
    three = gaussmix.fit(case.X, 3, random_state=0, tol=0, max_iter=3)
    assert_same_parameters(stopped, three)
    np.testing.assert_array_equal(stopped.history, three.history)


def test_a_callback_that_stops_a_restart_stops_the_fit() -> None:
    case = problems.problem(66, n=200, n_components=3)
    seen: list[tuple[int, int]] = []

    def stop_in_the_second(p: gaussmix.Progress) -> bool:
        seen.append((p.restart, p.iteration))
        return p.restart == 1

    gaussmix.fit(case.X, 3, init="random", n_init=5, max_iter=4, tol=0, callback=stop_in_the_second)
    assert seen[-1] == (1, 1)


@pytest.mark.parametrize("kind", [RuntimeError, KeyboardInterrupt, SystemExit, StopIteration])
@pytest.mark.parametrize("n_threads", [1, 4])
def test_an_exception_of_a_callback_ends_the_fit_and_reaches_the_caller(
    kind: type[BaseException], n_threads: int
) -> None:
    case = problems.problem(67, n=5000, n_components=3)
    raised = kind("enough")
    calls = []

    def fail(p: gaussmix.Progress) -> None:
        calls.append(p.iteration)
        if p.iteration == 2:
            raise raised

    with pytest.raises(kind) as caught:
        gaussmix.fit(case.X, 3, tol=0, n_threads=n_threads, callback=fail)
    assert caught.value is raised
    assert calls == [1, 2]
    assert gaussmix.fit(case.X, 3, n_threads=n_threads, random_state=0).n_iter >= 1


def test_a_callback_may_fit_and_score() -> None:
    case = problems.problem(68, n=3000, n_components=2)
    inner: list[gaussmix.Mixture] = []
    gaussmix.fit(
        case.X,
        2,
        max_iter=2,
        tol=0,
        n_threads=2,
        callback=lambda _: inner.append(
            gaussmix.fit(case.X, 2, max_iter=2, tol=0, n_threads=2, random_state=0)
        ),
    )
    assert_same_fit(*inner)


def test_other_python_threads_run_during_a_fit() -> None:
    # The other thread must get through before the fit may end: with the GIL held throughout it
    # never would, and the fit would give up after its many iterations.
    case = problems.problem(69, n=20_000, n_components=3)
    through = threading.Event()
    other = threading.Thread(target=through.set)

    def start_then_wait(p: gaussmix.Progress) -> bool:
        if p.iteration == 1:
            other.start()
        return through.is_set()

    model = gaussmix.fit(case.X, 3, tol=0, max_iter=100_000, n_threads=1, callback=start_then_wait)
    other.join()
    assert model.status == "interrupted"


def test_verbose_prints_a_line_an_iteration_on_standard_error(
    capfd: pytest.CaptureFixture[str],
) -> None:
    case = problems.problem(70, n=200, n_components=3)
    model = gaussmix.fit(case.X, 3, verbose=1, tol=0, max_iter=7)
    out, err = capfd.readouterr()
    assert out == ""
    first, *others = err.strip().splitlines()
    assert len(others) + 1 == model.n_iter
    assert re.fullmatch(r"start 0, iteration 1: mean log-likelihood -?\d+\.\d{6}", first)
    for line in others:
        assert re.fullmatch(r"start 0, iteration \d+: mean log-likelihood .*, change \S+", line)
    assert "nan" not in err


@pytest.mark.parametrize("n_init", [1, 3])
def test_every_output_counts_starts_as_the_callback_does(
    n_init: int, capfd: pytest.CaptureFixture[str]
) -> None:
    case = problems.problem(70, n=200, n_components=3)
    seen: list[gaussmix.Progress] = []
    options: dict[str, Any] = {"n_init": n_init, "init": "random", "random_state": 0}
    gaussmix.fit(case.X, 3, verbose=1, callback=seen.append, **options)
    err = capfd.readouterr().err
    expected = [(p.restart, p.iteration) for p in seen]
    found = re.findall(r"^start (\d+), iteration (\d+):", err, re.MULTILINE)
    assert [(int(start), int(iteration)) for start, iteration in found] == expected
    gaussmix.fit(case.X, 3, progress=True, **options)
    bar = capfd.readouterr().err
    assert f"start {n_init - 1} (of {n_init})" in bar
    assert "nan" not in bar


def test_a_fit_says_nothing_unasked(capfd: pytest.CaptureFixture[str]) -> None:
    case = problems.problem(71, n=200, n_components=3)
    gaussmix.fit(case.X, 3)
    assert capfd.readouterr() == ("", "")


INTERRUPTED = """
import signal
import numpy as np
import gaussmix

X = np.random.default_rng(0).normal(size=(200_000, 4))
model = gaussmix.Mixture([1.0], np.zeros((1, 4)), np.ones((1, 4)), covariance_type="diag")
endless = np.broadcast_to(X[:1], (10**12, 4))

def work():
    {work}

signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))
signal.setitimer(signal.ITIMER_REAL, 0.3)
try:
    work()
except KeyboardInterrupt:
    # All is well afterwards.
    assert gaussmix.fit(X[:100], 2).n_iter >= 1
    print("interrupted")
"""


@pytest.mark.parametrize("n_threads", [1, 3])
@pytest.mark.parametrize(
    "work",
    [
        "gaussmix.fit(X, 5, tol=0, max_iter=10**9, n_threads={n_threads})",
        "gaussmix.fit(X, 5, init='random', n_init=10**9, max_iter=1, n_threads={n_threads})",
        "gaussmix.select(np.tile(X, (9, 1)), range(2, 30), n_threads={n_threads})",
        "gaussmix.fit(endless, init=model, covariance_type='diag', n_threads={n_threads})",
        "model.score(endless, n_threads={n_threads})",
        "model.bic(endless, n_threads={n_threads})",
    ],
    ids=["iterations", "restarts", "select", "one_pass", "score", "bic"],
)
def test_control_c_ends_endless_work(run_python: RunPython, work: str, n_threads: int) -> None:
    program = INTERRUPTED.format(work=work.format(n_threads=n_threads))
    done = run_python(program)
    assert done.stdout.strip() == "interrupted", done.stderr


def test_control_c_in_another_thread_does_not_disturb_a_fit(run_python: RunPython) -> None:
    done = run_python(
        """
import signal, threading
import numpy as np
import gaussmix

X = np.random.default_rng(0).normal(size=(20_000, 4))
models = []
fit = lambda: models.append(gaussmix.fit(X, 4, tol=0, max_iter=20, random_state=0))
worker = threading.Thread(target=fit)
worker.start()
try:
    signal.raise_signal(signal.SIGINT)
except KeyboardInterrupt:
    print("main interrupted")
worker.join()
print(models[0].status)
"""
    )
    assert done.stdout.split("\n")[:2] == ["main interrupted", "max_iter"], done.stderr
