"""Missing values: arrays in which NaN stands for them, and what is read as one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

#: What missing values are: an error, or left out by exact EM.
WAYS = ("error", "em")

#: What errors about NaN say, here and in the core.
REMEDY = 'remove or impute such rows, or fit around what is missing with missing="em"'


class Holes(np.ndarray[Any, Any]):
    """A view of an array in which NaN stands for missing values: the core looks for the attribute.

    Slices and pickled copies of it are such views, too.
    """

    nan_is_missing = True


def nan_is_missing(values: npt.NDArray[Any]) -> bool:
    """Return whether NaN stands for missing values in an array."""
    return isinstance(values, Holes)


@contextlib.contextmanager
def advising(remedy: str) -> Iterator[None]:
    """Let errors about NaN name another remedy than `missing="em"`, which the caller lacks."""
    try:
        yield
    except ValueError as error:
        if REMEDY not in str(error):
            raise
        raise ValueError(str(error).replace(REMEDY, remedy)) from None


def as_missing(missing: Any) -> bool:
    """Return whether NaN stands for missing values.

    Raises
    ------
    TypeError
        If it is no string.
    ValueError
        If it is none of the ways.
    """
    if not isinstance(missing, str):
        raise TypeError(f"missing={missing!r} must be a string: 'error' or 'em'")
    if missing not in WAYS:
        raise ValueError(f"missing={missing!r} must be 'error' or 'em'")
    return missing == "em"


def unmasked(X: Any) -> Any:
    """Return a masked array of numbers with NaN where it is masked; anything else as it is."""
    if not isinstance(X, np.ma.MaskedArray) or X.dtype.kind not in "biuf":
        return X
    wide = X.astype(X.dtype if X.dtype.kind == "f" else np.float64)
    return np.ma.filled(wide, np.nan)


def with_holes(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the array with NaN for missing values; integers have none."""
    return values.view(Holes) if values.dtype.kind == "f" else values


def holes_like(
    drawn: npt.NDArray[np.float64],
    values: npt.NDArray[Any],
    weights: npt.NDArray[np.float64] | None,
    seed: int,
) -> npt.NDArray[Any]:
    """Return rows drawn from a mixture with the holes of rows: each of its own, or as they weigh.

    Rows without holes are returned as they are.
    """
    if not nan_is_missing(values) or not np.isnan(values).any():
        return drawn
    places = np.arange(len(drawn)) % len(values)
    if weights is not None:
        shares = weights / weights.sum()
        places = np.random.default_rng(seed).choice(len(values), len(drawn), p=shares)
    return with_holes(np.where(np.isnan(values[places]), np.nan, drawn))
