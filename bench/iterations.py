"""Section "iterations": milliseconds an EM iteration, every side from the same start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from statistics import median

import numpy as np

import gaussmix

from .sides import Gaussmix, Side, likelihood
from .timing import Effort, Outcome, Record, compare, in_turn, per_iteration
from .workloads import Problem, Workload, draw

#: Sides that did the same iterations agree on the mean log-likelihood to this, relatively.
TOLERANCE = 1e-6

#: gaussmix again: with every pair computed; and from a start where EM is nearly done.
EVERY_PAIR = "gaussmix, every pair"
NEAR_THE_END = "gaussmix, near the end"
VARIANTS = (EVERY_PAIR, NEAR_THE_END)

# Iterations before those that are timed, so that each side has found its pace, and iterations that
# bring EM near its end.
FIRST = 2
FIRST_NEAR_THE_END = 8
TO_THE_END = 30


@dataclass(frozen=True)
class Case:
    """A side, where it starts, and which of its iterations are timed."""

    name: str
    side: Side
    problem: Problem
    first: int
    more: int


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
    cases = _cases(problem, ours, sorted(able, key=lambda peer: peer.slow))
    times, ends = _rounds(cases, effort)

    @cache
    def level_of_ours(n_iter: int) -> float:
        return _level(problem, ours.iterate(problem, n_iter), ours.n_threads)

    def facts(case: Case) -> Record:
        taken, end = times[case.name], ends[case.name]
        level = _level(problem, end, ours.n_threads)
        expected = level if case.name == NEAR_THE_END else level_of_ours(end.n_iter)
        agreement = end.note or _agreement(level, expected)
        if end.n_iter < case.first + case.more:
            agreement += f", stopped after {end.n_iter} iterations"
        found: Record = {
            "ms": 1e3 * median(taken),
            "rounds_ms": [1e3 * seconds for seconds in taken],
            "iterations": f"{case.first + 1}-{case.first + case.more}",
            "n_iter": end.n_iter,
            "log_likelihood": level,
            "agreement": agreement,
            **compare(taken, times[ours.name]),
            "against": {name: compare(taken, times[name]) for name in VARIANTS},
        }
        if end.pairs is not None:
            evaluated, kept = end.pairs[case.first :].mean(axis=0)
            found |= {"evaluated": float(evaluated), "kept": float(kept)}
        return found

    return {
        "workload": w.name, "n": w.n, "d": w.d, "K": w.K, "family": w.family,
        "active": _active(problem, ends[ours.name], ours.n_threads),
        "sides": {case.name: facts(case) for case in cases},
    }  # fmt: skip


def _cases(problem: Problem, ours: Gaussmix, peers: Sequence[Side]) -> list[Case]:
    """List what is timed; of sides that are slow, earlier iterations."""
    more = problem.workload.iterations
    dense = Gaussmix(ours.n_threads, pruning="off")
    near = replace(problem, start=ours.iterate(problem, TO_THE_END).parameters)
    return [
        Case(ours.name, ours, problem, FIRST, more),
        Case(EVERY_PAIR, dense, problem, FIRST, more),
        Case(NEAR_THE_END, ours, near, FIRST_NEAR_THE_END, more),
        *(Case(peer.name, peer, problem, 1 if peer.slow else FIRST, more) for peer in peers),
    ]


def _rounds(
    cases: Sequence[Case], effort: Effort
) -> tuple[dict[str, list[float]], dict[str, Outcome]]:
    """Time the sides by turns: seconds an iteration in each round, and where each side came to."""
    for case in cases:
        case.side.iterate(case.problem, 1)  # loads what is loaded late, and takes memory
    times: dict[str, list[float]] = {case.name: [] for case in cases}
    ends: dict[str, Outcome] = {}
    for turn in range(effort.rounds):
        taking_part = [case for case in cases if turn < effort.fewer or not case.side.slow]
        for case in in_turn(taking_part, turn):
            iterate = partial(case.side.iterate, case.problem)
            seconds, ends[case.name] = per_iteration(iterate, case.first, case.more, effort)
            times[case.name].append(seconds)
    return times, ends


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
