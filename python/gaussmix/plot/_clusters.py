"""Rows in two dimensions, in the colours of their components."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gaussmix import _palette

from ._marks import (
    cluster_entries,
    ellipses,
    in_words,
    label,
    legend_below,
    number_means,
    tell_outside,
    title,
)
from ._rows import CROWD, MOST_POINTS, draw_rows
from ._rows_display import RowsDisplay
from ._views import View

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class ClusterDisplay(RowsDisplay):
    """Each row in the colour of its most probable component, fainter if that is less certain.

    Each mean carries the number of its component, with ellipses around it at 1, 2 and 3 standard
    deviations. Over 20,000 rows the density of rows is shown instead of points: the darker a cell,
    the more rows, its colour mixed by responsibilities. If a few rows lie so far out that the
    others would merge, the axes leave them out and say so.
    """

    def _draw(self, *, legend: bool) -> None:
        draw_rows([(self.ax_, self._view)], self._data, self._model, weights=self._weights)
        draw_components(self.ax_, self._view, len(self._data))
        label(self.ax_, *self._view.titles)
        title(self.ax_, in_words(self._model))
        tell_outside(self.ax_, self._view.outside(self._data))
        if legend:
            legend_below(self.ax_, cluster_entries(dense=len(self._data) > MOST_POINTS))


def draw_components(axes: Axes, view: View, n_rows: int, *, small: bool = False) -> None:
    """Draw the ellipses of a view and the numbers at its means."""
    drawn = view.components
    colours = _palette.colours(len(view.weights))
    ellipses(axes, view, colours, above=n_rows > CROWD)
    number_means(axes, view.means[drawn], drawn, colours, small=small)
