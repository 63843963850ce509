"""A fitted mixture in words and numbers, for the command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gaussmix import _core
from gaussmix._batches import as_batches, of_batches
from gaussmix._collapse import collapsed_in_words
from gaussmix._facts import place_of
from gaussmix._mixture import Mixture, criteria_from, evidence_of, sum_of

Floats = NDArray[np.float64]

_MOST_COMPONENTS = 50
_MOST_FEATURES = 24
_MOST_EVENTS = 10
_SPREAD = "mean ± standard deviation"

_ENDINGS = {
    "converged": "converged",
    "max_iter": "not converged: raise --max-iter or --tol",
    "stalled": "stalled: at rest below an earlier value (the ridge, or a mended component)",
}
_ACTS = {
    "jitter": "its covariance was not positive definite: diagonal raised",
    "floor": "it collapsed: its rows vary less than the ridge",
    "reseed": "it had no rows: given half of another component",
    "prune": "it lost all its rows: weight zero from then on",
    "identical": "it began as a copy of another component: EM cannot separate them",
    "constant": "it is constant: the volume of the noise leaves it out",
    "apart": "no row has it and some other: none tells how the two correlate",
}


@dataclass(frozen=True)
class Tally:
    """What a report says of the rows: their weight by term, and the sums of criteria."""

    won: Floats
    evidence: _core.Evidence
    is_weighted: bool


def tally(
    model: Mixture, X: Any, sample_weight: Floats | None = None, n_threads: int | None = None
) -> Tally:
    """Label and score the rows that a mixture was fitted to, in memory or in batches."""
    k = model.n_components + (model.noise is not None)

    def of_rows(rows: Any, weights: Floats | None) -> Tally:
        labels = model.predict(rows, n_threads=n_threads)
        labels = np.where(labels < 0, model.n_components, labels)
        won = np.bincount(labels, weights, minlength=k).astype(np.float64)
        evidence = evidence_of(model, rows, weights, n_threads)
        return Tally(won, evidence, weights is not None)

    batches = as_batches(X)
    if batches is None:
        return of_rows(X, sample_weight)
    nothing = Tally(np.zeros(k), sum_of(()), is_weighted=False)
    parts = list(of_batches(batches, model, of_rows, nothing))
    return Tally(
        sum((part.won for part in parts), np.zeros(k)),
        sum_of(part.evidence for part in parts),
        any(part.is_weighted for part in parts),
    )


def report(
    model: Mixture,
    rows: Tally,
    *,
    names: Sequence[str] | None = None,
    width: int = 100,
) -> str:
    """Describe a fit: its components, its likelihood, how it went.

    Parameters
    ----------
    model : Mixture
        The mixture.
    rows : Tally
        The tally of the rows that it was fitted to.
    names : sequence of d str, optional
        Names of the features.
    width : int, default=100
        The longest line; features that do not fit follow in a table below.

    Returns
    -------
    str
        Lines without a final line break.
    """
    rows_won = [f"{w:.6g}" if rows.is_weighted else f"{w:.0f}" for w in rows.won]
    titles = [f"feature {j}" for j in range(model.n_features)] if names is None else names
    lines = _components(model, rows_won, titles, width)
    if model.noise is not None:
        log_volume = float(model.noise.log_volume or 0.0)
        share = f"weight {model.noise_weight:.4f}, {rows_won[-1]} rows won"
        lines += [f"noise: {share}, log-volume {log_volume:.4f}"]
    lines += ["", *(f"{name:<16}{value}" for name, value in _likelihood(model, rows))]
    lines += [f"{name:<16}{value}" for name, value in _course(model)]
    return "\n".join(lines)


def _likelihood(model: Mixture, rows: Tally) -> list[tuple[str, str]]:
    _, n, log_likelihood, _ = rows.evidence
    weighted = f" (rows weighted: {n:.6g} in all)" if rows.is_weighted else ""
    facts = [("log-likelihood", f"{log_likelihood:.3f}{weighted}")]
    try:
        bic = criteria_from(model, rows.evidence).bic
    except ValueError:  # the fit took the same rows and weights: it can only be their sum
        return [*facts, ("BIC", "none: the weights are shares; scale them to the number of rows")]
    if model.degenerate:
        said = collapsed_in_words(model.collapsed)
        return [*facts, ("BIC", f"{bic:.3f} (not to be compared: {said})")]
    return [*facts, ("BIC", f"{bic:.3f} (smaller is better)")]


def _course(model: Mixture) -> list[tuple[str, str]]:
    """Return the course of the fit, as names and values."""
    seconds = model.seconds
    facts = [
        ("iterations", f"{model.n_iter}, {_ENDINGS.get(model.status, model.status)}"),
        ("time", f"{1e3 * seconds:.3g} ms" if seconds < 1.0 else f"{seconds:.3g} s"),
        ("threads", str(model.n_threads)),
        ("instructions", _core.info()["instruction_set"]),
    ]
    for event in model.events[:_MOST_EVENTS]:
        when = f"iteration {event.iteration}" if event.iteration else "start"
        facts.append(("event", f"{when}, {place_of(event)}: {_ACTS[event.act]}"))
    if len(model.events) > _MOST_EVENTS:
        facts.append(("", f"... and {len(model.events) - _MOST_EVENTS} more events"))
    return facts


def _components(
    model: Mixture, rows_won: Sequence[str], titles: Sequence[str], width: int
) -> list[str]:
    """Return one line per component; features that do not fit beside each other follow below."""
    k = min(model.n_components, _MOST_COMPONENTS)
    d = min(model.n_features, _MOST_FEATURES)
    head = _column("component", [str(i) for i in range(k)])
    facts = [
        _column("weight", [f"{weight:.4f}" for weight in model.weights[:k]]),
        _column("rows won", list(rows_won[:k])),
    ]
    deviations = model.standard_deviations()[:k]
    features = [_feature(titles[j], model.means[:k, j], deviations[:, j]) for j in range(d)]

    lines: list[str] = []
    while features:
        columns = [head, *facts]
        used = sum(len(column[0]) + 3 for column in columns)
        spread_at = used
        while features and (len(columns) == 1 + len(facts) or used + len(features[0][0]) <= width):
            used += len(features[0][0]) + 3
            columns.append(features.pop(0))
        if lines:
            lines.append("")
        lines.append(" " * spread_at + _SPREAD)
        lines += ["   ".join(cells).rstrip() for cells in zip(*columns, strict=True)]
        facts = []
    if model.n_components > k:
        lines.append(f"... and {model.n_components - k} more components")
    if model.n_features > d:
        lines.append(f"... and {model.n_features - d} more features")
    return lines


def _feature(title: str, means: Floats, deviations: Floats) -> list[str]:
    """Return means and standard deviations of one feature, to the same decimal place."""
    smallest = float(deviations.min())
    decimals = max(0, 2 - int(np.floor(np.log10(smallest)))) if smallest > 0.0 else 0
    largest = max(float(np.abs(means).max()), float(deviations.max()))
    spec = f".{decimals}f" if decimals <= 6 and largest < 1e9 else ".6g"
    centre = _column("", [f"{mean:{spec}}" for mean in means])[1:]
    spread = _column("", [f"{deviation:{spec}}" for deviation in deviations])[1:]
    title = " ".join(title.split())  # names of spreadsheets may have line breaks
    title = title if len(title) <= 30 else title[:27] + "..."
    return _column(title, [f"{a} ± {b}" for a, b in zip(centre, spread, strict=True)])


def _column(title: str, cells: list[str]) -> list[str]:
    """Return a title and cells, aligned to the right."""
    width = max(map(len, [title, *cells]))
    return [f"{cell:>{width}}" for cell in [title, *cells]]
