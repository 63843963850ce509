"""Finite numbers give a finite model, with events that say what had to be done for it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gaussmix
import problems
import reference
from comparing import model_of, parameters_of


def assert_sound(model: gaussmix.Mixture, X: Any) -> None:
    """Finite parameters of a proper mixture, which scores its rows."""
    assert np.isfinite(model.means).all()
    assert np.isfinite(model.covariances).all()
    assert (model.weights >= 0).all()
    assert model.weights.sum() == pytest.approx(1.0, rel=1e-9)
    np.linalg.cholesky(reference.covariance_matrices(parameters_of(model)))
    assert np.isfinite(model.history).all()
    assert np.isfinite(model.score_samples(X)).all()
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1.0, rtol=1e-12)
    for event in model.events:
        assert 0 <= event.iteration <= model.n_iter
        assert 0 <= event.component < model.n_components
        assert event.act in ("jitter", "floor", "reseed", "prune", "identical")


def duplicates() -> problems.Array:
    """Thirty rows, two of them distinct."""
    return np.repeat([[0.0, 1.0], [2.0, 3.0]], 15, axis=0)


def constant_column() -> problems.Array:
    """The second of three features never changes."""
    X = problems.problem(91, n=60, n_components=2, n_features=3).X.copy()
    X[:, 1] = 7.0
    return X


def fewer_rows_than_features() -> problems.Array:
    return problems.problem(92, n=5, n_components=1, n_features=9).X


def on_a_line() -> problems.Array:
    """Three features that are multiples of one."""
    t = np.random.default_rng(93).normal(size=(50, 1))
    return np.asarray(t * np.array([[1.0, 2.0, -1.0]]))


def all_equal() -> problems.Array:
    return np.full((12, 2), 3.0)


def all_zero() -> problems.Array:
    return np.zeros((12, 2))


CASES = [
    duplicates,
    constant_column,
    fewer_rows_than_features,
    on_a_line,
    all_equal,
    all_zero,
]
each_case = pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)


@each_case
@pytest.mark.parametrize("reg_covar", [None, 0.0], ids=["relative", "none"])
@pytest.mark.parametrize("init", problems.INITS)
def test_a_fit_of_degenerate_rows_is_finite(
    covariance_type: str, init: str, reg_covar: float | None, make: Any
) -> None:
    X = make()
    for n_components in (1, 3):
        model = gaussmix.fit(
            X,
            n_components,
            covariance_type=covariance_type,
            init=init,
            reg_covar=reg_covar,
            random_state=0,
        )
        assert_sound(model, X)


@each_case
def test_a_covariance_that_had_to_be_raised_is_an_event(make: Any) -> None:
    X = make()
    model = gaussmix.fit(X, 1, reg_covar=0)
    assert {(e.component, e.act) for e in model.events} == {(0, "jitter")}


def test_a_component_that_loses_all_its_rows_is_given_half_of_another(
    covariance_type: str,
) -> None:
    case = problems.blobs(94, n=60, n_components=2)
    p = case.truth
    means = np.concatenate([p.means, [[1e6, 1e6]]])
    covariances = {
        "full": np.tile(np.eye(2), (3, 1, 1)),
        "tied": np.eye(2),
        "diag": np.ones((3, 2)),
        "spherical": np.ones(3),
    }[covariance_type]
    start = gaussmix.Mixture([0.4, 0.4, 0.2], means, covariances, covariance_type=covariance_type)
    model = gaussmix.fit(case.X, covariance_type=covariance_type, init=start)
    assert_sound(model, case.X)
    assert [(e.iteration, e.component, e.act) for e in model.events] == [(1, 2, "reseed")]
    assert model.weights.min() > 0.01
    two = reference.em(case.X, reference.one_hot(case.labels, 2), covariance_type)
    assert model.score(case.X) > two.history[-1] - 1e-3


@pytest.mark.parametrize("acceleration", ["auto", "classic"])
def test_components_that_begin_alike_are_told(covariance_type: str, acceleration: str) -> None:
    case = problems.blobs(96, n=60, n_components=2)
    options: dict[str, Any] = {"covariance_type": covariance_type, "acceleration": acceleration}
    alike = np.full((60, 3), 1 / 3)
    spread = gaussmix.fit(case.X, 3, init=alike, max_iter=0, **options)
    for start in (alike, spread):
        model = gaussmix.fit(case.X, 3, init=start, **options)
        told = [(e.iteration, e.component, e.act) for e in model.events]
        assert told == [(0, 1, "identical"), (0, 2, "identical")]
        with pytest.raises(
            ValueError, match=r"component 1 began as a copy .* give a start in which"
        ):
            gaussmix.fit(case.X, 3, init=start, strict=True, **options)
    # Equal means alone can be parted, where covariances are not shared.
    if covariance_type != "tied":
        wide = gaussmix.Mixture(
            spread.weights,
            spread.means,
            np.stack([c * s for c, s in zip(spread.covariances, (1, 2, 3), strict=True)]),
            covariance_type,
        )
        told = gaussmix.fit(case.X, init=wide, **options).events
        assert "identical" not in {event.act for event in told}


@pytest.mark.parametrize("init", problems.INITS)
def test_starts_of_our_own_have_no_components_alike(covariance_type: str, init: str) -> None:
    for seed in range(5):
        X = np.random.default_rng(seed).integers(0, 3, size=(40, 2)).astype(float)
        model = gaussmix.fit(
            X, 5, covariance_type=covariance_type, init=init, random_state=seed, max_iter=3, tol=0
        )
        assert "identical" not in {event.act for event in model.events}


def test_a_label_without_rows_is_given_half_of_another(covariance_type: str) -> None:
    case = problems.blobs(95, n=60, n_components=2)
    model = gaussmix.fit(case.X, 3, covariance_type=covariance_type, init=2 * case.labels)
    assert_sound(model, case.X)
    assert [(e.iteration, e.component, e.act) for e in model.events] == [(0, 1, "reseed")]
    assert model.weights.min() > 0.01


@pytest.mark.parametrize("init", problems.INITS)
def test_more_components_than_points_are_pruned_or_told(covariance_type: str, init: str) -> None:
    X = duplicates()
    model = gaussmix.fit(X, 5, covariance_type=covariance_type, init=init, random_state=0)
    assert_sound(model, X)
    told = {e.component for e in model.events}
    assert told
    for k in range(5):
        assert model.weights[k] > 1e-3 or k in told


def test_a_component_without_rows_and_none_to_halve_is_pruned(covariance_type: str) -> None:
    X = duplicates()
    labels = np.where(X[:, 0] > 1, 2, 0)
    model = gaussmix.fit(X, 3, covariance_type=covariance_type, init=labels)
    assert_sound(model, X)
    assert (0, 1, "prune") in {(e.iteration, e.component, e.act) for e in model.events}
    np.testing.assert_allclose(model.weights, [0.5, 0.0, 0.5])


def test_a_component_narrower_than_the_ridge_is_an_event(covariance_type: str) -> None:
    rng = np.random.default_rng(5)
    wide = rng.normal(size=(200, 2))
    for width, told in [(1e-2, False), (1e-4, True)]:
        # The ridge is a deviation of 5e-3.
        X = np.concatenate([wide, [10, 0] + width * rng.normal(size=(200, 2))])
        model = gaussmix.fit(
            X, 2, covariance_type=covariance_type, init=np.repeat([0, 1], 200), reg_covar=25e-6
        )
        held = covariance_type != "tied" and told
        assert [(e.component, e.act) for e in model.events] == ([(1, "floor")] if held else [])
        assert gaussmix.fit(X, 2, init=np.repeat([0, 1], 200), reg_covar=0).events == ()


def test_a_narrow_direction_that_is_no_axis_is_an_event() -> None:
    rng = np.random.default_rng(6)
    t = rng.normal(size=(300, 1))
    for width, told in [(1e-2, False), (1e-5, True)]:
        X = t @ [[1.0, -2.0, 0.5]] + width * rng.normal(size=(300, 3))
        for covariance_type in ("full", "tied"):
            model = gaussmix.fit(X, 1, covariance_type=covariance_type)
            assert [(e.component, e.act) for e in model.events] == ([(0, "floor")] if told else [])


def test_a_covariance_that_is_positive_definite_by_rounding_alone_is_raised() -> None:
    rng = np.random.default_rng(7)
    for seed in range(20):
        base = rng.normal(size=(100, 4))
        X = np.concatenate([base, base @ rng.normal(size=(4, 2))], axis=1)
        model = gaussmix.fit(X, 1, reg_covar=0, random_state=seed)
        assert [(e.component, e.act) for e in model.events] == [(0, "jitter")]
        assert np.linalg.cond(model.covariances[0]) < 1e14


@pytest.mark.parametrize("covariance_type", ["full", "diag", "spherical"])
def test_a_mended_component_stays_so_and_a_fit_that_it_lowered_has_not_converged(
    covariance_type: str,
) -> None:
    # Of 900 equal rows a narrow component can become one by rounding: a leap, then mended, a fall.
    endings = set()
    for seed in range(6):
        rows = np.concatenate([np.zeros(900), np.random.default_rng(seed).normal(size=100)])
        model = gaussmix.fit(
            rows[:, None],
            3,
            covariance_type=covariance_type,
            reg_covar=0,
            random_state=0,
            effort="low",
            acceleration="classic",
        )
        ((mended, act),) = [(event.iteration, event.act) for event in model.events]
        assert act == "jitter"
        assert (np.diff(model.history[mended:]) > -1e-9).all()
        fell = model.history.max() > model.history[-1] + 1e-3
        assert model.status == ("stalled" if fell else "converged")
        endings.add(fell)
    assert endings == {True, False}


def test_a_constant_column_is_mended_in_every_iteration_alike() -> None:
    X = np.vander(np.linspace(0, 1, 200), 12)
    options: dict[str, Any] = {"covariance_type": "tied", "random_state": 0, "effort": "low"}
    model = gaussmix.fit(X, 3, acceleration="classic", **options)
    assert model.converged
    assert model.n_iter > 5
    assert (np.diff(model.history) > -1e-9).all()


@each_case
def test_strict_raises_and_names_component_and_remedy(covariance_type: str, make: Any) -> None:
    X = make()
    options: dict[str, Any] = {"covariance_type": covariance_type, "random_state": 0}
    events = gaussmix.fit(X, 3, **options).events
    if not events:
        gaussmix.fit(X, 3, strict=True, **options)
        return
    with pytest.raises(ValueError, match=f"component {events[0].component} .*use fewer components"):
        gaussmix.fit(X, 3, strict=True, **options)


def test_strict_asks_the_start_that_is_kept(covariance_type: str) -> None:
    case = problems.problem(99, n=300, n_components=3)
    model = gaussmix.fit(
        case.X, 3, covariance_type=covariance_type, n_init=3, strict=True, random_state=0
    )
    assert model.events == ()


def test_a_sound_fit_has_no_events(covariance_type: str) -> None:
    case = problems.problem(96, n=200, n_components=3)
    assert gaussmix.fit(case.X, 3, covariance_type=covariance_type, random_state=0).events == ()


def test_a_row_out_of_reach_does_not_spoil_a_fit(covariance_type: str) -> None:
    case = problems.problem(97, n=100, n_components=2)
    start = model_of(problems.mixture(97, 2, 2, covariance_type))
    for distance in (1e3, 1e8, 1e100):
        X = np.concatenate([case.X, [[distance, -distance]]])
        assert_sound(gaussmix.fit(X, covariance_type=covariance_type, init=start), X)


@pytest.mark.parametrize("scale", [1e-150, 1e-6, 1e6, 1e150])
def test_tiny_and_huge_numbers_are_fitted_like_others(covariance_type: str, scale: float) -> None:
    case = problems.problem(98, n=200, n_components=3)
    options: dict[str, Any] = {"covariance_type": covariance_type, "random_state": 0}
    plain = gaussmix.fit(case.X, 3, max_iter=10, tol=0, **options)
    scaled = gaussmix.fit(case.X * scale, 3, max_iter=10, tol=0, **options)
    np.testing.assert_array_equal(scaled.predict(case.X * scale), plain.predict(case.X))
    np.testing.assert_allclose(scaled.means / scale, plain.means, rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(
        scaled.covariances / scale / scale, plain.covariances, rtol=1e-7, atol=1e-7
    )
