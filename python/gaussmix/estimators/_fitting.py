"""What estimators that use mixtures share: the options of fits, and their rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from sklearn.utils import check_array
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import assert_all_finite, check_is_fitted, column_or_1d

from gaussmix._arrays import Floats, Matrix, as_count, as_matrix, as_weights
from gaussmix._covariance import among
from gaussmix._fit import fit
from gaussmix._missing import advising
from gaussmix._mixture import Mixture
from gaussmix._prior import Prior
from gaussmix._select import select
from gaussmix._summary import summarize

from ._base import _random
from ._features_in import check_features

_REMEDY = "remove such rows, or fill in what is missing with GaussianMixtureImputer first"


class FitsMixtures(BaseEstimator):
    """The base of estimators that fit mixtures to use them: options, rows, the choice by BIC.

    A subclass has the attributes below as parameters.
    """

    n_components: Any
    covariance_type: Any
    tol: float
    reg_covar: float | None
    max_iter: int
    n_init: int
    prior: str | Prior | None
    effort: str
    random_state: Any
    n_threads: int | None

    #: What NaN stands for, as `gaussmix.fit` has it.
    _missing = "error"

    def _rows_of_fit(self, X: Any) -> Matrix:
        """Read the rows of a fit; refuse what is not finite, by row and column."""
        rows = self._read(X)
        self._check_finite(rows)
        return rows

    def _rows(self, X: Any) -> Matrix:
        """Read rows to be used, which must have the features of the fit."""
        check_is_fitted(self)
        rows = self._read(X)
        check_features(self, rows)
        with np.errstate(all="ignore"):
            is_finite = np.isfinite(rows.values.sum())
        if not is_finite:  # or the sum overflows
            self._check_finite(rows)
        return rows

    def _check_finite(self, rows: Matrix) -> None:
        with advising(_REMEDY):
            summarize(rows, n_threads=self.n_threads)

    def _read(self, X: Any, *, missing: bool = False) -> Matrix:
        """Read rows, of which there must be some."""
        with advising(_REMEDY):
            rows = as_matrix(X, missing=missing)
        if rows.values.size == 0:
            check_array(rows.values, estimator=self, input_name="X")
        return rows

    def _check_given(self, y: Any) -> None:
        """Raise if there are no targets."""
        if y is None:
            raise ValueError(
                f"This {type(self).__name__} estimator requires y to be passed, but the target y "
                "is None"
            )

    def _labels(self, y: Any, n_rows: int) -> npt.NDArray[Any]:
        """Read one label for each row."""
        self._check_given(y)
        labels: npt.NDArray[Any] = column_or_1d(y, warn=True)
        if labels.dtype.kind == "O":
            for row, label in enumerate(labels):
                if label is None:
                    raise ValueError(
                        f"y has None at row {row}: give the class of each row, or leave the row out"
                    )
        assert_all_finite(labels, input_name="y", estimator_name=type(self).__name__)
        if len(labels) != n_rows:
            raise ValueError(f"y has {len(labels)} labels, but X has {n_rows} rows")
        return labels

    def _mixture_of(
        self,
        values: npt.NDArray[Any],
        sample_weight: Floats | None,
        what: str = "",
        *,
        noise: bool = False,
        **others: Any,
    ) -> Mixture:
        """Fit a mixture, perhaps with a background; of several choices, the best by BIC.

        `others` take the place of the estimator's own prior, random_state and n_threads.
        """
        n_rows = len(values)
        prior = others.get("prior", self.prior)
        numbers, families = self._choices(*values.shape, has_prior=prior is not None)
        numbers = [k for k in numbers if k <= n_rows] or numbers
        if numbers[0] > n_rows:
            raise ValueError(
                f"n_components={numbers[0]} needs as many rows{what}, but there are n_samples = "
                f"{n_rows}: lower n_components or add rows"
            )
        options: dict[str, Any] = {
            "sample_weight": sample_weight,
            "tol": self.tol,
            "reg_covar": self.reg_covar,
            "max_iter": self.max_iter,
            "prior": self.prior,
            "noise": noise or None,
            "effort": self.effort,
            "n_threads": self.n_threads,
            **others,
        }
        options.setdefault("random_state", _random(self.random_state))
        if len(numbers) == len(families) == 1:
            return fit(
                values,
                numbers[0],
                covariance_type=families[0],
                n_init=self.n_init,
                missing=self._missing,
                **options,
            )
        return select(
            values, numbers, covariance_types=families, missing=self._missing, **options
        ).best

    def _choices(
        self, n_rows: int, n_features: int, *, has_prior: bool
    ) -> tuple[list[int], list[str]]:
        """Return the numbers of components and the families to choose from, for so many rows."""
        given = self.n_components
        several = isinstance(given, Iterable) and not isinstance(given, str)
        numbers = [as_count(k, "n_components") for k in (given if several else [given])]
        if not numbers or min(numbers) < 1:
            raise ValueError(f"n_components={given} must be at least 1, or several such numbers")
        names = among(self.covariance_type, n_rows, n_features, has_prior=has_prior)
        if not names:
            raise ValueError("covariance_type is empty: give a family, or several to choose from")
        return sorted(set(numbers)), names


def classes_of(labels: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    """Return the classes, in order, and the number of that of each row.

    Raises
    ------
    ValueError
        If these are no classes, or are of types that have no order, as numbers and text.
    """
    if labels.dtype.kind == "O":
        try:
            np.unique(labels)
        except TypeError:
            kinds = sorted({type(label).__name__ for label in labels})
            raise ValueError(
                f"y has classes of several types, {', '.join(kinds)}: give one type, as by "
                "numpy.asarray(y, str)"
            ) from None
    check_classification_targets(labels)
    return np.unique(labels, return_inverse=True)


def weights_for(sample_weight: Any, n_rows: int) -> Floats | None:
    """Read one weight for each row.

    Raises
    ------
    ValueError
        If there are not as many, one is negative or not finite, or none is positive.
    """
    weights = as_weights(sample_weight)
    if weights is None:
        return None
    if len(weights) != n_rows:
        raise ValueError(f"sample_weight has {len(weights)} weights, but X has {n_rows} rows")
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise ValueError(
            "sample_weight must be finite and not negative: 2 counts a row twice, 0 leaves it out"
        )
    if not weights.any():
        raise ValueError("sample_weight has only weights of zero: give some rows a positive weight")
    return weights
