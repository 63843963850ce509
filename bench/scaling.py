"""Section "scaling": time by rows, features, components, threads; float32; memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from statistics import median

import numpy as np

from . import memory
from .machine import n_cpus
from .sides import Fitter, Gaussmix, Side
from .timing import Effort, Record, median_ratio, per_iteration
from .workloads import WORKLOADS, Problem, Workload, draw

BASE = Workload("base", 100_000, 16, 16, "full", 2.0)


def measure(sides: Sequence[Side], n_threads: int, effort: Effort) -> list[Record]:
    """Measure everything; gaussmix is the first of the sides."""
    records = []
    for axis, workloads in _sweeps().items():
        for w in [w.miniature() for w in workloads[:2]] if effort.quick else workloads:
            seconds = median(_times(draw(w), [n_threads], effort)[0])
            records.append(
                {"axis": axis, "n": w.n, "d": w.d, "K": w.K,
                 "ms": 1e3 * seconds, "ns_per_pair": 1e9 * seconds / (w.n * w.K)}
            )  # fmt: skip
    named = {w.name: w.miniature() if effort.quick else w for w in WORKLOADS}
    for name in ("seed-2d", "mid16", "wide64", "diag16"):
        problem = draw(named[name])
        records += _threads(problem, effort)
        records.append(_float32(problem, n_threads, effort))
    for name in ("mid16",) if effort.quick else ("mid16", "wide64"):
        records += _memory(named[name], sides[:1] if effort.quick else sides, n_threads)
    return records


def _sweeps() -> dict[str, list[Workload]]:
    """Vary one size at a time; with d, the rows fall so that the work stays about the same."""
    return {
        "n": [replace(BASE, n=10**e) for e in (3, 4, 5, 6)],
        "K": [replace(BASE, K=K) for K in (2, 4, 8, 16, 32, 64, 128)],
        "d": [
            replace(BASE, n=min(500_000, 25_000_000 // d**2 + 2_000), d=d, spread=4 / d**0.5 + 0.2)
            for d in (2, 4, 8, 16, 32, 64, 128, 256)
        ],
    }


def _times(problem: Problem, threads: Sequence[int], effort: Effort) -> list[list[float]]:
    """Seconds an iteration for each number of threads, by rounds that alternate them."""
    times: list[list[float]] = [[] for _ in threads]
    more = problem.workload.iterations
    for _ in range(effort.rounds):
        for n_threads, taken in zip(threads, times, strict=True):
            taken.append(_seconds(problem, n_threads, more, effort))
    return times


def _seconds(problem: Problem, n_threads: int, more: int, effort: Effort) -> float:
    ours = Gaussmix(n_threads)
    return per_iteration(partial(ours.iterate, problem), more, effort.least)[0]


def _threads(problem: Problem, effort: Effort) -> list[Record]:
    most = n_cpus()
    counts = sorted({1, most, *(2**e for e in range(most.bit_length()))} - {0})
    counts = [count for count in counts if count <= most]
    times = _times(problem, counts, effort)
    return [
        {"axis": "threads", "workload": problem.workload.name, "threads": count,
         "ms": 1e3 * median(taken), "speedup": median_ratio(times[0], taken)}
        for count, taken in zip(counts, times, strict=True)
    ]  # fmt: skip


def _float32(problem: Problem, n_threads: int, effort: Effort) -> Record:
    narrow = replace(problem, X=problem.X.astype(np.float32))
    more = problem.workload.iterations
    pairs = [
        [_seconds(p, n_threads, more, effort) for p in (problem, narrow)]
        for _ in range(effort.rounds)
    ]
    wide, slim = ([pair[i] for pair in pairs] for i in (0, 1))
    return {
        "axis": "float32", "workload": problem.workload.name, "d": problem.workload.d,
        "float64_ms": 1e3 * median(wide), "float32_ms": 1e3 * median(slim),
        "ratio": median_ratio(wide, slim),
    }  # fmt: skip


def _memory(workload: Workload, sides: Sequence[Side], n_threads: int) -> list[Record]:
    records = []
    for side in (side for side in sides if isinstance(side, Fitter)):
        peak = memory.measure(side, workload, n_threads)
        if peak is not None:
            records.append({"axis": "memory", "workload": workload.name, "side": side.name, **peak})
    return records
