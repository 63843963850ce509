"""Pictures of mixtures. Needs matplotlib: ``pip install 'gaussmix[plot]'``.

Matplotlib is imported where it is used, and figures are made without pyplot: no window, no global
state, the same on a server as on a desk.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from . import _geometry, _palette
from ._files import replacing

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ._mixture import Mixture

Array = NDArray[np.float64]

__all__ = ["before_after", "save_figure"]

_CROWD = 2000  # above, points hide what lies under them
_MOST_POINTS = 20_000  # above, density is shown instead of points
_ROWS_AT_ONCE = 1 << 16  # responsibilities are never held for more rows
_RADII = (1, 2, 3)
_DASHES = (0, (3, 2))


def before_after(
    model: Mixture,
    X: Any,
    *,
    features: Sequence[int | str] | None = None,
    names: Sequence[str] | None = None,
    figure: Figure | None = None,
) -> Figure:
    """Draw data before clustering, and after: labels, means and covariance ellipses.

    Left, the data in grey. Right, each row in the colour of the component it belongs to, the
    fainter the less sure that is (opacity is the responsibility of that component); at each mean
    the number of the component, around it the ellipses at 1, 2 and 3 standard deviations. Over
    20,000 rows both sides show the density of all rows instead of points: the darker a cell, the
    more rows (on a logarithmic scale), its colour mixed from those of the components in proportion
    to their responsibilities. Of one feature the picture is a histogram, with the density of each
    component and of the mixture.

    Labels and responsibilities come from all features, whichever are shown.

    Parameters
    ----------
    model : Mixture
        The mixture, of any covariance family.
    X : array-like of shape (n, d)
        The data.
    features : sequence of one or two int or str, optional
        The features to show, by index or name. Default: the two whose plane keeps the components
        apart best, by tr(W⁻¹B) of the covariances within (W) and between (B) components.
    names : sequence of d str, optional
        What the features are called. Default: the names the model was fitted with, or else those of
        the columns of `X`.
    figure : matplotlib.figure.Figure, optional
        The figure to draw into. Default: a new one.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ImportError
        matplotlib is not installed.
    ValueError
        `X` does not fit the model, or `features` or `names` cannot be used.
    """
    figure_class = _figure_class()
    data = np.asarray(X)
    if data.ndim != 2 or data.shape[1] != model.n_features or data.shape[0] == 0:
        raise ValueError(
            f"X has shape {data.shape}: the mixture needs (n, {model.n_features}) with n > 0"
        )
    titles = _feature_names(model, X, names)
    shown = _chosen_features(model, features, titles)
    if figure is None:
        figure = figure_class(figsize=(11.0, 5.6), layout="constrained")
    if len(shown) == 1:
        _histograms(figure, model, data, shown[0], titles)
    else:
        _planes(figure, model, data, shown, titles)
    return figure


def save_figure(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure in the format that the ending of `path` names.

    The file is written beside `path` and then renamed over it: a failure leaves no half picture.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure.
    path : path-like
        Where to, for instance ``picture.png``, ``.svg`` or ``.pdf``.
    """
    with replacing(path) as beside:
        figure.savefig(beside, dpi=150)


def check_path(path: str | os.PathLike[str]) -> None:
    """Raise, before any work is done, what `save_figure` would raise for want of a format.

    Raises
    ------
    ImportError
        matplotlib is not installed.
    ValueError
        The ending names no format that matplotlib can write.
    """
    formats = _figure_class()().canvas.get_supported_filetypes()
    ending = Path(path).suffix.removeprefix(".").lower()
    if ending not in formats:
        raise ValueError(f"{os.fspath(path)!r} must end in one of {', '.join(sorted(formats))}")


def _figure_class() -> type[Figure]:
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError("pictures need matplotlib: pip install 'gaussmix[plot]'") from error
    return Figure


def _feature_names(model: Mixture, X: Any, names: Sequence[str] | None) -> list[str]:
    if names is not None and len(names) != model.n_features:
        raise ValueError(f"names has {len(names)} entries, the mixture {model.n_features} features")
    found = names if names is not None else model.feature_names
    if found is None:
        found = getattr(X, "columns", None)
    if found is None:
        found = [f"feature {j}" for j in range(model.n_features)]
    return [str(name) for name in found]


def _chosen_features(
    model: Mixture, features: Sequence[int | str] | None, titles: list[str]
) -> list[int]:
    d = model.n_features
    if features is None:
        return [0] if d == 1 else list(_geometry.most_separating_pair(model))
    chosen = []
    for feature in features:
        if isinstance(feature, str):
            if feature not in titles:
                raise ValueError(f"features: there is no {feature!r} among {', '.join(titles)}")
            chosen.append(titles.index(feature))
        elif -d <= feature < d:
            chosen.append(int(feature) % d)
        else:
            raise ValueError(f"features: {feature} is not in 0 ... {d - 1}")
    if len(chosen) not in (1, 2) or len(set(chosen)) != len(chosen):
        raise ValueError(f"features={tuple(features)!r} must be one feature or two different ones")
    return chosen


# Two features.


def _planes(
    figure: Figure, model: Mixture, data: NDArray[Any], shown: list[int], titles: list[str]
) -> None:
    points = np.asarray(data[:, shown], dtype=np.float64)
    means = np.asarray(model.means)[:, shown]
    covariances = _geometry.covariance_matrices(model, shown)
    drawn = np.flatnonzero(np.asarray(model.weights) > 0.0)
    limits = _limits(points, means[drawn], covariances[drawn])
    colours = _palette.colours(model.n_components)

    before, after = figure.subplots(1, 2, sharex=True, sharey=True)
    before.set(xlim=limits[0], ylim=limits[1])
    dense = points.shape[0] > _MOST_POINTS
    if dense:
        _density_image(before, _grey_density(points, limits), limits)
        _density_image(after, _coloured_density(model, data, points, limits, colours), limits)
    else:
        size = _point_size(points.shape[0])
        _scatter(
            before,
            points,
            _palette.with_opacity(np.array([_palette.rgb(_palette.NEUTRAL)]), 0.75),
            size,
        )
        _scatter(after, points, _point_colours(model, data, colours), size)
    for k in drawn:
        _ellipses(after, means[k], covariances[k], colours[k], above=points.shape[0] > _CROWD)
    _number_means(after, means[drawn], drawn, colours)
    for axes in (before, after):
        _label(axes, titles[shown[0]], titles[shown[1]])
    _title(before, after, model, points.shape[0])
    _legend(
        figure,
        [
            (_marker("s", 7), "rows: the darker, the more (log scale)")
            if dense
            else (_marker("o", 6), "row: the fainter, the less sure its component"),
            (_marker("o", 12), "mean, with the number of the component"),
            (_line(_palette.NEUTRAL, 1.6), "1, 2 and 3 standard deviations"),
        ],
    )


def _limits(points: Array, means: Array, covariances: Array) -> Array:
    """The ranges to show, shape (2, 2): all data, and the ellipses unless far larger."""
    low, high = points.min(axis=0), points.max(axis=0)
    deviations = np.sqrt(np.diagonal(covariances, axis1=1, axis2=2))
    reach = _RADII[-1] * deviations
    # A constant feature has no width of its own to be measured by.
    most = np.where(high > low, 0.6 * (high - low), reach.max(axis=0))
    low, high = (
        np.minimum(low, np.maximum((means - reach).min(axis=0), low - most)),
        np.maximum(high, np.minimum((means + reach).max(axis=0), high + most)),
    )
    margin = 0.04 * (high - low)
    return np.stack([low - margin, high + margin], axis=1)


def _point_size(n: int) -> float:
    """The area of a point: smaller the more there are, so that they do not run together."""
    return float(np.clip(8000.0 / n, 3.0, 22.0))


def _scatter(axes: Axes, points: Array, colours: Array, size: float) -> None:
    # A file of vectors with thousands of points in it opens slowly: those become pixels.
    axes.scatter(
        points[:, 0],
        points[:, 1],
        s=size,
        c=colours,
        linewidths=0,
        rasterized=points.shape[0] > _CROWD,
    )


def _point_colours(model: Mixture, data: NDArray[Any], colours: Array) -> Array:
    """The colour of each row's component with its responsibility as opacity, shape (n, 4)."""
    responsibilities = model.predict_proba(data)
    labels = responsibilities.argmax(axis=1)
    return _palette.with_opacity(colours[labels], responsibilities[np.arange(labels.size), labels])


def _bins(n: int) -> int:
    """Cells along each side of a picture of density."""
    return int(np.clip(math.sqrt(n) / 1.8, 80, 240))


def _cells(points: Array, limits: Array, bins: int) -> NDArray[np.intp]:
    """The index of each row's cell in a grid of bins x bins, the second feature slowest."""
    low, width = limits[:, 0], np.diff(limits, axis=1)[:, 0]
    cell = np.clip(((points - low) / width * bins).astype(np.intp), 0, bins - 1)
    index: NDArray[np.intp] = cell[:, 1] * bins + cell[:, 0]
    return index


def _chunks(n: int) -> Iterator[slice]:
    return (slice(start, start + _ROWS_AT_ONCE) for start in range(0, n, _ROWS_AT_ONCE))


def _grey_density(points: Array, limits: Array) -> Array:
    bins = _bins(points.shape[0])
    counts = np.zeros(bins * bins)
    for rows in _chunks(points.shape[0]):
        counts += np.bincount(_cells(points[rows], limits, bins), minlength=counts.size)
    return _shade(np.tile(_palette.rgb(_palette.NEUTRAL), (counts.size, 1)), counts).reshape(
        bins, bins, 4
    )


def _coloured_density(
    model: Mixture, data: NDArray[Any], points: Array, limits: Array, colours: Array
) -> Array:
    bins = _bins(points.shape[0])
    counts = np.zeros(bins * bins)
    mixed = np.zeros((bins * bins, 3))
    for rows in _chunks(points.shape[0]):
        cells = _cells(points[rows], limits, bins)
        row_colours = model.predict_proba(data[rows]) @ colours
        counts += np.bincount(cells, minlength=counts.size)
        for channel in range(3):
            mixed[:, channel] += np.bincount(cells, row_colours[:, channel], counts.size)
    filled = counts > 0
    mixed[filled] /= counts[filled, np.newaxis]
    return _shade(mixed, counts).reshape(bins, bins, 4)


def _shade(colours: Array, counts: Array) -> Array:
    """Opacity by the logarithm of the count, a cell with one row still visible."""
    relative = np.log1p(counts) / np.log1p(counts.max())
    return _palette.with_opacity(colours, np.where(counts > 0, 0.12 + 0.88 * relative, 0.0))


def _density_image(axes: Axes, image: Array, limits: Array) -> None:
    extent = (limits[0, 0], limits[0, 1], limits[1, 0], limits[1, 1])
    axes.imshow(
        image, origin="lower", extent=extent, aspect="auto", interpolation="nearest", zorder=0
    )


def _ellipses(axes: Axes, mean: Array, covariance: Array, colour: Array, *, above: bool) -> None:
    """Tinted ellipses under the points, or outlines above a crowd of them."""
    for radius, width in zip(_RADII, (1.8, 1.3, 0.9), strict=True):
        axes.fill(
            *_geometry.ellipse_outline(mean, covariance, radius).T,
            facecolor="none" if above else (*colour, 0.09),
            edgecolor=_palette.darker(colour, 0.6 if above else 0.75),
            linewidth=width,
            zorder=2 if above else 0.8,
        )


# One feature.


def _histograms(
    figure: Figure, model: Mixture, data: NDArray[Any], feature: int, titles: list[str]
) -> None:
    values = np.asarray(data[:, feature], dtype=np.float64)
    weights = np.asarray(model.weights)
    means = np.asarray(model.means)[:, feature]
    variances = _geometry.covariance_matrices(model, [feature])[:, 0, 0]
    drawn = np.flatnonzero(weights > 0.0)
    limits = _limits(values[:, np.newaxis], means[drawn, None], variances[drawn, None, None])[0]
    colours = _palette.colours(model.n_components)

    edges = _edges(values, limits, model.n_components)
    parts = _weighed_histogram(model, data, values, edges) / (values.size * np.diff(edges)[:, None])
    heights = parts.sum(axis=1)
    before, after = figure.subplots(1, 2, sharex=True, sharey=True)
    before.stairs(heights, edges, fill=True, color=_palette.NEUTRAL, alpha=0.75, linewidth=0)
    floor = np.zeros_like(heights)
    for k in drawn:
        after.stairs(
            floor + parts[:, k],
            edges,
            baseline=floor,
            fill=True,
            color=colours[k],
            alpha=0.5,
            linewidth=0,
        )
        floor = floor + parts[:, k]

    x = _abscissae(limits, means[drawn], np.sqrt(variances[drawn]))
    densities = {k: weights[k] * _geometry.normal_density(x, means[k], variances[k]) for k in drawn}
    total = np.sum(list(densities.values()), axis=0)
    for k in drawn:
        near = (x - means[k]) ** 2 <= 16.0 * variances[k]  # or it runs along the axis, over others
        after.plot(x[near], densities[k][near], color=_palette.darker(colours[k]), linewidth=1.8)
    after.plot(x, total, color=_palette.INK, linewidth=1.6, linestyle=_DASHES)
    # A spike far above the histogram is cut, or it would flatten everything else.
    top = max(heights.max(), min(float(total.max()), 2.5 * heights.max())) * 1.1
    peaks = [min(float(densities[k].max()), 0.95 * top) for k in drawn]
    _number_means(after, np.column_stack([means[drawn], peaks]), drawn, colours)

    before.set(xlim=limits, ylim=(0.0, top))
    for axes in (before, after):
        _label(axes, titles[feature], "density")
    _title(before, after, model, values.size)
    _legend(
        figure,
        [
            (_patch(), "rows, in the colours of their components"),
            (_line(_palette.INK, 1.6, _DASHES), "density of the mixture"),
            (_line(_palette.NEUTRAL, 1.8), "of each component, its number at its mean"),
        ],
    )


def _edges(values: Array, limits: Array, k: int) -> Array:
    """Bins by the rule of Freedman and Diaconis (1981), or √n or 3K if more; 10 to 100."""
    low, high = float(values.min()), float(values.max())
    if low == high:
        return np.linspace(limits[0], limits[1], 11)
    quarter, three_quarters = np.quantile(values, [0.25, 0.75])
    width = 2.0 * (three_quarters - quarter) / values.size ** (1 / 3)
    count = 100 if width == 0.0 else math.ceil(min((high - low) / width, 100.0))
    count = max(count, math.isqrt(values.size), 3 * k, 10)
    return np.linspace(low, high, min(count, 100) + 1)


def _weighed_histogram(model: Mixture, data: NDArray[Any], values: Array, edges: Array) -> Array:
    """The responsibilities of each component, summed by bin, shape (bins, K)."""
    parts = np.zeros((edges.size - 1, model.n_components))
    for rows in _chunks(values.size):
        responsibilities = model.predict_proba(data[rows])
        for k in range(model.n_components):
            parts[:, k] += np.histogram(values[rows], edges, weights=responsibilities[:, k])[0]
    return parts


def _abscissae(limits: Array, means: Array, deviations: Array) -> Array:
    """Where to draw densities: evenly, and closer where a component is narrow."""
    near = means[:, np.newaxis] + deviations[:, np.newaxis] * np.linspace(-4.0, 4.0, 65)
    x = np.concatenate([np.linspace(limits[0], limits[1], 512), near.ravel()])
    return np.unique(np.clip(x, limits[0], limits[1]))


# What both have.


def _title(before: Axes, after: Axes, model: Mixture, n: int) -> None:
    k = model.n_components
    components = "1 component" if k == 1 else f"{k} components"
    kind = model.covariance_type
    before.set_title(f"Before: {n:,} rows", loc="left", color=_palette.INK)
    after.set_title(f"After: {components}, {kind} covariance", loc="left", color=_palette.INK)


def _label(axes: Axes, x: str, y: str) -> None:
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.tick_params(labelleft=True)
    axes.spines[["top", "right"]].set_visible(False)


def _number_means(axes: Axes, places: Array, components: NDArray[np.intp], colours: Array) -> None:
    """A disc at each place, with the number of the component in it."""
    small = len(components) > 12
    for place, k in zip(places, components, strict=True):
        axes.plot(
            *place,
            marker="o",
            markersize=11 if small else 15,
            markerfacecolor=colours[k],
            markeredgecolor="white",
            markeredgewidth=1.2,
            zorder=4,
        )
        axes.annotate(
            str(k),
            place,
            ha="center",
            va="center_baseline",
            fontsize=7 if small else 9,
            fontweight="bold",
            color=_palette.readable_on(colours[k]),
            zorder=5,
        )


def _legend(figure: Figure, entries: list[tuple[Artist, str]]) -> None:
    """One row under both panels, off the data."""
    handles, labels = zip(*entries, strict=True)
    figure.legend(handles, labels, loc="outside lower center", ncols=len(entries), frameon=False)


def _marker(shape: str, size: float) -> Artist:
    from matplotlib.lines import Line2D

    return Line2D(
        [],
        [],
        linestyle="",
        marker=shape,
        markersize=size,
        markerfacecolor=_palette.NEUTRAL,
        markeredgecolor="white",
    )


def _line(colour: str, width: float, dashes: Any = "-") -> Artist:
    from matplotlib.lines import Line2D

    return Line2D([], [], color=colour, linewidth=width, linestyle=dashes)


def _patch() -> Artist:
    from matplotlib.patches import Patch

    return Patch(color=_palette.NEUTRAL, alpha=0.5, linewidth=0)
