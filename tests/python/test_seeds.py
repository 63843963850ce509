"""A random state of any of NumPy's kinds makes a fit the same each time, in both APIs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gaussmix
import problems
from comparing import assert_same_parameters

pytest.importorskip("sklearn")

X = problems.problem(171, n=200, n_components=4, spread=1.0).X

STATES: dict[str, Callable[[], Any]] = {
    "int": lambda: 5,
    "large_int": lambda: 2**70 + 5,
    "numpy_int": lambda: np.uint32(5),
    "seed_sequence": lambda: np.random.SeedSequence(5),
    "child_sequence": lambda: np.random.SeedSequence(5).spawn(2)[1],
    "pcg64": lambda: np.random.PCG64(5),
    "mt19937": lambda: np.random.MT19937(5),
    "philox": lambda: np.random.Philox(5),
    "generator": lambda: np.random.default_rng(5),
    "random_state": lambda: np.random.RandomState(5),
}


def choose(rows: Any, n_components: int, random_state: Any) -> Any:
    draw = getattr(random_state, "integers", None) or random_state.randint
    return draw(n_components, size=len(rows))


USES: dict[str, Callable[[Any], gaussmix.Mixture]] = {
    "fit": lambda state: gaussmix.fit(X, 4, init="random", max_iter=3, random_state=state),
    "n_init": lambda state: gaussmix.fit(X, 4, init="random", n_init=3, random_state=state),
    "sample": lambda state: gaussmix.fit(
        gaussmix.Mixture([1.0], [[0.0]], [1.0], "spherical").sample(50, state)[0], 1
    ),
    "estimator": lambda state: (
        gaussmix.GaussianMixture(4, init_params="random", random_state=state).fit(X).mixture_
    ),
    "estimator.sample": lambda state: gaussmix.fit(
        gaussmix.GaussianMixture(2, means_init=[[0, 0], [1, 1]], random_state=state)
        .fit(X)
        .sample(50)[0],
        1,
    ),
    "means_init": lambda state: (
        gaussmix.GaussianMixture(
            2, means_init=[[0, 0], [1, 1]], init_params="random", n_init=2, random_state=state
        )
        .fit(X)
        .mixture_
    ),
    "callable": lambda state: (
        gaussmix.GaussianMixture(4, init_params=choose, n_init=2, random_state=state)
        .fit(X)
        .mixture_
    ),
    "bayesian": lambda state: (
        gaussmix.BayesianGaussianMixture(
            n_components=4, init_params="random", max_iter=3, random_state=state
        )
        .fit(X)
        .mixture_
    ),
    "restarts": lambda state: (
        gaussmix.plot.RestartsDisplay.from_data(
            X, 4, n_init=2, init="random", max_iter=3, random_state=state
        ).best_
    ),
    "film": lambda state: gaussmix.plot.FilmDisplay.from_data(
        X, 4, max_iter=2, random_state=state
    ).models_[0],
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("use", USES)
@pytest.mark.filterwarnings("ignore:Best performing")
def test_the_same_random_state_gives_the_same_mixture(use: str, state: str) -> None:
    one, other = (USES[use](STATES[state]()) for _ in range(2))
    assert_same_parameters(one, other)
    assert USES[use](6) != one


@pytest.mark.parametrize("state", ["pcg64", "mt19937", "generator", "random_state"])
def test_a_state_that_moves_gives_another_fit_each_time(state: str) -> None:
    moving = STATES[state]()
    assert USES["fit"](moving) != USES["fit"](moving)


@pytest.mark.parametrize("state", ["seed_sequence", "child_sequence", "int"])
def test_a_seed_gives_the_same_fit_each_time(state: str) -> None:
    seed = STATES[state]()
    for use in ("fit", "estimator", "callable"):
        assert_same_parameters(USES[use](seed), USES[use](seed))


def test_children_of_a_sequence_differ() -> None:
    first, second = np.random.SeedSequence(5).spawn(2)
    assert USES["fit"](first) != USES["fit"](second)


def test_a_bit_generator_is_the_generator_of_it() -> None:
    assert_same_parameters(USES["fit"](np.random.PCG64(5)), USES["fit"](np.random.default_rng(5)))


def test_the_module_is_the_global_state() -> None:
    for use in ("fit", "estimator"):
        found = []
        for _ in range(2):
            np.random.seed(3)
            found.append(USES[use](np.random))
        assert_same_parameters(*found)


@pytest.mark.parametrize("state", ["pcg64", "mt19937", "generator", "random_state"])
def test_an_error_leaves_a_state_where_it_was(state: str) -> None:
    moving, untouched = STATES[state](), STATES[state]()
    with pytest.raises(ValueError, match="covariance_type"):
        gaussmix.fit(X, 4, covariance_type="fulll", random_state=moving)
    assert_same_parameters(USES["fit"](moving), USES["fit"](untouched))


@pytest.mark.parametrize("state", ["dice", 1.5, -1, True, [1, 2], object()])
@pytest.mark.parametrize("use", USES)
def test_what_is_no_random_state_is_refused_with_the_kinds(use: str, state: Any) -> None:
    words = "random_state=.* must be a non-negative integer, a numpy.random Generator"
    with pytest.raises((TypeError, ValueError), match=words):
        USES[use](state)


def test_a_seed_sequence_can_be_cloned_and_searched() -> None:
    from sklearn.base import clone
    from sklearn.model_selection import cross_val_score

    for state in ("seed_sequence", "pcg64"):
        estimator = gaussmix.GaussianMixture(2, random_state=STATES[state]())
        assert_same_parameters(clone(estimator).fit(X).mixture_, clone(estimator).fit(X).mixture_)
        assert np.isfinite(cross_val_score(estimator, X, cv=3)).all()


@pytest.mark.parametrize("state", STATES)
def test_an_estimator_with_any_random_state_becomes_scikit_learns_and_works(state: str) -> None:
    ours = gaussmix.GaussianMixture(2, random_state=STATES[state]()).fit(X)
    theirs = ours.to_sklearn()
    assert theirs.sample(5)[0].shape == (5, 2)
    theirs.fit(X)
    np.testing.assert_array_equal(ours.predict(X).shape, theirs.predict(X).shape)


@pytest.mark.parametrize("state", ["int", "seed_sequence", "pcg64", "generator"])
def test_both_apis_draw_the_same_seed(state: str) -> None:
    ours = gaussmix.GaussianMixture(4, reg_covar=None, random_state=STATES[state]()).fit(X)
    theirs = gaussmix.fit(X, 4, random_state=STATES[state](), acceleration="classic")
    assert_same_parameters(ours.mixture_, theirs)


@pytest.mark.parametrize("state", ["int", "seed_sequence", "pcg64", "random_state"])
def test_a_callable_is_given_what_scikit_learn_gives(state: str) -> None:
    given: list[Any] = []

    def start(rows: Any, n_components: int, random_state: Any) -> Any:
        given.append(random_state)
        return random_state.randint(n_components, size=len(rows))

    gaussmix.GaussianMixture(2, init_params=start, random_state=STATES[state]()).fit(X)
    assert isinstance(given[0], np.random.RandomState)
