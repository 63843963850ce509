"""A mixture as notebooks show it: one HTML table with small drawings, no scripts, no files.

Text takes the colour of its surroundings, so it is readable on light and dark backgrounds.
"""

from __future__ import annotations

from html import escape

import numpy as np
from numpy.typing import NDArray

from gaussmix import _geometry, _palette
from gaussmix._collapse import has_collapsed
from gaussmix._facts import place_of
from gaussmix._like import MixtureLike

Floats = NDArray[np.float64]

_MOST_COMPONENTS = 20
_MOST_FEATURES = 6
_MOST_EVENTS = 5
_SIDE = 44  # pixels of a drawing of a component
_CELL = 'style="text-align:left;padding:2px 10px"'


def mixture_html(model: MixtureLike, title: str) -> str:
    """Return a table with one row per component: weight, mean, standard deviation and shape.

    Parameters
    ----------
    model
        The mixture.
    title
        The text above the table.
    """
    k, d = min(model.n_components, _MOST_COMPONENTS), min(model.n_features, _MOST_FEATURES)
    names = model.feature_names or tuple(f"feature {j}" for j in range(model.n_features))
    heads = ["", "weight", *(escape(name) for name in names[:d])]
    if d < model.n_features:
        heads.append(f"{model.n_features - d} more")
    drawings, shown = _drawings(model, names)
    heads.append(f'<span style="font-weight:normal">{escape(shown)}</span>')
    deviations = model.standard_deviations()
    colours = [_hex(colour) for colour in _palette.colours(model.n_components)]
    rows = []
    for i in range(k):
        cells = [
            f'<b style="color:{colours[i]}">&#9679;</b> {i}',
            f"{_bar(model.weights[i], colours[i])} {model.weights[i]:.4f}",
            *(f"{model.means[i, j]:.4g} &plusmn; {deviations[i, j]:.3g}" for j in range(d)),
        ]
        if d < model.n_features:
            cells.append("...")
        cells.append(drawings[i])
        if model.degenerate:
            cells.append("collapsed" if has_collapsed(model, i) else "")
        rows.append("".join(f"<td {_CELL}>{cell}</td>" for cell in cells))
    if model.noise is not None:
        weight = float(model.noise.weight or 0.0)
        grey = _palette.NEUTRAL
        cells = [f'<b style="color:{grey}">&#9679;</b> noise', f"{_bar(weight, grey)} {weight:.4f}"]
        rows.append("".join(f"<td {_CELL}>{cell}</td>" for cell in cells))
    if model.degenerate:
        heads.append("")
    header = "".join(f"<th {_CELL}>{head}</th>" for head in heads)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    lines = [f"<div><div><b>{escape(title)}</b> {_sparkline(model.history)}</div>"]
    style = "margin:4px 0;color:inherit;font-size:inherit"
    lines.append(f'<table style="{style}"><tr>{header}</tr>{body}</table>')
    if k < model.n_components:
        lines.append(f"<div>... {model.n_components - k} more components</div>")
    lines += [
        f"<div>{event.act} at iteration {event.iteration}: {place_of(event)}</div>"
        for event in model.events[:_MOST_EVENTS]
    ]
    if len(model.events) > _MOST_EVENTS:
        lines.append(f"<div>... {len(model.events) - _MOST_EVENTS} more events</div>")
    return "".join(lines) + "</div>"


def _drawings(model: MixtureLike, names: tuple[str, ...]) -> tuple[list[str], str]:
    """Return a drawing of each component, and the caption of the drawings."""
    if model.n_features == 1:
        return _curves(model), "density"
    pair = _geometry.most_separating_pair(model)
    return _ellipses(model, pair), f"2 sd: {names[pair[0]]} × {names[pair[1]]}"


def _ellipses(model: MixtureLike, pair: tuple[int, int]) -> list[str]:
    """Return ellipses at two standard deviations in the plane of two features, all to one scale."""
    means = np.asarray(model.means)[:, pair]
    covariances = _geometry.covariance_matrices(model, pair)
    outlines = [
        _geometry.ellipse_outline(mean, covariance, 2.0, 41)
        for mean, covariance in zip(means, covariances, strict=True)
    ]
    drawn = np.flatnonzero(np.asarray(model.weights) > 0.0)
    everything = np.concatenate([outlines[i] for i in drawn])
    paths = [_path(outline, everything) for outline in outlines]
    others = " ".join(paths[i] for i in drawn[:_MOST_COMPONENTS])
    return [_drawing(others, path, colour) for path, colour in _coloured(model, paths)]


def _curves(model: MixtureLike) -> list[str]:
    """Return curves of density times weight, all to one scale."""
    weights, means = np.asarray(model.weights), np.asarray(model.means)[:, 0]
    variances = model.variances()[:, 0]
    reach = 3.0 * np.sqrt(variances)
    x = np.linspace((means - reach).min(), (means + reach).max(), 61)
    heights = [
        weight * _geometry.normal_density(x, mean, variance)
        for weight, mean, variance in zip(weights, means, variances, strict=True)
    ]
    curves = [np.column_stack([x, height]) for height in heights]
    everything = np.concatenate([*curves, [[x[0], 0.0]]])
    paths = [_path(curve, everything) for curve in curves]
    others = " ".join(paths[:_MOST_COMPONENTS])
    return [_drawing(others, path, colour) for path, colour in _coloured(model, paths)]


def _coloured(model: MixtureLike, paths: list[str]) -> list[tuple[str, str]]:
    colours = _palette.colours(model.n_components)
    shown = paths[:_MOST_COMPONENTS]
    return [(path, _hex(colour)) for path, colour in zip(shown, colours, strict=False)]


def _path(points: Floats, frame: Floats) -> str:
    """Return an SVG path through points, in pixels; the points of `frame` fill the drawing."""
    low, high = frame.min(axis=0), frame.max(axis=0)
    across = (points - low) / np.where(high > low, high - low, 1.0) * (_SIDE - 4) + 2
    return "M" + "L".join(f"{x:.1f} {_SIDE - y:.1f}" for x, y in across)


def _drawing(others: str, own: str, colour: str) -> str:
    return (
        f'<svg width="{_SIDE}" height="{_SIDE}" fill="none" style="vertical-align:middle">'
        f'<path d="{others}" stroke="currentColor" stroke-opacity="0.25"/>'
        f'<path d="{own}" stroke="{colour}" stroke-width="2" fill="{colour}" fill-opacity="0.25"/>'
        "</svg>"
    )


def _bar(weight: float, colour: str) -> str:
    return (
        '<svg width="40" height="9"><rect width="40" height="9" fill="currentColor" '
        f'fill-opacity="0.12"/><rect width="{40 * weight:.1f}" height="9" fill="{colour}"/></svg>'
    )


def _sparkline(history: Floats) -> str:
    """Return a small curve of the log-likelihood by iteration, or nothing."""
    if len(history) < 2:
        return ""
    low, high = float(history.min()), float(history.max())
    heights = (history - low) / (high - low) if high > low else np.zeros(len(history))
    points = " ".join(
        f"{2 + 76 * i / (len(history) - 1):.1f},{14 - 12 * height:.1f}"
        for i, height in enumerate(heights)
    )
    return (
        '<svg width="80" height="16" fill="none" style="vertical-align:middle">'
        f"<title>mean log-likelihood per row: {history[0]:.6g} to {history[-1]:.6g}</title>"
        f'<polyline points="{points}" stroke="currentColor" stroke-width="1.5"/></svg>'
    )


def _hex(colour: Floats) -> str:
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in colour)
