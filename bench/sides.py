"""gaussmix and its peers behind the same calls: some EM iterations, a whole default fit."""

from __future__ import annotations

import importlib
from collections.abc import Collection
from types import ModuleType
from typing import Any, Protocol, runtime_checkable

import gaussmix

from .peers import PEERS
from .timing import Outcome, clock
from .workloads import Floats, Parameters, Problem

#: scikit-learn's default ridge, for every default fit: all then maximise the same likelihood.
RIDGE = 1e-6


class Side(Protocol):
    """One implementation of EM. Where it is slow, fewer and shorter rounds tell enough."""

    name: str
    families: frozenset[str]
    slow: bool

    def iterate(self, problem: Problem, n_iter: int) -> Outcome:
        """Do n_iter iterations from the problem's start, without ridge and without stopping."""


@runtime_checkable
class Fitter(Side, Protocol):
    """One that has a start of its own."""

    def fit(self, X: Floats, K: int, family: str, seed: int, n_init: int = 1) -> Outcome:
        """Fit by default, the side's own start included; or keep the best of n_init fits."""


class Gaussmix:
    """What is measured."""

    name = "gaussmix"
    families = frozenset({"full", "tied", "diag", "spherical"})
    slow = False

    def __init__(self, n_threads: int, pruning: str = "auto") -> None:
        self.n_threads = n_threads
        self.pruning = pruning

    def iterate(self, problem: Problem, n_iter: int) -> Outcome:
        """Do n_iter iterations."""
        s = problem.start
        start = gaussmix.Mixture(s.weights, s.means, s.covariances, problem.workload.family)
        return self._fit(problem.X, init=start, max_iter=n_iter, tol=0.0, reg_covar=0.0)

    def fit(self, X: Floats, K: int, family: str, seed: int, n_init: int = 1) -> Outcome:
        """Fit by default, or keep the best of n_init starts."""
        options = {"covariance_type": family, "random_state": seed, "n_init": n_init}
        return self._fit(X, n_components=K, reg_covar=RIDGE, **options)

    def _fit(self, X: Floats, **options: Any) -> Outcome:
        options |= {"n_threads": self.n_threads, "pruning": self.pruning}
        seconds, m = clock(lambda: gaussmix.fit(X, **options))
        parameters = Parameters(m.weights, m.means, m.covariances)
        return Outcome(seconds, m.n_iter, parameters, pairs=m.pairs)


def find_sides(n_threads: int, names: Collection[str] = ()) -> tuple[list[Side], list[str]]:
    """Find the sides that are installed, gaussmix first, and name those that are not.

    Parameters
    ----------
    n_threads : int
        For each of them.
    names : collection of str
        The sides that are wanted; all if empty.
    """
    found: list[Side] = []
    absent = []
    for kind in (Gaussmix, *PEERS):
        if not names or kind.name in names:
            try:
                found.append(kind(n_threads))
            except (ImportError, OSError):
                absent.append(kind.name)
    return found, absent


def optional(name: str) -> ModuleType | None:
    """Import a module that need not be there."""
    try:
        return importlib.import_module(name)
    except (ImportError, OSError):
        return None


def likelihood(X: Floats, p: Parameters, family: str, n_threads: int) -> float:
    """Mean log-likelihood a row of any side's parameters, by the same code for all."""
    mixture = gaussmix.Mixture(p.weights / p.weights.sum(), p.means, p.covariances, family)
    return mixture.score(X, n_threads=n_threads)
