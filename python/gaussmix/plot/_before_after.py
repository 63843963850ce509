"""Data before clustering, and after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from ._clusters import draw_components
from ._display import figure_class, new_figure
from ._histogram import draw_histogram, draw_plain_histogram, histogram_entries
from ._marks import cluster_entries, in_words, label, legend_of_figure, tell_outside, title
from ._rows import MOST_POINTS, draw_rows
from ._views import Features, as_mixture, seen

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def before_after(
    model: Any,
    X: Any,
    *,
    features: Features = None,
    names: Sequence[str] | None = None,
    sample_weight: npt.ArrayLike | None = None,
    figure: Figure | None = None,
) -> Figure:
    """Draw data before clustering, and after: labels, means and covariance ellipses.

    On the left are the data in grey, on the right a `ClusterDisplay` or, for one feature, a
    `HistogramDisplay`. Labels and responsibilities come from all features, whichever are shown.

    Parameters
    ----------
    model : Mixture or fitted estimator
        The mixture, of any covariance family.
    X : array-like of shape (n, d)
        The data.
    features : sequence of one or two int or str, or "discriminant", optional
        The features to show, by index or name; "discriminant" shows the plane, among all planes,
        that separates the components best (Scrucca 2010). Default: the two features whose plane
        separates them best, by tr(W⁻¹B) of the covariances within (W) and between (B) components.
    names : sequence of d str, optional
        Names of the features. Default: the names the model was fitted with, or else those of
        the columns of `X`.
    sample_weight : array-like of shape (n,), optional
        A weight for each row: it scales bar heights, cell darkness and point areas.
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
        `X` does not fit the model, or `features`, `names` or `sample_weight` cannot be used.
    """
    figure_class()  # first, so that a missing matplotlib is reported at once
    mixture, data, view, weights = seen(
        as_mixture(model), X, features, names, sample_weight, (2, 1)
    )
    if figure is None:
        figure = new_figure(11.0, 5.6)
    before, after = figure.subplots(1, 2, sharex=True, sharey=True)
    if len(view.titles) == 1:
        draw_plain_histogram(before, data, view, weights=weights)
        draw_histogram(after, mixture, data, view, weights=weights)
        axes_titles = (view.titles[0], "density")
        entries = histogram_entries()
    else:
        draw_rows([(before, view)], data, weights=weights)
        draw_rows([(after, view)], data, mixture, weights=weights)
        draw_components(after, view, len(data))
        axes_titles = (view.titles[0], view.titles[1])
        entries = cluster_entries(dense=len(data) > MOST_POINTS)
    outside = view.outside(data)
    for axes in (before, after):
        label(axes, *axes_titles)
        tell_outside(axes, outside)
    title(before, f"Before: {len(data):,} {'rows' if weights is None else 'weighted rows'}")
    title(after, f"After: {in_words(mixture)}")
    legend_of_figure(figure, entries)
    return figure
