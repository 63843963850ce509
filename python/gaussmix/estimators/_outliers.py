"""Outliers: rows that a mixture gives a low density, or that are far from every component."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import OutlierMixin

from gaussmix._arrays import Floats, Matrix, as_name, as_real
from gaussmix._mixture import Mixture
from gaussmix._prior import Prior

from ._base import shown_dtype
from ._features_in import keep_features
from ._fitting import FitsMixtures, weights_for

_METHODS = ("density", "mahalanobis", "noise")


class GaussianMixtureOutlierDetector(OutlierMixin, FitsMixtures):
    """Detect outliers by a Gaussian mixture of the rows.

    Parameters
    ----------
    n_components : int or sequence of int, default=1
        The number of components; of several numbers the best by BIC.
    covariance_type : str or sequence of str, default="full"
        The family, as in `gaussmix.fit`; of several the best by BIC; "all" or "plain" as in
        `gaussmix.select`.
    contamination : float or "auto", default=0.05
        The share of the rows of the fit that are outliers, in (0, 0.5]. "auto", only for "noise":
        rows that are more probably of the background than of a component.
    method : {"density", "mahalanobis", "noise"}, default="density"
        What a row is judged by: "density", the log-density of the mixture, so that rows between
        small or wide components are suspicious; "mahalanobis", the distance to the component that
        is nearest in its own deviations, however small or wide it is; "noise", the density of the
        components times the volume of a background that the fit has beside them (`noise` of
        `gaussmix.fit`), so that outliers do not distort the components. Not in variational Bayes.
    tol, reg_covar, max_iter, n_init, prior, effort
        As in `gaussmix.fit`. `n_init` counts for single choices alone.
    random_state : int, RandomState or None, default=None
        As in `GaussianMixture`.
    n_threads : int, optional
        Threads to use; by default OMP_NUM_THREADS, else the CPUs of this process.

    Attributes
    ----------
    mixture_ : Mixture
        The mixture of all rows, outliers included.
    offset_ : float
        The score that divides the rows of the fit as `contamination` says.
    n_iter_ : int
        The iterations of the fit.
    n_features_in_ : int
        The number of features.
    feature_names_in_ : ndarray of str
        Their names, if the table had any.

    Examples
    --------
    >>> import gaussmix
    >>> X, names = gaussmix.datasets.load_faithful()
    >>> d = gaussmix.GaussianMixtureOutlierDetector(2, random_state=0).fit(X)
    >>> d.predict([[2.0, 55.0], [3.0, 90.0]])
    array([ 1, -1])
    """

    def __init__(
        self,
        n_components: int | Sequence[int] = 1,
        *,
        covariance_type: str | Sequence[str] = "full",
        contamination: float | str = 0.05,
        method: str = "density",
        tol: float = 1e-3,
        reg_covar: float | None = None,
        max_iter: int = 100,
        n_init: int = 1,
        prior: str | Prior | None = None,
        effort: str = "normal",
        random_state: Any = None,
        n_threads: int | None = None,
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.contamination = contamination
        self.method = method
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.prior = prior
        self.effort = effort
        self.random_state = random_state
        self.n_threads = n_threads

    def fit(self, X: Any, y: Any = None, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Fit the mixture, and find the score that divides the rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The data.
        y : object, optional
            Ignored.
        sample_weight : array-like of shape (n_samples,), optional
            Non-negative weights: 2 counts a row twice, 0 leaves it out.

        Returns
        -------
        self : object
            The fitted detector.

        Raises
        ------
        ValueError
            If X has NaN or infinity (row and column are named), there are fewer rows than
            components, or a parameter is out of range.
        """
        del y
        share = None
        if self.contamination != "auto":
            share = as_real(self.contamination, "contamination")
            if not 0 < share <= 0.5:
                raise ValueError(
                    f"contamination={share} must be in (0, 0.5]: give a share of the rows"
                )
        if as_name(self.method, "method", _METHODS) not in _METHODS:
            raise ValueError(f"method={self.method!r} must be one of {', '.join(_METHODS)}")
        if share is None and self.method != "noise":
            raise ValueError(
                f"contamination='auto' is for method='noise', not {self.method!r}: give a share of "
                "the rows"
            )
        rows = self._rows_of_fit(X)
        weights = weights_for(sample_weight, len(rows.values))
        self.mixture_ = self._mixture_of(rows.values, weights, noise=self.method == "noise")
        self.n_iter_ = max(1, self.mixture_.n_iter)
        keep_features(self, rows)
        if share is None:
            with np.errstate(divide="ignore"):
                self.offset_ = float(np.log(self.mixture_.noise_weight))
        else:
            self.offset_ = _quantile(self._scores(rows), share, weights)
        return self

    # Use on data

    def score_samples(self, X: Any) -> npt.NDArray[np.floating[Any]]:
        """Return how ordinary each row is.

        Its log-density, minus its squared distance, or the logarithm of the density of the
        components times the volume of the background.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to judge.

        Returns
        -------
        ndarray of shape (n_samples,)
            The lower, the more suspicious.
        """
        rows = self._rows(X)
        return self._scores(rows).astype(shown_dtype(rows), copy=False)

    def decision_function(self, X: Any) -> npt.NDArray[np.floating[Any]]:
        """Return the scores minus `offset_`, (n_samples,): negative for outliers."""
        rows = self._rows(X)
        return (self._scores(rows) - self.offset_).astype(shown_dtype(rows), copy=False)

    def predict(self, X: Any) -> npt.NDArray[np.int64]:
        """Return 1 for ordinary rows and -1 for outliers, (n_samples,)."""
        return np.where(self._scores(self._rows(X)) < self.offset_, -1, 1)

    def _scores(self, rows: Matrix) -> Floats:
        if self.method == "density":
            return self.mixture_.score_samples(rows.values, n_threads=self.n_threads)
        if self.method == "noise":
            return _log_ratios(self.mixture_, rows, self.n_threads)
        return -_least_squared_distances(self.mixture_, rows, self.n_threads)


def _log_ratios(mixture: Mixture, rows: Matrix, n_threads: int | None) -> Floats:
    """Return log(V sum_k pi_k N(x; mu_k, Sigma_k)) of each row, for a background of volume V."""
    if mixture.noise is None or mixture.noise.log_volume is None:  # pragma: no cover  # it has one
        raise AssertionError
    share = float(mixture.weights.sum())
    weights = mixture.weights / share if share else np.full(mixture.n_components, 1.0)
    if not share:  # the background has all rows: those near what was a component come first
        weights, share = weights / len(weights), float(np.finfo(float).tiny)
    bare = Mixture(weights, mixture.means, mixture.covariances, mixture.covariance_type)
    found: Floats = bare.score_samples(rows.values, n_threads=n_threads)
    found += np.log(share) + mixture.noise.log_volume
    return found


def _least_squared_distances(mixture: Mixture, rows: Matrix, n_threads: int | None) -> Floats:
    """Return the least squared Mahalanobis distance of each row from a component, (n_rows,)."""
    least = np.full(len(rows.values), np.inf)
    for k in range(mixture.n_components):
        mean = mixture.means[k : k + 1]
        one = Mixture([1.0], mean, mixture.covariance_matrix(k)[np.newaxis])
        top = one.score_samples(mean)[0]
        squared = 2 * (top - one.score_samples(rows.values, n_threads=n_threads))
        np.minimum(least, squared, out=least)
    found: Floats = np.maximum(least, 0)
    return found


def _quantile(scores: Floats, share: float, weights: Floats | None) -> float:
    """Return the score below which `share` of the weight lies, or as much less as it must."""
    own = np.ones(len(scores)) if weights is None else weights
    order = np.argsort(scores, kind="stable")
    order = order[own[order] > 0]
    below = np.cumsum(own[order])
    wanted = share * below[-1] * (1 + 1e-12)  # a share of whole rows is one, whatever its rounding
    return float(scores[order[np.searchsorted(below[:-1], wanted, side="right")]])
