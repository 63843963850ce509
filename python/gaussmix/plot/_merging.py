"""The tree of components that are merged into clusters, and the entropies on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gaussmix import _palette
from gaussmix._merging import MergedClusters

from ._display import Display, new_figure
from ._marks import label, title
from ._views import as_mixture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class MergeDisplay(Display):
    """How components merge into clusters (`Mixture.merge_clusters`).

    The tree is on the left: components at the bottom, in their colours, joined in the order in
    which they merge. On the right is the entropy that each number of clusters leaves, with its
    elbow marked.

    Attributes
    ----------
    clusters_ : MergedClusters
        The merged clusters that are drawn.
    axes_ : list of matplotlib.axes.Axes
        The tree, the entropies; `ax_` is the first.
    figure_ : matplotlib.figure.Figure
        Their figure.
    """

    axes_: list[Axes]

    def __init__(self, clusters: MergedClusters) -> None:
        self.clusters_ = clusters

    @classmethod
    def from_estimator(
        cls, estimator: Any, X: Any, *, figure: Figure | None = None
    ) -> MergeDisplay:
        """Merge the components of a mixture or fitted estimator, and draw the merges.

        Parameters
        ----------
        estimator : Mixture or fitted estimator
            The mixture.
        X : array-like of shape (n, d)
            The rows that it was fitted to.
        figure : matplotlib.figure.Figure, optional
            The figure to draw into. Default: a new one.

        Returns
        -------
        MergeDisplay
        """
        return cls(as_mixture(estimator).merge_clusters(X)).plot(figure)

    def plot(self, figure: Figure | None = None) -> MergeDisplay:
        """Draw the picture; `figure` as in `from_estimator`."""
        self.figure_ = new_figure(9.6, 4.4) if figure is None else figure
        self.axes_ = list(self.figure_.subplots(1, 2, squeeze=False)[0])
        self.ax_ = self.axes_[0]
        self._draw_tree(self.axes_[0])
        self._draw_entropies(self.axes_[1])
        return self

    def _draw_tree(self, axes: Axes) -> None:
        n = self.clusters_.mixture.n_components
        leaves = _order(self.clusters_)
        places = {k: float(leaves.index(k)) for k in range(n)}
        heights = dict.fromkeys(range(n), 0.0)
        for step, (a, b) in enumerate(self.clusters_.merges, 1):
            x, y = [places[a], places[b]], [heights[a], heights[b]]
            axes.plot(
                [x[0], x[0], x[1], x[1]],
                [y[0], step, step, y[1]],
                color=_palette.INK,
                linewidth=1.4,
                zorder=1,
            )
            places[a], heights[a] = float(np.mean(x)), float(step)
        colours = _palette.colours(n)
        axes.scatter(range(n), np.zeros(n), s=110, c=colours[leaves], zorder=2, clip_on=False)
        cut = n - self.clusters_.n_clusters
        if n > 1:
            axes.axhline(cut + 0.5, color=_palette.NEUTRAL, linestyle=(0, (4, 3)), linewidth=1)
        axes.set_xticks(range(n), [str(k) for k in leaves])
        axes.set_yticks(range(n), [str(n - step) for step in range(n)])
        axes.set_ylim(-0.2, max(n - 1, 1) + 0.3)
        label(axes, "component", "clusters left")
        title(axes, "Merges")

    def _draw_entropies(self, axes: Axes) -> None:
        n = self.clusters_.mixture.n_components
        values = self.clusters_.entropies[::-1]
        axes.plot(range(1, n + 1), values, color=_palette.INK, marker="o", markersize=5)
        elbow = self.clusters_.n_clusters
        axes.plot(
            elbow,
            values[elbow - 1],
            marker="o",
            markersize=14,
            markerfacecolor="none",
            markeredgecolor=_palette.INK,
            markeredgewidth=1.5,
        )
        axes.locator_params(axis="x", integer=True)
        label(axes, "clusters", "entropy of the assignment (nats)")
        title(axes, f"Entropy: elbow at {elbow}")


def _order(clusters: MergedClusters) -> list[int]:
    """Return the components in an order in which no branches cross."""
    leaves = {k: [k] for k in range(clusters.mixture.n_components)}
    for a, b in clusters.merges:
        leaves[a] += leaves.pop(b)
    return leaves[0]
