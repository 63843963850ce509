"""Displays behave as scikit-learn's do, and show the numbers they say they show."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from numpy.testing import assert_allclose, assert_array_equal

import gaussmix
import problems
from gaussmix import _geometry, _palette
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
from gaussmix.plot._film import frames_shown
from gaussmix.plot._matching import matched

ON_AXES = [ClusterDisplay, HistogramDisplay, DensityDisplay, UncertaintyDisplay]


@pytest.fixture
def fitted(faithful: problems.Array) -> gaussmix.Mixture:
    return gaussmix.fit(faithful, 3, random_state=0)


def four_features() -> tuple[gaussmix.Mixture, problems.Array]:
    """Two components that differ in the sum of two features alone, or in one's variance."""
    means = np.zeros((2, 4))
    means[1, 1:3] = 2.0
    covariances = np.stack([np.eye(4)] * 2)
    covariances[:, 1, 2] = covariances[:, 2, 1] = -0.8
    covariances[1, 3, 3] = 9.0
    model = gaussmix.Mixture([0.5, 0.5], means, covariances)
    return model, model.sample(400, random_state=0)[0]


def test_missing_values_are_drawn_where_they_are_imputed(faithful: problems.Array) -> None:
    X = faithful.copy()
    X[::5, 0], X[3::7, 1] = np.nan, np.nan
    model = gaussmix.fit(X, 2, missing="em", random_state=0)
    points = ClusterDisplay.from_estimator(model, X, features=[0, 1]).ax_.collections[0]
    assert_array_equal(points.get_offsets(), model.impute(X))
    assert before_after(model, np.ma.masked_invalid(X)).axes
    plain = gaussmix.fit(faithful, 2, random_state=0)
    with pytest.raises(ValueError, match="NaN"):
        ClusterDisplay.from_estimator(plain, X)


@pytest.mark.parametrize("display", ON_AXES)
def test_a_display_draws_into_the_axes_given(
    display: Any, fitted: gaussmix.Mixture, faithful: problems.Array
) -> None:
    ax = Figure().subplots()
    drawn = display.from_estimator(fitted, faithful, ax=ax)
    assert drawn.ax_ is ax
    assert drawn.figure_ is ax.figure
    other = Figure().subplots()
    assert drawn.plot(other).ax_ is other
    assert (len(ax.collections), len(ax.patches)) == (len(other.collections), len(other.patches))


@pytest.mark.parametrize("display", ON_AXES)
def test_legends_lie_below_the_axes_or_are_left_out(
    display: Any, fitted: gaussmix.Mixture, faithful: problems.Array
) -> None:
    drawn = display.from_estimator(fitted, faithful)
    drawn.figure_.draw_without_rendering()
    legend = drawn.ax_.get_legend().get_window_extent()
    assert legend.y1 < drawn.ax_.get_window_extent().y0
    assert legend.y0 >= 0.0
    assert display.from_estimator(fitted, faithful, legend=False).ax_.get_legend() is None


def test_a_fitted_estimator_will_do(fitted: gaussmix.Mixture, faithful: problems.Array) -> None:
    like_sklearn = SimpleNamespace(
        weights_=fitted.weights,
        means_=fitted.means,
        covariances_=fitted.covariances,
        covariance_type="full",
    )
    ours = SimpleNamespace(mixture_=fitted)
    colours = [
        ClusterDisplay.from_estimator(model, faithful).ax_.collections[0].get_facecolor()
        for model in (fitted, like_sklearn, ours)
    ]
    assert_array_equal(colours[0], colours[1])
    assert_array_equal(colours[0], colours[2])
    with pytest.raises(TypeError, match=re.escape("model is a list: give a gaussmix.Mixture")):
        ClusterDisplay.from_estimator([1], faithful)


def test_pyplot_owns_the_figures_of_those_who_use_it(run_python: Any) -> None:
    done = run_python(
        "import matplotlib; matplotlib.use('Agg')\n"
        "import matplotlib.pyplot as plt, gaussmix\n"
        "from gaussmix.plot import ClusterDisplay\n"
        "X, _ = gaussmix.datasets.load_faithful()\n"
        "drawn = ClusterDisplay.from_estimator(gaussmix.fit(X, 2), X)\n"
        "assert plt.gcf() is drawn.figure_\n"
        "assert drawn._repr_png_() is None\n"
    )
    assert done.returncode == 0, done.stderr


def test_notebooks_show_a_display(fitted: gaussmix.Mixture, faithful: problems.Array) -> None:
    drawn = ClusterDisplay.from_estimator(fitted, faithful)
    assert drawn._repr_png_().startswith(b"\x89PNG")


@pytest.mark.parametrize("display", [ClusterDisplay, DensityDisplay, UncertaintyDisplay])
def test_a_plane_needs_two_features(display: Any) -> None:
    model = gaussmix.Mixture([1.0], [[0.0]], [1.0], "spherical")
    with pytest.raises(ValueError, match="one feature: draw it with HistogramDisplay"):
        display.from_estimator(model, [[0.0], [1.0]])


def test_far_rows_do_not_squeeze_the_others(faithful: problems.Array) -> None:
    X = np.vstack([faithful, [[400.0, 9000.0]]])
    model = gaussmix.fit(X, 3, random_state=0)
    for axes in before_after(model, X).axes:
        assert axes.get_xlim()[1] < 15.0
        assert axes.get_ylim()[1] < 250.0
        assert "1 row beyond the axes" in [text.get_text() for text in axes.texts]
    shown = [display.from_estimator(model, X).ax_ for display in ON_AXES]
    shown.append(RestartsDisplay([model], X).plot().axes_[0])
    for axes in shown:
        assert "1 row beyond the axes" in [text.get_text() for text in axes.texts]
    for axes in before_after(gaussmix.fit(faithful, 2, random_state=0), faithful).axes:
        assert not any("beyond" in text.get_text() for text in axes.texts)


def test_a_small_cluster_far_away_is_shown() -> None:
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.standard_normal((980, 2)), 300.0 + rng.standard_normal((20, 2))])
    axes = ClusterDisplay.from_estimator(gaussmix.fit(X, 2, random_state=0), X).ax_
    assert axes.get_xlim()[1] > 300.0


def test_discriminants_separate_what_no_pair_of_features_does() -> None:
    model, X = four_features()
    directions = _geometry.discriminants(model, 2)
    scale = np.abs(directions).max(axis=1)
    assert_allclose(directions[0] / scale[0], [0, 1, 1, 0], atol=1e-8)
    assert_allclose(directions[1] / scale[1], [0, 0, 0, 1], atol=1e-8)
    total = _geometry.within_covariance(model) + _geometry.between_covariance(model)
    assert_allclose(directions @ total @ directions.T, np.eye(2), atol=1e-12)
    axes = ClusterDisplay.from_estimator(model, X, features="discriminant").ax_
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("discriminant 1", "discriminant 2")
    assert_allclose(axes.collections[0].get_offsets(), X @ directions.T)


def test_discriminants_do_not_depend_on_units(covariance_type: str) -> None:
    _, X = four_features()
    units = 10.0 ** np.arange(X.shape[1]) if covariance_type != "spherical" else np.ones(X.shape[1])
    plain = gaussmix.fit(X, 2, covariance_type=covariance_type, random_state=0)
    scaled = gaussmix.fit(X * units, 2, covariance_type=covariance_type, random_state=0)
    first = [_geometry.discriminants(model, 1)[0] for model in (plain, scaled)]
    assert_allclose(np.abs(first[1] * units), np.abs(first[0]), rtol=1e-5, atol=1e-6)


def test_a_corner_shows_every_pair_once() -> None:
    model, X = four_features()
    drawn = CornerDisplay.from_estimator(model, X, features=[3, 0, 1])
    assert [len(row) for row in drawn.axes_] == [1, 2, 3]
    assert_allclose(drawn.axes_[2][0].collections[0].get_offsets(), X[:, [3, 1]])
    assert drawn.axes_[2][0].get_xlim() == drawn.axes_[0][0].get_xlim()
    assert drawn.axes_[2][1].get_ylim() == drawn.axes_[2][0].get_ylim()
    assert [axes.get_xlabel() for axes in drawn.axes_[2]] == [f"feature {j}" for j in (3, 0, 1)]
    with pytest.raises(ValueError, match="needs two features or more"):
        CornerDisplay.from_estimator(model, X, features=[1])


def test_a_corner_of_many_features_shows_those_that_separate() -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((300, 9))
    X[:150, [1, 3, 4, 6, 8]] += 4.0
    drawn = CornerDisplay.from_estimator(gaussmix.fit(X, 2, random_state=0), X)
    shown = [axes.get_xlabel() for axes in drawn.axes_[-1]]
    assert shown == [f"feature {j}" for j in (1, 3, 4, 6, 8)]


def test_contours_hold_their_share_of_the_probability(fitted: gaussmix.Mixture) -> None:
    draws, _ = fitted.sample(100_000, random_state=5)
    levels = DensityDisplay.from_estimator(fitted, draws[:500]).levels_
    heights = fitted.score_samples(draws)
    shares = [(heights >= level).mean() for level in levels]
    assert_allclose(shares, [0.5, 0.8, 0.95, 0.99], atol=0.01)


def test_uncertainty_is_what_the_best_component_leaves(
    fitted: gaussmix.Mixture, faithful: problems.Array
) -> None:
    axes = UncertaintyDisplay.from_estimator(fitted, faithful).ax_
    image = np.asarray(axes.images[0].get_array())
    n = len(image)
    x, y = np.linspace(*axes.get_xlim(), n), np.linspace(*axes.get_ylim(), n)
    for i, j in [(0, 0), (n // 3, n // 2), (n - 1, 5)]:
        expected = 1.0 - fitted.predict_proba([[x[j], y[i]]]).max()
        assert_allclose(image[i, j], expected, atol=1e-9)


def test_maps_thin_out_their_backdrop(fitted: gaussmix.Mixture) -> None:
    X, _ = fitted.sample(30_001, random_state=0)
    axes = UncertaintyDisplay.from_estimator(fitted, X).ax_
    shown = [text.get_text() for text in axes.get_legend().get_texts()]
    assert "1,876 of 30,001 rows" in shown


def test_a_likelihood_that_changes_by_rounding_alone_is_drawn_level() -> None:
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(size=(200, 2)), rng.normal(size=(200, 2)) + 6.5])
    model = gaussmix.fit(X, 2, random_state=0, effort="low", acceleration="classic")
    assert 0 < np.ptp(model.history) < 1e-9
    for axes in (
        ConvergenceDisplay.from_estimator(model).ax_,
        RestartsDisplay([model], X).plot().ax_,
    ):
        low, high = axes.get_ylim()
        assert high - low > 0.01


def test_the_course_of_a_fit_is_its_history_and_its_events() -> None:
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(size=(100, 2)), np.full((50, 2), 4.0)])
    model = gaussmix.fit(X, 2, random_state=0)
    axes = ConvergenceDisplay.from_estimator(model).ax_
    assert_array_equal(axes.lines[0].get_ydata(), model.history)
    assert {event.act for event in model.events} == {"floor"}
    assert [text.get_text() for text in axes.texts] == [f"floor {model.events[0].component}"]
    with pytest.raises(ValueError, match="has no history"):
        ConvergenceDisplay.from_estimator(gaussmix.Mixture([1.0], [[0.0]], [1.0], "spherical"))


def test_restarts_are_ranked(faithful: problems.Array) -> None:
    drawn = RestartsDisplay.from_data(faithful, 3, n_init=4, random_state=1, init="random")
    last = [float(model.history[-1]) for model in drawn.models_]
    assert drawn.best_ is drawn.models_[int(np.argmax(last))]
    shown = [axes.get_title(loc="left") for axes in drawn.axes_]
    assert shown[0].startswith(f"start {int(np.argmax(last))}:")
    assert len(shown) == 4
    again = RestartsDisplay.from_data(faithful, 3, n_init=4, random_state=1, init="random")
    assert again.models_ == drawn.models_


@pytest.mark.parametrize("k", [2, 3, 4])
def test_components_are_matched_by_the_rows_they_share(k: int) -> None:
    to = gaussmix.Mixture([0.2, 0.3, 0.5], [[0.0], [10.0], [20.0]], np.ones(3), "spherical")
    centres = np.array([[20.0], [0.0], [10.0], [30.0]])[:k]
    model = gaussmix.Mixture(np.full(k, 1.0 / k), centres, np.ones(k), "spherical")
    found = matched(model, to, np.array([[0.0], [10.0], [20.0], [30.0]]))
    drawn = np.flatnonzero(found.weights)
    expected = {2: [0.0, 20.0], 3: [0.0, 10.0, 20.0], 4: [0.0, 10.0, 20.0, 30.0]}[k]
    assert found.means[drawn, 0].tolist() == expected
    assert drawn.tolist() == ([0, 2] if k == 2 else list(range(k)))


def test_a_choice_of_components_shows_every_criterion(faithful: problems.Array) -> None:
    drawn = SelectionDisplay.from_data(
        faithful, range(1, 4), covariance_types=["full", "diag"], random_state=0
    )
    assert len(drawn.models_) == 6
    for axes, name in zip(drawn.axes_, ("bic", "aic", "icl"), strict=True):
        assert_allclose(
            axes.lines[0].get_ydata(),
            [getattr(drawn.models_["full", k], name)(faithful) for k in (1, 2, 3)],
        )
    smallest = min(drawn.models_.values(), key=lambda model: model.bic(faithful))
    assert drawn.best_ is smallest
    with pytest.raises(ValueError, match="must be of 'bic', 'aic' and 'icl'"):
        SelectionDisplay(drawn.models_, faithful, criteria=["dic"])


def test_a_film_is_em_one_step_at_a_time(faithful: problems.Array, tmp_path: Path) -> None:
    from PIL import Image

    film = FilmDisplay.from_data(faithful, 2, random_state=0, max_iter=5, tol=0.0)
    assert len(film.models_) == len(film.history_) == 6
    options: dict[str, Any] = {"max_iter": 5, "tol": 0.0, "acceleration": "classic"}
    whole = gaussmix.fit(faithful, init=film.models_[0], **options)
    assert_allclose(film.models_[-1].means, whole.means, rtol=1e-12)
    assert_allclose(film.history_[:5], whole.history, rtol=1e-12)
    assert_allclose(film.history_[5], whole.score(faithful), rtol=1e-12)
    film.save(tmp_path / "em.gif", dpi=30.0)
    with Image.open(tmp_path / "em.gif") as picture:
        assert picture.n_frames == 6
        assert picture.info["loop"] == 0
    with pytest.raises(ValueError, match=r"must end in \.gif"):
        film.save(tmp_path / "em.mp4")


@pytest.mark.parametrize("init", ["random", "kmeans", None])
def test_a_film_begins_anywhere(init: Any, covariance_type: str, faithful: problems.Array) -> None:
    film = FilmDisplay.from_data(
        faithful, 3, init=init, covariance_type=covariance_type, max_iter=2, random_state=0
    )
    assert film.models_[0].covariance_type == covariance_type
    one = FilmDisplay.from_data(
        faithful[:, :1], 2, covariance_type=covariance_type, max_iter=1, random_state=0
    )
    assert one.plot(0).ax_.get_ylabel() == "density"


def test_a_long_film_leaves_out_frames_in_which_little_changes() -> None:
    frames = frames_shown(-np.exp(-np.arange(500) / 20.0))
    assert frames[0] == 0
    assert frames[-1] == 499
    assert len(frames) <= 61
    assert frames[10] < 20


def test_colours_stay_with_their_component() -> None:
    model = gaussmix.Mixture([0.5, 0.0, 0.5], [[0, 0], [1, 1], [5, 5]], [1, 1, 1], "spherical")
    axes = UncertaintyDisplay.from_estimator(model, [[0.0, 0.0], [5.0, 5.0]]).ax_
    discs = [line for line in axes.lines if line.get_marker() == "o"]
    for disc, k in zip(discs, (0, 2), strict=True):
        assert_allclose(disc.get_markerfacecolor(), _palette.colours(3)[k])
