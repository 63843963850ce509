"""McLachlan's test of the number of components, by a bootstrap of the likelihood ratio."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _core
from ._arrays import as_count, as_matrix, as_weights, named_columns
from ._core_options import core_options
from ._covariance import label
from ._facts import facts_of
from ._missing import as_missing, holes_like
from ._mixture import make_mixture
from ._seeds import RandomState, seeded
from ._side_by_side import side_by_side

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LikelihoodRatioTest:
    """The test of K components against K + 1. Made by `gaussmix.likelihood_ratio_test`.

    Attributes
    ----------
    covariance_type : str
        The family.
    n_components : int
        K, the number of components under the hypothesis that is tested.
    statistic : float
        Twice the gain of log-likelihood from K to K + 1 components.
    replicates : ndarray of float64
        The statistic in samples of the mixture of K components.
    p_value : float
        (1 + replicates that are at least the statistic) / (1 + replicates).
    """

    covariance_type: str
    n_components: int
    statistic: float
    replicates: Floats

    @property
    def p_value(self) -> float:
        """The probability of a statistic at least as large if there are K components."""
        as_large = int((self.replicates >= self.statistic).sum())
        return (1 + as_large) / (1 + self.replicates.size)

    def __repr__(self) -> str:
        """Return hypothesis, statistic and p-value in a line."""
        family, k = label(self.covariance_type), self.n_components
        return (
            f"{family}: {k} against {k + 1} components: 2 log ratio {self.statistic:.4g}, "
            f"p = {self.p_value:.3g} ({self.replicates.size} replicates)"
        )


def likelihood_ratio_test(
    X: Any,
    covariance_type: str = "full",
    k: int = 1,
    n: int = 999,
    *,
    sample_weight: npt.ArrayLike | None = None,
    reg_covar: float | None = None,
    effort: str = "low",
    max_iter: int = 500,
    tol: float = 1e-5,
    random_state: RandomState = None,
    n_threads: int | None = None,
    missing: str = "error",
) -> LikelihoodRatioTest:
    """Test whether K components suffice, against K + 1 (McLachlan 1987).

    The likelihood ratio of mixtures does not follow a chi-squared distribution. Its distribution is
    therefore taken from samples of the mixture fitted with K components; both mixtures are fitted
    to each sample by the same search as to the rows.

    Parameters
    ----------
    X : array-like of shape (n_rows, n_features)
        The data.
    covariance_type : str, default="full"
        The family, by name or mclust's code.
    k : int, default=1
        K. For a sequence of tests raise it until the p-value is large.
    n : int, default=999
        The number of samples.
    sample_weight : array-like of shape (n_rows,), optional
        Weights of rows, which count them.
    reg_covar, max_iter, tol
        As in `gaussmix.select`.
    effort : {"low", "normal", "high"}, default="low"
        As in `gaussmix.select`, of each search.
    random_state : int, Generator, BitGenerator, SeedSequence, RandomState or None, default=None
        The same integer gives the same result, bit for bit, whatever the number of threads.
    n_threads : int, optional
        Threads to use; by default the CPUs of this process.
    missing : {"error", "em"}, default="error"
        "em": NaN, null cells and masked entries are missing values, as in `gaussmix.fit`; rows that
        are drawn lack what the rows lack.

    Returns
    -------
    LikelihoodRatioTest
        ``p_value``, ``statistic``, ``replicates``.

    Raises
    ------
    ValueError
        If an argument is out of range, or a fit of the rows is degenerate.

    References
    ----------
    G. J. McLachlan (1987), On bootstrapping the likelihood ratio test statistic for the number of
    components in a normal mixture. Applied Statistics 36, 318-324.

    Examples
    --------
    >>> import gaussmix
    >>> X, _ = gaussmix.datasets.load_faithful()
    >>> gaussmix.likelihood_ratio_test(X, "EEE", 1, n=19, random_state=0).p_value
    0.05
    """
    matrix = as_matrix(X, missing=as_missing(missing))
    weights = as_weights(sample_weight)
    n_components, n_samples = as_count(k, "k"), as_count(n, "n")
    if n_components < 1 or n_samples < 1:
        raise ValueError(f"k={n_components} and n={n_samples} must be at least 1")
    family = _core.family_name(covariance_type)

    with seeded(random_state) as seed, named_columns(matrix.names):

        def both(
            values: npt.NDArray[Any], own: Floats | None, number: int
        ) -> list[_core.CellFound]:
            options = core_options(
                1,
                family,
                max_iter=max_iter,
                tol=tol,
                reg_covar=reg_covar,
                prior=None,
                acceleration="auto",
                seed=(seed + number) % 2**64,
                effort=effort,
            )
            return _core.select(
                values,
                options,
                covariance_types=[family],
                n_components=[n_components, n_components + 1],
                sample_weight=own,
                allowed=[],
                max_fits=None,
                max_seconds=None,
                n_threads=1,
                instruction_set="",
                callback=None,
            )

        found = both(matrix.values, weights, 0)
        for _, count, _, _, why in found:
            if why:
                raise ValueError(
                    f"k={n_components}: the fit of {count} components may not be used ({why}): "
                    "test fewer components, or another covariance_type"
                )
        fitted = found[0][2]
        if fitted is None:  # unreachable: a missing fit has a reason
            raise RuntimeError("a fit without a reason is missing")
        null = make_mixture(fitted[0], facts_of(fitted[1]), None)
        rows = round(found[0][3][1])

        def replicate(index: int) -> float:
            own = (seed + index + 1) % 2**63
            sample, _ = null.sample(rows, own, n_threads=1)
            holed = holes_like(sample, matrix.values, weights, own)
            return _statistic(both(holed, None, index + 1))

        replicates = np.array(list(side_by_side(replicate, n_samples, n_threads)))
    return LikelihoodRatioTest(family, n_components, _statistic(found), replicates)


def _statistic(found: list[_core.CellFound]) -> float:
    """Return twice the gain from the first mixture to the second, at least zero."""
    fewer, more = (evidence[2] for _, _, _, evidence, _ in found)
    return max(2 * (more - fewer), 0.0)
