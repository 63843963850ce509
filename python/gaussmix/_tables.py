"""Numbers from files, for the command line: CSV, .npy and .npz.

NumPy's C reader reads a CSV. A careful pass in Python, which knows lines and columns, runs only
where that reader gives up: it says what is wrong, or reads what the fast reader is too strict for.
Whoever reads an error message looks at the file in an editor or a spreadsheet, so lines, rows and
columns are counted from 1 here.
"""

from __future__ import annotations

import csv
import os
import re
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ._frames import unstructured

Array = NDArray[Any]

_SNIFFED_LINES = 50
_MISSING = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "none"})
_QUOTED = re.compile(r'"[^"]*"')
_UP_TO_COMMENT = re.compile(r'((?:[^"#]|"[^"]*")*)#')
_BLANK_SEPARATED = re.compile(r'"((?:[^"]|"")*)"|(\S+)')


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of numbers, and what their columns are called where the file says so."""

    values: Array
    names: tuple[str, ...] | None
    weights: NDArray[np.float64] | None = None

    @property
    def columns(self) -> tuple[str, ...] | None:
        """The names: a table passes for a data frame, and what is fitted to it remembers them."""
        return self.names

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Array:
        return np.array(self.values, dtype) if copy else np.asarray(self.values, dtype)


def read_table(
    path: str | os.PathLike[str],
    *,
    columns: Sequence[str] | None = None,
    features: Sequence[str] | None = None,
    weights: str | None = None,
    header: bool | None = None,
) -> Table:
    """Read a table of finite numbers.

    Parameters
    ----------
    path
        A ``.npy`` file, a ``.npz`` file (with one array, or one named ``X``), or text: cells
        separated by commas, semicolons, tabs or blanks, quoted or not, in UTF-8. Blank lines, and
        what follows a ``#`` outside quotes, are skipped. ``-`` is standard input, as text.
    columns
        The columns to read, in this order, by name or number (counted from 1). Default: all, save
        that of the weights. Columns that are not read may hold anything.
    features
        The columns to read where none are chosen but the file has names: those a model knows.
    weights
        The column that holds the weight of each row.
    header
        Whether the first line of a text file holds names. Default: it does if it holds no numbers.

    Returns
    -------
    Table
        ``values`` of shape (n, d), ``names`` of the d columns or None, ``weights`` (n,) or None.

    Raises
    ------
    OSError
        The file cannot be read.
    ValueError
        Its content cannot be used; the message names file, line and column.
    """
    ending = Path(path).suffix.lower()
    if ending in (".npy", ".npz"):
        source: _Source = _read_array(Path(path))
    else:
        with _on_disk(path) as (file, shown):
            try:
                return _take(_sniff(file, shown, header), columns, features, weights)
            except UnicodeDecodeError:
                raise _not_text(file, shown) from None
    return _take(source, columns, features, weights)


def split_columns(text: str) -> list[str]:
    """The columns in a comma-separated list; a name that holds a comma stands in double quotes."""
    return [cell.strip() for cell in next(csv.reader([text], skipinitialspace=True), [])]


@dataclass(frozen=True, slots=True)
class _ArrayFile:
    """A table that NumPy has already read."""

    shown: str
    rows: Array
    names: tuple[str, ...] | None = None

    @property
    def n_columns(self) -> int:
        return int(self.rows.shape[1])

    def read(self, used: list[int]) -> Array:
        values = self.rows if used == list(range(self.n_columns)) else self.rows[:, used]
        finite = np.isfinite(values)
        if not finite.all():
            row, column = (int(i) for i in np.argwhere(~finite)[0])
            place = f"{self.shown}, row {row + 1}, column {used[column] + 1}"
            raise ValueError(f"{place}: {_missing(float(values[row, column]))}")
        return values


@dataclass(frozen=True, slots=True)
class _TextFile:
    """How a text file is laid out, and how to read columns of it."""

    file: Path
    shown: str
    delimiter: str | None  # None: any run of blanks
    header_line: int  # 0: there is none
    first_line: int  # the first line with cells, names or numbers
    names: tuple[str, ...] | None
    n_columns: int

    def read(self, used: list[int]) -> Array:
        values = self._read_fast(used)
        if values is None or not np.isfinite(values).all():
            values = self._read_carefully(used)
        return values

    def _read_fast(self, used: list[int]) -> Array | None:
        """The values by NumPy's C reader, or None where it meets something it cannot read."""
        # A type for each column, not `usecols`, which does not notice lines of other lengths.
        kinds = ["f8" if column in used else "U1" for column in range(self.n_columns)]
        whole = used == list(range(self.n_columns))
        cells: Any = [(f"c{column}", kind) for column, kind in enumerate(kinds)]
        try:
            with _open(self.file) as stream:
                rows: Array = np.loadtxt(
                    stream,
                    dtype=np.float64 if whole else cells,
                    comments="#",
                    delimiter=self.delimiter,
                    quotechar='"',
                    skiprows=self.header_line,
                    encoding=None,
                    ndmin=2 if whole else 1,
                )
        except UnicodeDecodeError:
            raise
        except ValueError:
            return None
        if whole:
            return rows if rows.shape[1] == self.n_columns else None
        return np.stack([rows[f"c{column}"] for column in used], axis=1)

    def _read_carefully(self, used: list[int]) -> Array:
        """The same cell by cell; raises ValueError at the first that is not a finite number."""
        rows = []
        for number, line in _lines(self.file):
            if number <= self.header_line:
                continue
            cells = _split(line, self.delimiter, f"{self.shown}, line {number}")
            if len(cells) != self.n_columns:
                raise ValueError(
                    f"{self.shown}, line {number}: {_count(len(cells), 'column')} where line "
                    f"{self.first_line} has {self.n_columns}"
                )
            rows.append([self._number(cells[column], number, column) for column in used])
        return np.array(rows, dtype=np.float64)

    def _number(self, cell: str, line: int, column: int) -> float:
        try:
            value = _parse(cell)
            if np.isfinite(value):
                return value
            problem = _missing(value)
        except ValueError:
            problem = f"{_excerpt(cell)} is not a number"
            if cell.lower() in _MISSING:
                problem = _missing(cell)
                if cell == "" and line == self.first_line:
                    problem += "; if this line holds names, say --header"
            elif self.delimiter == ";" and re.fullmatch(r"[+-]?\d+,\d+", cell):
                problem += ": write a decimal point, not a comma"
            elif line == self.first_line:
                problem += ": if this line holds names, say --header"
            elif not self._is_number_elsewhere(column, line):
                problem += ": leave this column out with --columns"
        name = f" ({self.names[column]!r})" if self.names else ""
        raise ValueError(f"{self.shown}, line {line}, column {column + 1}{name}: {problem}")

    def _is_number_elsewhere(self, column: int, line: int) -> bool:
        """Whether the column holds a number near the top of the file, on another line than this."""
        for number, text in islice(_lines(self.file), _SNIFFED_LINES):
            cells = _split(text, self.delimiter, f"{self.shown}, line {number}")
            if number not in (self.header_line, line) and _is_number(cells[column : column + 1]):
                return True
        return False


_Source = _ArrayFile | _TextFile


def _take(
    source: _Source,
    columns: Sequence[str] | None,
    features: Sequence[str] | None,
    weights: str | None,
) -> Table:
    """The chosen columns of a source."""
    known = features is not None and source.names not in (None, tuple(features))
    if columns is None and known:
        columns = features
    weighing = [] if weights is None else _choose([weights], source)
    if columns is None:
        chosen = [column for column in range(source.n_columns) if column not in weighing]
    else:
        chosen = _choose(columns, source)
    if not chosen:
        why = "it has the weights alone" if columns is None else "name those to read"
        raise ValueError(f"{source.shown}: no column is chosen: {why}")
    if weighing and weighing[0] in chosen:
        raise ValueError(f"column {weights!r} cannot be a feature and the weights at once")
    values = source.read(chosen + weighing)
    names = None if source.names is None else tuple(source.names[column] for column in chosen)
    if not weighing:
        return Table(values, names)
    return Table(values[:, :-1], names, np.ascontiguousarray(values[:, -1], dtype=np.float64))


def _choose(columns: Sequence[str], source: _Source) -> list[int]:
    """Indices of columns that are given by name or number."""
    names = source.names or ()
    chosen: list[int] = []
    for column in columns:
        if names.count(column) > 1:
            raise ValueError(
                f"{source.shown} has {names.count(column)} columns named {column!r}: "
                "choose one by its number"
            )
        if column in names:
            index = names.index(column)
        elif column.isdecimal() and 1 <= int(column) <= source.n_columns:
            index = int(column) - 1
        else:
            raise ValueError(
                f"{source.shown} has no column {column!r}: it has {_columns_of(source)}"
            )
        if index in chosen:
            raise ValueError(f"column {column!r} is chosen twice")
        chosen.append(index)
    return chosen


def _columns_of(source: _Source) -> str:
    if source.names is None:
        return f"{_count(source.n_columns, 'column')} without names"
    shown = ", ".join(source.names[:20])
    return shown if len(source.names) <= 20 else f"{shown} and {len(source.names) - 20} more"


def _read_array(file: Path) -> _ArrayFile:
    shown = str(file)
    try:
        loaded = np.load(file, allow_pickle=False)
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
    return _ArrayFile(shown, array, names)


def _pick(archive: Any, shown: str) -> Array:
    with archive:
        names = list(archive.files)
        if "X" not in names and len(names) != 1:
            held = ", ".join(names) or "none"
            raise ValueError(f"{shown} must hold one array, or one named X; it holds {held}")
        array: Array = archive["X" if "X" in names else names[0]]
        return array


@contextmanager
def _on_disk(path: str | os.PathLike[str]) -> Iterator[tuple[Path, str]]:
    """A file that can be read more than once, and what to call it in messages."""
    file, shown = Path(path), os.fspath(path)
    if shown != "-" and (file.is_file() or file.is_dir() or not file.exists()):
        yield file, shown
        return
    with tempfile.TemporaryDirectory(prefix="gaussmix-") as folder:
        copy = Path(folder) / "table"
        with copy.open("wb") as target:
            if shown == "-":
                shown = "standard input"
                shutil.copyfileobj(sys.stdin.buffer, target)
            else:
                with file.open("rb") as source:
                    shutil.copyfileobj(source, target)
        yield copy, shown


def _sniff(file: Path, shown: str, header: bool | None) -> _TextFile:
    """Find out how a text file is laid out, from its first lines."""
    top = list(islice(_lines(file), _SNIFFED_LINES))
    if not top:
        raise ValueError(f"{shown} is empty")
    if any("\0" in line for _, line in top):
        raise _not_text(file, shown)
    delimiter = _delimiter([line for _, line in top])
    (first_line, _), *rest = top
    first, *others = (_split(line, delimiter, f"{shown}, line {n}") for n, line in top[:2])
    if header is None:
        header = _is_header(first, others[0] if others else [], f"{shown}, line {first_line}")
    if header and not rest:
        raise ValueError(f"{shown} has a line of names and no rows")
    return _TextFile(
        file,
        shown,
        delimiter,
        header_line=first_line if header else 0,
        first_line=first_line,
        names=tuple(first) if header else None,
        n_columns=len(first),
    )


def _delimiter(lines: list[str]) -> str | None:
    bare = [_QUOTED.sub("", line) for line in lines]
    body = bare[1:] or bare
    for mark in "\t;,":
        # The same number on every line. A decimal comma beside a semicolon falls to the semicolon.
        counts = {line.count(mark) for line in bare}
        if len(counts) == 1 and counts != {0}:
            return mark
    for mark in "\t;,":
        # Lines of unequal length, which reading will complain about.
        if all(mark in line for line in body):
            return mark
    # A single column may have a name with blanks in it: then blanks separate nothing.
    return None if any(len(line.split()) > 1 for line in body) else ","


def _is_header(first: list[str], second: list[str], place: str) -> bool:
    words = [not _is_number([cell]) for cell in first]
    if all(words):
        return any(first)
    # Words among numbers: a column of words, or missing values; or else it could be either.
    for cell, word, below in zip(first, words, second, strict=False):
        if word and cell.lower() not in _MISSING and _is_number([below]):
            number = first[words.index(False)]
            raise ValueError(
                f"{place}: {_excerpt(cell)} looks like a name and {_excerpt(number)} like a value: "
                "say --header if this line holds names, --no-header if it is a row"
            )
    return False


def _open(file: Path) -> TextIO:
    return file.open(encoding="utf-8-sig")


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    """The lines that hold something, with their numbers and without comments."""
    with _open(file) as stream:
        for number, whole in enumerate(stream, start=1):
            comment = _UP_TO_COMMENT.match(whole) if "#" in whole else None
            line = comment[1] if comment else whole.removesuffix("\n")
            if line and not line.isspace():
                yield number, line


def _split(line: str, delimiter: str | None, place: str) -> list[str]:
    """The cells of a line, without quotes and the blanks around them."""
    if '"' not in line:
        return [cell.strip() for cell in line.split(delimiter)]
    if delimiter is None:
        return [a.replace('""', '"') or b for a, b in _BLANK_SEPARATED.findall(line)]
    reader = csv.reader([line], delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        return [cell.strip() for cell in next(reader)]
    except csv.Error as error:
        raise ValueError(f"{place}: a quoted cell is not closed, or goes on after it") from error


def _parse(cell: str) -> float:
    if "_" in cell:  # which float() takes for a separator of thousands
        raise ValueError
    return float(cell)


def _is_number(cells: Sequence[str]) -> bool:
    """Whether there are cells and each is a number; NaN is none."""
    try:
        return bool(cells) and not any(np.isnan(_parse(cell)) for cell in cells)
    except ValueError:
        return False


def _missing(cell: str | float) -> str:
    if isinstance(cell, float) and np.isinf(cell):
        return "the number is infinite: remove or correct such rows"
    held = "the cell is empty" if cell == "" else f"{cell} marks a missing value"
    return f"{held}: remove or impute such rows"


def _excerpt(cell: str) -> str:
    return repr(cell if len(cell) <= 40 else cell[:37] + "...")


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _not_text(file: Path, shown: str) -> ValueError:
    """Say on which line a file stops to be UTF-8 text."""
    with file.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            try:
                if "\0" not in line.decode("utf-8"):
                    continue
            except UnicodeDecodeError:
                pass
            place = f"{shown}, line {number}"
            break
        else:
            place = shown
    return ValueError(
        f"{place}: not text in UTF-8: save the table as CSV in UTF-8, or as .npy or .npz"
    )
