"""The course of fits: the log-likelihood by iteration, and starts side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from gaussmix import _palette
from gaussmix._arrays import as_count, as_matrix
from gaussmix._fit import fit
from gaussmix._index import warn_of_index
from gaussmix._mixture import Mixture, rank
from gaussmix._seeds import RandomState, seeded

from ._clusters import draw_components
from ._display import Display, axes_for, new_figure
from ._histogram import draw_histogram
from ._marks import (
    Entries,
    course_axes,
    label,
    legend_below,
    line,
    marker,
    tell_outside,
    title,
)
from ._matching import matched
from ._rows import draw_rows, thinned
from ._views import Features, as_mixture, seen

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ACTS = {  # the mark of each act, and its label
    "jitter": ("v", "jitter: not positive definite, diagonal raised"),
    "floor": ("s", "floor: held open by the ridge alone"),
    "reseed": ("^", "reseed: given half of another component"),
    "prune": ("X", "prune: without rows, weight zero"),
    "identical": ("D", "identical: a copy of another component"),
}
_MOST_PANELS = 8
_COLUMNS = 4


class ConvergenceDisplay(Display):
    """The mean log-likelihood per row at each iteration of a fit, with its events.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        The axes it was drawn into.
    figure_ : matplotlib.figure.Figure
        The figure of `ax_`.
    """

    def __init__(self, model: Mixture) -> None:
        self._model = model

    @classmethod
    def from_estimator(
        cls, model: Any, *, ax: Axes | None = None, legend: bool = True
    ) -> ConvergenceDisplay:
        """Draw the run that made a mixture.

        Parameters
        ----------
        model : Mixture or fitted estimator
            A mixture that was fitted, or loaded from a file.
        ax : matplotlib.axes.Axes, optional
            Where to draw. Default: axes of a new figure.
        legend : bool, default=True
            Whether to explain the marks of events below the axes.

        Raises
        ------
        ImportError
            matplotlib is not installed.
        ValueError
            The mixture was given, not fitted.
        """
        mixture = as_mixture(model)
        if not mixture.n_iter:
            raise ValueError("the mixture has no history: it was not fitted")
        return cls(mixture).plot(ax, legend=legend)

    def plot(self, ax: Axes | None = None, *, legend: bool = True) -> ConvergenceDisplay:
        """Draw the picture; parameters as in `from_estimator`."""
        self.ax_, self.figure_ = axes_for(ax, 6.4, 4.4)
        history = self._model.history
        iterations = np.arange(1, len(history) + 1)
        colour = _palette.OKABE_ITO[0]
        self.ax_.plot(
            iterations, history, color=colour, linewidth=1.8, marker="o", markersize=4, zorder=2
        )
        entries: Entries = [(line(colour, 1.8, shape="o"), "of the parameters that entered it")]
        for act, (shape, meaning) in _ACTS.items():
            events = [event for event in self._model.events if event.act == act]
            if not events:
                continue
            places = sorted({min(max(event.iteration, 1), len(history)) for event in events})
            self.ax_.plot(
                places,
                history[np.array(places) - 1],
                linestyle="",
                marker=shape,
                markersize=9,
                markerfacecolor=_palette.OKABE_ITO[3],
                markeredgecolor="white",
                zorder=3,
            )
            for place in places:
                here = [
                    str(event.component)
                    for event in events
                    if min(max(event.iteration, 1), len(history)) == place
                ]
                self.ax_.annotate(
                    f"{act} {', '.join(here[:5])}{' ...' if len(here) > 5 else ''}",
                    (place, history[place - 1]),
                    xytext=(7, -12),
                    textcoords="offset points",
                    fontsize=8,
                    color=_palette.INK,
                )
            entries.append((marker(shape, 9, _palette.OKABE_ITO[3]), meaning))
        course_axes(self.ax_)
        counted = "1 iteration" if len(history) == 1 else f"{len(history)} iterations"
        title(self.ax_, f"{self._model.status} after {counted}")
        if legend:
            legend_below(self.ax_, entries)
        return self


class RestartsDisplay(Display):
    """Fits from several starts: their log-likelihoods by iteration, and their results.

    Colours and numbers are those of the best fit; a component of another fit has those of the
    component it shares most rows with.

    Attributes
    ----------
    models_ : list of Mixture
        The fits, in the order of their starts.
    best_ : Mixture
        The fit with the highest log-likelihood, among those without a collapsed component if there
        are any.
    ax_ : matplotlib.axes.Axes
        The axes of the log-likelihoods.
    axes_ : list of matplotlib.axes.Axes
        The axes of the mixtures, from the highest likelihood down, degenerate ones last; eight at
        most.
    figure_ : matplotlib.figure.Figure
        Their figure.
    """

    axes_: list[Axes]

    def __init__(
        self,
        models: Sequence[Mixture],
        X: Any,
        features: Features = None,
        names: Sequence[str] | None = None,
        *,
        sample_weight: npt.ArrayLike | None = None,
    ) -> None:
        if not models:
            raise ValueError("models is empty: give one fitted mixture or more")
        self.models_ = list(models)
        self._ranking = sorted(range(len(models)), key=lambda i: rank(models[i]), reverse=True)
        self.best_ = self.models_[self._ranking[0]]
        _, self._data, self._view, self._weights = seen(
            self.best_, X, features, names, sample_weight, (2, 1)
        )

    @classmethod
    def from_data(
        cls,
        X: Any,
        n_components: int,
        *,
        n_init: int = 6,
        random_state: RandomState = None,
        features: Features = None,
        names: Sequence[str] | None = None,
        sample_weight: npt.ArrayLike | None = None,
        figure: Figure | None = None,
        **options: Any,
    ) -> RestartsDisplay:
        """Fit from several starts and draw the results side by side.

        Parameters
        ----------
        X : array-like of shape (n, d)
            The data.
        n_components : int
            The number of components, K.
        n_init : int, default=6
            The number of starts.
        random_state : optional
            As in `gaussmix.fit`: where the seeds of the starts come from.
        features, names
            As in `ClusterDisplay`.
        sample_weight : array-like of shape (n,), optional
            A weight for each row, of the fits and of the pictures.
        figure : matplotlib.figure.Figure, optional
            The figure to draw into. Default: a new one.
        **options
            For `gaussmix.fit`, for instance ``init="random_from_data"``.

        Returns
        -------
        RestartsDisplay
        """
        X = as_matrix(X)
        warn_of_index(X.names)
        if as_count(n_init, "n_init") < 1:
            raise ValueError(f"n_init={n_init} must be at least 1")
        with seeded(random_state) as seed_of_seeds:
            seeds = np.random.default_rng(seed_of_seeds).integers(2**31, size=n_init)
            models = [
                fit(
                    X,
                    n_components,
                    sample_weight=sample_weight,
                    random_state=int(seed),
                    **options,
                )
                for seed in seeds
            ]
        return cls(models, X, features, names, sample_weight=sample_weight).plot(figure)

    def plot(self, figure: Figure | None = None) -> RestartsDisplay:
        """Draw the picture; `figure` as in `from_data`."""
        shown = self._ranking[:_MOST_PANELS]
        rows = -(-len(shown) // _COLUMNS)
        if figure is None:
            figure = new_figure(11.0, 3.4 + 2.9 * rows)
        self.figure_ = figure
        grid = figure.add_gridspec(rows + 1, _COLUMNS, height_ratios=[1.1] + [1.0] * rows)
        self.ax_ = figure.add_subplot(grid[0, :])
        self._draw_histories()
        self.axes_ = []
        for place, i in enumerate(shown):
            axes = figure.add_subplot(grid[1 + place // _COLUMNS, place % _COLUMNS])
            self._draw_mixture(axes, i)
            self.axes_.append(axes)
        tell_outside(self.axes_[0], self._view.outside(self._data))
        return self

    def _draw_histories(self) -> None:
        best = self._ranking[0]
        for i in reversed(self._ranking):
            history = self.models_[i].history
            colour = _palette.OKABE_ITO[0] if i == best else "#9A9A9A"
            iterations = np.arange(1, len(history) + 1)
            self.ax_.plot(iterations, history, color=colour, linewidth=2.2 if i == best else 1.1)
            self.ax_.plot(iterations[-1:], history[-1:], marker="o", markersize=5, color=colour)
        course_axes(self.ax_)
        title(self.ax_, f"{len(self.models_)} starts; the best, in blue, is start {best}")

    def _draw_mixture(self, axes: Axes, i: int) -> None:
        history = self.models_[i].history
        weights = None if self._weights is None else thinned(self._weights)
        model = matched(self.models_[i], self.best_, thinned(self._data), weights)
        view = self._view.of(model)
        if len(view.titles) == 1:
            draw_histogram(axes, model, self._data, view, weights=self._weights, numbers=False)
        else:
            draw_rows([(axes, view)], self._data, model, weights=self._weights)
            draw_components(axes, view, len(self._data), small=True)
        label(axes, view.titles[0], view.titles[1] if len(view.titles) > 1 else "density")
        axes.tick_params(labelsize=8)
        axes.locator_params(nbins=4)
        mark = " (collapsed)" if self.models_[i].degenerate else ""
        axes.set_title(f"start {i}: {history[-1]:.4f}{mark}", loc="left", fontsize=10)
