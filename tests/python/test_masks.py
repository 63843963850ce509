"""The numbers under a mask are never data: where an array is taken, masked entries are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gaussmix
import problems
from comparing import assert_same_fit, assert_same_parameters
from gaussmix import GaussianMixture, Mixture, plot

pytest.importorskip("sklearn")

Array = problems.Array
CASE = problems.problem(151, n=60, n_components=2)
X = CASE.X
LABELS = CASE.labels
ROW, COLUMN = 7, 1


def masked(values: Any, *index: int) -> Any:
    """The values with one entry masked, and below the mask a number as files have for "none"."""
    array = np.ma.masked_array(values, copy=True)
    array.data[index or (0,) * array.ndim] = -9999
    array[index or (0,) * array.ndim] = np.ma.masked
    return array


def masked_records() -> Any:
    records = np.array(list(map(tuple, X)), dtype=[("a", "f8"), ("b", "f8")])
    array = np.ma.masked_array(records)
    array["b"][ROW] = np.ma.masked
    return array


class Lazy:
    """Gives its rows as a masked array when asked, as a variable in a NetCDF file does."""

    mask = True  # whether to do so

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return masked(X, ROW, COLUMN)


class WithMask(np.ndarray):
    """An array of another library with a mask of its own."""

    @property
    def mask(self) -> Array:
        mask = np.zeros(self.shape, dtype=bool)
        mask[ROW, COLUMN] = True
        return mask


ROWS: dict[str, Callable[[], Any]] = {
    "masked": lambda: masked(X, ROW, COLUMN),
    "masked_integers": lambda: masked((X * 10).astype(int), ROW, COLUMN),
    "masked_single": lambda: masked(X.astype("f4"), ROW, COLUMN),
    "masked_objects": lambda: masked(X.astype(object), ROW, COLUMN),
    "masked_in_columns": lambda: masked(np.asfortranarray(X), ROW, COLUMN),
    "rows_of_masked": lambda: list(masked(X, ROW, COLUMN)),
    "masked_records": masked_records,
    "array_with_mask": lambda: X.view(WithMask),
    "lazy": Lazy,
}


def fitted() -> Mixture:
    return gaussmix.fit(X, 2, random_state=0)


USES: dict[str, Callable[[Any], Any]] = {
    "fit": lambda rows: gaussmix.fit(rows, 2),
    "predict": lambda rows: fitted().predict(rows),
    "predict_proba": lambda rows: fitted().predict_proba(rows),
    "score_samples": lambda rows: fitted().score_samples(rows),
    "score": lambda rows: fitted().score(rows),
    "bic": lambda rows: fitted().bic(rows),
    "estimator.fit": lambda rows: GaussianMixture(2).fit(rows),
    "estimator.predict": lambda rows: GaussianMixture(2).fit(X).predict(rows),
    "estimator.score": lambda rows: GaussianMixture(2).fit(X).score(rows),
    "estimator.bic": lambda rows: GaussianMixture(2).fit(X).bic(rows),
    "bayesian.fit": lambda rows: gaussmix.BayesianGaussianMixture().fit(rows),
    "clusters": lambda rows: plot.ClusterDisplay.from_estimator(fitted(), rows),
    "histogram": lambda rows: plot.HistogramDisplay.from_estimator(fitted(), rows),
    "corner": lambda rows: plot.CornerDisplay.from_estimator(fitted(), rows),
    "before_after": lambda rows: plot.before_after(fitted(), rows),
    "selection": lambda rows: plot.SelectionDisplay.from_data(rows, [1, 2]),
    "restarts": lambda rows: plot.RestartsDisplay.from_data(rows, 2, n_init=2),
    "film": lambda rows: plot.FilmDisplay.from_data(rows, 2, max_iter=2),
}


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("use", USES)
@pytest.mark.filterwarnings("ignore:X has feature names")
def test_masked_rows_are_refused_wherever_rows_are_read(use: str, rows: str) -> None:
    with pytest.raises(ValueError, match=r"^X has masked entries.* row 7, column 1\b.*impute"):
        USES[use](ROWS[rows]())


@pytest.mark.parametrize("mask", [np.ma.nomask, False, np.zeros(X.shape, dtype=bool)])
def test_a_mask_of_nothing_is_none(mask: Any) -> None:
    rows = np.ma.masked_array(X, mask=mask)
    weights = np.ma.masked_array(np.linspace(1, 2, 60), mask=False)
    assert_same_fit(
        gaussmix.fit(rows, 2, sample_weight=weights, random_state=0),
        gaussmix.fit(X, 2, sample_weight=weights.data, random_state=0),
    )
    assert_same_parameters(
        GaussianMixture(2, random_state=0).fit(rows).mixture_,
        GaussianMixture(2, random_state=0).fit(X).mixture_,
    )
    np.testing.assert_array_equal(fitted().predict(rows), fitted().predict(X))


def test_a_feature_called_mask_is_none() -> None:
    records = np.rec.fromarrays([X[:, 0], X[:, 1] > X[0, 1]], names="depth,mask")
    assert gaussmix.fit(records, 2).feature_names == ("depth", "mask")


def bayesian(**parameters: Any) -> Any:
    return gaussmix.BayesianGaussianMixture(n_components=2, **parameters).fit(X)


def with_attribute(name: str, values: Any) -> Any:
    estimator = GaussianMixture(2, random_state=0).fit(X)
    setattr(estimator, name, masked(getattr(estimator, name)) if values is None else values)
    return estimator.score(X)


def same_numbers(name: str) -> Any:
    """An attribute with the numbers that it had, some of which are masked now."""
    values = getattr(GaussianMixture(2, random_state=0).fit(X), name)
    return np.ma.masked_array(values, mask=np.arange(values.size).reshape(values.shape) == 0)


W, M, C = np.full(2, 0.5), np.zeros((2, 2)), np.array([np.eye(2)] * 2)
ARGUMENTS: dict[str, Callable[[], Any]] = {
    "sample_weight": lambda: gaussmix.fit(X, 2, sample_weight=masked(np.ones(60))),
    "sample_weight of score": lambda: fitted().score(X, sample_weight=masked(np.ones(60))),
    "sample_weight of fit": lambda: GaussianMixture(2).fit(X, sample_weight=masked(np.ones(60))),
    "sample_weight of Bayes": lambda: gaussmix.BayesianGaussianMixture().fit(
        X, sample_weight=masked(np.ones(60))
    ),
    "init labels": lambda: gaussmix.fit(X, 2, init=masked(LABELS)),
    "init responsibilities": lambda: gaussmix.fit(X, 2, init=masked(np.full((60, 2), 0.5))),
    "init_params labels": lambda: GaussianMixture(2, init_params=masked(LABELS)).fit(X),
    "init_params callable": lambda: GaussianMixture(
        2, init_params=lambda *_, **__: masked(LABELS)
    ).fit(X),
    "weights_init": lambda: GaussianMixture(2, weights_init=masked(W)).fit(X),
    "means_init": lambda: GaussianMixture(2, means_init=masked(M)).fit(X),
    "means_init rows": lambda: GaussianMixture(2, means_init=list(masked(M))).fit(X),
    "precisions_init": lambda: GaussianMixture(2, precisions_init=masked(C)).fit(X),
    "weights of Mixture": lambda: Mixture(masked(W), M, C),
    "means of Mixture": lambda: Mixture(W, masked(M), C),
    "covariances of Mixture": lambda: Mixture(W, M, masked(C)),
    "prior.mean": lambda: gaussmix.fit(X, 2, prior=gaussmix.Prior(mean=masked(np.zeros(2)))),
    "prior.covariance": lambda: gaussmix.fit(
        X, 2, prior=gaussmix.Prior(covariance=masked(np.eye(2)))
    ),
    "mean_prior": lambda: bayesian(mean_prior=masked(np.zeros(2))),
    "covariance_prior": lambda: bayesian(covariance_prior=masked(np.eye(2))),
    "covariance_prior number": lambda: bayesian(
        covariance_type="spherical", covariance_prior=np.ma.masked_array(1.0, mask=True)
    ),
    "weights_": lambda: with_attribute("weights_", None),
    "means_": lambda: with_attribute("means_", None),
    "means_ as they were": lambda: with_attribute("means_", same_numbers("means_")),
    "covariances_": lambda: with_attribute("covariances_", None),
    "precisions_cholesky_": lambda: with_attribute("precisions_cholesky_", None),
    "features": lambda: plot.ClusterDisplay.from_estimator(
        fitted(), X, features=masked(np.array([0, 1]))
    ),
    "tol": lambda: gaussmix.fit(X, 2, tol=np.ma.masked),
    "n_components": lambda: gaussmix.fit(X, np.ma.masked_array(2, mask=True)),
    "reg_covar": lambda: gaussmix.fit(X, 2, reg_covar=np.ma.masked_array(1.0, mask=True)),
    "random_state": lambda: gaussmix.fit(X, 2, random_state=np.ma.masked_array(1, mask=True)),
}


@pytest.mark.parametrize("argument", ARGUMENTS)
def test_masked_entries_of_any_argument_are_refused(argument: str) -> None:
    with pytest.raises(
        ValueError, match=rf"^{argument.partition(' ')[0]} (has masked entries|is masked)"
    ):
        ARGUMENTS[argument]()
