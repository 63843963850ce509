"""The rows of one block on the machine that holds them: the work that all engines do there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from gaussmix._arrays import Floats, Matrix, as_matrix, as_weights
from gaussmix._batches import located
from gaussmix._missing import as_missing
from gaussmix._moments import Moments
from gaussmix._run import RunScorer
from gaussmix._sample import Sample
from gaussmix._shard import Shard
from gaussmix._summary import Summary


@dataclass(frozen=True)
class Block:
    """Some of the rows, with their weights; `number` identifies them, `origin` does so in words."""

    matrix: Matrix
    weights: Floats | None
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
        with self._named() as shard:
            return shard.moments(scorer)

    @contextmanager
    def _named(self) -> Iterator[Shard]:
        """Let errors name the block."""
        with located(self.origin, self.first_row):
            yield Shard(self.matrix, sample_weight=self.weights, n_threads=self.n_threads)

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
) -> Block:
    """Read rows and their weights as `fit` does; or both as one tuple, as `Batches` does."""
    if isinstance(X, tuple) and len(X) == 2 and sample_weight is None:
        X, sample_weight = X
    with located(origin, first_row):
        weights = as_weights(sample_weight)
        matrix = as_matrix(X, missing=as_missing(missing))
        return Block(matrix, weights, number, origin, n_threads, first_row)
