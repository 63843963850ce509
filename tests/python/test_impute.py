"""Imputation: means, covariances and draws of missing values against sums over components."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.impute import MissingIndicator
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

import gaussmix
import reference
from gaussmix import GaussianMixtureImputer

K = 3
Array = reference.Array


def mixture(covariance_type: str = "full", d: int = 5, n_components: int = K) -> gaussmix.Mixture:
    """Return a mixture whose features correlate, if the family lets them."""
    rng = np.random.default_rng(1)
    labels = np.arange(300) % n_components
    Y = 2 * rng.normal(size=(n_components, d))[labels]
    Y += rng.normal(size=(300, d)) @ rng.normal(size=(d, d))
    return gaussmix.fit(
        Y,
        n_components,
        covariance_type=covariance_type,
        init=labels,
        max_iter=0,
        acceleration="off",
    )


def with_holes(X: Array, share: float = 0.3, seed: int = 0) -> Array:
    """Return a copy with values lost at random; the first row keeps none, the second all."""
    X = np.array(X, dtype=X.dtype)
    holes = np.random.default_rng(seed).random(X.shape) < share
    holes[0], holes[1] = True, False
    X[holes] = np.nan
    return X


def by_row(m: gaussmix.Mixture, x: Array) -> tuple[Array, Array, Array]:
    """Return a row's mean and covariance given what it has, and p(k | x), by NumPy."""
    d = m.n_features
    o, u = np.flatnonzero(~np.isnan(x)), np.flatnonzero(np.isnan(x))
    logs, means, spreads = np.log(m.weights), [], []
    for k in range(m.n_components):
        S = m.covariance_matrix(k)
        B = S[np.ix_(u, o)] @ np.linalg.inv(S[np.ix_(o, o)])
        gap = x[o] - m.means[k][o]
        means.append(m.means[k][u] + B @ gap)
        spreads.append(S[np.ix_(u, u)] - B @ S[np.ix_(o, u)])
        if len(o):
            logs[k] += reference.log_gaussian(x[None, o], m.means[k][o], S[np.ix_(o, o)])[0]
    shares = np.exp(logs - np.logaddexp.reduce(logs))
    mean = x.astype(float)
    mean[u] = shares @ np.array(means)
    covariance = np.zeros((d, d))
    covariance[np.ix_(u, u)] = sum(
        share * (spread + np.outer(own - mean[u], own - mean[u]))
        for share, own, spread in zip(shares, means, spreads, strict=True)
    )
    return mean, covariance, shares


@pytest.mark.parametrize("covariance_type", reference.ALL_TYPES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_means_and_covariances_are_those_given_the_row(covariance_type: str, dtype: Any) -> None:
    m = mixture(covariance_type)
    X = with_holes(m.sample(53, 0)[0].astype(dtype))
    filled, covariances = m.impute(X, return_covariance=True)
    for x, row, covariance in zip(X.astype(float), filled, covariances, strict=True):
        mean, spread, _ = by_row(m, x)
        np.testing.assert_allclose(row, mean, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(covariance, spread, rtol=1e-8, atol=1e-9)
    assert np.array_equal(filled[~np.isnan(X)], X[~np.isnan(X)].astype(float))
    assert np.array_equal(filled, m.impute(X))


@pytest.mark.parametrize("n_components", [1, 8, 9])
def test_any_number_of_components_and_features_will_do(n_components: int) -> None:
    for d in (2, 9, 17):
        m = mixture("full", d, n_components)
        X = with_holes(m.sample(21, 0)[0])
        filled = m.impute(X)
        for x, row in zip(X, filled, strict=True):
            np.testing.assert_allclose(row, by_row(m, x)[0], rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("covariance_type", ["full", "diag"])
def test_draws_have_the_moments_that_the_row_leaves(covariance_type: str) -> None:
    m = mixture(covariance_type)
    x = m.sample(1, 3)[0]
    x[0, [1, 4, 2]] = np.nan
    u = np.array([1, 2, 4])
    n = 40000
    drawn = m.impute(x, n_draws=n, random_state=0)
    assert drawn.shape == (n, 1, 5)
    mean, covariance, _ = by_row(m, x[0])
    spread = np.sqrt(np.diag(covariance)[u])
    assert np.abs((drawn[:, 0, u].mean(axis=0) - mean[u]) / spread).max() < 5 / np.sqrt(n)
    found = np.cov(drawn[:, 0, u].T)
    assert np.abs((found - covariance[np.ix_(u, u)]) / np.outer(spread, spread)).max() < 0.05
    assert np.array_equal(drawn[:, 0, [0, 3]], np.repeat(x[:, [0, 3]], n, axis=0))


def test_more_draws_and_other_rows_leave_draws_as_they_are() -> None:
    m = mixture()
    X = with_holes(m.sample(40, 0)[0])
    five = m.impute(X, n_draws=5, random_state=7)
    assert np.array_equal(m.impute(X, n_draws=1, random_state=7)[0], five[0])
    assert np.array_equal(m.impute(X[:9], n_draws=5, random_state=7), five[:, :9])
    assert not np.array_equal(five[0], five[1])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_bits_do_not_depend_on_threads(dtype: Any) -> None:
    m = mixture("full", 7)
    X = with_holes(m.sample(6001, 0)[0].astype(dtype))
    for options in ({}, {"return_covariance": True}, {"n_draws": 2, "random_state": 0}):
        found = [m.impute(X, n_threads=t, **options) for t in (1, 2, 5)]
        for other in found[1:]:
            assert np.array_equal(
                np.concatenate([np.ravel(a) for a in found[0]]),
                np.concatenate([np.ravel(a) for a in other]),
            )


def test_missing_values_may_be_masked_null_or_none() -> None:
    pd = pytest.importorskip("pandas")
    m = mixture()
    X = with_holes(m.sample(30, 0)[0])
    expected = m.impute(X)
    frame = pd.DataFrame(X, columns=list("abcde"))
    for other in (np.ma.masked_invalid(X), frame, frame.astype("Float64"), X.astype(object)):
        assert np.array_equal(m.impute(other), expected)
    whole = np.asfortranarray(np.nan_to_num(X))
    assert np.array_equal(m.impute(whole), whole)


def test_integers_lack_nothing() -> None:
    X = np.arange(10).reshape(2, 5)
    assert np.array_equal(mixture().impute(X), X)


def test_batches_are_imputed_one_after_another() -> None:
    m = mixture()
    X = with_holes(m.sample(30, 0)[0])
    parts = list(m.impute(gaussmix.Batches([X[:11], X[:0], X[11:]])))
    assert [len(part) for part in parts] == [11, 0, 19]
    assert np.array_equal(np.concatenate(parts), m.impute(X))
    pairs = list(m.impute(gaussmix.Batches([X[:11], X[:0]]), return_covariance=True))
    assert [part[1].shape for part in pairs] == [(11, 5, 5), (0, 5, 5)]


def test_far_rows_and_far_data_are_imputed() -> None:
    m = mixture()
    X = m.sample(4, 0)[0]
    X[0, 0], X[1, 0], X[:, 3] = 1e150, -1e30, np.nan
    assert np.isfinite(m.impute(X)).all()
    assert np.isfinite(m.impute(X, n_draws=2, random_state=0)).all()


def test_a_posterior_imputes() -> None:
    X = with_holes(mixture().sample(300, 0)[0])
    b = (
        gaussmix.BayesianGaussianMixture(n_components=2, random_state=0)
        .fit(np.nan_to_num(X))
        .mixture_
    )
    assert np.isfinite(b.impute(X)).all()
    assert np.isfinite(b.impute(X, n_draws=2, random_state=0)).all()


def test_errors_name_argument_and_remedy() -> None:
    m = mixture()
    X = with_holes(m.sample(10, 0)[0])
    with pytest.raises(ValueError, match="X has 4 features"):
        m.impute(X[:, :4])
    with pytest.raises(ValueError, match="n_draws=0 must be at least 1"):
        m.impute(X, n_draws=0, random_state=0)
    with pytest.raises(ValueError, match="return_covariance is of means"):
        m.impute(X, n_draws=2, return_covariance=True)
    with pytest.raises(ValueError, match="random_state is of draws"):
        m.impute(X, random_state=0)
    X[4, 2] = np.inf
    with pytest.raises(ValueError, match="infinity at row 4, column 2"):
        m.impute(X)
    noisy = gaussmix.Mixture(
        m.weights / 2, m.means, m.covariances, noise=gaussmix.Noise(0.5, log_volume=3.0)
    )
    X[4, 2] = 0
    with pytest.raises(ValueError, match=r"only the volume is known"):
        noisy.impute(X)
    assert np.array_equal(noisy.impute(X[1:2]), X[1:2])


# --- The imputer


@parametrize_with_checks(
    [
        GaussianMixtureImputer(),
        GaussianMixtureImputer(2, random_state=0, covariance_type="diag", add_indicator=True),
        GaussianMixtureImputer(missing_values=-1, keep_empty_features=True),
    ]
)
def test_it_passes_every_check_of_scikit_learn(estimator: Any, check: Any) -> None:
    check(estimator)


def test_it_imputes_by_a_mixture_that_is_fitted_around_holes() -> None:
    X = with_holes(load_iris().data, 0.2)
    imputer = GaussianMixtureImputer(3, random_state=0)
    filled = imputer.fit_transform(X)
    m = gaussmix.fit(X, 3, missing="em", random_state=0)
    assert np.array_equal(filled, m.impute(X))
    assert imputer.mixture_ == m
    assert np.array_equal(pickle.loads(pickle.dumps(imputer)).transform(X), filled)
    assert imputer.transform(X.astype(np.float32)).dtype == np.float32


def test_clusters_are_imputed_better_than_by_one_component() -> None:
    truth = load_iris().data
    X = with_holes(truth, 0.2)
    lost = np.isnan(X)

    def error(filled: Array) -> float:
        return float(np.mean((filled - truth)[lost] ** 2))

    by = {k: GaussianMixtureImputer(k, random_state=0).fit_transform(X) for k in (1, 3)}
    means = np.broadcast_to(np.nanmean(X, axis=0), X.shape)
    assert error(by[3]) < error(by[1]) < error(means)


def test_the_number_of_components_is_chosen_around_holes() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 3)) + 9 * np.eye(3)[np.arange(300) % 3]
    imputer = GaussianMixtureImputer([1, 2, 3, 4], covariance_type=["diag", "spherical"])
    imputer.set_params(random_state=0).fit(with_holes(X, 0.2))
    assert imputer.mixture_.n_components == 3
    assert imputer.mixture_.covariance_type == "spherical"
    assert np.isfinite(imputer.transform(with_holes(X, 0.4, seed=1))).all()


def test_other_numbers_may_stand_for_missing_values() -> None:
    X = with_holes(load_iris().data, 0.2)
    expected = GaussianMixtureImputer(2, random_state=0).fit_transform(X)
    marked = np.nan_to_num(X, nan=-99.0)
    found = GaussianMixtureImputer(2, missing_values=-99, random_state=0).fit_transform(marked)
    assert np.array_equal(found, expected)
    imputer = GaussianMixtureImputer(2, missing_values=-99, random_state=0).fit(marked)
    row, column = np.argwhere(np.isnan(X))[0]
    for absent in (X, np.ma.masked_invalid(X), X.astype(object)):
        for use in (imputer.transform, GaussianMixtureImputer(2, missing_values=-99).fit):
            beside = rf"at row {row}, column {column}, beside missing_values=-99: write that there"
            with pytest.raises(ValueError, match=beside):
                use(absent)
    with pytest.raises(TypeError, match=r"missing_values='\?' must be a number"):
        GaussianMixtureImputer(missing_values="?").fit(marked)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sample_posterior": "no"}, "sample_posterior='no' must be True or False"),
        ({"add_indicator": 1}, "add_indicator=1 must be True or False"),
        ({"keep_empty_features": None}, "keep_empty_features=None must be"),
        ({"missing_values": True}, "missing_values=True must be a number, or NaN"),
        ({"missing_values": np.True_}, r"missing_values=.*True.* must be a number"),
    ],
    ids=str,
)
def test_options_of_another_kind_are_refused(options: dict[str, Any], message: str) -> None:
    X = [[1.0, 2.0], [2.0, 3.0], [4.0, 1.0]]
    with pytest.raises(TypeError, match=message):
        GaussianMixtureImputer(**options).fit(X)
    with pytest.raises(TypeError, match=message):
        GaussianMixtureImputer().fit(X).set_params(**options).transform(X)


def test_each_transform_draws_anew_and_fits_repeat() -> None:
    X = with_holes(load_iris().data, 0.2)
    imputers = [
        GaussianMixtureImputer(2, sample_posterior=True, random_state=0).fit(X) for _ in range(2)
    ]
    first = [imputer.transform(X) for imputer in imputers]
    assert np.array_equal(*first)
    assert not np.array_equal(imputers[0].transform(X), first[0])
    seen = ~np.isnan(X)
    assert np.array_equal(first[0][seen], X[seen])


@pytest.mark.parametrize("keep", [False, True])
def test_empty_features_are_dropped_or_kept(keep: bool) -> None:
    X = with_holes(load_iris().data, 0.2)
    X[:, 2] = np.nan
    imputer = GaussianMixtureImputer(keep_empty_features=keep).fit(X)
    filled = imputer.transform(X)
    assert filled.shape == (150, 4 if keep else 3)
    names = imputer.get_feature_names_out(["a", "b", "c", "d"])
    assert list(names) == (["a", "b", "c", "d"] if keep else ["a", "b", "d"])
    if keep:
        assert not filled[:, 2].any()
    with pytest.raises(ValueError, match="no value in any column"):
        GaussianMixtureImputer().fit(np.full((5, 2), np.nan))


def test_indicators_and_names_come_out() -> None:
    pd = pytest.importorskip("pandas")
    X = with_holes(load_iris().data, 0.2)
    X[:, 0] = load_iris().data[:, 0]
    frame = pd.DataFrame(X, columns=["a", "b", "c", "d"], index=np.arange(150) * 2)
    imputer = GaussianMixtureImputer(add_indicator=True).set_output(transform="pandas")
    found = imputer.fit_transform(frame)
    assert list(found.columns) == ["a", "b", "c", "d"] + [f"missingindicator_{c}" for c in "bcd"]
    assert (found.index == frame.index).all()
    flags = MissingIndicator().fit_transform(frame)
    assert np.array_equal(found.to_numpy()[:, 4:], flags)
    with pytest.raises(ValueError, match="input_features is not equal"):
        imputer.get_feature_names_out(["b", "a", "c", "d"])
    plain = GaussianMixtureImputer().fit(X)
    assert list(plain.get_feature_names_out()) == ["x0", "x1", "x2", "x3"]
    with pytest.raises(ValueError, match="should have length"):
        plain.get_feature_names_out(["a"])


def test_rows_of_no_weight_do_not_count() -> None:
    X = with_holes(load_iris().data, 0.2)
    weights = np.repeat([1.0, 0.0], [100, 50])
    a = GaussianMixtureImputer().fit(X, sample_weight=weights)
    b = GaussianMixtureImputer().fit(X[:100])
    np.testing.assert_allclose(a.transform(X), b.transform(X), rtol=1e-9)


def test_it_serves_in_a_pipeline() -> None:
    X, y = load_iris(return_X_y=True)
    pipe = make_pipeline(
        GaussianMixtureImputer(3, random_state=0),
        gaussmix.GaussianMixtureClassifier(shared=True, covariance_type="tied"),
    )
    assert pipe.fit(with_holes(X, 0.2), y).score(X, y) > 0.9


def test_the_imputer_names_infinity_where_it_was() -> None:
    X = np.random.default_rng(0).normal(size=(60, 3))
    X[:, 1] = np.nan
    holed = X.copy()
    holed[4, 2] = np.inf
    with pytest.raises(ValueError, match="infinity at row 4, column 2"):
        gaussmix.GaussianMixtureImputer(2).fit(holed)
    imputer = gaussmix.GaussianMixtureImputer(2).fit(X)
    holed[4] = [0, np.inf, 0]
    with pytest.raises(ValueError, match="infinity at row 4, column 1"):
        imputer.transform(holed)


def test_parts_take_missing_values_as_the_whole_does() -> None:
    X = np.random.default_rng(0).normal(size=(60, 3))
    X[::5, 1] = np.nan
    m = gaussmix.fit(X, 1, missing="em")
    assert np.isfinite(m.marginal([0, 1]).score(X[:, :2]))
    assert gaussmix.mix([m, m]).score(X) == pytest.approx(m.score(X))
