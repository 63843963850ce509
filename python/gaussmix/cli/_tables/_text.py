"""Tables in text.

NumPy's C reader reads them. If it fails, a slower reader in Python, which knows lines and columns,
reports what is wrong, or reads what the fast reader is too strict for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from ._cells import (
    MISSING,
    advice,
    decimal_mark,
    excerpt,
    is_number,
    named,
    parse,
    remedy,
    swapped,
)
from ._file import File
from ._layout import SNIFFED_LINES, Layout, find_layout, lines_of, split

Array = NDArray[Any]


def text_table(file: File, header: bool | None, decimal: str | None) -> TextTable:
    """Return a text file with its layout; rows are read when columns are chosen.

    Raises
    ------
    ValueError
        If the layout cannot be recognised, or it is not text.
    """
    try:
        return TextTable(file, find_layout(file, header, decimal))
    except UnicodeDecodeError:
        raise file.not_text() from None


@dataclass(frozen=True, slots=True)
class TextTable:
    """A text file and its layout."""

    file: File
    layout: Layout

    @property
    def shown(self) -> str:
        """The name of the file in messages."""
        return self.file.shown

    @property
    def names(self) -> tuple[str, ...] | None:
        """The names of the columns."""
        return self.layout.names

    @property
    def n_columns(self) -> int:
        """The number of columns."""
        return self.layout.n_columns

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes about assumptions."""
        return self.layout.notes

    def read(self, used: list[int], *, missing: bool = False) -> Array:
        """Return some of the columns, shape (n, len(used)).

        With `missing`, empty cells and other spellings of a missing value become NaN.

        Raises
        ------
        ValueError
            The first line that cannot be used.
        """
        try:
            values = self._read_fast(used)
            usable = np.isfinite if not missing else lambda cells: ~np.isinf(cells)
            if values is not None and usable(values).all():
                return values
            if self.layout.decimal is None and self._has_decimal_commas(used):
                pointed = replace(self, layout=replace(self.layout, decimal=","))
                return pointed.read(used, missing=missing)
            return self._read_carefully(used, missing=missing)
        except UnicodeDecodeError:
            raise self.file.not_text() from None

    def _read_fast(self, used: list[int]) -> Array | None:
        """Return the values by NumPy's C reader, or None if it cannot read them."""
        layout = self.layout
        width = layout.n_columns + layout.n_surplus
        whole = used == list(range(width))
        # One type per column instead of `usecols`, which accepts lines of other lengths.
        numbers = set(used)
        cells: Any = [(f"c{j}", "f8" if j in numbers else "U1") for j in range(width)]
        try:
            with self.file.open_text() as stream:
                for _ in range(layout.header_line):
                    next(stream)
                rows: Array = np.loadtxt(
                    self._pointed(stream),
                    dtype=np.float64 if whole else cells,
                    comments="#",
                    delimiter=layout.delimiter,
                    quotechar='"',
                    encoding=None,
                    ndmin=2 if whole else 1,
                )
        except UnicodeDecodeError:
            raise
        except ValueError:
            return None
        if whole:
            return rows if rows.shape[1] == width else None
        if any((rows[f"c{j}"] != "").any() for j in range(layout.n_columns, width)):
            return None
        values = np.empty((len(rows), len(used)))
        for i, j in enumerate(used):
            values[:, i] = rows[f"c{j}"]
        return values

    def _pointed(self, stream: TextIO) -> Iterable[str]:
        """Return the lines with decimal points."""
        if self.layout.decimal != ",":
            return stream
        return map(_pointed_in_quotes if self.layout.delimiter == "," else swapped, stream)

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """Return the cells of each line below the names, with its number."""
        delimiter = self.layout.delimiter
        for number, line in lines_of(self.file):
            if number > self.layout.header_line:
                yield number, split(line, delimiter, f"{self.shown}, line {number}")

    def _has_decimal_commas(self, used: list[int]) -> bool:
        """Return whether numbers further down have decimal commas, if those at the top do not."""
        if self.layout.delimiter == ",":
            return False
        return decimal_mark(row[j] for _, row in self._rows() for j in used if j < len(row)) == ","

    def _read_carefully(self, used: list[int], *, missing: bool) -> Array:
        """Return the same, read cell by cell; raise at the first that is not a finite number."""
        rows = []
        n, surplus = self.layout.n_columns, self.layout.n_surplus
        for number, cells in self._rows():
            if len(cells) > 1 and not any(cells):
                continue  # a blank line of a spreadsheet
            if len(cells) != n + surplus:
                raise self._uneven(number, cells)
            if surplus and any(cells[n:]):
                raise ValueError(
                    f"{self.shown}, line {number}: {excerpt(next(filter(None, cells[n:])))} stands "
                    "after the last column: give the column a name and each line a value for it"
                )
            rows.append(
                [
                    np.nan
                    if missing and cells[column].lower() in MISSING
                    else self._number(cells[column], number, column)
                    for column in used
                ]
            )
        return np.array(rows, dtype=np.float64).reshape(len(rows), len(used))

    def _uneven(self, line: int, cells: list[str]) -> ValueError:
        """Return an error for a line whose number of cells differs from the first."""
        layout = self.layout
        n, expected = len(cells), layout.n_columns + layout.n_surplus
        problem = (
            f"{self.shown}, line {line}: {counted(n, 'column')} where line {layout.first_line} "
            f"has {expected}"
        )
        body = [len(row) for _, row in islice(self._rows(), SNIFFED_LINES)]
        if layout.delimiter == "," and n > expected and is_number(cells, None):
            problem += (
                ": if commas are decimal marks, say --decimal comma for a single column, or "
                "separate columns by semicolons"
            )
        elif layout.names is not None and len(body) > 1 and set(body) == {n}:
            problem += f": if line {layout.first_line} has no names, begin it with #"
        return ValueError(problem)

    def _number(self, cell: str, line: int, column: int) -> float:
        try:
            value = parse(cell, self.layout.decimal)
            if np.isfinite(value):
                return value
            problem = advice(value)
        except ValueError:
            problem = self._problem(cell, line, column)
        raise ValueError(f"{self._place(line, column)}: {problem}")

    def place(self, row: int, column: int) -> str:
        """Return the position of a cell, in words."""
        lines = (line for line, cells in self._rows() if len(cells) == 1 or any(cells))
        return self._place(next(islice(lines, row, None)), column)

    def _place(self, line: int, column: int) -> str:
        return f"{self.shown}, line {line}, column {column + 1}{named(self.names, column)}"

    def _problem(self, cell: str, line: int, column: int) -> str:
        """Return what is wrong with a cell that is not a number, and the remedy."""
        layout = self.layout
        without = f"leave this column out with --exclude {column + 1}"
        elsewhere = self._is_number_elsewhere(column, line)
        if cell.lower() in MISSING:
            problem = advice(cell)
            if cell == "" and line == layout.first_line:
                return f"{problem}; if this line holds names, say --header"
            return problem if elsewhere else f"{problem}, or {without}"
        problem = f"{excerpt(cell)} is not a number"
        way = remedy(cell, layout.decimal)
        if way is None and line == layout.first_line:
            way = "if this line holds names, say --header"
        elif way is None:
            way = "correct it, or remove the line" if elsewhere else without
        return f"{problem}: {way}"

    def _is_number_elsewhere(self, column: int, line: int) -> bool:
        """Return whether the column holds a number near the top of the file, on another line."""
        for number, cells in islice(self._rows(), SNIFFED_LINES):
            if number != line and is_number(cells[column : column + 1], self.layout.decimal):
                return True
        return False


def counted(n: int, what: str) -> str:
    """Return a count with its noun."""
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _pointed_in_quotes(line: str) -> str:
    """Return the same where only quotes distinguish decimal commas from delimiters."""
    parts = line.replace(".", "\1").split('"')
    parts[1::2] = [quoted.replace(",", ".") for quoted in parts[1::2]]
    return '"'.join(parts)
