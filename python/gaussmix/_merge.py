"""Add up the summaries, samples, moments or affinities of pieces, always in the same order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from ._known import Affinity
from ._moments import Moments
from ._sample import Sample
from ._summary import Summary

_Additive = TypeVar("_Additive", Summary, Sample, Moments, Affinity)


def merge(pieces: Iterable[_Additive]) -> _Additive:
    """Add up the summaries, samples, moments or affinities of the pieces of a data set.

    The pieces are merged in a fixed tree over their order: (((0 + 1) + (2 + 3)) + (4 + 5)) + ...
    The same pieces in the same order give the same bits; another cut or order changes the last
    digits. A piece is merged as soon as its neighbour arrives, so that of n moments from a
    generator at most about log2(n) are in memory.

    Parameters
    ----------
    pieces : iterable of Summary, Sample, Moments or Affinity
        One for each piece; at least one.

    Returns
    -------
    Summary, Sample, Moments or Affinity
        Those of all rows.

    Raises
    ------
    ValueError
        If there are no pieces, or they have different features or belong to different mixtures.
    TypeError
        If a piece is none of them, or they are mixed.

    Examples
    --------
    >>> import gaussmix
    >>> gaussmix.merge(gaussmix.summarize([[x]]) for x in [1.0, 2.0, 6.0]).means
    array([3.])
    """
    waiting: list[tuple[int, _Additive]] = []  # sums of 2^level pieces, the larger ones first
    for piece in pieces:
        total, level = _checked(piece), 0
        while waiting and waiting[-1][0] == level:
            total, level = waiting.pop()[1] + total, level + 1
        waiting.append((level, total))
    if not waiting:
        raise ValueError(
            "pieces is empty: give at least one summary, or the sample or moments of one shard"
        )
    total = waiting.pop()[1]
    while waiting:
        total = waiting.pop()[1] + total
    return total


def _checked(piece: _Additive) -> _Additive:
    if not isinstance(piece, Summary | Sample | Moments | Affinity):
        raise TypeError(
            f"pieces has a {type(piece).__name__}: give summaries, samples, moments or affinities "
            "of shards"
        )
    return piece
