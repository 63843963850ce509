"""Section "iterations": milliseconds an EM iteration, every side from the same start."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from statistics import median

import numpy as np

import gaussmix

from .sides import Gaussmix, Side, likelihood
from .timing import Effort, Outcome, Record, median_ratio, per_iteration
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
    sides: list[Side] = [ours, *(p for p in peers if workload.family in p.families)]
    times: dict[str, list[float]] = {side.name: [] for side in sides}
    ends: dict[str, Outcome] = {}
    spent = dict.fromkeys(times, 0.0)
    for turn in range(effort.rounds):
        for side in sides if turn % 2 == 0 else reversed(sides):
            if turn > 0 and spent[side.name] > effort.budget:
                continue
            seconds, ends[side.name] = per_iteration(
                partial(side.iterate, problem), workload.iterations, effort.least
            )
            times[side.name].append(seconds)
            spent[side.name] += seconds * workload.iterations
    w = problem.workload
    record: Record = {
        "workload": w.name, "n": w.n, "d": w.d, "K": w.K, "family": w.family,
        "active": _active(problem, ends[ours.name], ours.n_threads),
        "iterations": w.iterations,
    }  # fmt: skip
    levels = {
        name: likelihood(problem.X, end.parameters, w.family, ours.n_threads)
        for name, end in ends.items()
    }
    record["sides"] = {
        name: {
            "ms": 1e3 * median(times[name]),
            "rounds_ms": [1e3 * seconds for seconds in times[name]],
            "n_iter": ends[name].n_iter,
            "log_likelihood": levels[name],
            "ratio": median_ratio(times[name], times[ours.name]),
            "agreement": _agreement(levels[name], levels[ours.name], ends[name], ends[ours.name]),
        }
        for name in times
    }
    return record


def _agreement(level: float, our_level: float, end: Outcome, our_end: Outcome) -> str:
    """Say whether a side came to the same likelihood, or why that cannot be told."""
    if end.note:
        return end.note
    if end.n_iter != our_end.n_iter:
        return f"stopped after {end.n_iter} iterations"
    difference = abs(level - our_level) / max(1.0, abs(our_level))
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
