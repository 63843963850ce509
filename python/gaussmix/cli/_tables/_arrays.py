"""Tables that NumPy has written: .npy, and .npz with one array or one named X."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gaussmix._frames import unstructured

from ._cells import advice, named
from ._file import File

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class ArrayTable:
    """A table that NumPy has already read."""

    shown: str
    rows: Array
    names: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()

    @property
    def n_columns(self) -> int:
        """How many columns there are."""
        return int(self.rows.shape[1])

    def read(self, used: list[int], *, missing: bool = False) -> Array:
        """Return some of the columns; with `missing`, NaN is a missing value."""
        values = self.rows if used == list(range(self.n_columns)) else self.rows[:, used]
        finite = ~np.isinf(values) if missing else np.isfinite(values)
        if not finite.all():
            row, column = (int(i) for i in np.argwhere(~finite)[0])
            problem = advice(float(values[row, column]))
            raise ValueError(f"{self.place(row, used[column])}: {problem}")
        return values

    def place(self, row: int, column: int) -> str:
        """Return the position of a cell, in words."""
        return f"{self.shown}, row {row + 1}, column {column + 1}{named(self.names, column)}"


def read_arrays(file: File) -> ArrayTable:
    """Read the array of a file.

    Raises
    ------
    ValueError
        If it is damaged, holds several arrays, or does not hold rows of numbers.
    """
    shown = file.shown
    try:
        with file.open_bytes() as stream:
            loaded = np.load(stream, allow_pickle=False)
            array = loaded if isinstance(loaded, np.ndarray) else _pick(loaded, shown)
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        if str(error).startswith(shown):
            raise
        raise ValueError(f"{shown} is damaged, or holds something else than numbers") from error
    names = None
    if array.dtype.names is not None:
        for field in array.dtype.names:
            if array.dtype[field].base.kind not in "fiub":
                raise ValueError(
                    f"{shown} has field {field!r} of dtype {array.dtype[field]} where numbers are "
                    "needed: save the fields of numbers alone"
                )
        array, names = unstructured(array, shown)
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{shown} holds {array.dtype} where numbers are needed")
    if array.ndim == 1:
        array = array[:, np.newaxis]
    if array.ndim != 2 or array.size == 0:
        raise ValueError(f"{shown} has shape {array.shape}: (rows, columns) are needed")
    return ArrayTable(shown, array, names)


def _pick(archive: Any, shown: str) -> Array:
    with archive:
        names = list(archive.files)
        if "X" not in names and len(names) != 1:
            held = ", ".join(names) or "none"
            raise ValueError(f"{shown} must hold one array, or one named X; it holds {held}")
        array: Array = archive["X" if "X" in names else names[0]]
        return array
