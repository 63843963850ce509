"""Rows with missing values: exact EM against a reference that completes row by row."""

from __future__ import annotations

import itertools
import pickle
from typing import Any

import mpmath
import numpy as np
import pytest

import families
import gaussmix
import reference
from gaussmix import GaussianMixture

K = 3


def rows_with_holes(
    n: int = 400, d: int = 4, share: float = 0.25, seed: int = 0
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Draw overlapping clusters, then make holes; some rows keep nothing."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(K, size=n)
    mixing = rng.normal(size=(K, d, d))
    X = 3 * rng.normal(size=(K, d))[labels] + np.einsum(
        "nij,nj->ni", mixing[labels], rng.normal(size=(n, d))
    )
    X[rng.random(X.shape) < share] = np.nan
    X[:3] = np.nan
    return X, labels


def log_likelihood(X: Any, w: Any, weights: Any, means: Any, matrices: Any) -> float:
    """Return the log-likelihood of what is there, row by row."""
    total = 0.0
    for x, own in zip(X, w, strict=True):
        seen = ~np.isnan(x)
        logs = [
            np.log(weights[k])
            + reference.log_gaussian(
                x[None, seen], means[k][seen], matrices[k][np.ix_(seen, seen)]
            )[0]
            if seen.any()
            else np.log(weights[k])
            for k in range(len(weights))
        ]
        total += own * np.logaddexp.reduce(logs)
    return float(total)


def completed(X: Any, w: Any, p: reference.Parameters) -> tuple[Any, Any, Any]:
    """Return n (K,), s (K, d) and S (K, d, d) about the means, each row completed by itself."""
    matrices = reference.covariance_matrices(p)
    n_components, d = p.means.shape
    n, s, S = np.zeros(n_components), np.zeros((n_components, d)), np.zeros((n_components, d, d))
    for x, own in zip(X, w, strict=True):
        o, m = np.flatnonzero(~np.isnan(x)), np.flatnonzero(np.isnan(x))
        logs = np.log(p.weights)
        for k in range(n_components if len(o) else 0):
            logs[k] += reference.log_gaussian(x[None, o], p.means[k][o], matrices[k][np.ix_(o, o)])[
                0
            ]
        r = own * np.exp(logs - np.logaddexp.reduce(logs))
        for k in range(n_components):
            inverse = np.linalg.inv(matrices[k][np.ix_(o, o)])
            B = matrices[k][np.ix_(m, o)] @ inverse
            z = np.zeros(d)
            z[o] = x[o] - p.means[k][o]
            z[m] = B @ z[o]
            rest = np.zeros((d, d))
            rest[np.ix_(m, m)] = matrices[k][np.ix_(m, m)] - B @ matrices[k][np.ix_(o, m)]
            n[k] += r[k]
            s[k] += r[k] * z
            S[k] += r[k] * (np.outer(z, z) + rest)
    return n, s, S


def mixture_of(covariance_type: str, d: int, seed: int = 1) -> gaussmix.Mixture:
    """Return a mixture of some family whose features correlate, if the family lets them."""
    rng = np.random.default_rng(seed)
    labels = np.arange(200) % K
    Y = 3 * rng.normal(size=(K, d))[labels] + rng.normal(size=(200, d)) @ rng.normal(size=(d, d))
    return gaussmix.fit(
        Y, K, covariance_type=covariance_type, init=labels, max_iter=0, acceleration="off"
    )


@pytest.mark.parametrize("covariance_type", reference.ALL_TYPES)
@pytest.mark.parametrize("weighted", [False, True])
def test_moments_are_those_of_rows_completed_one_by_one(
    covariance_type: str, weighted: bool
) -> None:
    X, _ = rows_with_holes()
    w = np.random.default_rng(5).integers(0, 3, len(X)) + 0.0 if weighted else np.ones(len(X))
    start = mixture_of(covariance_type, X.shape[1])
    p = reference.Parameters(
        np.asarray(start.weights),
        np.asarray(start.means),
        np.asarray(start.covariances),
        start.covariance_type,
    )
    n, s, S = completed(X, w, p)
    found = gaussmix.fit(
        X,
        K,
        init=start,
        missing="em",
        max_iter=1,
        tol=0,
        reg_covar=0,
        sample_weight=w if weighted else None,
    )
    np.testing.assert_allclose(found.weights, n / n.sum(), rtol=1e-10)
    shift = s / n[:, None]
    np.testing.assert_allclose(found.means, p.means + shift, rtol=1e-9, atol=1e-9)
    own = S / n[:, None, None] - np.einsum("ki,kj->kij", shift, shift)
    matrices = {
        "full": own,
        "tied": np.einsum("k,kij->ij", n, own) / n.sum(),
        "diag": np.einsum("kii->ki", own),
        "spherical": np.einsum("kii->k", own) / X.shape[1],
    }
    if covariance_type in families.CONSTRAINED:
        last = reference.covariance_matrices(p)
        expected = reference.as_stored(
            families.constrained(covariance_type, own, n, last), covariance_type
        )
    else:
        expected = matrices[covariance_type]
    np.testing.assert_allclose(found.covariances, expected, rtol=1e-7, atol=1e-7)
    before = log_likelihood(X, w, p.weights, p.means, reference.covariance_matrices(p)) / w.sum()
    assert found.history[0] == pytest.approx(before, rel=1e-11)


@pytest.mark.parametrize("covariance_type", reference.ALL_TYPES)
@pytest.mark.parametrize("acceleration", ["auto", "off"])
def test_the_likelihood_of_what_is_there_never_falls(
    covariance_type: str, acceleration: str
) -> None:
    X, _ = rows_with_holes(300)
    m = gaussmix.fit(
        X,
        K,
        covariance_type=covariance_type,
        missing="em",
        reg_covar=0,
        tol=1e-8,
        max_iter=60,
        random_state=0,
        acceleration=acceleration,
    )
    assert (np.diff(m.history) >= -1e-11 * abs(m.history[-1])).all()
    after = m.score(X)
    assert after >= m.history[-1] - 1e-9


def test_the_end_is_a_stationary_point() -> None:
    X, _ = rows_with_holes(300, d=3)
    w = np.random.default_rng(2).random(len(X)) + 0.5
    m = gaussmix.fit(
        X, 2, missing="em", sample_weight=w, reg_covar=0, tol=1e-13, max_iter=20000, random_state=0
    )
    assert m.status == "converged"
    weights, means, matrices = (np.array(a) for a in (m.weights, m.means, m.covariances))

    def value(step: float, k: int, i: int, j: int | None) -> float:
        shifted, wider = means.copy(), matrices.copy()
        if j is None:
            shifted[k, i] += step
        else:
            wider[k, i, j] += step
            wider[k, j, i] = wider[k, i, j]
        return log_likelihood(X, w, weights, shifted, wider) / w.sum()

    h = 3e-7
    tilt = np.array([h, -h])
    ends = [log_likelihood(X, w, weights + t, means, matrices) for t in (tilt, -tilt)]
    assert abs(ends[0] - ends[1]) / w.sum() / (2 * h) < 1e-5
    for k, i in itertools.product(range(2), range(3)):
        for j in (None, *range(i + 1)):
            slope = (value(h, k, i, j) - value(-h, k, i, j)) / (2 * h)
            assert abs(slope) < 1e-5


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical", "VEE"])
def test_without_holes_the_switch_changes_no_bit(covariance_type: str) -> None:
    X = np.nan_to_num(rows_with_holes(3000)[0])
    fits = [
        gaussmix.fit(X, K, covariance_type=covariance_type, random_state=0, missing=missing)
        for missing in ("error", "em")
    ]
    for name in ("weights", "means", "covariances", "history"):
        assert np.array_equal(getattr(fits[0], name), getattr(fits[1], name))
    assert np.array_equal(fits[0].score_samples(X), fits[1].score_samples(X))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_bits_do_not_depend_on_threads(dtype: Any) -> None:
    X = rows_with_holes(5000, d=7)[0].astype(dtype)
    fits = [
        gaussmix.fit(X, K, missing="em", random_state=0, n_threads=t, max_iter=5) for t in (1, 2, 5)
    ]
    for other in fits[1:]:
        assert np.array_equal(fits[0].covariances, other.covariances)
        assert np.array_equal(fits[0].score_samples(X), other.score_samples(X, n_threads=3))


def test_single_precision_rows_give_what_doubles_give() -> None:
    X = rows_with_holes(500)[0].astype(np.float32)
    a = gaussmix.fit(X, K, missing="em", random_state=0)
    b = gaussmix.fit(X.astype(np.float64), K, missing="em", random_state=0)
    np.testing.assert_allclose(a.means, b.means, rtol=1e-12)


def test_one_component_against_extended_precision() -> None:
    """EM in 50 digits, row by row."""
    X = np.array([[1.0, 2.0], [2.0, np.nan], [np.nan, 0.5], [4.0, 3.5], [0.5, 1.0], [3.0, np.nan]])
    m = gaussmix.fit(X, 1, missing="em", reg_covar=0, tol=0, max_iter=400)
    with mpmath.workdps(50):
        mean = [mpmath.mpf(2), mpmath.mpf(2)]
        a, b, c = mpmath.mpf(2), mpmath.mpf(0), mpmath.mpf(2)  # the covariance [[a, b], [b, c]]
        for _ in range(400):
            sums = [mpmath.mpf(0)] * 5
            for x, y in X.tolist():
                u, v, extra_u, extra_v = x, y, mpmath.mpf(0), mpmath.mpf(0)
                if np.isnan(x):
                    u, extra_u = mean[0] + b / c * (y - mean[1]), a - b * b / c
                if np.isnan(y):
                    v, extra_v = mean[1] + b / a * (x - mean[0]), c - b * b / a
                for at, value in enumerate((u, v, u * u + extra_u, u * v, v * v + extra_v)):
                    sums[at] += value
            mean = [sums[0] / 6, sums[1] / 6]
            a = sums[2] / 6 - mean[0] ** 2
            b = sums[3] / 6 - mean[0] * mean[1]
            c = sums[4] / 6 - mean[1] ** 2
        exact = [float(v) for v in (*mean, a, b, c)]
    got = [*m.means[0], *m.covariances[0][[0, 0, 1], [0, 1, 1]]]
    np.testing.assert_allclose(got, exact, rtol=1e-12)


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical", "EVE"])
def test_rows_are_judged_by_what_they_have(covariance_type: str) -> None:
    X, _ = rows_with_holes()
    m = mixture_of(covariance_type, X.shape[1])
    p = reference.Parameters(m.weights, m.means, m.covariances, m.covariance_type)
    matrices = reference.covariance_matrices(p)
    one = np.ones(1)
    expected = [log_likelihood(x[None], one, m.weights, m.means, matrices) for x in X]
    np.testing.assert_allclose(m.score_samples(X, missing="em"), expected, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(m.score(X, missing="em"), np.mean(expected), rtol=1e-11)
    proba = m.predict_proba(X, missing="em")
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_allclose(proba[0], m.weights, rtol=1e-12)
    assert np.array_equal(m.predict(X, missing="em")[3:], proba[3:].argmax(axis=1))
    bic = -2 * np.sum(expected) + m.n_parameters * np.log(len(X))
    assert m.bic(X, missing="em") == pytest.approx(bic, rel=1e-11)


def test_the_start_finds_clusters_that_column_means_would_blur() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), 300)
    X = rng.normal(size=(900, 6)) + 8 * np.eye(3).repeat(2, axis=1)[labels]
    X[rng.random(X.shape) < 0.3] = np.nan
    X = X[~np.isnan(X).all(axis=1)]
    labels = labels[: len(X)]
    m = gaussmix.fit(X, 3, missing="em", random_state=0)
    assert sorted(m.weights.round(1)) == [0.3, 0.3, 0.3]


@pytest.mark.parametrize("init", ["k-means++", "random_from_data", "random"])
def test_every_start_serves(init: str) -> None:
    X, _ = rows_with_holes()
    assert gaussmix.fit(X, K, missing="em", init=init, random_state=0).n_iter > 0


def test_labels_and_responsibilities_serve_as_starts() -> None:
    X, labels = rows_with_holes()
    hard = gaussmix.fit(X, K, missing="em", init=labels, max_iter=3, tol=0)
    soft = gaussmix.fit(X, K, missing="em", init=np.eye(K)[labels], max_iter=3, tol=0)
    np.testing.assert_allclose(hard.means, soft.means, rtol=1e-12)
    start = gaussmix.fit(X, K, missing="em", init=labels, max_iter=0)
    of_label = [np.nanmean(X[labels == k], axis=0) for k in range(K)]
    np.testing.assert_allclose(start.means, of_label, rtol=1e-10)


def test_a_prior_and_variational_bayes_take_holes() -> None:
    X, _ = rows_with_holes()
    m = gaussmix.fit(X, K, missing="em", prior="default", random_state=0, tol=1e-7, max_iter=300)
    assert (np.diff(m.history) >= -1e-10 * abs(m.history[-1])).all()


def test_what_is_known_stays_beside_holes() -> None:
    X, _ = rows_with_holes()
    start = mixture_of("full", X.shape[1])
    fixed = {"means": [0], "weights": [1]}
    m = gaussmix.fit(X, init=start, missing="em", fixed=fixed, reg_covar=0, max_iter=30)
    assert np.array_equal(m.means[0], start.means[0])
    assert m.weights[1] == start.weights[1]
    assert (np.diff(m.history) >= -1e-11 * abs(m.history[-1])).all()


def test_weights_count_rows() -> None:
    X, _ = rows_with_holes()
    w = np.arange(len(X)) % 3 + 0.0
    start = mixture_of("full", X.shape[1])
    by_weight = gaussmix.fit(X, K, init=start, sample_weight=w, missing="em", max_iter=4, tol=0)
    rows = np.repeat(X, w.astype(int), axis=0)
    by_copies = gaussmix.fit(rows, K, init=start, missing="em", max_iter=4, tol=0)
    np.testing.assert_allclose(by_weight.means, by_copies.means, rtol=1e-9)


def test_all_kinds_of_missing_values_are_the_same() -> None:
    pd, pa = pytest.importorskip("pandas"), pytest.importorskip("pyarrow")
    X, _ = rows_with_holes()
    expected = gaussmix.fit(X, K, missing="em", random_state=0)
    frame = pd.DataFrame(X, columns=list("abcd"))
    others = [
        np.ma.masked_invalid(X),
        frame,
        frame.astype("Float64"),
        pa.table({c: pa.array(frame[c], from_pandas=True) for c in frame}),
    ]
    for other in others:
        found = gaussmix.fit(other, K, missing="em", random_state=0)
        np.testing.assert_array_equal(found.means, expected.means)


def test_errors_name_the_remedy() -> None:
    X, _ = rows_with_holes()
    with pytest.raises(ValueError, match=r"NaN at row 0, column 0: .*missing=\"em\""):
        gaussmix.fit(X, K)
    with pytest.raises(ValueError, match="missing='no' must be 'error' or 'em'"):
        gaussmix.fit(X, K, missing="no")
    infinite = X.copy()
    infinite[7, 2] = np.inf
    with pytest.raises(ValueError, match="infinity at row 7, column 2"):
        gaussmix.fit(infinite, K, missing="em")
    empty = X.copy()
    empty[:, 1] = np.nan
    pd = pytest.importorskip("pandas")
    named = pd.DataFrame(X, columns=list("abcd")).assign(b=np.nan)
    with pytest.raises(ValueError, match=r"no value in column 1 \('b'\), of any row"):
        gaussmix.fit(named, K, missing="em")
    with pytest.raises(ValueError, match="no value in column 1"):
        gaussmix.fit(empty, K, missing="em")


def test_the_estimator_takes_holes() -> None:
    X, _ = rows_with_holes()
    gm = GaussianMixture(K, missing="em", random_state=0).fit(X)
    assert gm.__sklearn_tags__().input_tags.allow_nan
    assert gm.predict(X).shape == (len(X),)
    assert np.isfinite(gm.score_samples(X)).all()
    assert np.isfinite(gm.bic(X))
    with pytest.raises(ValueError, match="NaN at row 0"):
        GaussianMixture(K).fit(X)


def test_variational_bayes_takes_holes() -> None:
    X, _ = rows_with_holes()
    b = gaussmix.BayesianGaussianMixture(n_components=4, missing="em", random_state=0, tol=1e-6)
    b.set_params(max_iter=500).fit(X)
    assert b.__sklearn_tags__().input_tags.allow_nan
    assert (np.diff(b.lower_bounds_) >= -1e-9 * abs(b.lower_bounds_[-1])).all()
    np.testing.assert_allclose(b.predict_proba(X).sum(axis=1), 1, rtol=1e-12)
    whole = np.nan_to_num(X)
    fits = [
        gaussmix.BayesianGaussianMixture(n_components=2, missing=missing, random_state=0).fit(whole)
        for missing in ("error", "em")
    ]
    assert np.array_equal(fits[0].covariances_, fits[1].covariances_)


@pytest.mark.parametrize("kind", ["weighted", "nonparametric", "parametric", "jackknife"])
def test_resamples_have_the_holes_of_the_rows(kind: str) -> None:
    X, _ = rows_with_holes(200, d=2)
    m = gaussmix.fit(X, 1, missing="em", random_state=0)
    found = gaussmix.bootstrap(m, X, 60, kind, random_state=0).standard_errors.means[0]
    if kind == "jackknife":
        return
    lossless = np.sqrt(np.diag(m.covariances[0]) / len(X))
    assert (found > lossless).all()
    assert (found < 1.8 * lossless).all()


def test_the_number_of_components_is_tested_around_holes() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(150, 2))
    two = X + 6 * (np.arange(150) % 2)[:, None]
    holes = rng.random(X.shape) < 0.2
    p = [
        gaussmix.likelihood_ratio_test(
            np.where(holes, np.nan, rows), "EEE", 1, n=19, missing="em", random_state=0
        ).p_value
        for rows in (two, X)
    ]
    assert p[0] == 0.05 < p[1]
    with pytest.raises(ValueError, match="NaN"):
        gaussmix.likelihood_ratio_test(np.where(holes, np.nan, X), "EEE", 1, n=19)


def test_rows_with_holes_may_keep_coming() -> None:
    X, _ = rows_with_holes(2000)
    gm = GaussianMixture(K, missing="em", random_state=0)
    for batch in np.array_split(X, 4):
        gm.partial_fit(batch)
    whole = gaussmix.fit(X, K, missing="em", random_state=0)
    assert gm.score(X) == pytest.approx(whole.score(X), abs=0.05)


def test_copies_and_files_know_that_values_may_be_missing(tmp_path: Any) -> None:
    X, _ = rows_with_holes()
    m = gaussmix.fit(X, K, missing="em", random_state=0)
    m.save(tmp_path / "m.gmm")
    for other in (pickle.loads(pickle.dumps(m)), gaussmix.load(tmp_path / "m.gmm")):
        assert np.array_equal(other.predict(X), m.predict(X))
        with pytest.raises(ValueError, match="NaN at row 0"):
            other.predict(X, missing="error")
    plain = gaussmix.Mixture(m.weights, m.means, m.covariances)
    plain.save(tmp_path / "plain.gmm")
    with pytest.raises(ValueError, match="NaN at row 0"):
        gaussmix.load(tmp_path / "plain.gmm").predict(X)


def test_features_never_seen_together_are_told() -> None:
    X, _ = rows_with_holes(share=0.1)
    X[:200, 0], X[200:, 2] = np.nan, np.nan
    m = gaussmix.fit(X, 2, missing="em", random_state=0)
    told = [event for event in m.events if event.act == "apart"]
    assert told == [gaussmix.Event(0, 0, "apart"), gaussmix.Event(0, 2, "apart")]
    diag = gaussmix.fit(X, 2, covariance_type="diag", missing="em", random_state=0)
    assert "apart" not in {event.act for event in diag.events}


@pytest.mark.parametrize("covariance_type", ["spherical", "diag", "full"])
def test_a_component_on_one_row_has_collapsed(covariance_type: str) -> None:
    X, _ = rows_with_holes()
    alone = np.flatnonzero(~np.isnan(X).any(axis=1))[0]
    X[alone] = 50
    labels = (np.arange(len(X)) == alone).astype(int)
    m = gaussmix.fit(X, 2, covariance_type=covariance_type, missing="em", init=labels)
    assert m.collapsed == (1,)
    assert not gaussmix.fit(X, 1, covariance_type=covariance_type, missing="em").degenerate


@pytest.mark.parametrize(  # those in which volumes are the component's own
    "covariance_type", [name for name in reference.ALL_TYPES if name[0] != "E" and name != "tied"]
)
def test_a_component_that_lacks_most_values_is_known_to_have_collapsed(
    covariance_type: str,
) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 4)) + 20 * (np.arange(400) % 2 == 1)[:, None]
    X[1::2] = X[1]  # copies of one row
    holes = rng.random(X.shape) < [0.7, 0.8, 0.6, 0.7]
    X[holes] = np.nan
    for n_threads in (1, 2):
        m = gaussmix.fit(
            X,
            2,
            covariance_type=covariance_type,
            missing="em",
            init=np.arange(400) % 2,
            tol=0,
            max_iter=60,
            n_threads=n_threads,
        )
        assert m.collapsed == (1,)
        assert m.degenerate


@pytest.mark.parametrize("reg_covar", [0.5, 1.0, 20.0])
@pytest.mark.parametrize("share", [0.0, 0.3])
@pytest.mark.parametrize("covariance_type", reference.ALL_TYPES)
def test_a_large_ridge_makes_no_good_component_degenerate(
    covariance_type: str, share: float, reg_covar: float
) -> None:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(300, 4)) + 6 * (np.arange(300) % 2 == 1)[:, None]
    X[rng.random(X.shape) < share] = np.nan
    X[0, 0] = np.nan
    m = gaussmix.fit(
        X,
        2,
        covariance_type=covariance_type,
        missing="em",
        init=np.arange(300) % 2,
        reg_covar=reg_covar,
    )
    assert m.collapsed == ()


def test_a_feature_that_a_component_never_has_is_no_collapse() -> None:
    rng = np.random.default_rng(2)
    X = rng.normal(size=(300, 3)) + 9 * (np.arange(300) % 2 == 1)[:, None]
    X[1::2, 2] = np.nan
    for covariance_type in ("full", "diag", "spherical", "VEE"):
        m = gaussmix.fit(
            X, 2, covariance_type=covariance_type, missing="em", init=np.arange(300) % 2
        )
        assert m.collapsed == ()
        assert not m.degenerate


def in_batches(X: Any, w: Any = None, cuts: Any = (0, 130, 130, 300)) -> gaussmix.Batches:
    ends = [*cuts[1:], len(X)]
    parts = [X[a:b] if w is None else (X[a:b], w[a:b]) for a, b in zip(cuts, ends, strict=True)]
    return gaussmix.Batches(parts)


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "VEE"])
def test_batches_give_what_rows_in_memory_give(covariance_type: str) -> None:
    X, _ = rows_with_holes()
    X[:130] = np.nan_to_num(X[:130])  # a batch without holes beside others
    w = np.random.default_rng(3).random(len(X)) + 0.5
    start = mixture_of(covariance_type, X.shape[1])
    how: dict[str, Any] = {"init": start, "missing": "em", "max_iter": 5, "tol": 0}
    whole = gaussmix.fit(X, K, sample_weight=w, **how)
    cut = gaussmix.fit(in_batches(X, w), K, **how)
    np.testing.assert_allclose(cut.means, whole.means, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(cut.covariances, whole.covariances, rtol=1e-8, atol=1e-9)
    for method in ("predict", "predict_proba", "score_samples"):
        parts = list(getattr(cut, method)(in_batches(X)))
        np.testing.assert_allclose(np.concatenate(parts), getattr(cut, method)(X), rtol=1e-12)
    assert cut.score(in_batches(X, w)) == pytest.approx(cut.score(X, sample_weight=w), rel=1e-12)
    assert cut.bic(in_batches(X)) == pytest.approx(cut.bic(X), rel=1e-12)
    found = gaussmix.fit(in_batches(X), K, missing="em", random_state=0)
    assert found.score(X) >= whole.score(X) - 0.1
    with pytest.raises(ValueError, match="batch 1 has NaN at row 0"):
        gaussmix.fit(in_batches(rows_with_holes()[0], cuts=(0, 0)), K)


def test_a_checkpoint_continues_a_fit_of_batches(tmp_path: Any) -> None:
    X, _ = rows_with_holes()
    how: dict[str, Any] = {"missing": "em", "random_state": 0, "tol": 0}
    whole = gaussmix.fit(in_batches(X), K, max_iter=6, checkpoint=tmp_path / "a", **how)
    gaussmix.fit(in_batches(X), K, max_iter=3, checkpoint=tmp_path / "b", **how)
    continued = gaussmix.fit(in_batches(X), K, max_iter=6, checkpoint=tmp_path / "b", **how)
    assert np.array_equal(whole.covariances, continued.covariances)
    with pytest.raises(ValueError, match="missing"):
        gaussmix.fit(
            in_batches(np.nan_to_num(X)),
            K,
            max_iter=6,
            checkpoint=tmp_path / "b",
            random_state=0,
            tol=0,
        )


def test_shards_far_away_take_holes() -> None:
    X, _ = rows_with_holes()
    shards = [gaussmix.Shard(part, missing="em") for part in (X[:150], X[150:])]
    shards = [pickle.loads(pickle.dumps(shard)) for shard in shards]
    rows = gaussmix.RemoteRows(
        summary=lambda: gaussmix.merge(s.summary() for s in shards),
        sample=lambda summary, size, seed: gaussmix.merge(
            s.sample(summary, size, seed, i) for i, s in enumerate(shards)
        ),
        moments=lambda scorer: gaussmix.merge(s.moments(scorer) for s in shards),
    )
    far = gaussmix.fit(rows, K, random_state=0)
    near = gaussmix.fit(gaussmix.Batches([X[:150], X[150:]]), K, missing="em", random_state=0)
    assert np.array_equal(far.means, near.means)
    assert np.array_equal(far.predict(X), near.predict(X))
    run = gaussmix.Run(gaussmix.summarize(X, missing="em"), near, max_iter=2, tol=0)
    while not run.done:
        run.advance(gaussmix.merge(shard.moments(run) for shard in shards))
    assert run.history[1] >= run.history[0]
    assert np.isfinite(run.mixture().score_samples(X)).all()  # it knows that NaN is a missing value


def test_dask_takes_holes() -> None:
    da = pytest.importorskip("dask.array")
    import dask

    X, _ = rows_with_holes()
    blocks = da.from_array(X, chunks=(150, 4))
    with dask.config.set(scheduler="synchronous"):
        m = gaussmix.dask.fit(blocks, K, missing="em", random_state=0)
        gm = gaussmix.dask.GaussianMixture(K, missing="em", random_state=0).fit(blocks)
        assert np.array_equal(gaussmix.dask.predict(m, blocks).compute(), m.predict(X))
        assert np.array_equal(gm.predict(blocks).compute(), gm.mixture_.predict(X))
        with pytest.raises(ValueError, match=r"block . has NaN at row 0"):
            gaussmix.dask.fit(blocks, K)
    near = gaussmix.fit(
        gaussmix.Batches([X[:150], X[150:300], X[300:]]), K, missing="em", random_state=0
    )
    assert np.array_equal(m.means, near.means)


@pytest.mark.parametrize("null", ["null", "nan"])
def test_nulls_in_files_are_missing(tmp_path: Any, null: str) -> None:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import csv, parquet

    X, _ = rows_with_holes()
    table = pa.table(
        {f"x{j}": pa.array(X[:, j], from_pandas=null == "null") for j in range(X.shape[1])}
    )
    parquet.write_table(table, tmp_path / "rows.parquet")
    csv.write_csv(table, tmp_path / "rows.csv")
    np.save(tmp_path / "rows.npy", X)
    expected = gaussmix.fit(gaussmix.Batches([X]), K, missing="em", random_state=0)
    for name in ("rows.parquet", "rows.csv", "rows.npy"):
        rows = gaussmix.Batches(tmp_path / name)
        found = gaussmix.fit(rows, K, missing="em", random_state=0)
        np.testing.assert_allclose(found.means, expected.means, rtol=1e-12)


def test_a_stream_takes_holes() -> None:
    X, _ = rows_with_holes(7000)
    stream = gaussmix.Stream(K, missing="em", random_state=0)
    for batch in np.array_split(X, 7):
        stream.update(batch)
    whole = gaussmix.fit(X, K, missing="em", random_state=0)
    assert stream.mixture.score(X) == pytest.approx(whole.score(X), abs=0.05)
    with pytest.raises(ValueError, match="NaN at row"):
        gaussmix.Stream(K).update(X)


def test_a_selection_takes_holes() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), 150)
    X = rng.normal(size=(450, 4)) + 6 * np.eye(4)[labels]
    X[rng.random(X.shape) < 0.15] = np.nan
    how: dict[str, Any] = {"covariance_types": ["spherical", "full", "VEE"], "random_state": 0}
    found = gaussmix.select(X, range(1, 5), missing="em", **how)
    assert found.best.n_components == 3
    assert found.best.covariance_type == "spherical"
    assert np.isfinite(found.best.predict_proba(X)).all()
    assert found.best.bic(X) == pytest.approx(found.criteria["bic"]["spherical", 3], rel=1e-12)
    again = gaussmix.select(X, range(1, 5), missing="em", n_threads=1, **how)
    assert np.array_equal(again.best.means, found.best.means)
    pieces = gaussmix.select(gaussmix.Batches([X[:200], X[200:]]), [2, 3], missing="em", **how)
    assert pieces.best.n_components == 3
    with pytest.raises(ValueError, match="NaN at row"):
        gaussmix.select(X, 2, **how)


def test_a_selection_searches_on_a_sample_of_many_rows() -> None:
    X, _ = rows_with_holes(12000)
    found = gaussmix.select(
        X, [2, 3], covariance_types=["full", "diag"], missing="em", random_state=0, effort="low"
    )
    assert found.best.n_components == 3
    assert found.best.covariance_type == "full"
