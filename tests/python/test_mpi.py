"""Fits on MPI: the same bits on every rank, and errors of one rank on all."""

from __future__ import annotations

import ast
import itertools
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gaussmix

pytest.importorskip("mpi4py")
MPIEXEC = shutil.which("mpiexec") or shutil.which("mpiexec", path=sysconfig.get_path("scripts"))
if MPIEXEC is None:
    pytest.skip("there is no mpiexec", allow_module_level=True)

RNG = np.random.default_rng(3)
X = RNG.standard_normal((6000, 2)) + 6 * RNG.integers(0, 3, size=(6000, 1))
W = RNG.uniform(0, 2, 6000)
CUTS = (0, 2500, 2500, 4000, 6000)  # rank 1 has none

PROGRAM = f"""
import sys
import numpy as np
from mpi4py import MPI
import gaussmix

world = MPI.COMM_WORLD
cuts = {CUTS}
here = slice(cuts[world.rank], cuts[world.rank + 1])
X, W = np.load("X.npy")[here], np.load("W.npy")[here]
told = []

def say(name, value):
    told.append(f"{{name}}: {{value}}")

def bits(m):
    return [a.tobytes().hex() for a in (m.weights, m.means, m.covariances, m.history)]

how = {{"random_state": 0, "max_iter": 8, "tol": 0, "n_threads": 1}}
m = gaussmix.mpi.fit(X, 3, sample_weight=W, **how)
say("bits", bits(m))
say("again", bits(gaussmix.mpi.fit(X, 3, comm=world, sample_weight=W, **how)) == bits(m))
drawn = gaussmix.mpi.fit(X, 3, covariance_type="VVE", prior="default")  # a seed of rank 0's
say("drawn", bits(drawn))

alone = gaussmix.mpi.fit(X[:500], 2, comm=MPI.COMM_SELF, random_state=0) if len(X) else None
say("alone", alone is None or alone.converged)

def fails(name, *args, **options):
    try:
        gaussmix.mpi.fit(*args, **options)
    except Exception as error:
        say(name, f"{{type(error).__name__}} {{error}}")

bad = X.copy()
if world.rank == 2:
    bad[33, 1] = np.nan
fails("nan", bad, 3)
say("holes", bits(gaussmix.mpi.fit(bad, 3, missing="em", **how)))
fails("text", [["u"]] if world.rank == 3 else X, 3)
fails("features", X[:, :1] if world.rank == 3 else X, 3)
fails("option", X, 3, covariance_type="banana")

labels = (np.abs(X[:, 0] - 6) < 2).astype(int) + 2 * (X[:, 0] >= 8)
labels[np.arange(len(X)) % 20 != 0] = -1
some = None if world.rank == 2 else labels
owners = [2, 0, 1]
known = gaussmix.mpi.fit(X, 3, labels=some, component_labels=owners, **how)
say("labels", np.round(known.means[:, 0], 1).tolist())
fails("wrong", X, 3, labels=labels + 8 if world.rank == 3 else labels)

class Odd(Exception):
    def __init__(self, a, b):
        super().__init__("odd")

def stop(progress):
    raise Odd(1, 2)

fails("callback", X, 3, callback=stop)
seen = gaussmix.mpi.fit(X, 3, random_state=0, callback=lambda progress: True)
say("stopped", seen.status)
open(f"told-{{world.rank}}", "w").write("\\n".join(told))
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    """What each of four ranks has seen."""
    folder: Path = tmp_path_factory.mktemp("mpi")
    np.save(folder / "X.npy", X)
    np.save(folder / "W.npy", W)
    command: list[Any] = [MPIEXEC, "-n", "4", sys.executable, "-c", PROGRAM]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    if "cannot load MPI library" in done.stderr:
        pytest.skip("mpi4py finds no MPI")
    assert done.returncode == 0, done.stderr
    lines = [(folder / f"told-{rank}").read_text().splitlines() for rank in range(4)]
    return [dict(line.split(": ", 1) for line in of_rank) for of_rank in lines]


def test_every_rank_has_the_bits_of_the_same_pieces_here(told: list[dict[str, str]]) -> None:
    shards = [gaussmix.Shard(X[a:b], sample_weight=W[a:b]) for a, b in itertools.pairwise(CUTS)]
    rows = gaussmix.RemoteRows(
        summary=lambda: gaussmix.merge(s.summary() for s in shards),
        sample=lambda summary, size, seed: gaussmix.merge(
            s.sample(summary, size, seed, i) for i, s in enumerate(shards)
        ),
        moments=lambda scorer: gaussmix.merge(s.moments(scorer) for s in shards),
    )
    m = gaussmix.fit(rows, 3, random_state=0, max_iter=8, tol=0)
    bits = [a.tobytes().hex() for a in (m.weights, m.means, m.covariances, m.history)]
    for rank in told:
        assert rank["bits"] == str(bits)
        assert rank["again"] == "True"
        assert rank["drawn"] == told[0]["drawn"]
        assert rank["alone"] == "True"


def test_labels_may_be_on_some_ranks(told: list[dict[str, str]]) -> None:
    for rank in told:
        assert np.argsort(ast.literal_eval(rank["labels"])).tolist() == [1, 2, 0]
        assert rank["wrong"].startswith("ValueError rank 3: labels has ")


def test_missing_values_may_be_on_one_rank(told: list[dict[str, str]]) -> None:
    holed = X.copy()
    holed[CUTS[2] + 33, 1] = np.nan
    pieces = gaussmix.Batches([holed[a:b] for a, b in itertools.pairwise(CUTS) if a < b])
    m = gaussmix.fit(pieces, 3, missing="em", random_state=0, max_iter=8, tol=0)
    for rank in told:
        assert rank["holes"] == told[0]["holes"]
        means = np.frombuffer(bytes.fromhex(ast.literal_eval(rank["holes"])[1]))
        np.testing.assert_allclose(np.sort(means), np.sort(m.means.ravel()), rtol=0.01)


def test_an_error_on_one_rank_is_raised_on_all(told: list[dict[str, str]]) -> None:
    for rank in told:
        assert rank["nan"].startswith("ValueError rank 2 has NaN at row 33, column 1: ")
        assert rank["text"].startswith("TypeError rank 3 ") or rank["text"].startswith("ValueError")
        assert "features" in rank["features"]
        assert "banana" in rank["option"]
    assert told[0]["callback"] == "Odd odd"
    assert {rank["callback"] for rank in told[1:]} == {"RuntimeError Odd: odd"}
    assert {rank["stopped"] for rank in told} == {"interrupted"}
