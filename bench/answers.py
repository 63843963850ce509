"""How often one fit finds the best mixture known, how long it takes, and what acceleration saves.

Run as ``python -m bench.answers``, from the root of the repository; it prints tables in Markdown.
Regret is the best known mean log-likelihood per row (of all fits here, including a long search)
minus that of one fit, without collapsed fits; found means within 0.01 nats.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import gaussmix

from . import machine

FOUND = 0.01  # nats per row
LOST = 0.3  # the regret that a collapsed fit counts for
FAR = 1e-8  # nats per row from the limit: passes are counted up to there


@dataclass(frozen=True)
class Case:
    """Rows to fit, and what to fit to them."""

    name: str
    X: np.ndarray
    n_components: int
    family: str


@dataclass
class Ends:
    """The results of the fits of one side: mean log-likelihoods per row, and seconds."""

    scores: list[float]
    seconds: list[float]

    def found(self, best: float) -> float:
        """Give the share of fits within 0.01 nats of the best."""
        return float(np.mean([best - score < FOUND for score in self.scores]))

    def regret(self, best: float) -> float:
        """Give the mean regret."""
        return float(np.mean([min(best - score, LOST) for score in self.scores]))


def clusters(
    seed: int, n: int, d: int, k: int, *, apart: float, shape: str = "full", tails: bool = False
) -> np.ndarray:
    """Draw clusters of unequal size; `shape` says how their covariances differ."""
    rng = np.random.default_rng(seed)
    centres = apart * rng.normal(size=(k, d))
    labels = rng.choice(k, p=rng.dirichlet(np.full(k, 3.0)), size=n)
    noise = rng.normal(size=(n, d))
    if tails:
        noise /= np.sqrt(rng.chisquare(5, size=(n, 1)) / 5)
    rows = np.empty((n, d))
    shared = rng.normal(size=(d, d)) / np.sqrt(d) + 0.5 * np.eye(d)
    for c in range(k):
        here = labels == c
        if shape == "full":
            root = rng.normal(size=(d, d)) / np.sqrt(d) + rng.uniform(0.2, 0.8) * np.eye(d)
        elif shape == "long":
            turn = np.linalg.qr(rng.normal(size=(d, d)))[0]
            root = turn * np.r_[rng.uniform(1.5, 2.5), rng.uniform(0.1, 0.2, size=d - 1)]
        elif shape == "tied":
            root = shared
        else:
            root = np.diag(rng.uniform(0.3, 1.4, size=d))
        rows[here] = noise[here] @ root.T + centres[c]
    return rows


def cases() -> Iterator[Case]:
    """Made and real rows, K from 2 to 50, every family."""
    from sklearn import datasets

    iris = datasets.load_iris().data
    wine = datasets.load_wine().data
    digits = datasets.load_digits().data
    digits = digits - digits.mean(axis=0)
    axes = np.linalg.svd(digits, full_matrices=False)[2]
    cells = np.log(datasets.load_breast_cancer().data[:, :8] + 0.01)
    geysers, _ = gaussmix.datasets.load_faithful()
    yield Case("faithful", geysers, 3, "full")
    yield Case("iris", iris, 3, "full")
    yield Case("iris", iris, 5, "tied")
    yield Case("wine", wine, 3, "diag")
    yield Case("cells", cells, 3, "full")
    yield Case("digits, 8 axes", digits @ axes[:8].T, 10, "full")
    yield Case("digits, 16 axes", digits @ axes[:16].T, 12, "diag")
    yield Case("digits, 12 axes", digits @ axes[:12].T, 20, "spherical")
    for seed, (n, d, k, apart, shape, family, tails) in enumerate(
        [
            (800, 2, 2, 1.2, "full", "full", False),
            (1000, 2, 10, 3.0, "full", "full", False),
            (1500, 4, 5, 1.5, "full", "full", False),
            (2000, 6, 8, 1.2, "full", "full", True),
            (1500, 3, 7, 1.5, "long", "full", False),
            (1200, 5, 10, 1.2, "tied", "tied", False),
            (1500, 8, 12, 1.0, "diag", "diag", False),
            (1000, 3, 15, 2.0, "diag", "spherical", False),
            (20_000, 2, 25, 5.0, "full", "full", False),
            (20_000, 8, 15, 1.5, "full", "full", False),
            (30_000, 16, 10, 1.0, "full", "full", True),
            (20_000, 4, 50, 2.5, "diag", "diag", False),
            (30_000, 6, 20, 1.2, "tied", "tied", False),
            (20_000, 5, 30, 1.5, "diag", "spherical", False),
            (40_000, 3, 12, 1.5, "long", "full", False),
            (20_000, 10, 30, 1.2, "diag", "diag", True),
        ]
    ):
        X = clusters(900 + seed, n, d, k, apart=apart, shape=shape, tails=tails)
        heavy = ", heavy tails" if tails else ""
        yield Case(f"made {n} x {d}, {shape}{heavy}", X, k, family)


def ours(case: Case, **options: Any) -> Callable[[int], float]:
    """One fit of gaussmix as a function of its seed; minus infinity where it collapsed."""

    def fit(seed: int) -> float:
        model = gaussmix.fit(
            case.X, case.n_components, covariance_type=case.family, random_state=seed, **options
        )
        return -np.inf if model.degenerate else model.score(case.X)

    return fit


def theirs(case: Case) -> Callable[[int], float]:
    """One fit of scikit-learn as a function of its seed."""
    from sklearn.mixture import GaussianMixture

    def fit(seed: int) -> float:
        model = GaussianMixture(
            case.n_components, covariance_type=case.family, random_state=seed
        ).fit(case.X)
        return float(model.score(case.X))

    return fit


def run(fit: Callable[[int], float], seeds: Sequence[int]) -> Ends:
    """Fit once a seed."""
    ends = Ends([], [])
    for seed in seeds:
        started = time.perf_counter()
        ends.scores.append(fit(seed))
        ends.seconds.append(time.perf_counter() - started)
    return ends


def passes(case: Case) -> tuple[int, int]:
    """How many passes EM and accelerated EM take from one start to within 1e-8 of the limit."""
    start = gaussmix.fit(
        case.X,
        case.n_components,
        covariance_type=case.family,
        random_state=0,
        effort="low",
        acceleration="classic",
    )
    needed = []
    for acceleration in ("off", "auto"):
        history = gaussmix.fit(
            case.X, init=start, acceleration=acceleration, tol=1e-12, max_iter=4000
        ).history
        needed.append(int(np.argmax(history > history[-1] - FAR)) + 1)
    return needed[0], needed[1]


def geometric_mean(values: Sequence[float]) -> float:
    """Give the n-th root of the product."""
    return float(np.exp(np.mean(np.log(values))))


def main(arguments: Sequence[str]) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser("python -m bench.answers", description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--their-seeds", type=int, default=5)
    parser.add_argument("--only", help="cases whose names have this in them")
    chosen = parser.parse_args(arguments)
    warnings.filterwarnings("ignore")  # scikit-learn tells of fits that have not converged
    about = machine.machine()
    print(
        f"{chosen.seeds} seeds, {chosen.their_seeds} of scikit-learn; "
        f"`{' '.join(['python -m bench.answers', *arguments])}`, {machine.today()}, "
        f"{about['cpu']}, {machine.n_cpus()} CPUs\n"
    )
    print("| rows | K | family | effort low | default | high | scikit-learn | time | passes |")
    print("|---|---|---|---|---|---|---|---|---|")
    rows = []
    for case in cases():
        if chosen.only and chosen.only not in case.name:
            continue
        seeds = range(chosen.seeds)
        ends = {
            "low": run(ours(case, effort="low"), seeds),
            "normal": run(ours(case), seeds),
            "high": run(ours(case, effort="high"), seeds),
            "theirs": run(theirs(case), range(chosen.their_seeds)),
            "long": run(
                ours(case, effort="high", n_init=4, tol=1e-6, max_iter=1000), range(100, 103)
            ),
        }
        best = max(score for side in ends.values() for score in side.scores)
        plain, fast = passes(case)
        ratios = {
            side: float(np.median(ends["theirs"].seconds) / np.median(ends[side].seconds))
            for side in ("low", "normal", "high")
        }
        rows.append((ends, best, ratios, plain, fast))
        cells = [
            f"{100 * ends[side].found(best):.0f} % / {ends[side].regret(best):.4f}"
            for side in ("low", "normal", "high", "theirs")
        ]
        milliseconds = 1e3 * float(np.median(ends["normal"].seconds))
        print(
            f"| {case.name} | {case.n_components} | {case.family} | {' | '.join(cells)} | "
            f"{milliseconds:.1f} ms, {ratios['normal']:.1f} x | {plain} → {fast} |",
            flush=True,
        )
    print("\n| half | side | found | mean regret | their time over its | seconds to a find |")
    print("|---|---|---|---|---|---|")
    for half, part in (("first", rows[::2]), ("second", rows[1::2]), ("both", rows)):
        for side in ("low", "normal", "high", "theirs"):
            found = [ends[side].found(best) for ends, best, *_ in part]
            regret = float(np.mean([ends[side].regret(best) for ends, best, *_ in part]))
            speed = geometric_mean([1.0 if side == "theirs" else r[side] for _, _, r, *_ in part])
            cost = geometric_mean(
                [
                    float(np.median(ends[side].seconds)) / max(share, 0.5 / len(ends[side].scores))
                    for (ends, *_), share in zip(part, found, strict=True)
                ]
            )
            share = 100 * float(np.mean(found))
            print(
                f"| {half} | {side} | {share:.0f} % | {regret:.4f} | {speed:.1f} x | {cost:.3f} |"
            )
    saved = [plain / fast for *_, plain, fast in rows]
    slow = [plain / fast for *_, plain, fast in rows if plain >= 150]
    told = f"Passes of EM over accelerated ones: {geometric_mean(saved):.1f} in the geometric mean"
    if slow:
        told += f"; {geometric_mean(slow):.1f} of the {len(slow)} cases where EM takes 150 or more"
    print(f"\n{told}.")


if __name__ == "__main__":
    main(sys.argv[1:])
