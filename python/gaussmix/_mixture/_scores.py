"""What a mixture says about rows: labels, responsibilities, densities and criteria."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, overload

import numpy as np
import numpy.typing as npt

from gaussmix import _core
from gaussmix._arrays import (
    Floats,
    Matrix,
    as_matrix,
    as_threads,
    as_weights,
    check_names,
    named_columns,
)
from gaussmix._batches import Batches, as_batches, check_no_weights, of_batches
from gaussmix._collapse import collapsed_in_words
from gaussmix._facts import HasCourse
from gaussmix._missing import as_missing
from gaussmix._warnings import DegenerateWarning, warn


class ScoresRows(HasCourse):
    """The methods of a mixture that read rows."""

    _model: _core.Model

    @overload
    def predict(
        self, X: Batches, *, n_threads: int | None = None, missing: str | None = None
    ) -> Iterator[npt.NDArray[np.int64]]: ...
    @overload
    def predict(
        self, X: Any, *, n_threads: int | None = None, missing: str | None = None
    ) -> npt.NDArray[np.int64]: ...

    def predict(self, X: Any, *, n_threads: int | None = None, missing: str | None = None) -> Any:
        """Return the label of each row's most probable component.

        Parameters
        ----------
        X : array-like of shape (n_rows, d), or Batches
            Rows to assign. For `Batches`, the result is an iterator of arrays, one per batch, in
            order.
        n_threads : int, optional
            Threads to use; by default OMP_NUM_THREADS, else the CPUs of this process.
        missing : {"error", "em"}, optional
            "em": NaN and masked entries are missing values, and rows are judged by the features
            that they have. By default as in the fit.

        Returns
        -------
        ndarray of int64, shape (n_rows,)
            Labels from 0; the first of several equally probable ones. -1: the background.

        Raises
        ------
        ValueError
            If X has NaN, infinity, a masked entry or text (row and column are named), the wrong
            shape, or columns with other names or in another order than it was fitted to.
        """
        return self._for_rows(X, self._model.predict, n_threads, missing)

    @overload
    def predict_proba(
        self, X: Batches, *, n_threads: int | None = None, missing: str | None = None
    ) -> Iterator[Floats]: ...
    @overload
    def predict_proba(
        self, X: Any, *, n_threads: int | None = None, missing: str | None = None
    ) -> Floats: ...

    def predict_proba(
        self, X: Any, *, n_threads: int | None = None, missing: str | None = None
    ) -> Any:
        """Return the responsibilities p(component k | row).

        Parameters and errors as in `predict`.

        Returns
        -------
        ndarray of float64, shape (n_rows, K)
            Each row sums to 1. With a background (`noise`) one more column, the last, is its.
        """
        return self._for_rows(X, self._model.predict_proba, n_threads, missing)

    @overload
    def score_samples(
        self, X: Batches, *, n_threads: int | None = None, missing: str | None = None
    ) -> Iterator[Floats]: ...
    @overload
    def score_samples(
        self, X: Any, *, n_threads: int | None = None, missing: str | None = None
    ) -> Floats: ...

    def score_samples(
        self, X: Any, *, n_threads: int | None = None, missing: str | None = None
    ) -> Any:
        """Return the log-density of each row, in nats.

        Parameters and errors as in `predict`.

        Returns
        -------
        ndarray of float64, shape (n_rows,)
            log p(x) of each row.
        """
        return self._for_rows(X, self._model.score_samples, n_threads, missing)

    def score(
        self,
        X: Any,
        *,
        sample_weight: npt.ArrayLike | None = None,
        n_threads: int | None = None,
        missing: str | None = None,
    ) -> float:
        """Return the mean log-density per row, in nats.

        Parameters
        ----------
        X : array-like of shape (n_rows, d), or Batches
            Rows to score.
        sample_weight : array-like of shape (n_rows,), optional
            A weight for each row, non-negative. Those of `Batches` come with the batches.
        n_threads : int, optional
            As in `predict`.
        missing : {"error", "em"}, optional
            As in `predict`.

        Returns
        -------
        float
            sum_i w_i log p(x_i) / sum_i w_i.
        """
        if as_batches(X) is not None:
            _, total_weight, log_likelihood, _ = evidence_of(
                self, X, sample_weight, n_threads, missing
            )
            if total_weight == 0:
                raise ValueError("X has no rows of positive weight: give at least one")
            return log_likelihood / total_weight
        matrix = self._matrix(X, missing)
        weights = as_weights(sample_weight)
        with named_columns(matrix.names):
            return self._model.score(matrix.values, weights, as_threads(n_threads))

    def bic(
        self,
        X: Any,
        *,
        sample_weight: npt.ArrayLike | None = None,
        n_threads: int | None = None,
        missing: str | None = None,
    ) -> float:
        """Return the Bayesian information criterion, -2 log L + p log n (Schwarz 1978).

        Smaller is better.

        Parameters
        ----------
        X : array-like of shape (n_rows, d), or Batches
            The rows that the mixture was fitted to.
        sample_weight : array-like of shape (n_rows,), optional
            The weights that it was fitted with: a row counts as many times as its weight says, and
            n is the sum of the weights. Weights that are shares do not determine n: scale them to
            sum to the number of rows.
        n_threads : int, optional
            As in `predict`.
        missing : {"error", "em"}, optional
            As in `predict`.

        Returns
        -------
        float
            -2 sum_i w_i log p(x_i) + p log sum_i w_i, p being `n_parameters`.

        Raises
        ------
        ValueError
            As in `predict`; or if the weights of several rows sum to less than 2.

        Warns
        -----
        DegenerateWarning
            If a component has collapsed (`degenerate`): the number is then meaningless and must not
            be compared.
        """
        self._warn_if_degenerate("BIC")
        return criteria_of(self, X, sample_weight, n_threads, missing).bic

    def aic(
        self,
        X: Any,
        *,
        sample_weight: npt.ArrayLike | None = None,
        n_threads: int | None = None,
        missing: str | None = None,
    ) -> float:
        """Return Akaike's information criterion, -2 log L + 2 p (Akaike 1974).

        Parameters, errors and warnings as in `bic`. Smaller is better.
        """
        self._warn_if_degenerate("AIC")
        return criteria_of(self, X, sample_weight, n_threads, missing).aic

    def icl(
        self,
        X: Any,
        *,
        sample_weight: npt.ArrayLike | None = None,
        n_threads: int | None = None,
        missing: str | None = None,
    ) -> float:
        """Return the integrated completed likelihood (Biernacki, Celeux and Govaert 2000).

        BIC - 2 sum_i w_i log max_k p(k | x_i): BIC with a penalty for overlap. Smaller is better.
        Parameters, errors and warnings as in `bic`.
        """
        self._warn_if_degenerate("ICL")
        return criteria_of(self, X, sample_weight, n_threads, missing).icl

    def _matrix(self, X: Any, missing: str | None = None) -> Matrix:
        """Read rows for this mixture; named columns must have its feature names."""
        matrix = as_matrix(X, missing=takes_holes(self, missing))
        check_names(matrix, self._feature_names)
        return matrix

    def _for_rows(
        self,
        X: Any,
        compute: Callable[[npt.NDArray[Any], int], npt.NDArray[Any]],
        n_threads: int | None,
        missing: str | None,
    ) -> Any:
        """Compute something for each row; for batches, one batch after another."""
        threads = as_threads(n_threads)
        batches = as_batches(X)
        if batches is not None:
            of_none = compute(self._model.means[:1], threads)[:0]
            return of_batches(
                batches,
                self,
                lambda rows, _: compute(rows, threads),
                of_none,
                missing=takes_holes(self, missing),
            )
        matrix = self._matrix(X, missing)
        with named_columns(matrix.names):
            return compute(matrix.values, threads)

    def _warn_if_degenerate(self, criterion: str) -> None:
        if self.degenerate:
            warn(
                f"{criterion} is meaningless here: {collapsed_in_words(self.collapsed)}. Leave "
                "this mixture out of the choice, or fit it with a prior, fewer components or "
                "another covariance_type",
                DegenerateWarning,
            )


def takes_holes(mixture: ScoresRows, missing: str | None = None) -> bool:
    """Return whether NaN stands for missing values in rows for a mixture: as in its fit."""
    return mixture._facts.missing if missing is None else as_missing(missing)  # noqa: SLF001


class Criteria(NamedTuple):
    """Criteria to choose a mixture by; smaller is better."""

    bic: float
    aic: float
    icl: float


def criteria_of(
    mixture: ScoresRows,
    X: Any,
    sample_weight: npt.ArrayLike | None,
    n_threads: int | None = None,
    missing: str | None = None,
) -> Criteria:
    """Return all criteria in one read of the rows, without a warning."""
    return criteria_from(mixture, evidence_of(mixture, X, sample_weight, n_threads, missing))


def criteria_from(mixture: ScoresRows, evidence: _core.Evidence) -> Criteria:
    """Return all criteria from the sums that they need."""
    return Criteria(*mixture._model.criteria(evidence))  # noqa: SLF001


def evidence_of(
    mixture: ScoresRows,
    X: Any,
    sample_weight: npt.ArrayLike | None,
    n_threads: int | None,
    missing: str | None = None,
) -> _core.Evidence:
    """Return the sums that criteria need: rows, weight, log-likelihood, log top probability."""
    threads = as_threads(n_threads)
    compute = mixture._model.evidence  # noqa: SLF001
    batches = as_batches(X)
    if batches is not None:
        check_no_weights(sample_weight)
        nothing = (0, 0.0, 0.0, 0.0)
        parts = of_batches(
            batches,
            mixture,
            lambda rows, weights: (
                nothing if _none_count(weights) else compute(rows, weights, threads)
            ),
            nothing,
            missing=takes_holes(mixture, missing),
        )
        return sum_of(parts)
    matrix = mixture._matrix(X, missing)  # noqa: SLF001
    weights = as_weights(sample_weight)
    with named_columns(matrix.names):
        return compute(matrix.values, weights, threads)


def _none_count(weights: Floats | None) -> bool:
    """Return whether all weights are zero."""
    return weights is not None and not weights.any()


def sum_of(parts: Iterable[_core.Evidence]) -> _core.Evidence:
    """Return the evidence of all rows from that of each of their parts."""
    n_rows, total_weight, log_likelihood, log_top_probability = 0, 0.0, 0.0, 0.0
    for part in parts:
        n_rows += part[0]
        total_weight += part[1]
        log_likelihood += part[2]
        log_top_probability += part[3]
    return n_rows, total_weight, log_likelihood, log_top_probability
