"""Fits go well beside others: pools, forks, other runtimes, and a system that says no."""

from __future__ import annotations

import sysconfig
import threading
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np
import pytest
import threadpoolctl

import gaussmix
import problems
from comparing import assert_same_fit

if TYPE_CHECKING:
    from conftest import RunPython

# Rows for many chunks, the fit that is compared, and leave to fork a process that has threads.
PREAMBLE = """
import os, resource, signal, sys, threading, warnings
warnings.simplefilter("ignore", DeprecationWarning)
import numpy as np
import gaussmix

X = np.random.default_rng(0).normal(size=(30_000, 4))

def fit(seed=0):
    return gaussmix.fit(X, 4, max_iter=3, tol=0, random_state=seed, n_threads=4)

def in_child(work):
    child = os.fork()
    if child == 0:
        status = 1
        try:
            signal.alarm(60)  # a child that hangs dies
            status = 0 if work() else 2
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

same = lambda: fit() == expected
expected = fit()
"""


def fit_one(X: problems.Array, seed: int) -> gaussmix.Mixture:
    return gaussmix.fit(X, 3, max_iter=3, tol=0, random_state=seed, n_threads=2)


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_fits_in_the_workers_of_joblib_are_those_of_one_process(backend: str) -> None:
    X = problems.problem(91, n=20_000, n_components=3, n_features=4).X
    expected = [fit_one(X, seed) for seed in range(4)]
    with joblib.Parallel(n_jobs=2, backend=backend) as parallel:
        found = parallel(joblib.delayed(fit_one)(X, seed) for seed in range(4))
    if backend == "loky":
        joblib.externals.loky.get_reusable_executor().shutdown(wait=True)
    for one, other in zip(found, expected, strict=True):
        assert_same_fit(one, other)


FORKS = {
    "child": "print(in_child(same))",
    "grandchild": "print(in_child(lambda: in_child(same) and same()))",
    "thread of a child": """
def in_thread():
    found = []
    worker = threading.Thread(target=lambda: found.append(same()))
    worker.start()
    worker.join()
    return found == [True]
print(in_child(in_thread))
""",
    "while another thread fits": """
stop = threading.Event()
fitting = threading.Event()
def keep_fitting():
    while not stop.is_set():
        gaussmix.fit(X, 4, tol=0, n_threads=4, callback=lambda p: fitting.set() or stop.is_set())
other = threading.Thread(target=keep_fitting)
other.start()
fitting.wait()
good = [in_child(same) for _ in range(5)]
stop.set()
other.join()
print(all(good))
""",
    "in a callback": """
good = []
forks = lambda p: good.append(in_child(same)) or p.iteration == 2
gaussmix.fit(X, 4, tol=0, n_threads=4, callback=forks)
print(good == [True, True])
""",
}


@pytest.mark.parametrize("fork", FORKS)
def test_a_forked_process_fits_as_its_parent_did(run_python: RunPython, fork: str) -> None:
    done = run_python(PREAMBLE + FORKS[fork] + "\nassert same()")
    assert (done.stdout.strip(), done.returncode) == ("True", 0), done.stderr


# Libraries that bring threads of their own, and often an OpenMP runtime; tried where installed.
OTHERS = {
    "sklearn": """
from sklearn.cluster import KMeans
def other():
    KMeans(4, n_init=1, max_iter=2, random_state=0).fit(X[:3000])
""",
    "torch": """
import torch
def other():
    a = torch.randn(300, 300)
    (a @ a).exp().sum().item()
""",
}


@pytest.mark.parametrize("library", OTHERS)
def test_fits_take_turns_with_other_libraries_in_one_process(
    library: str, run_python: RunPython
) -> None:
    pytest.importorskip(library)
    done = run_python(
        PREAMBLE
        + OTHERS[library]
        + """
for _ in range(2):
    other()
    assert same()
beside = threading.Thread(target=other)
beside.start()
good = same()
beside.join()
print(good and same() and in_child(same))
"""
    )
    assert (done.stdout.strip(), done.returncode) == ("True", 0), done.stderr


# As a user whom limits hold: the superuser may start any number of threads.
REFUSED = """
if os.geteuid() == 0:
    os.setgid(54321)
    os.setuid(54321)
resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
try:
    threading.Thread(target=lambda: None).start()
except RuntimeError:
    print("refused")
"""


def test_a_fit_goes_well_where_no_thread_can_be_started(run_python: RunPython) -> None:
    fits = """
def more(n_threads):
    return gaussmix.fit(X, 4, max_iter=3, tol=0, random_state=0, n_threads=n_threads) == expected
print(same(), more(5), more(64), same())
"""
    done = run_python(PREAMBLE + REFUSED + fits)
    assert done.stdout.split() == ["refused", *["True"] * 4], done.stderr


def test_a_first_fit_goes_well_where_no_thread_can_be_started(run_python: RunPython) -> None:
    # A small fit without threads loads what NumPy loads late: another user may not be able to.
    start = PREAMBLE.replace("expected = fit()", "gaussmix.fit(X[:50], 2, n_threads=1)")
    done = run_python(start + REFUSED + "print(fit() == fit())")
    assert done.stdout.split() == ["refused", "True"], done.stderr


MEMORY = """
def address_space():
    with open("/proc/self/statm") as f:
        return int(f.read().split()[0]) * resource.getpagesize()

outcomes = set()
rows = np.random.default_rng(0).normal(size=(4000, 40))
for mebibytes, effort in [(m, effort) for effort in ("low", "normal") for m in {room}]:
    room = address_space() + mebibytes * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (room, resource.getrlimit(resource.RLIMIT_AS)[1]))
    try:
        gaussmix.fit(rows, 60, effort=effort, max_iter=2, tol=0, random_state=0, n_threads=3)
        outcomes.add("fitted")
    except MemoryError:
        outcomes.add("MemoryError")
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)
assert same()
print(*sorted(outcomes))
"""


def test_memory_that_cannot_be_had_is_a_memory_error(run_python: RunPython) -> None:
    room = "[0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 4096]"
    # Threads have address space of their own in reserve, and freed memory is kept: neither here.
    allocator = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "0"}
    done = run_python(PREAMBLE + MEMORY.format(room=room), **allocator)
    assert done.stdout.split() == ["MemoryError", "fitted"], done.stderr


@pytest.mark.parametrize(
    ("shape", "n_components", "covariance_type"),
    [((10**12, 4), 10**10, "diag"), ((10**18, 1), 10**17, "spherical"), ((2, 10**7), 2, "full")],
)
def test_a_mixture_beyond_all_memory_is_refused_at_once(
    shape: tuple[int, int], n_components: int, covariance_type: str
) -> None:
    X = np.broadcast_to(np.float64(1), shape)
    with pytest.raises(MemoryError, match=f"n_components={n_components} .* GB .* lower"):
        gaussmix.fit(X, n_components, covariance_type=covariance_type)


def test_more_components_than_rows_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match="n_components=1000000000 needs at least"):
        gaussmix.fit(np.zeros((100, 2)), 10**9)


def test_more_samples_than_memory_holds_are_a_memory_error() -> None:
    model = gaussmix.Mixture([1.0], np.zeros((1, 4)), np.ones((1, 4)), covariance_type="diag")
    with pytest.raises(MemoryError):
        model.sample(10**15)


def test_affinity_is_asked_for_at_each_call(run_python: RunPython) -> None:
    done = run_python(
        """
import os
os.environ.pop("OMP_NUM_THREADS", None)
import gaussmix
allowed = os.sched_getaffinity(0)
before = gaussmix.info()["n_threads"]
os.sched_setaffinity(0, {min(allowed)})
narrow = gaussmix.info()["n_threads"]
os.sched_setaffinity(0, allowed)
print(narrow == 1, gaussmix.info()["n_threads"] == before)
"""
    )
    assert done.stdout.split() == ["True", "True"], done.stderr


needs_openmp = pytest.mark.skipif(
    gaussmix.info()["openmp"] is None, reason="this build starts threads of its own"
)


@needs_openmp
def test_threadpoolctl_sees_the_runtime_and_sets_the_default_number_of_threads() -> None:
    gaussmix.fit(np.zeros((10, 1)), 1)
    runtimes = [lib for lib in threadpoolctl.threadpool_info() if lib["user_api"] == "openmp"]
    assert runtimes
    before = gaussmix.info()["n_threads"]
    with threadpoolctl.threadpool_limits(before + 1):
        assert gaussmix.info()["n_threads"] == before + 1
        assert gaussmix.fit(np.zeros((10, 1)), 1).n_threads == before + 1
        assert gaussmix.fit(np.zeros((10, 1)), 1, n_threads=2).n_threads == 2
    assert gaussmix.info()["n_threads"] == before


@pytest.mark.parametrize("ends", ["returns", "raises"])
def test_a_process_ends_well_while_a_daemon_thread_fits(run_python: RunPython, ends: str) -> None:
    done = run_python(
        PREAMBLE
        + f"""
fitting = threading.Event()
def keep_fitting():
    while True:
        fit()
        fitting.set()
threading.Thread(target=keep_fitting, daemon=True).start()
fitting.wait()
if {ends == "raises"}:
    raise SystemExit(0)
"""
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(
    not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="this interpreter has a GIL"
)
def test_the_module_says_that_it_needs_no_gil(run_python: Any) -> None:
    # Importing a module that does not say so switches the GIL on, with a warning.
    done = run_python("import sys, gaussmix; assert not sys._is_gil_enabled()")
    assert (done.returncode, done.stderr) == (0, "")


def test_one_model_serves_many_python_threads_at_once() -> None:
    X = problems.problem(92, n=3000, n_components=3, n_features=3).X
    model = gaussmix.fit(X, 3, random_state=0)
    expected = model.score_samples(X)
    n_callers = 8
    together = threading.Barrier(n_callers)
    found: list[Any] = []

    def score_and_fit() -> None:
        together.wait()
        for _ in range(5):
            found.append(model.score_samples(X, n_threads=2))
            found.append(gaussmix.fit(X, 3, init=model, max_iter=1, tol=0, n_threads=2))

    callers = [threading.Thread(target=score_and_fit) for _ in range(n_callers)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    again = gaussmix.fit(X, 3, init=model, max_iter=1, tol=0)
    assert len(found) == 2 * 5 * n_callers
    for result in found:
        if isinstance(result, gaussmix.Mixture):
            assert_same_fit(result, again)
        else:
            np.testing.assert_array_equal(result, expected)
