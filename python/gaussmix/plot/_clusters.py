"""Rows in two dimensions, in the colours of their components."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from gaussmix import _palette
from gaussmix._mixture import Mixture

from ._display import Display, axes_for
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
from ._views import Features, View, as_data, as_mixture, view_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class ClusterDisplay(Display):
    """Each row in the colour of its most probable component, the fainter the less sure that is.

    At each mean stands the number of the component, around it ellipses at 1, 2 and 3 standard
    deviations. Over 20,000 rows the density of rows is shown instead of points: the darker a cell,
    the more rows, its colour mixed by responsibilities. Where a few rows lie so far out that the
    others could not be told apart, the axes leave them out and say so.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        What it was drawn into.
    figure_ : matplotlib.figure.Figure
        The figure of `ax_`.
    """

    def __init__(self, model: Mixture, data: NDArray[Any], view: View) -> None:
        self._model = model
        self._data = data
        self._view = view

    @classmethod
    def from_estimator(
        cls,
        model: Any,
        X: Any,
        *,
        features: Features = None,
        names: Sequence[str] | None = None,
        ax: Axes | None = None,
        legend: bool = True,
    ) -> ClusterDisplay:
        """Draw the rows of `X` as a mixture of two features or more divides them.

        Labels and responsibilities come from all features, whichever are shown.

        Parameters
        ----------
        model : Mixture or fitted estimator
            The mixture, of any covariance family.
        X : array-like of shape (n, d)
            The data, d at least 2.
        features : sequence of two int or str, or "discriminant", optional
            The features to show, by index or name; "discriminant" shows the plane, of all there
            are, that separates the components best (Scrucca 2010). Default: the two features whose
            plane does so, by tr(W⁻¹B) of the covariances within (W) and between (B) components.
        names : sequence of d str, optional
            What the features are called. Default: the names the model was fitted with, or else
            those of the columns of `X`.
        ax : matplotlib.axes.Axes, optional
            Where to draw. Default: axes of a new figure.
        legend : bool, default=True
            Whether to explain the marks below the axes.

        Returns
        -------
        ClusterDisplay

        Raises
        ------
        ImportError
            matplotlib is not installed.
        ValueError
            `X` does not fit the model, or `features` or `names` cannot be used.
        """
        mixture = as_mixture(model)
        if mixture.n_features < 2:
            raise ValueError("the mixture has one feature: draw it with HistogramDisplay")
        view = view_of(mixture, X, features, names)
        return cls(mixture, as_data(mixture, X), view).plot(ax, legend=legend)

    def plot(self, ax: Axes | None = None, *, legend: bool = True) -> ClusterDisplay:
        """Draw it.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw. Default: axes of a new figure.
        legend : bool, default=True
            Whether to explain the marks below the axes.
        """
        self.ax_, self.figure_ = axes_for(ax, 6.4, 6.0)
        draw_rows([(self.ax_, self._view)], self._data, self._model)
        draw_components(self.ax_, self._view, len(self._data))
        label(self.ax_, *self._view.titles)
        title(self.ax_, in_words(self._model))
        tell_outside(self.ax_, self._view.outside(self._data))
        if legend:
            legend_below(self.ax_, cluster_entries(dense=len(self._data) > MOST_POINTS))
        return self


def draw_components(axes: Axes, view: View, n_rows: int, *, small: bool = False) -> None:
    """Draw the ellipses of a view and the numbers at its means."""
    drawn = view.components
    colours = _palette.colours(len(view.weights))
    ellipses(axes, view, colours, above=n_rows > CROWD)
    number_means(axes, view.means[drawn], drawn, colours, small=small)
