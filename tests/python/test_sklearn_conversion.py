"""Mixtures go to scikit-learn's own estimator and come back, and through it to ONNX."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gaussmix
import problems
from comparing import assert_parameters_close, assert_same_parameters

pytest.importorskip("sklearn", minversion="1.9")

import pandas as pd
from sklearn import mixture
from sklearn.cluster import KMeans
from sklearn.exceptions import NotFittedError

from gaussmix import GaussianMixture


def assert_says_the_same(ours: Any, theirs: Any, X: np.ndarray) -> None:
    np.testing.assert_allclose(ours.score_samples(X), theirs.score_samples(X), rtol=1e-10)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-12)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    assert ours.bic(X) == pytest.approx(theirs.bic(X), rel=1e-12)
    assert ours.aic(X) == pytest.approx(theirs.aic(X), rel=1e-12)


def test_an_estimator_becomes_scikit_learns(covariance_type: str) -> None:
    case = problems.problem(401, n_features=3)
    ours = GaussianMixture(3, covariance_type=covariance_type, tol=1e-4, random_state=0)
    ours.fit(pd.DataFrame(case.X, columns=list("abc")))
    theirs = ours.to_sklearn()
    assert type(theirs) is mixture.GaussianMixture
    assert theirs.get_params() == {name: ours.get_params()[name] for name in theirs.get_params()}
    assert theirs.feature_names_in_.tolist() == ["a", "b", "c"]
    assert theirs.n_features_in_ == 3
    for name in ("converged_", "n_iter_", "lower_bound_", "lower_bounds_"):
        assert getattr(theirs, name) == getattr(ours, name)
    frame = pd.DataFrame(case.X, columns=list("abc"))
    assert_says_the_same(ours, theirs, frame)
    assert theirs.sample(5)[0].shape == (5, 3)


def test_parameters_that_scikit_learn_lacks_are_left_out() -> None:
    case = problems.problem(402)
    ours = GaussianMixture(3, init_params=case.labels, reg_covar=None, n_threads=2).fit(case.X)
    theirs = ours.to_sklearn()
    assert theirs.init_params == "kmeans"
    assert theirs.reg_covar == 1e-6
    theirs.fit(case.X)


def test_an_estimator_of_scikit_learn_becomes_ours(covariance_type: str) -> None:
    case = problems.problem(403, n_features=3)
    frame = pd.DataFrame(case.X, columns=list("abc"))
    theirs = mixture.GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(frame)
    ours = GaussianMixture.from_sklearn(theirs)
    assert_says_the_same(ours, theirs, frame)
    assert ours.get_params()["random_state"] == 0
    assert (ours.status_, ours.n_iter_) == ("converged", theirs.n_iter_)
    assert ours.lower_bounds_ == theirs.lower_bounds_
    assert ours.mixture_.feature_names == ("a", "b", "c")
    assert not hasattr(GaussianMixture.from_sklearn(theirs.fit(case.X)), "feature_names_in_")


def test_an_estimator_that_comes_back_is_the_same(covariance_type: str) -> None:
    case = problems.problem(404)
    ours = GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(case.X)
    back = GaussianMixture.from_sklearn(ours.to_sklearn())
    assert_same_parameters(back.mixture_, ours.mixture_)
    assert back.get_params() == ours.get_params()


def test_single_precision_comes_over(covariance_type: str) -> None:
    case = problems.problem(405)
    X = case.X.astype(np.float32)
    theirs = mixture.GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(X)
    ours = GaussianMixture.from_sklearn(theirs)
    assert ours.means_.dtype == np.float32
    np.testing.assert_allclose(ours.score_samples(X), theirs.score_samples(X), rtol=1e-4)


def test_a_mixture_goes_and_comes_back(covariance_type: str) -> None:
    case = problems.problem(406)
    m = gaussmix.fit(case.X, 3, covariance_type=covariance_type, random_state=0)
    theirs = m.to_sklearn()
    assert_says_the_same(m, theirs, case.X)
    assert theirs.n_components == 3
    back = gaussmix.Mixture.from_sklearn(theirs)
    assert_same_parameters(back, m)
    assert (back.status, back.n_iter) == (m.status, m.n_iter)
    np.testing.assert_array_equal(back.history, m.history)


def test_a_mixture_that_was_written_down_goes_over() -> None:
    m = gaussmix.Mixture([0.5, 0.5], [[0.0], [4.0]], [1.0, 2.0], covariance_type="spherical")
    theirs = m.to_sklearn()
    assert theirs.predict([[0.3], [3.9]]).tolist() == [0, 1]
    assert_parameters_close(gaussmix.Mixture.from_sklearn(theirs), m)


def test_a_mixture_comes_from_our_estimator_too() -> None:
    est = GaussianMixture(2, random_state=0).fit(problems.problem(407).X)
    assert gaussmix.Mixture.from_sklearn(est) is est.mixture_


@pytest.mark.parametrize("convert", [gaussmix.Mixture.from_sklearn, GaussianMixture.from_sklearn])
def test_what_cannot_be_converted_is_named(convert: Any) -> None:
    with pytest.raises(TypeError, match=r"KMeans.* is not a sklearn\.mixture\.GaussianMixture"):
        convert(KMeans())
    with pytest.raises(NotFittedError):
        convert(mixture.GaussianMixture())


def test_an_estimator_is_fitted_before_it_is_converted() -> None:
    with pytest.raises(NotFittedError):
        GaussianMixture().to_sklearn()


def test_it_exports_to_onnx(covariance_type: str) -> None:
    skl2onnx = pytest.importorskip("skl2onnx")
    runtime = pytest.importorskip("onnxruntime")
    from skl2onnx.common.data_types import DoubleTensorType

    case = problems.problem(408, n_features=3)
    ours = GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(case.X)
    model = skl2onnx.to_onnx(
        ours.to_sklearn(),
        initial_types=[("X", DoubleTensorType([None, 3]))],
        options={"score_samples": True},
        target_opset=18,
    )
    session = runtime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    labels, responsibilities, log_densities = session.run(None, {"X": case.X})
    np.testing.assert_array_equal(labels.ravel(), ours.predict(case.X))
    np.testing.assert_allclose(responsibilities, ours.predict_proba(case.X), atol=1e-9)
    np.testing.assert_allclose(log_densities.ravel(), ours.score_samples(case.X), rtol=1e-9)
