"""Any finite rows give a sound mixture, and the same bits every time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gaussmix
import nasty
import problems
import reference
import views
from comparing import assert_same_fit, parameters_of


def assert_positive_definite(model: gaussmix.Mixture) -> None:
    """Each covariance has a Cholesky factor, whatever the units of its features."""
    for matrix in reference.covariance_matrices(parameters_of(model)):
        variances = np.diagonal(matrix)
        assert (variances > 0).all()
        # In units of powers of two: nothing rounds or overflows.
        unit = 2.0 ** -np.round(np.log2(variances) / 2)
        np.linalg.cholesky(matrix * unit[:, None] * unit)


def assert_sound(model: gaussmix.Mixture, X: Any) -> None:
    for name in ("weights", "means", "covariances", "history"):
        assert np.isfinite(getattr(model, name)).all(), name
    assert (model.weights >= 0).all()
    assert model.weights.sum() == pytest.approx(1.0, rel=1e-12)
    assert_positive_definite(model)
    assert np.isfinite(model.score_samples(X)).all()
    probabilities = model.predict_proba(X)
    assert (probabilities >= 0).all()
    rounding = 1e-6 if X.dtype.name in views.SINGLE else 1e-12
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=rounding)
    # A component without weight wins no row.
    assert (model.weights[model.predict(X)] > 0).all()


@pytest.mark.parametrize("family", reference.COVARIANCE_TYPES)
@pytest.mark.parametrize("init", problems.INITS)
@settings(max_examples=100)
@given(problem=nasty.problems(), reg_covar=st.sampled_from([None, 0.0]))
def test_any_finite_rows_give_a_sound_mixture(
    family: str, init: str, problem: nasty.Nasty, reg_covar: float | None
) -> None:
    options: dict[str, Any] = {
        "covariance_type": family,
        "init": init,
        "reg_covar": reg_covar,
        "sample_weight": problem.weights,
        "max_iter": 20,
        "random_state": 0,
    }
    model = gaussmix.fit(problem.X, problem.n_components, **options)
    assert_sound(model, problem.X)
    again = gaussmix.fit(views.plain(problem.X), problem.n_components, n_threads=3, **options)
    assert_same_fit(again, model)
