"""One feature: a histogram of the rows, the density of each component and of the mixture."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gaussmix import _geometry, _palette
from gaussmix._mixture import Mixture

from ._marks import (
    DASHES,
    Entries,
    in_words,
    label,
    legend_below,
    line,
    number_means,
    patch,
    tell_outside,
    title,
)
from ._rows_display import RowsDisplay
from ._views import View, chunks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]


class HistogramDisplay(RowsDisplay):
    """A histogram in the colours of the components, below the densities that the mixture gives.

    Each bar is divided by the responsibilities of its rows. The dashed line is the density of the
    mixture, the others its parts, with the number of each component at its mean.
    """

    _coordinates = 1
    _size = (6.4, 5.0)

    def _draw(self, *, legend: bool) -> None:
        draw_histogram(self.ax_, self._model, self._data, self._view, weights=self._weights)
        label(self.ax_, self._view.titles[0], "density")
        title(self.ax_, in_words(self._model))
        tell_outside(self.ax_, self._view.outside(self._data))
        if legend:
            legend_below(self.ax_, histogram_entries())


def histogram_entries() -> Entries:
    """Return the legend of a histogram by component."""
    return [
        (patch(), "rows, in the colours of their components"),
        (line(_palette.INK, 1.6, DASHES), "density of the mixture"),
        (line(_palette.NEUTRAL, 1.8), "of each component, its number at its mean"),
    ]


def draw_plain_histogram(
    axes: Axes, data: NDArray[Any], view: View, *, weights: Array | None = None
) -> None:
    """Draw the rows alone, in grey."""
    values = view.rows(data)[:, 0]
    edges = _edges(values, view)
    counts, _ = np.histogram(values, edges, weights=weights)
    heights = counts / (_total(values, weights) * np.diff(edges))
    axes.stairs(heights, edges, fill=True, color=_palette.NEUTRAL, alpha=0.75, linewidth=0)


def draw_histogram(
    axes: Axes,
    model: Mixture,
    data: NDArray[Any],
    view: View,
    *,
    weights: Array | None = None,
    numbers: bool = True,
) -> None:
    """Draw rows and densities of a view of one coordinate."""
    values = view.rows(data)[:, 0]
    shares, means, variances = view.weights, view.means[:, 0], view.covariances[:, 0, 0]
    drawn = view.components
    colours = _palette.colours(len(shares))

    edges = _edges(values, view)
    parts = _by_component(model, data, values, edges, weights)
    parts /= _total(values, weights) * np.diff(edges)[:, None]
    floor = np.zeros(len(parts))
    shown = [*drawn, *range(len(shares), parts.shape[1])]
    bars = _palette.colours_of_terms(len(shares), parts.shape[1])
    for k in shown:
        axes.stairs(
            floor + parts[:, k],
            edges,
            baseline=floor,
            fill=True,
            color=bars[k],
            alpha=0.5,
            linewidth=0,
        )
        floor = floor + parts[:, k]

    x = _abscissae(view.limits[0], means[drawn], np.sqrt(variances[drawn]))
    densities = {k: shares[k] * _geometry.normal_density(x, means[k], variances[k]) for k in drawn}
    total = np.sum(list(densities.values()), axis=0)
    if view.noise is not None:
        total += float(view.noise.weight or 0.0) * np.exp(-float(view.noise.log_volume or 0.0))
    for k in drawn:
        # Further away it would run along the axis, over others.
        near = (x - means[k]) ** 2 <= 16.0 * variances[k]
        axes.plot(x[near], densities[k][near], color=_palette.darker(colours[k]), linewidth=1.8)
    axes.plot(x, total, color=_palette.INK, linewidth=1.6, linestyle=DASHES)
    # Cut a spike far above the histogram: it would flatten everything else.
    top = max(floor.max(), min(float(total.max()), 2.5 * floor.max())) * 1.1
    axes.set(xlim=view.limits[0], ylim=(0.0, top))
    if numbers:
        peaks = [min(float(densities[k].max()), 0.95 * top) for k in drawn]
        number_means(axes, np.column_stack([means[drawn], peaks]), drawn, colours)


def _edges(values: Array, view: View) -> Array:
    """Return the bin edges: by Freedman and Diaconis (1981), or √n or 3K if more; 10 to 100."""
    low = max(float(values.min()), view.limits[0, 0])
    high = min(float(values.max()), view.limits[0, 1])
    if low == high:
        return np.linspace(view.limits[0, 0], view.limits[0, 1], 11)
    quarter, three_quarters = np.quantile(values, [0.25, 0.75])
    width = 2.0 * (three_quarters - quarter) / values.size ** (1 / 3)
    count = 100 if width == 0.0 else math.ceil(min((high - low) / width, 100.0))
    count = max(count, math.isqrt(values.size), 3 * len(view.weights), 10)
    return np.linspace(low, high, min(count, 100) + 1)


def _total(values: Array, weights: Array | None) -> float:
    """Return how many rows there are."""
    return float(values.size if weights is None else weights.sum())


def _by_component(
    model: Mixture, data: NDArray[Any], values: Array, edges: Array, weights: Array | None
) -> Array:
    """Return the responsibilities of each term, summed by bin, shape (bins, n_terms)."""
    parts = np.zeros((edges.size - 1, model.n_components + (model.noise is not None)))
    for rows in chunks(values.size):
        responsibilities = model.predict_proba(data[rows])
        if weights is not None:
            responsibilities *= weights[rows, np.newaxis]
        for k in range(parts.shape[1]):
            parts[:, k] += np.histogram(values[rows], edges, weights=responsibilities[:, k])[0]
    return parts


def _abscissae(limits: Array, means: Array, deviations: Array) -> Array:
    """Return where to evaluate densities: evenly, and closer where a component is narrow."""
    near = means[:, np.newaxis] + deviations[:, np.newaxis] * np.linspace(-4.0, 4.0, 65)
    x = np.concatenate([np.linspace(limits[0], limits[1], 512), near.ravel()])
    return np.unique(np.clip(x, limits[0], limits[1]))
