"""GaussianMixture is an estimator of scikit-learn's kind, and what it has beyond scikit-learn's."""

from __future__ import annotations

import pickle
import re
import warnings
from typing import Any

import numpy as np
import pytest

import gaussmix
import problems
import reference
from comparing import assert_parameters_close, assert_same_fit, assert_same_parameters
from conftest import RunPython

pytest.importorskip("sklearn", minversion="1.9")

import joblib
import pandas as pd
import sklearn
from sklearn.base import clone, is_regressor
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from gaussmix import GaussianMixture

Mixture = gaussmix.Mixture


@parametrize_with_checks([GaussianMixture(), GaussianMixture(covariance_type="diag", n_threads=1)])
def test_it_passes_every_check_of_scikit_learn(estimator: Any, check: Any) -> None:
    check(estimator)


# --- With the functional API


@pytest.mark.parametrize("init", problems.INITS)
def test_it_is_the_fit_of_the_functional_api(covariance_type: str, init: str) -> None:
    case = problems.problem(301)
    ours = GaussianMixture(
        3, covariance_type=covariance_type, init_params=init, n_init=2, random_state=4
    ).fit(case.X)
    expected = gaussmix.fit(
        case.X,
        3,
        covariance_type=covariance_type,
        init=init,
        n_init=2,
        reg_covar=1e-6,
        random_state=4,
        acceleration="classic",
    )
    assert_same_fit(ours.mixture_, expected)
    np.testing.assert_array_equal(ours.weights_, expected.weights, strict=True)
    np.testing.assert_array_equal(ours.means_, expected.means, strict=True)
    np.testing.assert_array_equal(ours.covariances_, expected.covariances, strict=True)
    assert ours.n_iter_ == expected.n_iter
    assert ours.lower_bounds_ == expected.history.tolist()
    assert ours.lower_bound_ == expected.history[-1]
    assert ours.converged_ is True
    assert ours.status_ == "converged"
    assert ours.events_ == ()


def test_methods_are_those_of_the_mixture(covariance_type: str) -> None:
    case = problems.problem(302)
    est = GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(case.X)
    m = est.mixture_
    np.testing.assert_array_equal(est.predict(case.X), m.predict(case.X))
    np.testing.assert_array_equal(est.fit_predict(case.X), m.predict(case.X))
    np.testing.assert_array_equal(est.predict_proba(case.X), m.predict_proba(case.X))
    np.testing.assert_array_equal(est.score_samples(case.X), m.score_samples(case.X))
    assert est.score(case.X) == m.score(case.X)
    assert est.bic(case.X) == m.bic(case.X)
    assert est.aic(case.X) == m.aic(case.X)


def test_precisions_are_those_of_the_covariances(covariance_type: str) -> None:
    case = problems.problem(303, n_features=5)
    est = GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(case.X)
    if covariance_type in {"full", "tied"}:
        factors = est.precisions_cholesky_
        np.testing.assert_array_equal(factors, np.triu(factors))
        np.testing.assert_allclose(factors @ np.swapaxes(factors, -1, -2), est.precisions_)
        identity = np.broadcast_to(np.eye(5), est.covariances_.shape)
        np.testing.assert_allclose(est.precisions_ @ est.covariances_, identity, atol=1e-12)
    else:
        np.testing.assert_allclose(est.precisions_, 1 / est.covariances_, rtol=1e-14)
        np.testing.assert_allclose(est.precisions_cholesky_**2, est.precisions_, rtol=1e-14)
    np.testing.assert_array_equal(est.mixture_.precisions, est.precisions_)
    np.testing.assert_array_equal(est.mixture_.precisions_cholesky, est.precisions_cholesky_)


@pytest.mark.parametrize("separation", [1.0, 1e3, 1e6])
def test_precisions_are_those_of_the_covariances_however_far_apart(
    covariance_type: str, separation: float
) -> None:
    # Beyond 100 deviations the core whitens tied rows about each mean, and keeps K equal factors.
    case = problems.problem(303, n_features=5)
    X = case.X + separation * case.labels[:, None]
    m = gaussmix.fit(X, 3, covariance_type=covariance_type, init=case.labels)
    assert m.precisions_cholesky.shape == m.covariances.shape
    expected = precisions(m.covariances, covariance_type)
    np.testing.assert_allclose(m.precisions, expected, rtol=1e-9, atol=1e-9 * expected.max())


@pytest.mark.parametrize("n_init", [1, 3])
def test_no_iterations_give_the_start_itself(covariance_type: str, n_init: int) -> None:
    case = problems.problem(304)
    start = gaussmix.fit(
        case.X, 3, covariance_type=covariance_type, init=case.labels, max_iter=0, n_init=n_init
    )
    expected = reference.m_step(
        case.X,
        reference.one_hot(case.labels, 3),
        covariance_type,
        added=reference.ridge(case.X),
    )
    assert_parameters_close(start, expected)
    assert (start.status, start.n_iter, start.history.size) == ("max_iter", 0, 0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # nobody who asks for the start wants to hear of it
        est = GaussianMixture(
            3, covariance_type=covariance_type, init_params=case.labels, max_iter=0, reg_covar=None
        ).fit(case.X)
    assert_same_parameters(est.mixture_, start)
    assert (est.converged_, est.n_iter_, est.lower_bound_) == (False, 0, -np.inf)
    assert est.lower_bounds_ == []


@pytest.mark.parametrize("dtype", ["float32", "float16", "float64", "int16", "uint8", "bool"])
def test_what_it_tells_is_as_precise_as_scikit_learns(dtype: str) -> None:
    X = np.abs(problems.problem(305).X).astype(dtype)
    est = GaussianMixture(2, random_state=0).fit(X)
    expected = np.float32 if dtype == "float32" else np.float64
    for shown in (
        est.weights_,
        est.means_,
        est.covariances_,
        est.precisions_,
        est.precisions_cholesky_,
        est.predict_proba(X),
        est.score_samples(X),
    ):
        assert shown.dtype == expected


# --- Starts


def test_labels_and_responsibilities_and_callables_are_starts(covariance_type: str) -> None:
    case = problems.problem(306)
    rng = np.random.default_rng(0)
    responsibilities = rng.dirichlet(np.ones(3), size=len(case.X))
    asked: list[tuple[int, int]] = []

    def choose(X: np.ndarray, n_components: int, random_state: Any) -> np.ndarray:
        asked.append((len(X), n_components))
        return random_state.randint(n_components, size=len(X))

    drawn = np.random.RandomState(8).randint(3, size=len(case.X))
    given = gaussmix.fit(case.X, 3, covariance_type=covariance_type, init=case.labels)
    for init, expected in [
        (case.labels, case.labels),
        (responsibilities, responsibilities),
        (lambda *_, **__: given, given),
        (choose, drawn),
    ]:
        est = GaussianMixture(
            3, covariance_type=covariance_type, init_params=init, reg_covar=None, random_state=8
        ).fit(case.X)
        functional = gaussmix.fit(
            case.X,
            3,
            covariance_type=covariance_type,
            init=expected,
            acceleration="classic",
        )
        assert_same_fit(est.mixture_, functional)
    assert asked == [(300, 3)]


def test_a_callable_is_asked_for_each_start_and_the_best_is_kept() -> None:
    case = problems.problem(307, n_components=4)
    seen: list[Mixture] = []

    def choose(X: np.ndarray, n_components: int, random_state: Any) -> np.ndarray:
        labels = random_state.randint(n_components, size=len(X))
        options: dict[str, Any] = {"reg_covar": 1e-6, "max_iter": 7, "acceleration": "classic"}
        seen.append(gaussmix.fit(X, n_components, init=labels, **options))
        return labels

    est = GaussianMixture(4, init_params=choose, n_init=5, max_iter=7, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        est.fit(case.X)
    assert len(seen) == 5
    best = max(seen, key=lambda m: m.history[-1])
    assert_same_fit(est.mixture_, best)


@pytest.mark.parametrize("names", [{"weights"}, {"means"}, {"covariances"}, {"weights", "means"}])
def test_parameters_that_are_given_replace_those_of_the_start(
    covariance_type: str, names: set[str]
) -> None:
    case = problems.problem(308)
    found = gaussmix.fit(
        case.X,
        3,
        covariance_type=covariance_type,
        init=case.labels,
        max_iter=0,
        reg_covar=1e-6,
    )
    truth = case_parameters(problems.mixture(9, 3, 2, covariance_type))
    given = {
        "weights": ("weights_init", truth["weights"]),
        "means": ("means_init", truth["means"]),
        "covariances": ("precisions_init", precisions(truth["covariances"], covariance_type)),
    }
    est = GaussianMixture(
        3,
        covariance_type=covariance_type,
        init_params=case.labels,
        max_iter=0,
        **dict(given[name] for name in names),
    ).fit(case.X)
    for name in ("weights", "means", "covariances"):
        expected = truth[name] if name in names else getattr(found, name)
        np.testing.assert_allclose(getattr(est, f"{name}_"), expected, rtol=1e-12, err_msg=name)


def case_parameters(p: reference.Parameters) -> dict[str, np.ndarray]:
    return {"weights": p.weights, "means": p.means, "covariances": p.covariances}


def precisions(covariances: np.ndarray, covariance_type: str) -> np.ndarray:
    if covariance_type in {"full", "tied"}:
        return np.linalg.inv(covariances)
    return 1 / covariances


def test_a_generator_is_a_random_state() -> None:
    case = problems.problem(300)
    means = case.truth.means
    found = [
        GaussianMixture(3, random_state=np.random.default_rng(5), **settings).fit(case.X).sample(3)
        for settings in ({}, {}, {"means_init": means}, {"means_init": means})
    ]
    np.testing.assert_array_equal(found[0][0], found[1][0])
    np.testing.assert_array_equal(found[2][0], found[3][0])


def test_given_starts_are_left_as_they_were() -> None:
    case = problems.blobs(309)
    weights, means = [0.2, 0.3, 0.5], [[0, 0], [100, 100], [200, 200]]
    est = GaussianMixture(3, weights_init=weights, means_init=means).fit(case.X)
    assert est.weights_init is weights
    assert est.means_init is means


@pytest.mark.parametrize(
    ("argument", "value", "message"),
    [
        ("weights_init", [[0.5, 0.5]], r"'weights' should have the shape of \(2,\).*\(1, 2\)"),
        ("weights_init", [1.5, -0.5], r"'weights' should be in the range \[0, 1\]"),
        ("weights_init", [0.5, 0.4], "'weights' should be normalized.*0.90000"),
        ("weights_init", [0.5, np.nan], "'weights' has NaN"),
        ("means_init", [[0.0], [1.0]], r"'means' should have the shape of \(2, 2\)"),
        ("precisions_init", np.ones((2, 2)), "'full precision' should have the shape"),
        ("precisions_init", -np.ones((2, 2, 2)), "'full precision' should be symmetric, positive"),
        ("init_params", "nearest", "^init_params='nearest'"),
        ("init_params", [0, 1], "^init_params has.*labels"),
        ("n_components", 0, "n_components=0"),
        ("n_components", "two", "n_components='two'"),
        ("n_components", 400, "n_samples = 300"),
        ("covariance_type", "round", "round"),
        ("tol", -1, "tol=-1"),
        ("tol", None, "tol=None"),
        ("reg_covar", -1, "reg_covar=-1"),
        ("max_iter", -1, "max_iter=-1"),
        ("n_init", 0, "n_init=0"),
        ("random_state", "dice", "dice"),
        ("verbose_interval", 0, "verbose_interval=0"),
        ("n_threads", 0, "n_threads=0"),
        ("callback", 3, "callback=3"),
    ],
)
def test_an_unusable_parameter_is_named(argument: str, value: Any, message: str) -> None:
    est = GaussianMixture(2).set_params(**{argument: value})
    with pytest.raises((ValueError, TypeError), match=message):
        est.fit(problems.problem(310).X)


def test_nan_is_named_by_row_and_column() -> None:
    X = problems.problem(311).X.copy()
    frame = pd.DataFrame(X, columns=["height", "weight"])
    est = GaussianMixture(2).fit(frame)
    bad = frame.copy()
    bad.loc[17, "weight"] = np.nan
    for call in (est.predict, est.score, clone(est).fit):
        with pytest.raises(ValueError, match=r"NaN.*row 17.*column 1 \('weight'\)"):
            call(bad)


# --- Warm starts


def test_a_warm_start_goes_on_where_the_fit_before_ended(covariance_type: str) -> None:
    case = problems.problem(312)
    # A search would end where nothing is left to gain.
    settings: dict[str, Any] = {
        "covariance_type": covariance_type,
        "effort": "low",
        "random_state": 0,
        "tol": 1e-9,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        once = GaussianMixture(3, max_iter=6, **settings).fit(case.X)
        warm = GaussianMixture(3, max_iter=2, warm_start=True, **settings)
        for _ in range(3):
            warm.fit(case.X)
    assert_same_parameters(warm.mixture_, once.mixture_)
    assert warm.lower_bounds_ == once.lower_bounds_[-2:]


def test_a_warm_start_that_has_nothing_to_gain_converges_in_an_iteration(
    covariance_type: str,
) -> None:
    case = problems.blobs(313)
    est = GaussianMixture(3, covariance_type=covariance_type, warm_start=True, random_state=0)
    est.fit(case.X).fit(case.X)
    assert (est.status_, est.converged_, est.n_iter_) == ("converged", True, 1)
    assert est.mixture_.status == "converged"


# --- Convergence


def test_the_warning_has_the_remedy() -> None:
    case = problems.problem(314, spread=1.0)
    est = GaussianMixture(3, max_iter=2, tol=1e-9, random_state=0)
    with pytest.warns(ConvergenceWarning, match=r"max_iter=2 iterations.*raise max_iter") as seen:
        est.fit(case.X)
    assert seen[0].filename == __file__
    assert est.status_ == "max_iter"
    assert not est.converged_


def test_a_likelihood_that_falls_has_not_converged() -> None:
    case = problems.problem(315, spread=1.0)
    est = GaussianMixture(3, reg_covar=0.5, max_iter=1000, tol=1e-4, random_state=0, effort="low")
    with pytest.warns(ConvergenceWarning, match=r"lower reg_covar=0\.5"):
        est.fit(case.X)
    assert est.status_ == "stalled"
    assert not est.converged_
    assert est.lower_bounds_[-1] < est.lower_bounds_[-2]
    rows = np.concatenate([np.zeros(900), np.random.default_rng(0).normal(size=100)])
    est.set_params(reg_covar=0, tol=1e-3)
    # Whether the zeros' component is mended before or after it soared is luck of rounding.
    for seed in range(8):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            est.set_params(random_state=seed).fit(rows[:, None])
        if est.status_ == "stalled":
            break
    assert est.status_ == "stalled"
    assert any("raise reg_covar=0" in str(warning.message) for warning in told)


def test_a_collapse_is_an_event_not_an_error(covariance_type: str) -> None:
    X = np.repeat([[0.0, 0.0], [1.0, 1.0]], 5, axis=0)
    est = GaussianMixture(4, covariance_type=covariance_type, reg_covar=0, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        est.fit(X)
    assert est.events_
    assert np.isfinite(est.score_samples(X)).all()


def test_strict_raises_instead() -> None:
    X = np.repeat([[0.0, 0.0], [1.0, 1.0]], 5, axis=0)
    with pytest.raises(ValueError, match=r"component .* collapsed"):
        GaussianMixture(2, strict=True, random_state=0).fit(X)


def test_a_prior_is_that_of_the_functional_api(covariance_type: str) -> None:
    case = problems.problem(318)
    prior = gaussmix.Prior(degrees_of_freedom=9)
    est = GaussianMixture(
        3, covariance_type=covariance_type, prior=prior, reg_covar=None, random_state=0
    )
    expected = gaussmix.fit(
        case.X,
        3,
        covariance_type=covariance_type,
        prior=prior,
        random_state=0,
        acceleration="classic",
    )
    assert_same_fit(clone(est).fit(case.X).mixture_, expected)


# --- Weights


def test_weights_count_rows(covariance_type: str) -> None:
    case = problems.problem(316)
    weights = np.random.default_rng(0).integers(0, 4, size=len(case.X))
    repeated = np.repeat(case.X, weights, axis=0)
    settings: dict[str, Any] = {"covariance_type": covariance_type}
    weighted = GaussianMixture(3, init_params=case.labels, **settings)
    weighted.fit(case.X, sample_weight=weights)
    plain = GaussianMixture(3, init_params=np.repeat(case.labels, weights), **settings)
    plain.fit(repeated)
    assert_parameters_close(weighted.mixture_, plain.mixture_)
    assert weighted.score(case.X, sample_weight=weights) == pytest.approx(plain.score(repeated))
    assert weighted.score(case.X) != pytest.approx(plain.score(repeated))


def test_weights_are_routed() -> None:
    case = problems.blobs(317)
    weights = np.random.default_rng(0).uniform(size=len(case.X))
    with sklearn.config_context(enable_metadata_routing=True):
        est = (
            GaussianMixture(3, random_state=0)
            .set_fit_request(sample_weight=True)
            .set_score_request(sample_weight=True)
        )
        scaler = StandardScaler().set_fit_request(sample_weight=True)
        pipeline = make_pipeline(scaler, est)
        pipeline.fit(case.X, sample_weight=weights)
        direct = GaussianMixture(3, random_state=0).fit(
            scaler.fit_transform(case.X, sample_weight=weights), sample_weight=weights
        )
        assert_same_fit(pipeline[-1].mixture_, direct.mixture_)
        scores = cross_validate(est, case.X, params={"sample_weight": weights}, cv=3)
        unweighted = cross_validate(
            clone(est).set_score_request(sample_weight=False).set_fit_request(sample_weight=False),
            case.X,
            cv=3,
        )
    assert np.isfinite(scores["test_score"]).all()
    assert (scores["test_score"] != unweighted["test_score"]).all()


# --- In scikit-learn's world


def test_it_is_a_density_estimator() -> None:
    assert sklearn.utils.get_tags(GaussianMixture()).estimator_type == "density_estimator"
    assert not is_regressor(GaussianMixture())


def test_it_works_in_a_grid_search_with_two_jobs() -> None:
    case = problems.blobs(318, n=120)
    search = GridSearchCV(
        make_pipeline(StandardScaler(), GaussianMixture(random_state=0)),
        {"gaussianmixture__n_components": [1, 3], "gaussianmixture__covariance_type": ["diag"]},
        cv=3,
        n_jobs=2,
    ).fit(case.X)
    assert search.best_params_["gaussianmixture__n_components"] == 3
    assert problems.same_partition(search.predict(case.X), case.labels)


def test_cross_val_score_is_the_held_out_likelihood() -> None:
    case = problems.problem(319)
    scores = cross_val_score(GaussianMixture(3, random_state=0), case.X, cv=3)
    est = GaussianMixture(3, random_state=0).fit(case.X[100:])
    assert scores[0] == est.score(case.X[:100])


@pytest.mark.parametrize("frames", ["pandas", "polars"])
def test_data_frames_give_their_column_names(frames: str) -> None:
    library = pytest.importorskip(frames)
    case = problems.problem(320)
    frame = library.DataFrame({"a": case.X[:, 0], "b": case.X[:, 1]})
    est = GaussianMixture(3, random_state=0).fit(frame)
    assert est.feature_names_in_.tolist() == ["a", "b"]
    assert est.mixture_.feature_names == ("a", "b")
    assert_same_fit(est.mixture_, GaussianMixture(3, random_state=0).fit(case.X).mixture_)
    np.testing.assert_array_equal(est.predict(frame), est.mixture_.predict(case.X))
    with pytest.raises(ValueError, match="feature names"):
        est.predict(frame[["b", "a"]])


def test_it_follows_transformers_that_give_data_frames() -> None:
    case = problems.problem(321)
    frame = pd.DataFrame(case.X, columns=["a", "b"])
    pipeline = make_pipeline(StandardScaler(), GaussianMixture(3, random_state=0))
    pipeline.set_output(transform="pandas").fit(frame)
    assert pipeline[-1].feature_names_in_.tolist() == ["a", "b"]
    assert pipeline.predict(frame).shape == (300,)


@pytest.mark.parametrize("way", ["pickle", "joblib"])
def test_it_survives_a_file(way: str, tmp_path: Any, covariance_type: str) -> None:
    case = problems.problem(322)
    est = GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(case.X)
    if way == "pickle":
        back = pickle.loads(pickle.dumps(est))
    else:
        joblib.dump(est, tmp_path / "est.joblib")
        back = joblib.load(tmp_path / "est.joblib")
    np.testing.assert_array_equal(back.score_samples(case.X), est.score_samples(case.X))
    assert back.get_params() == est.get_params()
    assert back.events_ == est.events_


def test_a_clone_is_unfitted_and_has_its_parameters() -> None:
    case = problems.problem(323)
    est = GaussianMixture(3, init_params=case.labels, n_threads=2).fit(case.X)
    other = clone(est)
    assert not hasattr(other, "weights_")
    assert not hasattr(other, "mixture_")
    assert other.n_threads == 2
    assert_same_fit(other.fit(case.X).mixture_, est.mixture_)
    with pytest.raises(NotFittedError, match="not fitted yet"):
        clone(est).predict(case.X)


def test_numpys_global_seed_counts_where_there_is_no_random_state() -> None:
    case = problems.problem(324, n_components=5, spread=1.0)
    found = []
    for _ in range(2):
        np.random.seed(3)
        est = GaussianMixture(5, init_params="random", max_iter=3, tol=0.1)
        found.append(est.fit(case.X).means_)
        found.append(est.sample(5)[0])
    np.testing.assert_array_equal(found[0], found[2])
    np.testing.assert_array_equal(found[1], found[3])


def test_a_sample_comes_component_after_component() -> None:
    case = problems.problem(325)
    est = GaussianMixture(3, random_state=0).fit(case.X)
    X, y = est.sample(400)
    assert (np.diff(y) >= 0).all()
    assert X.shape == (400, 2)
    assert (est.predict(X) == y).mean() > 0.9
    np.testing.assert_array_equal(est.sample(400)[0], X)
    with pytest.raises(ValueError, match="Invalid value for 'n_samples': 0"):
        est.sample(0)


# --- Parameters by hand


@pytest.mark.parametrize("by", ["precisions_cholesky_", "covariances_"])
def test_parameters_may_be_set_by_hand(covariance_type: str, by: str) -> None:
    case = problems.problem(326, covariance_type=covariance_type)
    fitted = GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(case.X)
    est = GaussianMixture(3, covariance_type=covariance_type)
    est.weights_, est.means_ = fitted.weights_, fitted.means_
    setattr(est, by, getattr(fitted, by))
    np.testing.assert_allclose(est.score_samples(case.X), fitted.score_samples(case.X), rtol=1e-9)
    assert est.sample(3)[0].shape == (3, 2)


def test_parameters_may_be_changed_by_hand() -> None:
    case = problems.problem(327)
    est = GaussianMixture(3, random_state=0).fit(case.X)
    before = est.score_samples(case.X)
    est.means_[:] += 5.0
    np.testing.assert_allclose(est.score_samples(case.X + 5.0), before, rtol=1e-9)
    est.means_ -= 5.0
    est.covariances_ = est.covariances_ * 4
    expected = Mixture(est.weights_, est.means_, est.covariances_)
    np.testing.assert_array_equal(est.score_samples(case.X), expected.score_samples(case.X))
    est.precisions_cholesky_ = est.precisions_cholesky_ / 3
    tripled = Mixture(est.weights_, est.means_, est.covariances_ / 4 * 9)
    np.testing.assert_allclose(est.score_samples(case.X), tripled.score_samples(case.X))


# --- Watching


def test_a_callback_sees_every_iteration_of_every_start() -> None:
    case = problems.problem(328)
    seen: list[gaussmix.Progress] = []
    means = case.truth.means
    est = GaussianMixture(
        3, means_init=means, init_params="random", n_init=2, random_state=0, callback=seen.append
    ).fit(case.X)
    assert sorted({p.restart for p in seen}) == [0, 1]
    kept = [[p.log_likelihood for p in seen if p.restart == restart] for restart in (0, 1)]
    assert est.lower_bounds_ in kept


def test_a_callback_stops_the_fit() -> None:
    case = problems.problem(329)
    est = GaussianMixture(
        3, init_params="random", n_init=3, random_state=0, callback=lambda p: p.iteration == 2
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # who stops a fit knows that it has not converged
        est.fit(case.X)
    assert (est.status_, est.n_iter_, est.converged_) == ("interrupted", 2, False)


def test_a_progress_bar_goes_to_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tqdm")
    case = problems.problem(330)
    plain = gaussmix.fit(case.X, 3, n_init=2, random_state=0)
    shown = gaussmix.fit(case.X, 3, n_init=2, random_state=0, progress=True)
    assert_same_fit(shown, plain)
    out, err = capfd.readouterr()
    assert out == ""
    assert "start 1 (of 2)" in err
    assert "100%" in err
    GaussianMixture(3, progress=True).fit(case.X)
    assert "start 0 (of 1)" in capfd.readouterr().err


def test_without_tqdm_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "tqdm.auto", None)
    with pytest.raises(ImportError, match=re.escape("pip install 'gaussmix[progress]'")):
        gaussmix.fit(problems.problem(331).X, 3, progress=True)


# --- Without scikit-learn


def test_the_package_does_not_import_scikit_learn(run_python: RunPython) -> None:
    done = run_python(
        "import sys, gaussmix; gaussmix.fit([[0.0], [1.0]], 1); assert 'sklearn' not in sys.modules"
    )
    assert done.returncode == 0, done.stderr


def test_without_scikit_learn_the_error_says_what_to_install(run_python: RunPython) -> None:
    done = run_python(
        """
import sys
sys.modules["sklearn"] = None
import gaussmix
m = gaussmix.fit([[0.0], [1.0]], 1)
for use in (lambda: gaussmix.GaussianMixture, m.to_sklearn):
    try:
        use()
    except ImportError as error:
        print(error)
assert "GaussianMixture" not in dir(gaussmix)  # or help(gaussmix) would fail
"""
    )
    remedy = "the estimators need scikit-learn 1.6 or newer: pip install 'gaussmix[sklearn]'"
    assert done.stdout.splitlines() == [remedy, remedy], done.stderr
