"""A film of EM, from the start to convergence."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from gaussmix import _palette
from gaussmix._arrays import as_matrix
from gaussmix._covariance import of_components
from gaussmix._files import replacing
from gaussmix._fit import fit
from gaussmix._index import warn_of_index
from gaussmix._mixture import Mixture
from gaussmix._seeds import RandomState, seeded

from ._clusters import draw_components
from ._display import Display, figure_class, new_figure
from ._histogram import draw_histogram
from ._marks import course_axes, label, title
from ._rows import draw_rows
from ._views import Features, seen, weighted_data

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from PIL.Image import Image

_SIZE = (9.6, 4.8)  # inches
_MOST_FRAMES = 60
_LAST_SECONDS = 2.5  # how long the last frame stays


class FilmDisplay(Display):
    """EM at work: the mixture at the start and after each iteration, with its log-likelihood.

    Attributes
    ----------
    models_ : list of Mixture
        The start and the mixture after each iteration.
    history_ : ndarray
        The mean log-likelihood per row of each of them, in nats; under a prior penalised.
    ax_ : matplotlib.axes.Axes
        The axes of the rows, in the frame that was drawn last.
    figure_ : matplotlib.figure.Figure
        The figure of that frame.
    """

    def __init__(
        self,
        models: Sequence[Mixture],
        history: NDArray[np.float64],
        X: Any,
        features: Features = None,
        names: Sequence[str] | None = None,
        *,
        sample_weight: npt.ArrayLike | None = None,
    ) -> None:
        self.models_ = list(models)
        self.history_ = history
        last = self.models_[-1]
        _, self._data, self._view, self._weights = seen(
            last, X, features, names, sample_weight, (2, 1)
        )

    @classmethod
    def from_data(
        cls,
        X: Any,
        n_components: int | None = None,
        *,
        init: Any = None,
        covariance_type: str | None = None,
        max_iter: int = 100,
        tol: float = 1e-4,
        random_state: RandomState = None,
        features: Features = None,
        names: Sequence[str] | None = None,
        sample_weight: npt.ArrayLike | None = None,
        figure: Figure | None = None,
        **options: Any,
    ) -> FilmDisplay:
        """Fit one iteration at a time, keep every mixture on the way, and draw the last.

        Parameters
        ----------
        X : array-like of shape (n, d)
            The data.
        n_components : int
            The number of components, K. May be left out where `init` is a mixture.
        init : Mixture, str or array-like, optional
            Where EM begins, as in `gaussmix.fit`. Default: K rows as means, each with the
            covariance of all rows, which shows more of EM.
        covariance_type : str, default="full"
            The covariance family; by default that of `init` where it is a mixture.
        max_iter : int, default=100
            The maximum number of iterations.
        tol : float, default=1e-4
            The film ends when an iteration raises the mean log-likelihood per row by less.
        random_state : optional
            As in `gaussmix.fit`: where the start comes from.
        features, names
            As in `ClusterDisplay`.
        sample_weight : array-like of shape (n,), optional
            A weight for each row, in the fits and in the pictures.
        figure : matplotlib.figure.Figure, optional
            The figure for the last frame. Default: a new one.
        **options
            For `gaussmix.fit`: `reg_covar`, `prior`, `n_threads`.

        Returns
        -------
        FilmDisplay

        Examples
        --------
        >>> import gaussmix
        >>> from gaussmix.plot import FilmDisplay
        >>> X, names = gaussmix.datasets.load_faithful()
        >>> film = FilmDisplay.from_data(X, 2, names=names, random_state=0)
        >>> film.save("em.gif")  # doctest: +SKIP
        """
        figure_class()
        X = as_matrix(X)
        warn_of_index(X.names)
        with seeded(random_state) as seed_of_start:
            rng = np.random.default_rng(seed_of_start)
        options = {**options, "sample_weight": sample_weight}
        # Classic: its likelihoods are scores, not reduced by the ridge.
        step: dict[str, Any] = {**options, "max_iter": 1, "tol": 0.0, "acceleration": "classic"}
        if init is None:
            model = _spread(X, n_components, covariance_type or "full", rng, options)
        elif isinstance(init, Mixture):
            model = init
        else:
            seed = int(rng.integers(2**31))
            model = fit(
                X,
                n_components,
                init=init,
                covariance_type=covariance_type,
                random_state=seed,
                **{**step, "max_iter": 0},
            )
        models, history = [model], []
        for _ in range(max_iter):
            model = fit(X, init=model, covariance_type=covariance_type, **step)
            history.append(float(model.history[0]))
            models.append(model)
            if len(history) > 1 and history[-1] - history[-2] < tol:
                break
        history.append(float(fit(X, init=model, **step).history[0]))
        film = cls(models, np.array(history), X, features, names, sample_weight=sample_weight)
        return film.plot(figure=figure)

    def plot(self, frame: int = -1, figure: Figure | None = None) -> FilmDisplay:
        """Draw one frame.

        Parameters
        ----------
        frame : int, default=-1
            Which of `models_`; -1 is the last.
        figure : matplotlib.figure.Figure, optional
            The figure to draw into. Default: a new one.
        """
        self.figure_ = new_figure(*_SIZE) if figure is None else figure
        self.ax_ = self._draw(range(len(self.models_))[frame], self.figure_)
        return self

    def _draw(self, frame: int, figure: Figure) -> Axes:
        rows: Axes
        course: Axes
        rows, course = figure.subplots(1, 2, width_ratios=[1.5, 1.0])
        model = self.models_[frame]
        view = self._view.of(model)
        if len(view.titles) == 1:
            draw_histogram(rows, model, self._data, view, weights=self._weights)
        else:
            draw_rows([(rows, view)], self._data, model, weights=self._weights)
            draw_components(rows, view, len(self._data))
        label(rows, view.titles[0], view.titles[1] if len(view.titles) > 1 else "density")
        title(rows, f"iteration {frame}" if frame else "start")
        iterations = np.arange(len(self.history_))
        course.plot(iterations, self.history_, color="#C4C4C4", linewidth=1.5)
        done = slice(0, frame + 1)
        course.plot(iterations[done], self.history_[done], color=_palette.OKABE_ITO[0], linewidth=2)
        course.plot(frame, self.history_[frame], marker="o", color=_palette.OKABE_ITO[0])
        course_axes(course, unit="")
        title(course, f"{self.history_[frame]:.4f}")
        return rows

    def save(self, path: str | os.PathLike[str], *, fps: float = 4.0, dpi: float = 80.0) -> None:
        """Write the film as an animated GIF that starts over at its end.

        If there are more than 60 frames, those with the least change are left out.

        Parameters
        ----------
        path : path-like
            The file to write; it must end in ``.gif``.
        fps : float, default=4
            Frames per second.
        dpi : float, default=80
            Pixels per inch; a frame is 9.6 by 4.8 inches.

        Raises
        ------
        ValueError
            If `path` does not end in ``.gif``.
        """
        if not os.fspath(path).lower().endswith(".gif"):
            raise ValueError(f"{os.fspath(path)!r} must end in .gif")
        from PIL.Image import Dither

        shown = frames_shown(self.history_)
        pictures = [self._picture(frame, dpi) for frame in shown]
        # One palette for all frames, so that colours do not flicker.
        palette = pictures[-1].quantize(255)
        table = np.reshape(palette.getpalette() or [], (-1, 3))
        table[table.sum(axis=1).argmax()] = 255  # the background stays white
        palette.putpalette(table.ravel().tolist())
        indexed = [picture.quantize(palette=palette, dither=Dither.NONE) for picture in pictures]
        durations = [round(1000.0 / fps)] * (len(indexed) - 1) + [round(1000.0 * _LAST_SECONDS)]
        with replacing(path) as beside:
            indexed[0].save(
                beside, save_all=True, append_images=indexed[1:], duration=durations, loop=0
            )

    def _picture(self, frame: int, dpi: float) -> Image:
        from PIL.Image import open as open_image

        figure = figure_class()(figsize=_SIZE, layout="constrained")
        self._draw(frame, figure)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=dpi)
        return open_image(buffer).convert("RGB")


def frames_shown(history: NDArray[np.float64]) -> list[int]:
    """Return at most 60 frames, start and end included, evenly spaced in log-likelihood."""
    n = len(history)
    if n <= _MOST_FRAMES:
        return list(range(n))
    moved = np.append(0.0, np.cumsum(np.sqrt(np.abs(np.diff(history)))))
    wanted = np.linspace(0.0, moved[-1], _MOST_FRAMES)
    return sorted({0, n - 1, *np.searchsorted(moved, wanted).clip(0, n - 1).tolist()})


def _spread(
    X: Any,
    n_components: int | None,
    covariance_type: str,
    rng: np.random.Generator,
    options: dict[str, Any],
) -> Mixture:
    """Return a mixture of K rows as means, each with the covariance of all rows."""
    if n_components is None:
        raise TypeError("n_components is missing: say how many components to fit")
    one = fit(X, 1, covariance_type=covariance_type, **options)
    data, weights = weighted_data(one, X, options["sample_weight"])
    chances = None if weights is None else weights / weights.sum()
    rows = rng.choice(len(data), n_components, replace=False, p=chances)
    covariances = of_components(one.covariances, covariance_type, np.zeros(n_components))
    weights = np.full(n_components, 1.0 / n_components)
    return Mixture(weights, np.asarray(data[rows], dtype=np.float64), covariances, covariance_type)
