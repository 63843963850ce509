"""Bad input gives an error that names the argument and says what it was, and changes nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import gaussmix
import problems
from comparing import model_of


def rows() -> problems.Array:
    """Twelve sound rows of two features."""
    return problems.problem(101, n=12, n_components=2).X.copy()


def with_value(value: float, row: int, column: int, n: int = 12) -> problems.Array:
    X = problems.problem(102, n=n, n_components=2).X.copy()
    X[row, column] = value
    return X


# --- NaN and infinity ----------------------------------------------------------------------------


def uses_of(model: gaussmix.Mixture) -> list[Callable[[Any], Any]]:
    """Everything that reads rows."""
    return [
        lambda X: gaussmix.fit(X, 2),
        lambda X: gaussmix.fit(X, 2, init="random"),
        lambda X: gaussmix.fit(X, 2, init="random_from_data"),
        lambda X: gaussmix.fit(X, 2, init="k-means++"),
        lambda X: gaussmix.fit(X, init=model),
        lambda X: gaussmix.fit(X, 2, init=np.arange(len(X)) % 2),
        model.predict,
        model.predict_proba,
        model.score_samples,
        model.score,
        model.bic,
        model.aic,
        model.icl,
    ]


@pytest.mark.parametrize(
    ("value", "name"),
    [(np.nan, "NaN"), (np.inf, "inf"), (-np.inf, "inf")],
    ids=["nan", "inf", "minus_inf"],
)
def test_a_number_that_is_not_finite_is_named_with_row_and_column(value: float, name: str) -> None:
    model = model_of(problems.mixture(103, 2, 2))
    X = with_value(value, row=3, column=1)
    for use in uses_of(model):
        with pytest.raises(ValueError, match=rf"(?i)^X has -?{name}.* at row 3, column 1\b"):
            use(X)


@pytest.mark.parametrize("value", [np.nan, np.inf], ids=["nan", "inf"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "longdouble", ">f8", "object"])
def test_a_number_that_is_not_finite_is_found_in_any_type(dtype: str, value: float) -> None:
    X = with_value(value, row=7, column=0).astype(dtype)
    with pytest.raises(ValueError, match="row 7, column 0"):
        gaussmix.fit(X, 2)


def test_a_column_with_a_name_is_named() -> None:
    frame = pd.DataFrame(with_value(np.nan, row=3, column=1), columns=["eruptions", "waiting"])
    with pytest.raises(ValueError, match=r"row 3, column 1 \('waiting'\): remove or impute"):
        gaussmix.fit(frame, 2)
    model = gaussmix.fit(frame.dropna(), 2)
    with pytest.raises(ValueError, match=r"row 3, column 1 \('waiting'\)"):
        model.predict(frame)


@pytest.mark.parametrize("n_threads", [1, 4])
def test_the_first_of_many_numbers_that_are_not_finite_is_named(n_threads: int) -> None:
    X = with_value(np.nan, row=31_007, column=1, n=50_000)
    X[31_008:, 0] = np.inf
    model = model_of(problems.mixture(103, 2, 2))
    for use in (lambda X: gaussmix.fit(X, 2, n_threads=n_threads), model.score_samples):
        with pytest.raises(ValueError, match="NaN at row 31007, column 1"):
            use(X)


def test_a_number_too_large_for_float64_is_not_silently_infinite() -> None:
    X = rows().astype(np.longdouble)
    X[2, 1] = np.longdouble("1e4000")
    with pytest.raises(ValueError, match="row 2, column 1"):
        gaussmix.fit(X, 2)


# --- Arguments of fit ----------------------------------------------------------------------------

BAD_ARGUMENTS: list[tuple[str, dict[str, Any], str]] = [
    # argument, what is passed, and what the message must say beyond its name
    ("X", {"X": np.zeros(5)}, r"\(5,\).*reshape\(-1, 1\)"),
    ("X", {"X": np.zeros((2, 2, 2))}, r"\(2, 2, 2\).*reshape\(len"),
    ("X", {"X": {"a": [1.0]}}, "is a dict"),
    ("X", {"X": [["1", "2"], ["3", "four"]]}, r"'four' at row 1, column 1: it is not a number"),
    ("X", {"X": 4.0}, r"\(\)"),
    ("X", {"X": np.zeros((0, 2))}, r"\(0, 2\).*row"),
    ("X", {"X": np.zeros((4, 0))}, r"\(4, 0\).*feature"),
    ("X", {"X": [["a", "b"], ["c", "d"]]}, "number"),
    ("X", {"X": [[1.0, 2.0], [3.0]]}, ""),
    ("X", {"X": None}, ""),
    ("X", {"X": [[1.0, 2.0], [3.0, None]]}, "row 1, column 1"),
    ("X", {"X": np.zeros((4, 2), dtype=complex)}, "complex"),
    ("X", {"X": np.zeros((4, 2), dtype="datetime64[s]")}, "datetime"),
    ("X", {"X": np.array([[1, object()], [2, 3]], dtype=object)}, ""),
    ("n_components", {"n_components": 0}, "0"),
    ("n_components", {"n_components": -3}, "-3"),
    ("n_components", {"n_components": 13}, r"13.*12"),
    ("n_components", {"n_components": 2.5}, "2.5"),
    ("n_components", {"n_components": "2"}, "'2'|str"),
    ("n_components", {"n_components": None}, ""),
    ("n_components", {"n_components": 10**30}, ""),
    ("covariance_type", {"covariance_type": "fulll"}, "fulll.*full.*tied.*diag.*spherical"),
    ("covariance_type", {"covariance_type": 3}, "3|int"),
    ("init", {"init": "kmean"}, r"kmean.*kmeans.*k-means\+\+.*random_from_data.*random"),
    ("init", {"init": 3.5}, ""),
    ("init", {"init": lambda: 0}, "is a function"),
    ("init", {"init": np.zeros(11, dtype=int)}, r"11.*12"),
    ("init", {"init": np.full(12, 2)}, "2"),
    ("init", {"init": np.full(12, -1)}, "-1"),
    ("init", {"init": np.full(12, 0.5)}, "0.5|integer"),
    ("init", {"init": np.full((12, 3), 0.5)}, r"3.*2|2.*3"),
    ("init", {"init": np.full((11, 2), 0.5)}, r"11.*12|12.*11"),
    ("init", {"init": np.full((12, 2, 1), 0.5)}, ""),
    ("init", {"init": np.full((12, 2), -0.5)}, "negative|-0.5"),
    ("init", {"init": np.zeros((12, 2))}, "row 0"),
    ("init", {"init": np.full((12, 2), np.nan)}, "(?i)nan|finite"),
    ("init", {"init": np.full((12, 2), np.inf)}, "(?i)inf|finite"),
    ("n_init", {"n_init": 0}, "0"),
    ("n_init", {"n_init": -1}, "-1"),
    ("n_init", {"n_init": 1.5}, "1.5"),
    ("max_iter", {"max_iter": -1}, "-1"),
    ("max_iter", {"max_iter": 1.5}, "1.5"),
    ("max_iter", {"max_iter": "many"}, "many"),
    ("tol", {"tol": -1e-3}, "-0.001"),
    ("tol", {"tol": -1e-12}, "1e-12"),
    ("tol", {"tol": np.nan}, "(?i)nan"),
    ("tol", {"tol": np.inf}, "inf"),
    ("tol", {"tol": "small"}, "small|str"),
    ("reg_covar", {"reg_covar": -1e-6}, r"-1e-0?6|-0\.000001"),
    ("reg_covar", {"reg_covar": np.nan}, "(?i)nan"),
    ("reg_covar", {"reg_covar": np.inf}, "inf"),
    ("reg_covar", {"reg_covar": "some"}, "some|str"),
    ("sample_weight", {"sample_weight": np.zeros(12)}, "zero|0"),
    ("sample_weight", {"sample_weight": -np.ones(12)}, "negative|-1"),
    ("sample_weight", {"sample_weight": np.full(12, np.nan)}, "(?i)nan|finite"),
    ("sample_weight", {"sample_weight": np.full(12, np.inf)}, "(?i)inf|finite"),
    ("sample_weight", {"sample_weight": np.ones(11)}, "11.*12|12.*11"),
    ("sample_weight", {"sample_weight": np.ones((12, 1))}, r"2|\(12, 1\)"),
    ("sample_weight", {"sample_weight": ["heavy"] * 12}, ""),
    ("random_state", {"random_state": "seed"}, "seed|str"),
    ("random_state", {"random_state": 1.5}, "1.5|float"),
    ("random_state", {"random_state": -1}, "-1"),
    ("n_threads", {"n_threads": -1}, "-1"),
    ("n_threads", {"n_threads": 1.5}, "1.5"),
    ("n_threads", {"n_threads": "two"}, "two|str"),
    ("callback", {"callback": 5}, "callable|int"),
]


@pytest.mark.parametrize(
    ("argument", "passed", "says"),
    BAD_ARGUMENTS,
    ids=[f"{argument}-{i}" for i, (argument, _, _) in enumerate(BAD_ARGUMENTS)],
)
def test_a_bad_argument_of_fit_is_named(argument: str, passed: dict[str, Any], says: str) -> None:
    arguments = {"X": rows(), "n_components": 2, **passed}
    with pytest.raises((ValueError, TypeError)) as caught:
        gaussmix.fit(**arguments)
    message = str(caught.value)
    assert re.search(rf"\b{argument}\b", message)
    assert re.search(says, message, re.DOTALL)


def test_fewer_rows_than_components_comes_with_a_remedy() -> None:
    with pytest.raises(
        ValueError, match=r"n_components=7 .*7 rows.* X has 5.*(lower n_components|add rows)"
    ):
        gaussmix.fit(np.eye(5), 7)


def test_a_weight_that_is_negative_is_named_with_its_row() -> None:
    w = np.ones(12)
    w[5] = -2
    with pytest.raises(ValueError, match=r"sample_weight.*\b5\b"):
        gaussmix.fit(rows(), 2, sample_weight=w)


def test_a_label_out_of_range_is_named_with_its_row() -> None:
    labels = np.zeros(12, dtype=int)
    labels[4] = 9
    with pytest.raises(ValueError, match=r"init.*9.*row 4|init.*row 4.*9"):
        gaussmix.fit(rows(), 2, init=labels)


def test_a_start_of_another_shape_is_refused() -> None:
    two = model_of(problems.mixture(104, 2, 2))
    with pytest.raises(ValueError, match=r"n_components.*3.*2|init.*2.*3"):
        gaussmix.fit(rows(), 3, init=two)
    with pytest.raises(ValueError, match="feature"):
        gaussmix.fit(np.column_stack([rows(), rows()]), init=two)


# --- Arguments of a model ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "method", ["predict", "predict_proba", "score_samples", "score", "bic", "aic", "icl"]
)
@pytest.mark.parametrize("d", [1, 3])
def test_another_number_of_features_is_refused(covariance_type: str, method: str, d: int) -> None:
    model = model_of(problems.mixture(105, 2, 2, covariance_type))
    with pytest.raises(ValueError, match=rf"\bX\b.*{d} feature.*\b2\b"):
        getattr(model, method)(np.zeros((4, d)))


@pytest.mark.parametrize(
    "method", ["predict", "predict_proba", "score_samples", "score", "bic", "aic", "icl"]
)
@pytest.mark.parametrize(
    "X", [np.zeros(2), np.zeros((1, 1, 2)), "text", None], ids=["1d", "3d", "text", "none"]
)
def test_rows_that_are_no_table_are_refused(method: str, X: Any) -> None:
    model = model_of(problems.mixture(105, 2, 2))
    with pytest.raises((ValueError, TypeError), match=r"\bX\b"):
        getattr(model, method)(X)


@pytest.mark.parametrize("w", [np.ones(3), -np.ones(4), np.zeros(4), np.full(4, np.nan)])
def test_bad_weights_of_a_score_are_refused(w: problems.Array) -> None:
    model = model_of(problems.mixture(105, 2, 2))
    with pytest.raises(ValueError, match="sample_weight"):
        model.score(np.zeros((4, 2)), sample_weight=w)


@pytest.mark.parametrize("n", [-1, 2.5, "many", 10**30])
def test_a_bad_number_of_samples_is_refused(n: Any) -> None:
    with pytest.raises((ValueError, TypeError), match="n_samples"):
        model_of(problems.mixture(105, 2, 2)).sample(n)


# --- Nothing changes -----------------------------------------------------------------------------


def test_an_error_changes_neither_the_arguments_nor_the_model() -> None:
    model = gaussmix.fit(rows(), 2, random_state=0)
    before = model.means.tobytes(), model.covariances.tobytes(), model.weights.tobytes()
    X = with_value(np.nan, row=11, column=1)
    labels, w = np.arange(12) % 2, np.ones(12)
    kept = X.copy(), labels.copy(), w.copy()
    with pytest.raises(ValueError, match="NaN"):
        gaussmix.fit(X, 2, init=labels, sample_weight=w)
    with pytest.raises(ValueError, match="NaN"):
        gaussmix.fit(X, init=model)
    with pytest.raises(ValueError, match="NaN"):
        model.predict(X)
    for array, copy in zip((X, labels, w), kept, strict=True):
        np.testing.assert_array_equal(array, copy)
    assert before == (model.means.tobytes(), model.covariances.tobytes(), model.weights.tobytes())
    assert (model.predict(rows()) == gaussmix.fit(rows(), 2, random_state=0).predict(rows())).all()


def test_an_error_leaves_a_generator_where_it_was() -> None:
    generator = np.random.default_rng(5)
    state = generator.bit_generator.state
    with pytest.raises(ValueError, match="covariance_type"):
        gaussmix.fit(rows(), 2, covariance_type="fulll", random_state=generator)
    assert generator.bit_generator.state == state
