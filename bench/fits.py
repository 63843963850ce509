"""Section "fits": whole default fits, the start included, until the peer's likelihood is reached."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from .datasets import Dataset
from .sides import Gaussmix, Side, likelihood
from .timing import Effort, Outcome, Record, best_of
from .workloads import Floats

#: Nats a row that count as the same likelihood.
TOLERANCE = 1e-3
#: Starts after which gaussmix gives up.
STARTS = 10


def measure(
    data: Iterable[Dataset], peers: Sequence[Side], n_threads: int, effort: Effort
) -> list[Record]:
    """Measure every data set against every peer."""
    ours = Gaussmix(n_threads)
    records = []
    for dataset in data:
        X = dataset.load()
        for peer in peers:
            if dataset.family in peer.families:
                records.append(_duel(dataset, X, ours, peer, effort))
        if not peers:
            ours.fit(X, dataset.K, dataset.family, 0)
    return records


def _duel(dataset: Dataset, X: Floats, ours: Gaussmix, peer: Side, effort: Effort) -> Record:
    rounds: list[Record] = []
    spent = 0.0
    for turn in range(effort.rounds):
        if turn > 0 and spent > effort.budget:
            break
        theirs = _fit(peer, dataset, X, turn, effort)
        spent += theirs.seconds
        target = likelihood(X, theirs.parameters, dataset.family, ours.n_threads)
        rounds.append(
            {
                "peer_seconds": theirs.seconds,
                "peer_iterations": theirs.n_iter,
                "peer_log_likelihood": target,
                **_reach(target, dataset, X, ours, turn, effort),
            }
        )
    return {
        "dataset": dataset.name, "n": len(X), "d": X.shape[1], "K": dataset.K,
        "family": dataset.family, "peer": peer.name, "rounds": rounds,
        "peer_ms": 1e3 * median(r["peer_seconds"] for r in rounds),
        "ms": 1e3 * median(r["seconds"] for r in rounds),
        "starts": sum(r["starts"] for r in rounds) / len(rounds),
        "missed": sum(not r["reached"] for r in rounds),
        "ratio": median(r["peer_seconds"] / r["seconds"] for r in rounds),
    }  # fmt: skip


def _reach(
    target: float, dataset: Dataset, X: Floats, ours: Gaussmix, turn: int, effort: Effort
) -> Record:
    """Fit from one start after the other until the target is reached: all of their time counts."""
    seconds = 0.0
    levels: list[float] = []
    while len(levels) < STARTS and (not levels or max(levels) < target - TOLERANCE):
        outcome = _fit(ours, dataset, X, STARTS * turn + len(levels), effort)
        seconds += outcome.seconds
        levels.append(likelihood(X, outcome.parameters, dataset.family, ours.n_threads))
    return {
        "seconds": seconds,
        "starts": len(levels),
        "first_log_likelihood": levels[0],
        "log_likelihood": max(levels),
        "reached": max(levels) >= target - TOLERANCE,
    }


def _fit(side: Side, dataset: Dataset, X: Floats, seed: int, effort: Effort) -> Outcome:
    return best_of(lambda: side.fit(X, dataset.K, dataset.family, seed), effort.least)
