"""A uniform background takes the rows that belong to no component, whatever else a fit is asked."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris

import gaussmix
import problems
import reference
from comparing import (
    assert_parameters_close,
    assert_same_fit,
    assert_same_parameters,
    model_of,
    parameters_of,
)

Array = reference.Array


@pytest.fixture(params=reference.ALL_TYPES)
def any_type(request: pytest.FixtureRequest) -> str:
    """Each covariance family in turn."""
    return str(request.param)


MCLUST = json.loads((Path(__file__).parents[1] / "data" / "faithful_noise.json").read_text())


def clusters_in_noise(
    seed: int, share: float, n_features: int = 2, n_clustered: int = 450
) -> tuple[Array, Array]:
    """Three clusters in the unit of their deviation, and the share of uniform rows around them."""
    rng = np.random.default_rng(seed)
    centres = 7.0 * np.eye(3, n_features)
    labels = rng.integers(0, 3, size=n_clustered)
    n_noise = round(n_clustered * share / (1 - share))
    X = np.concatenate(
        [
            centres[labels] + rng.normal(size=(n_clustered, n_features)),
            rng.uniform(-30, 30, size=(n_noise, n_features)),
        ]
    )
    return X, np.concatenate([labels, np.full(n_noise, -1)])


def farthest(m: gaussmix.Mixture, X: Array, labels: Array) -> float:
    """How far the mean of a cluster is from the nearest mean of a component, at most."""
    means = np.stack([X[labels == k].mean(axis=0) for k in range(3)])
    return float(np.linalg.norm(means[:, None] - m.means, axis=2).min(axis=1).max())


def one_hot(labels: Array, k: int) -> Array:
    return reference.one_hot(np.where(labels < 0, k, labels), k + 1)


# --- Outliers do not ruin a fit ------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.05, 0.15, 0.3])
@pytest.mark.parametrize("seed", range(10))
def test_outliers_do_not_ruin_a_fit(seed: int, share: float) -> None:
    X, labels = clusters_in_noise(seed, share)
    m = gaussmix.fit(X, 3, noise=True, random_state=seed)
    assert m.status == "converged"
    assert farthest(m, X, labels) < 0.4
    assert m.noise_weight == pytest.approx(share, abs=0.04)
    assert np.mean((m.predict(X) < 0) == (labels < 0)) > 0.96
    ruined = gaussmix.fit(X, 3, random_state=seed)
    assert farthest(ruined, X, labels) > 1.0


@pytest.mark.parametrize("n_features", [1, 5, 20, 500])
def test_any_number_of_features_may_have_noise(n_features: int) -> None:
    rng = np.random.default_rng(0)
    X = np.concatenate(
        [
            rng.normal(size=(300, n_features)),
            20.0 + rng.normal(size=(300, n_features)),
            rng.uniform(-1e3, 1e3, size=(60, n_features)),
        ]
    )
    m = gaussmix.fit(X, 2, covariance_type="diag", noise=True, random_state=0)
    np.testing.assert_allclose(np.sort(m.means[:, 0]), [0, 20], atol=0.5)
    assert m.noise_weight == pytest.approx(60 / 660, abs=0.02)
    assert m.noise is not None
    box = n_features * np.log(2e3)
    if n_features < 500:  # there the rows are few enough for a much smaller box along their axes
        assert m.noise.log_volume == pytest.approx(box, rel=0.02)
    assert m.noise.log_volume < box


@pytest.mark.parametrize("init", problems.INITS)
def test_every_start_may_have_noise(init: str) -> None:
    X, labels = clusters_in_noise(3, 0.2)
    m = gaussmix.fit(X, 3, init=init, noise=True, n_init=8, random_state=1)
    assert farthest(m, X, labels) < 0.4


def test_where_there_is_no_noise_its_weight_goes_to_nothing() -> None:
    X, _ = clusters_in_noise(4, 0.0)
    m = gaussmix.fit(X, 3, noise=True, tol=1e-9, max_iter=1000, random_state=0)
    assert m.noise_weight < 0.03
    assert m.bic(X) > gaussmix.fit(X, 3, random_state=0).bic(X)


# --- Exactness -----------------------------------------------------------------------------------


@pytest.mark.parametrize("found", MCLUST["fits"], ids=lambda found: str(found["model"]))
def test_fits_end_where_mclust_ends(found: dict[str, Any]) -> None:
    X = np.concatenate([problems.faithful(), MCLUST["noise_rows"]])
    m = gaussmix.fit(
        X,
        2,
        covariance_type=found["model"],
        init=np.array(MCLUST["start"], dtype=int),
        noise=gaussmix.Noise(log_volume=MCLUST["log_volume"]),
        reg_covar=0,
        tol=1e-13,
        max_iter=5000,
    )
    log_likelihood = m.score(X) * len(X)
    assert m.n_parameters == found["df"]
    if found["model"] == "VVE":  # mclust stops short of a maximum
        assert log_likelihood > found["loglik"]
        return
    assert log_likelihood == pytest.approx(found["loglik"], rel=1e-11)
    assert -m.bic(X) == pytest.approx(found["bic"], rel=1e-11)
    weights = [*m.weights, m.noise_weight]
    np.testing.assert_allclose(weights, found["weights"], rtol=1e-5)
    np.testing.assert_allclose(m.means, found["means"], rtol=1e-5)
    matrices = [m.covariance_matrix(k) for k in range(2)]
    np.testing.assert_allclose(matrices, found["covariances"], rtol=1e-4, atol=1e-6)


def test_the_volume_is_that_of_mclust() -> None:
    X = np.concatenate([problems.faithful(), MCLUST["noise_rows"]])
    m = gaussmix.fit(X, 2, noise=True)
    assert m.noise is not None
    assert m.noise.log_volume == pytest.approx(MCLUST["log_volume"], rel=1e-12)


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("reg_covar", [None, 0.0], ids=["relative", "none"])
def test_a_fit_with_noise_goes_the_oracles_way(
    any_type: str, weighted: bool, reg_covar: float | None
) -> None:
    X, labels = clusters_in_noise(5, 0.2, n_features=3)
    w = np.random.default_rng(5).uniform(0.1, 4.0, size=len(X)) if weighted else None
    options: dict[str, Any] = {
        "sample_weight": w,
        "max_iter": 15,
        "tol": 0.0,
        "reg_covar": reg_covar,
    }
    m = gaussmix.fit(
        X,
        3,
        covariance_type=any_type,
        init=labels,
        noise=gaussmix.Noise(log_volume=12.0),
        **options,
    )
    expected = reference.em(X, one_hot(labels, 3), any_type, log_volume=12.0, **options)
    np.testing.assert_allclose(m.history, expected.history, rtol=1e-9)
    assert_parameters_close(m, expected.parameters, 1e-7)
    assert expected.parameters.noise is not None
    assert m.noise_weight == pytest.approx(expected.parameters.noise[0], rel=1e-7)


def test_scores_labels_and_criteria_count_the_background(any_type: str) -> None:
    X, labels = clusters_in_noise(6, 0.2)
    p = reference.m_step(X, one_hot(labels, 3), any_type, log_volume=8.0)
    m = model_of(p)
    np.testing.assert_allclose(m.score_samples(X), reference.score_samples(X, p), rtol=1e-11)
    r = reference.responsibilities(X, p)
    np.testing.assert_allclose(m.predict_proba(X), r, atol=1e-12)
    best = r.argmax(axis=1)
    np.testing.assert_array_equal(m.predict(X), np.where(best == 3, -1, best))
    assert m.n_parameters == reference.n_parameters(p)
    for name in ("bic", "aic", "icl"):
        assert getattr(m, name)(X) == pytest.approx(getattr(reference, name)(X, p), rel=1e-11)


@pytest.mark.parametrize("acceleration", ["auto", "off"])
@pytest.mark.parametrize("seed", range(3))
def test_the_likelihood_never_falls(any_type: str, acceleration: str, seed: int) -> None:
    X, _ = clusters_in_noise(seed, 0.25)
    m = gaussmix.fit(
        X,
        4,
        covariance_type=any_type,
        noise=gaussmix.Noise(weight=0.4),
        tol=1e-10,
        max_iter=60,
        acceleration=acceleration,
        random_state=seed,
    )
    if not m.events:
        assert np.diff(m.history).min() > -1e-11


def test_acceleration_comes_to_the_same_end() -> None:
    X, labels = clusters_in_noise(7, 0.3)
    ends = [
        gaussmix.fit(
            X, 3, init=labels, noise=True, tol=1e-13, max_iter=5000, acceleration=acceleration
        )
        for acceleration in ("auto", "off")
    ]
    assert ends[0].noise_weight == pytest.approx(ends[1].noise_weight, rel=1e-5)
    np.testing.assert_allclose(ends[0].means, ends[1].means, atol=1e-5)


# --- With everything else ------------------------------------------------------------------------


@pytest.mark.parametrize("prior", ["default", gaussmix.Prior(mean_precision=2.0)], ids=str)
def test_a_prior_may_come_with_noise(any_type: str, prior: Any) -> None:
    X, labels = clusters_in_noise(8, 0.2)
    m = gaussmix.fit(
        X, 3, covariance_type=any_type, noise=True, prior=prior, tol=1e-9, random_state=0
    )
    assert np.diff(m.history).min() > -1e-11
    assert m.noise_weight == pytest.approx(0.2, abs=0.05)
    assert farthest(m, X, labels) < 1.0


def test_single_precision_may_come_with_noise(any_type: str) -> None:
    X, _ = clusters_in_noise(9, 0.2)
    single, double = (
        gaussmix.fit(rows, 3, covariance_type=any_type, noise=True, random_state=0, tol=1e-6)
        for rows in (X.astype(np.float32), X.astype(np.float32).astype(np.float64))
    )
    assert single.noise_weight == pytest.approx(double.noise_weight, abs=1e-4)
    proba = single.predict_proba(X.astype(np.float32))
    np.testing.assert_allclose(proba.sum(axis=1), 1.0, rtol=1e-12)


def test_weights_count_as_copies() -> None:
    X, _ = clusters_in_noise(10, 0.2)
    w = np.random.default_rng(0).integers(0, 3, size=len(X))
    options: dict[str, Any] = {"noise": True, "tol": 1e-10, "max_iter": 500, "random_state": 0}
    weighted = gaussmix.fit(X, 3, sample_weight=w, **options)
    copied = gaussmix.fit(np.repeat(X, w, axis=0), 3, **options)
    assert weighted.noise_weight == pytest.approx(copied.noise_weight, rel=1e-4)
    assert weighted.score(X, sample_weight=w) == pytest.approx(
        copied.score(X, sample_weight=w), rel=1e-8
    )


@pytest.mark.parametrize("n_threads", [2, 3, 7])
def test_the_bits_do_not_depend_on_threads(any_type: str, n_threads: int) -> None:
    X, _ = clusters_in_noise(11, 0.2, n_clustered=3000)
    one, many = (
        gaussmix.fit(X, 3, covariance_type=any_type, noise=True, random_state=0, n_threads=n)
        for n in (1, n_threads)
    )
    assert_same_parameters(one, many)
    assert one.noise == many.noise


def test_many_rows_start_from_a_sample() -> None:
    X, labels = clusters_in_noise(12, 0.2, n_clustered=60_000)
    m = gaussmix.fit(X, 3, noise=True, random_state=0)
    assert farthest(m, X, labels) < 0.05
    assert m.noise_weight == pytest.approx(0.2, abs=0.01)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_pruning_changes_nothing_but_the_time(dtype: Any) -> None:
    rng = np.random.default_rng(13)
    means = 8 * rng.normal(size=(20, 10))
    X = means[rng.integers(20, size=4000)] + rng.normal(size=(4000, 10))
    X = np.concatenate([X, rng.uniform(-30, 30, size=(800, 10))]).astype(dtype)
    start = gaussmix.Mixture(np.full(20, 0.05), means, np.ones((20, 10)), "diag")
    kept, off, threads = (
        gaussmix.fit(X, init=start, covariance_type="full", noise=True, tol=1e-9, **options)
        for options in ({}, {"pruning": "off"}, {"n_threads": 3})
    )
    np.testing.assert_allclose(kept.means, off.means, rtol=1e-5, atol=1e-5)
    assert kept.noise_weight == pytest.approx(off.noise_weight, rel=1e-6)
    assert kept.noise_weight == pytest.approx(1 / 6, abs=0.01)
    assert kept.pairs[-1][0] < 0.5
    np.testing.assert_array_equal(off.pairs, 1.0)
    assert_same_fit(threads, kept)


def test_units_do_not_matter() -> None:
    X, _ = clusters_in_noise(14, 0.2)
    plain = gaussmix.fit(X, 3, noise=True, random_state=0)
    for unit in (2.0**30, 2.0**400, 2.0**-400):
        m = gaussmix.fit(unit * X, 3, noise=True, random_state=0)
        assert m.noise_weight == pytest.approx(plain.noise_weight, rel=1e-9)
        assert m.noise is not None
        assert plain.noise is not None
        shift = 2 * np.log(unit)
        assert m.noise.log_volume == pytest.approx(float(plain.noise.log_volume or 0) + shift)
        np.testing.assert_array_equal(m.predict(unit * X), plain.predict(X))
    given = gaussmix.Noise(log_volume=8.0 + 2 * np.log(2.0**400))
    far, near = (
        gaussmix.fit(unit * X, 3, noise=noise, random_state=0)
        for unit, noise in ((2.0**400, given), (1.0, gaussmix.Noise(log_volume=8.0)))
    )
    assert far.noise_weight == pytest.approx(near.noise_weight, rel=1e-9)
    assert far.noise is not None
    assert far.noise.log_volume == pytest.approx(given.log_volume)


# --- The volume ----------------------------------------------------------------------------------


def volume(X: Array) -> float:
    noise = gaussmix.fit(X, 1, noise=True, max_iter=1).noise
    assert noise is not None
    return float(noise.log_volume or 0.0)


def test_the_volume_is_that_of_the_lesser_box() -> None:
    rng = np.random.default_rng(0)
    straight = rng.uniform(0, [8.0, 1.0], size=(500, 2))
    turned = straight @ np.array([[0.8, 0.6], [-0.6, 0.8]])
    box = np.log(np.ptp(straight, axis=0)).sum()
    assert volume(straight) == pytest.approx(box, abs=0.02)
    assert volume(turned) == pytest.approx(box, abs=0.1)
    assert np.log(np.ptp(turned, axis=0)).sum() > box + 1


@pytest.mark.parametrize("far", [1e3, 1e9, [1e9, -1e9]], ids=str)
def test_the_volume_bears_far_outliers(far: Any) -> None:
    X, labels = clusters_in_noise(15, 0.2)
    outliers = np.column_stack([np.atleast_1d(far), np.zeros(np.size(far))])
    with_far = np.concatenate([X, outliers])
    assert volume(with_far) == pytest.approx(volume(X), abs=0.1)
    m = gaussmix.fit(with_far, 3, noise=True, random_state=0)
    assert farthest(m, X, labels) < 0.4
    assert m.predict(outliers).tolist() == [-1] * len(outliers)


def test_a_constant_feature_changes_no_label_and_is_told() -> None:
    X, _ = clusters_in_noise(16, 0.2)
    plain = gaussmix.fit(X, 3, noise=True, random_state=0)
    m = gaussmix.fit(np.column_stack([X, np.full(len(X), 4.0)]), 3, noise=True, random_state=0)
    assert gaussmix.Event(0, 2, "constant") in m.events
    assert m.noise_weight == pytest.approx(plain.noise_weight, abs=0.01)
    assert plain.events == ()


def test_dependent_features_have_no_box_along_axes() -> None:
    X, _ = clusters_in_noise(17, 0.2)
    m = gaussmix.fit(np.column_stack([X, X.sum(axis=1)]), 3, noise=True, random_state=0)
    assert m.noise is not None
    box = np.log(np.ptp(np.column_stack([X, X.sum(axis=1)]), axis=0)).sum()
    assert m.noise.log_volume == pytest.approx(box)


# --- Models --------------------------------------------------------------------------------------


def test_a_mixture_with_noise_is_kept_whole(any_type: str, tmp_path: Path) -> None:
    X, _ = clusters_in_noise(18, 0.2)
    m = gaussmix.fit(X, 3, covariance_type=any_type, noise=True, random_state=0)
    m.save(tmp_path / "m.safetensors")
    for other in (gaussmix.load(tmp_path / "m.safetensors"), pickle.loads(pickle.dumps(m))):
        assert other == m
        assert other.noise == m.noise
        np.testing.assert_array_equal(other.predict_proba(X), m.predict_proba(X))
    assert m != gaussmix.fit(X, 3, covariance_type=any_type, random_state=0)
    assert "noise" in repr(m)


def test_samples_have_the_share_and_the_volume_of_the_noise(any_type: str) -> None:
    X, _ = clusters_in_noise(19, 0.2)
    m = gaussmix.fit(X, 3, covariance_type=any_type, noise=True, random_state=0)
    drawn, labels = m.sample(20_000, random_state=0)
    assert np.mean(labels == -1) == pytest.approx(m.noise_weight, abs=0.02)
    assert set(labels) == {-1, 0, 1, 2}
    box = np.ptp(drawn[labels == -1], axis=0)
    assert m.noise is not None
    assert np.log(box).sum() == pytest.approx(float(m.noise.log_volume or 0), abs=0.01)
    again = m.sample(20_000, random_state=0, n_threads=3)
    np.testing.assert_array_equal(drawn, again[0])
    middle = drawn[labels == -1].mean(axis=0)
    np.testing.assert_allclose(middle, m.noise.middle, atol=0.03 * box.max())


def test_a_mixture_to_start_from_brings_its_noise_along() -> None:
    X, _ = clusters_in_noise(20, 0.2)
    m = gaussmix.fit(X, 3, noise=True, random_state=0)
    same = gaussmix.fit(X, init=m, max_iter=0)
    assert same.noise == m.noise
    without = gaussmix.fit(X, init=m, noise=False, max_iter=0)
    assert without.noise is None
    assert without.weights.sum() == pytest.approx(1)
    more = gaussmix.fit(X, init=without, noise=gaussmix.Noise(0.3, 9.0), max_iter=0)
    assert more.noise is not None
    assert (more.noise.weight, more.noise.log_volume) == (0.3, 9.0)
    np.testing.assert_allclose(more.weights, 0.7 * without.weights)


def test_responsibilities_may_have_a_column_for_the_noise() -> None:
    X, labels = clusters_in_noise(21, 0.2)
    options: dict[str, Any] = {"noise": True, "max_iter": 3, "tol": 0}
    by_labels = gaussmix.fit(X, 3, init=labels, **options)
    by_numbers = gaussmix.fit(X, 3, init=one_hot(labels, 3), **options)
    assert_same_parameters(by_labels, by_numbers)
    of_components = reference.one_hot(np.maximum(labels, 0), 3)
    guessed = gaussmix.fit(X, 3, init=of_components, noise=gaussmix.Noise(0.1), max_iter=0)
    assert guessed.noise_weight == pytest.approx(0.1)


def test_a_guess_of_the_weight_is_where_it_starts() -> None:
    X, _ = clusters_in_noise(22, 0.2)
    m = gaussmix.fit(X, 3, noise=gaussmix.Noise(weight=0.17), max_iter=0, random_state=0)
    assert m.noise_weight == 0.17


# --- What cannot be ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"noise": gaussmix.Noise(weight=0.0)}, r"noise\.weight=0 must be more than 0"),
        ({"noise": gaussmix.Noise(weight=1.0)}, r"noise\.weight=1 must be .* less than 1"),
        ({"noise": gaussmix.Noise(log_volume=np.inf)}, r"noise\.log_volume=inf must be finite"),
        ({"noise": True, "prior": gaussmix.VariationalPrior()}, "noise is not part of variational"),
        ({"noise": None, "init": [-1, 0, 1, 0, 1]}, "labels must be 0 "),
        ({"noise": True, "init": [-2, 0, 1, 0, 1]}, "or -1 for noise"),
        ({"noise": True, "init": np.ones((5, 4))}, "and perhaps the background"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_with_a_reason(options: dict[str, Any], message: str) -> None:
    X = np.array([[0.0], [0.1], [5.0], [5.2], [9.0]])
    with pytest.raises(ValueError, match=message):
        gaussmix.fit(X, 2, **options)


def test_the_wrong_kind_of_noise_is_refused() -> None:
    with pytest.raises(TypeError, match=r"noise='yes' must be True, False, a gaussmix\.Noise"):
        gaussmix.fit([[0.0], [1.0]], 1, noise="yes")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"noise\.weight"):
        gaussmix.fit([[0.0], [1.0]], 1, noise=gaussmix.Noise(weight="much"))  # type: ignore[arg-type]


def test_a_box_may_be_given_as_arrays(tmp_path: Path) -> None:
    X, _ = clusters_in_noise(23, 0.2)
    d = X.shape[1]
    by_array = gaussmix.Noise(middle=np.zeros(d), log_widths=np.full(d, 4.0))
    by_tuple = gaussmix.Noise(middle=(0,) * d, log_widths=[4] * d)
    assert by_array == by_tuple
    assert hash(by_array) == hash(by_tuple)
    assert by_array.middle == (0.0,) * d
    assert by_array.numbers() == by_tuple.numbers()
    assert by_array.numbers()[2:] == (0.0,) * d + (4.0,) * d
    assert by_array != gaussmix.Noise(middle=np.ones(d), log_widths=np.full(d, 4.0))
    assert pickle.loads(pickle.dumps(by_array)) == by_tuple
    how: dict[str, Any] = {"checkpoint": tmp_path / "fit", "random_state": 0}
    m = gaussmix.fit(gaussmix.Batches([X]), 3, noise=by_array, **how)
    assert gaussmix.fit(gaussmix.Batches([X]), 3, noise=by_tuple, **how) == m


@pytest.mark.parametrize("half", [{"middle": [0, 0]}, {"log_widths": np.ones(2)}], ids=str)
def test_half_a_box_is_refused(half: dict[str, Any]) -> None:
    message = r"noise\.middle and noise\.log_widths go together: give both, or neither"
    with pytest.raises(ValueError, match=message):
        gaussmix.Noise(**half)


@pytest.mark.parametrize(
    ("weights", "noise", "message"),
    [
        ([0.5, 0.5], gaussmix.Noise(0.2, 1.0), "sum to 1.2, not to 1"),
        ([0.5, 0.3], gaussmix.Noise(0.2), "needs both"),
        ([0.5, 0.3], gaussmix.Noise(-0.2, 1.0), r"noise\.weight=-0\.2 must be in"),
        ([0.5, 0.3], gaussmix.Noise(0.2, np.nan), r"noise\.log_volume=nan must be finite"),
    ],
)
def test_a_mixture_checks_its_noise(weights: Any, noise: gaussmix.Noise, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        gaussmix.Mixture(weights, [[0.0], [1.0]], [1.0, 1.0], "spherical", noise=noise)


def test_a_volume_that_takes_all_rows_leaves_a_mixture() -> None:
    X, _ = clusters_in_noise(23, 0.2)
    m = gaussmix.fit(X, 3, noise=gaussmix.Noise(log_volume=-3000.0), random_state=0)
    assert m.noise_weight == pytest.approx(1)
    assert set(m.predict(X)) == {-1}
    assert np.isfinite(m.score_samples(X)).all()


def test_weights_may_be_held_up_beside_a_volume_that_takes_all_rows(any_type: str) -> None:
    X, _ = clusters_in_noise(23, 0.2)
    noise = gaussmix.Noise(log_volume=-3000.0)
    bounds = {"weights": (0.01, None)}
    m = gaussmix.fit(X, 3, covariance_type=any_type, noise=noise, bounds=bounds, random_state=0)
    np.testing.assert_allclose(m.weights, 0.01)
    assert m.noise_weight == pytest.approx(0.97)
    assert set(m.predict(X)) == {-1}
    assert np.isfinite(m.score_samples(X)).all()


def test_parameters_of_a_fit_round_trip() -> None:
    X, _ = clusters_in_noise(24, 0.2)
    m = gaussmix.fit(X, 3, noise=True, random_state=0)
    again = model_of(parameters_of(m))
    assert_same_parameters(again, m)
    assert again.noise_weight == m.noise_weight
    np.testing.assert_array_equal(again.score_samples(X), m.score_samples(X))


@pytest.mark.parametrize("far", [1e3, 1e6, 1e140])
@pytest.mark.parametrize("effort", ["low", "normal"])
def test_one_row_far_out_says_nothing_about_the_clusters(
    any_type: str, far: float, effort: str
) -> None:
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(at, 1, (150, 2)) for at in ([0, 0], [8, 0], [0, 8])])
    X[0] = far
    options: dict[str, Any] = {
        "covariance_type": any_type,
        "noise": True,
        "effort": effort,
        "random_state": 0,
    }
    m = gaussmix.fit(X, 3, **options)
    assert m.noise_weight < 0.03
    np.testing.assert_allclose(np.sort(m.weights), 1 / 3, atol=0.02)
    assert m.predict(X[:1])[0] == -1
    in_batches = gaussmix.fit(gaussmix.Batches([X[:200], X[200:]]), 3, **options)
    assert in_batches.score(X) == pytest.approx(m.score(X), abs=1e-3)


def test_one_value_far_out_among_few_rows_says_nothing_either() -> None:
    X = load_iris().data.copy()
    X[0, 0] = 999_999
    m = gaussmix.fit(X, 3, noise=True, random_state=0)
    clean = gaussmix.fit(X[1:], 3, random_state=0)
    assert m.noise_weight < 0.02
    assert m.score(X[1:]) > clean.score(X[1:]) - 0.05
    best = gaussmix.select(X, [3], covariance_types=["VVV"], noise=True, random_state=0).best
    assert best.noise_weight < 0.02


def test_a_selection_says_which_families_cannot_leave_a_constant_feature_out() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 2)) + 6 * rng.integers(0, 3, (300, 1))
    X[:20] = rng.uniform(-8, 22, (20, 2))
    X = np.c_[X, np.full(300, 3.0)]
    s = gaussmix.select(X, [3], covariance_types=["VII", "VVI"], noise=True, random_state=0)
    assert s.best.covariance_type == "diag"
    assert s.best.noise_weight < 0.2
    assert "constant feature" in s.reasons["spherical", 3]
