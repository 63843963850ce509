"""A fit with a collapsed component says so everywhere, and is never chosen."""

from __future__ import annotations

import pickle
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gaussmix
import problems
from gaussmix import DegenerateWarning
from gaussmix.cli import main
from gaussmix.plot import RestartsDisplay, SelectionDisplay

FAMILIES = ["full", "tied", "diag", "spherical"]
OWN = ["full", "diag", "spherical"]  # each component its own covariance


def round_sample(seed: int, n: int = 60, d: int = 20) -> problems.Array:
    return np.random.default_rng(seed).normal(size=(n, d))


def one_place(dtype: Any = float) -> problems.Array:
    """A hundred rows spread out, fifty that are the same: the second component of two collapses."""
    rows = np.random.default_rng(0).normal(size=(100, 2))
    return np.concatenate([rows, np.full((50, 2), 4.0)]).astype(dtype)


def fitted(covariance_type: str = "full", **options: Any) -> gaussmix.Mixture:
    return gaussmix.fit(
        one_place(),
        2,
        covariance_type=covariance_type,
        init=np.repeat([0, 1], [100, 50]),
        **options,
    )


# --- Which are collapsed -------------------------------------------------------------------------


@pytest.mark.parametrize("covariance_type", OWN)
@pytest.mark.parametrize("reg_covar", [None, 0.0, 1e-8])
@pytest.mark.parametrize("unit", [1.0, 1e-6, 1e100])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_component_of_equal_rows_has_collapsed(
    covariance_type: str, reg_covar: float | None, unit: float, dtype: Any
) -> None:
    if dtype is np.float32 and unit == 1e100:
        return
    model = gaussmix.fit(
        one_place(dtype) * dtype(unit),
        2,
        covariance_type=covariance_type,
        reg_covar=None if reg_covar is None else reg_covar * unit * unit,
        init=np.repeat([0, 1], [100, 50]),
    )
    assert model.collapsed == (1,)
    assert model.degenerate


@pytest.mark.parametrize("n", [2, 5])
@pytest.mark.parametrize("covariance_type", ["diag", "spherical", "VEI"])
def test_two_rows_that_happen_to_be_neighbours_are_no_cluster(n: int, covariance_type: str) -> None:
    X = round_sample(5, 600, 3)
    X[:n] = 9.0 + 3e-4 * round_sample(6, n, 3)
    model = gaussmix.fit(X, 2, covariance_type=covariance_type, init=(np.arange(600) >= n) * 1)
    assert model.events
    assert model.collapsed == ((0,) if n == 2 else ())


@pytest.mark.parametrize("n", [1, 5, 9, 10])
def test_a_full_covariance_needs_a_row_more_than_features(n: int) -> None:
    rows = round_sample(1, 200, 9)
    rows[:n] += 30.0
    model = gaussmix.fit(rows, 2, init=np.repeat([1, 0], [n, 200 - n]))
    assert model.collapsed == ((1,) if n <= 9 else ())


@pytest.mark.parametrize("covariance_type", FAMILIES)
@pytest.mark.parametrize("reg_covar", [None, 0.0])
@pytest.mark.parametrize("copies", [1, 10])
def test_rows_that_are_fewer_than_a_covariance_needs_make_it_degenerate(
    covariance_type: str, reg_covar: float | None, copies: int
) -> None:
    options: dict[str, Any] = {"covariance_type": covariance_type, "reg_covar": reg_covar}
    few = np.repeat(round_sample(2, 9, 9), copies, axis=0)
    assert gaussmix.fit(few, 1, **options).degenerate == (covariance_type in {"full", "tied"})
    enough = np.repeat(round_sample(2, 10, 9), copies, axis=0)
    assert not gaussmix.fit(enough, 1, **options).degenerate
    assert gaussmix.fit(np.ones((12, 9)), 1, **options).degenerate


@pytest.mark.parametrize("covariance_type", ["full", "tied"])
def test_rows_without_weight_do_not_count(covariance_type: str) -> None:
    X = round_sample(3, 100, 6)
    for n, degenerate in ((6, True), (7, False)):
        weights = np.repeat([2.0, 0.0], [n, 100 - n])
        model = gaussmix.fit(X, 1, covariance_type=covariance_type, sample_weight=weights)
        assert model.degenerate == degenerate


def test_a_shared_covariance_collapses_for_all() -> None:
    X = np.repeat([[0.0, 1.0], [2.0, 3.0], [5.0, 1.0]], 10, axis=0)
    model = gaussmix.fit(X, 3, covariance_type="tied", init=np.repeat([0, 1, 2], 10))
    assert model.collapsed == (0,)
    assert repr(model).count("collapsed") == 3


@pytest.mark.parametrize("covariance_type", FAMILIES)
def test_a_direction_in_which_no_row_varies_collapses_no_component(covariance_type: str) -> None:
    X = problems.problem(62, 200, 3, 3).X
    constant = np.c_[X, np.full(200, 7.0)]
    doubled = np.c_[X, 2.0 * X[:, :1] - X[:, 1:2]]
    for rows in (constant, doubled, doubled.astype(np.float32)):
        for reg_covar in (None, 0.0):
            model = gaussmix.fit(
                rows, 2, covariance_type=covariance_type, reg_covar=reg_covar, random_state=0
            )
            assert not model.degenerate


@pytest.mark.parametrize("covariance_type", FAMILIES)
@pytest.mark.parametrize("apart", [10.0, 1e3, 1e4])
def test_clusters_far_narrower_than_the_rows_have_not_collapsed(
    covariance_type: str, apart: float
) -> None:
    X = round_sample(4, 600, 3)
    X[300:] += apart
    labels = np.repeat([0, 1], 300)
    model = gaussmix.fit(X, 2, covariance_type=covariance_type, init=labels)
    assert not model.events
    assert not model.degenerate
    blurred = gaussmix.fit(
        X, 2, covariance_type=covariance_type, init=labels, reg_covar=1e-6 * apart**2 / 4
    )
    assert bool(blurred.events) == (apart > 3e3)
    assert not blurred.degenerate


@pytest.mark.parametrize("covariance_type", FAMILIES)
def test_a_prior_keeps_components_from_collapsing(covariance_type: str) -> None:
    for prior in ("default", gaussmix.Prior(degrees_of_freedom=5.0)):
        assert not fitted(covariance_type, prior=prior).degenerate
        assert not fitted(covariance_type, prior=prior, reg_covar=1e-6).degenerate
    est = gaussmix.BayesianGaussianMixture(
        n_components=2, covariance_type=covariance_type, random_state=0
    ).fit(one_place())
    assert not est.degenerate_


@pytest.mark.parametrize("covariance_type", FAMILIES)
def test_components_without_rows_have_not_collapsed(covariance_type: str) -> None:
    start = gaussmix.Mixture(
        [0.5, 0.5, 0.0],
        [[0.0, 0.0], [1.0, 1.0], [9.0, 9.0]],
        {"full": [np.eye(2)] * 3, "tied": np.eye(2), "diag": np.ones((3, 2))}.get(
            covariance_type, np.ones(3)
        ),
        covariance_type,
    )
    X = round_sample(5, 100, 2)
    model = gaussmix.fit(X, init=start, max_iter=3)
    assert not model.degenerate
    assert not start.degenerate


def test_a_component_that_has_recovered_has_not_collapsed() -> None:
    X = np.concatenate([round_sample(6, 300, 2), round_sample(7, 300, 2) + 8.0])
    tight = gaussmix.Mixture([0.5, 0.5], [[0.0, 0.0], X[400]], [np.eye(2), 1e-12 * np.eye(2)])
    # Classic: where the ridge counts, so narrow a component loses its rows at once.
    begun = gaussmix.fit(X, init=tight, max_iter=1, acceleration="classic")
    assert begun.collapsed == (1,)
    labels = np.r_[np.zeros(599, int), 1]
    once = gaussmix.fit(X, 2, init=labels, max_iter=0)
    assert once.collapsed == (1,)


# --- Who says so ---------------------------------------------------------------------------------


def test_a_file_and_a_copy_keep_it(tmp_path: Path) -> None:
    model = fitted()
    model.save(tmp_path / "m.safetensors")
    loaded = gaussmix.load(tmp_path / "m.safetensors")
    assert loaded.collapsed == pickle.loads(pickle.dumps(model)).collapsed == (1,)
    gaussmix.fit(one_place(), 1).save(tmp_path / "m.safetensors")
    assert gaussmix.load(tmp_path / "m.safetensors").collapsed == ()


def test_a_file_with_components_that_are_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    fitted().save(path)
    sound = path.read_bytes()
    for text in (b"[2]", b"[x]", b"[-]"):
        damaged = sound.replace(b'"collapsed":"[1]"', b'"collapsed":"' + text + b'"')
        assert damaged != sound
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="collapsed"):
            gaussmix.load(path)


@pytest.mark.parametrize("criterion", ["bic", "aic", "icl"])
def test_a_criterion_warns_of_a_collapsed_component(criterion: str) -> None:
    model = fitted()
    expected = f"{criterion.upper()} is meaningless here: component 1 has collapsed"
    with pytest.warns(DegenerateWarning, match=expected) as told:
        getattr(model, criterion)(one_place())
    assert told[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        getattr(gaussmix.fit(one_place(), 1), criterion)(one_place())


@pytest.mark.parametrize("criterion", ["bic", "aic"])
def test_the_estimator_says_so(criterion: str) -> None:
    est = gaussmix.GaussianMixture(2, init_params=np.repeat([0, 1], [100, 50])).fit(one_place())
    assert est.degenerate_ is True
    with pytest.warns(DegenerateWarning, match="component 1") as told:
        getattr(est, criterion)(one_place())
    assert told[0].filename == __file__
    assert gaussmix.GaussianMixture(1).fit(one_place()).degenerate_ is False


def test_a_mixture_shows_it() -> None:
    model, sound = fitted(), gaussmix.fit(one_place(), 1)
    lines = repr(model).splitlines()
    assert lines[0].endswith(", degenerate")
    assert [line.endswith("collapsed") for line in lines[2:]] == [False, True]
    html = model._repr_html_()
    assert html.count("collapsed") == 1
    assert "degenerate" in html
    assert not any(word in repr(sound) for word in ("degenerate", "collapsed"))
    assert not any(word in sound._repr_html_() for word in ("degenerate", "collapsed"))


def test_the_command_line_shows_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.savetxt(tmp_path / "rows.csv", one_place(), delimiter=",")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert main(["fit", str(tmp_path / "rows.csv"), "-k", "2"]) == 0
    (bic,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("BIC")]
    assert re.search(r"\(not to be compared: component [01] has collapsed\)", bic)


# --- It is never chosen --------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
def test_a_choice_among_fits_of_one_gaussian_is_never_a_collapsed_one(seed: int) -> None:
    chosen = SelectionDisplay.from_data(round_sample(seed), range(1, 9), random_state=seed)
    collapsed = [key for key, model in chosen.models_.items() if model.degenerate]
    assert chosen.degenerate_ == collapsed
    assert ("full", 8) in collapsed
    assert not chosen.best_.degenerate
    assert chosen.best_.n_components == 1
    assert chosen.best_.score(round_sample(seed + 100, 1000)) > -29.5  # the truth has -28.4
    bic = chosen.criteria_["bic"]
    assert min(bic, key=bic.__getitem__) in collapsed


def test_a_choice_of_one_family_is_never_a_collapsed_one() -> None:
    X = round_sample(0)
    models = [gaussmix.fit(X, k, random_state=0) for k in range(1, 9)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # the recipe asks no collapsed one
        best = min((m for m in models if not m.degenerate), key=lambda m: m.bic(X))
    assert best.n_components == 1


def test_a_picture_and_a_table_mark_what_was_left_out() -> None:
    X = round_sample(0)
    drawn = SelectionDisplay.from_data(
        X, [1, 2, 5], covariance_types=["full", "diag"], random_state=0
    )
    assert drawn.degenerate_ == [("full", 5)]
    for axes, name in zip(drawn.axes_, ("bic", "aic", "icl"), strict=True):
        (crosses,) = [line for line in axes.lines if line.get_marker() == "x"]
        assert list(crosses.get_xdata()) == [5]
        values = drawn.criteria_[name]
        sound = [value for key, value in values.items() if key not in drawn.degenerate_]
        low, high = axes.get_ylim()
        assert low <= min(sound) <= high
        assert axes.lines[0].get_xdata().tolist() == [1, 2]
    (legend,) = drawn.figure_.legends
    assert "collapsed: left out" in [text.get_text() for text in legend.get_texts()]
    table = repr(drawn).splitlines()
    assert table[0] == "BIC (smaller is better), best: * 1 diag"
    assert [row.split() for row in table[1:]] == [
        ["K", "full", "diag"],
        [
            "1",
            f"{drawn.criteria_['bic']['full', 1]:.1f}",
            f"{drawn.criteria_['bic']['diag', 1]:.1f}*",
        ],
        [
            "2",
            f"{drawn.criteria_['bic']['full', 2]:.1f}",
            f"{drawn.criteria_['bic']['diag', 2]:.1f}",
        ],
        ["5", "collapsed", f"{drawn.criteria_['bic']['diag', 5]:.1f}"],
    ]


def test_fitted_estimators_may_be_chosen_from() -> None:
    X = round_sample(0)
    fits = {("full", k): gaussmix.GaussianMixture(k, random_state=0).fit(X) for k in (1, 5)}
    chosen = SelectionDisplay(fits, X)
    assert chosen.degenerate_ == [("full", 5)]
    assert chosen.best_ == fits["full", 1].mixture_


def test_where_all_have_collapsed_none_is_chosen() -> None:
    X = round_sample(0, 5, 9)
    drawn = SelectionDisplay.from_data(X, [1, 2], covariance_types="full", random_state=0)
    assert "all collapsed" in drawn.ax_.get_title(loc="left")
    assert "none: all have collapsed" in repr(drawn)
    with pytest.raises(ValueError, match="collapsed component: fit them with a prior"):
        drawn.best_  # noqa: B018


def test_of_several_starts_one_without_a_collapsed_component_is_kept() -> None:
    X = one_place()[:105]
    kept = [
        gaussmix.fit(X, 2, init="random_from_data", random_state=seed, n_init=1)
        for seed in range(12)
    ]
    assert {model.degenerate for model in kept} == {True, False}
    best = gaussmix.fit(X, 2, init="random_from_data", n_init=12, random_state=0)
    assert not best.degenerate
    display = RestartsDisplay.from_data(X, 2, n_init=12, init="random_from_data", random_state=0)
    assert {model.degenerate for model in display.models_} == {True, False}
    assert not display.best_.degenerate
    titles = [axes.get_title(loc="left") for axes in display.axes_]
    assert not titles[0].endswith("(collapsed)")
    starts = iter([np.repeat([0, 1], [100, 5]), np.arange(105) % 2])
    est = gaussmix.GaussianMixture(
        2, n_init=2, init_params=lambda *_, **__: next(starts), max_iter=2
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert not est.fit(X).degenerate_
