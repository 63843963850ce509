"""Pictures show what they say, for any shape of data and mixture, and leave nothing behind."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from numpy.testing import assert_allclose

import gaussmix
import problems
from gaussmix import _geometry, _palette
from gaussmix.plot import before_after, save_figure
from gaussmix.plot._display import check_path

EXPECTED_AXES = 2


def mixture(k: int, d: int, covariance_type: str = "full") -> gaussmix.Mixture:
    """Components far apart along the last feature."""
    rng = np.random.default_rng(7)
    means = rng.standard_normal((k, d))
    means[:, -1] += 8.0 * np.arange(k)
    roots = rng.standard_normal((k, d, d))
    full = roots @ roots.transpose(0, 2, 1) + np.eye(d)
    covariances: dict[str, Any] = {
        "full": full,
        "tied": full.mean(axis=0),
        "diag": np.diagonal(full, axis1=1, axis2=2),
        "spherical": full[:, 0, 0],
    }
    return gaussmix.Mixture(
        np.full(k, 1.0 / k), means, covariances[covariance_type], covariance_type
    )


def dense_covariances(model: gaussmix.Mixture) -> Any:
    """The matrices of a mixture, written down once more."""
    k, d = model.means.shape
    return {
        "full": lambda c: c,
        "tied": lambda c: np.stack([c] * k),
        "diag": lambda c: np.stack([np.diag(row) for row in c]),
        "spherical": lambda c: np.stack([value * np.eye(d) for value in c]),
    }[model.covariance_type](model.covariances)


@pytest.mark.parametrize(("d", "k"), [(1, 1), (1, 9), (2, 1), (2, 30), (4, 3)])
def test_every_family_is_drawn(covariance_type: str, d: int, k: int, tmp_path: Path) -> None:
    model = mixture(k, d, covariance_type)
    X, _ = model.sample(300, random_state=0)
    figure = before_after(model, X)
    assert len(figure.axes) == EXPECTED_AXES
    save_figure(figure, tmp_path / "picture.png")
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")


def test_points_have_the_colour_of_their_label_and_the_opacity_of_their_responsibility(
    faithful: problems.Array,
) -> None:
    model = gaussmix.fit(faithful, 3, random_state=0)
    before, after = before_after(model, faithful).axes
    responsibilities = model.predict_proba(faithful)
    shown = np.asarray(after.collections[0].get_facecolor())
    expected = _palette.colours(3)[model.predict(faithful)]
    assert_allclose(shown[:, :3], expected)
    assert_allclose(shown[:, 3], responsibilities.max(axis=1))
    assert_allclose(np.asarray(after.collections[0].get_offsets()), faithful)
    assert len(np.unique(np.asarray(before.collections[0].get_facecolor()), axis=0)) == 1


def test_ellipses_pass_at_one_two_and_three_standard_deviations(covariance_type: str) -> None:
    model = mixture(2, 3, covariance_type)
    X, _ = model.sample(200, random_state=0)
    after = before_after(model, X, features=[0, 2]).axes[1]
    covariances = dense_covariances(model)[:, [[0], [2]], [0, 2]]
    outlines = [np.asarray(patch.get_xy()) for patch in after.patches]
    assert len(outlines) == 6
    for i, outline in enumerate(outlines):
        k, radius = i // 3, i % 3 + 1
        away = outline - model.means[k, [0, 2]]
        distance = np.einsum("ij,jk,ik->i", away, np.linalg.inv(covariances[k]), away)
        assert_allclose(distance, radius**2, rtol=1e-9)


def test_means_are_marked_with_the_number_of_their_component(faithful: problems.Array) -> None:
    model = gaussmix.fit(faithful, 3, random_state=0)
    after = before_after(model, faithful).axes[1]
    marks = {text.get_text(): text.xy for text in after.texts}
    assert sorted(marks) == ["0", "1", "2"]
    for k in range(3):
        assert_allclose(marks[str(k)], model.means[k])


def test_a_component_without_rows_is_not_drawn() -> None:
    model = gaussmix.Mixture([0.5, 0.0, 0.5], [[0, 0], [1, 1], [5, 5]], [1, 1, 1], "spherical")
    after = before_after(model, [[0.0, 0.0], [5.0, 5.0]]).axes[1]
    assert [text.get_text() for text in after.texts] == ["0", "2"]
    one = gaussmix.Mixture([1.0, 0.0], [[0.0], [1.0]], [1.0, 1.0], "spherical")
    after = before_after(one, [[0.0], [1.0]]).axes[1]
    assert [text.get_text() for text in after.texts] == ["0"]


@pytest.mark.parametrize("d", [1, 2])
def test_many_rows_are_shown_as_density(d: int) -> None:
    model = mixture(2, d)
    X, _ = model.sample(20_001, random_state=0)
    before, after = before_after(model, X).axes
    if d == 1:
        return
    assert not before.collections
    assert not after.collections
    image = np.asarray(after.images[0].get_array())
    cells, low, high = image.shape[0], *np.array([after.get_xlim(), after.get_ylim()]).T
    row = np.floor((X[0] - low) / (high - low) * cells).astype(int)
    colour = image[row[1], row[0]]
    assert colour[3] > 0.0
    # These components do not overlap, so no colours are mixed.
    assert_allclose(colour[:3], _palette.colours(2)[model.predict(X[:1])[0]], atol=1e-3)


def test_density_counts_every_row(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def shade(colours: Any, counts: Any) -> Any:
        seen.append(counts)
        return np.column_stack([colours, counts])

    monkeypatch.setattr("gaussmix.plot._rows._shade", shade)
    model = mixture(2, 2)
    X, _ = model.sample(70_000, random_state=0)
    before_after(model, X)
    assert [counts.sum() for counts in seen] == [70_000, 70_000]


def test_one_feature_is_a_histogram_of_all_rows_below_the_mixture_density() -> None:
    model = mixture(3, 1)
    X, _ = model.sample(5000, random_state=0)
    before, after = before_after(model, X).axes
    stairs = before.patches[0].get_data()
    assert_allclose(np.sum(stairs.values * np.diff(stairs.edges)), 1.0)
    parts = [patch.get_data() for patch in after.patches]
    assert_allclose(parts[-1].values, stairs.values)
    x, y = after.lines[3].get_data()
    assert_allclose(y, np.exp(model.score_samples(np.asarray(x)[:, np.newaxis])), rtol=1e-9)


def test_one_feature_of_several_shows_its_marginal() -> None:
    model = mixture(2, 3)
    X, _ = model.sample(500, random_state=0)
    after = before_after(model, X, features=[1]).axes[1]
    marginal = gaussmix.Mixture(
        model.weights, model.means[:, 1:2], model.covariances[:, 1:2, 1:2], "full"
    )
    x, y = after.lines[2].get_data()
    assert_allclose(y, np.exp(marginal.score_samples(np.asarray(x)[:, np.newaxis])), rtol=1e-9)


@pytest.mark.parametrize("spike", [0.0, 1e9])
def test_bins_stay_few_whatever_the_data(spike: float) -> None:
    X = np.append(np.linspace(0.0, 1e-9, 99), spike)[:, np.newaxis]
    model = gaussmix.Mixture([1.0], [[0.5]], [1.0], "spherical")
    before = before_after(model, X).axes[0]
    assert 10 <= before.patches[0].get_data().values.size <= 100


def test_constant_features_are_drawn(tmp_path: Path) -> None:
    X = np.column_stack([np.linspace(0.0, 1.0, 50), np.full(50, 3.0)])
    for data in (X, X[:, 1:]):
        save_figure(
            before_after(gaussmix.fit(data, 1, random_state=0), data), tmp_path / "picture.png"
        )


def test_both_sides_show_all_rows_in_the_same_frame(faithful: problems.Array) -> None:
    before, after = before_after(gaussmix.fit(faithful, 2, random_state=0), faithful).axes
    assert before.get_xlim() == after.get_xlim()
    assert before.get_ylim() == after.get_ylim()
    for limits, values in zip((after.get_xlim(), after.get_ylim()), faithful.T, strict=True):
        assert limits[0] < values.min()
        assert limits[1] > values.max()


def test_the_plane_that_separates_best_is_shown_whatever_the_units() -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((400, 5))
    X[:200, 1] += 5.0
    X[:200, 3] -= 5.0
    for scale in (np.ones(5), 10.0 ** np.arange(-6, 9, 3)):
        after = before_after(gaussmix.fit(X * scale, 2, random_state=0), X * scale).axes[1]
        assert (after.get_xlabel(), after.get_ylabel()) == ("feature 1", "feature 3")


def test_separation_is_the_hotelling_lawley_trace(covariance_type: str) -> None:
    model = mixture(3, 4, covariance_type)
    within = np.average(dense_covariances(model), axis=0, weights=model.weights)
    centred = model.means - model.weights @ model.means
    between = (centred.T * model.weights) @ centred
    best = max(
        ((i, j) for i in range(4) for j in range(i + 1, 4)),
        key=lambda pair: np.trace(
            np.linalg.solve(within[np.ix_(pair, pair)], between[np.ix_(pair, pair)])
        ),
    )
    assert _geometry.most_separating_pair(model) == best
    assert_allclose(_geometry.within_covariance(model), within)
    assert_allclose(_geometry.covariance_matrices(model), dense_covariances(model))


def test_features_are_chosen_and_named(faithful: problems.Array) -> None:
    model = gaussmix.fit(faithful, 2, random_state=0)
    after = before_after(model, faithful, features=["b", 0], names=["a", "b"]).axes[1]
    assert (after.get_xlabel(), after.get_ylabel()) == ("b", "a")
    after = before_after(model, faithful, features=[-1, 0]).axes[1]
    assert (after.get_xlabel(), after.get_ylabel()) == ("feature 1", "feature 0")


def test_names_come_from_the_model_or_the_data() -> None:
    pandas = pytest.importorskip("pandas")
    X, names = gaussmix.datasets.load_faithful()
    frame = pandas.DataFrame(X, columns=list(names))
    named, plain = (gaussmix.fit(data, 2, random_state=0) for data in (frame, X))
    for model, data in ((named, X), (plain, frame)):
        assert before_after(model, data).axes[0].get_xlabel() == "eruptions"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"features": [2, 0]}, "features: 2 is not in 0 ... 1"),
        ({"features": ["c"]}, "there is no 'c' among a, b"),
        ({"features": [0, 0]}, "one feature or two different ones"),
        ({"features": []}, "one feature or two different ones"),
        ({"names": ["a"]}, "names has 1 entries, the mixture 2 features"),
    ],
)
def test_what_cannot_be_shown_is_named(
    faithful: problems.Array, arguments: dict[str, Any], message: str
) -> None:
    model = gaussmix.fit(faithful, 2, random_state=0)
    with pytest.raises(ValueError, match=message):
        before_after(model, faithful, **{"names": ["a", "b"], **arguments})


@pytest.mark.parametrize("shape", [(3, 3), (0, 2), (2,)])
def test_data_of_another_shape_are_refused(
    faithful: problems.Array, shape: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match=r"X has shape .*(needs \(n, 2\)|reshape\(1, -1\))"):
        before_after(gaussmix.fit(faithful, 2, random_state=0), np.zeros(shape))


def test_a_given_figure_is_drawn_into(faithful: problems.Array) -> None:
    figure = Figure()
    model = gaussmix.fit(faithful, 2, random_state=0)
    assert before_after(model, faithful, figure=figure) is figure
    assert len(figure.axes) == EXPECTED_AXES


def test_pictures_leave_pyplot_alone(run_python: Any) -> None:
    done = run_python(
        "import sys, gaussmix\n"
        "assert 'matplotlib' not in sys.modules\n"
        "import gaussmix.plot\n"
        "assert 'matplotlib' not in sys.modules\n"
        "X, _ = gaussmix.datasets.load_faithful()\n"
        "gaussmix.plot.before_after(gaussmix.fit(X, 2), X)\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("ending", ["png", "PNG", "svg", "pdf"])
def test_the_ending_names_the_format(ending: str, faithful: problems.Array, tmp_path: Path) -> None:
    path = tmp_path / f"picture.{ending}"
    check_path(path)
    save_figure(before_after(gaussmix.fit(faithful, 2, random_state=0), faithful), path)
    assert path.stat().st_size > 1000
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("name", ["picture", "picture.csv", "png"])
def test_unknown_formats_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"must end in one of .*png"):
        check_path(name)


def test_a_failed_save_leaves_the_old_picture(tmp_path: Path) -> None:
    class Broken:
        def savefig(self, path: Path, **_: object) -> None:
            path.write_text("half")
            raise RuntimeError("no ink")

    path = tmp_path / "picture.png"
    path.write_text("old")
    with pytest.raises(RuntimeError, match="no ink"):
        save_figure(Broken(), path)
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["picture.png"]


def test_without_matplotlib_the_remedy_is_named(
    monkeypatch: pytest.MonkeyPatch, faithful: problems.Array
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    model = gaussmix.fit(faithful, 2, random_state=0)
    with pytest.raises(ImportError, match=r"pip install 'gaussmix\[plot\]'"):
        before_after(model, faithful)


@pytest.mark.parametrize("k", [1, 7, 30, 100])
def test_colours_are_colours(k: int) -> None:
    colours = _palette.colours(k)
    assert colours.shape == (k, 3)
    assert np.all((colours >= 0.0) & (colours <= 1.0))
    assert len(np.unique(colours[:35], axis=0)) == min(k, 35)
