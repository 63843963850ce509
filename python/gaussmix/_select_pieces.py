"""A selection over rows in pieces: a search on a sample, then a fit of each cell to all rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from . import _core
from ._arrays import as_matrix
from ._batches import Batches, Feed
from ._cells import INFORMATION, Run, found_in, nothing_found
from ._collapse import collapsed_in_words
from ._core_options import core_options
from ._fit import fit
from ._merge import merge
from ._missing import as_missing
from ._mixture import Criteria, Mixture, core_model, criteria_of
from ._remote import RemoteRows
from ._run import RunScorer
from ._sample import Sample
from ._selection import Selection
from ._shard import Shard
from ._summary import Summary, core_summary

_ROWS_A_COMPONENT = 100
_LEAST_ROWS = 4000


@dataclass(frozen=True)
class Drawn:
    """Rows in pieces, their summary, and a sample of them."""

    rows: Batches | RemoteRows
    summary: Summary
    sample: Sample

    @property
    def shape(self) -> tuple[int, int]:
        return self.summary.n_rows, self.summary.means.size


def draw(
    rows: Batches | RemoteRows, counts: tuple[int, ...], criterion: str, seed: int, missing: str
) -> Drawn:
    """Draw a sample to search on; ICL is refused for `RemoteRows`, which tell no responsibilities.

    Raises
    ------
    ValueError
        If the criterion needs rows in memory.
    """
    known = ("bic", "aic") if isinstance(rows, RemoteRows) else INFORMATION
    if criterion not in known:
        raise ValueError(
            f"criterion={criterion!r} needs rows in memory: choose by {', '.join(known)}"
        )
    most = max(counts, default=1)

    def size(summary: Summary) -> int:
        return max(_LEAST_ROWS, _ROWS_A_COMPONENT * most, 10 * most * summary.means.size)

    if isinstance(rows, RemoteRows):
        summary = rows.summary()
        return Drawn(rows, summary, rows.sample(summary, size(summary), seed))
    summary = merge(shard.summary() for shard in _shards(rows, missing))
    shards = enumerate(_shards(rows, missing))
    sample = merge(shard.sample(summary, size(summary), seed, i) for i, shard in shards)
    return Drawn(rows, summary, sample)


def select_from_pieces(
    drawn: Drawn,
    run: Run,
    criterion: str,
    missing: str,
    started: float,
    show: Callable[[int, int], None] | None,
) -> Selection:
    """Select on the sample, then fit each cell to all rows, the best ones first."""
    rows, summary, sample = drawn.rows, drawn.summary, drawn.sample
    weights = sample.weights * (summary.total_weight / sample.weights.sum())
    values = as_matrix(sample.values, missing=as_missing(missing)).values
    begun = found_in(run(values, weights, show=show), summary.feature_names, started)
    found = nothing_found()
    found.reasons |= begun.reasons
    promise = begun.criteria["bic"]
    for n_done, cell in enumerate(sorted(promise, key=promise.__getitem__)):
        if show is not None:
            show(n_done, len(promise))
        if run.max_seconds is not None and time.perf_counter() - started > run.max_seconds:
            found.reasons[cell] = "not fitted: the time was up"
            continue
        mixture = fit(
            rows,
            init=begun.models[cell],
            prior=run.options.prior,
            reg_covar=run.options.reg_covar,
            max_iter=run.options.max_iter,
            tol=run.options.tol,
            n_threads=run.n_threads or None,
            missing=missing,
        )
        why = f"degenerate: {collapsed_in_words(mixture.collapsed)}" if mixture.degenerate else ""
        found.add(cell, mixture, _criteria(rows, mixture, summary, run.n_threads), why)
    if isinstance(rows, RemoteRows):
        del found.criteria["icl"]
    ordered = {
        (family, k): found.models[family, k]
        for family in run.families
        for k in run.counts
        if (family, k) in found.models
    }
    return Selection(criterion, run.families, run.counts, ordered, found.criteria, found.reasons)


def _criteria(
    rows: Batches | RemoteRows, mixture: Mixture, summary: Summary, n_threads: int
) -> Criteria:
    if isinstance(rows, Batches):
        return criteria_of(mixture, rows, None, n_threads or None)
    # Classic, so that the log-likelihood is without the ridge.
    end = _core.Run(
        core_summary(summary),
        core_model(mixture),
        core_options(
            mixture.n_components,
            mixture.covariance_type,
            max_iter=1,
            tol=0.0,
            reg_covar=0.0,
            prior=None,
            acceleration="classic",
            start=mixture,
        ),
        n_threads,
        "",
    )
    moments = rows.moments(RunScorer(end.scorer, mixture.feature_names))
    evidence = summary.n_rows, summary.total_weight, moments.log_likelihood, 0.0
    return Criteria(*core_model(mixture).criteria(evidence))


def _shards(batches: Batches, missing: str) -> Iterator[Shard]:
    """Yield the batches that have rows, one at a time."""
    with Feed(batches, missing=as_missing(missing)) as feed:
        i = 0
        while (batch := feed(i)) is not None:
            values, weights, _ = batch
            feed.refuse_labels("a selection")
            if len(values):
                yield Shard(values, sample_weight=weights, missing=missing)
            i += 1
