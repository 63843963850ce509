"""What all tests of the package share: fixtures, hypothesis' profile."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

import problems
import reference

# The oracle multiplies small matrices: threads of NumPy's BLAS would only wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

pytest.register_assert_rewrite("comparing")

# A job in the background is started with Ctrl-C ignored, and its children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile(
    "gaussmix", derandomize=True, deadline=None, max_examples=40, database=None
)
settings.load_profile("gaussmix")

# What the tests import, also those that run in an interpreter of their own.
ROOT = Path(__file__).resolve().parents[2]
SHARED = os.pathsep.join([str(ROOT / "tests" / "support"), str(ROOT / "tools")])

RunPython = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(params=reference.COVARIANCE_TYPES)
def covariance_type(request: pytest.FixtureRequest) -> str:
    """Each covariance type in turn."""
    return str(request.param)


@pytest.fixture(autouse=True)
def _close_figures() -> Iterator[None]:
    """Closes what a test left open in pyplot, which keeps figures."""
    yield
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")


@pytest.fixture
def faithful() -> reference.Array:
    """Old Faithful, (272, 2), read-only."""
    return problems.faithful()


@pytest.fixture
def run_python() -> RunPython:
    """Runs a program in a fresh interpreter, warnings as errors; one that hangs fails the test."""

    def run(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-W", "error", "-c", program],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env={**os.environ, "PYTHONPATH": SHARED, **environment},
        )

    return run
