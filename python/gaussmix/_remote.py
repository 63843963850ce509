"""Rows that another engine holds: the requests of a fit, and how the core makes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from . import _core
from ._arrays import Floats, Matrix, check_names
from ._known import Affinity
from ._mixture import Mixture
from ._moments import Moments, core_moments
from ._run import RunScorer
from ._sample import Sample
from ._summary import Summary, core_summary, make_summary


@dataclass(frozen=True)
class RemoteRows:
    """Rows on other machines, which `fit` takes in place of `X`: functions that reach them.

    Each returns a result for all rows: the results of the `Shard` method of the same name for each
    piece, added up by `merge`. It must return the same each time.

    Parameters
    ----------
    summary : callable
        ``summary()`` returns the `Summary` of all rows. It is called once.
    sample : callable
        ``sample(summary, size, seed)`` returns a `Sample` of all rows, merged from
        ``shard.sample(summary, size, seed, number)`` of each piece. It is called at most once.
    moments : callable
        ``moments(scorer)`` returns the `Moments` of all rows. It is called once per iteration.
    affinity : callable, optional
        For shards with labels: ``affinity(scorer)`` returns the `Affinity` of all rows. It is
        called once, to put the components of the start in the order of the labels.

    Examples
    --------
    >>> import gaussmix
    >>> shards = [gaussmix.Shard([[0.0], [0.2]]), gaussmix.Shard([[5.0], [5.2]])]
    >>> rows = gaussmix.RemoteRows(
    ...     summary=lambda: gaussmix.merge(s.summary() for s in shards),
    ...     sample=lambda summary, size, seed: gaussmix.merge(
    ...         s.sample(summary, size, seed, i) for i, s in enumerate(shards)
    ...     ),
    ...     moments=lambda scorer: gaussmix.merge(s.moments(scorer) for s in shards),
    ... )
    >>> m = gaussmix.fit(rows, 2, random_state=0)
    >>> sorted(m.means.ravel().round(3).tolist())
    [0.1, 5.1]
    """

    summary: Callable[[], Summary]
    sample: Callable[[Summary, int, int], Sample]
    moments: Callable[[RunScorer], Moments]
    affinity: Callable[[RunScorer], Affinity] | None = None


class Asked:
    """The same functions as the core calls them, with the names of the columns."""

    def __init__(self, rows: RemoteRows, start: Mixture | None) -> None:
        self._rows = rows
        self._expected = None if start is None else start.feature_names
        self._summary: Summary | None = None

    @property
    def names(self) -> tuple[str, ...] | None:
        """The names of the columns."""
        return self._all().feature_names

    def summary(self) -> _core.Summary:
        """Return the summary of all rows."""
        return core_summary(self._all())

    def sample(self, summary: _core.Summary, size: int, seed: int) -> tuple[Floats, Floats]:
        """Return rows that represent all, and their weights."""
        drawn = self._rows.sample(make_summary(summary, self.names), size, seed)
        if not isinstance(drawn, Sample):
            raise TypeError(f"RemoteRows.sample returned {drawn!r}: return a gaussmix.Sample")
        return drawn.values, drawn.weights

    def moments(self, scorer: _core.RunScorer) -> _core.Moments:
        """Return the moments of all rows."""
        found = self._rows.moments(RunScorer(scorer, self.names))
        if not isinstance(found, Moments):
            raise TypeError(f"RemoteRows.moments returned {found!r}: return gaussmix.Moments")
        return core_moments(found)

    @property
    def affinity(self) -> Callable[[_core.RunScorer], Floats] | None:
        """The function that returns the affinity of all rows; None if they have no labels."""
        given = self._rows.affinity
        if given is None:
            return None

        def ask(scorer: _core.RunScorer) -> Floats:
            found = given(RunScorer(scorer, self.names))
            if not isinstance(found, Affinity):
                raise TypeError(f"RemoteRows.affinity returned {found!r}: return gaussmix.Affinity")
            return found.values

        return ask

    def _all(self) -> Summary:
        if self._summary is None:
            found = self._rows.summary()
            if not isinstance(found, Summary):
                raise TypeError(f"RemoteRows.summary returned {found!r}: return a gaussmix.Summary")
            check_names(_columns_of(found), self._expected)
            self._summary = found
        return self._summary


def _columns_of(summary: Summary) -> Matrix:
    """Return a table without rows that has the columns of a summary."""
    names = summary.feature_names
    return Matrix(np.empty((0, summary.n_features)), names, names)
