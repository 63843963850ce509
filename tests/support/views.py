"""The same numbers in other forms: the strides and element types that an array may have."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from reference import Array


def _sliced(X: Array) -> Array:
    """Every second row and third column of a larger array."""
    n, d = X.shape
    larger = np.full((2 * n, 3 * d), 77, dtype=X.dtype)
    larger[::2, 1::3] = X
    return larger[::2, 1::3]


def _negative(X: Array) -> Array:
    """Both axes backwards."""
    return np.ascontiguousarray(X[::-1, ::-1])[::-1, ::-1]


def _unaligned(X: Array) -> Array:
    """A field of packed records, one byte off any alignment."""
    n, d = X.shape
    records = np.zeros(n, dtype=[("flag", "u1"), ("x", X.dtype, (d,))])
    records["x"] = X
    return records["x"]


def _read_only(X: Array) -> Array:
    copy = X.copy()
    copy.setflags(write=False)
    return copy


LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "c": np.ascontiguousarray,
    "fortran": np.asfortranarray,
    "sliced": _sliced,
    "negative": _negative,
    "unaligned": _unaligned,
    "read_only": _read_only,
}

INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
FLOATS = ("float16", "float32", "float64")
DTYPES = (*FLOATS, *INTEGERS, "bool")
SINGLE = ("float16", "float32")  # computed on in float32, all others in float64


def plain(X: Array) -> Array:
    """The same numbers in C order, in the type that they are computed on in."""
    computed = np.float32 if X.dtype.name in SINGLE else np.float64
    return np.ascontiguousarray(X, dtype=computed)


def small_numbers(seed: int, n: int, d: int, dtype: str) -> Array:
    """Random numbers that the element type holds exactly: the same values whatever the type."""
    rng = np.random.default_rng(seed)
    highest = 2 if dtype == "bool" else 100
    return rng.integers(0, highest, size=(n, d)).astype(dtype)
