"""The peak of memory that a fit takes beyond its input, in a process of its own.

python -m bench.memory gaussmix 2 200000 16 32
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from .iterations import EVERY_PAIR
from .sides import Gaussmix, Side, find_sides
from .timing import Record
from .workloads import Parameters, Problem, Workload

STATUS = Path("/proc/self/status")


def measure(side: str, workload: Workload, n_threads: int) -> Record | None:
    """Run this module in a process of its own, so that nothing else has touched memory."""
    if not STATUS.exists():
        return None
    sizes = (n_threads, workload.n, workload.d, workload.K)
    done = subprocess.run(
        [sys.executable, "-m", __name__, side, *map(str, sizes)],
        cwd=Path(__file__).parents[1],
        check=True,
        capture_output=True,
        text=True,
    )
    record: Record = json.loads(done.stdout)
    return record


def _peak_kib() -> int:
    """Read the high-water mark of this program; that of getrusage may be its parent's."""
    lines = STATUS.read_text("utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def _problem(workload: Workload) -> Problem:
    """Make clusters without any copy on the way: `draw` would raise the peak before a fit does."""
    rng = np.random.default_rng(0)
    X = np.empty((workload.n, workload.d))
    rng.standard_normal(out=X)
    K, d = workload.K, workload.d
    means = 3 * rng.standard_normal((K, d))
    for k in range(K):
        X[k::K] += means[k]
    start = Parameters(np.full(K, 1 / K), means, np.repeat(np.eye(d)[None], K, axis=0))
    return Problem(workload, X, start)


def _side(name: str, n_threads: int) -> Side:
    if name == EVERY_PAIR:
        return Gaussmix(n_threads, pruning="off")
    (side,), _ = find_sides(n_threads, names=[name])
    return side


def main(name: str, n_threads: int, n: int, d: int, K: int) -> None:
    """Print the peak of three iterations of one side, as JSON."""
    side = _side(name, n_threads)
    workload = Workload("memory", n, d, K, "full", 0)
    side.iterate(_problem(workload.miniature()), 2)  # loads what is loaded late
    problem = _problem(workload)
    before = _peak_kib()
    side.iterate(problem, 3)  # pruned from the second one on
    extra = (_peak_kib() - before) / 2**10
    print(json.dumps({"input_mib": problem.X.nbytes / 2**20, "extra_mib": extra}))


if __name__ == "__main__":
    main(sys.argv[1], *(int(size) for size in sys.argv[2:]))
