"""Parts of a mixture, of every family, against NumPy, SciPy and mpmath."""

from __future__ import annotations

import pickle
from typing import Any

import mpmath
import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.stats import multivariate_normal, norm

import gaussmix
import problems
import reference
from comparing import model_of, parameters_of

Array = reference.Array
ALL = reference.ALL_TYPES

#: Which families stay under which change, written out.
DROPPING = {"full", "tied", "diag", "spherical", "EII", "EEI", "VEI", "VEE"}
SCALING = {"full", "tied", "diag", "EEI", "VEI", "EVI", "VEE", "EVV"}
MIXING = {"full", "tied", "VEE", "EVV"}
MIXING_AND_DROPPING = {"full", "tied", "VEE"}


def mixture(family: str, n_features: int = 4, n_components: int = 3, seed: int = 811) -> Any:
    """A mixture of the family, of correlated features where it has them."""
    if family in reference.COVARIANCE_TYPES:
        return model_of(problems.mixture(seed, n_components, n_features, family))
    X = problems.problem(seed, n=400, n_components=n_components, n_features=n_features).X
    return gaussmix.fit(X, n_components, covariance_type=family, random_state=0)


def matrices(m: gaussmix.Mixture) -> Array:
    return np.stack([m.covariance_matrix(k) for k in range(m.n_components)])


def volumes(m: gaussmix.Mixture) -> Array:
    return np.exp(np.linalg.slogdet(matrices(m))[1] / m.n_features)


def holds_what_its_family_says(m: gaussmix.Mixture) -> bool:
    """Take covariances apart: volume, shape and axes that should be equal are."""
    letters = {"full": "VVV", "tied": "EEE", "diag": "VVI", "spherical": "VII"}.get(
        m.covariance_type, m.covariance_type
    )
    S, scale = matrices(m), volumes(m)
    forms = S / scale[:, None, None]
    shapes = np.linalg.eigvalsh(forms)
    good = letters[0] != "E" or np.allclose(scale, scale[0])
    good &= letters[1] != "E" or np.allclose(shapes, shapes[0])
    good &= letters[1] != "I" or np.allclose(shapes, 1)
    if letters[2] == "I":
        good &= np.array_equal(S, S * np.eye(m.n_features))
    if letters[2] == "E":  # matrices with the same axes commute
        good &= all(np.allclose(a @ S[0], S[0] @ a) for a in S)
    return bool(good)


def conditioned(m: gaussmix.Mixture, given: list[int], x: Array) -> tuple[Array, Array, Array]:
    """Weights, means and covariances given one row, from inverses."""
    target = [j for j in range(m.n_features) if j not in given]
    logs, means, covariances = [], [], []
    for k, S in enumerate(matrices(m)):
        gg, yg = S[np.ix_(given, given)], S[np.ix_(target, given)]
        B = yg @ np.linalg.inv(gg)
        step = x - m.means[k, given]
        logs.append(np.log(m.weights[k]) + multivariate_normal(cov=gg).logpdf(step))
        means.append(m.means[k, target] + B @ step)
        covariances.append(S[np.ix_(target, target)] - B @ yg.T)
    shares = np.exp(np.array(logs) - np.logaddexp.reduce(logs))
    return shares, np.array(means), np.array(covariances)


# --- Which families stay -------------------------------------------------------------------------


@pytest.mark.parametrize("family", ALL)
def test_marginals_have_the_parts_of_matrices(family: str) -> None:
    m = mixture(family)
    for features in ([2], [3, 0], [3, 1, 2]):
        part = m.marginal(features)
        assert part.covariance_type == (family if family in DROPPING else "full")
        assert holds_what_its_family_says(part)
        np.testing.assert_array_equal(part.weights, m.weights)
        np.testing.assert_array_equal(part.means, m.means[:, features])
        expected = matrices(m)[:, features][:, :, features]
        np.testing.assert_allclose(matrices(part), expected, rtol=1e-15)
    turned = m.marginal([3, 1, 0, 2])
    assert turned.covariance_type == family
    assert holds_what_its_family_says(turned)


@pytest.mark.parametrize("family", ALL)
def test_conditionals_of_every_family_are_those_by_inverses(family: str) -> None:
    m = mixture(family)
    for given in ([1], [3, 0], [2, 0, 3]):
        x = m.means[0, given] + 0.3
        found = m.condition(given=given, values=x)
        assert found.covariance_type == (family if family in DROPPING else "full")
        assert holds_what_its_family_says(found)
        weights, means, covariances = conditioned(m, given, x)
        np.testing.assert_allclose(found.weights, weights, rtol=1e-10, atol=1e-15)
        np.testing.assert_allclose(found.means, means, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(matrices(found), covariances, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("family", ALL)
@pytest.mark.parametrize(
    ("A", "stays"),
    [
        ([[0, 0, -2, 0], [2, 0, 0, 0], [0, 0, 0, 2], [0, 2, 0, 0]], set(ALL)),
        ([[0, 0, 3, 0], [3, 0, 0, 0]], DROPPING),
        (np.diag([1.0, 2.0, 3.0, -4.0]), SCALING),
        ([[0, 0, 3, 0], [1, 0, 0, 0]], SCALING & DROPPING),
        (np.eye(4) + np.eye(4, k=1), MIXING),
        ([[1, 1, 0, 0], [0, 0, 1, 2]], MIXING_AND_DROPPING),
    ],
    ids=["turns", "selects", "scales", "selects and scales", "mixes", "mixes and drops"],
)
def test_images_of_every_family_are_a_s_a_transposed(family: str, A: Any, stays: set[str]) -> None:
    m, A = mixture(family), np.array(A, dtype=float)
    b = np.arange(len(A)) + 0.5
    image = m.transform(A, b)
    assert image.covariance_type == (family if family in stays else "full")
    assert holds_what_its_family_says(image)
    np.testing.assert_allclose(image.means, m.means @ A.T + b, rtol=1e-13)
    np.testing.assert_allclose(matrices(image), A @ matrices(m) @ A.T, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("family", ALL)
def test_merging_keeps_the_moments_of_the_whole(family: str) -> None:
    m = mixture(family)
    merged = m.merge(2, 0)
    assert (merged.covariance_type, merged.n_components) == ("full", 2)
    np.testing.assert_allclose(merged.weights, [m.weights[0] + m.weights[2], m.weights[1]])
    np.testing.assert_allclose(merged.mean(), m.mean(), rtol=1e-13)
    np.testing.assert_allclose(merged.covariance(), m.covariance(), rtol=1e-12)
    np.testing.assert_array_equal(merged.means[1], m.means[1])


@pytest.mark.parametrize("family", ALL)
def test_moments_of_the_whole_are_sums_over_components(family: str) -> None:
    m = mixture(family)
    mean = m.weights @ m.means
    steps = m.means - mean
    within = np.einsum("k,kij->ij", m.weights, matrices(m))
    np.testing.assert_allclose(m.mean(), mean, rtol=1e-13)
    between = np.einsum("k,ki,kj->ij", m.weights, steps, steps)
    np.testing.assert_allclose(m.covariance(), within + between, rtol=1e-12)


@pytest.mark.parametrize("family", ALL)
def test_mixing_keeps_densities(family: str) -> None:
    a, b = mixture(family), mixture(family, seed=812)
    both = gaussmix.mix([a, b], [0.25, 0.75])
    assert both.covariance_type == (family if family in {"full", "diag", "spherical"} else "full")
    X = np.concatenate([a.sample(20, 0)[0], b.sample(20, 0)[0]])
    expected = np.logaddexp(np.log(0.25) + a.score_samples(X), np.log(0.75) + b.score_samples(X))
    np.testing.assert_allclose(both.score_samples(X), expected, rtol=1e-10)


def test_equal_shares_are_the_default_and_other_families_make_full() -> None:
    a, b = mixture("diag"), mixture("tied")
    both = gaussmix.mix(iter([a, b]))
    assert both.covariance_type == "full"
    np.testing.assert_allclose(both.weights, np.concatenate([a.weights, b.weights]) / 2)


# --- Many rows -----------------------------------------------------------------------------------


@pytest.mark.parametrize("family", ALL)
@pytest.mark.parametrize("dtype", ["float64", "float32", "int8"])
def test_conditionals_of_many_rows_are_those_of_each(family: str, dtype: str) -> None:
    m, given = mixture(family), [3, 1]
    X = m.sample(37, 1)[0][:, given].astype(dtype)
    Y = m.sample(37, 2)[0][:, [0, 2]]
    c = m.conditional(X, given=given)
    assert (c.given, c.target) == (given, [0, 2])
    rtol = 1e-4 if dtype == "float32" else 1e-9
    for i in range(0, 37, 9):
        one = m.condition(given=given, values=X[i].astype(float))
        np.testing.assert_allclose(c.weights[i], one.weights, rtol=rtol, atol=rtol)
        np.testing.assert_allclose(c.mean()[i], one.mean(), rtol=rtol, atol=rtol)
        np.testing.assert_allclose(c.covariance()[i], one.covariance(), rtol=rtol, atol=rtol)
        density = c.score_samples(Y)[i]
        np.testing.assert_allclose(
            density, one.score_samples(Y[i : i + 1])[0], rtol=rtol, atol=rtol
        )
    np.testing.assert_array_equal(c.variance(), np.einsum("ijj->ij", c.covariance()))
    np.testing.assert_array_equal(c.standard_deviation(), np.sqrt(c.variance()))


@pytest.mark.parametrize("n_rows", [1, 7, 8, 9, 767, 769, 5001])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_threads_do_not_change_a_bit(n_rows: int, dtype: str) -> None:
    m = mixture("full")
    X = np.asfortranarray(m.sample(n_rows, 3)[0][:, :3].astype(dtype))
    Y = m.sample(n_rows, 4)[0][:, 3]
    one = m.conditional(X, given=[0, 1, 2], n_threads=1)
    for n_threads in (2, 7):
        other = m.conditional(X, given=[0, 1, 2], n_threads=n_threads)
        for name in ("mean", "variance", "covariance"):
            np.testing.assert_array_equal(getattr(one, name)(), getattr(other, name)())
        np.testing.assert_array_equal(one.score_samples(Y), other.score_samples(Y))
        np.testing.assert_array_equal(one.quantile([0.1, 0.9]), other.quantile([0.1, 0.9]))
        np.testing.assert_array_equal(one.sample(5)[0], other.sample(5)[0])


def test_a_row_does_not_depend_on_other_rows() -> None:
    m = mixture("full")
    X = m.sample(100, 3)[0][:, :2]
    whole, part = (m.conditional(rows, given=[0, 1]) for rows in (X, X[:31]))
    np.testing.assert_array_equal(whole.mean()[:31], part.mean())
    np.testing.assert_array_equal(whole.sample(5)[0][:31], part.sample(5)[0])


def test_names_say_which_features(faithful: Array) -> None:
    table = pd.DataFrame(faithful, columns=["eruptions", "waiting"])
    m = gaussmix.fit(table, 2, random_state=0)
    c = m.conditional(table[["waiting"]])
    assert c.target_names == ("eruptions",)
    np.testing.assert_array_equal(c.mean(), m.conditional(faithful[:, 1:], given="waiting").mean())
    assert m.condition({"waiting": 70}) == m.condition(given=[1], values=[70])
    assert m.condition({"waiting": 70}) == m.condition({1: 70})
    assert m.condition({"waiting": 70}).feature_names == ("eruptions",)
    assert m.marginal("waiting").feature_names == ("waiting",)
    assert m.marginal(["waiting", 0]).feature_names == ("waiting", "eruptions")
    assert m.merge(0, 1).feature_names == m.feature_names
    assert gaussmix.mix([m, m]).feature_names == m.feature_names
    assert m.transform([1, 1]).feature_names is None
    assert repr(c) == "Conditional: 272 rows, targets ['eruptions']"


def test_targets_drawn_have_the_conditional_distribution() -> None:
    m = mixture("full", n_features=3)
    X = np.tile(m.means[0, :1], (20000, 1))
    c = m.conditional(X, given=[0])
    Y, labels = c.sample(0)
    error = np.sqrt(c.variance()[0] / len(X))
    assert (np.abs(Y.mean(axis=0) - c.mean()[0]) < 5 * error).all()
    np.testing.assert_allclose(np.cov(Y.T), c.covariance()[0], rtol=0.1, atol=0.1)
    shares = np.bincount(labels, minlength=3) / len(X)
    np.testing.assert_allclose(shares, c.weights[0], atol=0.02)
    np.testing.assert_array_equal(Y, c.sample(0)[0])


def test_quantiles_of_each_row_invert_its_distribution_function() -> None:
    m = mixture("full", n_features=2)
    X = m.sample(20, 0)[0][:, :1]
    q = [1e-12, 0.05, 0.5, 0.95, 1 - 1e-12]
    found = m.conditional(X, given=[0]).quantile(q)
    assert found.shape == (20, 5)
    for i in range(20):
        back = m.condition({0: X[i, 0]}).cdf(found[i])
        np.testing.assert_allclose(back, q, rtol=1e-10)
    np.testing.assert_array_equal(m.conditional(X, given=[0]).quantile(0.5), found[:, 2])


# --- Hard numbers --------------------------------------------------------------------------------


@pytest.mark.parametrize("gap", [1e-4, 1e-8, 1e-12])
def test_nearly_singular_conditioning_keeps_the_digits_it_can(gap: float) -> None:
    """Features equal but for a share `gap`: the slope is near 1, the variance left near 2 gap."""
    S = np.array([[1.0, 1 - gap], [1 - gap, 1.0]])
    m = gaussmix.Mixture([1.0], [[3.0, 5.0]], [S])
    found = m.condition({0: 7.0})
    with mpmath.workdps(50):
        r = mpmath.mpf(float(S[0, 1]))
        mean, variance = 5 + r * 4, 1 - r * r
    assert abs(found.means[0, 0] - float(mean)) <= 4e-15 * 9
    # The relative rounding of the input is all that may be lost.
    assert abs(found.covariances[0, 0, 0] / float(variance) - 1) <= 4e-16 / gap


def test_conditional_densities_of_far_rows_keep_digits() -> None:
    """log p(x, y) - log p(x) would lose all of them."""
    m = gaussmix.Mixture([1.0], [[0.0, 0.0]], [[[1.0, 0.5], [0.5, 1.0]]])
    found = m.conditional([[1e10]], given=[0]).score_samples([5e9 + 1])
    assert found[0] == pytest.approx(norm(0, np.sqrt(0.75)).logpdf(1), rel=1e-6)


def test_a_component_that_underflows_still_counts_where_the_targets_want_it() -> None:
    m = gaussmix.Mixture([0.5, 0.5], [[0, 0], [60, 300]], [1.0, 1.0], "spherical")
    found = m.conditional([[0.0]], given=[0]).score_samples([[300.0]])[0]
    assert found == pytest.approx(-1800 + norm.logpdf(0), rel=1e-12)


@pytest.mark.parametrize("family", ["full", "tied", "diag", "spherical"])
def test_extreme_rows_give_finite_answers(family: str) -> None:
    m = mixture(family, n_features=2)
    c = m.conditional([[1e200], [-1e200], [1e-300]], given=[0])
    assert np.isfinite(c.mean()).all()
    assert np.isfinite(c.score_samples([1e200, 0, 1e300])).all()
    np.testing.assert_allclose(c.weights.sum(axis=1), 1)


def test_units_do_not_matter() -> None:
    m = mixture("full", n_features=3)
    X = m.sample(50, 0)[0][:, :2]
    for scale in (1e-100, 1e100):
        scaled = m.transform(np.eye(3) * scale)
        found = scaled.conditional(X * scale, given=[0, 1]).mean() / scale
        np.testing.assert_allclose(found, m.conditional(X, given=[0, 1]).mean(), rtol=1e-9)


def test_cdf_and_quantile_agree_with_scipy_and_mpmath() -> None:
    m = gaussmix.Mixture([0.3, 0.7, 0.0], [[-2.0], [5.0], [9e9]], [1.0, 4.0, 1.0], "spherical")
    x = np.array([[-40.0, -3.0, 0.0], [2.0, 30.0, np.inf]])
    expected = 0.3 * norm(-2, 1).cdf(x) + 0.7 * norm(5, 2).cdf(x)
    np.testing.assert_allclose(m.cdf(x), expected, rtol=1e-12)
    with mpmath.workdps(40):
        low = mpmath.mpf(0.3) * mpmath.ncdf(-28) + mpmath.mpf(0.7) * mpmath.ncdf(-17.5)
    assert m.cdf(-30.0) == pytest.approx(float(low), rel=1e-12)
    q = np.array([1e-300, 1e-20, 0.2, 0.3, 0.5, 0.9, 1 - 1e-10])
    np.testing.assert_allclose(m.cdf(m.quantile(q)), q, rtol=1e-9)
    np.testing.assert_array_equal(m.quantile([0, 1]), [-np.inf, np.inf])
    assert m.cdf(0.0).shape == ()


# --- Uncertainty and distances -------------------------------------------------------------------


def two(shift: float = 0.0) -> gaussmix.Mixture:
    return gaussmix.Mixture([0.4, 0.6], [[-1 + shift], [2.0]], [1.0, 0.25], "spherical")


def test_entropy_is_the_integral_and_lies_within_its_bounds() -> None:
    m = two()

    def integrand(x: float) -> float:
        log_density = float(m.score_samples([[x]])[0])
        return -np.exp(log_density) * log_density

    exact = quad(integrand, -12, 12, points=[-1, 2], epsabs=1e-10)[0]
    found = m.entropy(random_state=0)
    assert 0 < found.standard_error < 0.01
    assert abs(found - exact) < 5 * found.standard_error
    lower, upper = m.entropy_bounds()
    assert lower <= exact <= upper
    assert m.entropy(random_state=0, n_threads=3) == found
    assert pickle.loads(pickle.dumps(found)).standard_error == found.standard_error
    assert repr(found).startswith("Estimate(")


def test_divergence_is_the_integral_and_lies_within_its_bounds() -> None:
    p, q = two(), two(0.7)

    def integrand(x: float) -> float:
        a, b = (float(m.score_samples([[x]])[0]) for m in (p, q))
        return np.exp(a) * (a - b)

    exact = quad(integrand, -12, 12, points=[-1, 2], epsabs=1e-10)[0]
    found = p.kl_divergence(q, random_state=0)
    assert abs(found - exact) < 5 * found.standard_error
    lower, upper = p.kl_bounds(q)
    assert 0 <= lower <= exact <= upper
    assert p.kl_bounds(p) == (0, 0)


@pytest.mark.parametrize("family", ALL)
def test_bounds_hold_for_every_family(family: str) -> None:
    p, q = mixture(family), mixture(family, seed=813)
    found = p.kl_divergence(q, n_samples=20000, random_state=0)
    lower, upper = p.kl_bounds(q)
    slack = 5 * found.standard_error
    assert lower - slack <= found <= upper + slack
    entropy = p.entropy(n_samples=20000, random_state=0)
    lower, upper = p.entropy_bounds()
    assert lower - 5 * entropy.standard_error <= entropy <= upper + 5 * entropy.standard_error


def test_one_component_is_exact() -> None:
    p = mixture("full", n_components=1)
    S = matrices(p)[0]
    assert p.entropy() == pytest.approx(multivariate_normal(p.means[0], S).entropy(), rel=1e-13)
    q = p.transform(np.eye(4), np.ones(4))
    found = p.kl_divergence(q)
    assert found.standard_error == 0
    assert found == pytest.approx(0.5 * np.ones(4) @ np.linalg.solve(S, np.ones(4)), rel=1e-10)
    assert p.kl_bounds(q) == pytest.approx((found, found), rel=1e-8)
    assert p.entropy_bounds() == pytest.approx((p.entropy(), p.entropy()))


def test_a_posterior_is_left_behind() -> None:
    X = problems.problem(814, n=200).X
    m = gaussmix.BayesianGaussianMixture(n_components=3, random_state=0).fit(X).posterior_mixture_
    assert m.posterior is not None
    assert m.marginal([0]).posterior is None
    plain = model_of(parameters_of(m))
    assert m.kl_bounds(plain) == pytest.approx((0, 0), abs=1e-12)
    assert m.entropy(1000, 0) == plain.entropy(1000, 0)


# --- Errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: m.marginal([]), r"^features is empty"),
        (lambda m: m.marginal([4]), r"^features has feature 4: they are counted from 0 to 3"),
        (lambda m: m.marginal([-1]), r"^features has feature -1"),
        (lambda m: m.marginal([1, 1]), r"^features has feature 1 twice"),
        (lambda m: m.marginal("a"), r"^features has 'a', but the features have no names"),
        (lambda m: m.condition({}), r"^given is empty"),
        (lambda m: m.condition({0: np.nan}), r"^values has a number that is not finite"),
        (lambda m: m.condition(given=[0, 1], values=[1]), r"^values has shape \(1,\), expected"),
        (lambda m: m.condition(given=range(4), values=range(4)), r"^given has all 4 features"),
        (lambda m: m.conditional([[1.0]]), r"^given is missing"),
        (lambda m: m.conditional([[1.0]], given=[0, 1]), r"^X has 1 columns, but given has 2"),
        (
            lambda m: m.conditional([[np.nan]], given=[0]).mean(),
            r"^X has NaN at row 0, column 0: remove such rows, or fill in .* with Mixture\.impute$",
        ),
        (
            lambda m: m.conditional(np.ma.masked_equal([[7.0]], 7), given=[0]),
            r"^X has masked entries, .*: remove such rows, or fill in .* with Mixture\.impute$",
        ),
        (lambda m: m.conditional([[1.0]], given=[0]).quantile(0.5), r"^quantiles need one target"),
        (lambda m: m.conditional([[1.0]], given=[0]).score_samples([[1, 2]]), r"^Y has 2 features"),
        (
            lambda m: m.conditional([[1.0]], given=[0]).score_samples([[1, 2, np.inf]]),
            r"^Y .*row 0",
        ),
        (lambda m: m.transform(np.zeros((5, 4))), r"^A has 5 rows, but there are 4"),
        (lambda m: m.transform(np.zeros((1, 4))), r"^A has only zeros in row 0"),
        (lambda m: m.transform([[1, 1, 0, 0], [2, 2, 0, 0]]), r"^A makes .*independent rows"),
        (lambda m: m.transform(np.eye(3)), r"^A has shape \(3, 3\), expected \(m, 4\)"),
        (lambda m: m.transform(np.eye(4), [1]), r"^b has shape \(1,\), expected \(4,\)"),
        (lambda m: m.merge(1, 1), r"^i and j are both 1"),
        (lambda m: m.merge(0, 3), r"^j=3 is no component"),
        (lambda m: m.cdf([0.0]), r"^cdf needs a mixture of one feature, this one has 4"),
        (lambda m: m.marginal(0).cdf([np.nan]), r"^x has NaN"),
        (lambda m: m.marginal(0).quantile([1.5]), r"^q has 1.5"),
        (lambda m: m.entropy(1), r"^n_samples=1 must be at least 2"),
        (lambda m: m.kl_bounds(m.marginal([0])), r"^other has 1 features, this mixture has 4"),
        (lambda _: gaussmix.mix([]), r"^mixtures is empty"),
        (lambda m: gaussmix.mix([m], [0.5]), r"^weights sum to 0.5"),
        (lambda m: gaussmix.mix([m, m], [1.0]), r"^weights has shape \(1,\), expected \(2,\)"),
        (lambda m: gaussmix.mix([m, m.marginal(0)]), r"^mixtures have 4 and 1 features"),
    ],
)
def test_errors_name_the_argument(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call(mixture("full"))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: m.condition(), r"^give known"),
        (lambda m: m.condition({0: 1}, given=[1]), r"^give either"),
        (lambda m: m.marginal([0.5]), r"^features=0.5 must be an integer"),
        (lambda m: m.kl_divergence(3), r"^other=3 must be a Mixture"),
        (lambda _: gaussmix.mix([3]), r"^mixtures has 3, which is no Mixture"),
    ],
)
def test_errors_of_kind_name_the_argument(call: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        call(mixture("full"))


def test_other_columns_are_refused(faithful: Array) -> None:
    table = pd.DataFrame(faithful, columns=["eruptions", "waiting"])
    m = gaussmix.fit(table, 2, random_state=0)
    with pytest.raises(ValueError, match="'waiting'"):
        m.conditional(table[["waiting"]], given=["eruptions"])
    with pytest.raises(ValueError, match="has 'length', but the features are 'eruptions', 'wai"):
        m.marginal("length")
    other = gaussmix.fit(table[["waiting", "eruptions"]], 2, random_state=0)
    with pytest.raises(ValueError, match=r"^other has features"):
        m.kl_bounds(other)
    with pytest.raises(ValueError, match=r"^mixtures has features"):
        gaussmix.mix([m, other])
