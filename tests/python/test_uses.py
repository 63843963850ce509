"""Estimators that use mixtures: classifier, regressor, outlier detector."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import gaussmix
import problems
import reference

pytest.importorskip("sklearn", minversion="1.9")

import pandas as pd
from scipy.stats import norm
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris, make_friedman1
from sklearn.discriminant_analysis import (
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
)
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from gaussmix import (
    GaussianMixtureClassifier,
    GaussianMixtureOutlierDetector,
    GaussianMixtureRegressor,
)

Array = reference.Array
ALL = reference.ALL_TYPES
EACH: list[Any] = [
    GaussianMixtureClassifier(),
    GaussianMixtureOutlierDetector(),
    GaussianMixtureRegressor(),
]


@parametrize_with_checks(
    [
        GaussianMixtureClassifier(random_state=0),
        GaussianMixtureClassifier(shared=True, covariance_type=["tied", "diag"]),
        GaussianMixtureRegressor(1),
        GaussianMixtureRegressor(random_state=0),
        GaussianMixtureOutlierDetector(random_state=0),
        GaussianMixtureOutlierDetector(method="mahalanobis", random_state=0),
        GaussianMixtureOutlierDetector(method="noise", random_state=0),
    ]
)
def test_they_pass_every_check_of_scikit_learn(estimator: Any, check: Any) -> None:
    check(estimator)


# --- Classifier


@pytest.mark.parametrize("n_components", [1, 2])
@pytest.mark.parametrize("family", ["full", "tied", "diag", "VEE"])
def test_classes_are_weighed_by_bayes_rule(n_components: int, family: str) -> None:
    X, y = load_iris(return_X_y=True)
    c = GaussianMixtureClassifier(n_components, covariance_type=family, random_state=0).fit(X, y)
    joint = np.stack(
        [
            np.log(1 / 3)
            + gaussmix.fit(
                X[y == k],
                n_components,
                covariance_type=family,
                prior="default",
                effort="low",
                random_state=0,
            ).score_samples(X)
            for k in range(3)
        ],
        axis=1,
    )
    np.testing.assert_allclose(c.decision_function(X), joint, rtol=1e-12)
    shares = np.exp(joint - np.logaddexp.reduce(joint, axis=1)[:, None])
    np.testing.assert_allclose(c.predict_proba(X), shares, rtol=1e-9, atol=1e-300)
    np.testing.assert_array_equal(c.predict(X), joint.argmax(axis=1))
    np.testing.assert_allclose(np.exp(c.predict_log_proba(X)), shares, rtol=1e-9, atol=1e-300)


@pytest.mark.parametrize(
    ("family", "theirs"),
    [
        ("tied", LinearDiscriminantAnalysis(solver="lsqr")),
        ("full", QuadraticDiscriminantAnalysis(solver="eigen")),
    ],
)
def test_shared_families_are_discriminant_analyses(family: str, theirs: Any) -> None:
    X, y = load_iris(return_X_y=True)
    ours = GaussianMixtureClassifier(shared=True, covariance_type=family, reg_covar=0).fit(X, y)
    np.testing.assert_array_equal(ours.predict(X), theirs.fit(X, y).predict(X))
    agreement = np.abs(ours.predict_proba(X) - theirs.predict_proba(X)).max()
    assert agreement < 0.03  # they divide by n - 1, or n - K


@pytest.mark.parametrize("family", ALL)
def test_shared_families_are_the_m_step_from_labels(family: str) -> None:
    X, y = load_iris(return_X_y=True)
    c = GaussianMixtureClassifier(shared=True, covariance_type=family).fit(X, y)
    whole = gaussmix.fit(X, 3, covariance_type=family, init=y, max_iter=0)
    for k, m in enumerate(c.mixtures_):
        np.testing.assert_array_equal(m.covariance_matrix(0), whole.covariance_matrix(k))
        np.testing.assert_array_equal(m.means[0], whole.means[k])


def test_the_family_and_the_number_of_components_are_chosen_by_bic() -> None:
    X, y = load_iris(return_X_y=True)
    edda = GaussianMixtureClassifier(shared=True, covariance_type=list(ALL)).fit(X, y)

    def joint_bic(family: str) -> float:
        m = gaussmix.fit(X, 3, covariance_type=family, init=y, max_iter=0)
        parts = gaussmix.GaussianMixtureClassifier(shared=True, covariance_type=family).fit(X, y)
        total = sum(part.score_samples(X[y == k]).sum() for k, part in enumerate(parts.mixtures_))
        return -2 * total + m.n_parameters * np.log(len(X))

    assert edda.mixtures_[0].covariance_type == min(ALL, key=joint_bic)
    rng = np.random.default_rng(0)
    two = np.concatenate([rng.normal(-4, 1, (200, 1)), rng.normal(4, 1, (200, 1))])
    one = rng.normal(0, 0.5, (400, 1))
    c = GaussianMixtureClassifier([1, 2, 3], covariance_type="spherical", random_state=0)
    c.fit(np.concatenate([two, one]), np.repeat(["two", "one"], 400))
    assert [m.n_components for m in c.mixtures_] == [1, 2]


def test_a_conditional_holds_its_rows() -> None:
    m = gaussmix.fit(np.random.default_rng(0).normal(size=(50, 2)), 1)
    with pytest.raises(TypeError, match=r"X is in batches, .* call conditional for each"):
        m.conditional(gaussmix.Batches([np.zeros((3, 1))]), given=[0])


def test_all_families_are_those_that_a_selection_has() -> None:
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], [60, 50, 7])
    X = 3.0 * y[:, None] + rng.normal(size=(len(y), 8))
    for names, expected in (
        ("plain", ["full", "tied", "diag", "spherical"]),
        ("all", ["EII", "VII", "EEI", "VEI", "EVI", "VVI"]),  # seven rows in eight dimensions
    ):
        found = GaussianMixtureClassifier(shared=True, covariance_type=names).fit(X, y)
        listed = GaussianMixtureClassifier(shared=True, covariance_type=expected).fit(X, y)
        assert found.mixtures_[0].covariance_type == listed.mixtures_[0].covariance_type
        np.testing.assert_array_equal(found.predict_proba(X), listed.predict_proba(X))
    c = GaussianMixtureClassifier([1, 2], covariance_type="all", random_state=0).fit(
        X[:110], y[:110]
    )
    s = gaussmix.select(X[:60], [1, 2], prior="default", effort="low", tol=1e-3, random_state=0)
    assert c.mixtures_[0].covariance_type == s.best.covariance_type
    detector = GaussianMixtureOutlierDetector(2, covariance_type="all", random_state=0).fit(X)
    assert (
        detector.mixture_.covariance_type
        == gaussmix.select(
            X,
            2,
            effort=detector.effort,
            tol=detector.tol,
            max_iter=detector.max_iter,
            random_state=0,
        ).best.covariance_type
    )


@pytest.mark.parametrize("random_state", [0, "generator"])
@pytest.mark.parametrize("choices", [{}, {"n_components": 2}, {"n_components": [1, 2]}])
def test_a_classifier_is_the_same_for_any_number_of_threads(
    random_state: Any, choices: dict[str, Any]
) -> None:
    X, y = load_iris(return_X_y=True)
    weights = np.random.default_rng(1).integers(0, 3, len(X))

    def learnt(n_threads: int) -> GaussianMixtureClassifier:
        state = np.random.default_rng(2) if random_state == "generator" else random_state
        c = GaussianMixtureClassifier(**choices, random_state=state, n_threads=n_threads)
        return c.fit(X, y, weights)

    one, two, many = learnt(1), learnt(2), learnt(7)
    for other in two, many:
        for a, b in zip(one.mixtures_, other.mixtures_, strict=True):
            np.testing.assert_array_equal(a.means, b.means)
            np.testing.assert_array_equal(a.covariances, b.covariances)
        np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))


def test_the_prior_of_classes_keeps_from_following_few_rows_too_closely() -> None:
    X, y = load_digits(return_X_y=True)

    def right(prior: Any) -> float:
        c = GaussianMixtureClassifier(2, prior=prior, random_state=0)
        return float(cross_val_score(c, X, y, cv=3).mean())

    assert right("auto") == right("default")
    assert right("auto") > right(None) + 0.05


def test_labels_keep_their_kind_and_priors_count() -> None:
    X, y = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"], dtype=object)
    c = GaussianMixtureClassifier().fit(X, names[y])
    assert set(c.predict(X)) == set(names)
    sure = GaussianMixtureClassifier(class_prior=[1, 0, 0]).fit(X, y)
    assert (sure.predict(X) == 0).all()
    np.testing.assert_array_equal(sure.predict_proba(X)[:, 0], 1)


def test_a_classifier_works_in_pipelines_and_searches() -> None:
    X, y = load_iris(return_X_y=True)
    found = GridSearchCV(
        make_pipeline(StandardScaler(), GaussianMixtureClassifier(random_state=0)),
        {"gaussianmixtureclassifier__n_components": [1, 2]},
        cv=3,
    ).fit(X, y)
    assert found.best_score_ > 0.95
    digits, labels = load_digits(return_X_y=True)
    c = GaussianMixtureClassifier(random_state=0)
    assert cross_val_score(c, digits, labels, cv=3).mean() > 0.9


# --- Regressor


def test_one_component_is_linear_regression() -> None:
    X, y = make_friedman1(300, noise=1, random_state=0)
    ours = GaussianMixtureRegressor(1, reg_covar=0).fit(X, y)
    theirs = LinearRegression().fit(X, y)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-8)
    mean, std = ours.predict(X, return_std=True)
    np.testing.assert_allclose(std, np.std(y - theirs.predict(X)), rtol=1e-8)
    np.testing.assert_allclose(
        ours.predict_quantiles(X, [0.1, 0.9]),
        mean[:, None] + std[:, None] * norm.ppf([0.1, 0.9]),
        rtol=1e-8,
    )


def test_several_targets_come_at_once() -> None:
    rng = np.random.default_rng(3)
    X = rng.uniform(-3, 3, (800, 1))
    Y = np.concatenate([np.sin(X), np.abs(X)], axis=1) + rng.normal(0, 0.1, (800, 2))
    r = GaussianMixtureRegressor(range(3, 9), random_state=0).fit(X, Y)
    assert r.score(X, Y) > 0.95
    assert r.n_targets_ == 2
    mean, std = r.predict(X, return_std=True)
    assert mean.shape == std.shape == (800, 2)
    bands = r.predict_quantiles(X, [0.05, 0.95])
    assert bands.shape == (800, 2, 2)
    inside = ((bands[..., 0] < Y) & (bands[..., 1] > Y)).mean()
    assert 0.87 < inside < 0.93
    for t in range(2):
        given = r.mixture_.marginal([0, 1 + t]).conditional(X, given=[0])
        np.testing.assert_allclose(mean[:, t], given.mean()[:, 0], rtol=1e-9)
    assert r.predict_quantiles(X, 0.5).shape == (800, 2)
    density = r.conditional(X).score_samples(Y)
    assert density.mean() > 1


def test_families_without_correlations_predict_by_components() -> None:
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(-3, 1, (200, 1)), rng.normal(3, 1, (200, 1))])
    y = np.repeat([0.0, 10.0], 200) + rng.normal(0, 0.1, 400)
    r = GaussianMixtureRegressor(2, covariance_type="diag", random_state=0).fit(X, y)
    np.testing.assert_allclose(r.predict([[-3.0], [3.0]]), [0, 10], atol=0.2)


# --- Outliers


def with_strays() -> tuple[Array, Array]:
    rng = np.random.default_rng(1)
    good = np.concatenate([rng.normal(0, 0.3, (300, 2)), rng.normal(8, 3, (300, 2))])
    return np.concatenate([good, [[-3, 4]] * 3]), np.repeat([1, -1], [600, 3])


def test_a_background_finds_outliers_that_distort_nothing() -> None:
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(size=(400, 2)), rng.uniform(-40, 40, size=(80, 2))])
    truth = np.repeat([1, -1], [400, 80])
    d = GaussianMixtureOutlierDetector(method="noise", contamination="auto", random_state=0).fit(X)
    assert (d.predict(X) == truth).mean() > 0.97
    assert (d.predict(X) == np.where(d.mixture_.predict(X) < 0, -1, 1)).all()
    np.testing.assert_allclose(d.offset_, np.log(d.mixture_.noise_weight))
    odds = d.decision_function(X)
    np.testing.assert_allclose(
        1 / (1 + np.exp(odds)), d.mixture_.predict_proba(X)[:, -1], rtol=1e-9, atol=1e-12
    )
    share = GaussianMixtureOutlierDetector(method="noise", contamination=0.1, random_state=0)
    assert (share.fit(X).predict(X) == -1).sum() == 48


@pytest.mark.parametrize("method", ["density", "mahalanobis"])
def test_outliers_are_the_share_that_was_asked_for(method: str) -> None:
    X, _ = with_strays()
    d = GaussianMixtureOutlierDetector(2, method=method, contamination=0.1, random_state=0).fit(X)
    labels = d.predict(X)
    assert (labels == -1).sum() == 60
    np.testing.assert_array_equal(d.fit_predict(X), labels)
    np.testing.assert_array_equal(labels == -1, d.decision_function(X) < 0)
    np.testing.assert_array_equal(d.decision_function(X), d.score_samples(X) - d.offset_)


def test_scores_are_densities_or_distances() -> None:
    X, _ = with_strays()
    d = GaussianMixtureOutlierDetector(2, random_state=0).fit(X)
    np.testing.assert_array_equal(d.score_samples(X), d.mixture_.score_samples(X))
    d = GaussianMixtureOutlierDetector(2, method="mahalanobis", random_state=0).fit(X)
    distances = []
    for k in range(2):
        step = X - d.mixture_.means[k]
        inverse = np.linalg.inv(d.mixture_.covariance_matrix(k))
        distances.append(np.einsum("ni,ij,nj->n", step, inverse, step))
    expected = -np.min(distances, axis=0)
    np.testing.assert_allclose(d.score_samples(X), expected, rtol=1e-9, atol=1e-12)


def test_one_component_by_distance_is_that_of_mahalanobis() -> None:
    X = problems.problem(821, n=200).X
    ours = GaussianMixtureOutlierDetector(method="mahalanobis", reg_covar=0).fit(X)
    step = X - X.mean(axis=0)
    S = np.cov(X.T, bias=True)
    expected = -np.einsum("ni,ij,nj->n", step, np.linalg.inv(S), step)
    np.testing.assert_allclose(ours.score_samples(X), expected, rtol=1e-8, atol=1e-12)


# --- All


@pytest.mark.parametrize("estimator", EACH, ids=lambda e: type(e).__name__)
def test_a_weight_of_two_is_the_row_twice_and_of_zero_none(estimator: Any) -> None:
    rng = np.random.default_rng(5)
    X = rng.normal(size=(120, 3))
    y = np.repeat([0, 1], 60)
    X[60:] += 2
    weights = rng.integers(0, 3, 120)
    one = clone(estimator).set_params(n_components=1, tol=0, max_iter=3)
    repeated = np.repeat(np.arange(120), weights)
    a = clone(one).fit(X, y, sample_weight=weights)
    b = clone(one).fit(X[repeated], y[repeated])
    np.testing.assert_allclose(a.predict(X), b.predict(X), rtol=1e-8)


@pytest.mark.parametrize("estimator", EACH, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("family", ALL)
def test_every_family_fits_and_float32_agrees(estimator: Any, family: str) -> None:
    X, y = load_iris(return_X_y=True)
    wide = clone(estimator).set_params(covariance_type=family, n_components=2, random_state=0)
    narrow = clone(wide).fit(X.astype(np.float32), y)
    wide.fit(X, y)
    assert (np.abs(narrow.predict(X) - wide.predict(X)) < 0.1).mean() > 0.95


@pytest.mark.parametrize("estimator", EACH, ids=lambda e: type(e).__name__)
def test_tables_keep_names_pickles_and_threads_agree(estimator: Any) -> None:
    X, y = load_iris(return_X_y=True)
    table = pd.DataFrame(X, columns=["a", "b", "c", "d"])
    found = clone(estimator).set_params(random_state=0).fit(table, y)
    assert list(found.feature_names_in_) == ["a", "b", "c", "d"]
    with pytest.raises(ValueError, match="same order"):
        found.predict(table[["b", "a", "c", "d"]])
    again = pickle.loads(pickle.dumps(found))
    np.testing.assert_array_equal(again.predict(table), found.predict(table))
    other = clone(found).set_params(n_threads=3).fit(table, y)
    np.testing.assert_array_equal(other.predict(table), found.predict(table))


def test_missing_values_are_to_be_imputed_first() -> None:
    X, y = load_iris(return_X_y=True)
    holes, masked = X.copy(), np.ma.masked_greater(X, 6)
    holes[3, 1] = np.nan
    for estimator in (
        GaussianMixtureClassifier(),
        GaussianMixtureRegressor(),
        GaussianMixtureOutlierDetector(),
        gaussmix.SemiSupervisedGaussianMixture(),
    ):
        fitted = clone(estimator).fit(X, y)
        for use in (lambda Z, e=estimator: e.fit(Z, y), fitted.predict):
            for wrong, where in ((holes, "row 3, column 1"), (masked, "masked entries")):
                with pytest.raises(ValueError, match=f"{where}.* GaussianMixtureImputer") as caught:
                    use(wrong)
                assert "em" not in str(caught.value).split('"')
    with pytest.raises(ValueError, match="infinity at row 0, column 0: remove or impute"):
        fitted.predict(np.full((2, 4), np.inf))


@pytest.mark.parametrize(
    "estimator", [GaussianMixtureClassifier(), gaussmix.SemiSupervisedGaussianMixture()]
)
def test_classes_that_are_none_are_refused(estimator: Any) -> None:
    X = np.arange(12.0).reshape(6, 2)
    with pytest.raises(ValueError, match="y has None at row 2: give the class of each row"):
        estimator.fit(X, ["a", "a", None, "b", "b", "b"])
    mixed = np.array(["a", "a", 1, 1, "b", "b"], dtype=object)
    with pytest.raises(ValueError, match="y has classes of several types, int, str: give one"):
        estimator.fit(X, mixed)


def test_targets_that_are_text_are_named() -> None:
    X = np.arange(6.0).reshape(3, 2)
    with pytest.raises(ValueError, match="y has 'much' at row 1"):
        GaussianMixtureRegressor(1).fit(X, ["1", "much", "3"])


@pytest.mark.parametrize(
    ("fit", "message"),
    [
        (lambda X, y: GaussianMixtureClassifier(0).fit(X, y), r"^n_components=0 must be at least"),
        (
            lambda X, y: GaussianMixtureClassifier(60).fit(X, y),
            r"^n_components=60 needs as many rows of class 0",
        ),
        (lambda X, y: GaussianMixtureClassifier(2, shared=True).fit(X, y), r"^n_components=2 must"),
        (lambda X, y: GaussianMixtureClassifier(class_prior=[1]).fit(X, y), r"^class_prior has sh"),
        (
            lambda X, y: GaussianMixtureClassifier(class_prior=[1, 1, 1]).fit(X, y),
            r"^class_prior=.* sum to 1",
        ),
        (lambda X, y: GaussianMixtureClassifier().fit(X, y[1:]), r"^y has 149 labels"),
        (lambda X, y: GaussianMixtureClassifier(covariance_type=[]).fit(X, y), r"^covariance_type"),
        (lambda X, y: GaussianMixtureRegressor().fit(X, y[1:]), r"^y has 149 rows"),
        (lambda X, y: GaussianMixtureRegressor().fit(X, [*y[1:], np.nan]), r"y contains NaN"),
        (lambda X, y: GaussianMixtureRegressor().fit(X, y).predict_quantiles(X, 2), r"^q has 2"),
        (
            lambda X, _: GaussianMixtureOutlierDetector(contamination=0.6).fit(X),
            r"^contamination=0.6 must be in",
        ),
        (lambda X, _: GaussianMixtureOutlierDetector(method="x").fit(X), r"^method='x'"),
        (
            lambda X, _: GaussianMixtureOutlierDetector(contamination="auto").fit(X),
            r"^contamination='auto' is for method='noise', not 'density'",
        ),
        (
            lambda X, _: GaussianMixtureOutlierDetector().fit(X, sample_weight=[1]),
            r"^sample_weight has 1 weights, but X has 150",
        ),
        (
            lambda X, _: GaussianMixtureOutlierDetector().fit(X, sample_weight=-np.ones(150)),
            r"^sample_weight must be finite",
        ),
    ],
)
def test_errors_name_the_argument(fit: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fit(*load_iris(return_X_y=True))
