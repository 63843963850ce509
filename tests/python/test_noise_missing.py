"""A background beside missing values: exact against NumPy, row by row, by a box of known sides."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gaussmix
import reference
from gaussmix.cli import main

Array = reference.Array
K = 3
D = 4
BOX = gaussmix.Noise(0.25, middle=(1.0, -1.0, 0.0, 2.0), log_widths=(3.0, 2.5, 3.5, 3.0))


def rows(n: int = 420, share: float = 0.2, seed: int = 0) -> tuple[Array, Array]:
    """Three clusters in a box of noise, with holes; some rows keep nothing. And -1 for noise."""
    rng = np.random.default_rng(seed)
    labels = np.where(rng.random(n) < 0.2, -1, rng.integers(0, K, size=n))
    X = 7 * np.eye(K, D)[labels] + rng.normal(size=(n, D)) @ rng.normal(size=(D, D)) / 2
    X[labels < 0] = rng.uniform(-25, 25, size=((labels < 0).sum(), D))
    X[rng.random(X.shape) < share] = np.nan
    X[:2] = np.nan
    return X, labels


def start(covariance_type: str = "full") -> gaussmix.Mixture:
    """A mixture of some family whose features correlate, if the family lets them, with noise."""
    X, labels = rows(share=0)
    clean = ~np.isnan(X[:, 0]) & (labels >= 0)
    m = gaussmix.fit(X[clean], K, covariance_type=covariance_type, init=labels[clean], max_iter=0)
    return gaussmix.Mixture(0.75 * m.weights, m.means, m.covariances, covariance_type, noise=BOX)


def of_row(m: gaussmix.Mixture, x: Array) -> tuple[float, Array, Array, Array]:
    """A row's log-density, p(term | x), and the terms' means (K + 1, d) and covariances given x."""
    o, u = np.flatnonzero(~np.isnan(x)), np.flatnonzero(np.isnan(x))
    logs, means, spreads = [], np.tile(x, (K + 1, 1)), np.zeros((K + 1, D, D))
    for k in range(K):
        S = m.covariance_matrix(k)
        B = S[np.ix_(u, o)] @ np.linalg.inv(S[np.ix_(o, o)])
        means[k, u] = m.means[k][u] + B @ (x[o] - m.means[k][o])
        spreads[k][np.ix_(u, u)] = S[np.ix_(u, u)] - B @ S[np.ix_(o, u)]
        logs.append(np.log(m.weights[k]))
        if len(o):
            logs[k] += reference.log_gaussian(x[None, o], m.means[k][o], S[np.ix_(o, o)])[0]
    noise = m.noise
    assert noise is not None
    assert noise.middle is not None
    assert noise.log_widths is not None
    widths = np.asarray(noise.log_widths)
    logs.append(np.log(m.noise_weight) - widths[o].sum())
    means[K, u] = np.asarray(noise.middle)[u]
    spreads[K, u, u] = np.exp(2 * widths[u]) / 12
    total = float(np.logaddexp.reduce(logs))
    return total, np.exp(np.array(logs) - total), means, spreads


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("covariance_type", reference.ALL_TYPES)
def test_a_step_is_that_of_rows_completed_one_by_one(covariance_type: str, weighted: bool) -> None:
    X, _ = rows()
    w = np.random.default_rng(5).integers(0, 3, len(X)) + 0.0 if weighted else np.ones(len(X))
    m = start(covariance_type)
    n, s = np.zeros(K + 1), np.zeros((K, D))
    total = 0.0
    for x, own in zip(X, w, strict=True):
        height, shares, means, _ = of_row(m, x)
        total += own * height
        n += own * shares
        s += own * shares[:K, None] * (means[:K] - m.means)
    how: dict[str, Any] = {"sample_weight": w if weighted else None}
    found = gaussmix.fit(X, K, init=m, missing="em", max_iter=1, tol=0, reg_covar=0, **how)
    np.testing.assert_allclose(found.weights, n[:K] / n.sum(), rtol=1e-10)
    assert found.noise_weight == pytest.approx(n[K] / n.sum(), rel=1e-10)
    np.testing.assert_allclose(found.means, m.means + s / n[:K, None], rtol=1e-9, atol=1e-9)
    assert found.history[0] == pytest.approx(total / w.sum(), rel=1e-11)
    assert m.score(X, missing="em", **how) == pytest.approx(total / w.sum(), rel=1e-11)
    assert found.noise is not None
    assert (found.noise.middle, found.noise.log_widths) == (BOX.middle, BOX.log_widths)


@pytest.mark.parametrize("acceleration", ["auto", "off"])
@pytest.mark.parametrize("covariance_type", reference.ALL_TYPES)
def test_the_likelihood_never_falls(covariance_type: str, acceleration: str) -> None:
    X, _ = rows()
    m = gaussmix.fit(
        X,
        init=start(covariance_type),
        missing="em",
        max_iter=60,
        tol=0,
        acceleration=acceleration,
    )
    assert np.diff(m.history).min() > -1e-9
    assert m.history[-1] > m.history[0]


def test_the_end_is_a_stationary_point() -> None:
    X, _ = rows()
    m = gaussmix.fit(X, init=start(), missing="em", tol=1e-13, max_iter=3000, reg_covar=0)
    noise = m.noise
    assert noise is not None

    def height(weights: Array, share: float) -> float:
        box = gaussmix.Noise(share, middle=noise.middle, log_widths=noise.log_widths)
        moved = gaussmix.Mixture(weights, m.means, m.covariances, noise=box)
        return moved.score(X, missing="em")

    for k in range(K):  # weight between a component and the background
        step = 1e-4 * np.eye(K)[k]
        up = height(m.weights + step, m.noise_weight - 1e-4)
        down = height(m.weights - step, m.noise_weight + 1e-4)
        assert abs(up - down) / 2e-4 < 1e-5
        assert min(m.score(X) - up, m.score(X) - down) > 0


def test_rows_are_judged_and_imputed_by_what_they_have() -> None:
    X, _ = rows(70)
    m = start()
    labels, shares = m.predict(X, missing="em"), m.predict_proba(X, missing="em")
    heights = m.score_samples(X, missing="em")
    filled, covariances = m.impute(X, return_covariance=True)
    for i, x in enumerate(X):
        height, own, means, spreads = of_row(m, x)
        mean = own @ means
        gaps = means - mean
        spread = np.einsum("k,kij->ij", own, spreads + np.einsum("ki,kj->kij", gaps, gaps))
        np.testing.assert_allclose(shares[i], own, rtol=1e-8, atol=1e-12)
        assert heights[i] == pytest.approx(height, rel=1e-11)
        assert labels[i] == (own.argmax() if own.argmax() < K else -1)
        np.testing.assert_allclose(filled[i], mean, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(covariances[i], spread, rtol=1e-8, atol=1e-8)
    assert set(labels) == {-1, 0, 1, 2}
    n_free = m.n_parameters
    expected = -2 * heights.sum() + n_free * np.log(len(X))
    assert m.bic(X, missing="em") == pytest.approx(expected, rel=1e-12)


def test_draws_of_the_background_fill_its_box() -> None:
    m = start()
    x = np.array([[24.0, np.nan, np.nan, -20.0], [np.nan] * 4])  # noise; and nothing known
    n = 30000
    drawn = m.impute(x, n_draws=n, random_state=0)
    low, high = drawn[:, 0, 1:3].min(axis=0), drawn[:, 0, 1:3].max(axis=0)
    widths = np.exp([2.5, 3.5])
    np.testing.assert_allclose(low, [-1, 0] - widths / 2, atol=0.02)
    np.testing.assert_allclose(high, [-1, 0] + widths / 2, atol=0.02)
    _, shares, means, spreads = of_row(m, x[1])
    mean = shares @ means
    variance = shares @ (np.einsum("kii->ki", spreads) + (means - mean) ** 2)
    np.testing.assert_allclose(
        drawn[:, 1].mean(axis=0), mean, atol=5 * variance.max() ** 0.5 / n**0.5
    )
    np.testing.assert_allclose(drawn[:, 1].var(axis=0), variance, rtol=0.05)
    assert np.array_equal(m.impute(x, n_draws=9, random_state=0, n_threads=3), drawn[:9])
    points, labels = m.sample(n, random_state=0)
    np.testing.assert_allclose(
        points[labels < 0].min(axis=0),
        np.subtract(BOX.middle, np.exp(BOX.log_widths) / 2),
        atol=0.05,
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_bits_do_not_depend_on_threads(dtype: Any) -> None:
    X = rows(3000)[0].astype(dtype)
    one, three = (
        gaussmix.fit(X, K, missing="em", noise=True, random_state=0, n_threads=n) for n in (1, 3)
    )
    assert one == three
    double = gaussmix.fit(X.astype(float), init=one, missing="em", max_iter=1, tol=0)
    single = gaussmix.fit(X, init=one, missing="em", max_iter=1, tol=0)
    np.testing.assert_allclose(single.means, double.means, rtol=1e-12)


def test_outliers_do_not_ruin_a_fit_around_holes() -> None:
    X, labels = rows(900)
    m = gaussmix.fit(X, K, missing="em", noise=True, random_state=0)
    assert m.status == "converged"
    assert m.noise_weight == pytest.approx(np.mean(labels < 0), abs=0.05)
    judged = (~np.isnan(X)).sum(axis=1) > 2
    assert np.mean((m.predict(X) < 0)[judged] == (labels < 0)[judged]) > 0.95
    centres = 7 * np.eye(K, D)
    gaps = np.linalg.norm(centres[:, None] - m.means, axis=2).min(axis=1)
    assert gaps.max() < 0.6
    plain = gaussmix.fit(X, K, missing="em", random_state=0)
    assert m.bic(X) < plain.bic(X) - 100


# --- Where the box comes from --------------------------------------------------------------------


def test_the_box_is_that_of_the_values_that_are_there() -> None:
    rng = np.random.default_rng(0)
    X = rng.uniform([0, -5], [10, 45], size=(400, 2)) @ np.array([[1.0, 0.9], [0.0, 1.0]])
    X[::7, 0] = np.nan
    X[1::9, 1] = np.nan
    low, high = np.nanmin(X, axis=0), np.nanmax(X, axis=0)
    m = gaussmix.fit(X, 1, missing="em", noise=True)
    assert m.noise is not None
    np.testing.assert_allclose(m.noise.middle, (low + high) / 2, rtol=1e-12)
    np.testing.assert_allclose(m.noise.log_widths, np.log(high - low), rtol=1e-12)
    assert m.noise.log_volume == pytest.approx(np.log(high - low).sum(), rel=1e-12)
    X[3, 0] = 1e5  # so far out that it does not count
    far = gaussmix.fit(X, 1, missing="em", noise=True)
    assert far.noise is not None
    np.testing.assert_allclose(far.noise.log_widths, m.noise.log_widths, rtol=1e-12)


def test_a_volume_stretches_all_sides_alike() -> None:
    X, _ = rows()
    natural = gaussmix.fit(X, 1, missing="em", noise=True, max_iter=0).noise
    given = gaussmix.fit(X, 1, missing="em", noise=gaussmix.Noise(log_volume=9.0), max_iter=0).noise
    assert natural is not None
    assert given is not None
    stretch = np.subtract(given.log_widths, natural.log_widths)
    np.testing.assert_allclose(stretch, (9.0 - float(natural.log_volume or 0)) / D, rtol=1e-9)
    assert given.middle == natural.middle
    assert given.log_volume == 9.0


def test_a_constant_feature_tells_nothing() -> None:
    X, _ = rows(seed=4)
    wide = np.column_stack([X, np.full(len(X), 3.0)])
    wide[5::3, D] = np.nan
    how: dict[str, Any] = {"missing": "em", "covariance_type": "diag", "random_state": 0}
    plain = gaussmix.fit(X, K, noise=True, **how)
    for noise in (True, gaussmix.Noise(log_volume=40.0)):
        m = gaussmix.fit(wide, K, noise=noise, **how)
        assert np.isfinite(m.score(wide))
        seen = wide[~np.isnan(wide[:, D])]
        without = seen.copy()
        without[:, D] = np.nan  # the same shares with it and without
        np.testing.assert_allclose(m.predict_proba(seen), m.predict_proba(without), atol=0.05)
    told = gaussmix.fit(wide, K, noise=True, **how)
    assert [event.act for event in told.events if event.component == D] == ["constant"]
    np.testing.assert_allclose(told.predict_proba(wide), plain.predict_proba(X), atol=0.1)


def test_complete_rows_leave_the_box_too() -> None:
    X = np.nan_to_num(rows(share=0)[0])
    m = gaussmix.fit(X, K, noise=True, random_state=0)
    assert m == gaussmix.fit(X, K, noise=True, missing="em", random_state=0)
    assert m.noise is not None
    assert sum(m.noise.log_widths or ()) == pytest.approx(float(m.noise.log_volume or 0), rel=1e-12)
    X[::5, 1] = np.nan
    assert np.isfinite(m.score(X, missing="em"))


def test_extreme_units_change_nothing() -> None:
    X, _ = rows()
    scale = np.array([1.0, 2.0**400, 2.0**-400, 1.0])
    how: dict[str, Any] = {"missing": "em", "covariance_type": "diag", "random_state": 0}
    near = gaussmix.fit(X, K, noise=True, **how)
    far = gaussmix.fit(X * scale, K, noise=True, **how)
    np.testing.assert_allclose(far.predict_proba(X * scale), near.predict_proba(X), atol=1e-5)
    assert near.noise is not None
    assert far.noise is not None
    np.testing.assert_allclose(
        np.subtract(far.noise.log_widths, np.log(scale)), near.noise.log_widths, rtol=1e-9
    )
    again = gaussmix.fit(X * scale, init=far, max_iter=0, missing="em")
    assert again.noise is not None
    np.testing.assert_allclose(again.noise.log_widths, far.noise.log_widths, rtol=1e-12)


def test_what_is_wrong_is_told() -> None:
    X, _ = rows()
    m = start()
    bare = gaussmix.Mixture(m.weights, m.means, m.covariances, noise=gaussmix.Noise(0.25, 12.0))
    for use in (bare.score_samples, bare.predict, bare.predict_proba):
        with pytest.raises(ValueError, match=r"only the volume is known.*log_widths and middle"):
            use(X, missing="em")
    with pytest.raises(ValueError, match="only the volume is known"):
        bare.impute(X)
    assert np.isfinite(bare.sample(50, random_state=0)[0]).all()
    with pytest.raises(ValueError, match="log_widths sum to 6"):
        gaussmix.fit(X, K, noise=gaussmix.Noise(None, 5.0, (0.0, 0.0), (3.0, 3.0)), missing="em")
    with pytest.raises(ValueError, match=r"noise\.(middle|log_widths) has"):
        gaussmix.fit(X, K, noise=gaussmix.Noise(None, None, (0.0, 0.0), (3.0, 3.0)), missing="em")
    with pytest.raises(ValueError, match=r"noise\.middle has .* nan"):
        gaussmix.fit(X, K, noise=gaussmix.Noise(None, None, (np.nan,) * D, (3.0,) * D))
    with pytest.raises(TypeError, match=r"noise\.middle=3 must be a sequence"):
        gaussmix.Noise(middle=3, log_widths=[3])  # type: ignore[arg-type]


# --- With everything else ------------------------------------------------------------------------


def test_labels_and_responsibilities_start_it() -> None:
    X, labels = rows()
    w = np.linspace(1, 2, len(X))
    how: dict[str, Any] = {"missing": "em", "noise": True, "max_iter": 0, "sample_weight": w}
    m = gaussmix.fit(X, K, init=labels, **how)
    assert m.noise_weight == pytest.approx(w[labels < 0].sum() / w.sum(), rel=1e-12)
    same = gaussmix.fit(X, K, init=np.eye(K + 1)[labels], **how)
    assert m == same
    none = gaussmix.fit(X, K, init=np.eye(K)[labels % K], **how)
    assert none.noise_weight == pytest.approx(0.05)


def test_known_rows_and_parameters_stay() -> None:
    X, labels = rows()
    known = np.where(np.arange(len(X)) % 6 == 0, labels, -1)
    m = gaussmix.fit(X, K, missing="em", noise=True, labels=known, random_state=0)
    sure = (known >= 0) & ((~np.isnan(X)).sum(axis=1) > 2)
    assert (m.predict(X[sure]) == known[sure]).mean() > 0.95
    allowed = np.ones((len(X), K + 1), dtype=bool)
    allowed[labels < 0] = [False] * K + [True]
    noisy = gaussmix.fit(X, K, missing="em", noise=True, allowed=allowed, random_state=0)
    assert noisy.noise_weight > np.mean(labels < 0) - 1e-9
    given = start()
    fixed = gaussmix.fit(X, init=given, missing="em", fixed={"means": [1], "weights": [0]})
    assert np.array_equal(fixed.means[1], given.means[1])
    assert fixed.weights[0] == given.weights[0]
    bound = gaussmix.fit(X, init=given, missing="em", bounds={"weights": (0.2, None)})
    assert bound.weights.min() >= 0.2 - 1e-12
    prior = gaussmix.fit(X, K, missing="em", noise=True, prior="default", random_state=0)
    assert prior.status == "converged"


def test_pieces_give_what_rows_in_memory_give() -> None:
    X, _ = rows()
    w = np.random.default_rng(3).random(len(X)) + 0.5
    how: dict[str, Any] = {"missing": "em", "max_iter": 4, "tol": 0, "init": start()}
    whole = gaussmix.fit(X, K, sample_weight=w, **how)
    parts = gaussmix.Batches([(X[:150], w[:150]), (X[150:], w[150:])])
    cut = gaussmix.fit(parts, K, **how)
    np.testing.assert_allclose(cut.means, whole.means, rtol=1e-9, atol=1e-9)
    assert cut.noise_weight == pytest.approx(whole.noise_weight, rel=1e-10)
    filled = np.concatenate(list(cut.impute(gaussmix.Batches([X[:150], X[150:]]))))
    np.testing.assert_allclose(filled, cut.impute(X), rtol=1e-12)
    shards = [
        pickle.loads(pickle.dumps(gaussmix.Shard(part, missing="em")))
        for part in (X[:150], X[150:])
    ]
    far = gaussmix.RemoteRows(
        summary=lambda: gaussmix.merge(s.summary() for s in shards),
        sample=lambda summary, size, seed: gaussmix.merge(
            s.sample(summary, size, seed, i) for i, s in enumerate(shards)
        ),
        moments=lambda scorer: gaussmix.merge(
            s.moments(pickle.loads(pickle.dumps(scorer))) for s in shards
        ),
    )
    remote = gaussmix.fit(far, K, noise=True, random_state=0)
    near = gaussmix.fit(
        gaussmix.Batches([X[:150], X[150:]]), K, noise=True, missing="em", random_state=0
    )
    assert remote.noise == near.noise
    assert np.array_equal(remote.means, near.means)


def test_a_stream_keeps_the_box() -> None:
    X, labels = rows(9000)
    stream = gaussmix.Stream(K, missing="em", noise=True, random_state=0)
    for batch in np.array_split(X, 6):
        stream.update(batch)
    m = stream.mixture
    assert m.noise is not None
    assert len(m.noise.log_widths or ()) == D
    assert m.noise_weight == pytest.approx(np.mean(labels < 0), abs=0.03)
    whole = gaussmix.fit(X, K, missing="em", noise=True, random_state=2)  # at the three clusters
    assert m.score(X) == pytest.approx(whole.score(X), abs=0.1)


def test_a_selection_takes_both() -> None:
    X, labels = rows(500, 0.12)
    how: dict[str, Any] = {"covariance_types": ["full", "diag"], "random_state": 0}
    found = gaussmix.select(X, range(1, 5), missing="em", noise=True, **how)
    assert found.best.n_components == K
    assert found.best.noise_weight == pytest.approx(np.mean(labels < 0), abs=0.05)
    assert found.best.bic(X) == pytest.approx(min(found.criteria["bic"].values()), rel=1e-12)
    again = gaussmix.select(X, range(1, 5), missing="em", noise=True, n_threads=1, **how)
    assert again.best == found.best


@pytest.mark.parametrize("seed", [0, 3])
def test_a_fit_that_collapses_begins_elsewhere(seed: int) -> None:
    X, _ = rows(seed=seed)
    scores = []
    for random_state in range(8):
        m = gaussmix.fit(X, K, missing="em", noise=True, random_state=random_state)
        assert not m.degenerate
        scores.append(m.history[-1])
    assert np.median(scores) > max(scores) - 0.01


def test_resamples_and_estimators_take_both() -> None:
    X, labels = rows()
    m = gaussmix.fit(X, K, missing="em", noise=True, random_state=0)
    errors = gaussmix.bootstrap(m, X, 20, random_state=0)
    assert 0 < float(errors.standard_errors.noise_weight) < 0.1
    gm = gaussmix.GaussianMixture(K, missing="em", noise=True, random_state=0).fit(X)
    assert gm.noise_weight_ == pytest.approx(np.mean(labels < 0), abs=0.06)
    assert np.array_equal(gm.predict(X), m.predict(X))


def test_copies_and_files_keep_the_box(tmp_path: Path) -> None:
    X, _ = rows()
    m = gaussmix.fit(X, K, missing="em", noise=True, random_state=0)
    for i, copy in enumerate((pickle.loads(pickle.dumps(m)), m)):
        copy.save(tmp_path / f"{i}.safetensors")
        loaded = gaussmix.load(tmp_path / f"{i}.safetensors")
        assert copy == loaded == m
        assert loaded.noise == m.noise
        assert np.array_equal(loaded.predict(X), m.predict(X))
        assert np.array_equal(loaded.impute(X), m.impute(X))
    bare = gaussmix.Mixture(
        m.weights, m.means, m.covariances, noise=gaussmix.Noise(m.noise_weight, 9.0)
    )
    bare.save(tmp_path / "bare.safetensors")
    assert b'"format_version":"3"' in (tmp_path / "bare.safetensors").read_bytes()
    assert gaussmix.load(tmp_path / "bare.safetensors") == bare
    assert bare != m


def test_the_command_line_takes_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    X, _ = rows()
    monkeypatch.chdir(tmp_path)
    np.savetxt("x.csv", X, delimiter=",", header="a,b,c,d", comments="")
    fitted = ["fit", "x.csv", "-k", "3", "--missing", "em", "--noise", "--output", "m.safetensors"]
    assert main(fitted) == 0
    assert "noise: weight" in capsys.readouterr().out
    assert main(["predict", "m.safetensors", "x.csv"]) == 0
    m = gaussmix.load("m.safetensors")
    assert np.array_equal(
        np.loadtxt(capsys.readouterr().out.splitlines(), skiprows=1), m.predict(X)
    )
