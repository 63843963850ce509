"""Results are as exact as their inputs allow: against mpmath, within the promised multiples.

docs/accuracy.md tells the bounds, tools/accuracy.py measures them on many more problems.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import accuracy
import exact
import gaussmix
import reference
from accuracy import Case
from comparing import model_of

if TYPE_CHECKING:
    from conftest import RunPython

Array = reference.Array


def assert_within(case: Case, ratios: dict[str, float]) -> None:
    assert ratios
    for result, ratio in ratios.items():
        assert ratio <= accuracy.most(case, result), (
            f"{result} is off by {ratio:.3g} bounds: {case}"
        )


def worst_conditions(covariance_type: str) -> tuple[float, ...]:
    return (1.0,) if covariance_type == "spherical" else (1.0, 1e6, 1e12)


# --- Against mpmath ------------------------------------------------------------------------------


@pytest.mark.parametrize("offset", [0.0, 1e4, 1e8])
@pytest.mark.parametrize("kind", ["rotation", "units"])
def test_log_densities_and_responsibilities_are_within_their_bounds(
    covariance_type: str, offset: float, kind: str
) -> None:
    for d in (1, 2, 7, 16):
        for condition in worst_conditions(covariance_type):
            case = Case(covariance_type, d, condition, offset, kind, seed=d)
            assert_within(case, accuracy.score_ratios(case, n=8))


@pytest.mark.parametrize("condition", [1.0, 1e12])
def test_log_densities_of_many_features_are_within_their_bounds(
    covariance_type: str, condition: float
) -> None:
    if covariance_type == "spherical" and condition > 1:
        pytest.skip("a ball has no condition number")
    case = Case(covariance_type, 64, condition, 1e6, "both", n_components=2)
    assert_within(case, accuracy.score_ratios(case, n=4))


@pytest.mark.parametrize("start", ["mixture", "labels", "responsibilities"])
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_an_iteration_is_within_its_bounds(
    covariance_type: str, start: str, weighted: bool
) -> None:
    for condition in worst_conditions(covariance_type):
        for d, offset in ((2, 1e8), (5, 0.0), (9, 1e4)):
            case = Case(covariance_type, d, condition, offset, "units", weighted=weighted)
            assert_within(case, accuracy.step_ratios(case, start))


@pytest.mark.parametrize("offset", [0.0, 1e2, 1e4])
@pytest.mark.parametrize("condition", [1.0, 10.0])
def test_float32_rows_are_exact_numbers_computed_on_in_single_precision(
    covariance_type: str, offset: float, condition: float
) -> None:
    if covariance_type == "spherical":
        condition = 1.0
    for d in (1, 3, 8):
        case = Case(covariance_type, d, condition, offset, dtype="float32", seed=d)
        assert_within(case, accuracy.score_ratios(case, n=8))
        assert_within(case, accuracy.step_ratios(case, "mixture"))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("separation", [10.0, 30.0, 1e3, 1e6])
def test_clusters_far_apart_lose_no_digits(
    covariance_type: str, separation: float, dtype: str
) -> None:
    for d in (1, 2, 5):
        case = Case(covariance_type, d, 1.0, dtype=dtype, separation=separation, seed=d)
        assert_within(case, accuracy.score_ratios(case, n=12))
        assert_within(case, accuracy.step_ratios(case, "mixture"))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("covariance_type", ["diag", "spherical"])
def test_components_that_share_their_sums_are_within_their_bounds(
    covariance_type: str, dtype: str
) -> None:
    # Some of them lie near the centre and share, others lie too far from it.
    offsets = (0.0, 1e8) if dtype == "float64" else (0.0, 1e4)
    for separation in (0.0, 3.0, 8.0, 12.0):
        for d, offset, weighted in ((1, 0.0, False), (4, offsets[1], True), (9, 0.0, True)):
            for n_components in (4, 7):
                case = Case(
                    covariance_type, d, 1.0, offset, "units", dtype, separation, weighted,
                    n_components, seed=d,
                )  # fmt: skip
                assert_within(case, accuracy.score_ratios(case, n=8))
                assert_within(case, accuracy.step_ratios(case, "mixture"))


ONE_SET = """
import accuracy, numpy as np, reference
from accuracy import Case

for family in reference.COVARIANCE_TYPES:
    for dtype in ("float64", "float32"):
        rng = np.random.default_rng(7)
        for _ in range(3):
            case = accuracy.random_case(rng, family, dtype, (2, 5, 9))
            for result, ratio in accuracy.ratios(case, 8).items():
                assert ratio <= accuracy.most(case, result), (case, result, ratio)
print(accuracy.gaussmix.info()["instruction_set"])
"""


@pytest.mark.parametrize("isa", gaussmix.info()["instruction_sets"])
def test_every_instruction_set_is_within_the_bounds(run_python: RunPython, isa: str) -> None:
    done = run_python(ONE_SET, GAUSSMIX_ISA=isa)
    assert done.stdout.strip() == isa, done.stderr


def test_the_bounds_would_be_missed_by_sums_of_squares() -> None:
    # What they are worth: the textbook formula, E[x^2] - mu^2, is far outside of them.
    case = Case("full", 2, offset=1e4)
    drawn = accuracy.draw(case, 60)
    r = reference.one_hot(drawn.labels, 3)
    step = exact.m_step(drawn.X, exact.exact(r), "full")
    counts = r.sum(axis=0)
    means = r.T @ drawn.X / counts[:, None]
    naive = np.einsum("nk,ni,nj->kij", r, drawn.X, drawn.X) / counts[:, None, None]
    naive -= np.einsum("ki,kj->kij", means, means)
    ratio = exact.largest_ratio(naive - step.covariances, step.covariances_bound)
    assert ratio > 1e4 * accuracy.MOST


# --- Where the answer is known otherwise ---------------------------------------------------------


def test_an_iteration_of_well_conditioned_rows_has_twelve_digits(covariance_type: str) -> None:
    case = Case(covariance_type, 4, n_components=3, seed=3)
    drawn = accuracy.draw(case, 150)
    start = exact.given(drawn.mixture)
    r = exact.scores(drawn.X, start).responsibilities
    step = exact.m_step(drawn.X, r, covariance_type)
    fitted = gaussmix.fit(
        drawn.X,
        covariance_type=covariance_type,
        init=model_of(drawn.mixture),
        max_iter=1,
        tol=0,
        reg_covar=0,
    )
    for part in ("weights", "means", "covariances"):
        wanted = exact.nearly(getattr(step, part))
        scale = np.abs(wanted).max()
        np.testing.assert_allclose(getattr(fitted, part), wanted, rtol=1e-12, atol=1e-12 * scale)


@pytest.mark.parametrize("n", [1000, 300_000])
def test_many_chunks_of_rows_are_added_up_without_loss(covariance_type: str, n: int) -> None:
    # Rows that stand on a grid repeat: the sums of one period are exact, whatever their number.
    rng = np.random.default_rng(5)
    period = np.round(rng.standard_normal((500, 3)) * 2**10) / 2**10
    X = np.tile(period, (n // 500, 1)) + 2.0**20
    fitted = gaussmix.fit(X, 1, covariance_type=covariance_type, reg_covar=0, max_iter=1, tol=0)
    r = exact.exact(np.ones((500, 1)))
    step = exact.m_step(period + 2.0**20, r, covariance_type)
    np.testing.assert_allclose(fitted.means, exact.nearly(step.means), rtol=4e-16)
    wanted = exact.nearly(step.covariances)
    scale = np.abs(wanted).max()
    np.testing.assert_allclose(fitted.covariances, wanted, rtol=1e-14, atol=1e-15 * scale)


def test_four_hundred_features_of_variances_from_a_thousandth_to_a_thousand(
    covariance_type: str,
) -> None:
    # Diagonal matrices, so that the answer is known in any family; a determinant as a product of
    # four hundred numbers would be zero or infinite.
    rng = np.random.default_rng(6)
    d = 400
    for exponents in (np.full(d, -3.0), np.full(d, 3.0), rng.uniform(-3, 3, size=d)):
        variances = 10.0**exponents
        if covariance_type == "spherical":
            variances[:] = variances[0]
        means = rng.normal(size=(2, d)) * np.sqrt(variances) / 10
        diagonal = reference.Parameters(
            np.array([0.25, 0.75]), means, np.stack([variances, variances]), "diag"
        )
        covariances: Array = {
            "full": lambda v=variances: np.stack([np.diag(v), np.diag(v)]),
            "tied": lambda v=variances: np.diag(v),
            "diag": lambda v=variances: np.stack([v, v]),
            "spherical": lambda v=variances: v[:2],
        }[covariance_type]()
        given = reference.Parameters(diagonal.weights, means, covariances, covariance_type)
        X = means[0] + rng.normal(size=(6, d)) * np.sqrt(variances)
        says = exact.scores(X, exact.given(diagonal))
        model = model_of(given)
        error = model.score_samples(X) - says.log_density
        assert exact.largest_ratio(error, says.log_density_bound) < accuracy.MOST
        error = model.predict_proba(X) - says.responsibilities
        bound = says.responsibilities_bound
        assert exact.largest_ratio(error, bound) < accuracy.MOST
