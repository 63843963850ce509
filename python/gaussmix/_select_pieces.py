"""A selection over rows in pieces: a search on a sample, then a fit of each cell to all rows."""

from __future__ import annotations

import time
from collections.abc import Iterator

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


def select_from_pieces(
    rows: Batches | RemoteRows, run: Run, criterion: str, missing: str = "error"
) -> Selection:
    """Select; ICL is refused for `RemoteRows`, whose responsibilities are not available here.

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
    started = time.perf_counter()
    summary, sample = _sampled(rows, run, missing)
    weights = sample.weights * (summary.total_weight / sample.weights.sum())
    values = as_matrix(sample.values, missing=as_missing(missing)).values
    begun = found_in(run(values, weights), summary.feature_names, started)
    found = nothing_found()
    found.reasons |= begun.reasons
    promise = begun.criteria["bic"]
    for cell in sorted(promise, key=promise.__getitem__):
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


def _sampled(rows: Batches | RemoteRows, run: Run, missing: str) -> tuple[Summary, Sample]:
    """Return the summary of all rows and a sample of them."""
    seed = run.options.seed
    most = max(run.counts, default=1)

    def size(summary: Summary) -> int:
        return max(_LEAST_ROWS, _ROWS_A_COMPONENT * most, 10 * most * summary.means.size)

    if isinstance(rows, RemoteRows):
        summary = rows.summary()
        return summary, rows.sample(summary, size(summary), seed)
    summary = merge(shard.summary() for shard in _shards(rows, missing))
    return summary, merge(
        shard.sample(summary, size(summary), seed, i)
        for i, shard in enumerate(_shards(rows, missing))
    )


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
            values, weights = batch
            if len(values):
                yield Shard(values, sample_weight=weights, missing=missing)
            i += 1
