"""Location and spread of the rows of a data set, which a run needs before it starts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from . import _core
from ._arrays import Floats, as_matrix, as_threads, as_weights, named_columns
from ._missing import as_missing


class Summary:
    """Location, spread and range of each feature of some rows.

    Made by `summarize` and `Shard.summary`. Summaries of the pieces of a data set add up with ``+``
    or `merge` to that of all its rows. They can be pickled.
    """

    _core: _core.Summary
    _feature_names: tuple[str, ...] | None

    def __init__(self) -> None:
        raise TypeError("a Summary is made by gaussmix.summarize(X)")

    @property
    def n_rows(self) -> int:
        """The number of rows, including those of weight zero."""
        return self._core.n_rows

    @property
    def n_features(self) -> int:
        """The number of features, d."""
        return len(self._core.means)

    @property
    def total_weight(self) -> float:
        """The sum of the weights of the rows."""
        return self._core.total_weight

    @property
    def means(self) -> Floats:
        """The weighted mean of each feature, shape (d,). Read-only."""
        return self._core.means

    @property
    def variances(self) -> Floats:
        """The weighted variance of each feature, biased, shape (d,). Read-only."""
        return self._core.variances

    @property
    def minima(self) -> Floats:
        """The least value of each feature in rows of positive weight, shape (d,). Read-only."""
        return self._core.minima

    @property
    def maxima(self) -> Floats:
        """The greatest value of each feature in rows of positive weight, shape (d,). Read-only."""
        return self._core.maxima

    @property
    def feature_names(self) -> tuple[str, ...] | None:
        """The column names of the rows, if they had any."""
        return self._feature_names

    def __add__(self, other: Summary) -> Summary:
        """Return the summary of the rows of both."""
        if not isinstance(other, Summary):
            return NotImplemented
        names = _common_names(self._feature_names, other._feature_names)
        return make_summary(self._core.merged(other._core), names)

    def __radd__(self, other: object) -> Summary:
        """Let ``sum`` begin with 0."""
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def __eq__(self, other: object) -> bool:
        """Return whether both have exactly the same numbers and names."""
        if not isinstance(other, Summary):
            return NotImplemented
        return self._feature_names == other._feature_names and same_numbers(self._core, other._core)

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return make_summary, (self._core, self._feature_names)

    def __repr__(self) -> str:
        return f"Summary: {self.n_rows} rows of {self.n_features} features"


def summarize(
    X: Any,
    *,
    sample_weight: npt.ArrayLike | None = None,
    n_threads: int | None = None,
    missing: str = "error",
) -> Summary:
    """Summarise rows: location, spread and range of each feature, in one read.

    Parameters
    ----------
    X : array-like of shape (n_rows, n_features)
        The rows, or some of them: anything that `fit` takes.
    sample_weight : array-like of shape (n_rows,), optional
        Non-negative weights.
    n_threads : int, optional
        Threads to use; by default OMP_NUM_THREADS, else the CPUs of this process.
    missing : {"error", "em"}, default="error"
        "em": NaN, null cells and masked entries are missing values, as in `fit`.

    Returns
    -------
    Summary
        Those of the pieces of a data set add up with ``+``.

    Raises
    ------
    ValueError
        If X has NaN, infinity, a masked entry or text (row and column are named).
    TypeError
        If an argument is of the wrong kind.

    Examples
    --------
    >>> import gaussmix
    >>> s = gaussmix.summarize([[0.0], [2.0]]) + gaussmix.summarize([[4.0]])
    >>> s.n_rows, float(s.means[0])
    (3, 2.0)
    """
    matrix = as_matrix(X, missing=as_missing(missing))
    weights = as_weights(sample_weight)
    with named_columns(matrix.names):
        return make_summary(
            _core.summarize(matrix.values, weights, as_threads(n_threads)), matrix.names
        )


def make_summary(core: _core.Summary, feature_names: tuple[str, ...] | None) -> Summary:
    """Wrap a summary of the core."""
    summary = Summary.__new__(Summary)
    summary._core = core  # noqa: SLF001  # a constructor beside the class
    summary._feature_names = feature_names  # noqa: SLF001
    return summary


def core_summary(summary: Summary) -> _core.Summary:
    """Return the core's object behind a summary."""
    return summary._core  # noqa: SLF001


def same_numbers(a: _core.Summary | _core.Moments, b: _core.Summary | _core.Moments) -> bool:
    """Return whether two values of the core have exactly the same numbers."""
    return a.__getstate__() == b.__getstate__()


def _common_names(a: Sequence[str] | None, b: Sequence[str] | None) -> tuple[str, ...] | None:
    """Return the feature names of both; a summary without names matches any names."""
    if a is not None and b is not None and a != b:
        raise ValueError(
            f"the rows of one summary have the columns {list(a)}, those of the other {list(b)}: "
            "give the same columns in the same order"
        )
    names = a if a is not None else b
    return None if names is None else tuple(names)
