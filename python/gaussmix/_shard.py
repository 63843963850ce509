"""Rows in memory, or in a memory map, that the iterations of a run read again and again.

A shard learns from each pass what helps the next one.
"""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from . import _core
from ._arrays import Matrix, as_count, as_matrix, as_threads, as_weights, check_names, named_columns
from ._known import Affinity, as_allowed
from ._missing import as_missing
from ._moments import Moments, make_moments
from ._run import Run, RunScorer, core_run
from ._sample import Sample
from ._seeds import as_seed
from ._summary import Summary, core_summary, make_summary


class Shard:
    """Some rows of a data set: all that lie in one file, or on one machine.

    It remembers from pass to pass what helps the next one of the same run, such as which components
    are too far from a row to count. There may be no rows. Methods may be called from any thread. A
    pickle has the rows and weights only.

    Parameters
    ----------
    X : array-like of shape (n_rows, n_features)
        The rows: anything that `fit` takes. Floats and integers of any strides are read in place
        and must not change while the shard is used; a memory map is read once per iteration.
    sample_weight : array-like of shape (n_rows,), optional
        Non-negative weights: 2 counts a row twice, 0 leaves it out.
    labels, allowed : array-like, optional
        What is known of the rows, as `fit` takes it.
    component_labels : array-like of int, shape (n_components,), optional
        The class that each component belongs to; needed with labels.
    n_threads : int, optional
        Threads to use; by default OMP_NUM_THREADS, else the CPUs of this process. The results do
        not depend on it.
    missing : {"error", "em"}, default="error"
        "em": NaN, null cells and masked entries are missing values, as in `fit`.

    Raises
    ------
    ValueError
        If X is not two-dimensional, or has masked entries or text.
    TypeError
        If an argument is of the wrong kind.

    Examples
    --------
    >>> import gaussmix
    >>> shards = [gaussmix.Shard([[0.0], [0.2]]), gaussmix.Shard([[5.0], [5.2]])]
    >>> start = gaussmix.Mixture([0.5, 0.5], [[0.0], [4.0]], [1.0, 1.0], "spherical")
    >>> run = gaussmix.Run(gaussmix.merge(shard.summary() for shard in shards), start)
    >>> while not run.done:
    ...     run.advance(gaussmix.merge(shard.moments(run) for shard in shards))
    >>> run.mixture().means.round(6)
    array([[0.1],
           [5.1]])
    """

    def __init__(
        self,
        X: Any,
        *,
        sample_weight: npt.ArrayLike | None = None,
        labels: npt.ArrayLike | None = None,
        component_labels: npt.ArrayLike | None = None,
        allowed: npt.ArrayLike | None = None,
        n_threads: int | None = None,
        missing: str = "error",
    ) -> None:
        self._matrix: Matrix = as_matrix(X, missing=as_missing(missing))
        self._weights = as_weights(sample_weight)
        self._n_threads = n_threads
        self._allowed = as_allowed(
            labels, allowed, component_labels, None, len(self._matrix.values)
        )
        sets = None if self._allowed is None else self._allowed.for_core()
        self._core = _core.Shard(self._matrix.values, self._weights, sets, as_threads(n_threads))

    @property
    def n_rows(self) -> int:
        """The number of rows."""
        return int(self._matrix.values.shape[0])

    @property
    def n_features(self) -> int:
        """The number of features, d."""
        return int(self._matrix.values.shape[1])

    @property
    def feature_names(self) -> tuple[str, ...] | None:
        """The column names of the rows, if they have any."""
        return self._matrix.names

    def summary(self) -> Summary:
        """Summarise the rows, as `summarize` does.

        Raises
        ------
        ValueError
            If X has NaN or infinity (row and column are named).
        """
        with named_columns(self._matrix.names):
            return make_summary(self._core.summary(), self._matrix.names)

    def sample(self, summary: Summary, size: int, seed: int, number: int) -> Sample:
        """Draw rows to represent this shard in a sample of all rows, as `fit` draws it.

        All rows of positive weight if there are at most `size` rows in all; else rows drawn by
        their weight and their distance from the mean (Bachem, Lucic and Krause 2018).

        Parameters
        ----------
        summary : Summary
            The summary of all rows, merged from all shards.
        size : int
            About how many rows the sample of all is to have.
        seed : int
            The seed, which must be the same for all shards.
        number : int
            The number of the shard, which selects its random numbers.

        Returns
        -------
        Sample
            The samples of all shards, merged, represent all rows.

        Raises
        ------
        ValueError
            If X has NaN or infinity, or other features than the summary.
        """
        with named_columns(self._matrix.names):
            values, weights = _core.draw(
                self._matrix.values,
                self._weights,
                core_summary(summary),
                as_count(size, "size"),
                as_seed(seed),
                as_count(number, "number"),
                as_threads(self._n_threads),
            )
        return Sample(values, weights)

    def moments(self, run: Run | RunScorer) -> Moments:
        """Compute the moments of the rows under the current mixture of a run, in one read.

        Parameters
        ----------
        run : Run or RunScorer
            The run; or its `Run.scorer`, where it is on another machine. Passes under a scorer do
            not learn from each other: they compute every pair of a row and a component, which
            differs in the last digits.

        Returns
        -------
        Moments
            `Run.advance` takes the moments of all shards, merged.

        Raises
        ------
        ValueError
            If X has NaN or infinity, or other features than the run.
        KeyboardInterrupt
            On Ctrl-C, even within a pass.
        """
        if not isinstance(run, Run | RunScorer):
            raise TypeError(f"run={run!r} must be a gaussmix.Run or its scorer")
        check_names(self._matrix, run.feature_names)
        under = core_run(run) if isinstance(run, Run) else run.core
        with named_columns(self._matrix.names):
            return make_moments(self._core.moments(under))

    def affinity(self, scorer: RunScorer) -> Affinity:
        """Compare the components of a mixture with those that the rows may have come from.

        Parameters
        ----------
        scorer : RunScorer
            The mixture.

        Returns
        -------
        Affinity
            Zero where no row has a label.

        Raises
        ------
        ValueError
            If X has NaN or infinity, or other features than the mixture.
        """
        check_names(self._matrix, scorer.feature_names)
        with named_columns(self._matrix.names):
            return Affinity(self._core.affinity(scorer.core))

    @property
    def pairs(self) -> tuple[float, float]:
        """The shares of pairs of a row and a component that the last pass computed and kept.

        The share of pairs whose distance was computed, and the share whose responsibility was not
        negligible.
        """
        return self._core.pairs

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self._matrix, self._weights, self._n_threads, self._allowed)

    def __repr__(self) -> str:
        return f"Shard: {self.n_rows} rows of {self.n_features} features"


def _restore(matrix: Matrix, weights: Any, n_threads: int | None, allowed: Any = None) -> Shard:
    return Shard(matrix, sample_weight=weights, allowed=allowed, n_threads=n_threads)
