"""Pictures look as they did when someone last looked at them.

The baselines in tests/data/pictures have no text, which every release of matplotlib sets a little
differently. To make them anew, and then look at each:

    GAUSSMIX_NEW_PICTURES=1 pytest tests/python/test_pictures.py
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.testing.compare import compare_images
from matplotlib.text import Text

import gaussmix
from gaussmix.plot import (
    ClusterDisplay,
    ConvergenceDisplay,
    CornerDisplay,
    DensityDisplay,
    FilmDisplay,
    HistogramDisplay,
    RestartsDisplay,
    SelectionDisplay,
    UncertaintyDisplay,
    before_after,
)

mpl.use("Agg")

BASELINES = Path(__file__).resolve().parents[1] / "data" / "pictures"
DPI = 45
TOLERANCE = 3.0  # root mean square of the differences of 8-bit channels

X, NAMES = gaussmix.datasets.load_faithful()


def fitted(k: int = 3) -> gaussmix.Mixture:
    """The parameters are fixed: how a fit comes out is for other tests."""
    means = [[1.94, 52.7], [4.30, 80.2], [2.37, 60.3]][:k]
    covariances = [
        [[0.02, 0.1], [0.1, 23.0]],
        [[0.16, 0.85], [0.85, 35.0]],
        [[0.14, 0.4], [0.4, 28.0]],
    ][:k]
    return gaussmix.Mixture(np.full(k, 1.0 / k), means, covariances)


def three_features() -> gaussmix.Mixture:
    variances = [[1.0, 0.2, 1.0], [0.3, 1.0, 0.5]]
    return gaussmix.Mixture([0.4, 0.6], [[0, 0, 0], [3, 2, -3]], variances, "diag")


def course() -> Figure:
    data = np.concatenate([X[:60], np.full((20, 2), 4.0)])
    return ConvergenceDisplay.from_estimator(gaussmix.fit(data, init=start(), tol=0.01)).figure_


def start() -> gaussmix.Mixture:
    return gaussmix.Mixture([0.5, 0.5], [[2.0, 50.0], [4.0, 5.0]], [[1.0, 90.0]] * 2, "diag")


def restarts() -> Figure:
    models = [gaussmix.fit(X, init=fitted(k), tol=0.01) for k in (2, 3)]
    return RestartsDisplay(models, X).plot().figure_


def selection() -> Figure:
    models = {("full", k): fitted(k) for k in (1, 2, 3)}
    models |= {("diag", 2): gaussmix.fit(X, init=start(), max_iter=20, tol=0.0)}
    return SelectionDisplay(models, X).plot().figure_


PICTURES: dict[str, Callable[[], Figure]] = {
    "before-after": lambda: before_after(fitted(), X),
    "before-after-one-feature": lambda: before_after(fitted(), X, features=[0]),
    "clusters": lambda: ClusterDisplay.from_estimator(fitted(), X).figure_,
    "clusters-dense": lambda: (
        ClusterDisplay.from_estimator(fitted(), fitted().sample(25_000, 0)[0]).figure_
    ),
    "histogram": lambda: HistogramDisplay.from_estimator(fitted(), X).figure_,
    "corner": lambda: (
        CornerDisplay.from_estimator(three_features(), three_features().sample(300, 0)[0]).figure_
    ),
    "discriminant": lambda: (
        ClusterDisplay.from_estimator(
            three_features(), three_features().sample(300, 0)[0], features="discriminant"
        ).figure_
    ),
    "density": lambda: DensityDisplay.from_estimator(fitted(), X).figure_,
    "uncertainty": lambda: UncertaintyDisplay.from_estimator(fitted(), X).figure_,
    "course": course,
    "restarts": restarts,
    "selection": selection,
    "film": lambda: FilmDisplay([fitted(2)] * 2, np.array([-5.0, -4.5]), X).plot().figure_,
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_looks_as_it_did(name: str, tmp_path: Path) -> None:
    drawn = tmp_path / f"{name}.png"
    with mpl.rc_context(mpl.rcParamsDefault):
        figure = PICTURES[name]()
        for text in figure.findobj(Text):
            text.set_visible(False)
        figure.savefig(drawn, dpi=DPI)
    baseline = BASELINES / drawn.name
    if os.environ.get("GAUSSMIX_NEW_PICTURES"):
        baseline.parent.mkdir(exist_ok=True)
        baseline.write_bytes(drawn.read_bytes())
    different = compare_images(str(baseline), str(drawn), tol=TOLERANCE)
    assert different is None, different


def test_a_picture_that_differs_is_noticed(tmp_path: Path) -> None:
    with mpl.rc_context(mpl.rcParamsDefault):
        moved = gaussmix.Mixture([0.5, 0.5], [[1.94, 56.0], [4.30, 80.2]], fitted(2).covariances)
        figure = ClusterDisplay.from_estimator(moved, X).figure_
        for text in figure.findobj(Text):
            text.set_visible(False)
        figure.savefig(tmp_path / "moved.png", dpi=DPI)
    assert compare_images(str(BASELINES / "clusters.png"), str(tmp_path / "moved.png"), TOLERANCE)
