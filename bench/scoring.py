"""Section "scoring": what a mixture is used for, by gaussmix and by scikit-learn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt

import gaussmix

from .iterations import TO_THE_END
from .peers import ScikitLearn
from .sides import Gaussmix, Side
from .timing import Effort, Record, compare, fastest, in_turn
from .workloads import Workload, draw

USES = ("score_samples", "predict", "predict_proba", "sample")


def measure(
    workloads: Sequence[Workload], peers: Sequence[Side], n_threads: int, effort: Effort
) -> list[Record]:
    """Use the mixture that EM comes to on each workload, by gaussmix and, if a peer, scikit-learn.

    Its threads are those that the peer, while it lives, limits it to.
    """
    has_peer = any(isinstance(peer, ScikitLearn) for peer in peers)
    return [record for w in workloads for record in _measure(w, n_threads, effort, has_peer)]


def _measure(workload: Workload, n_threads: int, effort: Effort, has_peer: bool) -> list[Record]:
    print(f"  {workload.name}", flush=True)
    problem = draw(workload.miniature() if effort.quick else workload)
    w, X = problem.workload, problem.X
    p = Gaussmix(n_threads).iterate(problem, TO_THE_END).parameters
    mixture = gaussmix.Mixture(p.weights, p.means, p.covariances, w.family)
    peer = mixture.to_sklearn() if has_peer else None
    records = []
    for use in USES:
        rows: Any = w.n if use == "sample" else X
        sides: dict[str, Callable[[], Any]] = {
            Gaussmix.name: partial(getattr(mixture, use), rows, n_threads=n_threads)
        }
        if peer is not None:
            sides[ScikitLearn.name] = partial(getattr(peer, use), rows)
        times: dict[str, list[float]] = {name: [] for name in sides}
        for turn in range(effort.fewer):
            for name, call in in_turn([*sides.items()], turn):
                times[name].append(fastest(call, effort))
        record: Record = {
            "workload": w.name, "n": w.n, "d": w.d, "K": w.K, "family": w.family, "use": use,
            "ms": {name: 1e3 * median(taken) for name, taken in times.items()},
        }  # fmt: skip
        if peer is not None:
            record |= compare(times[ScikitLearn.name], times[Gaussmix.name])
            if use != "sample":
                ours, theirs = (call() for call in sides.values())
                record["difference"] = _difference(ours, theirs)
        records.append(record)
    return records


def _difference(ours: npt.NDArray[Any], theirs: npt.NDArray[Any]) -> float:
    """Give the share of labels that differ, or by how much numbers do at most."""
    if ours.dtype == np.int64:
        return float(np.mean(ours != theirs))
    return float(np.abs(ours - theirs).max())
