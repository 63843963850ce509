"""The base of all pictures: figures and axes, display in notebooks, files."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gaussmix._files import replacing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class Display:
    """A picture: `ax_` and `figure_` are where it was last drawn."""

    ax_: Axes
    figure_: Figure

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the figure as `gaussmix.plot.save_figure` does."""
        save_figure(self.figure_, path)

    def _repr_png_(self) -> bytes | None:
        """Return the picture for notebooks; pyplot shows its own figures."""
        figure = getattr(self, "figure_", None)
        if figure is None or figure.canvas.manager is not None:
            return None
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=100)
        return buffer.getvalue()


def figure_class() -> type[Figure]:
    """Return matplotlib's Figure.

    Raises
    ------
    ImportError
        matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError("pictures need matplotlib: pip install 'gaussmix[plot]'") from error
    return Figure


def new_figure(width: float, height: float) -> Figure:
    """Return a new figure, sized in inches; pyplot's if the caller uses pyplot."""
    make = figure_class()
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        figure: Figure = pyplot.figure(figsize=(width, height), layout="constrained")
        return figure
    return make(figsize=(width, height), layout="constrained")


def axes_for(ax: Axes | None, width: float = 6.4, height: float = 5.2) -> tuple[Axes, Figure]:
    """Return the axes given, or those of a new figure, and their figure."""
    if ax is None:
        ax = new_figure(width, height).subplots()
    figure = ax.get_figure(root=True)
    if figure is None:
        raise ValueError("ax belongs to no figure: make it with figure.subplots()")
    return ax, figure


def save_figure(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure in the format that the ending of `path` names.

    The file is written beside `path` and then renamed over it: a failure leaves no half picture.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure.
    path : path-like
        Where to, for instance ``picture.png``, ``.svg`` or ``.pdf``.
    """
    with replacing(path) as beside:
        figure.savefig(beside, dpi=150)


def check_path(path: str | os.PathLike[str]) -> None:
    """Raise, before any work is done, if `save_figure` would not know the format.

    Raises
    ------
    ImportError
        matplotlib is not installed.
    ValueError
        The ending names no format that matplotlib can write.
    """
    formats = figure_class()().canvas.get_supported_filetypes()
    ending = Path(path).suffix.removeprefix(".").lower()
    if ending not in formats:
        raise ValueError(f"{os.fspath(path)!r} must end in one of {', '.join(sorted(formats))}")
