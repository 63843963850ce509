"""Maximum a posteriori: against the published formulas, R's mclust and SciPy's densities."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from scipy import stats

import gaussmix
import problems
import reference
from comparing import assert_parameters_close, parameters_of

MCLUST = json.loads((problems.HERE / "data" / "iris_prior_mclust.json").read_text())


def iris() -> problems.Array:
    return np.loadtxt(problems.IRIS_CSV, delimiter=",", skiprows=1, usecols=range(4))


SPECIES = np.repeat([0, 1, 2], 50)


def log_prior(p: reference.Parameters, prior: reference.Prior) -> float:
    """The logarithm of the prior density, from SciPy's."""
    d = p.means.shape[1]
    precision, nu = prior.mean_precision, prior.degrees_of_freedom
    matrices = reference.covariance_matrices(p)
    sum_ = 0.0
    for mean, matrix in zip(p.means, matrices, strict=True):
        sum_ += stats.multivariate_normal.logpdf(mean, prior.mean, matrix / precision)
    if p.covariance_type in ("full", "tied"):
        wishart = stats.invwishart(nu, np.atleast_2d(prior.covariance))
        distinct = matrices if p.covariance_type == "full" else matrices[:1]
        return sum_ + sum(float(wishart.logpdf(matrix)) for matrix in distinct)
    variances = np.asarray(p.covariances).reshape(len(matrices), -1)
    scale = np.broadcast_to(prior.covariance, (variances.shape[1],))
    for row in variances:
        sum_ += stats.invgamma.logpdf(row, nu / 2, scale=scale / 2).sum()
    assert variances.shape[1] == (d if p.covariance_type == "diag" else 1)
    return float(sum_)


def given(case: problems.Problem, covariance_type: str) -> tuple[gaussmix.Prior, reference.Prior]:
    """A prior with every hyperparameter given."""
    d = case.X.shape[1]
    root = np.random.default_rng(3).normal(size=(d, d))
    matrix = root @ root.T + np.eye(d)
    covariance = {
        "full": matrix,
        "tied": matrix,
        "diag": np.diag(matrix).copy(),
        "spherical": np.asarray(2.5),
    }[covariance_type]
    mean = np.arange(d) - 1.0
    return (
        gaussmix.Prior(mean, 3.0, d + 4.5, covariance),
        reference.Prior(mean, 3.0, d + 4.5, covariance),
    )


def test_the_oracle_s_step_is_mclust_s(covariance_type: str) -> None:
    X, expected = iris(), MCLUST[covariance_type]
    prior = reference.default_prior(X, 3, covariance_type)
    step = reference.map_step(X, reference.one_hot(SPECIES, 3), covariance_type, prior)
    np.testing.assert_allclose(step.means.ravel(), expected["step_means"], rtol=1e-13)
    matrices = np.moveaxis(reference.covariance_matrices(step), 0, -1)
    np.testing.assert_allclose(
        matrices.ravel(order="F"), expected["step_covariances"], rtol=1e-11, atol=1e-14
    )


def test_the_default_prior_ends_where_mclust_does(covariance_type: str) -> None:
    X, expected = iris(), MCLUST[covariance_type]
    model = gaussmix.fit(
        X, 3, covariance_type=covariance_type, init=SPECIES, prior="default", tol=0, max_iter=1000
    )
    # mclust stops by its likelihood, which is not what such a fit raises: a few digits short.
    assert model.score(X) * len(X) == pytest.approx(expected["log_likelihood"], abs=1e-4)
    np.testing.assert_allclose(model.weights, expected["weights"], atol=1e-5)
    np.testing.assert_allclose(model.means.ravel(), expected["means"], rtol=1e-4)


@pytest.mark.parametrize("default", [True, False])
def test_steps_are_those_of_the_oracle(covariance_type: str, default: bool) -> None:
    case = problems.problem(200, n=150, n_components=3, n_features=3)
    prior, expected = given(case, covariance_type)
    if default:
        prior = gaussmix.Prior()
        expected = reference.default_prior(case.X, 3, covariance_type)
    r = np.random.default_rng(1).dirichlet(np.ones(3), size=150)
    options: dict[str, Any] = {"covariance_type": covariance_type, "prior": prior, "tol": 0}
    model = gaussmix.fit(case.X, 3, init=r, max_iter=3, **options)
    p = reference.map_step(case.X, r, covariance_type, expected)
    for _ in range(3):
        r = reference.responsibilities(case.X, p)
        p = reference.map_step(case.X, r, covariance_type, expected, before=p)
    assert_parameters_close(model, p)


@pytest.mark.parametrize("n_features", [2, 41])
def test_the_history_is_the_penalised_likelihood_and_never_falls(
    covariance_type: str, n_features: int
) -> None:
    case = problems.problem(201, n=120, n_components=3, n_features=n_features)
    prior, expected = given(case, covariance_type)
    options: dict[str, Any] = {
        "covariance_type": covariance_type,
        "prior": prior,
        "random_state": 0,
        "init": "random",
        "tol": 0,
    }
    long = gaussmix.fit(case.X, 3, max_iter=200, **options)
    assert (np.diff(long.history) >= -1e-12 * np.abs(long.history[1:])).all()
    # Of the parameters after 5 and 9 iterations, which enter iterations 6 and 10.
    values = []
    for n_iter in (5, 9):
        p = parameters_of(gaussmix.fit(case.X, 3, max_iter=n_iter, **options))
        values.append(reference.log_likelihood(case.X, p) + log_prior(p, expected))
    difference = (long.history[9] - long.history[5]) * len(case.X)
    assert difference == pytest.approx(values[1] - values[0], rel=1e-8, abs=1e-9)


@pytest.mark.parametrize("weight", [2.0, 3.0])
def test_a_weight_is_so_many_rows(covariance_type: str, weight: float) -> None:
    case = problems.problem(202, n=80, n_components=2, n_features=2)
    labels = case.labels
    options: dict[str, Any] = {"covariance_type": covariance_type, "prior": "default"}
    weighted = gaussmix.fit(
        case.X, 2, init=labels, sample_weight=np.full(80, weight), max_iter=5, tol=0, **options
    )
    repeated = gaussmix.fit(
        np.repeat(case.X, int(weight), axis=0),
        2,
        init=np.repeat(labels, int(weight)),
        max_iter=5,
        tol=0,
        **options,
    )
    assert_parameters_close(weighted, parameters_of(repeated))


def test_components_do_not_collapse_under_a_prior(covariance_type: str) -> None:
    X = np.repeat([[0.0, 1.0], [2.0, 3.0], [2.5, 1.0]], 10, axis=0)
    model = gaussmix.fit(
        X, 3, covariance_type=covariance_type, init=np.repeat([0, 1, 2], 10), prior="default"
    )
    assert model.events == ()
    assert model.converged
    assert np.linalg.eigvalsh(reference.covariance_matrices(parameters_of(model))).min() > 1e-4


def test_a_start_from_a_sample_ends_where_a_given_start_does(covariance_type: str) -> None:
    case = problems.blobs(203, n=20000, n_components=3)
    options: dict[str, Any] = {"covariance_type": covariance_type, "tol": 1e-10, "max_iter": 300}
    prior = gaussmix.Prior(mean_precision=50.0, degrees_of_freedom=5000.0)
    found = gaussmix.fit(case.X, 3, prior=prior, random_state=0, **options)
    expected = gaussmix.fit(case.X, 3, prior=prior, init=case.labels, **options)
    assert found.history[-1] == pytest.approx(expected.history[-1], abs=1e-7)
    assert found.history[0] > found.history[-1] - 0.01  # the sample's prior counted for as much


@pytest.mark.parametrize("rows", ["equal", "constant column", "few"])
def test_data_of_no_volume_give_a_finite_mixture_under_the_default_prior(
    covariance_type: str, rows: str
) -> None:
    X = problems.problem(205, n=60, n_components=2, n_features=3).X.copy()
    if rows == "equal":
        X[:] = 7.0
    elif rows == "constant column":
        X[:, 1] = 7.0
    else:
        X = X[:3]
    model = gaussmix.fit(X, 2, covariance_type=covariance_type, prior="default", random_state=0)
    assert np.isfinite(model.history).all()
    assert model.weights.sum() == pytest.approx(1)
    assert (np.linalg.eigvalsh(reference.covariance_matrices(parameters_of(model))) > 0).all()


@pytest.mark.parametrize("seed", [3, 7, 10, 11])
def test_shares_that_sum_to_one_give_sure_covariances_under_the_default_prior(
    covariance_type: str, seed: int
) -> None:
    # Singular along a direction that is no axis, as is the prior: a factorisation may pass by luck.
    X = np.random.default_rng(seed).dirichlet([0.2] * 5, 300)
    model = gaussmix.fit(X, 3, covariance_type=covariance_type, prior="default", random_state=0)
    for covariance in reference.covariance_matrices(parameters_of(model)):
        scale = np.sqrt(np.diag(covariance))
        assert np.linalg.eigvalsh(covariance / scale / scale[:, None]).min() > 2e-15
        np.linalg.cholesky(covariance)


def far_apart(seed: int, n: int, d: int, separation: float = 8.0) -> problems.Problem:
    """Two clusters that no algorithm mistakes, in features of units of their own."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    root = np.eye(d) + 0.3 * rng.normal(size=(d, d)) / np.sqrt(d)
    X = rng.normal(size=(n, d)) @ root + separation * labels[:, None]
    units = np.exp2(rng.integers(-4, 5, size=d)) if d > 1 else np.ones(d)
    truth = reference.Parameters(
        np.full(2, 0.5),
        np.stack([np.zeros(d), separation * units]),
        np.stack([root.T @ root * np.outer(units, units)] * 2),
        "full",
    )
    return problems.Problem(X * units, labels, truth)


def as_given(prior: reference.Prior) -> gaussmix.Prior:
    return gaussmix.Prior(
        prior.mean, prior.mean_precision, prior.degrees_of_freedom, prior.covariance
    )


@pytest.mark.parametrize(("n", "d"), [(40, 2), (40, 20), (24, 60), (10, 3)])
def test_the_default_prior_of_few_rows_is_the_oracle_s(
    covariance_type: str, n: int, d: int
) -> None:
    case = far_apart(206, n, d)
    expected = reference.few_rows_prior(case.X, case.labels, 2, covariance_type)
    options: dict[str, Any] = {"covariance_type": covariance_type, "init": case.labels, "tol": 0}
    model = gaussmix.fit(case.X, 2, prior="default", max_iter=3, **options)
    oracle = gaussmix.fit(case.X, 2, prior=as_given(expected), max_iter=3, **options)
    np.testing.assert_allclose(model.history, oracle.history, rtol=1e-9)
    assert_parameters_close(model, parameters_of(oracle))


@pytest.mark.parametrize(("rows_a_feature", "is_theirs"), [(12, True), (11.9, False), (10, False)])
def test_the_default_prior_is_mclust_s_from_twelve_rows_a_feature_on(
    covariance_type: str, rows_a_feature: float, is_theirs: bool
) -> None:
    d = 10
    case = problems.problem(207, n=round(2 * rows_a_feature * d), n_components=2, n_features=d)
    expected = reference.default_prior(case.X, 2, covariance_type)
    options: dict[str, Any] = {"covariance_type": covariance_type, "init": case.labels, "tol": 0}
    model = gaussmix.fit(case.X, 2, prior="default", max_iter=2, **options)
    oracle = gaussmix.fit(case.X, 2, prior=as_given(expected), max_iter=2, **options)
    difference = np.abs(model.covariances / oracle.covariances - 1).max()
    assert (difference < 1e-10) == is_theirs


def test_the_default_prior_changes_little_with_one_row_more(covariance_type: str) -> None:
    d = 10
    case = problems.problem(208, n=260, n_components=2, n_features=d)
    options: dict[str, Any] = {"covariance_type": covariance_type, "prior": "default", "tol": 0}
    variances = []
    for n in range(196, 246):
        model = gaussmix.fit(case.X[:n], 2, init=case.labels[:n], max_iter=1, **options)
        matrices = reference.covariance_matrices(parameters_of(model))
        variances.append(np.log(np.diagonal(matrices, axis1=1, axis2=2)))
    assert np.abs(np.diff(variances, axis=0)).max() < 0.1


@pytest.mark.parametrize("separation", [1.0, 4.0, 20.0])
@pytest.mark.parametrize(("n", "d"), [(60, 6), (40, 20), (30, 30), (30, 60), (20, 200)])
def test_the_default_prior_is_a_remedy_at_any_number_of_features(
    covariance_type: str, n: int, d: int, separation: float
) -> None:
    gains = []
    for seed in range(4):
        case = far_apart(seed, n + 200, d, separation)
        train, test = case.X[:n], case.X[n:]
        options: dict[str, Any] = {"covariance_type": covariance_type, "random_state": 0}
        with_prior = gaussmix.fit(train, 2, prior="default", **options)
        assert with_prior.events == ()
        gains.append(with_prior.score(test) - gaussmix.fit(train, 2, **options).score(test))
        if covariance_type in ("full", "tied", "diag"):
            truth = reference.log_likelihood(test, case.truth) / len(test)
            assert with_prior.score(test) > truth - 0.4 * d - 1
    assert np.mean(gains) > -0.05 - 0.001 * d


def test_ninety_rows_of_a_hundred_features_have_a_remedy() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(290, 100))
    X[::2] += 1
    scores = {
        (family, prior): gaussmix.fit(
            X[:90], 2, covariance_type=family, prior=prior, random_state=0
        ).score(X[90:])
        for family in ("full", "tied", "diag", "spherical")
        for prior in (None, "default")
    }
    for family in ("full", "tied", "diag", "spherical"):
        assert scores[family, "default"] > scores[family, None]
        assert scores[family, "default"] > -150  # the truth has -142


def test_units_of_features_do_not_matter_to_the_default_prior(covariance_type: str) -> None:
    if covariance_type == "spherical":
        pytest.skip("one variance for all features has one unit")
    case = far_apart(209, 30, 40)
    units = np.exp2(np.random.default_rng(0).integers(-40, 41, size=40))
    options: dict[str, Any] = {"covariance_type": covariance_type, "random_state": 0}
    model = gaussmix.fit(case.X, 2, prior="default", **options)
    scaled = gaussmix.fit(case.X * units, 2, prior="default", **options)
    np.testing.assert_allclose(scaled.means / units, model.means, rtol=1e-9)
    square = units if covariance_type == "diag" else np.sqrt(np.outer(units, units))
    np.testing.assert_allclose(scaled.covariances / square**2, model.covariances, rtol=1e-9)


def test_the_default_prior_leaves_features_of_small_units_alone() -> None:
    # mclust's mean of all variances is 250 000 times that of most; a share of a row is left of it.
    case = far_apart(210, 400, 4)
    X = case.X / case.X.std(axis=0) * [1, 1e3, 1, 1]
    plain = gaussmix.fit(X, 2, covariance_type="diag", random_state=0)
    model = gaussmix.fit(X, 2, covariance_type="diag", random_state=0, prior="default")
    ratio = model.covariances / plain.covariances
    assert ratio.max() < 2
    assert ratio.min() > 0.9


def test_weights_are_rows_to_the_default_prior_of_few_rows(covariance_type: str) -> None:
    case = far_apart(211, 30, 20)
    options: dict[str, Any] = {
        "covariance_type": covariance_type,
        "prior": "default",
        "max_iter": 5,
        "tol": 0,
    }
    weights = np.arange(30) % 3 + 1
    weighted = gaussmix.fit(case.X, 2, init=case.labels, sample_weight=weights, **options)
    repeated = gaussmix.fit(
        np.repeat(case.X, weights, axis=0), 2, init=np.repeat(case.labels, weights), **options
    )
    assert_parameters_close(weighted, parameters_of(repeated))


def test_single_precision_has_the_same_default_prior(covariance_type: str) -> None:
    case = far_apart(212, 30, 40)
    X = case.X.astype(np.float32)
    options: dict[str, Any] = {"covariance_type": covariance_type, "prior": "default"}
    options["init"] = case.labels
    single = gaussmix.fit(X, 2, **options)
    double = gaussmix.fit(X.astype(np.float64), 2, **options)
    np.testing.assert_allclose(single.covariances, double.covariances, rtol=1e-3, atol=1e-3)
    assert single.score(X) == pytest.approx(double.score(X), rel=1e-5)


@pytest.mark.parametrize("weight", [1.0, 1e6])
def test_nothing_has_to_be_mended_under_the_default_prior(
    covariance_type: str, weight: float
) -> None:
    # Constant features, features that are sums of others, more features than rows.
    X = far_apart(213, 30, 40).X
    X[:, 3] = 7
    X[:, 5] = X[:, 6] + X[:, 7]
    model = gaussmix.fit(
        X,
        2,
        covariance_type=covariance_type,
        prior="default",
        random_state=0,
        sample_weight=np.full(30, weight),
    )
    assert model.events == ()
    assert model.converged


def test_threads_do_not_change_a_bit_under_a_prior(covariance_type: str) -> None:
    X = far_apart(215, 40, 170).X
    one, two = (
        gaussmix.fit(
            X,
            2,
            covariance_type=covariance_type,
            prior="default",
            random_state=0,
            n_threads=n_threads,
        )
        for n_threads in (1, 2)
    )
    assert (one.history == two.history).all()
    assert (one.covariances == two.covariances).all()


def test_degrees_of_freedom_of_single_variances_may_be_few() -> None:
    X = far_apart(214, 30, 40).X
    for family in ("diag", "spherical"):
        m = gaussmix.fit(X, 2, covariance_type=family, prior=gaussmix.Prior(degrees_of_freedom=0.5))
        assert m.events == ()
        with pytest.raises(ValueError, match="degrees_of_freedom=0 must be more than 0 and"):
            gaussmix.fit(X, 2, covariance_type=family, prior=gaussmix.Prior(degrees_of_freedom=0))
    with pytest.raises(ValueError, match="must be more than n_features-1 = 39"):
        gaussmix.fit(X, 2, prior=gaussmix.Prior(degrees_of_freedom=39))


@pytest.mark.parametrize(
    ("prior", "error", "message"),
    [
        ("weak", TypeError, "prior='weak' must be 'default', a gaussmix.Prior or None"),
        (gaussmix.Prior([1.0]), ValueError, "prior.mean has 1 numbers, expected 2"),
        (gaussmix.Prior([1.0, np.nan]), ValueError, "prior.mean has a number that is not finite"),
        (gaussmix.Prior(mean_precision=0), ValueError, "precision=0 must be more than 0 and"),
        (gaussmix.Prior(mean_precision=1e200), ValueError, "0 and at most 1e+100"),
        (gaussmix.Prior(degrees_of_freedom=1), ValueError, "=1 must be more than n_features-1 = 1"),
        (gaussmix.Prior(covariance=[1.0]), ValueError, "prior.covariance has 1 numbers, expected"),
        (gaussmix.Prior(covariance=-np.eye(2)), ValueError, "prior.covariance has the variance -1"),
        (gaussmix.Prior(mean="a"), TypeError, "prior.mean"),
    ],
)
def test_an_unusable_prior_is_refused(prior: Any, error: type[Exception], message: str) -> None:
    X = problems.problem(204, n=50, n_components=2, n_features=2).X
    with pytest.raises(error) as raised:
        gaussmix.fit(X, 2, prior=prior)
    assert message in str(raised.value)
