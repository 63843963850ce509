"""The base of displays of rows: what they hold, and how one pair of axes is drawn."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from gaussmix._mixture import Mixture

from ._display import Display, axes_for
from ._views import Features, View, as_mixture, seen

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class SeenDisplay(Display):
    """A picture of rows and of the mixture they were fitted with."""

    def __init__(
        self,
        model: Mixture,
        data: NDArray[Any],
        view: View,
        weights: NDArray[np.float64] | None = None,
    ) -> None:
        self._model = model
        self._data = data
        self._view = view
        self._weights = weights


class RowsDisplay(SeenDisplay):
    """A picture of rows and of the mixture they were fitted with, in one or two coordinates.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        The axes it was drawn into.
    figure_ : matplotlib.figure.Figure
        The figure of `ax_`.
    """

    _coordinates: ClassVar[int] = 2
    _size: ClassVar[tuple[float, float]] = (6.4, 6.0)  # of a new figure, in inches

    @classmethod
    def from_estimator(
        cls,
        model: Any,
        X: Any,
        *,
        features: Features = None,
        names: Sequence[str] | None = None,
        sample_weight: npt.ArrayLike | None = None,
        ax: Axes | None = None,
        legend: bool = True,
    ) -> Self:
        """Make the display of a mixture and the rows of `X`, and draw it.

        Labels and responsibilities of rows come from all features, whichever are shown.

        Parameters
        ----------
        model : Mixture or fitted estimator
            The mixture, of any covariance family.
        X : array-like of shape (n, d)
            The data.
        features : sequence of int or str, or "discriminant", optional
            The features to show, by index or name: one for a histogram, else two. "discriminant"
            shows the combinations of all features that separate the components best (Scrucca
            2010). Default: the feature that does so, or the two whose plane does, by tr(W⁻¹B) of
            the covariances within (W) and between (B) components.
        names : sequence of d str, optional
            Names of the features. Default: the names the model was fitted with, or else
            those of the columns of `X`.
        sample_weight : array-like of shape (n,), optional
            A weight for each row: it scales bar heights, cell darkness and point areas.
        ax : matplotlib.axes.Axes, optional
            Where to draw. Default: axes of a new figure.
        legend : bool, default=True
            Whether to explain the marks below the axes.

        Returns
        -------
        Display

        Raises
        ------
        ImportError
            matplotlib is not installed.
        ValueError
            `X` does not fit the model, `features`, `names` or `sample_weight` cannot be used, or
            the mixture has fewer features than are to be shown.
        """
        mixture = as_mixture(model)
        if mixture.n_features < cls._coordinates:
            raise ValueError("the mixture has one feature: draw it with HistogramDisplay")
        counts = (cls._coordinates,)
        return cls(*seen(mixture, X, features, names, sample_weight, counts)).plot(
            ax, legend=legend
        )

    def plot(self, ax: Axes | None = None, *, legend: bool = True) -> Self:
        """Draw the picture.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw. Default: axes of a new figure.
        legend : bool, default=True
            Whether to explain the marks below the axes.
        """
        self.ax_, self.figure_ = axes_for(ax, *self._size)
        self._draw(legend=legend)
        return self

    @abstractmethod
    def _draw(self, *, legend: bool) -> None:
        """Draw into `ax_`."""
