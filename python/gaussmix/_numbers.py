"""Turn array-likes into arrays of numbers; refuse masked entries and text that is not a number.

Native integers and floats of any strides, which the core reads in place, are not copied.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ._frames import is_sparse, remedy
from ._missing import REMEDY

Array = npt.NDArray[Any]

#: Numbers that the core reads in place.
_READABLE = frozenset("efd" + "bhilqBHILQ")
_MISSING_TYPES = frozenset({"NoneType", "NAType", "NaTType", "MaskedConstant"})
_MISSING_WORDS = frozenset({"", "na", "n/a", "#n/a", "<na>", "null", "none"})


def as_array(values: Any, name: str) -> Array:
    """Turn anything that NumPy can read into an array, of any type.

    Raises
    ------
    TypeError
        If it cannot be read.
    ValueError
        If it has masked entries, or is ragged.
    """
    if type(values) is np.ndarray and values.dtype.kind != "O":
        return values
    if values is None or isinstance(values, str | bytes):
        what = "None" if values is None else f"a {type(values).__name__}"
        raise TypeError(f"{name} is {what}: give an array of numbers")
    if is_sparse(values):
        raise TypeError(f"{name} is sparse: use {name}.toarray()")
    _check_mask(values, name)
    if hasattr(values, "__dlpack__") and not hasattr(values, "__array__"):
        try:
            return np.from_dlpack(values)
        except (BufferError, RuntimeError, TypeError, ValueError) as error:
            raise TypeError(f"{name} cannot be read ({error}): copy it to the CPU") from None
    try:
        array = np.asanyarray(values)
    except (TypeError, ValueError, RuntimeError) as error:
        _check_lengths(values, name)
        kind = ValueError if isinstance(error, ValueError) else TypeError
        raise kind(
            f"{name} cannot be read as an array of numbers ({error}): {remedy(values, name)}"
        ) from error
    _check_mask(array, name)
    if array.ndim == 0 and array.dtype.kind == "O":
        raise TypeError(f"{name} is a {type(array.item()).__name__}: {remedy(values, name)}")
    return np.asarray(array)


def as_numbers(array: Array, name: str, labels: Sequence[Any] | None = None) -> Array:
    """Return the array itself if the core can read it, else a copy as doubles.

    Missing values become NaN, which the core refuses with row and column; text is read as numbers,
    as scikit-learn does.

    Raises
    ------
    TypeError
        If it has another type, or an object that is not a number.
    ValueError
        If it has text that is not a number, or complex numbers.
    """
    kind = array.dtype.kind
    if kind == "b":
        return array.view(np.uint8)
    if array.dtype.char in _READABLE and array.dtype.isnative:
        return array
    if kind in "iuf":
        with np.errstate(over="ignore"):  # too large for a double: the core names the infinity
            return array.astype(np.float64)
    if kind in "OSU":
        return _parsed(array, name, labels)
    problem = f"{name} has dtype {array.dtype}, it must hold real numbers"
    if kind == "c":
        raise ValueError(
            f"{problem}: Complex data not supported: use numpy.real({name}), or both parts"
        )
    if kind == "V" and array.dtype.names:
        raise TypeError(f"{problem}: choose a field, as by {name}[{array.dtype.names[0]!r}]")
    raise TypeError(f"{problem}: convert it, as by numpy.asarray({name}, float)")


def place(index: Sequence[int], labels: Sequence[Any] | None = None) -> str:
    """Return the position of an entry, in words."""
    if len(index) == 1:
        return f"row {index[0]}"
    if len(index) != 2:
        return f"index ({', '.join(map(str, index))})"
    row, column = index
    return f"row {row}, column {column}" + (f" ({labels[column]!r})" if labels else "")


# Refusals


def _check_mask(values: Any, name: str) -> None:
    """Refuse masked entries: the numbers under a mask are not data."""
    if isinstance(values, list | tuple):
        for row, value in enumerate(values):
            if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
                first = np.argwhere(np.ma.getmaskarray(value))[0].tolist()
                _refuse_masked(name, place([row, *first]))
        return
    if values is np.ma.masked or (isinstance(values, np.ma.MaskedArray) and not values.ndim):
        if np.ma.is_masked(values):
            raise ValueError(f"{name} is masked: give a number")
        return
    # Only an attribute of the type: a record's field or a coordinate may be named mask, too.
    mask = values.mask if hasattr(type(values), "mask") else None
    if mask is None or callable(mask):
        return
    mask = np.asarray(mask)
    fields = mask.dtype.names
    if fields:
        mask = np.stack([mask[field] for field in fields], axis=-1)
    if mask.dtype == bool and mask.ndim and mask.any():
        _refuse_masked(name, place(np.argwhere(mask)[0].tolist(), fields))


def _refuse_masked(name: str, where: str) -> None:
    remedy = REMEDY if name == "X" else "give all numbers, unmasked"
    raise ValueError(f"{name} has masked entries, the first at {where}: {remedy}")


def _check_lengths(values: Any, name: str) -> None:
    """Refuse a list of rows that differ in length."""
    if not isinstance(values, list | tuple):
        return
    lengths = [len(row) if hasattr(row, "__len__") else None for row in values]
    odd = next((row for row, length in enumerate(lengths) if length != lengths[0]), None)
    if odd is None:
        return
    problem = ["no length" if n is None else f"length {n}" for n in (lengths[odd], lengths[0])]
    raise ValueError(
        f"{name} has {problem[0]} at row {odd} and {problem[1]} at row 0: give rows of one length"
    )


# Objects and text


def _parsed(array: Array, name: str, labels: Sequence[Any] | None) -> npt.NDArray[np.float64]:
    """Read each cell as a number."""
    try:
        return np.asarray(np.frompyfunc(_number, 1, 1)(array), dtype=np.float64)
    except (TypeError, ValueError):
        pass
    for index, cell in np.ndenumerate(array):
        try:
            _number(cell)
        except ValueError:
            where = place(index, labels)
            remedy = _remedy(cell, array.ndim)
            raise ValueError(f"{name} has {_excerpt(cell)} at {where}: {remedy}") from None
        except TypeError as error:
            where = place(index, labels)
            raise TypeError(
                f"{name} has a {type(cell).__name__} at {where}, where numbers are needed "
                f"({error}): {_remedy(cell, array.ndim)}"
            ) from None
    raise AssertionError


def _number(cell: Any) -> float:
    """Return the number in a cell, NaN if it is missing."""
    if type(cell).__name__ in _MISSING_TYPES:
        return np.nan
    if isinstance(cell, str | bytes):
        text = cell.decode() if isinstance(cell, bytes) else cell
        if "_" in text:  # float() accepts it as a separator of thousands
            raise ValueError
        return np.nan if text.strip().lower() in _MISSING_WORDS else float(text)
    try:
        return float(cell)
    except OverflowError:  # too large for a double: the core names the infinity
        return np.inf if cell > 0 else -np.inf


def _remedy(cell: Any, ndim: int) -> str:
    """Return the advice for a cell that is not a number, in an array of `ndim` dimensions."""
    if re.fullmatch(r"\s*[+-]?\d+,\d+\s*", str(cell)):
        return "write a decimal point, not a comma"
    if ndim != 2:
        return "it is not a number: correct it"
    return "it is not a number: correct it, leave the column out, or encode it as numbers"


def _excerpt(cell: Any) -> str:
    shown = repr(cell.item() if isinstance(cell, np.generic) else cell)
    return shown if len(shown) <= 40 else shown[:37] + "..."
