"""The sources of batches: files, data sets, functions; each is read anew for every pass."""

from __future__ import annotations

import contextlib
import glob
import math
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

_NUMBERS = 1 << 22  # of a batch, where it is ours to cut
_ROWS = 1536  # batches are whole multiples of this many rows, so that tiles are full


@dataclass(frozen=True)
class Part:
    """Some rows, as their source has them, and where they stand there."""

    rows: Any
    weights: Any
    origin: str
    first_row: int
    labels: Any = None


Open = Callable[[], Iterator[Part]]


def opener(source: Any, names: list[str] | None, batch_rows: int | None) -> Open:
    """Return a function that opens a source for a pass, limited to these columns if it can be.

    Raises
    ------
    TypeError
        If it can be read only once, or is of a kind that cannot be read.
    ValueError
        If a file is of a kind that cannot be read.
    FileNotFoundError
        If there is no such file.
    """
    if _is_of_files(source):
        paths = expanded([source] if isinstance(source, str | os.PathLike) else source)
        for path in paths:
            _reader_of(path)
        return lambda: _of_files(paths, names, batch_rows)
    if is_dataset(source):
        return lambda: _of_arrow(
            source.to_batches(columns=names, batch_size=batch_rows or 1 << 17),
            "the data set",
        )
    if isinstance(source, Iterator) or hasattr(source, "read_next_batch"):
        raise TypeError(
            f"source={source!r} can be read only once, but each iteration reads all rows: give a "
            "function that makes it anew, as in gaussmix.Batches(lambda: make_it()), or a list"
        )
    if hasattr(source, "__arrow_c_stream__"):
        return lambda: _of_stream(source)
    if _is_array(source):
        return lambda: _slices(source, "the array", batch_rows)
    if callable(source):
        return lambda: _of_batches(source())
    if isinstance(source, Iterable):
        return lambda: _of_batches(source)
    raise TypeError(
        f"source={source!r} must be files, a data set, a list of batches, or a function that "
        "returns batches"
    )


def is_dataset(X: Any) -> bool:
    """Return whether something is a pyarrow Dataset."""
    return hasattr(X, "to_batches") and hasattr(X, "scanner")


def has_no_labels(source: Any) -> bool:
    """Return whether the batches of a source are cut here, so that none has labels."""
    return (
        _is_of_files(source)
        or is_dataset(source)
        or hasattr(source, "__arrow_c_stream__")
        or _is_array(source)
    )


def _is_of_files(source: Any) -> bool:
    return isinstance(source, str | os.PathLike) or _are_paths(source)


def _is_array(source: Any) -> bool:
    return len(getattr(source, "shape", ())) == 2 and hasattr(source, "__getitem__")


def narrowed(rows: Any, names: list[str] | None) -> Any:
    """Return the columns of a table with these names; anything else as it is."""
    if names is None:
        return rows
    there = getattr(rows, "column_names", getattr(rows, "columns", ()))
    if not set(names) <= set(there):
        return rows
    return rows.select(names) if hasattr(rows, "select") else rows[names]


# Batches that are there


def _of_batches(batches: Any) -> Iterator[Part]:
    for number, batch in enumerate(batches):
        if isinstance(batch, Part):
            yield batch
            continue
        is_tuple = isinstance(batch, tuple) and len(batch) in (2, 3)
        rows, weights, labels = (*batch, None)[:3] if is_tuple else (batch, None, None)
        yield Part(rows, weights, f"batch {number}", 0, labels)


def _of_arrow(batches: Iterable[Any], origin: str) -> Iterator[Part]:
    first_row = 0
    for batch in batches:
        yield Part(batch, None, origin, first_row)
        first_row += batch.num_rows


def _of_stream(table: Any) -> Iterator[Part]:
    with needing_pyarrow("an Arrow stream"):
        import pyarrow as pa
    yield from _of_arrow(pa.RecordBatchReader.from_stream(table), "the table")


def _slices(array: Any, origin: str, batch_rows: int | None) -> Iterator[Part]:
    step = _step(array, batch_rows)
    for first_row in range(0, max(int(array.shape[0]), 1), step):
        yield Part(array[first_row : first_row + step], None, origin, first_row)


def _step(array: Any, batch_rows: int | None) -> int:
    """Return the rows of a slice of an array, whose columns may be fields."""
    n_columns = array.shape[1] if len(array.shape) == 2 else len(array.dtype.names or "x")
    return batch_rows or _rows_of(int(n_columns))


def _rows_of(n_columns: int) -> int:
    """Return the rows of a batch with this number of columns."""
    return max(_NUMBERS // max(n_columns, 1) // _ROWS, 1) * _ROWS


# Files


def _are_paths(source: Any) -> bool:
    return (
        isinstance(source, list | tuple)
        and bool(source)
        and all(isinstance(path, str | os.PathLike) for path in source)
    )


def expanded(sources: Sequence[str | os.PathLike[str]]) -> list[str]:
    """Return the files that paths and patterns stand for, those of a pattern by name.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    """
    return [path for source in sources for path in _paths(os.fspath(source))]


def holds_columns(path: str) -> bool:
    """Return whether a file is Parquet or Arrow, by its suffix."""
    return _READERS.get(Path(path).suffix) in (_parquet, _arrow)


def file_columns(path: str) -> list[str] | None:
    """Return the names of the columns of a Parquet or Arrow file; None for other files."""
    reader = _READERS.get(Path(path).suffix)
    if reader is _parquet:
        with needing_pyarrow(path):
            from pyarrow import parquet
        return list(parquet.read_schema(path).names)
    if reader is _arrow:
        with needing_pyarrow(path):
            import pyarrow as pa
        with pa.OSFile(path) as opened, pa.ipc.open_file(opened) as file:
            return list(file.schema.names)
    return None


def read_columns(path: str, names: list[str]) -> Iterator[Part]:
    """Read some columns of a file, in batches."""
    return _reader_of(path)(path, names, None)


def _paths(pattern: str) -> list[str]:
    if Path(pattern).exists():
        return [pattern]
    if not glob.has_magic(pattern):
        raise FileNotFoundError(f"no file {pattern!r}")
    found = sorted(glob.iglob(pattern, recursive=True))  # noqa: PTH207  # it may be absolute
    if not found:
        raise FileNotFoundError(f"no file matches {pattern!r}")
    return found


def _of_files(
    paths: Sequence[str], names: list[str] | None, batch_rows: int | None
) -> Iterator[Part]:
    for path in paths:
        yield from _reader_of(path)(path, names, batch_rows)


def _npy(path: str, names: list[str] | None, batch_rows: int | None) -> Iterator[Part]:
    del names
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    if array.ndim not in (1, 2):
        raise ValueError(
            f"{path} has shape {array.shape}, expected two dimensions (n_rows, n_features)"
        )
    if not isinstance(array, np.memmap) or not array.flags.c_contiguous:
        yield from _slices(array, path, batch_rows)
        return
    # Pages of a memory map would stay in memory, those of a file that is read do not.
    shape, dtype, step = array.shape, array.dtype, _step(array, batch_rows)
    row_bytes = dtype.itemsize * math.prod(shape[1:])
    memory = _Memory(min(step, shape[0]) * row_bytes)
    with Path(path).open("rb") as file:
        file.seek(array.offset)
        del array
        for first_row in range(0, max(shape[0], 1), step):
            n_rows = min(step, shape[0] - first_row)
            room = memory.free()[: n_rows * row_bytes]
            if file.readinto(room) < len(room):
                raise ValueError(f"{path} ends before row {first_row + n_rows}: it was cut short")
            rows = np.frombuffer(room, dtype) if len(room) else np.empty(0, dtype)
            yield Part(rows.reshape(n_rows, *shape[1:]), None, path, first_row)


class _Memory:
    """Room for batches one after another, used again once nothing refers to a batch.

    The system clears the pages of new memory, which takes about as long as to copy a batch there.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._rooms: list[bytearray] = []

    def free(self) -> memoryview:
        """Return room that no array refers to."""
        for room in self._rooms:
            if _is_free(room):
                return memoryview(room)
        self._rooms.append(bytearray(self._size))
        return memoryview(self._rooms[-1])


def _is_free(room: bytearray) -> bool:
    """Return whether no array refers to these bytes, which could not be resized then."""
    try:
        room.append(room.pop())
    except (BufferError, IndexError):  # none to pop
        return False
    return True


def _parquet(path: str, names: list[str] | None, batch_rows: int | None) -> Iterator[Part]:
    with needing_pyarrow(path):
        from pyarrow import parquet
    with parquet.ParquetFile(path) as file:
        _check_columns(path, names, file.schema_arrow.names)
        rows = batch_rows or _rows_of(len(names or file.schema_arrow.names))
        yield from _of_arrow(file.iter_batches(batch_size=rows, columns=names), path)


def _arrow(path: str, names: list[str] | None, batch_rows: int | None) -> Iterator[Part]:
    del batch_rows  # the file has batches
    with needing_pyarrow(path):
        import pyarrow as pa
    with pa.OSFile(path) as opened, pa.ipc.open_file(opened) as file:
        _check_columns(path, names, file.schema.names)
        batches = (file.get_batch(i) for i in range(file.num_record_batches))
        yield from _of_arrow((b if names is None else b.select(names) for b in batches), path)


def _csv(path: str, names: list[str] | None, batch_rows: int | None) -> Iterator[Part]:
    del batch_rows  # blocks are cut by bytes
    with needing_pyarrow(path):
        from pyarrow import csv
    options = csv.ConvertOptions(include_columns=names)
    read = csv.ReadOptions(block_size=1 << 24)
    with csv.open_csv(path, read_options=read, convert_options=options) as batches:
        yield from _of_arrow(batches, path)


def _check_columns(path: str, names: list[str] | None, there: Sequence[str]) -> None:
    for name in names or ():
        if name not in there:
            raise ValueError(f"{path} has no column {name!r}: it has the columns {list(there)}")


_READERS: dict[str, Callable[[str, list[str] | None, int | None], Iterator[Part]]] = {
    ".npy": _npy,
    ".parquet": _parquet,
    ".pq": _parquet,
    ".arrow": _arrow,
    ".feather": _arrow,
    ".csv": _csv,
}
_COMPRESSED = {".gz", ".bz2", ".zst", ".lz4"}  # of text, as pyarrow tells by the suffix


def _reader_of(path: str) -> Callable[[str, list[str] | None, int | None], Iterator[Part]]:
    suffixes = Path(path).suffixes
    if len(suffixes) > 1 and suffixes[-1] in _COMPRESSED and suffixes[-2] == ".csv":
        suffixes.pop()
    reader = _READERS.get(suffixes[-1] if suffixes else "")
    if reader is None:
        raise ValueError(
            f"{path} cannot be read in batches: give {', '.join(_READERS)} files (.csv compressed "
            "or not), or a function that returns batches"
        )
    return reader


@contextlib.contextmanager
def needing_pyarrow(what: str) -> Iterator[None]:
    """Raise an error that says what to install if pyarrow is missing."""
    try:
        yield
    except ImportError as error:
        raise ImportError(
            f"{what} needs pyarrow, which is not installed: pip install 'gaussmix[arrow]'"
        ) from error
