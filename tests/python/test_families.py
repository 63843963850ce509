"""The ten constrained families: the oracle's steps, and the options and hosts that others have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import families
import gaussmix
import problems
import reference
from comparing import assert_fit_close, assert_parameters_close, assert_same_parameters
from gaussmix import _core

each_family = pytest.mark.parametrize("family", families.CONSTRAINED)


def rows(seed: int = 0, n: int = 300, d: int = 3) -> problems.Problem:
    """Rows of three overlapping components, each of its own covariance."""
    return problems.problem(seed, n=n, n_components=3, n_features=d, spread=1.5)


def soft(n: int, n_components: int = 3) -> reference.Array:
    """Responsibilities, none of them near zero."""
    r = np.random.default_rng(n).uniform(0.5, 2.0, size=(n, n_components))
    return np.asarray(r / r.sum(axis=1, keepdims=True))


def fitted(family: str, X: Any, **options: Any) -> gaussmix.Mixture:
    """A fit of three components."""
    return gaussmix.fit(X, 3, covariance_type=family, random_state=0, **options)


def strays(m: gaussmix.Mixture) -> float:
    """How far covariances are from their family: taken apart, or from a step that changes none."""
    matrices = np.stack([m.covariance_matrix(k) for k in range(m.n_components)])
    scale = np.abs(matrices).max()
    found = families.constrained(m.covariance_type, matrices, m.weights)
    return float(np.abs(found - matrices).max() / scale)


@each_family
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("reg_covar", [0.0, None, 0.3])
def test_iterations_are_those_of_the_oracle(
    family: str, weighted: bool, reg_covar: float | None
) -> None:
    X = rows(1, d=4).X
    w = np.random.default_rng(1).uniform(0.2, 3, len(X)) if weighted else None
    r = soft(len(X))
    options: dict[str, Any] = {"sample_weight": w, "reg_covar": reg_covar, "max_iter": 12, "tol": 0}
    actual = gaussmix.fit(X, 3, covariance_type=family, init=r, **options)
    assert_fit_close(actual, reference.em(X, r, family, **options), rtol=1e-8)


@each_family
def test_iterations_under_a_prior_are_those_of_the_oracle(family: str) -> None:
    X = rows(2).X
    r = soft(len(X))
    prior = reference.default_prior(X, 3, family)
    given = gaussmix.Prior(
        prior.mean, prior.mean_precision, prior.degrees_of_freedom, prior.covariance
    )
    options: dict[str, Any] = {"covariance_type": family, "prior": given, "tol": 0}
    actual = gaussmix.fit(X, 3, init=r, max_iter=4, **options)
    p = reference.map_step(X, r, family, prior)
    for _ in range(4):
        r = reference.responsibilities(X, p)
        p = reference.map_step(X, r, family, prior, before=p)
    assert_parameters_close(actual, p, rtol=1e-8)


@each_family
def test_the_penalised_likelihood_never_falls(family: str) -> None:
    X = rows(3).X
    m = fitted(family, X, prior="default", tol=0, max_iter=80, init="random_from_data")
    assert np.diff(m.history).min() > -1e-12 * abs(m.history[-1])
    assert strays(m) < 1e-8


@each_family
def test_the_number_of_parameters_is_mclusts(family: str) -> None:
    X = rows(4).X
    m = fitted(family, X)
    assert m.n_parameters == 2 + 9 + families.n_free(family, 3, 3)
    assert m.bic(X) == pytest.approx(-2 * m.score(X) * len(X) + m.n_parameters * np.log(len(X)))


@each_family
def test_single_precision_ends_near_double(family: str) -> None:
    X = rows(5).X.astype(np.float32)
    narrow, wide = fitted(family, X), fitted(family, X.astype(np.float64))
    assert strays(narrow) < 1e-8
    assert narrow.score(X) == pytest.approx(wide.score(X), abs=1e-3)


@each_family
def test_threads_do_not_change_a_bit(family: str) -> None:
    X = rows(6, n=4000, d=6).X
    one, many = (fitted(family, X, n_threads=n, max_iter=20) for n in (1, 3))
    assert_same_parameters(one, many)


@each_family
def test_a_run_over_shards_ends_where_a_fit_does(family: str) -> None:
    X = rows(7).X
    start = fitted(family, X, max_iter=1)
    fit = gaussmix.fit(X, init=start, tol=1e-9, max_iter=300)
    shards = [gaussmix.Shard(part) for part in np.array_split(X, 3)]
    summary = gaussmix.merge(shard.summary() for shard in shards)
    run = gaussmix.Run(summary, start, tol=1e-9, max_iter=300)
    while not run.done:
        run.advance(gaussmix.merge(shard.moments(run) for shard in shards))
    assert run.mixture().score(X) == pytest.approx(fit.score(X), abs=1e-9)
    assert strays(run.mixture()) < 1e-8


@each_family
def test_a_fit_goes_on_where_one_ended(family: str) -> None:
    X = rows(8).X
    first = fitted(family, X, max_iter=3, tol=0)
    onward = gaussmix.fit(X, init=first, max_iter=4, tol=0)
    whole = gaussmix.fit(X, init=fitted(family, X, max_iter=3, tol=0), max_iter=4, tol=0)
    assert_same_parameters(onward, whole)
    assert onward.history[0] >= first.history[-1] - 1e-12


@each_family
def test_files_give_back_the_bits(family: str, tmp_path: Path) -> None:
    m = fitted(family, rows(9).X)
    m.save(tmp_path / "m.safetensors")
    loaded = gaussmix.load(tmp_path / "m.safetensors")
    assert loaded == m
    assert loaded.covariance_type == family


@each_family
def test_scikit_learn_gets_the_family_that_it_has(family: str) -> None:
    X = rows(10).X
    m = fitted(family, X)
    theirs = m.to_sklearn()
    assert theirs.covariance_type == families.kind(family)
    np.testing.assert_allclose(theirs.score_samples(X), m.score_samples(X), rtol=1e-10)
    np.testing.assert_array_equal(theirs.covariances_, m.covariances)
    np.testing.assert_allclose(theirs.predict_proba(X), m.predict_proba(X), atol=1e-10)


@each_family
def test_the_estimator_takes_codes_in_any_case(family: str) -> None:
    X = rows(11).X
    estimator = gaussmix.GaussianMixture(3, covariance_type=family.lower(), random_state=0).fit(X)
    assert estimator.get_params()["covariance_type"] == family.lower()
    assert estimator.covariances_.shape == _core.covariances_shape(family, 3, 3)
    np.testing.assert_allclose(
        estimator.to_sklearn().score_samples(X), estimator.score_samples(X), rtol=1e-10
    )
    again = estimator.set_params(warm_start=True).fit(X)
    assert again.n_iter_ <= 3


@each_family
def test_samples_have_the_covariances(family: str) -> None:
    m = fitted(family, rows(12).X)
    drawn, labels = m.sample(60000, random_state=1)
    for k in range(3):
        found = np.cov(drawn[labels == k], rowvar=False)
        expected = m.covariance_matrix(k)
        scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
        assert np.abs((found - expected) / scale).max() < 0.06


@each_family
def test_mended_components_stay_in_the_family(family: str) -> None:
    X = np.column_stack([rows(13).X, np.ones(300)])
    m = fitted(family, X, reg_covar=0)
    assert m.events or family == "EII"
    assert np.isfinite(m.score(X))
    assert all(np.linalg.eigvalsh(m.covariance_matrix(k)).min() > 0 for k in range(3))


@each_family
@pytest.mark.parametrize("seed", [9, 28, 45, 51])
def test_covariances_that_are_rounding_in_some_directions_are_mended(
    family: str, seed: int
) -> None:
    X = 1e8 + np.random.default_rng(seed).standard_normal((14, 5))  # too few for two
    m = gaussmix.fit(X, 2, covariance_type=family, reg_covar=0, random_state=seed, init="kmeans")
    assert np.isfinite(m.score(X))
    assert np.isfinite(m.covariances).all()


@each_family
def test_variational_bayes_is_refused_with_a_reason(family: str) -> None:
    with pytest.raises(ValueError, match=f"covariance_type='{family}'"):
        gaussmix.fit(
            rows(14).X, 3, covariance_type=family, prior=gaussmix.VariationalPrior(), init="kmeans"
        )


@pytest.mark.parametrize(("code", "name"), [(c, n) for n, c in families.CODES.items()])
def test_codes_of_named_families_are_names(code: str, name: str) -> None:
    X = rows(15).X
    for spelt in (code, code.lower(), code.capitalize()):
        assert fitted(spelt, X, max_iter=2) == fitted(name, X, max_iter=2)


def test_an_unknown_code_is_refused_with_all_names() -> None:
    with pytest.raises(ValueError, match=r"covariance_type='EVX' is unknown: .*'VEV', 'EVV'"):
        fitted("EVX", rows(16).X)


@each_family
def test_a_fit_may_start_from_precisions_that_are_not_of_the_family(family: str) -> None:
    case = rows(17)
    inverses = np.linalg.inv(case.truth.covariances)
    precisions = reference.as_stored(inverses, family)
    estimator = gaussmix.GaussianMixture(
        3,
        covariance_type=family,
        weights_init=case.truth.weights,
        means_init=case.truth.means,
        precisions_init=precisions,
        max_iter=5,
        tol=0,
    )
    with pytest.warns(Warning, match="onverge"):
        estimator.fit(case.X)
    m = gaussmix.Mixture(
        estimator.weights_, estimator.means_, estimator.covariances_, covariance_type=family
    )
    assert strays(m) < 1e-8
