"""The other implementations of EM that gaussmix is measured against."""

from __future__ import annotations

import importlib
import os
import warnings
from typing import Any

import numpy as np

from .timing import Outcome, clock
from .workloads import Floats, Parameters, Problem


class ScikitLearn:
    """sklearn.mixture.GaussianMixture: what people use."""

    name = "scikit-learn"
    families = frozenset({"full", "tied", "diag", "spherical"})
    slow = True

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
    families = frozenset({"full", "diag"})
    slow = False

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
            covarianceStorage=_storage(family),
            engine=self._daal.engines_mt19937(fptype="double", seed=seed + 1),
        )
        run = self._em(K, family, maxIterations=100, accuracyThreshold=1e-3 * len(X))

        def fit() -> Any:
            init = start.compute(X)
            return run.compute(X, init.weights, init.means, init.covariances)

        seconds, result = clock(fit)
        return self._outcome(seconds, result, family)

    def _em(self, K: int, family: str, **options: Any) -> Any:
        storage = _storage(family)
        return self._daal.em_gmm(K, fptype="double", covarianceStorage=storage, **options)

    @staticmethod
    def _outcome(seconds: float, result: Any, family: str) -> Outcome:
        covariances = np.stack(result.covariances)
        if family == "diag":
            covariances = covariances[:, 0, :]
        parameters = Parameters(result.weights.ravel(), result.means, covariances)
        return Outcome(seconds, int(result.nIterations[0, 0]), parameters)


def _storage(family: str) -> str:
    return "full" if family == "full" else "diagonal"


class Mlpack:
    """mlpack's gmm_train. It takes a start but, as of 4.8, does not use it."""

    name = "mlpack"
    families = frozenset({"full"})
    slow = True

    def __init__(self, n_threads: int) -> None:
        os.environ["OMP_NUM_THREADS"] = str(n_threads)  # read when it is first imported
        self._mlpack: Any = importlib.import_module("mlpack")

    def iterate(self, problem: Problem, n_iter: int) -> Outcome:
        """Do n_iter iterations from a start of its own, whose cost cancels."""
        seconds, result = clock(
            lambda: self._mlpack.gmm_train(
                input_=problem.X,
                gaussians=problem.workload.K,
                max_iterations=n_iter + 1,  # it does one fewer
                kmeans_max_iterations=1,
                tolerance=0.0,
                seed=1,
            )
        )
        found = result["output_model"].get_cpp_params()["GMM"]
        parameters = Parameters(
            np.ravel(found["weights"]),
            np.stack([np.ravel(one["mean"]) for one in found["dists"]]),
            np.stack([one["covariance"] for one in found["dists"]]),
        )
        return Outcome(seconds, n_iter, parameters, "starts by itself")


PEERS = (ScikitLearn, OneDal, Mlpack)
