"""A message shows the value so that it differs from its bound, and a remedy that fits the case."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import gaussmix
import problems
from comparing import assert_same_fit, assert_same_parameters
from gaussmix import BayesianGaussianMixture, GaussianMixture, Mixture

pytest.importorskip("sklearn")

Array = problems.Array
X = problems.problem(161, n=60, n_components=2).X
W, M, I2 = [0.5, 0.5], [[0.0, 0.0], [1.0, 1.0]], np.eye(2)


def bayesian(**parameters: Any) -> Any:
    return BayesianGaussianMixture(n_components=2, **parameters).fit(X)


def estimator(**parameters: Any) -> Any:
    return GaussianMixture(2, **parameters).fit(X)


def prior(**parameters: Any) -> Any:
    return gaussmix.fit(X, 2, prior=gaussmix.Prior(**parameters))


def clusters(**options: Any) -> Any:
    return gaussmix.plot.ClusterDisplay.from_estimator(gaussmix.fit(X, 2), X, **options)


def selection(n_components: Any) -> Any:
    return gaussmix.plot.SelectionDisplay.from_data(X, n_components)


MESSAGES: list[tuple[Callable[[], Any], str]] = [
    # Numbers that are as far from their bound as the message says.
    (lambda: Mixture([0.5, 0.500002], M, [I2, I2]), r"^weights sum to 1\.000002, not to 1: divide"),
    (lambda: Mixture([0.5, 0.49999], M, [I2, I2]), r"^weights sum to 0\.99999, not to 1: divide"),
    (lambda: estimator(weights_init=[0.5, 0.500002]), r"= 1\.000002: divide them by their sum$"),
    (lambda: estimator(weights_init=[0.5, 0.4]), r"sum\(weights\) = 0\.90000: divide"),
    (lambda: estimator(weights_init=[1.5, -0.5]), r"max value 1\.50000, min value -0\.50000$"),
    (lambda: estimator(weights_init=[1 + 1e-9, -1e-9]), r"max value 1\.000000001, min value -0\.0"),
    (lambda: bayesian(degrees_of_freedom_prior=0.99999), r"greater than 1, but got 0\.99999\.$"),
    (lambda: prior(degrees_of_freedom=1 - 1e-9), r"=0\.999999999 must be more than n_features-1 ="),
    (
        lambda: prior(mean_precision=1e100 * (1 + 1e-12)),
        r"=1\.000000000001e\+100 must be .* 1e\+100",
    ),
    # Remedies that fit.
    (lambda: Mixture([0.0, 0.0], M, [I2, I2]), "^weights are all zero: give the share"),
    (lambda: estimator(weights_init=[0, 0]), "give the share of each component$"),
    (
        lambda: Mixture(W, M, [[1, 1], [1, 0]], "diag"),
        "component 1 has the variance 0 for feature 1",
    ),
    (lambda: Mixture(W, M, [1, -1], "spherical"), "component 1 has the variance -1 for feature 0"),
    (lambda: Mixture(W, M, -I2, "tied"), "the shared matrix has the variance -1 for feature 0"),
    (
        lambda: Mixture(W, M, I2),
        r"\(2, 2\), which is that of 'tied', 'diag', 'EEI', 'VEI' or 'EVI', expected \(2, 2, 2\)",
    ),
    (
        lambda: Mixture(W, [0, 1], [1, 1], "spherical"),
        r"numpy\.reshape\(means, \(-1, 1\)\)",
    ),
    (lambda: gaussmix.fit(np.zeros((40, 60, 3)), 2), r"X\.reshape\(-1, 3\).* pixels of an image"),
    (lambda: GaussianMixture(2).fit(np.zeros((40, 60, 3))), r"X\.reshape\(-1, 3\).* pixels of an"),
    (lambda: gaussmix.fit([], 2), r"^X has shape \(0,\): at least one row"),
    (
        lambda: gaussmix.fit([[1, 2], [3]], 1),
        "^X has length 1 at row 1 and length 2 at row 0: give",
    ),
    (
        lambda: gaussmix.fit(X, 2, sample_weight=np.ones((60, 1))),
        r"give numpy\.ravel\(sample_weight\)",
    ),
    (
        lambda: gaussmix.fit(X, 2, sample_weight=np.ones(9)),
        "9 numbers, .* 60 rows: give one weight",
    ),
    (lambda: gaussmix.fit(X, 2, sample_weight=np.zeros(60)), "zero for every row: give some row a"),
    (lambda: gaussmix.fit(X, 2, init=np.zeros(9, int)), "9 labels, .* 60 rows: give one label for"),
    (
        lambda: gaussmix.fit(X, 2, init=np.zeros((60, 1), int)),
        r"labels are flat.* numpy\.ravel\(init\)",
    ),
    (
        lambda: gaussmix.fit(X, 2, init=np.zeros(60)),
        r"must be integers: use numpy\.asarray\(init, int\)",
    ),
    (lambda: gaussmix.fit(X, 2, init=[0.0, np.nan] * 30), "^init has label nan at row 1: labels"),
    (
        lambda: gaussmix.fit(X, 2, init=["a", "b"] * 30),
        r"numpy\.unique\(init, return_inverse=True\)",
    ),
    (lambda: gaussmix.fit(X, 2, init=None), "^init=None must be the name of a start, labels"),
    (lambda: gaussmix.fit(X, 2, init=np.full((60, 2), -1.0)), "of -1 at row 0, component 0: they"),
    (lambda: gaussmix.fit(X, 3, init=Mixture(W, M, [I2, I2])), "=3: they must be the same$"),
    (lambda: gaussmix.fit(X, 2).predict(X[:, :1]), "has 2: give those that it was fitted to$"),
    (
        lambda: gaussmix.fit(X, 2, covariance_type=3),
        "must be a string: one of 'full', 'tied', 'diag'",
    ),
    # The argument that the caller gave.
    (lambda: estimator(weights_init=[1.0]), r"^weights_init: .*'weights' should have the shape"),
    (lambda: estimator(means_init=[[1.0]]), r"^means_init: .*'means' should have the shape"),
    (lambda: estimator(precisions_init=[1.0]), r"^precisions_init: .*'full precision' should have"),
    (
        lambda: estimator(precisions_init=[[1, 0], [1, 1]], covariance_type="diag"),
        "^precisions_init: 'diag .*: that of component 0 has the precision 0 for feature 1",
    ),
    (
        lambda: estimator(precisions_init=[I2, [[1, 2], [2, 1]]]),
        "^precisions_init: .*symmetric, positive-definite: that of component 1 is not positive",
    ),
    (
        lambda: bayesian(mean_prior=[1.0]),
        "^mean_prior: The parameter 'means' should have the shape",
    ),
    (
        lambda: bayesian(covariance_prior=[[1, 2], [2, 1]]),
        "^covariance_prior: 'full covariance_prior' .*: it is not positive definite",
    ),
    (lambda: bayesian(mean_precision_prior=1e200), "^mean_precision_prior=1e"),
    (lambda: bayesian(degrees_of_freedom_prior=1e200), "^degrees_of_freedom_prior=1e"),
    (lambda: bayesian(weight_concentration_prior=1e200), "^weight_concentration_prior=1e"),
    (
        lambda: prior(covariance=[[1, 2], [2, 1]]),
        "^prior.covariance is not positive definite: give",
    ),
    (lambda: estimator(init_params=None), "^init_params=None must be the name of a start"),
    (lambda: estimator(covariance_type=None), "^covariance_type=None must be a string: one of"),
    (lambda: bayesian(covariance_type=None), "^covariance_type=None must be a string: one of"),
    (lambda: estimator(verbose=None), "^verbose=None must be an integer"),
    (lambda: estimator().sample("a"), "^n_samples='a' must be an integer"),
    (
        lambda: gaussmix.plot.RestartsDisplay.from_data(X, 2, n_init=0),
        "^n_init=0 must be at least 1",
    ),
]


@pytest.mark.parametrize(("use", "message"), MESSAGES, ids=[str(i) for i in range(len(MESSAGES))])
def test_a_message_says_what_is_wrong_and_what_to_do(use: Callable[[], Any], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        use()


def test_weights_that_are_refused_are_never_said_to_sum_to_one() -> None:
    for excess in np.geomspace(1.001e-6, 1e-3, 40):
        for weights in ([0.5, 0.5 + excess], [0.5, 0.5 - excess]):
            for use in (
                lambda weights=weights: Mixture(weights, M, [I2, I2]),
                lambda weights=weights: estimator(weights_init=weights),
            ):
                with pytest.raises(ValueError, match="weights") as raised:
                    use()
                told = re.search(r"(?:sum to|=) (\d+\.\d+)", str(raised.value))
                assert told is not None
                assert float(told[1]) != 1


def test_one_criterion_and_family_may_be_given_as_they_are() -> None:
    options: dict[str, Any] = {"covariance_types": "diag", "criteria": "bic", "random_state": 0}
    chosen = gaussmix.plot.SelectionDisplay.from_data(X, [1, 2], **options)
    assert list(chosen.models_) == [("diag", 1), ("diag", 2)]
    assert list(chosen.criteria_) == ["bic"]


# --- Warm starts


def test_a_warm_start_that_does_not_fit_is_called_one() -> None:
    warm = estimator(warm_start=True, random_state=0)
    for change, rows, words in (
        ({"n_components": 3}, X, "n_components=2, but now it is 3"),
        ({"n_components": 2, "covariance_type": "diag"}, X, "'full', but now it is 'diag'"),
        ({"covariance_type": "full"}, X[:, :1], "n_features=2, but now it is 1"),
    ):
        with pytest.raises(ValueError, match=f"^warm_start=True .*{words}: set warm_start=False"):
            warm.set_params(**change).fit(rows)
    assert warm.n_features_in_ == 2  # as before the fit that failed
    warm.fit(X)
    kind = "dirichlet_distribution"
    other = bayesian(warm_start=True, random_state=0)
    with pytest.raises(ValueError, match=f"^warm_start=True .*{kind}.*set warm_start=False"):
        other.set_params(weight_concentration_prior_type=kind).fit(X)


# --- Covariances that are not quite symmetric


def aslant(difference: float, dtype: str) -> Array:
    return np.array([[2, 0.6], [0.6 + difference, 1]], dtype=dtype)


@pytest.mark.parametrize("covariance_type", ["full", "tied"])
@pytest.mark.parametrize(
    ("difference", "dtype"),
    [(6e-8, "float32"), (3e-8, "float64"), (1e-6, "float32"), (5e-4, "float16")],
)
def test_what_rounding_explains_becomes_symmetric(
    covariance_type: str, difference: float, dtype: str
) -> None:
    matrix = aslant(difference, dtype)
    assert matrix[0, 1] != matrix[1, 0]
    given = matrix if covariance_type == "tied" else np.array([I2.astype(dtype), matrix])
    model = Mixture(W, M, given, covariance_type)
    wide = given.astype("f8")
    expected = (wide + np.swapaxes(wide, -1, -2)) / 2
    np.testing.assert_array_equal(model.covariances, expected)
    symmetric = Mixture(W, M, expected, covariance_type)
    np.testing.assert_array_equal(model.score_samples(X), symmetric.score_samples(X))
    np.testing.assert_array_equal(model.sample(9, 0)[0], symmetric.sample(9, 0)[0])
    for other in (
        GaussianMixture(2, covariance_type=covariance_type, precisions_init=given, max_iter=0),
        GaussianMixture(2, covariance_type=covariance_type, precisions_init=expected, max_iter=0),
    ):
        if dtype != "float16":
            inverse = np.linalg.inv(expected)
            np.testing.assert_allclose(other.fit(X).covariances_, inverse, rtol=1e-12)


def test_a_prior_that_is_symmetric_but_for_rounding_is_one() -> None:
    matrix = aslant(6e-8, "float32")
    expected = (matrix.astype("f8") + matrix.T) / 2
    for covariance in (matrix, expected):
        found = gaussmix.fit(X, 2, prior=gaussmix.Prior(covariance=covariance), random_state=0)
        same = gaussmix.fit(X, 2, prior=gaussmix.Prior(covariance=expected), random_state=0)
        assert_same_fit(found, same)
        assert_same_parameters(
            bayesian(covariance_prior=covariance, random_state=0).mixture_,
            bayesian(covariance_prior=expected, random_state=0).mixture_,
        )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("unit", [1.0, 1e-6, 1e6])
def test_what_rounding_does_not_explain_is_refused_in_any_unit(dtype: str, unit: float) -> None:
    matrix = (aslant(1e-4, "float64") * unit**2).astype(dtype)
    number = r"\d[\d.e+-]*"
    words = (
        rf"is not symmetric at \(1, 0\): it has ({number}) there and ({number}) at \(0, 1\), .*"
        r"give the mean of both, \(S \+ S\^T\) / 2"
    )
    for use, which in (
        (lambda: Mixture(W, M, [I2, matrix]), "^covariances: that of component 1 "),
        (lambda: Mixture(W, M, matrix, "tied"), "^covariances: the shared matrix "),
        (lambda: estimator(precisions_init=[I2, matrix]), "^precisions_init: .*component 1 "),
        (lambda: prior(covariance=matrix), "^prior.covariance "),
        (lambda: bayesian(covariance_prior=matrix), "^covariance_prior: .*: it "),
    ):
        with pytest.raises(ValueError, match=which + words) as raised:
            use()
        told = re.search(words, str(raised.value))
        assert told is not None
        assert float(told[1]) == pytest.approx(matrix[1, 0], rel=1e-5)
        assert float(told[1]) != float(told[2])


def test_covariances_set_by_hand_are_not_averaged_in_silence() -> None:
    est = estimator(random_state=0)
    est.covariances_ = np.array([I2, aslant(0.2, "float64")])
    with pytest.raises(ValueError, match=r"^covariances_: that of component 1 is not symmetric"):
        est.score(X)


# --- Cells


def tables(cell: Any) -> dict[str, Any]:
    """Three rows of two columns, one cell of the second being this."""
    columns = {"height": [1.0, 2.0, 3.0], "weight": ["5", cell, "7"]}
    return {
        "pandas": pd.DataFrame(columns),
        "objects": pd.DataFrame(columns, dtype=object),
        "polars": pl.DataFrame(columns, strict=False),
        "array of objects": np.array(list(zip(*columns.values(), strict=True)), dtype=object),
        "array of text": np.array(list(zip(*columns.values(), strict=True)), dtype=str),
        "list": [["1", "5"], ["2", cell], ["3", "7"]],
    }


@pytest.mark.parametrize("form", tables("x"))
@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("tall", "it is not a number: correct it, leave the column out, or encode it"),
        ("1,5", "write a decimal point, not a comma"),
        ("1_000", "it is not a number"),
    ],
)
def test_a_cell_of_text_is_named_by_row_and_column(form: str, cell: str, why: str) -> None:
    name = r" \('weight'\)" if form in {"pandas", "objects", "polars"} else ""
    words = rf"^X has '{cell}' at row 1, column 1{name}: {why}"
    for use in (
        lambda rows: gaussmix.fit(rows, 1),
        lambda rows: GaussianMixture().fit(rows),
        gaussmix.fit(X, 1).predict,
    ):
        with pytest.raises(ValueError, match=words):
            use(tables(cell)[form])


@pytest.mark.parametrize("form", tables("x"))
def test_text_that_is_a_number_is_one_as_to_scikit_learn(form: str) -> None:
    mixture = pytest.importorskip("sklearn.mixture")
    rows = tables(" 6.5e0")[form]
    plain = np.array([[1, 5], [2, 6.5], [3, 7]])
    expected = gaussmix.fit(plain, 1)
    assert_same_fit(gaussmix.fit(rows, 1), expected)
    assert_same_parameters(
        GaussianMixture(reg_covar=None).fit(rows).mixture_,
        GaussianMixture(reg_covar=None).fit(plain).mixture_,
    )
    if form == "array of text":
        np.testing.assert_allclose(
            mixture.GaussianMixture().fit(rows).means_, GaussianMixture().fit(rows).means_
        )


@pytest.mark.parametrize(
    "missing", [None, pd.NA, pd.NaT, np.nan, np.ma.masked, "", "NA", "nan"], ids=repr
)
def test_a_missing_cell_is_named_by_row_and_column(missing: Any) -> None:
    rows = np.array([[1.0, 5.0], [2.0, 0.0], [3.0, 7.0]], dtype=object)
    rows[1, 1] = missing
    frame = pd.DataFrame(rows, columns=["height", "weight"])
    for use in (lambda rows: gaussmix.fit(rows, 1), lambda rows: GaussianMixture().fit(rows)):
        with pytest.raises(ValueError, match=r"^X has NaN at row 1, column 1: remove or impute"):
            use(rows)
        with pytest.raises(ValueError, match=r"^X has NaN at row 1, column 1 \('weight'\): remove"):
            use(frame)


@pytest.mark.parametrize(
    ("cell", "kind"),
    [({"a": 1}, "dict"), (pd.Timestamp("2020-01-01"), "Timestamp"), (1 + 2j, "complex")],
)
def test_a_cell_that_is_no_number_is_named_by_row_and_column(cell: Any, kind: str) -> None:
    frame = pd.DataFrame({"height": [1.0, 2.0], "weight": [3.0, 4.0]}, dtype=object)
    frame.at[1, "weight"] = cell
    for use in (lambda rows: gaussmix.fit(rows, 1), lambda rows: GaussianMixture().fit(rows)):
        with pytest.raises(
            TypeError, match=rf"a {kind} at row 1, column 1 \('weight'\).*leave the"
        ):
            use(frame)


def test_numbers_too_large_for_a_double_are_named() -> None:
    rows = np.array([[1, 2], [3, 10**400]], dtype=object)
    with pytest.raises(ValueError, match="X has infinity at row 1, column 1"):
        gaussmix.fit(rows, 1)


# --- Output


def test_a_warning_does_not_say_that_a_gain_was_the_tolerance() -> None:
    case = problems.problem(314, spread=1.0)
    start = gaussmix.fit(case.X, 3, reg_covar=1e-6, max_iter=2, tol=0, random_state=0)
    tol = float(np.diff(start.history)[0]) * 0.999
    with pytest.warns(UserWarning, match="did not converge") as seen:
        GaussianMixture(3, max_iter=2, tol=tol, init_params="random_from_data", random_state=0).fit(
            case.X
        )
    told = re.search(r"gained (\S+) \(tol", str(seen[0].message))
    assert told is not None
    assert float(told[1]) != tol


def test_the_line_of_progress_has_no_nan(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    from gaussmix.cli import _progress_line

    monkeypatch.setattr("time.monotonic", iter(range(0, 1000, 10)).__next__)
    line = _progress_line._Line(3, 20)  # noqa: SLF001
    gaussmix.fit(X, 2, init="random", n_init=3, max_iter=3, tol=0, random_state=0, callback=line)
    err = capsys.readouterr().err
    assert re.findall(r"start (\d) \(of 3\), iteration 1", err) == ["0", "1", "2"]
    assert "nan" not in err


def test_nothing_is_said_of_numpys_own() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match="masked"):
            gaussmix.fit(X, 2, tol=np.ma.masked)
