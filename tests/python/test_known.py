"""What is known of a mixture stays, bit for bit, and limits hold, whatever else a fit is asked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import families
import gaussmix
import reference
from comparing import assert_same_parameters, model_of

Array = reference.Array

PARTIAL = {"means": [0, 2], "weights": [1]}
SHARED = ("tied", *families.CONSTRAINED)


def rows(seed: int = 0, n: int = 601, d: int = 3) -> Array:
    """Three clusters that overlap, of different widths."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, size=n)
    widths = np.array([0.7, 1.0, 1.4])[labels, None]
    return 2.0 * labels[:, None] + widths * rng.normal(size=(n, d))


def start(covariance_type: str = "full", d: int = 3) -> gaussmix.Mixture:
    means = np.array([[0.1], [2.3], [3.7]]) + 0.1 * np.arange(d)
    matrices = np.stack([np.eye(d)] * 3) + 0.2
    stored = {
        "full": matrices,
        "tied": matrices[0],
        "diag": np.full((3, d), 1.2),
        "spherical": np.full(3, 1.2),
    }[families.kind(covariance_type)]
    return gaussmix.Mixture([0.2, 0.3, 0.5], means, stored, covariance_type)


def assert_kept(m: gaussmix.Mixture, s: gaussmix.Mixture, fixed: dict[str, Any]) -> None:
    """Whatever is fixed has its bits; anything else has moved."""
    for name in ("weights", "means", "covariances"):
        which = fixed.get(name, [])
        if getattr(s, name).shape[0] != s.n_components or isinstance(which, str):  # all or none
            assert np.array_equal(getattr(m, name), getattr(s, name)) == bool(which)
            continue
        for k in range(s.n_components):
            assert np.array_equal(getattr(m, name)[k], getattr(s, name)[k]) == (k in which)


def assert_never_falls(history: Array) -> None:
    assert len(history) > 2
    assert np.diff(history).min() > -1e-12


# --- The M-step ----------------------------------------------------------------------------------


def reference_step(
    X: Array, p: reference.Parameters, fixed: dict[str, list[int]], w: Array, added: Array
) -> reference.Parameters:
    """One iteration of EM with fixed parameters, of covariances without constraints."""
    k = len(p.means)
    joint = reference.joint_log_density(X, p)
    for c in range(k):
        if c not in fixed.get("covariances", []):
            inverse = np.linalg.inv(reference.covariance_matrices(p)[c])
            joint[:, c] -= 0.5 * (np.diag(inverse) * added).sum()
    r = np.exp(joint - joint.max(axis=1, keepdims=True))
    r = w[:, None] * r / r.sum(axis=1, keepdims=True)
    counts = r.sum(axis=0)
    free = [c for c in range(k) if c not in fixed.get("weights", [])]
    weights = p.weights.copy()
    left = 1 - (weights.sum() - weights[free].sum())
    weights[free] = left * counts[free] / counts[free].sum()
    means, matrices = p.means.copy(), []
    for c in range(k):
        if c not in fixed.get("means", []):
            means[c] = r[:, c] @ X / counts[c]
        gap = X - means[c]
        matrices.append((r[:, c, None] * gap).T @ gap / counts[c] + np.diag(added))
    own = np.stack(matrices)
    if p.covariance_type == "tied":
        pooled = np.einsum("k,kij->ij", counts, own) / counts.sum()
        stored = p.covariances if fixed.get("covariances") else pooled
        return reference.Parameters(weights, means, stored, "tied")
    stored = reference.as_stored(own, p.covariance_type)
    for c in fixed.get("covariances", []):
        stored[c] = p.covariances[c]
    return reference.Parameters(weights, means, stored, p.covariance_type)


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
@pytest.mark.parametrize(
    "fixed",
    [
        {"means": [0, 2]},
        {"means": [1], "weights": [0, 2]},
        {"covariances": [0, 1, 2], "means": [0]},
        {"covariances": [1]},
    ],
)
def test_the_m_step_is_that_of_the_reference(
    covariance_type: str, fixed: dict[str, list[int]]
) -> None:
    if covariance_type == "tied" and fixed.get("covariances") == [1]:
        pytest.skip("they share it")
    X, s = rows(), start(covariance_type)
    w = np.random.default_rng(1).uniform(0.5, 2, size=len(X))
    added = reference.ridge(X, w)
    p = reference.Parameters(s.weights, s.means, s.covariances, covariance_type)
    for _ in range(3):
        p = reference_step(X, p, fixed, w, added)
    m = gaussmix.fit(X, init=s, fixed=fixed, sample_weight=w, tol=0, max_iter=3)
    expected = model_of(p)
    for name in ("weights", "means", "covariances"):
        np.testing.assert_allclose(getattr(m, name), getattr(expected, name), rtol=1e-9)


@pytest.mark.parametrize("acceleration", ["auto", "off"])
@pytest.mark.parametrize("covariance_type", reference.ALL_TYPES)
@pytest.mark.parametrize("fixed", [PARTIAL, {"covariances": "all", "weights": [0]}])
def test_fixed_parameters_stay_and_the_likelihood_rises(
    covariance_type: str, fixed: dict[str, Any], acceleration: str
) -> None:
    X = rows()
    # A family that shares parts of covariances gives others than those of the start.
    s = gaussmix.fit(X, init=start(covariance_type), max_iter=1)
    m = gaussmix.fit(X, init=s, fixed=fixed, tol=1e-7, acceleration=acceleration)
    assert_kept(m, s, fixed)
    assert_never_falls(m.history)
    assert m.converged


def test_acceleration_reaches_what_em_reaches() -> None:
    X, s = rows(), start()
    for fixed in (PARTIAL, {"covariances": [0], "weights": "all"}, {"means": "all"}):
        plain = gaussmix.fit(X, init=s, fixed=fixed, tol=1e-10, max_iter=9999, acceleration="off")
        fast = gaussmix.fit(X, init=s, fixed=fixed, tol=1e-10, max_iter=9999)
        assert fast.n_iter < plain.n_iter
        np.testing.assert_allclose(fast.means, plain.means, rtol=1e-3)
        assert abs(fast.history[-1] - plain.history[-1]) < 1e-7
        assert_kept(fast, s, fixed)


def test_all_fixed_scores_only() -> None:
    X, s = rows(), start()
    everything = {"weights": "all", "means": "all", "covariances": "all"}
    m = gaussmix.fit(X, init=s, fixed=everything, tol=0, max_iter=3)
    assert_same_parameters(m, s)
    np.testing.assert_allclose(m.history, s.score(X), rtol=1e-12)


def test_components_may_be_named_by_booleans() -> None:
    X, s = rows(), start()
    a = gaussmix.fit(X, init=s, fixed={"means": [False, True, False]})
    b = gaussmix.fit(X, init=s, fixed={"means": np.array([1])})
    assert_same_parameters(a, b)


def test_a_fixed_component_without_rows_stays() -> None:
    s = gaussmix.Mixture([0.2, 0.3, 0.5], [[0.0], [4.0], [900.0]], [1.0, 1.0, 1.0], "spherical")
    X = rows(d=1)
    m = gaussmix.fit(X, init=s, fixed={"means": [2], "weights": [2]})
    assert m.weights[2] == 0.5
    assert m.covariances[2] == 1.0
    assert m.means[2, 0] == 900.0
    assert m.weights.sum() == pytest.approx(1)
    gone = gaussmix.fit(X, init=s, fixed={"means": [2]})
    assert gone.weights[2] == 0
    assert gone.means[2, 0] == 900.0
    assert [event.act for event in gone.events] == ["prune"]


# --- Beside other options ------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_do_not_change_the_bits(threads: int) -> None:
    X, s = rows(n=4001), start()
    a = gaussmix.fit(X, init=s, fixed=PARTIAL, n_threads=1)
    b = gaussmix.fit(X, init=s, fixed=PARTIAL, n_threads=threads)
    assert_same_parameters(a, b)


@pytest.mark.parametrize(
    "options",
    [
        {"prior": "default"},
        {"noise": True},
        {"noise": gaussmix.Noise(0.1, 5.0)},
        {"reg_covar": 1e-2},
        {"acceleration": "classic"},
        {"strict": True},
        {"pruning": "off"},
    ],
)
def test_other_options_leave_what_is_fixed(options: dict[str, Any]) -> None:
    X, s = rows(), start()
    fixed = {"means": [0], "covariances": [1], "weights": [2]}
    m = gaussmix.fit(X, init=s, fixed=fixed, tol=1e-7, **options)
    assert_kept(m, s, fixed)
    assert m.weights.sum() + m.noise_weight == pytest.approx(1, abs=1e-12)
    if options.get("acceleration") != "classic":
        assert_never_falls(m.history)


def test_fixed_weights_make_a_background_take_the_rest() -> None:
    X = rows()
    s = start()
    m = gaussmix.fit(X, init=s, fixed={"weights": [0, 1]}, noise=gaussmix.Noise(0.1, 5.0))
    assert (m.weights[:2] == s.weights[:2]).all()
    assert m.noise_weight + m.weights[2] == pytest.approx(0.5)
    without = gaussmix.fit(X, init=m, fixed={"weights": [0, 1]}, noise=False)
    assert (without.weights[:2] == s.weights[:2]).all()
    assert without.weights[2] == pytest.approx(0.5)
    with pytest.raises(ValueError, match="no room for a background"):
        gaussmix.fit(X, init=s, fixed={"weights": "all"}, noise=True)


@pytest.mark.parametrize("dtype", ["float32", "float16", "int32"])
def test_rows_of_other_types(dtype: str) -> None:
    X, s = rows().astype(dtype), start()
    m = gaussmix.fit(X, init=s, fixed=PARTIAL)
    assert_kept(m, s, PARTIAL)
    double = gaussmix.fit(X.astype(float), init=s, fixed=PARTIAL)
    np.testing.assert_allclose(m.covariances, double.covariances, rtol=1e-3, atol=1e-3)


def test_rows_in_extreme_units() -> None:
    X, s = rows(), start()
    m = gaussmix.fit(X, init=s, fixed=PARTIAL, tol=0, max_iter=5)
    for scale in (2.0**400, 2.0**-400):
        t = gaussmix.Mixture(s.weights, s.means * scale, s.covariances * scale**2)
        n = gaussmix.fit(X * scale, init=t, fixed=PARTIAL, tol=0, max_iter=5)
        assert_kept(n, t, PARTIAL)
        np.testing.assert_allclose(n.covariances / scale**2, m.covariances, rtol=1e-9)


def test_rows_with_holes() -> None:
    X = rows()
    X[np.random.default_rng(2).random(X.shape) < 0.2] = np.nan
    s = start()
    m = gaussmix.fit(X, init=s, fixed=PARTIAL, missing="em", tol=1e-7)
    assert_kept(m, s, PARTIAL)
    assert_never_falls(m.history)


def test_rows_in_batches_and_on_remote_machines() -> None:
    X, s = rows(n=6000), start()
    whole = gaussmix.fit(X, init=s, fixed=PARTIAL, tol=0, max_iter=6)
    parts = np.split(X, [1536, 4000])
    batches = gaussmix.fit(gaussmix.Batches(parts), init=s, fixed=PARTIAL, tol=0, max_iter=6)
    shards = [gaussmix.Shard(part) for part in parts]
    remote = gaussmix.RemoteRows(
        summary=lambda: gaussmix.merge(shard.summary() for shard in shards),
        sample=lambda summary, size, seed: gaussmix.merge(
            shard.sample(summary, size, seed, i) for i, shard in enumerate(shards)
        ),
        moments=lambda scorer: gaussmix.merge(shard.moments(scorer) for shard in shards),
    )
    far = gaussmix.fit(remote, init=s, fixed=PARTIAL, tol=0, max_iter=6)
    run = gaussmix.Run(
        gaussmix.merge(shard.summary() for shard in shards), s, fixed=PARTIAL, tol=0, max_iter=6
    )
    while not run.done:
        run.advance(gaussmix.merge(shard.moments(run) for shard in shards))
    for m in (batches, far, run.mixture()):
        assert_kept(m, s, PARTIAL)
        np.testing.assert_allclose(m.covariances, whole.covariances, rtol=1e-9)


def test_a_checkpoint_knows_what_was_fixed(tmp_path: Any) -> None:
    X, s = rows(n=3000), start()
    batches, path = gaussmix.Batches([X]), tmp_path / "fit"
    short = gaussmix.fit(
        batches, init=s, fixed=PARTIAL, tol=0, max_iter=2, checkpoint=path, random_state=0
    )
    long = gaussmix.fit(
        batches, init=s, fixed=PARTIAL, tol=0, max_iter=4, checkpoint=path, random_state=0
    )
    assert short.n_iter < long.n_iter
    assert_kept(long, s, PARTIAL)
    with pytest.raises(ValueError, match="fixed"):
        gaussmix.fit(batches, init=s, tol=0, max_iter=4, checkpoint=path, random_state=0)


def test_a_stream_keeps_what_is_fixed() -> None:
    s = start()
    stream = gaussmix.Stream(init=s, fixed=PARTIAL)
    for seed in range(4):
        stream.update(rows(seed))
        assert_kept(stream.mixture, s, PARTIAL)


def test_the_estimator_keeps_the_start_that_it_was_given() -> None:
    X = rows()
    means = np.array([[0.0] * 3, [2.0] * 3, [4.0] * 3])
    est = gaussmix.GaussianMixture(
        3, means_init=means, fixed={"means": "all"}, bounds={"weights": (0.3, None)}, random_state=0
    ).fit(X)
    assert (est.means_ == means).all()
    assert est.weights_.min() >= 0.3
    est.partial_fit(rows(1))
    assert (est.means_ == means).all()
    with pytest.raises(ValueError, match=r"fixed has covariances, .* give precisions_init"):
        gaussmix.GaussianMixture(3, means_init=means, fixed={"covariances": [0]}).fit(X)
    assert est.weights_.min() >= 0.3


# --- Bounds --------------------------------------------------------------------------------------


def best_weights(counts: Array, low: float, high: float) -> Array:
    """The weights that maximise sum n log w within limits, by bisection over the multiplier."""
    least, most = 0.0, 1e9
    for _ in range(200):
        c = (least + most) / 2
        w = np.clip(c * counts, low, high)
        least, most = (least, c) if w.sum() > 1 else (c, most)
    return w


@pytest.mark.parametrize("limits", [(0.3, None), (None, 0.36), (0.2, 0.35), (1 / 3, 1 / 3)])
def test_weights_within_bounds_are_the_best(limits: tuple[float | None, float | None]) -> None:
    X = np.concatenate([rows(), rows(1)[:300] * 0.1])
    s = start()
    low, high = limits[0] or 0.0, 1.0 if limits[1] is None else limits[1]
    one = gaussmix.fit(X, init=s, bounds={"weights": limits}, tol=0, max_iter=1)
    inside = gaussmix.Mixture(best_weights(s.weights, low, high), s.means, s.covariances)
    counts = inside.predict_proba(X).sum(axis=0)
    np.testing.assert_allclose(one.weights, best_weights(counts, low, high), rtol=1e-4)
    m = gaussmix.fit(X, init=s, bounds={"weights": limits}, tol=1e-8, max_iter=1000)
    assert low - 1e-12 <= m.weights.min() <= m.weights.max() <= high + 1e-12
    assert m.weights.sum() == pytest.approx(1)
    assert_never_falls(m.history)


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
def test_variances_within_bounds(covariance_type: str) -> None:
    X = rows()
    bounds = {"variances": (0.6, 1.1)}
    m = gaussmix.fit(X, 3, covariance_type=covariance_type, bounds=bounds, random_state=0, tol=1e-8)
    p = reference.Parameters(m.weights, m.means, m.covariances, covariance_type)
    values = np.linalg.eigvalsh(reference.covariance_matrices(p))
    assert values.min() >= 0.6 - 1e-12
    assert values.max() <= 1.1 + 1e-12
    assert_never_falls(m.history)
    # The step clips the eigenvalues of the covariances that EM has without limits.
    s = start(covariance_type)
    inside = gaussmix.fit(X, init=s, bounds=bounds, max_iter=0)
    one = gaussmix.fit(X, init=inside, bounds=bounds, tol=0, max_iter=1)
    free = gaussmix.fit(X, init=inside, tol=0, max_iter=1)
    if families.kind(covariance_type) in ("full", "tied"):
        values, axes = np.linalg.eigh(free.covariances)
        clipped = (axes * np.clip(values, 0.6, 1.1)[..., None, :]) @ np.swapaxes(axes, -1, -2)
    else:
        clipped = np.clip(free.covariances, 0.6, 1.1)
    np.testing.assert_allclose(one.covariances, clipped, rtol=1e-9, atol=1e-12)


def test_bounds_keep_a_component_from_collapsing() -> None:
    X = np.concatenate([rows(), np.full((9, 3), 20.0)])
    m = gaussmix.fit(X, 4, bounds={"variances": (0.5, None)}, random_state=0, reg_covar=0)
    assert not m.degenerate
    assert not m.events


def test_bounds_of_variances_follow_the_units() -> None:
    X, s = rows() * [1, 1, 1e-3], start()
    bounds = {"variances": (0.5, 1.0)}
    m = gaussmix.fit(X, init=s, bounds=bounds, tol=0, max_iter=4)
    for scale in (2.0**400, 2.0**-400):
        t = gaussmix.Mixture(s.weights, s.means * scale, s.covariances * scale**2)
        scaled = {"variances": (0.5 * scale**2, scale**2)}
        n = gaussmix.fit(X * scale, init=t, bounds=scaled, tol=0, max_iter=4)
        np.testing.assert_allclose(n.covariances / scale**2, m.covariances, rtol=1e-9)


def test_bounds_beside_what_is_fixed() -> None:
    X, s = rows(), start()
    fixed = {"weights": [0], "covariances": [0]}
    bounds = {"weights": (0.35, None), "variances": (0.9, 1.3)}
    m = gaussmix.fit(X, init=s, fixed=fixed, bounds=bounds, tol=1e-7)
    assert_kept(m, s, fixed)
    assert m.weights[1:].min() >= 0.35
    values = np.linalg.eigvalsh(m.covariances)
    assert values[1:].min() >= 0.9 - 1e-12
    assert values[1:].max() <= 1.3 + 1e-12
    assert values[0].max() > 1.3
    with pytest.raises(ValueError, match="leaves no weights within the bounds"):
        gaussmix.fit(X, init=s, fixed={"weights": [2]}, bounds={"weights": (0.3, None)})


# --- What cannot be ------------------------------------------------------------------------------


@pytest.mark.parametrize("covariance_type", SHARED)
def test_shared_covariances_are_fixed_all_or_none(covariance_type: str) -> None:
    s = start(covariance_type)
    with pytest.raises(ValueError, match=f"'{covariance_type}' has components that share parts"):
        gaussmix.fit(rows(), init=s, fixed={"covariances": [1]})


@pytest.mark.parametrize("covariance_type", families.CONSTRAINED)
def test_bounds_of_variances_need_covariances_of_their_own(covariance_type: str) -> None:
    with pytest.raises(ValueError, match="bounds of variances are for covariances of their own"):
        gaussmix.fit(rows(), 3, covariance_type=covariance_type, bounds={"variances": (0.5, None)})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fixed": {"means": [3]}}, "component 3: components are 0 ... n_components-1 = 2"),
        ({"fixed": {"means": [-1]}}, "component -1"),
        ({"fixed": {"means": "some"}}, r'fixed\[\'means\'\]=\'some\' must be "all"'),
        ({"fixed": {"means": [True]}}, "has 1 booleans, expected one for each of the 3"),
        ({"fixed": {"mean": [0]}}, "fixed has the key 'mean'"),
        ({"bounds": {"covariances": (0, 1)}}, "bounds has the key 'covariances'"),
        ({"bounds": {"weights": (0.5, 0.9)}}, "leave no weights of n_components=3"),
        ({"bounds": {"weights": (None, 0.2)}}, "leave no weights of n_components=3"),
        ({"bounds": {"weights": (0.4, 0.3)}}, "must be an interval within 0 ... 1"),
        ({"bounds": {"variances": (2, 1)}}, "must be an interval of numbers"),
        ({"bounds": {"variances": (0, 0)}}, "must be an interval of numbers"),
        ({"bounds": {"variances": (None, 1e-300)}}, "leave the range of doubles: raise the limit"),
        ({"bounds": {"variances": (np.inf, None)}}, "must be an interval of numbers"),
        ({"fixed": {"covariances": "all"}, "covariance_type": "diag"}, "which would change them"),
        (
            {"fixed": {"means": [0]}, "prior": gaussmix.VariationalPrior()},
            "not part of variational Bayes",
        ),
    ],
)
def test_what_cannot_be_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        gaussmix.fit(rows(), init=start(), **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fixed": [0]}, "fixed=.* must be a dict"),
        ({"fixed": {"means": 0}}, "must be a sequence of components"),
        ({"fixed": {"means": ["a"]}}, "must be an integer"),
        ({"bounds": {"weights": 0.1}}, "must be a pair"),
        ({"bounds": {"weights": ("a", 1)}}, "must be a number"),
    ],
)
def test_what_is_of_the_wrong_kind_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        gaussmix.fit(rows(), init=start(), **options)


@pytest.mark.parametrize("init", ["kmeans", "random", np.arange(601) % 3])
def test_what_is_fixed_needs_a_mixture_to_start_from(init: Any) -> None:
    with pytest.raises(ValueError, match="give the mixture to start from as init"):
        gaussmix.fit(rows(), 3, init=init, fixed={"means": [0]})
    with pytest.raises(ValueError, match="give the mixture to start from as init"):
        gaussmix.fit(gaussmix.Batches([rows()]), 3, fixed={"means": [0]})


def test_a_covariance_that_is_nearly_singular_cannot_stay() -> None:
    singular = np.array([[1.0, 1.0], [1.0, 1.0 + 1e-15]])
    s = gaussmix.Mixture([0.5, 0.5], [[0.0, 0], [4, 4]], [singular, np.eye(2)])
    with pytest.raises(ValueError, match="include that of component 0, which is too near"):
        gaussmix.fit(rows(d=2), init=s, fixed={"covariances": [0]})
    gaussmix.fit(rows(d=2), init=s, fixed={"covariances": [1]})


def test_covariances_outside_the_family_cannot_stay() -> None:
    s = gaussmix.Mixture([0.5, 0.5], [[0.0, 0], [4, 4]], [[1.0, 2.0], [3.0, 1.0]], "VEI")
    with pytest.raises(ValueError, match="share not what covariance_type='VEI' wants"):
        gaussmix.fit(rows(d=2), init=s, fixed={"covariances": "all"})
