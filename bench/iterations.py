"""Section "iterations": milliseconds an EM iteration, every side from the same start."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from statistics import median

import numpy as np

import gaussmix

from .sides import Gaussmix, Side, likelihood
from .timing import Effort, Outcome, Record, compare, in_turn, per_iteration
from .workloads import Problem, Workload, draw

#: Sides that did the same iterations agree on the mean log-likelihood to this, relatively.
TOLERANCE = 1e-6


def measure(
    workloads: Sequence[Workload], peers: Sequence[Side], n_threads: int, effort: Effort
) -> list[Record]:
    """Measure every workload."""
    return [_measure(w, peers, Gaussmix(n_threads), effort) for w in workloads]


def _measure(workload: Workload, peers: Sequence[Side], ours: Gaussmix, effort: Effort) -> Record:
    print(f"  {workload.name}", flush=True)
    problem = draw(workload.miniature() if effort.quick else workload)
    w = problem.workload
    able = [peer for peer in peers if w.family in peer.families]
    sides: list[Side] = [ours, *sorted(able, key=lambda peer: peer.slow)]
    times, ends = _rounds(problem, sides, effort)

    @cache
    def level_of_ours(n_iter: int) -> float:
        return _level(problem, ours.iterate(problem, n_iter), ours.n_threads)

    def facts(side: Side) -> Record:
        taken, end = times[side.name], ends[side.name]
        level = _level(problem, end, ours.n_threads)
        agreement = end.note or _agreement(level, level_of_ours(end.n_iter))
        if end.n_iter < 1 + _timed(side, w):
            agreement += f", stopped after {end.n_iter} iterations"
        return {
            "ms": 1e3 * median(taken),
            "rounds_ms": [1e3 * seconds for seconds in taken],
            "iterations": _timed(side, w),
            "n_iter": end.n_iter,
            "log_likelihood": level,
            "agreement": agreement,
            **compare(taken, times[ours.name]),
        }

    return {
        "workload": w.name, "n": w.n, "d": w.d, "K": w.K, "family": w.family,
        "active": _active(problem, ends[ours.name], ours.n_threads),
        "sides": {side.name: facts(side) for side in sides},
    }  # fmt: skip


def _rounds(
    problem: Problem, sides: Sequence[Side], effort: Effort
) -> tuple[dict[str, list[float]], dict[str, Outcome]]:
    """Time the sides by turns: seconds an iteration in each round, and where each side came to."""
    w = problem.workload
    warm_up = draw(w.miniature())
    for side in sides:
        side.iterate(warm_up, 1)  # loads what is loaded late
    times: dict[str, list[float]] = {side.name: [] for side in sides}
    ends: dict[str, Outcome] = {}
    for turn in range(effort.rounds):
        taking_part = [side for side in sides if turn < effort.fewer or not side.slow]
        for side in in_turn(taking_part, turn):
            seconds, ends[side.name] = per_iteration(
                partial(side.iterate, problem), _timed(side, w), effort.least
            )
            times[side.name].append(seconds)
    return times, ends


def _timed(side: Side, workload: Workload) -> int:
    """Count the iterations to time beyond the first: half as many where they are slow."""
    return workload.iterations // 2 if side.slow else workload.iterations


def _level(problem: Problem, end: Outcome, n_threads: int) -> float:
    return likelihood(problem.X, end.parameters, problem.workload.family, n_threads)


def _agreement(level: float, level_of_ours: float) -> str:
    """Compare the likelihood with that of gaussmix after as many iterations."""
    difference = abs(level - level_of_ours) / max(1.0, abs(level_of_ours))
    return "equal" if difference <= TOLERANCE else f"differs by {difference:.1e}"


def _active(problem: Problem, end: Outcome, n_threads: int) -> float:
    """Count the components with responsibility above 2^-64, a mean row: how much they overlap."""
    p = end.parameters
    mixture = gaussmix.Mixture(p.weights, p.means, p.covariances, problem.workload.family)
    r = mixture.predict_proba(problem.X[:10000], n_threads=n_threads)
    return float(np.mean(np.sum(r > 2.0**-64, axis=1)))


def disagree(records: Sequence[Record]) -> bool:
    """Tell whether sides that did the same iterations came to different likelihoods."""
    return any(
        side["agreement"].startswith("differs") for r in records for side in r["sides"].values()
    )
