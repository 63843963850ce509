"""Labels of some rows, or the components that they may have come from, beside all else."""

from __future__ import annotations

import dataclasses
import pickle
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

import gaussmix
import reference
from comparing import assert_same_parameters, model_of
from gaussmix import SemiSupervisedGaussianMixture

Array = reference.Array
CENTRES = np.array([[0.0, 0.0], [2.5, 0.0], [0.0, 2.5]])


def rows(seed: int = 0, n: int = 900) -> tuple[Array, Array]:
    """Three classes that overlap."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, size=n)
    return CENTRES[truth] + rng.normal(size=(n, 2)), truth


def known(truth: Array, every: int = 30) -> Array:
    """The labels of one row of so many."""
    labels = np.full(len(truth), -1)
    labels[::every] = truth[::every]
    return labels


def start(covariance_type: str = "full") -> gaussmix.Mixture:
    p = reference.Parameters(np.full(3, 1 / 3), CENTRES + 0.3, np.stack([np.eye(2)] * 3), "full")
    stored = {
        "full": p.covariances,
        "tied": np.eye(2),
        "diag": np.ones((3, 2)),
        "spherical": np.ones(3),
    }
    return gaussmix.Mixture(p.weights, p.means, stored[covariance_type], covariance_type)


def sets_of(labels: Array, n_components: int = 3) -> Array:
    sets = np.ones((len(labels), n_components), bool)
    sets[labels >= 0] = False
    sets[labels >= 0, labels[labels >= 0]] = True
    return sets


def reference_fit(
    X: Array, p: reference.Parameters, sets: Array, w: Array, n_iter: int
) -> tuple[reference.Parameters, list[float]]:
    """EM without a ridge under sets of components."""
    history = []
    for _ in range(n_iter):
        joint = np.where(sets, reference.joint_log_density(X, p), -np.inf)
        top = joint.max(axis=1)
        density = np.exp(joint - top[:, None])
        history.append(float(w @ (top + np.log(density.sum(axis=1))) / w.sum()))
        r = density / density.sum(axis=1, keepdims=True)
        p = reference.m_step(X, r, p.covariance_type, sample_weight=w)
    return p, history


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
def test_a_fit_is_that_of_the_reference(covariance_type: str, dtype: str) -> None:
    X, truth = rows()
    X = X.astype(dtype)
    labels = known(truth)
    w = np.random.default_rng(1).uniform(0.5, 2, size=len(X))
    s = start(covariance_type)
    p = reference.Parameters(s.weights, s.means, s.covariances, covariance_type)
    p, history = reference_fit(np.asarray(X, float), p, sets_of(labels), w, 5)
    m = gaussmix.fit(X, init=s, labels=labels, sample_weight=w, tol=0, max_iter=5, reg_covar=0)
    tolerance = 1e-9 if dtype == "float64" else 1e-4
    expected = model_of(p)
    np.testing.assert_allclose(m.means, expected.means, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(m.covariances, expected.covariances, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(m.history, history, rtol=tolerance)


def test_allowed_components_are_labels_that_differ() -> None:
    X, truth = rows()
    labels = known(truth)
    by_label = gaussmix.fit(X, 3, labels=labels, random_state=0)
    by_set = gaussmix.fit(X, 3, allowed=sets_of(labels), random_state=0)
    assert_same_parameters(by_label, by_set)
    # A row may be of two classes, but not of the third.
    rng = np.random.default_rng(2)
    sets = np.ones((len(X), 3), bool)
    wrong = (truth + rng.integers(1, 3, size=len(X))) % 3
    sets[np.arange(len(X)), wrong] = False
    m = gaussmix.fit(X, 3, allowed=sets, random_state=0, tol=1e-8)
    assert (m.predict(X) == truth).mean() > 0.8
    assert np.diff(m.history).min() > -1e-12
    s = start()
    p = reference.Parameters(s.weights, s.means, s.covariances, "full")
    p, _ = reference_fit(X, p, sets, np.ones(len(X)), 4)
    four = gaussmix.fit(X, init=s, allowed=sets, tol=0, max_iter=4, reg_covar=0)
    np.testing.assert_allclose(four.means, p.means, rtol=1e-9)


def test_components_have_the_numbers_of_their_labels() -> None:
    X, truth = rows()
    for effort in ("low", "normal"):
        for init in ("kmeans", "k-means++", "random_from_data"):
            m = gaussmix.fit(X, 3, labels=known(truth), effort=effort, init=init, random_state=0)
            assert (m.predict(X) == truth).mean() > 0.8


def test_a_class_may_own_several_components() -> None:
    rng = np.random.default_rng(0)
    places = np.array([[0.0, 0], [9, 9], [0, 9], [9, 0]])  # the classes lie crosswise
    cluster = rng.integers(0, 4, size=800)
    X = places[cluster] + rng.normal(size=(800, 2))
    truth = cluster // 2
    labels = known(truth, 20)
    m = gaussmix.fit(X, 4, labels=labels, component_labels=[0, 0, 1, 1], random_state=0)
    assert (m.predict(X) // 2 == truth).mean() > 0.99
    # A component without a label is for rows that have none.
    labels = np.where(cluster == 3, -1, np.where(labels >= 0, cluster, -1))
    n = gaussmix.fit(X, 4, labels=labels, component_labels=[0, 1, 2, -1], random_state=0)
    assert (n.predict(X) == cluster).mean() > 0.99


def test_the_weight_of_unlabelled_rows() -> None:
    X, truth = rows()
    labels = known(truth, 3)
    some = labels >= 0
    alone = gaussmix.fit(X[some], init=truth[some], n_components=3, max_iter=0)
    none = gaussmix.fit(X, 3, labels=labels, unlabelled_weight=0, random_state=0)
    np.testing.assert_allclose(none.means, alone.means, rtol=1e-9)
    s = start()
    half = gaussmix.fit(X, init=s, labels=labels, unlabelled_weight=0.5, tol=0, max_iter=3)
    w = np.where(some, 1.0, 0.5)
    by_weight = gaussmix.fit(X, init=s, labels=labels, sample_weight=w, tol=0, max_iter=3)
    assert_same_parameters(half, by_weight)


@pytest.mark.parametrize("covariance_type", reference.ALL_TYPES)
def test_every_family_and_the_likelihood_rises(covariance_type: str) -> None:
    X, truth = rows()
    m = gaussmix.fit(
        X, 3, covariance_type=covariance_type, labels=known(truth), random_state=0, tol=1e-7
    )
    assert np.diff(m.history).min() > -1e-10
    assert (m.predict(X) == truth).mean() > 0.75


@pytest.mark.parametrize(
    "options",
    [
        {"prior": "default"},
        {"prior": gaussmix.VariationalPrior()},
        {"noise": True},
        {"acceleration": "classic"},
        {"pruning": "off"},
        {"init": "random", "n_init": 3},
        {"bounds": {"weights": (0.2, None)}},
    ],
)
def test_beside_other_options(options: dict[str, Any]) -> None:
    X, truth = rows()
    labels = known(truth, 8)
    m = gaussmix.fit(X, 3, labels=labels, random_state=0, **options)
    if options.get("init") != "random":  # whose start knows no labels
        assert (m.predict(X) == truth).mean() > 0.75


def test_labelled_rows_are_no_noise() -> None:
    X, truth = rows()
    far = np.array([[50.0, 50.0], [-60.0, 40.0], [70.0, -20.0]])
    X = np.concatenate([X, far])
    labels = np.concatenate([known(truth), [-1, -1, -1]])
    m = gaussmix.fit(X, 3, labels=labels, noise=True, random_state=0)
    assert (m.predict(far) == -1).all()
    labels[-1] = 0
    n = gaussmix.fit(X, 3, labels=labels, noise=True, random_state=0)
    assert n.covariances[0, 0, 0] > 5 * m.covariances[0, 0, 0]
    sets = np.ones((len(X), 4), bool)
    sets[-3:, :3] = False  # known to be noise
    k = gaussmix.fit(X, 3, allowed=sets, noise=True, random_state=0)
    assert (k.predict(far) == -1).all()


def test_fixed_parameters_beside_labels() -> None:
    X, truth = rows()
    s = start()
    m = gaussmix.fit(X, init=s, labels=known(truth), fixed={"means": [1]})
    assert (m.means[1] == s.means[1]).all()


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_do_not_change_the_bits(threads: int) -> None:
    X, truth = rows(n=5001)
    a = gaussmix.fit(X, 3, labels=known(truth), random_state=0, n_threads=1)
    b = gaussmix.fit(X, 3, labels=known(truth), random_state=0, n_threads=threads)
    assert_same_parameters(a, b)


def test_rows_with_holes() -> None:
    X, truth = rows()
    X[np.random.default_rng(2).random(X.shape) < 0.1] = np.nan
    labels = known(truth)
    m = gaussmix.fit(X, 3, labels=labels, missing="em", random_state=0, tol=1e-7)
    assert (m.predict(X) == truth).mean() > 0.75
    assert np.diff(m.history).min() > -1e-10


def test_rows_in_batches_shards_and_streams() -> None:
    X, truth = rows(n=4000)
    labels = known(truth)
    s = start()
    whole = gaussmix.fit(X, init=s, labels=labels, tol=0, max_iter=5)
    cuts = [1536, 3000]
    parts = list(zip(np.split(X, cuts), np.split(labels, cuts), strict=True))
    batches = gaussmix.Batches([(x, None, own) for x, own in parts])
    pieces = gaussmix.fit(batches, init=s, tol=0, max_iter=5)
    shards = [gaussmix.Shard(x, labels=own, component_labels=[0, 1, 2]) for x, own in parts]
    shards = [pickle.loads(pickle.dumps(shard)) for shard in shards]
    run = gaussmix.Run(gaussmix.merge(s.summary() for s in shards), s, tol=0, max_iter=5)
    while not run.done:
        run.advance(gaussmix.merge(shard.moments(run) for shard in shards))
    for m in (pieces, run.mixture()):
        np.testing.assert_allclose(m.means, whole.means, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(m.history, whole.history, rtol=1e-9)
    found = gaussmix.fit(batches, 3, random_state=0)
    assert (found.predict(X) == truth).mean() > 0.8
    stream = gaussmix.Stream(3, random_state=0)
    for x, own in parts:
        stream.update(x, labels=own)
    assert (stream.mixture.predict(X) == truth).mean() > 0.8
    by_sets = gaussmix.Stream(3, random_state=0)
    for x, own in parts:
        by_sets.update(x, allowed=sets_of(own))
    np.testing.assert_allclose(by_sets.mixture.means, stream.mixture.means, rtol=1e-6, atol=1e-6)
    by_labels, by_sets = (gaussmix.GaussianMixture(3, random_state=0) for _ in range(2))
    for x, own in parts:
        by_labels.partial_fit(x, labels=own)
        by_sets.partial_fit(x, allowed=sets_of(own))
    assert (by_labels.predict(X) == truth).mean() > 0.8
    np.testing.assert_allclose(by_sets.means_, by_labels.means_, rtol=1e-6, atol=1e-6)
    with pytest.raises(ValueError, match="labels"):
        by_labels.partial_fit(parts[0][0], labels=[0])


def test_a_checkpoint_goes_on(tmp_path: Any) -> None:
    X, truth = rows(n=3000)
    batches = gaussmix.Batches([(X, None, known(truth))])
    path = tmp_path / "fit"
    options: dict[str, Any] = {"tol": 0, "random_state": 0}
    gaussmix.fit(batches, 3, max_iter=2, checkpoint=path, **options)
    on = gaussmix.fit(batches, 3, max_iter=4, checkpoint=path, **options)
    whole = gaussmix.fit(batches, 3, max_iter=4, checkpoint=tmp_path / "other", **options)
    assert_same_parameters(on, whole)


def test_batches_may_say_which_components_each_row_is_allowed() -> None:
    X, truth = rows()
    allowed = np.ones((len(X), 3), dtype=bool)
    allowed[::9] = truth[::9, None] != (np.arange(3) + 1) % 3
    how: dict[str, Any] = {"init": start(), "max_iter": 8, "tol": 0}
    whole = gaussmix.fit(X, 3, allowed=allowed, **how)
    cut = gaussmix.fit(
        gaussmix.Batches([(X[:400], None, allowed[:400]), (X[400:], None, allowed[400:])]), 3, **how
    )
    np.testing.assert_allclose(cut.means, whole.means, rtol=1e-11)
    found = gaussmix.fit(gaussmix.Batches([(X, None, allowed)]), 3, random_state=0)
    assert np.isfinite(found.score(X))
    with pytest.raises(ValueError, match="batch 0: allowed has 2 columns, but n_components=3"):
        gaussmix.fit(gaussmix.Batches([(X, None, allowed[:, :2])]), 3)


def test_a_checkpoint_knows_its_labels(tmp_path: Any) -> None:
    X, truth = rows()
    labels = known(truth)

    def fitted(own: Array | None) -> gaussmix.Mixture:
        batches = gaussmix.Batches([(X[:400], None, own if own is None else own[:400]), X[400:]])
        return gaussmix.fit(batches, 3, checkpoint=tmp_path / "fit", random_state=0)

    done = fitted(labels)
    assert fitted(labels.copy()) == done
    for other in (np.roll(labels, 1), None):
        with pytest.raises(ValueError, match=r"is of a fit with (other )?labels"):
            fitted(other)
    with pytest.raises(ValueError, match="those of the rows have changed: give the same labels"):
        fitted(np.roll(labels, 1))
    whole: dict[str, Any] = {"checkpoint": tmp_path / "fit", "random_state": 0}
    labels[400:] = -1
    for cut in (0, 7, 500):
        for own in (labels, labels.astype(np.int32), labels.astype(np.int8)):
            parts = [(X[:cut], None, own[:cut]), (X[cut:], None, own[cut:])]
            assert gaussmix.fit(gaussmix.Batches(parts), 3, **whole) == done
    labels = known(truth)
    half = gaussmix.Batches([(X, None, labels)])
    how: dict[str, Any] = {"random_state": 0, "tol": 0, "checkpoint": tmp_path / "half"}
    gaussmix.fit(gaussmix.Batches([X]), 3, max_iter=2, **how)
    without = r"is of a fit without labels, but now the rows have some: give the same labels"
    with pytest.raises(ValueError, match=without):
        gaussmix.fit(half, 3, max_iter=4, **how)
    late = [X[:400], (X[400:], None, labels[400:])]
    for parts in ([(X, None, labels)], [(X, None, sets_of(labels))], late):
        for source in (parts, lambda parts=parts: iter(parts)):
            with pytest.raises(ValueError, match=without):  # it was finished
                gaussmix.fit(gaussmix.Batches(source), 3, max_iter=2, **how)


def test_a_checkpoint_knows_the_components_allowed(tmp_path: Any) -> None:
    X, truth = rows()
    sets = sets_of(known(truth))
    how: dict[str, Any] = {"random_state": 0, "max_iter": 2, "checkpoint": tmp_path / "fit"}
    done = gaussmix.fit(gaussmix.Batches([(X, None, sets)]), 3, **how)
    parts = [(X[:9], None, sets[:9].astype(int)), (X[9:], None, sets[9:])]
    assert gaussmix.fit(gaussmix.Batches(parts), 3, **how) == done
    for other in (np.roll(sets, 1, axis=1), known(truth)):
        with pytest.raises(ValueError, match="those of the rows have changed"):
            gaussmix.fit(gaussmix.Batches([(X, None, other)]), 3, **how)


def test_errors_of_what_is_allowed_name_the_batch() -> None:
    X, truth = rows()
    sets = sets_of(known(truth))
    none, noise = sets.copy(), np.pad(sets, ((0, 0), (0, 1)), constant_values=True)
    none[503], noise[503, :3] = False, False
    for wrong, message in ((none, "has no component"), (noise, "has only a background")):
        parts = [(X[:400], None, wrong[:400]), (X[400:], None, wrong[400:])]
        with pytest.raises(ValueError, match=f"batch 1: allowed {message} at row 103"):
            gaussmix.fit(gaussmix.Batches(parts), 3, random_state=0)
    for wrong, message in (
        (known(truth)[:, None], r"has shape \(900, 1\), expected \(n_rows,\), or booleans"),
        ([[0, 1], [1]], "has length 1 at row 1 and length 2 at row 0"),
    ):
        with pytest.raises(ValueError, match=f"batch 0: labels {message}"):
            gaussmix.fit(gaussmix.Batches([(X, None, wrong)]), 3)
    with pytest.raises(ValueError, match="labels has length 1 at row 1"):
        gaussmix.fit(X, 3, labels=[[0, 1], [1]])


def test_a_selection_over_batches_refuses_labels() -> None:
    X, truth = rows()
    for known_of in (known(truth), sets_of(known(truth))):
        batches = gaussmix.Batches([X[:400], (X[400:], None, known_of[400:])])
        with pytest.raises(ValueError, match=r"batch 1 has labels, .* a selection takes none"):
            gaussmix.select(batches, [1, 2])


def test_rows_elsewhere_have_labels() -> None:
    X, truth = rows()
    labels, owners = known(truth), [2, 0, 1]
    parts = [slice(0, 400), slice(400, 401), slice(401, 900)]
    shards = [
        gaussmix.Shard(X[part], labels=labels[part], component_labels=owners) for part in parts
    ]
    shards[1] = gaussmix.Shard(X[parts[1]])  # without any
    elsewhere = gaussmix.RemoteRows(
        summary=lambda: gaussmix.merge(s.summary() for s in shards),
        sample=lambda summary, size, seed: gaussmix.merge(
            s.sample(summary, size, seed, i) for i, s in enumerate(shards)
        ),
        moments=lambda scorer: gaussmix.merge(s.moments(scorer) for s in shards),
        affinity=lambda scorer: gaussmix.merge(s.affinity(scorer) for s in shards),
    )
    m = gaussmix.fit(elsewhere, 3, random_state=0)
    labels[400] = -1
    batches = gaussmix.Batches([(X[part], None, labels[part]) for part in parts])
    expected = gaussmix.fit(batches, 3, component_labels=owners, random_state=0)
    assert_same_parameters(m, expected)
    assert (np.take(owners, m.predict(X)) == truth).mean() > 0.8

    run = gaussmix.Run(gaussmix.summarize(X), m, reg_covar=0)
    proba = m.predict_proba(X)
    wanted = np.zeros((3, 3))
    for i in np.flatnonzero(labels >= 0):
        wanted[owners.index(labels[i])] += proba[i]
    affinity = gaussmix.merge(s.affinity(run.scorer) for s in shards)
    np.testing.assert_allclose(affinity.values, wanted, atol=1e-12)
    with pytest.raises(ValueError, match=r"shapes \(3, 3\) and \(2, 2\)"):
        _ = affinity + gaussmix.Affinity(np.zeros((2, 2)))
    wrong = dataclasses.replace(elsewhere, affinity=lambda _: np.zeros((3, 3)))
    with pytest.raises(TypeError, match=r"RemoteRows\.affinity returned array"):
        gaussmix.fit(wrong, 3)
    wrong = dataclasses.replace(elsewhere, affinity=lambda _: gaussmix.Affinity(np.zeros((2, 2))))
    with pytest.raises(ValueError, match="the affinity of the rows has 4 numbers, expected 9"):
        gaussmix.fit(wrong, 3)


@pytest.mark.parametrize("n", [901, 40000])
def test_a_selection_knows_labels(n: int) -> None:
    X, truth = rows(n=n)
    labels = known(truth)
    w = np.random.default_rng(1).uniform(0.5, 2, size=n)
    families = ["spherical", "VEI", "diag", "full"]
    s = gaussmix.select(
        X, [2, 3, 4], covariance_types=families, labels=labels, sample_weight=w, random_state=0
    )
    assert s.n_components == (2, 3, 4)
    for family in families:
        assert "fewer components than the labels" in s.reasons[family, 2]
        m = s[family, 3]
        assert (m.predict(X) == truth).mean() > 0.82
        alone = gaussmix.fit(
            X, 3, covariance_type=family, labels=labels, sample_weight=w,
            tol=1e-5, max_iter=1000, random_state=0,
        )  # fmt: skip
        assert m.history[-1] > alone.history[-1] - 2e-5
    for inner, outer in pairwise(families):
        assert s[outer, 3].history[-1] >= s[inner, 3].history[-1] - 1e-5
    # The criteria are of rows and their labels.
    best = s["full", 3]
    joint = reference.joint_log_density(X, model_of(best))
    joint = np.where(sets_of(labels), joint, -np.inf)
    top = joint.max(axis=1)
    log_sum = top + np.log(np.exp(joint - top[:, None]).sum(axis=1))
    bic = -2 * w @ log_sum + best.n_parameters * np.log(w.sum())
    assert s.criteria["bic"]["full", 3] == pytest.approx(bic, rel=1e-10)
    icl = bic - 2 * w @ (top - log_sum)
    assert s.criteria["icl"]["full", 3] == pytest.approx(icl, rel=1e-10)


@pytest.mark.parametrize("criterion", ["stability", "cv"])
def test_a_selection_by_resampling_knows_labels(criterion: str) -> None:
    X, truth = rows(n=300)
    s = gaussmix.select(
        X, [3, 4], covariance_types="plain", labels=known(truth, 5), criterion=criterion,
        n_repeats=3, random_state=0,
    )  # fmt: skip
    assert s.best.n_components == 3
    assert (s.best.predict(X) == truth).mean() > 0.8


@pytest.mark.parametrize("threads", [2, 5])
def test_threads_do_not_change_the_bits_of_a_selection(threads: int) -> None:
    X, truth = rows(n=500)
    one, many = (
        gaussmix.select(X, [3, 4], labels=known(truth), random_state=0, n_threads=n)
        for n in (1, threads)
    )
    for cell, m in one.models.items():
        assert_same_parameters(m, many.models[cell])
    assert one.criteria == many.criteria


def test_a_selection_of_one_size_knows_sets_and_owners() -> None:
    X, truth = rows()
    labels = known(truth)
    by_labels = gaussmix.select(X, 3, labels=labels, random_state=0)
    by_sets = gaussmix.select(X, [3], allowed=sets_of(labels), random_state=0)
    assert by_sets.criteria == by_labels.criteria
    owners = [1, 0, 2]
    crossed = gaussmix.select(X, 3, labels=labels, component_labels=owners, random_state=0)
    assert (np.take(owners, crossed.best.predict(X)) == truth).mean() > 0.82
    light = gaussmix.select(X, [3, 4], labels=labels, unlabelled_weight=0.25, random_state=0)
    total = (labels >= 0).sum() + 0.25 * (labels < 0).sum()
    m = light["full", 3]
    penalty = light.criteria["bic"]["full", 3] - light.criteria["aic"]["full", 3]
    assert penalty == pytest.approx(m.n_parameters * (np.log(total) - 2))


@pytest.mark.parametrize(
    "options",
    [
        {"noise": gaussmix.Noise(0.05, 30.0)},
        {"prior": "default"},
        {"missing": "em"},
        {"reg_covar": 1e-3},
        {"effort": "low"},
        {"effort": "high"},
        {"max_fits": 3},
    ],
)
def test_a_selection_knows_labels_beside_other_options(options: dict[str, Any]) -> None:
    X, truth = rows()
    X = X.astype(np.float32)
    if "missing" in options:
        X[np.random.default_rng(1).random(X.shape) < 0.1] = np.nan
    s = gaussmix.select(
        X, [3, 4], covariance_types=["diag", "full"], labels=known(truth), random_state=0, **options
    )
    assert (s["diag", 3].predict(X, missing=options.get("missing", "error")) == truth).mean() > 0.75


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels": np.full(900, 7)}, "labels has 8 classes, but n_components is at most 4"),
        ({"allowed": np.ones((900, 3), bool)}, "allowed is of mixtures of one size"),
        ({"labels": np.zeros(900, int), "component_labels": [0, 1, 2]}, "^component_labels is of"),
        ({"labels": np.zeros(899, int)}, "labels has 899 labels, but X has 900 rows"),
        ({"unlabelled_weight": 0.5}, "give labels"),
    ],
)
def test_what_a_selection_cannot_know_is_refused(options: dict[str, Any], message: str) -> None:
    X, _ = rows()
    with pytest.raises(ValueError, match=message):
        gaussmix.select(X, [3, 4], **options)
    with pytest.raises(ValueError, match="are of rows in memory: a selection over batches"):
        gaussmix.select(gaussmix.Batches([X]), [3, 4], **options)


def test_what_components_labels_mean_needs_labels() -> None:
    X, truth = rows()
    for parts in ([X], [(X, None)], [X[:100], X[100:]]):
        with pytest.raises(ValueError, match="component_labels is of labels, and no batch has any"):
            gaussmix.fit(gaussmix.Batches(parts), 3, component_labels=[0, 1, 1])
    allowed = gaussmix.Batches([(X, None, sets_of(known(truth)))])
    with pytest.raises(ValueError, match="component_labels is of labels, and no batch has any"):
        gaussmix.fit(allowed, 3, component_labels=[0, 1, 1])
    late = gaussmix.Batches([X[:100], (X[100:], None, known(truth)[100:])])
    assert gaussmix.fit(late, 3, component_labels=[0, 1, 2], random_state=0).n_components == 3


def test_rows_in_extreme_units() -> None:
    X, truth = rows()
    m = gaussmix.fit(X * 2.0**400, 3, labels=known(truth), random_state=0)
    assert (m.predict(X * 2.0**400) == truth).mean() > 0.8


def test_a_stream_keeps_labels_of_its_own_and_refuses_wrong_ones_at_once() -> None:
    X, truth = rows()
    labels = known(truth)
    buffer = labels[:20].copy()
    stream = gaussmix.Stream(3, random_state=0).update(X[:20], labels=buffer)
    buffer[:] = 0
    stream.update(X[20:], labels=labels[20:])
    whole = gaussmix.Stream(3, random_state=0).update(X, labels=labels)
    np.testing.assert_allclose(stream.mixture.means, whole.mixture.means)
    with pytest.raises(ValueError, match="allowed has 7 columns"):
        gaussmix.Stream(3).update(X[:5], allowed=np.ones((5, 7), bool))
    with pytest.raises(ValueError, match="allowed has no component at row 0"):
        gaussmix.Stream(3).update(X[:5], allowed=np.zeros((5, 3), bool))
    with pytest.raises(ValueError, match="component_labels has 2 labels"):
        gaussmix.Stream(3, component_labels=[0, 1])


def test_masked_labels_are_not_known() -> None:
    X, truth = rows()
    labels = known(truth)
    masked = np.ma.masked_array(np.where(labels < 0, 0, labels), labels < 0)
    a = gaussmix.fit(X, 3, labels=labels, random_state=0)
    assert gaussmix.fit(X, 3, labels=masked, random_state=0) == a
    nowhere = np.tile([False, False, False, True], (len(X), 1))
    with pytest.raises(ValueError, match="only a background at row 0, and there is none"):
        gaussmix.fit(X, 3, allowed=nowhere)
    with pytest.raises(ValueError, match="allowed has masked entries"):
        gaussmix.fit(X, 3, allowed=np.ma.masked_array(sets_of(labels), mask=True))
    with pytest.raises(ValueError, match="out of range"):
        gaussmix.fit(X, 3, labels=labels.astype(np.uint64))


def test_classes_are_those_of_rows_that_count() -> None:
    X, truth = rows()
    y = known(truth)
    weights = np.where(y == 2, 0.0, 1.0)
    c = gaussmix.SemiSupervisedGaussianMixture(random_state=0).fit(X, y, sample_weight=weights)
    assert c.classes_.tolist() == [0, 1]
    mixed = np.array([-1 if label < 0 else "abc"[label] for label in y], dtype=object)
    c = gaussmix.SemiSupervisedGaussianMixture(random_state=0).fit(X, mixed)
    assert c.classes_.tolist() == ["a", "b", "c"]
    with pytest.raises(ValueError, match="the text '-1'"):
        gaussmix.SemiSupervisedGaussianMixture().fit(X, mixed.astype(str))


ZEROS = np.zeros(900, int)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels": [0, 1]}, "labels has 2 labels, but X has 900 rows"),
        ({"labels": np.full(900, 3)}, "labels has 3 at row 0: labels are 0 ... 2, or -1"),
        ({"labels": np.full(900, -2)}, "labels has -2 at row 0"),
        ({"labels": np.zeros((900, 1), int)}, "labels has shape"),
        (
            {"labels": ZEROS, "component_labels": [0, 1]},
            "expected one for each of the 3",
        ),
        (
            {"labels": ZEROS, "component_labels": [0, -2, 1]},
            "must be 0, 1, ..., or -1",
        ),
        ({"labels": ZEROS, "component_labels": [0, 2, 2]}, "label 1 has no component"),
        ({"component_labels": [0, 1, 2]}, "component_labels is of labels"),
        ({"unlabelled_weight": 0.5}, "give labels"),
        (
            {"labels": ZEROS, "unlabelled_weight": -1},
            "be finite and not negative",
        ),
        ({"allowed": np.ones((900, 2), bool)}, "allowed has 2 columns, but n_components=3"),
        ({"allowed": np.ones((9, 3), bool)}, "allowed has shape"),
        ({"allowed": np.zeros((900, 3), bool)}, "allowed has no component at row 0"),
        (
            {"labels": ZEROS, "allowed": np.ones((900, 6), bool)},
            "allowed has 6 columns, but n_components=3",
        ),
    ],
)
def test_what_cannot_be_is_refused(options: dict[str, Any], message: str) -> None:
    X, _ = rows()
    with pytest.raises(ValueError, match=message):
        gaussmix.fit(X, 3, **options)


def test_what_is_of_the_wrong_kind_is_refused() -> None:
    X, _ = rows()
    with pytest.raises(TypeError, match="give integers"):
        gaussmix.fit(X, 3, labels=np.zeros(900))
    with pytest.raises(TypeError, match="allowed must be booleans"):
        gaussmix.fit(X, 3, allowed=np.full((900, 3), 0.5))
    with pytest.raises(TypeError, match="component_labels is missing"):
        gaussmix.Shard(X, labels=np.zeros(900, int))
    with pytest.raises(ValueError, match="give labels with the batches"):
        gaussmix.fit(gaussmix.Batches([X]), 3, labels=np.zeros(900, int))
    with pytest.raises(ValueError, match="batch 0: labels has 2 labels"):
        gaussmix.fit(gaussmix.Batches([(X, None, [0, 1])]), 3)


# --- The classifier ------------------------------------------------------------------------------


def expected(_estimator: Any) -> dict[str, str]:
    """scikit-learn exempts its own semi-supervised classifiers by name."""
    return {"check_classifiers_classes": "it takes -1 for a class"}


@parametrize_with_checks([SemiSupervisedGaussianMixture()], expected_failed_checks=expected)
def test_scikit_learn_accepts_it(estimator: Any, check: Any) -> None:
    check(estimator)


def test_few_labels_and_many_rows_beat_few_labels() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, size=3000)
    X = rng.normal(size=(3000, 2)) * [10, 0.7] + np.outer(truth, [0, 4])
    labels = np.full(len(X), -1)
    few = np.concatenate([np.flatnonzero(truth == c)[:5] for c in range(2)])
    labels[few] = truth[few]
    c = SemiSupervisedGaussianMixture(random_state=0).fit(X, labels)
    alone = gaussmix.GaussianMixtureClassifier(covariance_type="tied").fit(X[few], truth[few])
    assert (c.predict(X) == truth).mean() > 0.99
    assert (alone.predict(X) == truth).mean() < (c.predict(X) == truth).mean()
    np.testing.assert_allclose(c.predict_proba(X).sum(axis=1), 1)
    np.testing.assert_allclose(np.exp(c.predict_log_proba(X)), c.predict_proba(X))


def test_its_classes_may_have_names_and_several_components() -> None:
    X, truth = rows()
    names = np.array(["a", "b", "c"])[truth]
    c = SemiSupervisedGaussianMixture(2, random_state=0, noise=True).fit(X, names)
    assert c.classes_.tolist() == ["a", "b", "c"]
    assert c.component_labels_.tolist() == [0, 0, 1, 1, 2, 2]
    assert (c.predict(X) == names).mean() > 0.8
    assert c.predict_proba(X).shape == (len(X), 3)


@pytest.mark.parametrize(
    ("estimator", "y", "message"),
    [
        (SemiSupervisedGaussianMixture(), np.full(900, -1), "no label but -1"),
        (SemiSupervisedGaussianMixture(0), np.zeros(900, int), "n_components=0 must be at least 1"),
        (SemiSupervisedGaussianMixture(901), np.zeros(900, int), "need as many rows"),
        (SemiSupervisedGaussianMixture(), np.zeros(9, int), "y has 9 labels"),
    ],
)
def test_its_errors(estimator: Any, y: Array, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        estimator.fit(rows()[0], y)
