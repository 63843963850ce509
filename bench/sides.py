"""gaussmix and its peers behind the same two calls: some EM iterations, a whole fit."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Collection
from types import ModuleType
from typing import Any, Protocol

import numpy as np

import gaussmix

from .timing import Outcome, clock
from .workloads import Floats, Parameters, Problem

#: scikit-learn's default ridge, for every default fit: all then maximise the same likelihood.
RIDGE = 1e-6


class Side(Protocol):
    """One implementation of EM."""

    name: str
    families: frozenset[str]

    def iterate(self, problem: Problem, n_iter: int) -> Outcome:
        """Do n_iter iterations from the problem's start, without ridge and without stopping."""

    def fit(self, X: Floats, K: int, family: str, seed: int, n_init: int = 1) -> Outcome:
        """Fit by default, the side's own start included; or keep the best of n_init fits."""


def optional(name: str) -> ModuleType | None:
    """Import a module that need not be there."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def likelihood(X: Floats, p: Parameters, family: str, n_threads: int) -> float:
    """Mean log-likelihood a row of any side's parameters, by the same code for all."""
    weights = p.weights / p.weights.sum()
    mixture = gaussmix.Mixture(weights, p.means, p.covariances, family)
    return mixture.score(X, n_threads=n_threads)


class Gaussmix:
    """What is measured."""

    name = "gaussmix"
    module = "gaussmix"
    families = frozenset({"full", "tied", "diag", "spherical"})

    def __init__(self, n_threads: int) -> None:
        self.n_threads = n_threads

    def iterate(self, problem: Problem, n_iter: int) -> Outcome:
        """Do n_iter iterations."""
        s = problem.start
        start = gaussmix.Mixture(s.weights, s.means, s.covariances, problem.workload.family)
        return self._fit(problem.X, init=start, max_iter=n_iter, tol=0.0, reg_covar=0.0)

    def fit(self, X: Floats, K: int, family: str, seed: int, n_init: int = 1) -> Outcome:
        """Fit by default, or keep the best of n_init starts."""
        return self._fit(
            X,
            n_components=K,
            covariance_type=family,
            reg_covar=RIDGE,
            random_state=seed,
            n_init=n_init,
        )

    def _fit(self, X: Floats, **options: Any) -> Outcome:
        seconds, m = clock(lambda: gaussmix.fit(X, n_threads=self.n_threads, **options))
        return Outcome(seconds, m.n_iter, Parameters(m.weights, m.means, m.covariances))


class ScikitLearn:
    """sklearn.mixture.GaussianMixture: what people use."""

    name = "scikit-learn"
    module = "sklearn"
    families = Gaussmix.families

    def __init__(self, n_threads: int) -> None:
        self._mixture = importlib.import_module("sklearn.mixture").GaussianMixture
        # Held, or the limits end.
        self._limits = importlib.import_module("threadpoolctl").threadpool_limits(n_threads)

    def iterate(self, problem: Problem, n_iter: int) -> Outcome:
        """Do n_iter iterations."""
        w, start = problem.workload, problem.start
        matrices = w.family in {"full", "tied"}
        precisions = np.linalg.inv(start.covariances) if matrices else 1 / start.covariances
        estimator = self._mixture(
            w.K,
            covariance_type=w.family,
            weights_init=start.weights,
            means_init=start.means,
            precisions_init=precisions,
            max_iter=n_iter,
            tol=0.0,
            reg_covar=0.0,
        )
        return self._fit(estimator, problem.X)

    def fit(self, X: Floats, K: int, family: str, seed: int, n_init: int = 1) -> Outcome:
        """Fit by default."""
        options = {"covariance_type": family, "random_state": seed, "n_init": n_init}
        return self._fit(self._mixture(K, **options), X)

    def _fit(self, estimator: Any, X: Floats) -> Outcome:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it did not converge
            seconds, m = clock(lambda: estimator.fit(X))
        return Outcome(seconds, m.n_iter_, Parameters(m.weights_, m.means_, m.covariances_))


class OneDal:
    """Intel oneDAL through daal4py: the fastest of the others."""

    name = "oneDAL"
    module = "daal4py"
    families = frozenset({"full", "diag"})

    def __init__(self, n_threads: int) -> None:
        self._daal: Any = importlib.import_module("daal4py")
        self._daal.daalinit(n_threads)

    def iterate(self, problem: Problem, n_iter: int) -> Outcome:
        """Do n_iter iterations, or fewer: it stops early now and then."""
        w, s = problem.workload, problem.start
        covariances = list(s.covariances if w.family == "full" else s.covariances[:, None, :])
        run = self._em(w.K, w.family, maxIterations=n_iter, accuracyThreshold=0.0)
        seconds, result = clock(
            lambda: run.compute(problem.X, s.weights[None, :], s.means, covariances)
        )
        return self._outcome(seconds, result, w.family)

    def fit(self, X: Floats, K: int, family: str, seed: int, n_init: int = 1) -> Outcome:
        """Fit from its own start, the best of 20 short runs, and stop as the others do."""
        assert n_init == 1, "its start is one of many already"
        start = self._daal.em_gmm_init(
            K,
            fptype="double",
            covarianceStorage=self._storage(family),
            engine=self._daal.engines_mt19937(fptype="double", seed=seed + 1),
        )
        run = self._em(K, family, maxIterations=100, accuracyThreshold=1e-3 * len(X))

        def fit() -> Any:
            init = start.compute(X)
            return run.compute(X, init.weights, init.means, init.covariances)

        seconds, result = clock(fit)
        return self._outcome(seconds, result, family)

    @staticmethod
    def _storage(family: str) -> str:
        return "full" if family == "full" else "diagonal"

    def _em(self, K: int, family: str, **options: Any) -> Any:
        storage = self._storage(family)
        return self._daal.em_gmm(K, fptype="double", covarianceStorage=storage, **options)

    @staticmethod
    def _outcome(seconds: float, result: Any, family: str) -> Outcome:
        covariances = np.stack(result.covariances)
        if family == "diag":
            covariances = covariances[:, 0, :]
        parameters = Parameters(result.weights.ravel(), result.means, covariances)
        return Outcome(seconds, int(result.nIterations[0, 0]), parameters)


KINDS = (Gaussmix, ScikitLearn, OneDal)
NAMES = tuple(kind.name for kind in KINDS)


def find_sides(n_threads: int, names: Collection[str] = NAMES) -> tuple[list[Side], list[str]]:
    """Find those sides that are installed, gaussmix first, and name those that are not."""
    wanted = [kind for kind in KINDS if kind.name in names]
    found: list[Side] = [kind(n_threads) for kind in wanted if optional(kind.module)]
    return found, [kind.name for kind in wanted if not optional(kind.module)]
