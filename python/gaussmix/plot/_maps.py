"""Maps of a plane: the density of rows, and the uncertainty of labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gaussmix import _palette

from ._marks import (
    Entries,
    in_words,
    label,
    legend_below,
    line,
    marker,
    number_means,
    patch,
    tell_outside,
    title,
)
from ._rows import scatter, thinned
from ._rows_display import RowsDisplay

Array = NDArray[np.float64]

_CELLS = 240  # along each side
_SHARES = (0.5, 0.8, 0.95, 0.99)  # of the probability
_SHADES = ("#08519C", "#4292C6", "#9ECAE1", "#DEEBF7")  # from the densest out
_DRAWS = 50_000


class _MapDisplay(RowsDisplay):
    """A map of a plane, over rows as a backdrop."""

    def _grid(self) -> tuple[Array, Array, Array]:
        """Return the coordinates of the cells, and all their centres, shape (cells², 2)."""
        low, high = self._view.limits.T
        x, y = np.linspace(low, high, _CELLS, axis=1)
        return x, y, np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)

    def _draw_backdrop(self, opacity: float) -> None:
        points = self._view.rows(thinned(self._data))
        weights = None if self._weights is None else thinned(self._weights)
        scatter(self.ax_, points, [(*_palette.rgb(_palette.INK), opacity)], weights)

    def _finish(self, entries: Entries, *, legend: bool) -> None:
        self.ax_.set(xlim=self._view.limits[0], ylim=self._view.limits[1])
        label(self.ax_, *self._view.titles)
        tell_outside(self.ax_, self._view.outside(self._data))
        if legend:
            shown = len(thinned(self._data))
            rows = "row" if shown == len(self._data) else f"{shown:,} of {len(self._data):,} rows"
            legend_below(self.ax_, [*entries, (marker("o", 5), rows)], columns=2)


class DensityDisplay(_MapDisplay):
    """Contours of the mixture's density, around 50, 80, 95 and 99 % of its probability.

    Each contour bounds the smallest region that holds its share (the highest-density region,
    Hyndman 1996), found from 50,000 draws. If the mixture has more features, the density is that of
    the marginal in the plane. A uniform background, which has no densest region, is left out.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        The axes it was drawn into.
    figure_ : matplotlib.figure.Figure
        The figure of `ax_`.
    levels_ : ndarray of shape (4,)
        The log-density along each contour, in nats.
    """

    levels_: Array

    def _draw(self, *, legend: bool) -> None:
        marginal = self._view.components_alone()
        draws, _ = marginal.sample(_DRAWS, random_state=0)
        self.levels_ = np.quantile(marginal.score_samples(draws), 1.0 - np.array(_SHARES))
        x, y, centres = self._grid()
        heights = marginal.score_samples(centres).reshape(len(y), len(x))
        edges = [*self.levels_[::-1], np.inf]
        self.ax_.contourf(x, y, heights, edges, colors=_SHADES[::-1], zorder=0.5)
        self._draw_backdrop(0.45)
        self.ax_.contour(
            x, y, heights, edges[:-1], colors=_palette.INK, linewidths=0.7, linestyles="-", zorder=2
        )
        title(self.ax_, f"Density: {in_words(self._model)}")
        self._finish(
            [
                (patch(colour, 1.0), f"densest {share:.0%} of the probability")
                for colour, share in zip(_SHADES, _SHARES, strict=True)
            ],
            legend=legend,
        )


class UncertaintyDisplay(_MapDisplay):
    """The uncertainty of labels, 1 - max_k p(component k | x), and where labels change.

    It is the probability that a row there came from another component than its label says. In a
    plane of more features it is that of the marginal, which has less information than all features.
    """

    _size = (7.2, 6.0)

    def _draw(self, *, legend: bool) -> None:
        x, y, centres = self._grid()
        responsibilities = self._view.mixture().predict_proba(centres)
        unsure = (1.0 - responsibilities.max(axis=1)).reshape(len(y), len(x))
        image = self.ax_.imshow(
            unsure,
            origin="lower",
            extent=(x[0], x[-1], y[0], y[-1]),
            aspect="auto",
            interpolation="bilinear",
            cmap="Purples",
            vmin=0.0,
            vmax=max(0.5, float(unsure.max())),
            zorder=0,
        )
        self.figure_.colorbar(image, ax=self.ax_, label="probability that the label is wrong")
        labels = responsibilities.argmax(axis=1).reshape(len(y), len(x))
        drawn = self._view.components
        for k in range(responsibilities.shape[1] - 1):  # the border of each against those after it
            others = np.where(labels >= k, labels == k, np.nan)
            if 0.0 < np.nanmean(others) < 1.0:
                self.ax_.contour(x, y, others, [0.5], colors=_palette.INK, linewidths=1.2, zorder=2)
        self._draw_backdrop(0.35)
        colours = _palette.colours(len(self._view.weights))
        number_means(self.ax_, self._view.means[drawn], drawn, colours)
        title(self.ax_, f"Uncertainty: {in_words(self._model)}")
        self._finish(
            [
                (line(_palette.INK, 1.2), "where the label changes"),
                (marker("o", 12), "mean, with the number of the component"),
            ],
            legend=legend,
        )
