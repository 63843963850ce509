"""The layout of a table in text: the delimiter of cells, and the meaning of the first line."""

from __future__ import annotations

import contextlib
import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from ._cells import MISSING, decimal_mark, excerpt, is_number
from ._file import File

#: The layout is decided from this many lines.
SNIFFED_LINES = 50
#: In a cell that spans more lines, a quote was never closed.
_MOST_LINES = 200

_QUOTED = re.compile(r'"[^"]*"')
_UP_TO_COMMENT = re.compile(r'((?:[^"#]|"[^"]*")*)#')
_BLANK_SEPARATED = re.compile(r'"((?:[^"]|"")*)"|(\S+)')
#: Fewer rows may be consecutive by chance.
_FEWEST_COUNTED = 3
_OPEN = re.compile(r'(?:^|[\t;|, ])"')
_SAYS_DELIMITER = re.compile(r'"?sep=(.)"?\1*', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Layout:
    """The layout of a file."""

    delimiter: str | None  # None: any run of blanks
    decimal: str | None  # None: unknown; then a point
    header_line: int  # lines up to this one are not rows
    first_line: int  # the first line with cells, names or numbers
    names: tuple[str, ...] | None
    n_columns: int
    n_surplus: int = 0  # empty cells after the last column, from a delimiter at the end of lines
    notes: tuple[str, ...] = ()


def lines_of(file: File) -> Iterator[tuple[int, str]]:
    """Return the lines that are not blank, with their numbers and without comments.

    A quoted cell may span lines; they count as one, with the number of the first.
    """
    begun, first = "", 0
    with file.open_text() as stream:
        for number, whole in enumerate(stream, start=1):
            text = begun + whole
            comment = _UP_TO_COMMENT.match(text) if "#" in text else None
            line = comment[1] if comment else text.removesuffix("\n")
            spans = number - (first or number) < _MOST_LINES
            if spans and line.count('"') % 2 and (begun or _OPEN.search(line)):
                begun, first = text, first or number
                continue
            if line and not line.isspace():
                yield first or number, line
            begun, first = "", 0
    if begun:
        yield first, begun


def split(line: str, delimiter: str | None, place: str) -> list[str]:
    """Return the cells of a line, without quotes and the blanks around them."""
    if '"' not in line:
        return [cell.strip() for cell in line.split(delimiter)]
    if delimiter is None:
        return [a.replace('""', '"') or b for a, b in _BLANK_SEPARATED.findall(line)]
    reader = csv.reader([line], delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        return [cell.strip() for cell in next(reader)]
    except csv.Error as error:
        raise ValueError(f"{place}: a quoted cell is not closed, or text follows it") from error


def find_layout(file: File, header: bool | None, decimal: str | None) -> Layout:
    """Return the layout of a file, by its first lines.

    Raises
    ------
    ValueError
        If the layout cannot be recognised, or there are no rows.
    """
    shown = file.shown
    top = list(islice(lines_of(file), SNIFFED_LINES + 1))
    above, delimiter = 0, None
    if top and (said := _SAYS_DELIMITER.fullmatch(top[0][1].strip(" "))):  # as Excel does
        above, delimiter = top.pop(0)[0], said[1]
    if not top:
        raise ValueError(f"{shown} is empty")
    if any("\0" in line for _, line in top):
        raise file.not_text()
    if delimiter is None:
        delimiter = _delimiter([line for _, line in top], decimal)
    rows = _cells_of(top, delimiter, shown)
    if decimal is None and _may_have_decimal_commas(delimiter, top):
        decimal = decimal_mark(cell for row in rows for cell in row)
    first_line, first = top[0][0], rows[0]
    notes: list[str] = []
    if header is None:
        quoted = decimal != "," and _alone_is_quoted(top[0][1], top[1:2], delimiter)
        header = quoted or _is_header(rows, decimal, f"{shown}, line {first_line}", notes)
    if not header:
        surplus = _n_empty_at_end(rows, len(first) - 1)
        return Layout(
            delimiter, decimal, above, first_line, None, len(first) - surplus, surplus, tuple(notes)
        )
    if len(top) == 1:
        raise ValueError(f"{shown} has a line of names and no rows")
    names, surplus = _names(first, rows[1:], delimiter, decimal)
    last_line = first_line + top[0][1].count("\n")
    return Layout(
        delimiter, decimal, last_line, first_line, names, len(names), surplus, tuple(notes)
    )


def _cells_of(top: list[tuple[int, str]], delimiter: str | None, shown: str) -> list[list[str]]:
    """Return the cells of each line; below the second one only of lines that can be split."""
    rows = [split(line, delimiter, f"{shown}, line {number}") for number, line in top[:2]]
    for _, line in top[2:]:
        with contextlib.suppress(ValueError):
            rows.append(split(line, delimiter, shown))
    return rows


def _delimiter(lines: list[str], decimal: str | None) -> str | None:
    bare = [_QUOTED.sub("q", line) for line in lines]
    body = bare[1:] or bare
    marks = "\t;|,"
    if _blanks_separate(lines) or (
        decimal == "," and not any("," in cell for line in lines for cell in _QUOTED.findall(line))
    ):
        marks = "\t;|"  # commas are decimal ones
    for mark in marks:
        # The same number on every line, but for one more at the ends of rows than in a line of
        # names. A decimal comma beside a semicolon falls to the semicolon.
        first, counts = bare[0].count(mark), {line.count(mark) for line in body}
        if first and counts in ({first}, {first + 1}):
            return mark
    for mark in marks:
        # Lines of unequal length: the reader will report them.
        if all(mark in line for line in body):
            return mark
    # A single column may have a name with blanks: then blanks do not separate.
    return None if any(len(line.split()) > 1 for line in body) else marks[-1]


def _blanks_separate(lines: list[str]) -> bool:
    """Return whether lines are numbers with decimal commas and blanks between them."""
    rows = [line.split() for line in lines[1:] or lines]
    return (
        all(len(row) == len(rows[0]) > 1 and is_number(row, ",") for row in rows)
        and not any(cell[0] == "," or cell[-1] == "," for row in rows for cell in row)
        and any("," in cell for row in rows for cell in row)
    )


def _may_have_decimal_commas(delimiter: str | None, top: list[tuple[int, str]]) -> bool:
    return delimiter != "," or any('"' in line for _, line in top)


def _alone_is_quoted(first: str, below: list[tuple[int, str]], delimiter: str | None) -> bool:
    """Return whether the cells of the first line are quoted, and not all of those below."""
    marks = f" {delimiter or ''}"
    return (
        '"' in first
        and _QUOTED.sub("", first).strip(marks) == ""
        and any(_QUOTED.sub("", line).strip(marks) for _, line in below)
    )


def _is_header(rows: list[list[str]], decimal: str | None, place: str, notes: list[str]) -> bool:
    first, below = rows[0], rows[1] if len(rows) > 1 else []
    words = [not is_number([cell], decimal) for cell in first]
    if all(words) and decimal is None and is_number(first, ","):
        raise ValueError(
            f"{place}: the comma of {excerpt(first[0])} may be decimal or separate thousands: "
            "say --decimal comma, or --header if it is a name"
        )
    if all(words):
        return any(first)
    counted = [str(j) for j in range(len(first))]
    if first[0] == "" and first[1:] == counted[:-1] and below and is_number(below[1:], decimal):
        return True  # a frame without names that was written with its index
    if below and (_are_whole_alone(rows) or (len(first) > 1 and first == counted)):
        notes.append(
            "the first line may hold names, and is read as a row: if it does, say --header"
        )
    # Words among numbers: a column of words, or missing values; otherwise undecided.
    for cell, word, other in zip(first, words, below, strict=False):
        if word and cell.lower() not in MISSING and is_number([other], decimal):
            number = first[words.index(False)]
            raise ValueError(
                f"{place}: {excerpt(cell)} looks like a name and {excerpt(number)} like a value: "
                "say --header if this line holds names, --no-header if it is a row"
            )
    return False


def _are_whole_alone(rows: list[list[str]]) -> bool:
    """Return whether the first line holds integers, such as years, and no other line does."""
    whole = [all(cell.isdecimal() for cell in row if cell) for row in rows]
    return whole[0] and not any(whole[1:]) and len(rows[0]) > 1


def _names(
    first: list[str], body: list[list[str]], delimiter: str | None, decimal: str | None
) -> tuple[tuple[str, ...], int]:
    """Return the names of columns, and the number of empty cells after the last one."""
    width = len(body[0])
    named = len(first) - _n_empty_at_end([first], len(first) - 1)
    surplus = _n_empty_at_end(body, max(width - named, 0))
    if len(first) in (width, width - surplus):
        return tuple(first[: width - surplus]), surplus
    if named == width:
        return tuple(first[:width]), 0
    if len(first) == width - 1 and _are_row_names(body, delimiter, decimal):
        return ("", *first), 0  # as R writes them
    return tuple(first), 0


def _n_empty_at_end(rows: Sequence[list[str]], most: int) -> int:
    """Return how many cells at the end are empty in all rows, if these have one length."""
    if len({len(row) for row in rows}) > 1:
        return 0
    n = 0
    while n < most and all(row[-1 - n] == "" for row in rows):
        n += 1
    return n


def _are_row_names(body: list[list[str]], delimiter: str | None, decimal: str | None) -> bool:
    """Return whether the first cells name or number the rows; else commas were decimal marks."""
    if len({len(row) for row in body}) > 1 or (delimiter == "," and len(body[0]) < 3):
        return False
    first = [row[0] for row in body]
    if len(set(first)) == len(first) and not any(is_number([cell], decimal) for cell in first):
        return True
    counts = any(first == [str(i + start) for i in range(len(first))] for start in (0, 1))
    return counts and len(first) >= _FEWEST_COUNTED
