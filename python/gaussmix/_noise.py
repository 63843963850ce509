"""The uniform background of a mixture: rows that belong to no component."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ._arrays import as_real

if TYPE_CHECKING:
    from collections.abc import Sequence

    from . import _core


@dataclass(frozen=True)
class Noise:
    """A uniform background: one more term of a mixture, for rows that belong to no component.

    Its density is 1 / volume, everywhere (Banfield and Raftery 1993). In a `Mixture` both numbers
    are known. Given to a fit, they are what is known beforehand; both may be left out, which
    ``noise=True`` says in short.

    Parameters
    ----------
    weight : float, optional
        The share of the rows. A fit estimates it, and starts from this guess: so many of the rows
        of lowest density under a first fit are left to the background. By default those rows whose
        density there is less than half of 1 / volume.
    log_volume : float, optional
        The logarithm of the volume, which a fit leaves as it is; a volume of many features may be
        beyond floats. By default that of the data: the lesser of two boxes about them, one along
        the features, one along the principal components. Extreme rows do not count if they are
        farther from the others than five times the range of these, up to a hundredth of the rows on
        either side. With missing values it is the first, whose sides are known. A constant feature
        is left out, as an `Event` says: there the background has the density that a component has,
        by the ridge or a repair.
    middle, log_widths : sequence of float, (n_features,), optional
        Where the box lies, along the features: its middle, and the logarithms of its widths, whose
        sum is `log_volume`. They give the density over some of the features, which rows with
        missing values need, what is imputed in rows of the background, and where its samples lie.
        By default the box along the features of the data, stretched to the volume by one factor.

    References
    ----------
    J. D. Banfield and A. E. Raftery (1993), Model-based Gaussian and non-Gaussian clustering.
    Biometrics 49, 803-821.

    Examples
    --------
    >>> import numpy as np
    >>> import gaussmix
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal(5, 0.1, size=(80, 2)), rng.uniform(0, 10, size=(20, 2))])
    >>> m = gaussmix.fit(X, 1, noise=True)
    >>> round(m.noise_weight, 1)
    0.2
    >>> int((m.predict(X) == -1).sum())
    20
    """

    weight: float | None = None
    log_volume: float | None = None
    middle: Sequence[float] | None = field(default=None, repr=False)
    log_widths: Sequence[float] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if (self.middle is None) != (self.log_widths is None):
            raise ValueError("noise.middle and noise.log_widths go together: give both, or neither")
        if self.middle is not None:  # tuples of numbers can be compared, and do not change
            object.__setattr__(self, "middle", _reals(self.middle, "noise.middle"))
            object.__setattr__(self, "log_widths", _reals(self.log_widths, "noise.log_widths"))

    def numbers(self) -> tuple[float, ...]:
        """Return all that is known, to compare it."""
        known = [np.nan if each is None else each for each in (self.weight, self.log_volume)]
        if self.middle is not None and self.log_widths is not None:
            known += [*self.middle, *self.log_widths]
        return tuple(known)


def noise_of(numbers: _core.NoiseNumbers | None) -> Noise | None:
    """Return the background of a mixture, from the numbers that the core has of it."""
    if numbers is None:
        return None
    weight, log_volume, middle, log_widths = numbers
    return Noise(weight, log_volume, tuple(middle) or None, tuple(log_widths) or None)


def as_noise(noise: Any, start: Noise | None = None) -> _core.NoiseOption | None:
    """Return a background as the core takes it, with None or nothing for whatever is left out.

    `start` is the background of the mixture that a fit starts from, if any: the default.
    """
    if noise is None and start is not None:
        noise = replace(start, weight=None)  # it stays the one that it has
    if noise is None or noise is False:
        return None
    if noise is True:
        noise = Noise()
    if not isinstance(noise, Noise):
        raise TypeError(f"noise={noise!r} must be True, False, a gaussmix.Noise or None")
    return (
        None if noise.weight is None else as_real(noise.weight, "noise.weight"),
        None if noise.log_volume is None else as_real(noise.log_volume, "noise.log_volume"),
        [] if noise.middle is None else list(noise.middle),
        [] if noise.log_widths is None else list(noise.log_widths),
    )


def _reals(values: Any, name: str) -> tuple[float, ...]:
    if np.ndim(values) != 1:
        raise TypeError(f"{name}={values!r} must be a sequence of numbers, one for each feature")
    return tuple(as_real(value, name) for value in values)
