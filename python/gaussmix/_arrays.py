"""From what users have to what the core reads: array-likes, weights, counts, seeds.

Arrays the core can read as they are (native integers and floats of any strides) are not copied.
"""

from __future__ import annotations

import contextlib
import operator
import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _core

Floats = npt.NDArray[np.float64]
RandomState = int | np.integer[Any] | np.random.Generator | np.random.RandomState | None

#: Numbers that the core reads in place.
_READABLE = frozenset("efd" + "bhilqBHILQ")


@dataclass(frozen=True)
class Matrix:
    """A two-dimensional array that the core can read, and what its columns are called."""

    values: npt.NDArray[Any]
    names: tuple[str, ...] | None = None


def as_matrix(X: Any, name: str = "X") -> Matrix:
    """Turn an array-like of shape (n_rows, n_features) into what the core reads.

    Raises
    ------
    TypeError
        If it is sparse, or does not hold real numbers.
    ValueError
        If it is not two-dimensional, is empty, or has masked entries.
    """
    if isinstance(X, Matrix):
        return X
    array = _readable(_as_array(X, name), name)
    if array.size == 0:
        raise ValueError(
            f"{name} has shape {array.shape}: at least one row and one feature are needed"
        )
    if array.ndim != 2:
        remedies = {
            0: f"use [[{name}]] for one row of one feature",
            1: f"use {name}.reshape(-1, 1) for one feature, {name}.reshape(1, -1) for one row",
        }
        remedy = remedies.get(array.ndim, f"use {name}.reshape(len({name}), -1) for flat rows")
        raise ValueError(
            f"{name} has shape {array.shape}, expected two dimensions (n_rows, n_features): "
            + remedy
        )
    return Matrix(array, _column_names(X))


def as_weights(sample_weight: Any) -> Floats | None:
    """Turn one weight a row into contiguous doubles; the core checks their number and values."""
    if sample_weight is None:
        return None
    weights = _readable(_as_array(sample_weight, "sample_weight"), "sample_weight")
    if weights.ndim != 1:
        raise ValueError(f"sample_weight has shape {weights.shape}, expected (n_rows,)")
    return np.ascontiguousarray(weights, dtype=np.float64)


def as_floats(values: Any, name: str) -> Floats:
    """Turn numbers of any shape into doubles."""
    return np.asarray(_readable(_as_array(values, name), name), dtype=np.float64)


def as_labels_or_responsibilities(init: Any) -> npt.NDArray[Any]:
    """Turn a given start into labels (n_rows,) of int64 or responsibilities (n_rows, K)."""
    given = _as_array(init, "init")
    array = _readable(given, "init")
    if array.ndim == 2:
        return array
    if array.ndim != 1:
        raise ValueError(
            f"init has shape {array.shape}: give labels (n_rows,), responsibilities "
            "(n_rows, n_components), a Mixture or the name of a start"
        )
    if given.dtype.kind not in "iu":
        raise TypeError(f"init has labels of dtype {given.dtype}: labels must be integers")
    if array.dtype.kind == "u" and array.size and array.max() >= 2**62:
        raise ValueError(f"init has label {array.max()}: labels must be below n_components")
    return array.astype(np.int64, copy=False)


def as_count(value: Any, name: str) -> int:
    """Turn an integer of any kind into one of 64 bits; the core checks its range."""
    count = _as_int(value, name)
    if abs(count) >= 2**62:
        raise ValueError(f"{name}={count} is out of range")
    return count


def as_real(value: Any, name: str) -> float:
    """Turn a real number of any kind into a float; the core checks its range."""
    if isinstance(value, (bool, np.bool_, str, bytes)):
        raise TypeError(f"{name}={value!r} must be a number")
    try:
        return float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{name}={value!r} must be a number") from None


def as_threads(n_threads: Any) -> int:
    """Turn a number of threads into an int; None becomes 0, the core's own choice."""
    if n_threads is None:
        return 0
    count = as_count(n_threads, "n_threads")
    if not 1 <= count < 2**31:
        raise ValueError(
            f"n_threads={count} must be positive, or None for the CPUs of this process"
        )
    return count


@contextlib.contextmanager
def seeded(random_state: RandomState) -> Iterator[int]:
    """Turn a random state into the 64-bit seed of the core; None draws a fresh one.

    A generator is left where it was if what is done with the seed fails.
    """
    if isinstance(random_state, np.random.Generator):
        state = random_state.bit_generator.state
        try:
            yield int(random_state.integers(2**64, dtype=np.uint64))
        except BaseException:
            random_state.bit_generator.state = state
            raise
    elif isinstance(random_state, np.random.RandomState):
        legacy_state = random_state.get_state()
        try:
            yield int(random_state.randint(2**63 - 1, dtype=np.int64))
        except BaseException:
            random_state.set_state(legacy_state)
            raise
    elif random_state is None:
        yield secrets.randbits(64)
    else:
        seed = _as_int(random_state, "random_state")
        if seed < 0:
            raise ValueError(f"random_state={seed} must not be negative")
        yield seed % (2**64 - 59)  # a prime: integers of any length keep all their digits' worth


def as_name(value: Any, name: str) -> str:
    """Turn one of several names into a str; the core knows which there are."""
    if not isinstance(value, str):
        raise TypeError(f"{name}={value!r} must be a string")
    return value


def as_path(path: str | os.PathLike[str]) -> bytes:
    """Turn a path into the bytes that the core opens."""
    if not isinstance(path, str | bytes | os.PathLike):
        raise TypeError(f"path={path!r} must be a path: a string, bytes or a pathlib.Path")
    name = os.fsencode(path)
    if b"\0" in name:
        raise ValueError(f"path={path!r} has a null character in it")
    return name


def check_names(names: tuple[str, ...] | None, expected: tuple[str, ...] | None) -> None:
    """Refuse columns that have other names, or stand in another order, than those expected."""
    if names is None or expected is None or names == expected or len(names) != len(expected):
        return  # another number of columns is an error of its own
    other = next(
        i for i, pair in enumerate(zip(names, expected, strict=True)) if pair[0] != pair[1]
    )
    raise ValueError(
        f"X has column {names[other]!r} where the mixture was fitted to {expected[other]!r}: "
        "give the same columns in the same order"
    )


@contextlib.contextmanager
def named_columns(names: tuple[str, ...] | None) -> Iterator[None]:
    """Say the name of the column, where there is one, when the core finds NaN or infinity."""
    try:
        yield
    except _core.NotFiniteError as error:
        if names is None:
            raise ValueError(str(error)) from None
        where = f"column {error.column}"
        message = str(error).replace(where, f"{where} ({names[error.column]!r})")
        raise ValueError(message) from None


@contextlib.contextmanager
def renamed(name: str, shown: str) -> Iterator[None]:
    """Have errors that begin with an argument's name say the name that the caller gave it."""
    try:
        yield
    except (TypeError, ValueError) as error:
        words = re.match(rf"{name}\b(.*)", str(error), re.DOTALL)
        if words is None:
            raise
        raise type(error)(shown + words[1]) from None


def _as_int(value: Any, name: str) -> int:
    if isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}={value!r} must be an integer, not a bool")
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{name}={value!r} must be an integer") from None


def _as_array(values: Any, name: str) -> npt.NDArray[Any]:
    if values is None:
        raise TypeError(f"{name} is None: give an array of numbers")
    if isinstance(values, np.ma.MaskedArray):
        if np.ma.is_masked(values):
            raise ValueError(f"{name} has masked entries: remove or impute such rows")
        return np.asarray(values.data)
    if hasattr(values, "toarray") and hasattr(values, "nnz"):
        raise TypeError(f"{name} is sparse: use {name}.toarray()")
    if hasattr(values, "__dlpack__") and not hasattr(values, "__array__"):
        try:
            return np.from_dlpack(values)
        except (BufferError, RuntimeError, TypeError, ValueError) as error:
            raise TypeError(f"{name} cannot be read ({error}): copy it to the CPU") from None
    try:
        return np.asarray(values)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} cannot be read as an array of numbers: {error}") from error


def _readable(array: npt.NDArray[Any], name: str) -> npt.NDArray[Any]:
    """Return the array itself if the core can read it, else a copy as doubles."""
    if array.ndim == 0 and array.dtype.kind == "O":
        raise TypeError(f"{name} is a {type(array.item()).__name__}: give an array of numbers")
    if array.dtype.kind == "b":
        return array.view(np.uint8)
    if array.dtype.char in _READABLE and array.dtype.isnative:
        return array
    if array.dtype.kind in "iufO":
        try:
            with np.errstate(over="ignore"):  # too large for a double: the core names the infinity
                return _missing_to_nan(array).astype(np.float64)
        except (TypeError, ValueError) as error:
            raise TypeError(f"{name} holds objects that are not numbers: {error}") from None
    remedy = f": convert it, as by numpy.asarray({name}, float)" if array.dtype.kind in "SU" else ""
    raise TypeError(f"{name} has dtype {array.dtype}, it must hold real numbers{remedy}")


def _missing_to_nan(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Turn None and pandas.NA, which no float can be made of, into NaN."""
    if array.dtype.kind != "O":
        return array
    missing = np.frompyfunc(lambda value: value is None or type(value).__name__ == "NAType", 1, 1)
    return np.where(missing(array).astype(bool), np.nan, array)


def _column_names(X: Any) -> tuple[str, ...] | None:
    columns = getattr(X, "columns", None)
    if columns is None:
        return None
    names = tuple(columns)
    return names if names and all(isinstance(name, str) for name in names) else None
