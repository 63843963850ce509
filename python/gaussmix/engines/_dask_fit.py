"""Fits on Dask: rows stay on the workers that hold them, moments come back added up in a tree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import dask
import numpy as np
from dask.delayed import Delayed, delayed

from gaussmix._batches import Batches
from gaussmix._fit import fit as fit_rows
from gaussmix._known import Affinity
from gaussmix._merge import merge
from gaussmix._mixture import Mixture, evidence_of, sum_of
from gaussmix._moments import Moments
from gaussmix._remote import RemoteRows
from gaussmix._run import RunScorer
from gaussmix._sample import Sample
from gaussmix._select import select as select_rows
from gaussmix._selection import Selection
from gaussmix._summary import Summary

from ._block import as_block

_TOGETHER = 8  # values that a task merges: a power of two, so that the tree is that of `merge`


def fit(
    X: Any,
    n_components: int | None = None,
    *,
    sample_weight: Any = None,
    labels: Any = None,
    component_labels: Any = None,
    client: Any = None,
    **options: Any,
) -> Mixture:
    """Fit a mixture to rows that Dask holds, block by block, where they are.

    The blocks are loaded once and kept by the workers. An iteration sends the mixture to them, and
    one sum of moments comes back: K (d^2 / 2 + d + 1) doubles for "full", merged in a tree that
    depends on the order of the blocks alone. The same blocks give the same bits, on any number of
    workers, and also if one of them is lost and its blocks are computed again.

    Parameters
    ----------
    X : dask array of shape (n_rows, n_features), dask data frame, or list of blocks
        The rows. Blocks in a list are delayed, or futures of the client. A block is anything that
        `gaussmix.fit` takes as `X`, or a tuple (X, sample_weight) or (X, sample_weight, labels).
        One thread reads a block, so use several blocks for each thread of the workers.
    n_components : int
        The number of components, K. May be left out when `init` is a mixture.
    sample_weight : dask array, dask series, list of delayed arrays, or array-like, optional
        Non-negative weights of the rows, in the same blocks. An array in memory is cut as X is.
    labels : dask array, dask series, list of delayed arrays, or array-like, optional
        The classes of rows, -1 where not known, as in `gaussmix.fit`; or, of shape (n_rows, K),
        booleans: the components that each row is allowed. In the same blocks.
    component_labels : array-like of int, shape (n_components,), optional
        As in `gaussmix.fit`.
    client : distributed.Client, optional
        By default the current client, or the scheduler that Dask is set to.
    **options
        As in `gaussmix.fit`. `n_threads` is for the work between the passes, on this machine.

    Returns
    -------
    Mixture
        As of `gaussmix.fit`.

    Raises
    ------
    TypeError
        If X is not a Dask collection.
    ValueError
        As `gaussmix.fit` does; errors about rows name the block, counted from 0, and the row there.

    Examples
    --------
    >>> import dask.array
    >>> import gaussmix
    >>> X = dask.array.from_array([[0.0], [0.2], [5.0], [5.2]], chunks=(2, 1))
    >>> m = gaussmix.dask.fit(X, 2, random_state=0)
    >>> sorted(m.means.ravel().round(3).tolist())
    [0.1, 5.1]
    """
    rows = kept_rows(
        X, sample_weight, client, options.get("missing", "error"), labels, component_labels
    )
    return fit_rows(rows, n_components, **options)


def select(
    X: Any,
    n_components: int | Iterable[int] = range(1, 10),
    *,
    sample_weight: Any = None,
    client: Any = None,
    **options: Any,
) -> Selection:
    """Choose the family and the number of components for rows that Dask holds, where they are.

    The search uses a sample of the rows, here; from its results each cell is then fitted to all
    rows on the workers, the best ones first.

    Parameters
    ----------
    X, sample_weight, client
        As in `fit`.
    n_components : int or iterable of int, default=range(1, 10)
        The numbers of components to compare.
    **options
        As in `gaussmix.select`, with the criteria "bic" and "aic".

    Returns
    -------
    Selection
        As of `gaussmix.select`.

    Raises
    ------
    TypeError
        If X is not a Dask collection.
    ValueError
        As `gaussmix.select` does; errors about rows name the block, counted from 0, and the row.
    """
    rows = kept_rows(X, sample_weight, client, options.get("missing", "error"))
    return select_rows(rows, n_components, **options)


def kept_rows(
    X: Any,
    sample_weight: Any,
    client: Any,
    missing: str = "error",
    labels: Any = None,
    component_labels: Any = None,
) -> RemoteRows:
    """Load rows, and return the functions by which a fit reads them."""
    of_blocks = {"missing": missing, "component_labels": component_labels}
    blocks = _kept(_pieces(X, sample_weight, labels), client, of_blocks)

    def summary() -> Summary:
        total: Summary = _result(_tree([block.summary() for block in blocks]), client)
        return total

    def sample(all_rows: Summary, size: int, seed: int) -> Sample:
        drawn: Sample = _result(
            _tree([block.sample(all_rows, size, seed) for block in blocks]), client
        )
        return drawn

    def moments(scorer: RunScorer) -> Moments:
        sent = delayed(scorer, pure=False)
        total: Moments = _result(_tree([block.moments(sent) for block in blocks]), client)
        return total

    def affinity(scorer: RunScorer) -> Affinity:
        sent = delayed(scorer, pure=False)
        total: Affinity = _result(_tree([block.affinity(sent) for block in blocks]), client)
        return total

    known = labels is not None
    if not known and isinstance(X, list | tuple):  # of blocks, which may have labels
        known = _result(delayed(any)([block.tells() for block in blocks]), client)
    return RemoteRows(summary, sample, moments, affinity if known else None)


def predict(mixture: Mixture, X: Any) -> Any:
    """Label the rows of a collection of Dask, lazily.

    Parameters
    ----------
    mixture : Mixture
        The mixture.
    X : dask array, dask data frame, or list of delayed blocks
        The rows.

    Returns
    -------
    dask array, dask series, or list of delayed arrays
        The labels by `Mixture.predict` for each block; a series has the index of the frame.
    """
    return _by_block(_Method(mixture, "predict"), X)


def predict_proba(mixture: Mixture, X: Any) -> Any:
    """Return responsibilities, lazily: as `predict`, but by `Mixture.predict_proba`.

    Of a data frame they are a data frame, with a column for each component, and one for a
    background.
    """
    return _by_block(
        _Method(mixture, "predict_proba", mixture.n_components + (mixture.noise is not None)), X
    )


def score_samples(mixture: Mixture, X: Any) -> Any:
    """Return log-densities, lazily: as `predict`, but by `Mixture.score_samples`."""
    return _by_block(_Method(mixture, "score_samples"), X)


def score(mixture: Mixture, X: Any, *, sample_weight: Any = None, client: Any = None) -> float:
    """Return the mean log-density per row, in nats, of rows that Dask holds; this is not lazy.

    Parameters as in `fit`.
    """
    evidence = delayed(_evidence)
    parts = [evidence(mixture, *piece[:2]) for piece in _pieces(X, sample_weight)]
    _, weight, log_likelihood, _ = sum_of(_result(delayed(list)(parts), client))
    if weight == 0:
        raise ValueError("X has no rows of positive weight: give at least one")
    return log_likelihood / weight


# What runs on the workers


def _evidence(mixture: Mixture, X: Any, sample_weight: Any) -> Any:
    return evidence_of(mixture, Batches([(X, sample_weight)]), None, 1)


class _Method:
    """A method of a mixture, to be applied to one block after another."""

    def __init__(self, mixture: Mixture, name: str, n_columns: int = 0) -> None:
        self._mixture = mixture
        self.name = name
        self.n_columns = n_columns
        self.none = self(np.empty((0, mixture.n_features)))

    def __call__(self, X: Any) -> Any:
        return next(iter(getattr(self._mixture, self.name)(Batches([X]), n_threads=1)))

    def of_frame(self, frame: Any) -> Any:
        """Return a series or data frame with the index of a data frame."""
        import pandas as pd

        make = pd.DataFrame if self.n_columns else pd.Series
        return make(self(frame), index=frame.index)


# Blocks


def _pieces(X: Any, sample_weight: Any, labels: Any = None) -> Sequence[tuple[Delayed, Any, Any]]:
    """Return the blocks of rows, with the weights and the labels of each."""
    blocks = _blocks(X)
    weights = _beside(blocks, sample_weight, X, "sample_weight", "weight")
    return list(zip(blocks, weights, _beside(blocks, labels, X, "labels", "label"), strict=True))


def _beside(blocks: list[Any], given: Any, X: Any, name: str, what: str) -> list[Any]:
    """Return the blocks of what is given for rows, one for each block of these."""
    if given is None:
        return [None] * len(blocks)
    found = _blocks(_cut(given, X, name, what), name)
    if len(found) != len(blocks):
        raise ValueError(f"{name} has {len(found)} blocks, and X has {len(blocks)}: cut both alike")
    return found


def _blocks(collection: Any, name: str = "X") -> list[Any]:
    """Return the blocks of a collection, in the order of their rows."""
    if hasattr(collection, "to_delayed"):
        if len(getattr(collection, "numblocks", ())) == 2:
            collection = collection.rechunk({1: -1})
        return list(np.ravel(collection.to_delayed()))
    if isinstance(collection, list | tuple) and collection and all(map(_is_block, collection)):
        return list(collection)
    raise TypeError(
        f"{name} is a {type(collection).__name__}: give a dask array, as by "
        f"dask.array.from_array({name}), a dask data frame, or a list of delayed blocks or futures"
    )


def _is_block(value: Any) -> bool:
    """Return whether a value is delayed, or the future of a client."""
    return isinstance(value, Delayed) or (hasattr(value, "key") and hasattr(value, "client"))


def _cut(given: Any, X: Any, name: str, what: str) -> Any:
    """Cut an array of weights or labels into the blocks of the rows; leave one in blocks."""
    chunks = getattr(X, "chunks", None)
    if chunks is None or isinstance(given, list | tuple):
        return given
    if not hasattr(given, "to_delayed"):
        import dask.array as da

        given = np.asarray(given)
        if given.shape[:1] != (X.shape[0],) or (given.ndim != 1 and name != "labels"):
            raise ValueError(
                f"{name} has shape {given.shape}, and X has {X.shape[0]} rows: give one {what} "
                "for each row"
            )
        return da.from_array(given, chunks=(chunks[0], *given.shape[1:]))
    if given.chunks[0] != chunks[0] and sum(given.chunks[0]) == sum(chunks[0]):
        return given.rechunk({0: chunks[0]})
    return given


def _kept(
    pieces: Sequence[tuple[Delayed, Any, Any]], client: Any, of_blocks: dict[str, Any]
) -> Sequence[Any]:
    """Load the blocks, which stay where they are."""
    read = delayed(as_block, pure=False)
    blocks: list[Delayed] = [
        read(rows, weights, number, f"block {number}", 1, labels=labels, **of_blocks)
        for number, (rows, weights, labels) in enumerate(pieces)
    ]
    kept: Sequence[Any] = dask.persist(*blocks) if client is None else client.persist(blocks)
    return kept


def _tree(parts: list[Any]) -> Any:
    """Add up values in the tree of `merge`, a few at a time."""
    together = delayed(merge)
    while len(parts) > 1:
        parts = [together(parts[i : i + _TOGETHER]) for i in range(0, len(parts), _TOGETHER)]
    return parts[0]


def _result(value: Any, client: Any) -> Any:
    """Return a value once it is computed; a large mixture in its graph is as it must be."""
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1TB"}):
        return dask.compute(value)[0] if client is None else client.compute(value, sync=True)


def _by_block(method: _Method, X: Any) -> Any:
    if isinstance(X, list | tuple):
        use: Callable[[Any], Any] = delayed(method)
        return [use(block) for block in _blocks(X)]
    if hasattr(X, "map_partitions"):
        return X.map_partitions(method.of_frame, meta=method.of_frame(X._meta))  # noqa: SLF001
    _blocks(X)
    chunks = (X.chunks[0], (method.n_columns,)) if method.n_columns else (X.chunks[0],)
    return X.rechunk({1: -1}).map_blocks(
        method,
        dtype=method.none.dtype,
        chunks=chunks,
        token=f"gaussmix-{method.name}",
        drop_axis=None if method.n_columns else 1,
        meta=method.none,
    )
