"""Section "scaling": time by rows, features, components, threads; float32; overlap; memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from statistics import median

import numpy as np

from . import components, memory
from .iterations import EVERY_PAIR
from .machine import n_cpus
from .sides import Fitter, Gaussmix, Side
from .timing import Effort, Record, best_of, compare, in_turn, per_iteration
from .workloads import WORKLOADS, Problem, Workload, draw

BASE = Workload("base", 100_000, 16, 16, "full", 2.0)

#: Where nothing can be left out, and what pruning costs shows.
OVERLAPPING = (
    Workload("overlap16", 50_000, 16, 32, "full", 0.0, iterations=20),
    Workload("overlap64", 10_000, 64, 16, "full", 0.0, iterations=20),
    Workload("overlap-diag16", 100_000, 16, 64, "diag", 0.0, iterations=20),
)


def measure(sides: Sequence[Side], n_threads: int, effort: Effort) -> list[Record]:
    """Measure everything; gaussmix is the first of the sides."""
    records = []
    for axis, workloads in _sweeps().items():
        for w in [w.miniature() for w in workloads[:2]] if effort.quick else workloads:
            seconds = median(_times([(draw(w), n_threads)], effort)[0])
            records.append(
                {"axis": axis, "n": w.n, "d": w.d, "K": w.K,
                 "ms": 1e3 * seconds, "ns_per_pair": 1e9 * seconds / (w.n * w.K)}
            )  # fmt: skip
    many = [*components.sweep()]
    many = [many[0].miniature()] if effort.quick else many
    records += [components.record(w, n_threads, effort) for w in many]
    named = {w.name: w.miniature() if effort.quick else w for w in WORKLOADS}
    for name in ("seed-2d", "mid16", "wide64", "diag16"):
        problem = draw(named[name])
        records += _threads(problem, effort)
        records.append(_float32(problem, n_threads, effort))
    for w in OVERLAPPING:
        records.append(_overlap(w.miniature() if effort.quick else w, n_threads, effort))
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


def _times(cases: Sequence[tuple[Problem, int]], effort: Effort) -> list[list[float]]:
    """Seconds an iteration of each problem by so many threads, in rounds that alternate them."""
    times: list[list[float]] = [[] for _ in cases]
    for turn in range(effort.fewer):
        for (problem, n_threads), taken in in_turn([*zip(cases, times, strict=True)], turn):
            iterate = partial(Gaussmix(n_threads, pruning="off").iterate, problem)
            taken.append(per_iteration(iterate, 1, problem.workload.iterations, effort)[0])
    return times


def _threads(problem: Problem, effort: Effort) -> list[Record]:
    most = n_cpus()
    counts = sorted({most, *(2**e for e in range(most.bit_length()))})
    times = _times([(problem, count) for count in counts], effort)
    return [
        {"axis": "threads", "workload": problem.workload.name, "threads": count,
         "ms": 1e3 * median(taken), **compare(times[0], taken)}
        for count, taken in zip(counts, times, strict=True)
    ]  # fmt: skip


def _float32(problem: Problem, n_threads: int, effort: Effort) -> Record:
    narrow = replace(problem, X=problem.X.astype(np.float32))
    wide, slim = _times([(problem, n_threads), (narrow, n_threads)], effort)
    return {
        "axis": "float32", "workload": problem.workload.name, "d": problem.workload.d,
        "float64_ms": 1e3 * median(wide), "float32_ms": 1e3 * median(slim), **compare(wide, slim),
    }  # fmt: skip


def _overlap(workload: Workload, n_threads: int, effort: Effort) -> Record:
    """Fit one Gaussian by components that all lie at its centre, with pruning and without."""
    problem = draw(workload)
    X = np.random.default_rng(0).standard_normal(problem.X.shape)
    start = replace(problem.start, means=0.1 * X[: workload.K])
    problem = replace(problem, X=X, start=start)
    sides = [Gaussmix(n_threads, pruning=pruning) for pruning in ("auto", "off")]
    times: list[list[float]] = [[], []]
    evaluated = 1.0
    for turn in range(3 * effort.rounds):  # to tell a few percent apart
        for side, taken in in_turn([*zip(sides, times, strict=True)], turn):
            done = best_of(partial(side.iterate, problem, workload.iterations), effort)
            taken.append(done.seconds / done.n_iter)
            if done.pairs is not None:
                evaluated = min(evaluated, float(done.pairs[:, 0].mean()))
    auto, off = times
    return {
        "axis": "overlap", "workload": workload.name, "n": workload.n, "d": workload.d,
        "K": workload.K, "family": workload.family, "evaluated": evaluated,
        "auto_ms": 1e3 * median(auto), "off_ms": 1e3 * median(off), **compare(auto, off),
    }  # fmt: skip


def _memory(workload: Workload, sides: Sequence[Side], n_threads: int) -> list[Record]:
    names = [side.name for side in sides if isinstance(side, Fitter)]
    records = []
    for name in [*names[:1], EVERY_PAIR, *names[1:]]:
        peak = memory.measure(name, workload, n_threads)
        if peak is not None:
            records.append({"axis": "memory", "workload": workload.name, "side": name, **peak})
    return records
