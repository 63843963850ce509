"""A mixture of mixtures."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from gaussmix import _core
from gaussmix._arrays import as_floats
from gaussmix._facts import FitFacts
from gaussmix._mixture import Mixture, core_model, make_mixture, takes_holes

from ._methods import same_names


def mix(mixtures: Iterable[Mixture], weights: npt.ArrayLike | None = None) -> Mixture:
    """Return the mixture of mixtures: all of their components, each with its share.

    Parameters
    ----------
    mixtures : iterable of Mixture
        Mixtures of the same features.
    weights : array-like of shape (n,), optional
        The share of each, not negative, summing to 1; by default equal shares.

    Returns
    -------
    Mixture
        With the components of the first one first. Of the same family if all are "full", all "diag"
        or all "spherical", else "full".

    Raises
    ------
    TypeError
        If one is no `Mixture`.
    ValueError
        If there are none, their features differ, or weights are no shares.

    Examples
    --------
    >>> import gaussmix
    >>> a = gaussmix.Mixture([1.0], [[0.0]], [1.0], "spherical")
    >>> b = gaussmix.Mixture([1.0], [[4.0]], [2.0], "spherical")
    >>> gaussmix.mix([a, b], [0.25, 0.75]).mean()
    array([3.])
    """
    parts = list(mixtures)
    names: tuple[str, ...] | None = None
    for part in parts:
        if not isinstance(part, Mixture):
            raise TypeError(f"mixtures has {part!r}, which is no Mixture")
        names = same_names(names, part.feature_names, "mixtures")
    shares = (
        np.full(len(parts), 1 / max(len(parts), 1))
        if weights is None
        else as_floats(weights, "weights")
    )
    if shares.shape != (len(parts),):
        raise ValueError(
            f"weights has shape {shares.shape}, expected ({len(parts)},): one for each mixture"
        )
    return make_mixture(
        _core.mix([core_model(part) for part in parts], shares),
        FitFacts(missing=any(map(takes_holes, parts))),
        names,
    )
