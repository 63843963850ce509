"""BayesianGaussianMixture: variational Bayes beside scikit-learn's own, and what it has beyond."""

from __future__ import annotations

import inspect
import pickle
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gaussmix
import problems
import reference

pytest.importorskip("sklearn", minversion="1.9")

from sklearn import mixture
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from gaussmix import BayesianGaussianMixture, GaussianMixture

WEIGHT_PRIORS = ("dirichlet_process", "dirichlet_distribution")
PRIOR = (
    "weight_concentration_prior_",
    "mean_precision_prior_",
    "mean_prior_",
    "degrees_of_freedom_prior_",
    "covariance_prior_",
)
POSTERIOR = (
    "weights_",
    "means_",
    "covariances_",
    "precisions_",
    "precisions_cholesky_",
    "weight_concentration_",
    "mean_precision_",
    "degrees_of_freedom_",
)


class FromResponsibilities(mixture.BayesianGaussianMixture):  # type: ignore[misc]
    """scikit-learn's, started from given responsibilities."""

    def _initialize_parameters(self, X: Any, *_: Any, **__: Any) -> None:
        self._initialize(X, self.responsibilities)


@pytest.fixture(autouse=True)
def _unconverged_is_fine() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


@pytest.fixture(params=WEIGHT_PRIORS)
def weight_prior(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def both(
    X: np.ndarray, labels: np.ndarray, n_components: int, **parameters: Any
) -> tuple[BayesianGaussianMixture, mixture.BayesianGaussianMixture]:
    """Ours and scikit-learn's from the same labels."""
    parameters = {"n_components": n_components} | parameters
    theirs = FromResponsibilities(**parameters)
    theirs.responsibilities = reference.one_hot(labels, n_components)
    return BayesianGaussianMixture(init_params=labels, **parameters).fit(X), theirs.fit(X)


def assert_alike(ours: Any, theirs: Any, rtol: float = 1e-10) -> None:
    for name in (*PRIOR, *POSTERIOR):
        a, e = getattr(ours, name), getattr(theirs, name)
        scale = np.abs(np.asarray(e)).max()
        np.testing.assert_allclose(a, e, rtol=rtol, atol=rtol * scale, err_msg=name)
        assert np.shape(a) == np.shape(e), name
        assert isinstance(a, tuple) == isinstance(e, tuple)
    np.testing.assert_allclose(ours.lower_bounds_, np.ravel(theirs.lower_bounds_), rtol=rtol)
    assert (ours.n_iter_, ours.converged_) == (theirs.n_iter_, theirs.converged_)


@pytest.mark.filterwarnings("ignore:X has .* of which the default covariance_prior:UserWarning")
@parametrize_with_checks(
    [
        BayesianGaussianMixture(),
        BayesianGaussianMixture(
            covariance_type="tied", weight_concentration_prior_type="dirichlet_distribution"
        ),
    ]
)
def test_it_passes_every_check_of_scikit_learn(estimator: Any, check: Any) -> None:
    check(estimator)


def test_parameters_defaults_and_methods_are_scikit_learns() -> None:
    ours = inspect.signature(BayesianGaussianMixture).parameters
    for name, theirs in inspect.signature(mixture.BayesianGaussianMixture).parameters.items():
        assert (ours[name].default, ours[name].kind) == (theirs.default, theirs.kind)
    for name in dir(mixture.BayesianGaussianMixture):
        assert name.startswith("_") or hasattr(BayesianGaussianMixture, name)
    assert not hasattr(BayesianGaussianMixture, "bic")


@pytest.mark.parametrize("max_iter", [1, 2, 10])
@pytest.mark.parametrize("reg_covar", [0, 0.1])
def test_the_same_start_gives_the_same_posterior(
    covariance_type: str, weight_prior: str, max_iter: int, reg_covar: float
) -> None:
    case = problems.problem(701, n_components=4, n_features=3, spread=1.5)
    ours, theirs = both(
        case.X,
        case.labels,
        4,
        covariance_type=covariance_type,
        weight_concentration_prior_type=weight_prior,
        max_iter=max_iter,
        reg_covar=reg_covar,
        tol=0,
    )
    assert_alike(ours, theirs)
    new = problems.problem(702, n_features=3).X
    np.testing.assert_array_equal(ours.predict(new), theirs.predict(new))
    np.testing.assert_allclose(ours.predict_proba(new), theirs.predict_proba(new), atol=1e-10)
    np.testing.assert_allclose(ours.score_samples(new), theirs.score_samples(new), rtol=1e-10)
    assert ours.score(new) == pytest.approx(theirs.score(new), rel=1e-10)


def test_a_prior_that_is_given_is_scikit_learns(covariance_type: str, weight_prior: str) -> None:
    case = problems.problem(703, n_components=3, n_features=2)
    scale = {
        "full": [[2.0, 0.3], [0.3, 1.0]],
        "tied": [[2.0, 0.3], [0.3, 1.0]],
        "diag": [2.0, 1.0],
        "spherical": 1.5,
    }[covariance_type]
    ours, theirs = both(
        case.X,
        case.labels,
        5,
        covariance_type=covariance_type,
        weight_concentration_prior_type=weight_prior,
        weight_concentration_prior=0.01,
        mean_precision_prior=3.0,
        mean_prior=[1.0, -2.0],
        degrees_of_freedom_prior=4.5,
        covariance_prior=scale,
        max_iter=20,
        tol=0,
    )
    assert_alike(ours, theirs)


def test_the_same_start_ends_at_the_same_iteration(covariance_type: str) -> None:
    case = problems.problem(704, n_components=4, n_features=3, spread=1.5)
    ours, theirs = both(
        case.X, case.labels, 6, covariance_type=covariance_type, tol=1e-2, max_iter=500
    )
    assert 1 < ours.n_iter_ < 500
    assert_alike(ours, theirs, rtol=1e-6)


def test_a_warm_start_is_scikit_learns(covariance_type: str, weight_prior: str) -> None:
    case = problems.problem(705, n_components=3, spread=1.5)
    parameters = {
        "covariance_type": covariance_type,
        "weight_concentration_prior_type": weight_prior,
        "max_iter": 3,
        "warm_start": True,
    }
    ours, theirs = both(case.X, case.labels, 4, **parameters)
    for _ in range(4):
        assert_alike(ours.fit(case.X), theirs.fit(case.X), rtol=1e-8)


def test_the_lower_bound_never_falls(covariance_type: str, weight_prior: str) -> None:
    case = problems.problem(706, n_components=3, spread=1.0)
    est = BayesianGaussianMixture(
        n_components=8,
        covariance_type=covariance_type,
        weight_concentration_prior_type=weight_prior,
        reg_covar=0,
        max_iter=300,
        tol=0,
        random_state=0,
    ).fit(case.X)
    bounds = np.array(est.lower_bounds_)
    assert len(bounds) == 300
    assert (np.diff(bounds) >= -1e-12 * np.abs(bounds).max()).all()


def test_components_that_are_not_needed_lose_their_weight(weight_prior: str) -> None:
    case = problems.blobs(707)
    est = BayesianGaussianMixture(
        n_components=10,
        weight_concentration_prior_type=weight_prior,
        weight_concentration_prior=1e-3,
        max_iter=1000,
        random_state=0,
    ).fit(case.X)
    assert est.converged_
    assert (est.weights_ > 0.01).sum() == 3
    assert problems.same_partition(est.predict(case.X), case.labels)


def test_weights_are_repeated_rows(covariance_type: str, weight_prior: str) -> None:
    case = problems.problem(708, n_components=3)
    counts = np.random.default_rng(0).integers(0, 4, size=len(case.X))
    settings = {
        "n_components": 4,
        "covariance_type": covariance_type,
        "weight_concentration_prior_type": weight_prior,
        "max_iter": 5,
        "tol": 0,
    }
    weighted = BayesianGaussianMixture(init_params=case.labels, **settings)
    weighted.fit(case.X, sample_weight=counts)
    repeated = BayesianGaussianMixture(init_params=np.repeat(case.labels, counts), **settings)
    repeated.fit(np.repeat(case.X, counts, axis=0))
    assert_alike(weighted, repeated)


def test_the_default_start_is_that_of_the_mixture(covariance_type: str) -> None:
    case = problems.blobs(709)
    est = BayesianGaussianMixture(
        n_components=3, covariance_type=covariance_type, n_init=2, random_state=0
    ).fit(case.X)
    assert problems.same_partition(est.predict(case.X), case.labels)
    again = clone(est).set_params(n_threads=1).fit(case.X)
    np.testing.assert_array_equal(again.covariances_, est.covariances_)


@pytest.mark.parametrize(
    ("argument", "value", "message"),
    [
        ("weight_concentration_prior_type", "beta", "'beta' must be one of 'dirichlet_process'"),
        ("weight_concentration_prior", 0, "weight_concentration_prior=0 must be a positive"),
        ("weight_concentration_prior", "few", "weight_concentration_prior='few'"),
        ("mean_precision_prior", -1, "mean_precision_prior=-1 must be a positive"),
        ("mean_precision_prior", np.inf, "mean_precision_prior=inf must be a positive"),
        ("mean_prior", [1.0], r"'means' should have the shape of \(2,\), but got \(1,\)"),
        ("mean_prior", [1.0, np.nan], "'means' has NaN"),
        ("degrees_of_freedom_prior", 1.0, "greater than 1, but got 1.000"),
        ("degrees_of_freedom_prior", np.inf, "degrees_of_freedom"),
        ("covariance_prior", 1.0, r"'full covariance_prior' should have the shape of \(2, 2\)"),
        ("covariance_prior", [[1.0, 2.0], [2.0, 1.0]], "'full covariance_prior' should be symmet"),
        ("tol", -1, "tol=-1"),
        ("n_components", 400, "n_samples = 300"),
        ("init_params", "nearest", "nearest"),
    ],
)
def test_an_unusable_parameter_is_named(argument: str, value: Any, message: str) -> None:
    est = BayesianGaussianMixture(n_components=2).set_params(**{argument: value})
    with pytest.raises((ValueError, TypeError), match=message):
        est.fit(problems.problem(710).X)


@pytest.mark.parametrize(
    ("covariance_type", "value", "message"),
    [
        ("tied", [1.0, 1.0], r"'tied covariance_prior' should have the shape of \(2, 2\)"),
        ("diag", [1.0, -1.0], "'diag covariance_prior' should be positive"),
        ("diag", 1.0, r"'diag covariance_prior' should have the shape of \(2,\)"),
        ("spherical", 0.0, "covariance_prior=0.0 must be a positive"),
        ("spherical", [1.0, 1.0], "covariance_prior="),
    ],
)
def test_an_unusable_covariance_is_named(covariance_type: str, value: Any, message: str) -> None:
    est = BayesianGaussianMixture(covariance_type=covariance_type, covariance_prior=value)
    with pytest.raises((ValueError, TypeError), match=message):
        est.fit(problems.problem(710).X)


@pytest.mark.filterwarnings("ignore:X has .* of which the default covariance_prior:UserWarning")
@pytest.mark.parametrize(
    "X",
    [
        np.ones((6, 2)),
        np.repeat([[0.0, 1.0], [2.0, 5.0]], 5, axis=0),
        np.column_stack([np.arange(9.0), np.full(9, 3.0)]),
        np.outer(np.arange(9.0), [1.0, 2.0]),
        np.random.default_rng(0).normal(size=(4, 7)),
        np.random.default_rng(0).normal(size=(50, 2)) * 1e150,
        np.random.default_rng(0).normal(size=(50, 2)) * 1e-150,
        np.r_[np.random.default_rng(0).normal(size=(50, 2)), [[1e9, -1e9]]],
    ],
    ids=[
        "constant",
        "two points",
        "constant column",
        "collinear",
        "wide",
        "huge",
        "tiny",
        "outlier",
    ],
)
def test_odd_data_do_not_raise(X: np.ndarray, covariance_type: str, weight_prior: str) -> None:
    est = BayesianGaussianMixture(
        n_components=4,
        covariance_type=covariance_type,
        weight_concentration_prior_type=weight_prior,
        reg_covar=None,
        random_state=0,
    ).fit(X)
    assert est.weights_.sum() == pytest.approx(1)
    for name in POSTERIOR[:3]:
        assert np.isfinite(getattr(est, name)).all()
    assert np.isfinite(est.score_samples(X)).all()
    # The constructor of a mixture refuses covariances that are not positive definite.
    gaussmix.Mixture(est.weights_, est.means_, est.covariances_, covariance_type)


@pytest.mark.filterwarnings("ignore:X has .* of which the default covariance_prior:UserWarning")
def test_one_row_is_enough() -> None:
    est = BayesianGaussianMixture(random_state=0).fit([[3.0, 4.0]])
    np.testing.assert_allclose(est.means_, [[3.0, 4.0]])


def test_single_precision_is_told_in_single_precision(covariance_type: str) -> None:
    X = problems.blobs(711).X.astype(np.float32)
    est = BayesianGaussianMixture(n_components=3, covariance_type=covariance_type).fit(X)
    for name in ("means_", "covariances_", "mean_precision_", "mean_prior_"):
        assert getattr(est, name).dtype == np.float32
    assert est.score_samples(X).dtype == np.float32


def test_it_survives_a_file_with_its_posterior(covariance_type: str) -> None:
    case = problems.problem(712)
    est = BayesianGaussianMixture(n_components=4, covariance_type=covariance_type, random_state=0)
    back = pickle.loads(pickle.dumps(est.fit(case.X)))
    np.testing.assert_array_equal(back.score_samples(case.X), est.score_samples(case.X))
    again = back.set_params(warm_start=True, max_iter=1).fit(case.X)
    assert again.lower_bound_ >= est.lower_bound_ - 1e-9


def test_a_model_file_keeps_the_posterior(
    covariance_type: str, weight_prior: str, tmp_path: Path
) -> None:
    case = problems.problem(719)
    settings = {
        "n_components": 4,
        "covariance_type": covariance_type,
        "weight_concentration_prior_type": weight_prior,
    }
    est = BayesianGaussianMixture(random_state=0, **settings).fit(case.X)
    est.posterior_mixture_.save(tmp_path / "model.safetensors")
    back = gaussmix.load(tmp_path / "model.safetensors")
    assert back == est.posterior_mixture_ != est.mixture_
    assert back.score_samples(case.X).tobytes() == est.score_samples(case.X).tobytes()
    assert back.predict_proba(case.X).tobytes() == est.predict_proba(case.X).tobytes()
    concentration = np.asarray(est.weight_concentration_)
    np.testing.assert_array_equal(back.posterior.weight_concentration, concentration)
    np.testing.assert_array_equal(back.posterior.mean_precision, est.mean_precision_)
    assert "with a posterior" in repr(back)
    assert pickle.loads(pickle.dumps(back)) == back

    on = BayesianGaussianMixture(init_params=back, max_iter=1, tol=0, **settings)
    warm = est.set_params(warm_start=True, max_iter=1, tol=0)
    assert on.fit(case.X).lower_bounds_ == warm.fit(case.X).lower_bounds_


def test_a_mixture_without_a_posterior_is_no_start(covariance_type: str, tmp_path: Path) -> None:
    case = problems.problem(720)
    est = BayesianGaussianMixture(n_components=3, covariance_type=covariance_type).fit(case.X)
    est.mixture_.save(tmp_path / "model.safetensors")
    plain = gaussmix.load(tmp_path / "model.safetensors")
    assert plain.posterior is None
    again = BayesianGaussianMixture(
        n_components=3, covariance_type=covariance_type, init_params=plain
    )
    with pytest.raises(ValueError, match=r"init_params is a mixture without a posterior, .* start"):
        again.fit(case.X)
    responsibilities = plain.predict_proba(case.X)
    assert again.set_params(init_params=responsibilities).fit(case.X).lower_bound_ > -np.inf


def test_scikit_learns_mixture_has_no_place_for_a_posterior() -> None:
    case = problems.problem(721)
    est = BayesianGaussianMixture(n_components=2).fit(case.X)
    with pytest.raises(ValueError, match="has a posterior"):
        est.posterior_mixture_.to_sklearn()
    assert est.mixture_.to_sklearn().n_components == 2


def test_the_mixture_is_that_of_the_expected_parameters(covariance_type: str) -> None:
    case = problems.problem(713)
    est = BayesianGaussianMixture(n_components=3, covariance_type=covariance_type, random_state=0)
    est.fit(case.X)
    plain = gaussmix.Mixture(est.weights_, est.means_, est.covariances_, covariance_type)
    assert est.mixture_ == plain
    np.testing.assert_allclose(
        est.mixture_.score_samples(case.X), plain.score_samples(case.X), rtol=1e-12
    )
    assert (est.mixture_.status, est.mixture_.n_iter) == (est.status_, est.n_iter_)
    assert not np.allclose(est.score_samples(case.X), plain.score_samples(case.X), rtol=1e-6)
    assert est.sample(7)[0].shape == (7, 2)


def test_it_works_in_pipelines_and_searches() -> None:
    case = problems.blobs(714, n=120)
    search = GridSearchCV(
        make_pipeline(StandardScaler(), BayesianGaussianMixture(n_components=3, random_state=0)),
        {"bayesiangaussianmixture__weight_concentration_prior": [0.01, 1.0]},
        cv=3,
        n_jobs=2,
    ).fit(case.X)
    assert problems.same_partition(search.predict(case.X), case.labels)
    scores = cross_val_score(BayesianGaussianMixture(n_components=3), case.X, cv=3)
    assert np.isfinite(scores).all()


def test_a_callback_hears_the_lower_bound() -> None:
    case = problems.problem(715)
    heard: list[float] = []
    est = BayesianGaussianMixture(
        n_components=3,
        tol=0,
        random_state=0,
        callback=lambda p: heard.append(p.log_likelihood) or len(heard) == 4,
    ).fit(case.X)
    assert est.status_ == "interrupted"
    assert heard == est.lower_bounds_


# --- To and from scikit-learn


def assert_says_the_same(ours: Any, theirs: Any, X: np.ndarray) -> None:
    np.testing.assert_allclose(ours.score_samples(X), theirs.score_samples(X), rtol=1e-10)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-12)


def test_it_becomes_scikit_learns_and_comes_back(covariance_type: str, weight_prior: str) -> None:
    case = problems.problem(716, n_features=3)
    ours = BayesianGaussianMixture(
        n_components=4,
        covariance_type=covariance_type,
        weight_concentration_prior_type=weight_prior,
        random_state=0,
    ).fit(case.X)
    theirs = ours.to_sklearn()
    assert type(theirs) is mixture.BayesianGaussianMixture
    assert_says_the_same(ours, theirs, case.X)
    assert_alike(ours, theirs)
    theirs.set_params(warm_start=True, max_iter=2).fit(case.X)
    back = BayesianGaussianMixture.from_sklearn(theirs)
    assert_says_the_same(back, theirs, case.X)
    assert back.get_params()["warm_start"]
    back.set_params(warm_start=False).fit(case.X)
    assert gaussmix.Mixture.from_sklearn(theirs).n_components == 4


def test_what_cannot_be_converted_is_named() -> None:
    with pytest.raises(TypeError, match=r"is not a sklearn\.mixture\.BayesianGaussianMixture"):
        BayesianGaussianMixture.from_sklearn(mixture.GaussianMixture())
    with pytest.raises(TypeError, match=r"is not a sklearn\.mixture\.GaussianMixture"):
        GaussianMixture.from_sklearn(mixture.BayesianGaussianMixture())
    with pytest.raises(NotFittedError):
        BayesianGaussianMixture().to_sklearn()


def test_parameters_may_be_set_by_hand(covariance_type: str, weight_prior: str) -> None:
    case = problems.problem(717)
    settings = {
        "n_components": 3,
        "covariance_type": covariance_type,
        "weight_concentration_prior_type": weight_prior,
    }
    fitted = BayesianGaussianMixture(random_state=0, **settings).fit(case.X)
    est = BayesianGaussianMixture(**settings)
    for name in ("n_features_in_", *POSTERIOR):
        setattr(est, name, getattr(fitted, name))
    np.testing.assert_allclose(est.score_samples(case.X), fitted.score_samples(case.X), rtol=1e-12)
    est.mean_precision_ = est.mean_precision_ / 100
    assert est.score(case.X) < fitted.score(case.X)


def test_it_exports_to_onnx(covariance_type: str, weight_prior: str) -> None:
    skl2onnx = pytest.importorskip("skl2onnx")
    runtime = pytest.importorskip("onnxruntime")
    from skl2onnx.common.data_types import DoubleTensorType

    case = problems.problem(718, n_features=3)
    ours = BayesianGaussianMixture(
        n_components=3,
        covariance_type=covariance_type,
        weight_concentration_prior_type=weight_prior,
        random_state=0,
    ).fit(case.X)
    model = skl2onnx.to_onnx(
        ours.to_sklearn(),
        initial_types=[("X", DoubleTensorType([None, 3]))],
        target_opset=18,
    )
    session = runtime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    labels, responsibilities = session.run(None, {"X": case.X})[:2]
    np.testing.assert_array_equal(labels.ravel(), ours.predict(case.X))
    np.testing.assert_allclose(responsibilities, ours.predict_proba(case.X), atol=1e-9)


@pytest.mark.parametrize("covariance_type", ["full", "tied"])
def test_a_singular_default_prior_is_told_and_the_remedy_is_one(covariance_type: str) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(150, 40))
    X[::2] += 1
    options: dict[str, Any] = {"n_components": 2, "random_state": 0, "max_iter": 300}
    singular = BayesianGaussianMixture(covariance_type=covariance_type, **options)
    with pytest.warns(UserWarning, match=r"X has 40 rows of 40 features.*_of_freedom_prior=42 and"):
        singular.fit(X[:40])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        BayesianGaussianMixture(covariance_type=covariance_type, **options).fit(X[:41])
        remedy = BayesianGaussianMixture(
            covariance_type=covariance_type,
            degrees_of_freedom_prior=42,
            covariance_prior=42 * np.diag(X[:40].var(axis=0)),
            **options,
        ).fit(X[:40])
    assert remedy.score(X[40:]) > -90  # the truth has -57
    assert singular.score(X[40:]) < -1000
