"""An imputer: missing values are filled in by a mixture that was fitted around them."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import TransformerMixin
from sklearn.impute import MissingIndicator
from sklearn.utils.validation import check_is_fitted

from gaussmix._arrays import Floats, Matrix
from gaussmix._numbers import place
from gaussmix._prior import Prior

from ._base import _generator, shown_dtype
from ._features_in import check_features, keep_features
from ._fitting import FitsMixtures, weights_for


class GaussianMixtureImputer(TransformerMixin, FitsMixtures):
    """Fill in missing values by a Gaussian mixture that was fitted around them.

    The mixture is fitted by exact EM to the values that are there (Ghahramani and Jordan 1994), and
    a missing value becomes its mean given the other values of its row, or a draw. With one
    component this is linear regression on all other features at once; more follow clusters and
    bends. See the how-to "Fit rows with missing values" for what it assumes.

    Parameters
    ----------
    n_components : int or sequence of int, default=1
        The number of components; of several numbers the best by BIC.
    missing_values : int or float, default=nan
        What stands for a missing value. With NaN, pandas' NA, None, null cells and masked entries
        do as well.
    covariance_type : str or sequence of str, default="full"
        The family, as in `gaussmix.fit`; of several the best by BIC; "all" or "plain" as in
        `gaussmix.select`. Families without correlations impute by the components alone.
    sample_posterior : bool, default=False
        Draw each missing value from its distribution given the row instead of taking the mean. Each
        `transform` draws anew: use it several times for multiple imputation.
    add_indicator : bool, default=False
        Append columns that are 1 where a value was missing, for features that lacked some in `fit`.
    keep_empty_features : bool, default=False
        Whether features without any value in `fit` are filled with zeros; otherwise they are
        dropped.
    tol, reg_covar, max_iter, n_init, prior, effort
        As in `gaussmix.fit`. `n_init` counts for single choices alone.
    random_state : int, RandomState or None, default=None
        As in `GaussianMixture`; for draws, too.
    n_threads : int, optional
        Threads to use; by default OMP_NUM_THREADS, else the CPUs of this process.

    Attributes
    ----------
    mixture_ : Mixture
        The mixture of the features that have values; its `impute` gives covariances and several
        draws at once.
    n_iter_ : int
        The iterations of the fit.
    indicator_ : sklearn.impute.MissingIndicator or None
        What appends columns, if `add_indicator`.
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
    >>> import numpy as np
    >>> from gaussmix import GaussianMixtureImputer
    >>> X = [[1.0, 2.0], [2.0, 4.1], [3.0, 5.9], [4.0, np.nan]]
    >>> GaussianMixtureImputer().fit_transform(X)[3].round(1)
    array([4. , 7.9])
    """

    _missing = "em"

    def __init__(
        self,
        n_components: int | Sequence[int] = 1,
        *,
        missing_values: Any = np.nan,
        covariance_type: str | Sequence[str] = "full",
        sample_posterior: bool = False,
        add_indicator: bool = False,
        keep_empty_features: bool = False,
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
        self.missing_values = missing_values
        self.covariance_type = covariance_type
        self.sample_posterior = sample_posterior
        self.add_indicator = add_indicator
        self.keep_empty_features = keep_empty_features
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.prior = prior
        self.effort = effort
        self.random_state = random_state
        self.n_threads = n_threads

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = _is_nan(self.missing_values)
        return tags

    def fit(self, X: Any, y: Any = None, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Fit the mixture around what is missing.

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
            The fitted imputer.

        Raises
        ------
        ValueError
            If X has infinity, or NaN beside another `missing_values`, or no value at all, fewer
            rows than components, or a parameter is out of range.
        """
        del y
        rows = self._with_nan(X)
        weights = weights_for(sample_weight, len(rows.values))
        counted = rows.values if weights is None else rows.values[weights > 0]
        has_values = ~np.isnan(counted).all(axis=0)
        if not has_values.any():
            raise ValueError("X has no value in any column: give rows with some")
        self.mixture_ = self._mixture_of(_columns(rows.values, has_values), weights)
        self.n_iter_ = max(1, self.mixture_.n_iter)
        self._has_values = has_values
        self._draws = _generator(self.random_state)
        keep_features(self, rows)
        self.indicator_ = None
        if self.add_indicator:
            self.indicator_ = MissingIndicator(error_on_new=False).fit(rows.values)
        return self

    def transform(self, X: Any) -> npt.NDArray[np.floating[Any]]:
        """Return rows with their missing values filled in.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows with the features of the fit.

        Returns
        -------
        ndarray of shape (n_samples, n_features_out)
            Features that have values in the fit (all with `keep_empty_features`), then the columns
            of the indicator. float32 where X is.
        """
        check_is_fitted(self)
        rows = self._with_nan(X)
        check_features(self, rows)
        filled = self._filled(_columns(rows.values, self._has_values))
        if self.keep_empty_features:
            whole = np.zeros(rows.values.shape)
            whole[:, self._has_values] = filled
            filled = whole
        if self.indicator_ is not None:
            filled = np.hstack([filled, self.indicator_.transform(rows.values)])
        return filled.astype(shown_dtype(rows), copy=False)

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[np.object_]:
        """Return the names of the columns that `transform` returns.

        Parameters
        ----------
        input_features : array-like of str, optional
            The names of the features of the fit; by default `feature_names_in_`, or x0, x1, ...

        Returns
        -------
        ndarray of str
            The names, those of the indicator's columns last.

        Raises
        ------
        ValueError
            If these are not the names of the fit, or not as many.
        """
        check_is_fitted(self)
        names = self._names_in(input_features)
        kept = names if self.keep_empty_features else names[self._has_values]
        if self.indicator_ is None:
            return kept
        return np.concatenate([kept, self.indicator_.get_feature_names_out(names)])

    def _names_in(self, given: Any) -> npt.NDArray[np.object_]:
        known = getattr(self, "feature_names_in_", None)
        if given is None:
            if known is not None:
                return np.asarray(known, dtype=object)
            return np.array([f"x{j}" for j in range(self.n_features_in_)], dtype=object)
        names = np.asarray(given, dtype=object)
        if known is not None and not np.array_equal(known, names):
            raise ValueError("input_features is not equal to feature_names_in_")
        if len(names) != self.n_features_in_:
            raise ValueError(
                f"input_features should have length equal to number of features "
                f"({self.n_features_in_}), got {len(names)}"
            )
        return names

    def _filled(self, values: Floats) -> Floats:
        if not self.sample_posterior:
            filled: Floats = self.mixture_.impute(values, n_threads=self.n_threads)
            return filled
        drawn: Floats = self.mixture_.impute(
            values, n_draws=1, random_state=self._draws, n_threads=self.n_threads
        )
        first: Floats = drawn[0]
        return first

    def _check_flags(self) -> None:
        for name in ("sample_posterior", "add_indicator", "keep_empty_features"):
            value = getattr(self, name)
            if not isinstance(value, (bool, np.bool_)):
                raise TypeError(f"{name}={value!r} must be True or False")

    def _with_nan(self, X: Any) -> Matrix:
        """Read rows, with NaN for what is missing."""
        self._check_flags()
        rows = self._read(X, missing=True)
        values = np.asarray(rows.values)
        if values.dtype.kind != "f":
            values = values.astype(np.float64)
        if not _is_nan(self.missing_values):
            given = self.missing_values
            if isinstance(given, bool) or not isinstance(given, numbers.Real):
                raise TypeError(
                    f"missing_values={self.missing_values!r} must be a number, or NaN: encode text "
                    "as numbers first"
                )
            absent = np.argwhere(np.isnan(values))
            if absent.size:
                raise ValueError(
                    f"X has NaN, a null or a masked entry at "
                    f"{place(absent[0].tolist(), rows.names)}, beside "
                    f"missing_values={self.missing_values!r}: write that there, or leave "
                    "missing_values at NaN"
                )
            values = np.where(values == self.missing_values, np.nan, values)
        infinite = np.argwhere(np.isinf(values))
        if infinite.size:
            raise ValueError(
                f"X has infinity at {place(infinite[0].tolist(), rows.names)}: remove the row, or "
                "mark the value as missing"
            )
        return Matrix(values, rows.names, rows.labels)


def _is_nan(value: Any) -> bool:
    """Return whether something stands for NaN: pandas' NA and None do, too."""
    if value is None or type(value).__name__ == "NAType":
        return True
    return isinstance(value, numbers.Real) and bool(np.isnan(float(value)))


def _columns(values: npt.NDArray[Any], chosen: npt.NDArray[np.bool_]) -> npt.NDArray[Any]:
    return values if chosen.all() else values[:, chosen]
