"""Marks over rows and around axes: ellipses, numbers at means, labels, legends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gaussmix import _geometry, _palette
from gaussmix._mixture import Mixture

from ._views import View

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[np.float64]
Entries = list[tuple["Artist", str]]

RADII = (1, 2, 3)
DASHES = (0, (3, 2))
_MANY = 12  # components: more get smaller numbers
_ROUNDING = 1e-9  # of a likelihood: smaller changes are not shown
_LEVEL = 0.01  # nats above and below a likelihood that does not change


def ellipses(axes: Axes, view: View, colours: Array, *, above: bool) -> None:
    """Draw 1, 2 and 3 standard deviations: tinted, under points, or outlines above a crowd."""
    for k in view.components:
        for radius, width in zip(RADII, (1.8, 1.3, 0.9), strict=True):
            axes.fill(
                *_geometry.ellipse_outline(view.means[k], view.covariances[k], radius).T,
                facecolor="none" if above else (*colours[k], 0.09),
                edgecolor=_palette.darker(colours[k], 0.6 if above else 0.75),
                linewidth=width,
                zorder=2 if above else 0.8,
            )


def number_means(
    axes: Axes, places: Array, components: NDArray[np.intp], colours: Array, *, small: bool = False
) -> None:
    """Draw a disc at each place, with the number of the component in it."""
    small = small or len(components) > _MANY
    for place, k in zip(places, components, strict=True):
        axes.plot(
            *place,
            marker="o",
            markersize=11 if small else 15,
            markerfacecolor=colours[k],
            markeredgecolor="white",
            markeredgewidth=1.2,
            zorder=4,
        )
        axes.annotate(
            str(k),
            place,
            ha="center",
            va="center_baseline",
            fontsize=7 if small else 9,
            fontweight="bold",
            color=_palette.readable_on(colours[k]),
            zorder=5,
        )


def label(axes: Axes, x: str, y: str) -> None:
    """Label both axes and hide the other sides of the frame."""
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.tick_params(labelleft=True)
    axes.spines[["top", "right"]].set_visible(False)


def title(axes: Axes, text: str) -> None:
    """Set the title, aligned to the left."""
    axes.set_title(text, loc="left", color=_palette.INK)


def course_axes(axes: Axes, *, unit: str = " (nats)") -> None:
    """Set axes of whole iterations and plain likelihoods; hide changes that are rounding."""
    low, high = axes.dataLim.intervaly
    if high - low < _ROUNDING * max(1.0, abs(high)):
        axes.set_ylim(low - _LEVEL, high + _LEVEL)
    axes.locator_params(axis="x", integer=True)
    axes.ticklabel_format(axis="y", useOffset=False)
    label(axes, "iteration", f"mean log-likelihood per row{unit}")


def tell_outside(axes: Axes, count: int) -> None:
    """Note how many rows lie beyond the axes, if any do."""
    if count:
        note(axes, f"{'1 row' if count == 1 else f'{count:,} rows'} beyond the axes")


def note(axes: Axes, text: str) -> None:
    """Write a small note in the upper right corner."""
    axes.annotate(
        text,
        (0.995, 0.99),
        xycoords="axes fraction",
        ha="right",
        va="top",
        fontsize=8,
        color=_palette.NEUTRAL,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.5},
        zorder=6,
    )


def in_words(model: Mixture) -> str:
    """Return number and family of the components, in words."""
    k = model.n_components
    noise = "" if model.noise is None else " and noise (grey)"
    counted = "1 component" if k == 1 else f"{k} components"
    return f"{counted}{noise}, {model.covariance_type} covariance"


def legend_below(axes: Axes, entries: Entries, columns: int = 1) -> None:
    """Put a legend below axes, off the data."""
    from matplotlib.transforms import ScaledTranslation

    inches = axes.figure.dpi_scale_trans
    handles, labels = zip(*entries, strict=True)
    axes.legend(
        handles,
        labels,
        loc="upper left",
        bbox_to_anchor=(0.0, 0.0),
        bbox_transform=axes.transAxes + ScaledTranslation(0.0, -0.6, inches),
        borderaxespad=0.0,
        ncols=columns,
        frameon=False,
        fontsize=9,
    )


def legend_of_figure(figure: Figure, entries: Entries) -> None:
    """Put a legend in one row below all panels."""
    handles, labels = zip(*entries, strict=True)
    figure.legend(handles, labels, loc="outside lower center", ncols=len(entries), frameon=False)


def cluster_entries(*, dense: bool) -> Entries:
    """Return the legend of rows coloured by component."""
    rows: tuple[Artist, str] = (
        (marker("s", 7), "rows: the darker, the more (log scale)")
        if dense
        else (marker("o", 6), "row: the fainter, the less sure its component")
    )
    return [
        rows,
        (marker("o", 12), "mean, with the number of the component"),
        (line(_palette.NEUTRAL, 1.6), "1, 2 and 3 standard deviations"),
    ]


def marker(shape: str, size: float, colour: Any = _palette.NEUTRAL) -> Artist:
    """Return a point for a legend."""
    from matplotlib.lines import Line2D

    return Line2D(
        [],
        [],
        linestyle="",
        marker=shape,
        markersize=size,
        markerfacecolor=colour,
        markeredgecolor="white",
    )


def line(colour: Any, width: float, dashes: Any = "-", shape: str = "") -> Artist:
    """Return a line for a legend."""
    from matplotlib.lines import Line2D

    return Line2D([], [], color=colour, linewidth=width, linestyle=dashes, marker=shape)


def patch(colour: Any = _palette.NEUTRAL, alpha: float = 0.5) -> Artist:
    """Return a filled box for a legend."""
    from matplotlib.patches import Patch

    return Patch(color=colour, alpha=alpha, linewidth=0)
