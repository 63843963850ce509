"""Moments: the sums over rows that an iteration of EM needs, however many rows there are."""

from __future__ import annotations

from typing import Any

from . import _core
from ._arrays import Floats
from ._summary import same_numbers


class Moments:
    """The sufficient statistics of some rows under the current mixture of a run.

    They hold the weight, the first moment and the scatter of the rows for each component, weighted
    by responsibilities. Made by `Shard.moments`. Moments of the pieces of a data set add up with
    ``+`` or `merge` to those of all its rows, which `Run.advance` takes. They can be pickled.
    """

    _core: _core.Moments

    def __init__(self) -> None:
        raise TypeError("Moments are made by gaussmix.Shard(X).moments(run)")

    @property
    def n_rows(self) -> int:
        """The number of rows, including those of weight zero."""
        return self._core.n_rows

    @property
    def n_components(self) -> int:
        """The number of components, K."""
        return self._core.n_components

    @property
    def n_features(self) -> int:
        """The number of features, d."""
        return self._core.n_features

    @property
    def total_weight(self) -> float:
        """The sum of the weights of the rows."""
        return self._core.total_weight

    @property
    def log_likelihood(self) -> float:
        """The sum of weight times log-density over the rows, as the run counts it, in nats."""
        return self._core.log_likelihood

    @property
    def weights(self) -> Floats:
        """The weight of the rows in each component, shape (K,). Read-only."""
        return self._core.weights

    def __add__(self, other: Moments) -> Moments:
        """Return the moments of the rows of both."""
        if not isinstance(other, Moments):
            return NotImplemented
        return make_moments(self._core.merged(other._core))

    def __radd__(self, other: object) -> Moments:
        """Let ``sum`` begin with 0."""
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def __eq__(self, other: object) -> bool:
        """Return whether both have exactly the same numbers."""
        return same_numbers(self._core, other._core) if isinstance(other, Moments) else False

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return make_moments, (self._core,)

    def __repr__(self) -> str:
        return (
            f"Moments: {self.n_rows} rows of {self.n_features} features in "
            f"{self.n_components} components"
        )


def make_moments(core: _core.Moments) -> Moments:
    """Wrap moments of the core."""
    moments = Moments.__new__(Moments)
    moments._core = core  # noqa: SLF001  # a constructor beside the class
    return moments


def core_moments(moments: Moments) -> _core.Moments:
    """Return the core's object behind moments."""
    return moments._core  # noqa: SLF001
