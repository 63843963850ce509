"""Weights count in every step that takes them, or are refused: a table of counts is its rows."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.patches import StepPatch
from numpy.testing import assert_allclose

import gaussmix
import problems
from gaussmix.cli import main
from gaussmix.plot import (
    ClusterDisplay,
    CornerDisplay,
    DensityDisplay,
    FilmDisplay,
    HistogramDisplay,
    RestartsDisplay,
    SelectionDisplay,
    UncertaintyDisplay,
    before_after,
)

CRITERIA = ["bic", "aic", "icl"]


def histogram() -> tuple[problems.Array, problems.Array, problems.Array]:
    """Centres and counts of 200 bins of 10,000 draws of two Gaussians, and the rows they tell."""
    rng = np.random.default_rng(0)
    second = rng.random(10_000) < 0.6
    counts, edges = np.histogram(rng.normal(4.0 * second, 1.0), 200)
    centres = ((edges[:-1] + edges[1:]) / 2)[:, np.newaxis]
    return centres, counts.astype(float), np.repeat(centres, counts, axis=0)


@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
def test_criteria_of_counts_are_those_of_the_rows(covariance_type: str, criterion: str) -> None:
    case = problems.problem(61, 80, 3, 2, covariance_type)
    counts = np.random.default_rng(2).integers(0, 4, len(case.X))
    model = gaussmix.fit(case.X, 3, covariance_type=covariance_type, random_state=0)
    weighted = getattr(model, criterion)(case.X, sample_weight=counts)
    repeated = getattr(model, criterion)(np.repeat(case.X, counts, axis=0))
    assert_allclose(weighted, repeated, rtol=1e-12)
    assert weighted != pytest.approx(getattr(model, criterion)(case.X))
    ones = getattr(model, criterion)(case.X, sample_weight=np.ones(len(case.X)))
    assert ones == getattr(model, criterion)(case.X)


@pytest.mark.parametrize("criterion", ["bic", "aic"])
def test_the_estimator_has_the_criteria_of_its_mixture(criterion: str) -> None:
    X, counts, rows = histogram()
    est = gaussmix.GaussianMixture(2, random_state=0).fit(X, sample_weight=counts)
    own = getattr(est, criterion)(X, sample_weight=counts)
    assert own == getattr(est.mixture_, criterion)(X, sample_weight=counts)
    assert own == pytest.approx(getattr(est, criterion)(rows), rel=1e-12)


def test_a_display_chooses_from_counts_what_it_chooses_from_the_rows() -> None:
    X, counts, rows = histogram()
    options: dict[str, Any] = {"covariance_types": "full", "random_state": 0}
    by_weights = SelectionDisplay.from_data(X, range(1, 5), sample_weight=counts, **options)
    by_rows = SelectionDisplay.from_data(rows, range(1, 5), **options)
    assert by_weights.best_.n_components == by_rows.best_.n_components == 2
    for name in CRITERIA:
        for key, value in by_rows.criteria_[name].items():
            assert by_weights.criteria_[name][key] == pytest.approx(value, rel=1e-4)


@pytest.mark.parametrize("criterion", CRITERIA)
def test_shares_tell_no_number_of_rows(criterion: str) -> None:
    X, counts, _ = histogram()
    model = gaussmix.fit(X, 2, sample_weight=counts, random_state=0)
    with pytest.raises(ValueError, match=r"sample_weight sums to 1\b.*scale the weights"):
        getattr(model, criterion)(X, sample_weight=counts / counts.sum())
    with pytest.raises(ValueError, match="sample_weight"):
        getattr(model, criterion)(X, sample_weight=counts[:-1])


def test_weights_of_a_score_are_given_by_name() -> None:
    X, counts, rows = histogram()
    model = gaussmix.fit(X, 2, sample_weight=counts, random_state=0)
    with pytest.raises(TypeError, match="positional"):
        model.score(X, counts)  # type: ignore[misc]
    assert model.score(X, sample_weight=counts) == pytest.approx(model.score(rows), rel=1e-12)


@pytest.mark.parametrize("kind", [gaussmix.GaussianMixture, gaussmix.BayesianGaussianMixture])
@pytest.mark.parametrize("method", ["fit", "fit_predict", "score"])
def test_weights_in_the_place_of_y_are_told_of(kind: Any, method: str) -> None:
    X, counts, _ = histogram()
    est = kind(n_components=2, random_state=0).fit(X)
    for weights in (counts, counts.astype(int), counts / counts.sum(), list(counts)):
        with pytest.warns(UserWarning, match="y is ignored.*sample_weight=") as told:
            getattr(est, method)(X, weights)
        assert method == "fit_predict" or told[0].filename == __file__


@pytest.mark.parametrize(
    "y",
    [
        None,
        np.arange(200) % 7,
        (np.arange(200) % 2).astype(float),
        np.linspace(-1.0, 1.0, 200),
        np.zeros(200),
        ["a", "b"] * 100,
        np.ones((200, 3)),
        [[1], [2, 3]],
        np.full(200, np.nan),
    ],
    ids=["none", "labels", "floats", "targets", "zeros", "text", "wide", "ragged", "nan"],
)
def test_labels_and_targets_are_ignored_quietly(y: Any) -> None:
    X, counts, _ = histogram()
    est = gaussmix.GaussianMixture(2, random_state=0).fit(X, sample_weight=counts)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert est.score(X, y) == est.score(X)


def test_the_command_line_tells_bic_of_weighted_rows_but_none_of_shares(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    X, counts, _ = histogram()
    model = gaussmix.fit(X, 2, sample_weight=counts, random_state=0)
    for weights, expected in (
        (counts, f"{model.bic(X, sample_weight=counts):.3f} (smaller is better)"),
        (counts / counts.sum(), "none: the weights are shares"),
    ):
        path = tmp_path / "counts.csv"
        np.savetxt(path, np.c_[X, weights], header="x,w", delimiter=",", comments="", fmt="%.17g")
        assert main(["fit", str(path), "--components", "2", "--weights", "w"]) == 0
        told = capsys.readouterr().out
        assert expected in next(line for line in told.splitlines() if line.startswith("BIC"))
        won = [float(line.split()[2]) for line in told.splitlines()[2:4]]
        assert sum(won) == pytest.approx(weights.sum())


# --- Pictures ------------------------------------------------------------------------------------


def bars(axes: Any) -> list[problems.Array]:
    """The heights of each histogram."""
    return [patch.get_data().values for patch in axes.patches if isinstance(patch, StepPatch)]


def small_counts(n_features: int) -> tuple[problems.Array, problems.Array, problems.Array]:
    """Rows, counts from zero to three, and the rows repeated so often."""
    X = problems.problem(63, 120, 2, n_features).X
    counts = np.random.default_rng(3).integers(0, 4, len(X)).astype(float)
    return X, counts, np.repeat(X, counts.astype(int), axis=0)


def test_bars_are_as_high_as_weights_say() -> None:
    X, counts, _ = small_counts(1)
    model = gaussmix.fit(X, 2, sample_weight=counts, random_state=0)
    for axes in (
        HistogramDisplay.from_estimator(model, X, sample_weight=counts).ax_,
        before_after(model, X, sample_weight=counts).axes[1],
        FilmDisplay.from_data(X, init=model, max_iter=1, sample_weight=counts).ax_,
        RestartsDisplay.from_data(X, 2, n_init=1, sample_weight=counts, random_state=0).axes_[0],
    ):
        heights = bars(axes)
        edges = axes.patches[0].get_data().edges
        drawn = X[counts > 0, 0]
        expected, _ = np.histogram(drawn, edges, weights=counts[counts > 0])
        assert_allclose(heights[-1], expected / counts.sum() / np.diff(edges), atol=1e-12)
    plain = bars(before_after(model, X, sample_weight=counts).axes[0])[0]
    assert_allclose(plain, heights[-1], atol=1e-12)


def test_points_are_as_large_as_weights_say_and_those_without_are_left_out() -> None:
    X, counts, _ = small_counts(2)
    model = gaussmix.fit(X, 2, sample_weight=counts, random_state=0)
    options: dict[str, Any] = {"sample_weight": counts}
    for axes in (
        ClusterDisplay.from_estimator(model, X, **options).ax_,
        UncertaintyDisplay.from_estimator(model, X, **options).ax_,
        DensityDisplay.from_estimator(model, X, **options).ax_,
        CornerDisplay.from_estimator(model, X, **options).axes_[1][0],
        before_after(model, X, **options).axes[0],
        FilmDisplay.from_data(X, 2, max_iter=2, random_state=0, **options).ax_,
        RestartsDisplay.from_data(X, 2, n_init=2, random_state=0, **options).axes_[0],
    ):
        (points,) = [c for c in axes.collections if len(c.get_offsets()) == (counts > 0).sum()]
        sizes = points.get_sizes()
        assert_allclose(sizes / sizes[0], (counts[counts > 0] / counts[counts > 0][0]))


def test_cells_are_as_dark_as_weights_say() -> None:
    X = problems.problem(64, 24_000, 2, 2).X
    model = gaussmix.fit(X, 2, random_state=0)
    drawn = {}
    for name, weights in (("none", None), ("ones", np.full(len(X), 5.0)), ("half", X[:, 0] > 0)):
        given = None if weights is None else np.asarray(weights, float) + 1e-9
        display = ClusterDisplay.from_estimator(model, X, sample_weight=given)
        drawn[name] = np.asarray(display.ax_.images[0].get_array())
    assert_allclose(drawn["ones"], drawn["none"], atol=1e-6)
    assert not np.allclose(drawn["half"], drawn["none"], atol=1e-2)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones(3), "sample_weight has 3 numbers, but X has 120 rows"),
        (np.r_[np.ones(119), -1.0], "sample_weight is -1.0 at row 119"),
        (np.r_[np.nan, np.ones(119)], "sample_weight is nan at row 0"),
        (np.zeros(120), "sample_weight is zero for every row"),
    ],
)
def test_pictures_refuse_weights_that_are_none(weights: problems.Array, message: str) -> None:
    X, _, _ = small_counts(2)
    model = gaussmix.fit(X, 2, random_state=0)
    with pytest.raises(ValueError, match=message):
        ClusterDisplay.from_estimator(model, X, sample_weight=weights)


def test_the_command_line_draws_with_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    X, counts, _ = small_counts(1)
    np.savetxt(tmp_path / "x.csv", np.c_[X, counts], header="x,w", delimiter=",", comments="")
    seen: dict[str, Any] = {}

    def draw(model: Any, rows: Any, **options: Any) -> Any:
        seen.update(options)
        return before_after(model, rows, **options)

    monkeypatch.setattr("gaussmix.plot.before_after", draw)
    command = ["fit", str(tmp_path / "x.csv"), "-k", "2", "--weights", "w"]
    assert main([*command, "--plot", str(tmp_path / "x.png")]) == 0
    assert_allclose(seen["sample_weight"], counts)
