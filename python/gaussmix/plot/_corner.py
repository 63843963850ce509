"""Several features at once: every pair of them, and each alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from ._clusters import draw_components
from ._display import new_figure
from ._histogram import draw_histogram
from ._marks import cluster_entries, in_words
from ._rows import MOST_POINTS, draw_rows
from ._rows_display import SeenDisplay
from ._views import Features, as_mixture, seen

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_FEATURES = 5  # by default: more panels would be too small to read


class CornerDisplay(SeenDisplay):
    """A panel for each pair of features, as `ClusterDisplay` draws it; each alone on the diagonal.

    Attributes
    ----------
    axes_ : list of list of matplotlib.axes.Axes
        `axes_[i][j]`, j up to i, shows features j (across) and i (up).
    ax_ : matplotlib.axes.Axes
        The first of them.
    figure_ : matplotlib.figure.Figure
        Their figure.
    """

    axes_: list[list[Axes]]

    @classmethod
    def from_estimator(
        cls,
        model: Any,
        X: Any,
        *,
        features: Features = None,
        names: Sequence[str] | None = None,
        sample_weight: npt.ArrayLike | None = None,
        figure: Figure | None = None,
    ) -> CornerDisplay:
        """Draw the rows of `X` in every pair of some features.

        Parameters
        ----------
        model : Mixture or fitted estimator
            The mixture, of any covariance family.
        X : array-like of shape (n, d)
            The data, d at least 2.
        features : sequence of int or str, or "discriminant", optional
            The features to show, by index or name; "discriminant" shows the combinations of all
            that separate the components best. Default: all, or the five of them in which the
            variance of the means is largest against that within components.
        names : sequence of d str, optional
            Names of the features. Default: the names the model was fitted with, or else
            those of the columns of `X`.
        sample_weight : array-like of shape (n,), optional
            A weight for each row: it scales bar heights, cell darkness and point areas.
        figure : matplotlib.figure.Figure, optional
            The figure to draw into. Default: a new one.

        Returns
        -------
        CornerDisplay

        Raises
        ------
        ImportError
            matplotlib is not installed.
        ValueError
            `X` does not fit the model, or `features`, `names` or `sample_weight` cannot be used.
        """
        mixture = as_mixture(model)
        given = features is not None and not isinstance(features, str)
        count = len(features or ()) if given else min(_MOST_FEATURES, mixture.n_features)
        if count < 2:
            raise ValueError("a corner plot needs two features or more: see HistogramDisplay")
        return cls(*seen(mixture, X, features, names, sample_weight, (count,))).plot(figure)

    def plot(self, figure: Figure | None = None) -> CornerDisplay:
        """Draw the picture.

        Parameters
        ----------
        figure : matplotlib.figure.Figure, optional
            The figure to draw into. Default: a new one.
        """
        m = len(self._view.titles)
        side = max(1.9 * m, 5.0)
        self.figure_ = new_figure(side, side) if figure is None else figure
        grid = self.figure_.add_gridspec(m, m)
        self.axes_ = [
            [self.figure_.add_subplot(grid[i, j]) for j in range(i + 1)] for i in range(m)
        ]
        self.ax_ = self.axes_[0][0]
        pairs = [(self.axes_[i][j], self._view.pick(j, i)) for i in range(m) for j in range(i)]
        draw_rows(pairs, self._data, self._model, weights=self._weights)
        for axes, view in pairs:
            draw_components(axes, view, len(self._data), small=True)
        for i in range(m):
            own = self._view.pick(i)
            draw_histogram(
                self.axes_[i][i],
                self._model,
                self._data,
                own,
                weights=self._weights,
                numbers=False,
            )
            self.axes_[i][i].set_yticks([])
        self._label_outer(m)
        # The empty corner has room for the legend.
        handles, labels = zip(*cluster_entries(dense=len(self._data) > MOST_POINTS), strict=True)
        self.figure_.legend(
            handles,
            labels,
            title=f"{in_words(self._model)}, {len(self._data):,} rows",
            loc="upper right",
            frameon=False,
            fontsize=9 if m > 2 else 7,
            title_fontsize=10 if m > 2 else 8,
            alignment="left",
        )
        return self

    def _label_outer(self, m: int) -> None:
        for i, row in enumerate(self.axes_):
            for j, axes in enumerate(row):
                axes.spines[["top", "right"]].set_visible(False)
                axes.tick_params(labelsize=8)
                axes.locator_params(axis="x", nbins=3)
                if i == m - 1:
                    axes.set_xlabel(self._view.titles[j])
                else:
                    axes.tick_params(labelbottom=False)
                if j == 0 and i > 0:
                    axes.set_ylabel(self._view.titles[i])
                elif i != j:
                    axes.tick_params(labelleft=False)
        self.figure_.align_ylabels()
