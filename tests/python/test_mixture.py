"""A mixture is a value: validated, readable, comparable, copyable, and impossible to change."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy.stats import kstest, kurtosis

import gaussmix
import problems
import reference
from comparing import assert_same_fit, assert_same_parameters, model_of
from gaussmix import _core

if TYPE_CHECKING:
    from conftest import RunPython

ARRAYS = ("weights", "means", "covariances", "history")


def fitted(covariance_type: str = "full", seed: int = 0) -> gaussmix.Mixture:
    case = problems.problem(111, n=150, n_components=3)
    return gaussmix.fit(case.X, 3, covariance_type=covariance_type, random_state=seed)


# --- What it holds -------------------------------------------------------------------------------


def test_known_parameters_are_kept_as_they_were_given(covariance_type: str) -> None:
    p = problems.mixture(112, 3, 2, covariance_type)
    model = model_of(p)
    np.testing.assert_array_equal(model.means, p.means)
    np.testing.assert_array_equal(model.covariances, p.covariances)
    np.testing.assert_allclose(model.weights, p.weights, rtol=1e-15)
    assert (model.n_components, model.n_features) == (3, 2)
    assert model.covariance_type == covariance_type
    assert model.status == "given"
    assert model.n_iter == 0
    assert model.history.shape == (0,)
    assert model.events == ()
    assert model.feature_names is None


@pytest.mark.parametrize("n_features", [1, 4])
def test_arrays_have_the_documented_shapes(covariance_type: str, n_features: int) -> None:
    case = problems.problem(113, n=80, n_components=3, n_features=n_features)
    model = gaussmix.fit(case.X, 3, covariance_type=covariance_type)
    d = n_features
    assert model.weights.shape == (3,)
    assert model.means.shape == (3, d)
    assert (
        model.covariances.shape
        == {
            "full": (3, d, d),
            "tied": (d, d),
            "diag": (3, d),
            "spherical": (3,),
        }[covariance_type]
    )
    assert model.history.shape == (model.n_iter,)
    for name in ARRAYS:
        assert getattr(model, name).dtype == np.float64


def test_lists_and_other_number_types_make_the_same_model() -> None:
    expected = gaussmix.Mixture(
        np.array([0.25, 0.75]), np.array([[0.0], [1.0]]), np.array([[1.0], [2.0]]), "diag"
    )
    assert expected == gaussmix.Mixture([0.25, 0.75], [[0], [1]], [[1], [2]], "diag")
    assert expected == gaussmix.Mixture(
        np.array([0.25, 0.75], dtype=np.float32),
        np.array([[0], [1]], dtype=np.int8),
        np.array([[1], [2]], dtype=np.uint16),
        covariance_type="diag",
    )


def test_a_model_does_not_share_memory_with_what_it_was_made_from() -> None:
    p = problems.mixture(114, 2, 2)
    weights, means, covariances = p.weights.copy(), p.means.copy(), p.covariances.copy()
    model = gaussmix.Mixture(weights, means, covariances)
    for array in (weights, means, covariances):
        array[...] = np.nan
    np.testing.assert_array_equal(model.means, p.means)
    np.testing.assert_array_equal(model.covariances, p.covariances)


@pytest.mark.parametrize("name", ARRAYS)
def test_no_number_of_a_model_can_be_changed(covariance_type: str, name: str) -> None:
    model = fitted(covariance_type)
    array = getattr(model, name)
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 0.0


@pytest.mark.parametrize("name", [*ARRAYS, "covariance_type", "status", "events", "n_iter"])
def test_no_attribute_of_a_model_can_be_replaced(name: str) -> None:
    model = fitted()
    with pytest.raises(AttributeError):
        setattr(model, name, getattr(model, name))


def test_the_facts_of_a_fit_come_with_it() -> None:
    model = fitted()
    assert model.status == "converged"
    assert model.converged is True
    assert model.n_iter == len(model.history) > 0
    assert isinstance(model.events, tuple)
    assert model.n_threads >= 1
    assert model.seconds >= 0


# --- Validation ----------------------------------------------------------------------------------

W, M, C = [0.5, 0.5], [[0.0, 0.0], [1.0, 1.0]], [np.eye(2), np.eye(2)]
INDEFINITE = [[1.0, 2.0], [2.0, 1.0]]

BAD_PARAMETERS: list[tuple[str, tuple[Any, ...], str]] = [
    ("weights", ([0.5, 0.6], M, C, "full"), "sum"),
    ("weights", ([1.5, -0.5], M, C, "full"), "negative|-0.5"),
    ("weights", ([np.nan, 0.5], M, C, "full"), "NaN|finite"),
    ("weights", ([0.5, 0.25, 0.25], M, C, "full"), ""),
    ("weights", ([[0.5, 0.5]], M, C, "full"), ""),
    ("weights", ([], M, C, "full"), ""),
    ("weights", (["a", "b"], M, C, "full"), ""),
    ("means", (W, [0.0, 1.0], C, "full"), ""),
    ("means", (W, [[0.0, np.inf], [1.0, 1.0]], C, "full"), "infinity|finite"),
    ("means", (W, np.zeros((2, 0)), C, "full"), ""),
    ("covariances", (W, M, np.eye(2), "full"), ""),
    ("covariances", (W, M, np.zeros((2, 3, 3)), "full"), ""),
    ("covariances", (W, M, C, "tied"), ""),
    ("covariances", (W, M, np.ones((2, 3)), "diag"), ""),
    ("covariances", (W, M, np.ones((2, 2)), "spherical"), ""),
    ("covariances", (W, M, [np.eye(2), INDEFINITE], "full"), "definite"),
    ("covariances", (W, M, INDEFINITE, "tied"), "definite"),
    ("covariances", (W, M, [[1.0, 1.0], [1.0, 0.0]], "diag"), "positive"),
    ("covariances", (W, M, [1.0, -1.0], "spherical"), "positive"),
    ("covariances", (W, M, [np.eye(2), [[1.0, 0.5], [0.0, 1.0]]], "full"), "symmetric"),
    ("covariances", (W, M, [[1.0, 0.5], [0.0, 1.0]], "tied"), "symmetric"),
    ("covariances", (W, M, [np.eye(2), np.full((2, 2), np.nan)], "full"), "NaN|finite"),
    ("covariance_type", (W, M, C, "round"), "round.*full.*tied.*diag.*spherical"),
]


@pytest.mark.parametrize(
    ("argument", "parameters", "says"),
    BAD_PARAMETERS,
    ids=[f"{argument}-{i}" for i, (argument, _, _) in enumerate(BAD_PARAMETERS)],
)
def test_parameters_that_make_no_mixture_are_refused(
    argument: str, parameters: tuple[Any, ...], says: str
) -> None:
    with pytest.raises((ValueError, TypeError), match=rf"(?s)(?=.*\b{argument}\b)(?=.*({says}))"):
        gaussmix.Mixture(*parameters)


@pytest.mark.parametrize("component", [0, 1])
def test_the_component_whose_covariance_is_not_definite_is_named(component: int) -> None:
    covariances = [np.eye(2), np.eye(2)]
    covariances[component] = np.array(INDEFINITE)
    with pytest.raises(ValueError, match=rf"covariances.*\b{component}\b"):
        gaussmix.Mixture(W, M, covariances)


# --- Value semantics -----------------------------------------------------------------------------


def test_a_model_shows_itself_as_a_small_table(covariance_type: str) -> None:
    model = fitted(covariance_type)
    text = repr(model)
    assert "Mixture" in text
    assert covariance_type in text
    assert "converged" in text
    assert len(text.splitlines()) >= model.n_components
    assert len(text) < 2000


def test_a_model_of_many_components_and_features_still_shows_itself_briefly() -> None:
    model = model_of(problems.mixture(115, 200, 50, "diag"))
    assert len(repr(model)) < 10_000


def test_models_are_equal_when_their_parameters_and_fits_are() -> None:
    assert fitted() == fitted()
    assert fitted() != fitted("diag")
    p = problems.mixture(116, 2, 2)
    assert model_of(p) == model_of(p)
    other = reference.Parameters(p.weights, p.means + 1e-12, p.covariances, "full")
    assert model_of(p) != model_of(other)
    assert model_of(p) != p
    assert model_of(p) != "a model"
    assert model_of(p) is not None


def test_equal_models_have_equal_hashes() -> None:
    a, b = (gaussmix.Mixture([1.0], [[zero]], [1.0], "spherical") for zero in (0.0, -0.0))
    assert a == b
    assert len({a, b}) == 1


def test_one_component_of_each_family_with_equal_numbers_is_not_the_same_model() -> None:
    tied = gaussmix.Mixture([1.0], [[0.0]], [[1.0]], "tied")
    diag = gaussmix.Mixture([1.0], [[0.0]], [[1.0]], "diag")
    assert tied != diag


@pytest.mark.parametrize(
    "duplicate",
    [
        copy.copy,
        copy.deepcopy,
        *(lambda m, p=p: pickle.loads(pickle.dumps(m, p)) for p in range(2, 6)),
    ],
    ids=["copy", "deepcopy", "pickle2", "pickle3", "pickle4", "pickle5"],
)
def test_a_copy_is_equal_and_works(covariance_type: str, duplicate: Any) -> None:
    model = fitted(covariance_type)
    twin = duplicate(model)
    assert twin == model
    assert type(twin) is type(model)
    assert_same_fit(twin, model)
    X = problems.problem(111, n=150).X
    np.testing.assert_array_equal(twin.score_samples(X), model.score_samples(X))
    for name in ARRAYS:
        assert not getattr(twin, name).flags.writeable
    assert repr(twin) == repr(model)


def test_a_pickle_of_a_known_mixture_is_equal() -> None:
    model = model_of(problems.mixture(117, 3, 2, "tied"))
    assert pickle.loads(pickle.dumps(model)) == model


def test_a_saved_model_comes_back_equal(covariance_type: str, tmp_path: Any) -> None:
    model = fitted(covariance_type)
    model.save(tmp_path / "model.safetensors")
    assert_same_parameters(gaussmix.load(tmp_path / "model.safetensors"), model)


# --- Samples -------------------------------------------------------------------------------------


def test_samples_have_the_moments_of_their_components(covariance_type: str) -> None:
    p = problems.mixture(118, 3, 3, covariance_type)
    X, labels = model_of(p).sample(60_000, random_state=1)
    matrices = reference.covariance_matrices(p)
    assert (X.shape, X.dtype) == ((60_000, 3), np.float64)
    assert (labels.shape, labels.dtype) == ((60_000,), np.int64)
    counts = np.bincount(labels, minlength=3)
    # Six standard errors: such a deviation has a probability below 1e-8.
    six_errors = 6 * np.sqrt(60_000 * p.weights * (1 - p.weights))
    assert (np.abs(counts - 60_000 * p.weights) < six_errors).all()
    for k in range(3):
        rows, n = X[labels == k], counts[k]
        deviation = np.sqrt(np.diag(matrices[k]))
        assert (np.abs(rows.mean(axis=0) - p.means[k]) < 6 * deviation / np.sqrt(n)).all()
        errors = 6 * np.outer(deviation, deviation) * np.sqrt(2 / n)
        assert (np.abs(np.cov(rows.T) - matrices[k]) < errors).all()


@pytest.mark.parametrize(("d", "n"), [(1, 5000), (3, 4097), (17, 9001), (64, 3000), (1100, 301)])
def test_samples_are_the_means_plus_roots_times_standard_normal_numbers(
    covariance_type: str, d: int, n: int
) -> None:
    p = problems.mixture(d, 5, d, covariance_type)
    X, labels = model_of(p).sample(n, random_state=3)
    standard = gaussmix.Mixture(p.weights, np.zeros((5, d)), np.ones(5), "spherical")
    z, same_labels = standard.sample(n, random_state=3)
    np.testing.assert_array_equal(labels, same_labels)
    roots = np.linalg.cholesky(reference.covariance_matrices(p))
    for k in range(5):
        expected = p.means[k] + z[labels == k] @ roots[k].T
        np.testing.assert_allclose(X[labels == k], expected, rtol=0, atol=1e-11)


def test_samples_have_normal_tails() -> None:
    model = gaussmix.Mixture([1.0], [[0.0]], [[[1.0]]])
    x = np.sort(model.sample(100_000, random_state=2)[0][:, 0])
    assert kstest(x, "norm").pvalue > 1e-6
    assert abs(kurtosis(x)) < 6 * np.sqrt(24 / 100_000)
    assert x[0] < -3.5
    assert x[-1] > 3.5


def test_the_same_random_state_draws_the_same_samples(covariance_type: str) -> None:
    model = model_of(problems.mixture(119, 3, 2, covariance_type))
    for make in (int, np.random.default_rng, np.random.RandomState):
        (a, labels_a), (b, labels_b) = (model.sample(50, random_state=make(3)) for _ in range(2))
        np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(labels_a, labels_b)


def test_other_random_states_draw_other_samples() -> None:
    model = model_of(problems.mixture(119, 3, 2))
    draws = [model.sample(5, random_state=seed)[0].tobytes() for seed in range(20)]
    assert len(set(draws)) == 20
    assert model.sample(5)[0].tobytes() != model.sample(5)[0].tobytes()


def test_one_sample_is_drawn_by_default() -> None:
    X, labels = model_of(problems.mixture(119, 3, 2)).sample()
    assert X.shape == (1, 2)
    assert labels.shape == (1,)


def test_a_component_of_weight_zero_is_never_drawn() -> None:
    model = gaussmix.Mixture([0.0, 1.0], [[0.0], [9.0]], [1.0, 1.0], "spherical")
    assert (model.sample(1000, random_state=0)[1] == 1).all()


def test_a_fit_of_samples_finds_the_mixture_they_came_from(covariance_type: str) -> None:
    p = problems.mixture(120, 2, 2, covariance_type, spread=6.0)
    X, labels = model_of(p).sample(20_000, random_state=0)
    found = gaussmix.fit(X, 2, covariance_type=covariance_type, init=labels)
    np.testing.assert_allclose(found.weights, p.weights, atol=0.02)
    np.testing.assert_allclose(found.means, p.means, atol=0.1)
    np.testing.assert_allclose(found.covariances, p.covariances, atol=0.1)


# --- The package ---------------------------------------------------------------------------------


def test_importing_the_package_loads_neither_plots_nor_frames_nor_peers(
    run_python: RunPython,
) -> None:
    done = run_python(
        """
import sys
import gaussmix
heavy = {"matplotlib", "sklearn", "pandas", "scipy", "polars", "torch", "multiprocessing"}
print(sorted(heavy & set(sys.modules)))
"""
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_fitting_an_array_loads_nothing_more(run_python: RunPython) -> None:
    done = run_python(
        """
import sys
import numpy as np
import gaussmix
model = gaussmix.fit(np.random.default_rng(0).normal(size=(50, 2)), 2, random_state=0)
model.predict(model.sample(3, random_state=0)[0])
print(sorted({"matplotlib", "sklearn", "pandas", "scipy"} & set(sys.modules)))
"""
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_the_package_says_what_it_is() -> None:
    facts = gaussmix.info()
    assert facts["version"] == gaussmix.__version__
    assert facts["instruction_set"] in facts["instruction_sets"]
    assert facts["n_threads"] >= 1
    assert facts["openmp"] is None or isinstance(facts["openmp"], str)


def test_covariances_are_matrices_whatever_the_family(covariance_type: str) -> None:
    truth = problems.mixture(21, 3, 4, covariance_type)
    model = model_of(truth)
    matrices = reference.covariance_matrices(truth)
    for k in range(3):
        np.testing.assert_array_equal(model.covariance_matrix(k), matrices[k])
        part = model.covariance_matrix(k, [2, 0])
        np.testing.assert_array_equal(part, matrices[k][np.ix_([2, 0], [2, 0])])
    np.testing.assert_array_equal(model.variances(), np.diagonal(matrices, axis1=1, axis2=2))
    np.testing.assert_array_equal(model.standard_deviations(), np.sqrt(model.variances()))
    for k, features in ((3, None), (-1, None), (0, [4]), (0, [-1])):
        with pytest.raises(ValueError, match="there is no"):
            model.covariance_matrix(k, features)
    with pytest.raises(TypeError, match="features"):
        model.covariance_matrix(0, [0.5])


def test_the_core_says_which_families_there_are() -> None:
    assert _core.families() == reference.ALL_TYPES
    assert [name for name in _core.families() if _core.shares_covariance(name)] == ["tied"]
    shapes = {name: _core.covariance_shape(name, 5) for name in _core.families()}
    assert {name for name, shape in shapes.items() if shape == ()} == {"spherical", "EII"}
    assert {name for name, shape in shapes.items() if shape == (5,)} == {
        "diag",
        "EEI",
        "VEI",
        "EVI",
    }
    assert set(shapes.values()) == {(), (5,), (5, 5)}
