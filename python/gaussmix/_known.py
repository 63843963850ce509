"""What is known of a mixture before it is fitted: parameters that stay, and limits of others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ._arrays import as_count, as_integer, as_real

_FIXED = ("weights", "means", "covariances")
_BOUNDS = ("weights", "variances")

#: The components whose weights, means and covariances stay.
FixedNumbers = tuple[list[int], list[int], list[int]]


def as_fixed(fixed: Any, n_components: Any) -> FixedNumbers:
    """Return the components whose weights, means and covariances stay, as the core takes them."""
    if fixed is None:
        return [], [], []
    _check_names(fixed, "fixed", _FIXED)
    weights, means, covariances = (
        _components(fixed.get(name, ()), name, as_count(n_components, "n_components"))
        for name in _FIXED
    )
    return weights, means, covariances


def _components(of: Any, name: str, n_components: int) -> list[int]:
    """Return components that are given as numbers, as K booleans, or as "all"."""
    if of is None:
        return []
    if isinstance(of, str):
        if of != "all":
            raise ValueError(f'fixed[{name!r}]={of!r} must be "all" or the numbers of components')
        return list(range(n_components))
    if np.ndim(of) != 1:
        raise TypeError(f'fixed[{name!r}]={of!r} must be a sequence of components, or "all"')
    if len(of) and all(isinstance(k, (bool, np.bool_)) for k in of):
        if len(of) != n_components:
            raise ValueError(
                f"fixed[{name!r}] has {len(of)} booleans, expected one for each of the "
                f"{n_components} components"
            )
        return np.flatnonzero(of).tolist()
    return [as_integer(k, f"fixed[{name!r}]") for k in of]


def as_bounds(bounds: Any) -> tuple[float, float, float, float]:
    """Return the limits of weights and of variances, as the core takes them."""
    if bounds is None:
        bounds = {}
    _check_names(bounds, "bounds", _BOUNDS)
    least_weight, most_weight = _interval(bounds.get("weights"), "weights", 1.0)
    least_variance, most_variance = _interval(bounds.get("variances"), "variances", np.inf)
    return least_weight, most_weight, least_variance, most_variance


def _interval(given: Any, name: str, most: float) -> tuple[float, float]:
    if given is None:
        return 0.0, most
    if isinstance(given, str) or np.shape(given) != (2,):
        raise TypeError(
            f"bounds[{name!r}]={given!r} must be a pair (least, most); None for no limit"
        )
    low, high = given
    what = f"bounds[{name!r}]"
    return 0.0 if low is None else as_real(low, what), most if high is None else as_real(high, what)


def _check_names(given: Any, what: str, names: tuple[str, ...]) -> None:
    if not isinstance(given, Mapping):
        raise TypeError(f"{what}={given!r} must be a dict with some of the keys {list(names)}")
    for key in given:
        if key not in names:
            raise ValueError(f"{what} has the key {key!r}: use {', '.join(map(repr, names))}")
