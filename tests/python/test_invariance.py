"""A fit does not depend on units, origin, order, or on whether a row is weighted or repeated."""

from __future__ import annotations

import ctypes
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import gaussmix
import problems
import reference
from comparing import SINGLE_ROUNDING, assert_same_fit, model_of

Array = reference.Array

STARTS = ("labels", "responsibilities", "mixture", "default")


@dataclass(frozen=True)
class Data:
    """Rows, their labels, responsibilities and weights: what a map changes together."""

    X: Array
    labels: Array
    responsibilities: Array
    mixture: reference.Parameters
    sample_weight: Array | None = None

    def rows(self, index: Array) -> Data:
        """Some rows, in some order."""
        weights = None if self.sample_weight is None else self.sample_weight[index]
        return Data(
            self.X[index],
            self.labels[index],
            self.responsibilities[index],
            self.mixture,
            weights,
        )

    def weighted(self, sample_weight: Array) -> Data:
        return Data(self.X, self.labels, self.responsibilities, self.mixture, sample_weight)

    def mapped(self, affine: Affine) -> Data:
        return Data(
            affine.rows(self.X),
            self.labels,
            self.responsibilities,
            affine.parameters(self.mixture),
            self.sample_weight,
        )

    def fit(self, start: str, **options: Any) -> gaussmix.Mixture:
        """Twenty iterations from one of STARTS."""
        given: dict[str, Any] = {
            "labels": {"init": self.labels},
            "responsibilities": {"init": self.responsibilities},
            "mixture": {"init": model_of(self.mixture)},
            "default": {"random_state": 5},
        }
        return gaussmix.fit(
            self.X,
            self.mixture.n_components,
            covariance_type=self.mixture.covariance_type,
            sample_weight=self.sample_weight,
            max_iter=20,
            tol=0,
            **given[start],
            **options,
        )


@dataclass(frozen=True)
class Affine:
    """Feature order[j] times factor[j] plus shift[j] becomes feature j."""

    factor: Array
    shift: Array
    order: Array

    def rows(self, X: Array) -> Array:
        mapped: Array = X[..., self.order] * self.factor + self.shift
        return mapped

    def parameters(self, p: reference.Parameters) -> reference.Parameters:
        """What the map does to a mixture; one factor is all that a spherical one can take."""
        f = self.factor
        covariances: Array = {
            "full": lambda c: c[:, self.order][:, :, self.order] * np.outer(f, f),
            "tied": lambda c: c[self.order][:, self.order] * np.outer(f, f),
            "diag": lambda c: c[:, self.order] * f**2,
            "spherical": lambda c: c * f[0] ** 2,
        }[p.covariance_type](p.covariances)
        return reference.Parameters(p.weights, self.rows(p.means), covariances, p.covariance_type)

    @property
    def log_volume(self) -> float:
        return float(np.log(np.abs(self.factor)).sum())


def affine(
    n_features: int, factor: Any = 1.0, shift: Any = 0.0, order: Array | None = None
) -> Affine:
    return Affine(
        np.broadcast_to(np.asarray(factor, dtype=np.float64), (n_features,)),
        np.broadcast_to(np.asarray(shift, dtype=np.float64), (n_features,)),
        np.arange(n_features) if order is None else order,
    )


def make(covariance_type: str, seed: int = 70, n: int = 300, spread: float = 3.0) -> Data:
    """Three components in three dimensions that overlap; rows on a grid of 2^-16."""
    case = problems.problem(seed, n, 3, 3, covariance_type, spread)
    rng = np.random.default_rng(seed)
    X = np.round(case.X * 2**16) / 2**16
    means = np.round(case.truth.means * 2**16) / 2**16
    p = reference.Parameters(case.truth.weights, means, case.truth.covariances, covariance_type)
    r = 0.7 * reference.one_hot(case.labels, 3) + 0.3 * rng.dirichlet(np.ones(3), size=n)
    return Data(X, case.labels, r, p)


def assert_same_model(
    actual: gaussmix.Mixture, expected: gaussmix.Mixture, by: Affine, rtol: float = 1e-9
) -> None:
    """The mapped model, in units of the mapped deviations, and the mapped likelihoods."""
    p = by.parameters(
        reference.Parameters(
            expected.weights, expected.means, expected.covariances, expected.covariance_type
        )
    )
    variances = reference.covariance_matrices(p)[
        :, np.arange(len(by.factor)), np.arange(len(by.factor))
    ]
    deviations = np.sqrt(variances)
    np.testing.assert_allclose(actual.weights, p.weights, rtol=rtol)
    np.testing.assert_allclose((actual.means - p.means) / deviations, 0, atol=rtol)
    error = actual.covariances - p.covariances
    scale = {
        "full": np.einsum("ki,kj->kij", deviations, deviations),
        "tied": np.outer(deviations[0], deviations[0]),
        "diag": variances,
        "spherical": variances[:, 0],
    }[p.covariance_type]
    np.testing.assert_allclose(error / scale, 0, atol=rtol)
    np.testing.assert_allclose(
        actual.history, expected.history - by.log_volume, rtol=rtol, atol=rtol
    )


SAME = affine(3)


# --- Units, origin, order of features ------------------------------------------------------------


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(
    "factor",
    [1e-6, 1e6, -1.0, 2.0**-40, (1e-3, 1.0, 1e4), (1e4, -1e-4, 2.0**30)],
    ids=str,
)
def test_the_units_of_the_features_do_not_matter(
    covariance_type: str, start: str, factor: Any
) -> None:
    if covariance_type == "spherical" and not np.isscalar(factor):
        pytest.skip("a ball is no ball in other units of one feature")
    data, by = make(covariance_type), affine(3, factor)
    assert_same_model(data.mapped(by).fit(start), data.fit(start), by)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("shift", [1e3, -(2.0**30), (2.0**20, 0.0, -(2.0**32))], ids=str)
def test_the_origin_of_the_features_does_not_matter(
    covariance_type: str, start: str, shift: Any
) -> None:
    # Rows and shifts are on grids, so that the sum is exact. A mean there has digits up to 2^-53 of
    # it; twenty iterations carry what is missing on.
    data, by = make(covariance_type), affine(3, shift=shift)
    rounding = 2.0**-53 * float(np.abs(np.asarray(shift)).max())
    moved = data.mapped(by).fit(start)
    assert_same_model(moved, data.fit(start), by, rtol=1e-9 + 100 * rounding)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("order", [(1, 2, 0), (2, 1, 0)], ids=str)
def test_the_order_of_the_features_does_not_matter(
    covariance_type: str, start: str, order: tuple[int, ...]
) -> None:
    data, by = make(covariance_type), affine(3, order=np.array(order))
    assert_same_model(data.mapped(by).fit(start), data.fit(start), by)


@pytest.mark.parametrize("start", STARTS)
def test_a_reflection_changes_signs_and_no_digit(covariance_type: str, start: str) -> None:
    data = make(covariance_type)
    expected, actual = data.fit(start), data.mapped(affine(3, -1.0)).fit(start)
    np.testing.assert_array_equal(actual.means, -expected.means)
    np.testing.assert_array_equal(actual.covariances, expected.covariances)
    np.testing.assert_array_equal(actual.history, expected.history)


@pytest.mark.parametrize("power", [-300, -7, 1, 60, 300])
def test_powers_of_two_scale_a_single_component_without_rounding(
    covariance_type: str, power: int
) -> None:
    # With several, responsibilities depend on log determinants, which such factors do round.
    data = make(covariance_type)
    options: dict[str, Any] = {"covariance_type": covariance_type, "max_iter": 3, "tol": 0}
    expected = gaussmix.fit(data.X, 1, **options)
    actual = gaussmix.fit(data.X * 2.0**power, 1, **options)
    np.testing.assert_array_equal(actual.means, expected.means * 2.0**power)
    np.testing.assert_array_equal(
        actual.covariances, expected.covariances * 2.0**power * 2.0**power
    )


# --- Order, weights and repetition of rows -------------------------------------------------------


@pytest.mark.parametrize("start", STARTS)
def test_the_order_of_the_rows_does_not_matter(covariance_type: str, start: str) -> None:
    data = make(covariance_type)
    order = np.random.default_rng(0).permutation(len(data.X))
    assert_same_model(data.rows(order).fit(start), data.fit(start), SAME)


def repeated(counts: Array, arrangement: str) -> Array:
    """Each row as often as it counts: copies side by side, at the end, or anywhere."""
    together = np.repeat(np.arange(len(counts)), counts)
    if arrangement == "together":
        return together
    again = np.diff(together, prepend=-1) == 0
    apart = np.concatenate([together[~again], together[again]])
    return apart if arrangement == "apart" else np.random.default_rng(1).permutation(apart)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("arrangement", ["together", "apart", "anywhere"])
@pytest.mark.parametrize("most", [1, 2, 5])
def test_a_weight_is_a_row_as_often(
    covariance_type: str, start: str, arrangement: str, most: int
) -> None:
    data = make(covariance_type)
    counts = np.random.default_rng(2).integers(0, most + 1, size=len(data.X))
    expected = data.rows(repeated(counts, arrangement)).fit(start)
    actual = data.weighted(counts.astype(np.float64)).fit(start)
    assert_same_model(actual, expected, SAME)


@pytest.mark.parametrize("n", [1500, 3500, 9000])
@pytest.mark.parametrize("arrangement", ["together", "apart"])
def test_the_default_start_knows_repeated_rows(
    covariance_type: str, n: int, arrangement: str
) -> None:
    # Whatever the row count, it looks at all distinct rows while they are fewer than 4000; more are
    # drawn from in their order, and copies that stand together are drawn as their weight is.
    if n >= 4000 and arrangement != "together":
        pytest.skip("another draw of the same chances")
    data = make(covariance_type, n=n)
    counts = np.random.default_rng(3).integers(0, 4, size=n)
    expected = data.rows(repeated(counts, arrangement)).fit("default")
    actual = data.weighted(counts.astype(np.float64)).fit("default")
    assert_same_model(actual, expected, SAME, rtol=1e-8)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("weight", [2.0, 2.0**-20, 2.0**40])
def test_one_power_of_two_as_the_weight_of_all_rows_changes_no_bit(
    covariance_type: str, start: str, weight: float
) -> None:
    data = make(covariance_type)
    actual = data.weighted(np.full(len(data.X), weight)).fit(start)
    assert_same_fit(actual, data.fit(start))


# --- The host's mode of arithmetic ---------------------------------------------------------------


@contextmanager
def flushing_to_zero() -> Iterator[None]:
    """Subnormal numbers count as zero on this thread, as audio programs and games have it."""
    libm = ctypes.CDLL("libm.so.6")
    # glibc's fenv_t: x86-64 has MXCSR as its eighth word, flags FTZ and DAZ; arm64 FPCR first, FZ.
    word, flags = {"x86_64": (7, 0x8040), "aarch64": (0, 1 << 24)}[platform.machine()]
    before, changed = (ctypes.c_uint32 * 16)(), (ctypes.c_uint32 * 16)()
    libm.fegetenv(before)
    libm.fegetenv(changed)
    changed[word] |= flags
    libm.fesetenv(changed)
    try:
        assert ctypes.c_double(5e-324).value * 1.0 == 0.0
        yield
    finally:
        libm.fesetenv(before)


@pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc" or platform.machine() not in {"x86_64", "aarch64"},
    reason="needs the layout of glibc's floating-point environment",
)
@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("spread", [1.0, 3.0, 40.0, 1e4])
def test_a_host_that_flushes_subnormal_numbers_to_zero_gets_the_same_bits(
    covariance_type: str, start: str, dtype: str, spread: float
) -> None:
    data = make(covariance_type, spread=spread)
    data = Data(data.X.astype(dtype), data.labels, data.responsibilities, data.mixture)
    expected = data.fit(start, n_threads=1)
    says = expected.predict_proba(data.X), expected.score_samples(data.X)
    with flushing_to_zero():
        actual = data.fit(start, n_threads=1)
        again = actual.predict_proba(data.X), actual.score_samples(data.X)
    assert_same_fit(actual, expected)
    for found, wanted in zip(again, says, strict=True):
        np.testing.assert_array_equal(found, wanted)


# --- Other starts, and extremes ------------------------------------------------------------------


@pytest.mark.parametrize("init", problems.INITS)
@pytest.mark.parametrize(
    "factors", [(1, 1, 1024), (2.0**-30, 1, 2.0**30), (1, 1e4, 1), (1e-4, 1, 1e4)]
)
def test_the_unit_of_a_feature_does_not_matter(
    init: str, factors: tuple[float, float, float]
) -> None:
    case = problems.problem(50, n=400, n_components=3, n_features=3, covariance_type="diag")
    scale = np.array(factors)
    for covariance_type in ("full", "tied", "diag"):
        options: dict[str, Any] = {"covariance_type": covariance_type, "init": init}
        plain = gaussmix.fit(case.X, 3, random_state=2, max_iter=30, tol=0, **options)
        scaled = gaussmix.fit(case.X * scale, 3, random_state=2, max_iter=30, tol=0, **options)
        np.testing.assert_array_equal(scaled.predict(case.X * scale), plain.predict(case.X))
        np.testing.assert_allclose(scaled.means / scale, plain.means, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("power", [-500, -20, 20, 500])
def test_a_change_of_unit_by_a_power_of_two_changes_the_parameters_by_that_power(
    covariance_type: str, power: int
) -> None:
    case = problems.problem(51, n=300, n_components=3, n_features=2)
    options: dict[str, Any] = {"covariance_type": covariance_type, "random_state": 0}
    plain = gaussmix.fit(case.X, 3, max_iter=10, tol=0, **options)
    scaled = gaussmix.fit(case.X * 2.0**power, 3, max_iter=10, tol=0, **options)
    assert not scaled.events
    np.testing.assert_array_equal(scaled.predict(case.X * 2.0**power), plain.predict(case.X))
    np.testing.assert_allclose(scaled.weights, plain.weights, rtol=1e-9)
    np.testing.assert_allclose(scaled.means / 2.0**power, plain.means, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(
        scaled.covariances / 2.0**power / 2.0**power, plain.covariances, rtol=1e-9, atol=1e-9
    )


@pytest.mark.parametrize("offset", [2.0**20, 1e6, 2.0**27])
@pytest.mark.parametrize("init", problems.INITS)
def test_the_origin_does_not_matter(covariance_type: str, init: str, offset: float) -> None:
    # Rows rounded to 2^-16: adding these offsets to them loses no digit.
    case = problems.problem(52, n=400, n_components=3, n_features=3)
    X = np.round(case.X * 2**16) / 2**16
    options: dict[str, Any] = {
        "covariance_type": covariance_type,
        "init": init,
        "random_state": 3,
        "max_iter": 20,
        "tol": 0,
    }
    here = gaussmix.fit(X, 3, **options)
    there = gaussmix.fit(X + offset, 3, **options)
    np.testing.assert_array_equal(there.predict(X + offset), here.predict(X))
    np.testing.assert_allclose(there.means - offset, here.means, atol=1e-15 * offset * 100)
    np.testing.assert_allclose(there.covariances, here.covariances, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(there.history, here.history, rtol=1e-7)


def test_float32_rows_far_from_the_origin_are_fitted_as_near_it(covariance_type: str) -> None:
    case = problems.problem(53, n=400, n_components=3, n_features=3)
    X = np.round(case.X * 2**6) / 2**6
    options: dict[str, Any] = {"covariance_type": covariance_type, "random_state": 3}
    here = gaussmix.fit(X.astype(np.float32), 3, **options)
    there = gaussmix.fit((X + 2.0**14).astype(np.float32), 3, **options)
    assert there.n_iter == here.n_iter
    # Adding the offset loses no digit: what is left is the rounding of the computation.
    bound = 32 * SINGLE_ROUNDING
    np.testing.assert_allclose(there.means - 2.0**14, here.means, rtol=0, atol=bound)
    np.testing.assert_allclose(there.covariances, here.covariances, rtol=0, atol=bound)


def test_clusters_a_million_standard_deviations_apart_keep_their_covariances(
    covariance_type: str,
) -> None:
    case = problems.blobs(54, n=200, n_components=2)
    X = np.round(case.X * 2**16) / 2**16
    X[case.labels == 1, 0] += 1e6
    model = gaussmix.fit(X, 2, covariance_type=covariance_type, reg_covar=0, random_state=0)
    exact = reference.m_step(
        X.astype(np.longdouble), reference.one_hot(case.labels, 2), covariance_type
    )
    order = np.argsort(model.means[:, 0])
    np.testing.assert_allclose(model.means[order], exact.means, rtol=1e-14)
    covariances = model.covariances if covariance_type == "tied" else model.covariances[order]
    np.testing.assert_allclose(covariances, exact.covariances, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("init", ["kmeans", "k-means++", "random_from_data"])
@pytest.mark.parametrize("value", [0.0, 1e10, 1e200])
def test_a_whole_stretch_of_weightless_rows_changes_no_start(init: str, value: float) -> None:
    generator = np.random.default_rng(3)
    centres = np.array([[0.0, 0.0], [8.0, 0.0], [0.0, 8.0]])
    rows = centres[generator.integers(3, size=3000)] + generator.standard_normal((3000, 2))
    padded = np.concatenate([rows[:1000], np.full((800, 2), value), rows[1000:]])
    weights = np.concatenate([np.ones(1000), np.zeros(800), np.ones(2000)])
    expected = gaussmix.fit(rows, 3, init=init, random_state=1, tol=1e-9, max_iter=500)
    found = gaussmix.fit(
        padded, 3, init=init, random_state=1, sample_weight=weights, tol=1e-9, max_iter=500
    )
    assert abs(found.score(rows) - expected.score(rows)) < 1e-6


@pytest.mark.parametrize("scale", [1e-200, 1e-160, 1e160, 1e200])
def test_the_size_of_uniform_weights_does_not_matter(scale: float) -> None:
    rows = np.sort(np.random.default_rng(4).standard_normal(2000))[:, np.newaxis]
    expected = gaussmix.fit(rows, 2, random_state=1)
    found = gaussmix.fit(rows, 2, random_state=1, sample_weight=np.full(2000, scale))
    np.testing.assert_allclose(found.means, expected.means, rtol=1e-9)
    np.testing.assert_allclose(found.covariances, expected.covariances, rtol=1e-9)


def test_a_component_without_weight_wins_no_row_however_far() -> None:
    model = gaussmix.Mixture([0.0, 0.5, 0.5], [[0.0], [1.0], [2.0]], np.ones((3, 1, 1)))
    far = [[1e200], [-1e300]]
    assert (model.predict(far) > 0).all()
    np.testing.assert_allclose(model.predict_proba(far), [[0.0, 0.5, 0.5]] * 2)
    assert np.isfinite(model.score_samples(far)).all()
