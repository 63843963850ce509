"""Tables that other libraries pass by pointer: Arrow's C interface and the dataframe protocol.

Both describe columns by the same format strings, so one reader of columns serves them, and neither
pyarrow nor pandas has to be installed. Numbers are copied out before the producer's memory is
released. Format strings and structures: https://arrow.apache.org/docs/format/CDataInterface.html;
the protocol: https://data-apis.org/dataframe-protocol/latest/API.html.
"""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_NUMBERS: dict[str, np.dtype[Any]] = {
    "c": np.dtype(np.int8),
    "C": np.dtype(np.uint8),
    "s": np.dtype(np.int16),
    "S": np.dtype(np.uint16),
    "i": np.dtype(np.int32),
    "I": np.dtype(np.uint32),
    "l": np.dtype(np.int64),
    "L": np.dtype(np.uint64),
    "e": np.dtype(np.float16),
    "f": np.dtype(np.float32),
    "g": np.dtype(np.float64),
}
_OTHERS = {"u": "text", "U": "text", "vu": "text", "z": "bytes", "Z": "bytes", "vz": "bytes"}
_FAMILIES = {"t": "dates or times", "w": "bytes", "+": "lists or structures", "d": "decimals"}
_CATEGORIES, _CPU = 23, 1  # kinds of columns and of memory, as the protocol counts them


def read_arrow(X: Any, name: str) -> tuple[Array, tuple[str, ...]]:
    """Read a table from its Arrow C stream, or else its C array: numbers (n, d) and names.

    Raises
    ------
    ValueError
        If it has no columns, or the producer fails.
    TypeError
        If a column does not hold real numbers.
    """
    with _arrow_parts(X, name) as (schema, parts):
        columns = [schema.children[j].contents for j in range(schema.n_children)]
        if schema.format != b"+s":
            raise TypeError(f"{name} hands over an Arrow array without columns: give a table")
        names = tuple((column.name or b"").decode("utf-8", "replace") for column in columns)
        formats = [
            "categories" if column.dictionary else column.format.decode() for column in columns
        ]
        _check_formats(formats, names, name)
        chunks = [
            [
                _Column.of_arrow(part, part.children[j].contents, formats[j])
                for j in range(len(columns))
            ]
            for part in parts
        ]
        return _assembled(chunks, formats), names


def read_protocol(X: Any, name: str) -> tuple[Array, tuple[str, ...]]:
    """Read a table by the dataframe protocol: numbers (n, d) and names.

    Raises
    ------
    TypeError
        If a column does not hold real numbers.
    """
    frame = X.__dataframe__()
    names = tuple(frame.column_names())
    formats = [_protocol_format(frame.get_column(j)) for j in range(len(names))]
    _check_formats(formats, names, name)
    chunks = [
        [_Column.of_protocol(chunk.get_column(j), formats[j]) for j in range(len(names))]
        for chunk in frame.get_chunks()
    ]
    return _assembled(chunks, formats), names


# Columns


@dataclass(frozen=True)
class _Column:
    """The numbers of a column, and which are present; None if all are."""

    values: Array
    valid: npt.NDArray[np.bool_] | None

    @classmethod
    def of_arrow(cls, table: _ArrowArray, column: _ArrowArray, format_: str) -> _Column:
        """Copy a column out of a part of a table, whose own offset moves those of its columns."""
        start, n = table.offset + column.offset, table.length
        valid = None
        for holder, first in ((table, table.offset), (column, start)):
            address = holder.buffers[0] if holder.n_buffers and holder.null_count else None
            if address:
                bits = _bits(address, first, n)
                valid = bits if valid is None else valid & bits
        if format_ == "n":
            return cls(np.full(n, np.nan), None)
        return cls(_numbers(column.buffers[1] or 0, format_, start, n), valid)

    @classmethod
    def of_protocol(cls, column: Any, format_: str) -> _Column:
        """Copy a column out of a part of a frame."""
        start, n = column.offset, column.size()
        buffers = column.get_buffers()
        data = buffers["data"][0]
        if int(data.__dlpack_device__()[0]) != _CPU:
            raise TypeError("a column is not in the memory of the CPU: copy the table there")
        values = _numbers(data.ptr, format_, start, n)
        kind, mark = column.describe_null
        if kind == 2:  # a number that stands for a missing one
            return cls(values, values != mark)
        if kind in (3, 4) and buffers["validity"] is not None:
            mask, (_, width, *_) = buffers["validity"]
            marks = _bits(mask.ptr, start, n) if width == 1 else _numbers(mask.ptr, "C", start, n)
            return cls(values, marks != mark)
        return cls(values, None)


def _check_formats(formats: Sequence[str], names: tuple[str, ...], table: str) -> None:
    if not names:
        raise ValueError(f"{table} has no columns: at least one feature is needed")
    for j, (format_, name) in enumerate(zip(formats, names, strict=True)):
        if format_ in _NUMBERS or format_ in ("b", "n") or _decimal(format_):
            continue
        held = _OTHERS.get(format_) or _FAMILIES.get(format_[0], format_)
        raise TypeError(
            f"{table} has {held} in column {j} ({name!r}), where numbers are "
            "needed: leave the column out, or encode it as numbers"
        )


def _decimal(format_: str) -> tuple[int, int] | None:
    """Return the decimal places and bytes of a decimal format; None for other formats."""
    if not format_.startswith("d:"):
        return None
    _, scale, *bits = (int(part) for part in format_[2:].split(","))
    size = (bits[0] if bits else 128) // 8
    return (scale, size) if size <= 16 else None


def _numbers(address: int, format_: str, start: int, n: int) -> Array:
    """Copy n numbers from an address on, counted from `start`."""
    if format_ == "b":
        return _bits(address, start, n)
    decimal = _decimal(format_)
    if decimal is None:
        return _copied(address, _NUMBERS[format_], start, n)
    scale, size = decimal
    if size < 16:
        whole = _copied(address, np.dtype(f"i{size}"), start, n).astype(np.float64)
    else:
        halves = _copied(address, np.dtype([("low", "<u8"), ("high", "<i8")]), start, n)
        whole = halves["high"].astype(np.float64) * 2.0**64 + halves["low"]
        small = halves["high"] == (halves["low"] >> np.uint64(63)).astype(np.int64) * -1
        whole[small] = halves["low"][small].astype(np.int64)  # which 64 bits hold: rounded once
    return whole / 10.0**scale


def _copied(address: int, dtype: np.dtype[Any], start: int, n: int) -> Array:
    if n == 0:
        return np.empty(0, dtype)
    size = n * dtype.itemsize
    memory = (ctypes.c_char * size).from_address(address + start * dtype.itemsize)
    return np.frombuffer(memoryview(memory), dtype).copy()


def _bits(address: int, start: int, n: int) -> npt.NDArray[np.bool_]:
    """Copy n bits, the least significant of each byte first."""
    first = start // 8
    packed = _copied(address + first, np.dtype("u1"), 0, (start + n + 7) // 8 - first if n else 0)
    return np.unpackbits(packed, bitorder="little")[start % 8 :][:n].astype(bool)


def _assembled(chunks: list[list[_Column]], formats: Sequence[str]) -> Array:
    """Return parts of columns as one array (n, d): of their common type, else of doubles."""
    complete = all(column.valid is None or column.valid.all() for c in chunks for column in c)
    kinds = {_NUMBERS.get(format_) for format_ in formats}
    shared = kinds.pop() if complete and len(kinds) == 1 else None
    n = sum(len(columns[0].values) for columns in chunks)
    out: Array = np.empty((n, len(formats)), shared or np.dtype(np.float64), order="F")
    end = 0
    for columns in chunks:
        start, end = end, end + len(columns[0].values)
        for j, column in enumerate(columns):
            out[start:end, j] = column.values
            if not complete and column.valid is not None:
                out[start:end, j][~column.valid] = np.nan
    return out


def _protocol_format(column: Any) -> str:
    kind, width, format_, _ = column.dtype
    if int(kind) == _CATEGORIES:
        return "categories"
    return "C" if format_ == "b" and width == 8 else str(format_)


# Arrow's C interface


class _ArrowSchema(ctypes.Structure):
    pass


class _ArrowArray(ctypes.Structure):
    pass


class _ArrowArrayStream(ctypes.Structure):
    pass


_ArrowSchema._fields_ = [
    ("format", ctypes.c_char_p),
    ("name", ctypes.c_char_p),
    ("metadata", ctypes.c_char_p),
    ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("children", ctypes.POINTER(ctypes.POINTER(_ArrowSchema))),
    ("dictionary", ctypes.POINTER(_ArrowSchema)),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(_ArrowSchema))),
    ("private_data", ctypes.c_void_p),
]
_ArrowArray._fields_ = [
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(_ArrowArray))),
    ("dictionary", ctypes.POINTER(_ArrowArray)),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(_ArrowArray))),
    ("private_data", ctypes.c_void_p),
]
_Stream = ctypes.POINTER(_ArrowArrayStream)
_ArrowArrayStream._fields_ = [
    ("get_schema", ctypes.CFUNCTYPE(ctypes.c_int, _Stream, ctypes.POINTER(_ArrowSchema))),
    ("get_next", ctypes.CFUNCTYPE(ctypes.c_int, _Stream, ctypes.POINTER(_ArrowArray))),
    ("get_last_error", ctypes.CFUNCTYPE(ctypes.c_char_p, _Stream)),
    ("release", ctypes.CFUNCTYPE(None, _Stream)),
    ("private_data", ctypes.c_void_p),
]


@contextlib.contextmanager
def _arrow_parts(X: Any, name: str) -> Iterator[tuple[_ArrowSchema, Iterator[_ArrowArray]]]:
    """Yield the schema of a table and its parts; copy each before asking for the next."""
    with contextlib.ExitStack() as held:
        if not hasattr(X, "__arrow_c_stream__"):
            capsules = X.__arrow_c_array__()
            schema = _owned(held, capsules[0], b"arrow_schema", _ArrowSchema)
            yield schema, iter([_owned(held, capsules[1], b"arrow_array", _ArrowArray)])
            return
        capsule = X.__arrow_c_stream__()
        stream = _owned(held, capsule, b"arrow_array_stream", _ArrowArrayStream)

        def ask(request: Callable[..., int], answer: Any) -> Any:
            code = request(ctypes.byref(stream), ctypes.byref(answer))
            if code != 0:
                why = stream.get_last_error(ctypes.byref(stream)) or b"without a reason"
                raise ValueError(f"{name} cannot be read: {why.decode('utf-8', 'replace')}")
            return answer

        def parts() -> Iterator[_ArrowArray]:
            while (part := ask(stream.get_next, _ArrowArray())).release:
                with contextlib.ExitStack() as own:
                    _released_by(own, part)
                    yield part

        schema = ask(stream.get_schema, _ArrowSchema())
        _released_by(held, schema)
        yield schema, parts()


_pointer_of = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)


def _owned(held: contextlib.ExitStack, capsule: Any, name: bytes, kind: type[Any]) -> Any:
    """Return the target of a capsule, which is released with `held` instead of the capsule."""
    owned = kind.from_address(_pointer_of(capsule, name))
    held.callback(lambda capsule: capsule, capsule)  # must outlive its target
    _released_by(held, owned)
    return owned


def _released_by(held: contextlib.ExitStack, owned: Any) -> None:
    held.callback(lambda: owned.release(ctypes.byref(owned)))
