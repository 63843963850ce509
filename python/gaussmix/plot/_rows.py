"""Draw rows on axes: as points, or as density if there are too many to distinguish."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gaussmix import _palette
from gaussmix._mixture import Mixture

from ._views import View, chunks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

CROWD = 2000  # above, points hide those under them
MOST_POINTS = 20_000  # above, density is shown instead of points


def draw_rows(
    places: Sequence[tuple[Axes, View]],
    data: NDArray[Any],
    model: Mixture | None = None,
    *,
    weights: Array | None = None,
) -> None:
    """Draw all rows in each view, in the colours of their components, or in grey without a model.

    Points have the responsibility of the most probable component as opacity, and their weight as
    area. A cell of density has the components' colours mixed by responsibility, and the logarithm
    of the weight in it as opacity. The responsibilities are computed once for all views.
    """
    for axes, view in places:
        axes.set(xlim=view.limits[0], ylim=view.limits[1])
    if len(data) > MOST_POINTS:
        images = _densities([view for _, view in places], data, model, weights)
        for (axes, view), image in zip(places, images, strict=True):
            axes.imshow(
                image,
                origin="lower",
                extent=(*view.limits[0], *view.limits[1]),
                aspect="auto",
                interpolation="nearest",
                zorder=0,
            )
        return
    if model is None:
        colours = _palette.with_opacity(np.array([_palette.rgb(_palette.NEUTRAL)]), 0.75)
    else:
        colours = point_colours(model, data)
    for axes, view in places:
        scatter(axes, view.rows(data), colours, weights)


def scatter(axes: Axes, points: Array, colours: Any, weights: Array | None = None) -> None:
    """Draw points, smaller the more there are, so that they do not run together.

    Their areas are proportional to their weights, within limits that keep all visible.
    """
    area = float(np.clip(8000.0 / len(points), 3.0, 22.0))
    axes.scatter(
        points[:, 0],
        points[:, 1],
        s=area if weights is None else area * np.clip(weights / weights.mean(), 0.1, 8.0),
        c=colours,
        linewidths=0,
        # A vector file with thousands of points opens slowly: draw them as pixels.
        rasterized=len(points) > CROWD,
    )


def thinned(data: NDArray[Any]) -> NDArray[Any]:
    """Return at most 2000 evenly chosen rows, or their weights, for a backdrop."""
    return data[:: max(1, -(-len(data) // CROWD))]


def point_colours(model: Mixture, data: NDArray[Any]) -> Array:
    """Return the colour of each row's component, its responsibility as opacity, shape (n, 4)."""
    responsibilities = model.predict_proba(data)
    labels = responsibilities.argmax(axis=1)
    return _palette.with_opacity(
        _palette.colours_of_terms(model.n_components, responsibilities.shape[1])[labels],
        responsibilities[np.arange(labels.size), labels],
    )


def _densities(
    views: Sequence[View], data: NDArray[Any], model: Mixture | None, weights: Array | None
) -> list[Array]:
    """Return an image (bins, bins, 4) for each view."""
    bins = int(np.clip(math.sqrt(len(data)) / 1.8, 80, 240))
    counts = np.zeros((len(views), bins * bins))
    mixed = np.zeros((len(views), 3, bins * bins))
    grey = np.array([_palette.rgb(_palette.NEUTRAL)])
    for rows in chunks(len(data)):
        part = data[rows]
        # In units of one row, so that the scale of the weights does not matter.
        own = np.ones(len(part)) if weights is None else weights[rows] / weights.mean()
        if model is None:
            colours = np.broadcast_to(grey, (len(part), 3))
        else:
            shares = model.predict_proba(part)
            colours = shares @ _palette.colours_of_terms(model.n_components, shares.shape[1])
        for i, view in enumerate(views):
            points = view.rows(part)
            inside = np.all((points >= view.limits[:, 0]) & (points <= view.limits[:, 1]), axis=1)
            cells = _cells(points[inside], view.limits, bins)
            counts[i] += np.bincount(cells, own[inside], bins * bins)
            for channel in range(3):
                mixed[i, channel] += np.bincount(
                    cells, own[inside] * colours[inside, channel], bins * bins
                )
    images = []
    for count, sums in zip(counts, mixed, strict=True):
        filled = np.where(count > 0.0, count, 1.0)
        images.append(_shade((sums / filled).T, count).reshape(bins, bins, 4))
    return images


def _cells(points: Array, limits: Array, bins: int) -> NDArray[np.intp]:
    """Return the index of each row's cell in a grid of bins x bins, second coordinate slowest."""
    low, width = limits[:, 0], np.diff(limits, axis=1)[:, 0]
    cell = np.clip(((points - low) / width * bins).astype(np.intp), 0, bins - 1)
    index: NDArray[np.intp] = cell[:, 1] * bins + cell[:, 0]
    return index


def _shade(colours: Array, counts: Array) -> Array:
    """Return opacities by the logarithm of counts; a cell with one row is still visible."""
    relative = np.log1p(counts) / np.log1p(counts.max())
    return _palette.with_opacity(colours, np.where(counts > 0, 0.12 + 0.88 * relative, 0.0))
