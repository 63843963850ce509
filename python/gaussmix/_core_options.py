"""The options of a fit as the core takes them, checked for their types; the core checks ranges."""

from __future__ import annotations

from typing import Any

from . import _core
from ._arrays import as_count, as_name, as_real
from ._covariance import FAMILIES
from ._known import as_bounds, as_fixed
from ._mixture import Mixture
from ._noise import as_noise
from ._prior import as_prior, as_weight_prior


def core_options(
    n_components: Any,
    covariance_type: Any,
    *,
    max_iter: Any,
    tol: Any,
    reg_covar: Any,
    prior: Any,
    acceleration: Any,
    noise: Any = None,
    fixed: Any = None,
    bounds: Any = None,
    start: Mixture | None = None,
    **others: Any,
) -> _core.Options:
    """Turn keyword arguments into the options of a fit or a run.

    Parameters
    ----------
    n_components, covariance_type, max_iter, tol, reg_covar, prior, acceleration
        As in `gaussmix.fit`.
    noise, fixed, bounds : optional
        As in `gaussmix.fit`.
    start : Mixture, optional
        Where it starts, if from a mixture.
    **others
        init, n_init, seed, effort, pruning and strict, as the core takes them.

    Raises
    ------
    TypeError
        If one is of the wrong kind.
    ValueError
        If one is out of its range.
    """
    return _core.Options(
        n_components=as_count(n_components, "n_components"),
        covariance_type=as_name(covariance_type, "covariance_type", FAMILIES),
        max_iter=as_count(max_iter, "max_iter"),
        tol=as_real(tol, "tol"),
        reg_covar=None if reg_covar is None else as_real(reg_covar, "reg_covar"),
        prior=as_prior(prior),
        variational=as_weight_prior(prior),
        acceleration=as_name(acceleration, "acceleration"),
        noise=as_noise(noise, None if start is None else start.noise),
        fixed=as_fixed(fixed, n_components),
        bounds=as_bounds(bounds),
        **others,
    )
