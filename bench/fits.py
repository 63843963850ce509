"""Section "fits": whole default fits, start included, to at least the peer's likelihood."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median

from .datasets import Dataset
from .sides import Fitter, Gaussmix, Side, likelihood
from .timing import Effort, Record, best_of, compare, in_turn
from .workloads import Floats, Workload, draw

#: Differences of up to this many nats per row count as the same likelihood.
TOLERANCE = 1e-3


@dataclass
class Fits:
    """Times and mean log-likelihoods of one side's fits, one for each seed."""

    seconds: list[float]
    levels: list[float]

    def level(self) -> float:
        """Median over the seeds: where a start leads is a matter of luck."""
        return median(self.levels)


def measure(
    data: Iterable[Dataset], peers: Sequence[Side], n_threads: int, effort: Effort
) -> list[Record]:
    """Fit every data set by every peer that can, and by gaussmix beside it."""
    ours = Gaussmix(n_threads)
    fitters = [peer for peer in peers if isinstance(peer, Fitter)]
    warm_up = draw(Workload("warm-up", 300, 2, 2, "full", 3.0)).X
    for side in (ours, *fitters):
        side.fit(warm_up, 2, "full", seed=0)  # loads what is loaded late
    records = []
    for dataset in data:
        print(f"  {dataset.name}", flush=True)
        X = dataset.load()
        for peer in fitters:
            if dataset.family in peer.families:
                n, d = X.shape
                facts = {
                    "dataset": dataset.name, "n": n, "part": dataset.part, "d": d, "K": dataset.K
                }  # fmt: skip
                duel = _duel(dataset, X, ours, peer, effort)
                records.append({**facts, "family": dataset.family, "peer": peer.name, **duel})
    return records


def _duel(dataset: Dataset, X: Floats, ours: Gaussmix, peer: Fitter, effort: Effort) -> Record:
    theirs, mine = Fits([], []), Fits([], [])

    def add(fits: Fits, side: Fitter, seed: int, n_init: int = 1) -> None:
        fit = partial(side.fit, X, dataset.K, dataset.family, seed, n_init)
        outcome = best_of(fit, effort)
        fits.seconds.append(outcome.seconds)
        fits.levels.append(likelihood(X, outcome.parameters, dataset.family, ours.n_threads))

    for seed in range(effort.rounds):
        if seed >= effort.fewer and sum(theirs.seconds) > effort.budget:
            break
        for fits, side in in_turn([(theirs, peer), (mine, ours)], seed):
            try:
                add(fits, side, seed)
            except (RuntimeError, ValueError) as error:  # oneDAL may lose a covariance on the way
                if side is ours:
                    raise
                return {"failed": " ".join(str(error).split())}
    single = {"log_likelihood": mine.level(), **compare(theirs.seconds, mine.seconds)}
    n_init = 1
    spent = sum(mine.seconds)
    while mine.level() < theirs.level() - TOLERANCE and spent < sum(theirs.seconds):
        n_init *= 2
        seeds, mine = range(len(theirs.levels)), Fits([], [])
        for seed in seeds:
            add(mine, ours, seed, n_init)
        spent += sum(mine.seconds)
    return {
        "single": single,
        "n_init": n_init,
        "reached": mine.level() >= theirs.level() - TOLERANCE,
        **compare(theirs.seconds, mine.seconds),
        "sides": {
            name: {
                "ms": 1e3 * median(fits.seconds),
                "seconds": fits.seconds,
                "log_likelihood": fits.level(),
                "log_likelihoods": fits.levels,
            }
            for name, fits in ((ours.name, mine), (peer.name, theirs))
        },
    }
