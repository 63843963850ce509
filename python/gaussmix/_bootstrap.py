"""The uncertainty of the parameters of a fit, by resampling the rows."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from . import _core
from ._arrays import (
    Matrix,
    as_count,
    as_matrix,
    as_name,
    as_real,
    as_weights,
    check_names,
    named_columns,
)
from ._core_options import core_options
from ._covariance import of_components
from ._missing import holes_like
from ._mixture import Mixture, core_model, takes_holes
from ._prior import Prior
from ._seeds import RandomState, seeded
from ._side_by_side import side_by_side

Floats = npt.NDArray[np.float64]

KINDS = ("weighted", "nonparametric", "parametric", "jackknife")


class Parameters(NamedTuple):
    """One number for each parameter of a mixture, or n of them, such as replicates.

    Attributes
    ----------
    weights : ndarray of shape (K,), or (n, K)
        The numbers for the mixing proportions.
    means : ndarray of shape (K, d), or (n, K, d)
        The numbers for the means.
    covariances : ndarray, in the shape of the family, or with n in front
        The numbers for the covariances.
    noise_weight : ndarray of shape (), or (n,)
        Those for the weight of a background; 0 without one.
    """

    weights: Floats
    means: Floats
    covariances: Floats
    noise_weight: Floats


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """The parameters of a mixture in many resamples of its rows. Made by `gaussmix.bootstrap`.

    Attributes
    ----------
    mixture : Mixture
        The fit whose uncertainty is estimated.
    kind : str
        How rows were resampled.
    replicates : Parameters
        The parameters of each resample, with n as the first axis and the components in the
        mixture's order.
    n_failed : int
        The resamples left out because a component collapsed or lost its rows.
    """

    mixture: Mixture
    kind: str
    replicates: Parameters
    n_failed: int

    @property
    def standard_errors(self) -> Parameters:
        """The standard error of each parameter.

        The standard deviation of the replicates; for the jackknife, sqrt((n - 1) / n) times the
        root of their sum of squares about the mean (Efron and Tibshirani 1993, equation 11.5).
        """
        n = len(self.replicates.weights)
        scale = (n - 1) / math.sqrt(n) if self.kind == "jackknife" else 1.0
        return Parameters(*(scale * part.std(axis=0, ddof=1) for part in self.replicates))

    def intervals(self, level: float = 0.95) -> tuple[Parameters, Parameters]:
        """Return the lower and upper ends of a confidence interval for each parameter by itself.

        Parameters
        ----------
        level : float, default=0.95
            The probability, between 0 and 1.

        Returns
        -------
        lower, upper : Parameters
            Percentiles of the replicates; for the jackknife, normal intervals about the estimate.

        Raises
        ------
        ValueError
            If `level` is not between 0 and 1.
        """
        level = as_real(level, "level")
        if not 0 < level < 1:
            raise ValueError(f"level={level} must be between 0 and 1")
        outside = (1 - level) / 2
        if self.kind != "jackknife":
            ends = (outside, 1 - outside)
            lower, upper = (
                Parameters(*(np.quantile(part, end, axis=0) for part in self.replicates))
                for end in ends
            )
            return lower, upper
        width = NormalDist().inv_cdf(1 - outside)
        estimate = _parameters_of(self.mixture)
        pairs = list(zip(estimate, self.standard_errors, strict=True))
        return (
            Parameters(*(value - width * error for value, error in pairs)),
            Parameters(*(value + width * error for value, error in pairs)),
        )

    def __repr__(self) -> str:
        """Return weights and means with their standard errors and 95 % intervals."""
        n = len(self.replicates.weights)
        failed = f", {self.n_failed} left out" if self.n_failed else ""
        lines = [
            f"Bootstrap ({self.kind}): {n} replicates{failed}",
            f"{'':<14}{'estimate':>12}{'error':>12}{'2.5 %':>12}{'97.5 %':>12}",
        ]
        lower, upper = self.intervals()
        errors, estimate = self.standard_errors, _parameters_of(self.mixture)
        names = self.mixture.feature_names or [f"x{j}" for j in range(self.mixture.n_features)]

        def line(name: str, *values: float) -> str:
            return f"{name:<14}" + "".join(f"{value:>12.4g}" for value in values)

        for k in range(min(self.mixture.n_components, 12)):
            of_weights = (part.weights[k] for part in (estimate, errors, lower, upper))
            lines.append(line(f"{k} weight", *of_weights))
            for j, name in list(enumerate(names))[:6]:
                of_means = (part.means[k, j] for part in (estimate, errors, lower, upper))
                lines.append(line(f"{k} {name}"[:13], *of_means))
        if self.mixture.noise is not None:
            of_noise = (float(part.noise_weight) for part in (estimate, errors, lower, upper))
            lines.append(line("noise weight", *of_noise))
        return "\n".join(lines)


def bootstrap(
    mixture: Mixture,
    X: Any,
    n: int = 999,
    kind: str = "weighted",
    *,
    sample_weight: npt.ArrayLike | None = None,
    prior: str | Prior | None = None,
    reg_covar: float | None = None,
    max_iter: int = 500,
    tol: float = 1e-5,
    random_state: RandomState = None,
    n_threads: int | None = None,
) -> Bootstrap:
    """Return the uncertainty of the parameters of a fit, by resampling its rows.

    Each resample is fitted from the mixture itself, with its background if it has one, and its
    components are matched with the mixture's by their cross-entropies. Rows are resampled by
    weighting them, not by copying.

    Parameters
    ----------
    mixture : Mixture
        The fit.
    X : array-like of shape (n_rows, n_features)
        The rows that it was fitted to, with their missing values; rows drawn from the mixture lack
        what these lack.
    n : int, default=999
        The number of resamples; the jackknife has one for each row.
    kind : {"weighted", "nonparametric", "parametric", "jackknife"}, default="weighted"
        "weighted": each row gets a weight from an exponential distribution, and the weights are
        scaled to sum to the total weight (Newton and Raftery 1994; for mixtures, O'Hagan, Murphy,
        Scrucca and Gormley 2019). Unlike "nonparametric", this loses no rows, so that few
        components collapse. "nonparametric": rows are drawn with replacement (Efron 1979).
        "parametric": rows are drawn from the mixture. "jackknife": each row is left out once.
    sample_weight : array-like of shape (n_rows,), optional
        The weights that it was fitted with, which count rows. Not with "jackknife".
    prior, reg_covar, max_iter, tol
        As in `gaussmix.fit`: give those of the fit.
    random_state : int, Generator, BitGenerator, SeedSequence, RandomState or None, default=None
        The same integer gives the same result, bit for bit, whatever the number of threads.
    n_threads : int, optional
        Threads to use; by default the CPUs of this process.

    Returns
    -------
    Bootstrap
        ``standard_errors``, ``intervals(0.95)``, ``replicates``.

    Raises
    ------
    ValueError
        If an argument is out of range, X does not fit the mixture, or fewer than two resamples
        could be fitted.

    References
    ----------
    M. A. Newton and A. E. Raftery (1994), Approximate Bayesian inference with the weighted
    likelihood bootstrap. Journal of the Royal Statistical Society B 56, 3-48.

    A. O'Hagan, T. B. Murphy, L. Scrucca and I. C. Gormley (2019), Investigation of parameter
    uncertainty in clustering using a Gaussian mixture model via jackknife, bootstrap and weighted
    likelihood bootstrap. Computational Statistics 34, 1779-1813.

    Examples
    --------
    >>> import gaussmix
    >>> X, _ = gaussmix.datasets.load_faithful()
    >>> m = gaussmix.fit(X, 2, random_state=0)
    >>> b = gaussmix.bootstrap(m, X, 99, random_state=0)
    >>> b.standard_errors.means.shape
    (2, 2)
    """
    if as_name(kind, "kind", KINDS) not in KINDS:
        raise ValueError(f"kind={kind!r} must be one of {', '.join(map(repr, KINDS))}")
    matrix = as_matrix(X, missing=takes_holes(mixture))
    check_names(matrix, mixture.feature_names)
    weights = as_weights(sample_weight)
    if kind == "jackknife" and weights is not None:
        raise ValueError(
            "sample_weight does not go with kind='jackknife', which leaves out whole rows: give "
            "another kind"
        )
    count = matrix.values.shape[0] if kind == "jackknife" else as_count(n, "n")
    if count < 2:
        raise ValueError(f"n={count} must be at least 2")
    options = core_options(
        mixture.n_components,
        mixture.covariance_type,
        max_iter=max_iter,
        tol=tol,
        reg_covar=reg_covar,
        prior=prior,
        acceleration="auto",
        start=mixture,
    )
    start = core_model(mixture)
    cost = _cross_entropies(mixture)
    with seeded(random_state) as seed, named_columns(matrix.names):
        rows = _resampling(kind, mixture, matrix, weights, seed)

        def fitted(index: int) -> Parameters | None:
            values, own = rows(index)
            model, facts = _core.fit(
                values,
                options,
                sample_weight=own,
                allowed=None,
                start=start,
                n_threads=1,
                instruction_set="",
                callback=None,
            )
            if facts["collapsed"] or not model.weights.all():
                return None
            order = np.array(_core.assignment(-cost(model)))
            of_family = of_components(model.covariances, mixture.covariance_type, order)
            share = np.asarray(0.0 if model.noise is None else model.noise[0], dtype=np.float64)
            return Parameters(model.weights[order], model.means[order], of_family, share)

        found = list(side_by_side(fitted, count, n_threads))
    kept = [parameters for parameters in found if parameters is not None]
    if len(kept) < 2:
        raise ValueError(
            f"{len(found) - len(kept)} of {len(found)} resamples lost a component: fit fewer "
            "components, or with a prior"
        )
    replicates = Parameters(*(np.stack(parts) for parts in zip(*kept, strict=True)))
    return Bootstrap(mixture, kind, replicates, len(found) - len(kept))


def _parameters_of(mixture: Mixture) -> Parameters:
    share = np.asarray(mixture.noise_weight, dtype=np.float64)
    return Parameters(mixture.weights, mixture.means, mixture.covariances, share)


_Rows = tuple[npt.NDArray[Any], Floats | None]


def _resampling(
    kind: str, mixture: Mixture, matrix: Matrix, weights: Floats | None, seed: int
) -> Callable[[int], _Rows]:
    """Return a function that gives the rows and weights of each resample."""
    values = matrix.values
    n_rows = values.shape[0]
    base = np.ones(n_rows) if weights is None else weights
    total = float(base.sum())

    def weighted(index: int) -> _Rows:
        drawn = base * np.random.default_rng((seed, index)).exponential(size=n_rows)
        return values, drawn * (total / drawn.sum())

    def nonparametric(index: int) -> _Rows:
        counts = np.random.default_rng((seed, index)).multinomial(round(total), base / total)
        return values, counts.astype(np.float64)

    def parametric(index: int) -> _Rows:
        # A seed of its own for each, as integers that the core takes.
        own = int(np.random.default_rng((seed, index)).integers(2**63))
        drawn = mixture.sample(max(round(total), 1), own, n_threads=1)[0]
        return holes_like(drawn, values, weights, own), None

    def jackknife(index: int) -> _Rows:
        kept = np.ones(n_rows)
        kept[index] = 0.0
        return values, kept

    by_kind = {
        "weighted": weighted,
        "nonparametric": nonparametric,
        "parametric": parametric,
        "jackknife": jackknife,
    }
    return by_kind[kind]


def _cross_entropies(mixture: Mixture) -> Callable[[_core.Model], Floats]:
    """Return a function of another mixture: its components' cross-entropies, up to constants.

    Entry (j, k) of its result is for component k of that mixture under component j of `mixture`.
    """
    places = range(mixture.n_components)
    precisions = np.stack([np.linalg.inv(mixture.covariance_matrix(j)) for j in places])
    logs = np.linalg.slogdet(precisions)[1]

    def cost(model: _core.Model) -> Floats:
        steps = model.means[np.newaxis] - mixture.means[:, np.newaxis]
        every = list(range(mixture.n_features))
        matrices = np.stack([model.covariance_matrix(k, every) for k in places])
        spread = np.einsum("jab,kab->jk", precisions, matrices)
        away = np.einsum("jka,jab,jkb->jk", steps, precisions, steps)
        result: Floats = spread + away - logs[:, np.newaxis]
        return result

    return cost
