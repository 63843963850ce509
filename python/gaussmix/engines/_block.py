"""The rows of one block on the machine that holds them: the work that all engines do there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from gaussmix._arrays import Floats, Matrix, as_matrix, as_weights
from gaussmix._batches import located
from gaussmix._known import Affinity, Allowed, as_owners
from gaussmix._missing import as_missing
from gaussmix._moments import Moments
from gaussmix._run import RunScorer
from gaussmix._sample import Sample
from gaussmix._shard import Shard
from gaussmix._summary import Summary


@dataclass(frozen=True)
class Known:
    """Labels of rows, or in their place booleans (n_rows, K): the components that are allowed."""

    labels: Any
    component_labels: Any

    def allowed(self, n_components: int, n_rows: int) -> Allowed:
        """Return what is known as a shard takes it."""
        return as_owners(self.component_labels, n_components).of_batch(self.labels, n_rows)


@dataclass(frozen=True)
class Block:
    """Some of the rows, with their weights; `number` identifies them, `origin` does so in words."""

    matrix: Matrix
    weights: Floats | None
    known: Known | None
    number: int
    origin: str
    n_threads: int | None
    first_row: int = 0  # where they begin in what `origin` names

    def summary(self) -> Summary:
        """Return the summary of the rows."""
        with self._named() as shard:
            return shard.summary()

    def sample(self, summary: Summary, size: int, seed: int) -> Sample:
        """Return the contribution of the rows to a sample of all rows."""
        with self._named() as shard:
            return shard.sample(summary, size, seed, self.number)

    def moments(self, scorer: RunScorer) -> Moments:
        """Return the moments of the rows."""
        with self._named(scorer.core.n_components) as shard:
            return shard.moments(scorer)

    def affinity(self, scorer: RunScorer) -> Affinity:
        """Return how the components of a mixture go with the labels of the rows."""
        with self._named(scorer.core.n_components) as shard:
            return shard.affinity(scorer)

    def tells(self) -> int:
        """Return 1 if it is known which components rows may have come from."""
        return int(self.known is not None)

    @contextmanager
    def _named(self, n_components: int | None = None) -> Iterator[Shard]:
        """Let errors name the block; with what is known of the rows, of so many components."""
        with located(self.origin, self.first_row):
            allowed: Any = None
            if self.known is not None and n_components is not None:
                allowed = self.known.allowed(n_components, len(self.matrix.values))
            yield Shard(
                self.matrix, sample_weight=self.weights, allowed=allowed, n_threads=self.n_threads
            )

    def __sizeof__(self) -> int:
        """Return the size in bytes, by which an engine decides where blocks go."""
        return self.matrix.values.nbytes + (0 if self.weights is None else self.weights.nbytes)


def as_block(
    X: Any,
    sample_weight: Any,
    number: int,
    origin: str,
    n_threads: int | None,
    first_row: int = 0,
    *,
    missing: str = "error",
    labels: Any = None,
    component_labels: Any = None,
) -> Block:
    """Read rows, weights and labels as `fit` does; or as one tuple, as `Batches` does."""
    if isinstance(X, tuple) and len(X) in (2, 3) and sample_weight is None and labels is None:
        X, sample_weight, labels = (*X, None)[:3]
    with located(origin, first_row):
        weights = as_weights(sample_weight)
        matrix = as_matrix(X, missing=as_missing(missing))
        known = None if labels is None else Known(labels, component_labels)
        return Block(matrix, weights, known, number, origin, n_threads, first_row)
