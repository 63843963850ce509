"""Regression by the conditional distribution of a mixture of features and targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import MultiOutputMixin, RegressorMixin
from sklearn.utils.validation import check_array

from gaussmix._arrays import Floats, as_floats
from gaussmix._prior import Prior
from gaussmix.parts._conditional import Conditional

from ._features_in import keep_features
from ._fitting import FitsMixtures, weights_for


class GaussianMixtureRegressor(MultiOutputMixin, RegressorMixin, FitsMixtures):
    """Regression with a Gaussian mixture of features and targets together.

    Predictions are means of the targets given the features (Ghahramani and Jordan 1994): piecewise
    linear, joined smoothly. The whole distribution given the features comes along: deviations that
    differ from row to row, and quantiles.

    Parameters
    ----------
    n_components : int or sequence of int, default=3
        The number of components; of several numbers the best by BIC. One is linear regression.
    covariance_type : str or sequence of str, default="full"
        The family, as in `gaussmix.fit`; of several the best by BIC; "all" or "plain" as in
        `gaussmix.select`. Families without correlations predict by the components alone.
    tol, reg_covar, max_iter, n_init, prior, effort
        As in `gaussmix.fit`. `n_init` counts for single choices alone.
    random_state : int, RandomState or None, default=None
        As in `GaussianMixture`.
    n_threads : int, optional
        Threads to use; by default OMP_NUM_THREADS, else the CPUs of this process.

    Attributes
    ----------
    mixture_ : Mixture
        The mixture of features and targets, targets last.
    n_targets_ : int
        The number of targets.
    n_iter_ : int
        The iterations of the fit.
    n_features_in_ : int
        The number of features.
    feature_names_in_ : ndarray of str
        Their names, if the table had any.

    References
    ----------
    Z. Ghahramani and M. I. Jordan (1994), Supervised learning from incomplete data via an EM
    approach. Advances in Neural Information Processing Systems 6, 120-127.

    Examples
    --------
    >>> import gaussmix
    >>> X, names = gaussmix.datasets.load_faithful()
    >>> r = gaussmix.GaussianMixtureRegressor(2, random_state=0).fit(X[:, 1:], X[:, 0])
    >>> r.predict([[50.0], [80.0]]).round(1)
    array([1.9, 4.3])
    """

    def __init__(
        self,
        n_components: int | Sequence[int] = 3,
        *,
        covariance_type: str | Sequence[str] = "full",
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
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.prior = prior
        self.effort = effort
        self.random_state = random_state
        self.n_threads = n_threads

    def fit(self, X: Any, y: Any, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Fit a mixture to features and targets.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The features.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            The targets.
        sample_weight : array-like of shape (n_samples,), optional
            Non-negative weights: 2 counts a row twice, 0 leaves it out.

        Returns
        -------
        self : object
            The fitted regressor.

        Raises
        ------
        ValueError
            If X or y has NaN or infinity, there are fewer rows than components, or a parameter is
            out of range.
        """
        rows = self._rows_of_fit(X)
        array = self._read_targets(y, len(rows.values))
        targets = array.reshape(len(array), -1)
        weights = weights_for(sample_weight, len(targets))
        joint = np.column_stack([rows.values.astype(targets.dtype, copy=False), targets])
        self.mixture_ = self._mixture_of(joint, weights)
        self._flat = array.ndim == 1
        self.n_targets_ = targets.shape[1]
        self.n_iter_ = max(1, self.mixture_.n_iter)
        keep_features(self, rows)
        return self

    def _read_targets(self, y: Any, n_rows: int) -> Floats:
        self._check_given(y)
        how = {"ensure_2d": False, "dtype": np.float64, "input_name": "y", "estimator": self}
        try:
            array = check_array(y, **how)
        except ValueError:
            as_floats(y, "y")  # names the row of a text
            raise
        if array.ndim > 2:
            raise ValueError(f"y has shape {array.shape}: give one row of targets for each row")
        if len(array) != n_rows:
            raise ValueError(f"y has {len(array)} rows, but X has {n_rows}: give one for each")
        targets: Floats = array
        return targets

    # Use on data

    def conditional(self, X: Any) -> Conditional:
        """Return the distribution of the targets given each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The features.

        Returns
        -------
        Conditional
            Its mean, covariance, quantiles, densities and draws.
        """
        rows = self._rows(X)
        return self.mixture_.conditional(
            rows.values, given=range(self.n_features_in_), n_threads=self.n_threads
        )

    def predict(self, X: Any, return_std: bool = False) -> Any:
        """Return the mean of the targets given each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The features.
        return_std : bool, default=False
            Return standard deviations as well.

        Returns
        -------
        mean : ndarray of shape (n_samples,) or (n_samples, n_targets)
            In the shape of y.
        std : ndarray of the same shape
            Only with `return_std`: of the targets given the row, noise included.
        """
        given = self.conditional(X)
        mean = self._shaped(given.mean())
        return (mean, self._shaped(given.standard_deviation())) if return_std else mean

    def predict_quantiles(self, X: Any, q: npt.ArrayLike = (0.05, 0.5, 0.95)) -> Floats:
        """Return quantiles of each target given each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The features.
        q : float or array-like of float, default=(0.05, 0.5, 0.95)
            Probabilities from 0 to 1.

        Returns
        -------
        ndarray of the shape of y
            With one more axis, the last, for several q.
        """
        rows = self._rows(X)
        d = self.n_features_in_
        found = [
            self.mixture_.marginal([*range(d), d + t])
            .conditional(rows.values, given=range(d), n_threads=self.n_threads)
            .quantile(q)
            for t in range(self.n_targets_)
        ]
        return found[0] if self._flat else np.stack(found, axis=1)

    def _shaped(self, values: Floats) -> Floats:
        return values[:, 0] if self._flat else values
