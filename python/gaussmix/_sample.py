"""A sample: a few rows that represent many, which a fit starts on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ._arrays import Floats


@dataclass(frozen=True, eq=False)
class Sample:
    """Copies of rows that represent all rows of a data set, or those of one piece.

    Made by `Shard.sample`. Samples of the pieces of a data set add up with ``+`` or `merge` to that
    of all its rows. They can be pickled.

    Attributes
    ----------
    values : ndarray of float64, shape (n, d)
        The rows.
    weights : ndarray of float64, shape (n,)
        How many rows each stands for, up to a factor that all pieces share.
    """

    values: Floats
    weights: Floats

    def __add__(self, other: Sample) -> Sample:
        """Return the sample of the rows of both."""
        if not isinstance(other, Sample):
            return NotImplemented
        return Sample(
            np.concatenate([self.values, other.values]),
            np.concatenate([self.weights, other.weights]),
        )

    def __radd__(self, other: object) -> Sample:
        """Let ``sum`` begin with 0."""
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def __repr__(self) -> str:
        return f"Sample: {len(self.weights)} rows of {self.values.shape[1]} features"
