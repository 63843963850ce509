"""Convert arguments to the types that the core reads: array-likes, weights, counts, names.

Arrays the core can read as they are (native integers and floats of any strides) are not copied.
"""

from __future__ import annotations

import contextlib
import operator
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _core
from ._frames import Labels, are_places, names_of, unstructured, unwrapped
from ._missing import unmasked, with_holes
from ._numbers import as_array, as_numbers, place

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Matrix:
    """A two-dimensional array that the core can read, with the names of its columns.

    `labels` are the column labels of a table, of any type. Columns that are merely numbered, as
    pandas does from 0, have no `names`.
    """

    values: npt.NDArray[Any]
    names: tuple[str, ...] | None = None
    labels: Labels | None = None


def as_matrix(X: Any, name: str = "X", *, missing: bool = False) -> Matrix:
    """Turn an array-like of shape (n_rows, n_features) into a `Matrix` that the core reads.

    With `missing`, NaN and masked entries are missing values.

    Raises
    ------
    TypeError
        If it is sparse, does not hold real numbers, or has names that cannot be read.
    ValueError
        If it is not two-dimensional, has masked entries, or text that is not a number.
    """
    if isinstance(X, Matrix):
        return replace(X, values=with_holes(X.values)) if missing else X
    readable, labels = unwrapped(unmasked(X) if missing else X, name)
    array = as_array(readable, name)
    if array.dtype.names is not None:
        array, labels = unstructured(array, name)
    if array.ndim == 2 and labels is not None and len(labels) != array.shape[1]:
        raise ValueError(
            f"{name} has {array.shape[1]} columns and {len(labels)} names: give an array of numbers"
        )
    names = None if are_places(labels) else names_of(labels, name)
    array = as_numbers(array, name, names)
    if array.ndim != 2:
        if array.size == 0:
            raise ValueError(
                f"{name} has shape {array.shape}: at least one row and one feature are needed"
            )
        raise ValueError(
            f"{name} has shape {array.shape}, expected two dimensions (n_rows, n_features). "
            f"Reshape your data: {_reshaping(array, X, name)}"
        )
    return Matrix(with_holes(array) if missing else array, names, labels)


def _reshaping(array: npt.NDArray[Any], X: Any, name: str) -> str:
    """Return the advice for reshaping an array that is not two-dimensional."""
    reshape = f"{name if isinstance(X, np.ndarray) else f'numpy.asarray({name})'}.reshape"
    if array.ndim == 0:
        return f"use [[{name}]] for one row of one feature"
    if array.ndim == 1:
        return f"use {reshape}(-1, 1) for one feature, {reshape}(1, -1) for one row"
    features = array.shape[-1]
    return (
        f"use {reshape}(-1, {features}) for rows of {features} features, as the pixels of an "
        f"image, {reshape}(len({name}), -1) for {len(array)} flat rows"
    )


def as_weights(sample_weight: Any) -> Floats | None:
    """Turn one weight per row into contiguous doubles; the core checks their number and values."""
    if sample_weight is None:
        return None
    weights = as_floats(sample_weight, "sample_weight")
    if weights.ndim != 1:
        remedy = "numpy.ravel(sample_weight)" if weights.ndim else "one weight for each row"
        raise ValueError(
            f"sample_weight has shape {weights.shape}, expected (n_rows,): give {remedy}"
        )
    return np.ascontiguousarray(weights)


def as_floats(values: Any, name: str) -> Floats:
    """Turn numbers of any shape into doubles."""
    return np.asarray(as_numbers(as_array(values, name), name), dtype=np.float64)


def as_labels_or_responsibilities(init: Any) -> npt.NDArray[Any]:
    """Turn a given start into labels (n_rows,) of int64 or responsibilities (n_rows, K)."""
    given = as_array(init, "init")
    if given.ndim == 2:
        if given.shape[1] == 1 and given.dtype.kind in "iu" and (given != 1).any():
            raise ValueError(
                f"init has shape {given.shape}: labels are flat, (n_rows,): use numpy.ravel(init)"
            )
        return as_numbers(given, "init")
    if given.ndim != 1:
        raise ValueError(
            f"init has shape {given.shape}: give labels (n_rows,), responsibilities "
            "(n_rows, n_components), a Mixture or the name of a start"
        )
    if given.dtype.kind == "O":
        given = _as_integers(given)
    if given.dtype.kind == "f" and (odd := np.flatnonzero(given != np.floor(given))).size:
        raise TypeError(
            f"init has label {given[odd[0]]} at {place([int(odd[0])])}: labels must be integers"
        )
    if given.dtype.kind not in "iu":
        text = given.dtype.kind in "SU"
        way = "numpy.unique(init, return_inverse=True)[1]" if text else "numpy.asarray(init, int)"
        raise TypeError(
            f"init has labels of dtype {given.dtype}: labels must be integers: use {way}"
        )
    if given.dtype.kind == "u" and given.size and given.max() >= 2**62:
        raise ValueError(f"init has label {given.max()}: labels must be below n_components")
    return given.astype(np.int64, copy=False)


def _as_integers(labels: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Read objects as labels."""
    for row, label in enumerate(labels):
        if isinstance(label, bool) or not hasattr(label, "__index__"):
            raise TypeError(f"init has label {label!r} at {place([row])}: labels must be integers")
        if abs(int(label)) >= 2**62:
            raise ValueError(f"init has label {label}: labels must be below n_components")
    return labels.astype(np.int64)


def as_count(value: Any, name: str) -> int:
    """Turn an integer of any kind into one of 64 bits; the core checks its range."""
    count = as_integer(value, name)
    if abs(count) >= 2**62:
        raise ValueError(f"{name}={count} is out of range: give less than 2^62")
    return count


def as_real(value: Any, name: str) -> float:
    """Turn a real number of any kind into a float; the core checks its range."""
    if type(value) is float or type(value) is int:
        return float(value)
    if isinstance(value, (bool, np.bool_, str, bytes)):
        raise TypeError(f"{name}={value!r} must be a number")
    if np.ma.is_masked(value):
        raise ValueError(f"{name} is masked: give a number")
    try:
        return float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{name}={value!r} must be a number") from None


#: The largest number of threads that the core accepts.
_MOST_THREADS = 4096


def as_threads(n_threads: Any) -> int:
    """Turn a number of threads into an int; None becomes 0, the core's default."""
    if n_threads is None:
        return 0
    count = as_count(n_threads, "n_threads")
    if not 1 <= count <= _MOST_THREADS:
        raise ValueError(
            f"n_threads={count} must be positive and at most {_MOST_THREADS}, or None for the "
            "CPUs of this process"
        )
    return count


def as_name(value: Any, name: str, of: Sequence[str] = ()) -> str:
    """Check that a name is a str; the core knows which names are valid."""
    if not isinstance(value, str):
        detail = f": one of {', '.join(map(repr, of))}" if of else ""
        raise TypeError(f"{name}={value!r} must be a string{detail}")
    return value


def as_path(path: str | os.PathLike[str]) -> bytes:
    """Turn a path into the bytes that the core opens."""
    if not isinstance(path, str | bytes | os.PathLike):
        raise TypeError(f"path={path!r} must be a path: a string, bytes or a pathlib.Path")
    name = os.fsencode(path)
    if b"\0" in name:
        raise ValueError(f"path={path!r} has a null character in it")
    return name


def check_names(matrix: Matrix, expected: tuple[str, ...] | None) -> None:
    """Raise unless the columns have the expected names in the expected order.

    Columns without names are accepted. Columns that are named by position, as in pandas, must be
    in that position.
    """
    names = matrix.names
    if names == expected or matrix.labels is None:
        return
    places = tuple(map(str, range(matrix.values.shape[1])))
    if names is None:
        names = places
        if sorted(places) != sorted(expected or ()):
            return
    elif expected is None:
        expected = places
        if sorted(places) != sorted(names):
            return
    if names == expected or expected is None:
        return
    if len(names) != len(expected):
        surplus = [name for name in names if name not in expected]
        lacking = [name for name in expected if name not in names]
        detail = [f"leave out {_listed(surplus)}"] if surplus else []
        detail += [f"add {_listed(lacking)}"] if lacking else []
        raise ValueError(
            f"X has {len(names)} features, but the mixture was fitted to {len(expected)}: "
            + (" and ".join(detail) or "give each column once")
        )
    other = next(
        i for i, pair in enumerate(zip(names, expected, strict=True)) if pair[0] != pair[1]
    )
    raise ValueError(
        f"X has column {names[other]!r} where the mixture was fitted to {expected[other]!r}: "
        "give the same columns in the same order"
    )


def _listed(names: list[str], most: int = 5) -> str:
    shown = ", ".join(map(repr, names[:most]))
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


@contextlib.contextmanager
def named_columns(names: tuple[str, ...] | None) -> Iterator[None]:
    """Add the column's name, if it has one, to the error for NaN, infinity or an empty column."""
    try:
        yield
    except _core.NotFiniteError as error:
        if names is None:
            raise ValueError(str(error)) from None
        raise ValueError(_with_name(str(error), error.column, names)) from None
    except ValueError as error:
        empty = re.match(r"X has no value in column (\d+),", str(error))
        if names is None or empty is None:
            raise
        raise ValueError(_with_name(str(error), int(empty[1]), names)) from None


def _with_name(message: str, column: int, names: tuple[str, ...]) -> str:
    where = f"column {column}"
    return message.replace(where, f"{where} ({names[column]!r})", 1)


@contextlib.contextmanager
def renamed(shown: Mapping[str, str]) -> Iterator[None]:
    """Replace the argument name that an error begins with by the name that the caller knows."""
    try:
        yield
    except (TypeError, ValueError) as error:
        name = re.match(r"[\w.]*\w", str(error))
        if name is None or name[0] not in shown:
            raise
        raise type(error)(shown[name[0]] + str(error)[name.end() :]) from None


def as_integer(value: Any, name: str, wanted: str = "an integer") -> int:
    """Turn an integer of any kind and size into an int."""
    if type(value) is int:
        return value
    if isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}={value!r} must be {wanted}, not a bool")
    if np.ma.is_masked(value):
        raise ValueError(f"{name} is masked: give {wanted}")
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{name}={value!r} must be {wanted}") from None
