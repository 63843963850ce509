"""A uniform background in everything that is built on fits: selections, pieces, streams, tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gaussmix
from comparing import assert_same_parameters
from gaussmix.cli import main
from test_noise import Array, clusters_in_noise, farthest

# --- Selections ----------------------------------------------------------------------------------


def test_a_selection_finds_the_clusters_among_outliers() -> None:
    X, labels = clusters_in_noise(1, 0.25)
    s = gaussmix.select(X, range(1, 6), noise=True, random_state=0)
    assert s.best.n_components == 3
    assert farthest(s.best, X, labels) < 0.4
    assert s.best.noise_weight == pytest.approx(0.25, abs=0.04)
    without = gaussmix.select(X, range(1, 6), random_state=0)
    assert s.best.bic(X) < without.best.bic(X)
    again = gaussmix.select(X, range(1, 6), noise=True, random_state=0, n_threads=3)
    assert_same_parameters(s.best, again.best)


@pytest.mark.parametrize("criterion", ["icl", "stability", "cv"])
def test_every_criterion_counts_noise(criterion: str) -> None:
    X, _ = clusters_in_noise(2, 0.2, n_clustered=300)
    s = gaussmix.select(
        X,
        [2, 3, 4],
        covariance_types=["EII", "VVV"],
        criterion=criterion,
        noise=True,
        n_repeats=3,
        random_state=0,
    )
    assert s.best.n_components == 3


def test_nested_cells_are_no_worse() -> None:
    X, _ = clusters_in_noise(3, 0.2)
    s = gaussmix.select(X, [2, 3, 4], noise=gaussmix.Noise(log_volume=8.0), random_state=0)
    for k in (2, 3, 4):
        heights = {family: s[family, k].score(X) for family in ("EII", "VII", "VVI", "VVV")}
        assert heights["EII"] <= heights["VII"] + 1e-7
        assert heights["VII"] <= heights["VVI"] + 1e-7
        assert heights["VVI"] <= heights["VVV"] + 1e-7


def test_many_rows_are_selected_on_a_sample() -> None:
    X, labels = clusters_in_noise(4, 0.2, n_clustered=30_000)
    options: dict[str, Any] = {"covariance_types": ["EEE", "VVI"], "noise": True, "random_state": 0}
    for rows in (X, gaussmix.Batches(np.array_split(X, len(X) // 5000))):
        s = gaussmix.select(rows, [2, 3, 4], **options)
        assert s.best.n_components == 3
        assert farthest(s.best, X, labels) < 0.1


# --- Pieces --------------------------------------------------------------------------------------


def test_batches_are_fitted_as_rows_in_memory_are(tmp_path: Path) -> None:
    X, labels = clusters_in_noise(5, 0.2, n_clustered=20_000)
    X = np.random.default_rng(0).permutation(X)
    m = gaussmix.fit(
        gaussmix.Batches(np.array_split(X, len(X) // 3000)), 3, noise=True, random_state=0, tol=1e-8
    )
    whole = gaussmix.fit(X, 3, noise=True, random_state=0, tol=1e-8)
    assert m.noise_weight == pytest.approx(whole.noise_weight, abs=1e-3)
    options: dict[str, Any] = {"noise": True, "random_state": 0, "checkpoint": tmp_path / "c"}
    batches = gaussmix.Batches(np.array_split(X, len(X) // 3000))
    gaussmix.fit(batches, 3, max_iter=2, **options)
    resumed = gaussmix.fit(batches, 3, **options)
    at_once = gaussmix.fit(batches, 3, noise=True, random_state=0)
    assert_same_parameters(resumed, at_once)
    assert resumed.noise == at_once.noise
    with pytest.raises(ValueError, match="noise"):
        gaussmix.fit(batches, 3, **(options | {"noise": gaussmix.Noise(0.3)}))
    del labels


def test_a_run_over_shards_counts_noise() -> None:
    X, labels = clusters_in_noise(6, 0.2)
    start = gaussmix.fit(X[labels >= 0], 3, random_state=0)
    run = gaussmix.Run(gaussmix.summarize(X), start, noise=True)
    shards = [gaussmix.Shard(part) for part in np.array_split(X, 3)]
    while not run.done:
        moments = gaussmix.merge(shard.moments(run) for shard in shards)
        assert moments.weights.shape == (4,)
        run.advance(moments)
    m = run.mixture()
    assert m.noise_weight == pytest.approx(0.2, abs=0.03)
    assert farthest(m, X, labels) < 0.4
    assert m.noise is not None
    assert m.noise.log_volume == pytest.approx(np.log(np.ptp(X, axis=0)).sum())
    without = gaussmix.Run(gaussmix.summarize(X), m, noise=False, max_iter=0).mixture()
    assert without.noise is None


def test_remote_rows_may_have_noise() -> None:
    X, labels = clusters_in_noise(7, 0.2)
    shards = [gaussmix.Shard(part) for part in np.array_split(X, 4)]
    rows = gaussmix.RemoteRows(
        lambda: gaussmix.merge(shard.summary() for shard in shards),
        lambda summary, size, seed: gaussmix.merge(
            shard.sample(summary, size, seed, i) for i, shard in enumerate(shards)
        ),
        lambda scorer: gaussmix.merge(shard.moments(scorer) for shard in shards),
    )
    m = gaussmix.fit(rows, 3, noise=True, random_state=0)
    assert farthest(m, X, labels) < 0.4
    assert m.noise_weight == pytest.approx(0.2, abs=0.03)


def test_dask_blocks_may_have_noise() -> None:
    dask_array = pytest.importorskip("dask.array")
    import gaussmix.dask

    X, labels = clusters_in_noise(8, 0.2)
    blocks = dask_array.from_array(X, chunks=(200, 2))
    m = gaussmix.dask.fit(blocks, 3, noise=True, random_state=0)
    assert farthest(m, X, labels) < 0.4
    shares = gaussmix.dask.predict_proba(m, blocks)
    assert shares.shape == (len(X), 4)
    np.testing.assert_array_equal(shares.compute(), m.predict_proba(X))


# --- Streams -------------------------------------------------------------------------------------


def shuffled_batches(X: Array, size: int = 250) -> list[Array]:
    order = np.random.default_rng(0).permutation(len(X))
    return [X[order[i : i + size]] for i in range(0, len(X), size)]


def test_a_stream_may_have_noise() -> None:
    X, labels = clusters_in_noise(9, 0.2, n_clustered=12_000)
    stream = gaussmix.Stream(3, noise=True, random_state=0)
    for rows in shuffled_batches(X):
        stream.update(rows)
    m = stream.mixture
    assert farthest(m, X, labels) < 0.1
    assert m.noise_weight == pytest.approx(0.2, abs=0.02)


def test_a_stream_goes_on_from_a_mixture_with_noise() -> None:
    X, labels = clusters_in_noise(10, 0.2, n_clustered=3000)
    m = gaussmix.fit(X, 3, noise=True, random_state=0)
    stream = gaussmix.Stream(init=m, weight=len(X))
    for rows in shuffled_batches(X):
        stream.update(rows)
    assert stream.mixture.noise is not None
    assert m.noise is not None
    assert stream.mixture.noise.log_volume == m.noise.log_volume
    assert farthest(stream.mixture, X, labels) < 0.2
    without = gaussmix.Stream(init=m, noise=False)
    assert without.update(X[:500]).mixture.noise is None
    plain = gaussmix.fit(X[labels >= 0], 3, random_state=0)
    with pytest.raises(ValueError, match="noise has no volume"):
        gaussmix.Stream(init=plain, noise=True)
    given = gaussmix.Stream(init=plain, noise=gaussmix.Noise(0.1, 8.0)).update(X)
    assert given.mixture.noise is not None
    assert given.mixture.noise.log_volume == 8.0


# --- Estimators ----------------------------------------------------------------------------------


def test_the_estimator_has_noise() -> None:
    pytest.importorskip("sklearn")
    X, labels = clusters_in_noise(11, 0.2)
    gm = gaussmix.GaussianMixture(3, noise=True, random_state=0).fit(X)
    assert gm.noise_weight_ == pytest.approx(0.2, abs=0.03)
    assert gm.weights_.sum() + gm.noise_weight_ == pytest.approx(1)
    assert farthest(gm.mixture_, X, labels) < 0.4
    assert gm.predict_proba(X).shape == (len(X), 4)
    assert -1 in gm.predict(X)
    assert gm.get_params()["noise"] is True
    gm.means_ = gm.means_ + 100
    assert gm.mixture_.noise_weight == gm.noise_weight_
    assert (gm.predict(X) == -1).all()
    given = gaussmix.GaussianMixture(3, noise=True, means_init=np.eye(3, 2) * 7, random_state=0)
    assert farthest(given.fit(X).mixture_, X, labels) < 0.4
    plain = gaussmix.GaussianMixture(3, random_state=0).fit(X)
    assert plain.noise_weight_ == 0


def test_partial_fit_has_noise() -> None:
    pytest.importorskip("sklearn")
    X, labels = clusters_in_noise(12, 0.2, n_clustered=6000)
    gm = gaussmix.GaussianMixture(3, noise=True, random_state=0)
    for rows in shuffled_batches(X):
        gm.partial_fit(rows)
    assert gm.noise_weight_ == pytest.approx(0.2, abs=0.02)
    assert farthest(gm.mixture_, X, labels) < 0.2


def test_scikit_learn_has_no_place_for_noise() -> None:
    pytest.importorskip("sklearn")
    X, _ = clusters_in_noise(13, 0.2)
    m = gaussmix.fit(X, 3, noise=True, random_state=0)
    with pytest.raises(ValueError, match="has a background, for which scikit-learn"):
        m.to_sklearn()


# --- After the fit -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["weighted", "nonparametric", "parametric", "jackknife"])
def test_a_bootstrap_keeps_the_noise(kind: str) -> None:
    X, _ = clusters_in_noise(14, 0.2, n_clustered=100)
    m = gaussmix.fit(X, 3, covariance_type="EII", noise=True, random_state=0)
    b = gaussmix.bootstrap(m, X, 20, kind, random_state=0)
    assert (b.standard_errors.means < 1).all()
    assert b.replicates.weights.sum(axis=1).mean() == pytest.approx(1 - m.noise_weight, abs=0.05)


def test_merged_clusters_leave_noise_alone() -> None:
    X, _ = clusters_in_noise(15, 0.2)
    m = gaussmix.fit(X, 5, noise=True, random_state=0)
    tree = m.merge_clusters(X)
    shares = tree.predict_proba(X, 3)
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_array_equal(shares[:, -1], m.predict_proba(X)[:, -1])
    assert set(tree.predict(X, 3)) == {-1, 0, 1, 2}
    r = m.predict_proba(X)
    one = np.stack([r[:, :-1].sum(axis=1), r[:, -1]])
    entropy = -(one * np.log(np.where(one > 0, one, 1))).sum()
    assert tree.entropies[-1] == pytest.approx(entropy, rel=1e-9)


@pytest.mark.parametrize(
    "use",
    [
        lambda m: m.marginal([0]),
        lambda m: m.conditional([[1.0]], [0]),
        lambda m: m.mean(),
        lambda m: m.covariance(),
        lambda m: m.entropy(),
        lambda m: gaussmix.mix([m, m]),
    ],
)
def test_parts_of_a_background_are_refused(use: Callable[[gaussmix.Mixture], Any]) -> None:
    X, _ = clusters_in_noise(21, 0.2)
    m = gaussmix.fit(X, 3, noise=True, random_state=0)
    with pytest.raises(ValueError, match="has a background, which is no Gaussian"):
        use(m)
    merged = m.merge(0, 1)
    assert merged.noise == m.noise


# --- Pictures and words --------------------------------------------------------------------------


def pictures() -> list[Callable[[gaussmix.Mixture, Array], Any]]:
    from gaussmix import plot

    return [
        plot.ClusterDisplay.from_estimator,
        plot.DensityDisplay.from_estimator,
        plot.UncertaintyDisplay.from_estimator,
        plot.HistogramDisplay.from_estimator,
        plot.CornerDisplay.from_estimator,
    ]


@pytest.mark.parametrize("which", range(5))
@pytest.mark.parametrize("n_features", [2, 4])
def test_pictures_show_noise(which: int, n_features: int, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    X, _ = clusters_in_noise(16, 0.2, n_features=n_features)
    m = gaussmix.fit(X, 3, noise=True, random_state=0)
    pictures()[which](m, X).save(tmp_path / "picture.png")
    assert (tmp_path / "picture.png").stat().st_size > 1000


def test_rows_of_the_noise_are_grey() -> None:
    pytest.importorskip("matplotlib")
    from gaussmix import _palette
    from gaussmix.plot._rows import point_colours

    X, _ = clusters_in_noise(17, 0.2)
    m = gaussmix.fit(X, 3, noise=True, random_state=0)
    colours = point_colours(m, X)
    grey = (colours[:, :3] == _palette.rgb(_palette.NEUTRAL)).all(axis=1)
    np.testing.assert_array_equal(grey, m.predict(X) == -1)


def test_a_view_has_the_share_of_the_volume() -> None:
    pytest.importorskip("matplotlib")
    from gaussmix.plot._views import view_of

    X, _ = clusters_in_noise(18, 0.2, n_features=4)
    m = gaussmix.fit(X, 3, noise=True, random_state=0)
    assert m.noise is not None
    whole = view_of(m, X, range(4), None, (4,), X)
    assert whole.noise is not None
    assert whole.noise.log_volume == pytest.approx(m.noise.log_volume)
    parts = [whole.pick(j).noise for j in range(4)]
    assert sum(part.log_volume or 0 for part in parts if part) == pytest.approx(
        float(m.noise.log_volume or 0)
    )


def test_notebooks_and_reports_tell_noise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    X, labels = clusters_in_noise(19, 0.2)
    m = gaussmix.fit(np.column_stack([X, np.ones(len(X))]), 3, noise=True, random_state=0)
    assert "noise" in m._repr_html_()
    assert "feature 2" in m._repr_html_()
    path = tmp_path / "rows.csv"
    np.savetxt(path, X, delimiter=",")
    out = tmp_path / "labels.csv"
    model = tmp_path / "m.safetensors"
    arguments = ["fit", str(path), "-k", "3", "--noise", "--labels", str(out)]
    assert main([*arguments, "--output", str(model)]) == 0
    assert "noise: weight 0." in capsys.readouterr().out
    written = np.loadtxt(out, skiprows=1, dtype=int)
    assert np.mean((written < 0) == (labels < 0)) > 0.95
    assert gaussmix.load(model).noise_weight == pytest.approx(0.2, abs=0.03)
    assert main(["predict", str(model), str(path), "--proba"]) == 0
    assert capsys.readouterr().out.startswith("label,p0,p1,p2,noise\n")
    guess = ["fit", str(path), "-k", "3", "--noise-weight"]
    assert main([*guess, "0.3"]) == 0
    assert main([*guess, "3"]) != 0
    assert "--noise-weight=3" in capsys.readouterr().err
    assert main(["select", str(path), "-k", "2-4", "--covariance-types", "EII", "--noise"]) == 0
    assert "EII,3" in capsys.readouterr().out


@pytest.mark.parametrize("n", [3, 8])
def test_more_components_than_rows_are_left_out_of_a_selection(n: int) -> None:
    X = np.random.default_rng(0).normal(size=(n, 2))
    s = gaussmix.select(X, [1, n + 1], noise=True, random_state=0)
    assert s.reasons["full", n + 1] == f"more components than the {n} rows"
    assert s["full", 1].noise is not None
