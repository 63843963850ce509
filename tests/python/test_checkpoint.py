"""A fit over batches that was killed continues from its checkpoint, to the same bits."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gaussmix
import problems
from comparing import assert_same_fit
from gaussmix import Batches

X = problems.problem(78, n=3000, n_components=3, n_features=2, spread=0.8).X
PARTS = np.array_split(X, 4)
OPTIONS: dict[str, Any] = {"tol": 1e-8, "random_state": 5}


class Counted:
    """Batches that count their passes, and may end with an error."""

    def __init__(self, until: int = 10**9) -> None:
        self.passes = 0
        self._until = until

    def __call__(self) -> Iterator[Any]:
        self.passes += 1
        if self.passes > self._until:
            raise RuntimeError("the disk is gone")
        return iter(PARTS)


@pytest.mark.parametrize("prior", [None, "default"])
@pytest.mark.parametrize("family", ["full", "tied", "diag", "spherical"])
def test_a_fit_continues_after_any_pass(family: str, prior: Any, tmp_path: Path) -> None:
    options = OPTIONS | {"covariance_type": family, "prior": prior}
    whole = Counted()
    expected = gaussmix.fit(Batches(whole), 3, **options)
    assert whole.passes > 5
    for until in (0, 1, 2, 3, whole.passes - 1):
        path = tmp_path / f"{until}.safetensors"
        with pytest.raises(RuntimeError, match="the disk is gone"):
            gaussmix.fit(Batches(Counted(until)), 3, checkpoint=path, **options)
        rest = Counted()
        found = gaussmix.fit(Batches(rest), 3, checkpoint=path, **options)
        assert rest.passes == whole.passes - until
        assert_same_fit(found, expected)
        assert not [file for file in tmp_path.iterdir() if file.suffix != ".safetensors"]


KILLED = """
import sys, time
import numpy as np
import gaussmix

def rows():
    time.sleep(0.05)
    yield from np.array_split(np.load(sys.argv[1]), 4)

m = gaussmix.fit(gaussmix.Batches(rows), 3, tol=1e-8, random_state=5, checkpoint=sys.argv[2])
"""


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_a_killed_process_leaves_a_checkpoint_to_continue_from(tmp_path: Path) -> None:
    rows, path = tmp_path / "rows.npy", tmp_path / "run.safetensors"
    np.save(rows, X)
    with subprocess.Popen([sys.executable, "-c", KILLED, str(rows), str(path)]) as process:
        deadline = time.monotonic() + 60
        while not path.exists() or path.stat().st_size < 60_000:
            assert process.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    rest, whole = Counted(), Counted()
    found = gaussmix.fit(Batches(rest), 3, checkpoint=path, **OPTIONS)
    assert_same_fit(found, gaussmix.fit(Batches(whole), 3, **OPTIONS))
    assert 0 < rest.passes < whole.passes


def test_a_finished_fit_reads_no_rows_and_more_iterations_may_follow(tmp_path: Path) -> None:
    path, file = tmp_path / "run.safetensors", tmp_path / "rows.npy"
    np.save(file, X)
    short = gaussmix.fit(Batches(PARTS), 3, max_iter=3, checkpoint=path, **OPTIONS)
    np.save(file, X[:5])  # that it is another file is not seen, as it is not read
    found = gaussmix.fit(Batches(file), 3, max_iter=3, checkpoint=path, **OPTIONS)
    assert_same_fit(found, short)
    again = Counted()
    assert_same_fit(gaussmix.fit(Batches(again), 3, max_iter=3, checkpoint=path, **OPTIONS), short)
    assert again.passes == 1  # a look for labels, which a function may give
    again = Counted()
    longer = gaussmix.fit(Batches(again), 3, checkpoint=path, **OPTIONS)
    assert longer.n_iter > 3
    assert again.passes == longer.n_iter - 3


def test_the_seed_of_a_fit_without_one_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "run.safetensors"
    first = gaussmix.fit(Batches(PARTS), 3, init="random", checkpoint=path)
    assert_same_fit(gaussmix.fit(Batches(PARTS), 3, init="random", checkpoint=path), first)


def test_a_start_and_values_beyond_squares_have_checkpoints(tmp_path: Path) -> None:
    start = gaussmix.fit(X[::9], 3, random_state=0)
    path = tmp_path / "run.safetensors"
    first = gaussmix.fit(Batches(PARTS), init=start, checkpoint=path)
    assert_same_fit(gaussmix.fit(Batches(PARTS), init=start, checkpoint=path), first)
    other = gaussmix.fit(X[::7], 3, random_state=0)
    with pytest.raises(ValueError, match="is of a fit with init="):
        gaussmix.fit(Batches(PARTS), init=other, checkpoint=path)
    vast = Batches([part * 2.0**300 for part in PARTS])
    path = tmp_path / "vast.safetensors"
    first = gaussmix.fit(vast, 3, checkpoint=path, random_state=0)
    assert_same_fit(gaussmix.fit(vast, 3, checkpoint=path, random_state=0), first)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tol": 1e-3}, "is of a fit with tol=1e-08, but now it is 0.001: give the same options"),
        ({"n_components": 2}, "is of a fit with n_components=3"),
        ({"covariance_type": "diag"}, "is of a fit with covariance_type=full"),
        ({"prior": "default"}, "is of a fit with prior=None"),
        ({"random_state": 6}, "is of a fit with random_state=5"),
    ],
)
def test_another_fit_is_refused(change: Any, message: str, tmp_path: Path) -> None:
    path = tmp_path / "run.safetensors"
    options = {"n_components": 3, "max_iter": 2} | OPTIONS
    gaussmix.fit(Batches(PARTS), checkpoint=path, **options)
    with pytest.raises(ValueError, match=message):
        gaussmix.fit(Batches(PARTS), checkpoint=path, **(options | change))
    with pytest.raises(ValueError, match="moments are of 1500 rows"):
        gaussmix.fit(Batches(PARTS[:2]), checkpoint=path, **(options | {"max_iter": 9}))


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    model = tmp_path / "model.safetensors"
    gaussmix.fit(X, 2, random_state=0).save(model)
    garbage = tmp_path / "garbage"
    garbage.write_bytes(b"\x05\0\0\0\0\0\0\0[" + b"x" * 90)
    for path in (model, garbage):
        before = path.read_bytes()
        with pytest.raises(ValueError, match="is no checkpoint of a fit"):
            gaussmix.fit(Batches(PARTS), 2, checkpoint=path)
        assert path.read_bytes() == before
    path = tmp_path / "run.safetensors"
    gaussmix.fit(Batches(PARTS), 3, max_iter=2, checkpoint=path, **OPTIONS)
    damaged = bytearray(path.read_bytes())
    damaged[-100] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(ValueError, match="were changed on the way"):
        gaussmix.fit(Batches(PARTS), 3, max_iter=2, checkpoint=path, **OPTIONS)
    path.write_bytes(damaged[:-5])
    with pytest.raises(ValueError, match="is no checkpoint of a fit, or damaged"):
        gaussmix.fit(Batches(PARTS), 3, max_iter=2, checkpoint=path, **OPTIONS)
