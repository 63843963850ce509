"""A cell of a table in text: its number, or why it is not one."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

#: Spellings of a missing value, in lower case.
MISSING = frozenset(
    {"", "na", "n/a", "#n/a", "nan", "null", "none", "<na>", "nat", "?", ".", "-", "--", "\\n"}
)

_COMMA = re.compile(r"[+-]?(?:\d+,\d*|,\d+)(?:[eE][+-]?\d+)?")
_POINT = re.compile(r"[+-]?(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+")
_NUMBER = r"[+-]?\d[\d.,]*(?:[eE][+-]?\d+)?"
#: Spellings that are not numbers, with the remedy.
_FORMS = [
    (re.compile(rf"{_NUMBER}\s*%"), "write it without the percent sign"),
    (re.compile(rf"[$€£¥]\s*{_NUMBER}|{_NUMBER}\s*[$€£¥]"), "write it without the currency"),
    (re.compile(r"true|false|yes|no", re.IGNORECASE), "write 1 and 0"),
    (
        re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b.*|\d{1,2}:\d{2}\b.*"),
        "write times as numbers, or leave this column out with --exclude",
    ),
    (
        re.compile(r"[+-]?\d{1,3}(?:([ '’.,\u00a0\u2009\u202f])\d{3})(?:\1\d{3})*(?:[.,]\d+)?"),
        "write numbers without separators of thousands",
    ),
    (re.compile(rf"[\u2010-\u2015\u2212]\s*{_NUMBER}"), "write the minus sign as -"),
    (re.compile(rf"(['‘“]){_NUMBER}['’”]"), "write numbers without such quotes"),
    (re.compile(r"[+-]?\d[\d.]*[dD][+-]?\d+"), "write its exponent with e"),
    (re.compile(rf"\({_NUMBER}\)|{_NUMBER}-"), "write the minus sign before the number"),
    (re.compile(rf"{_NUMBER}\s*[^\W\d_]\S*"), "write the number alone, without its unit"),
]  # fmt: skip


def parse(cell: str, decimal: str | None) -> float:
    """Read a number.

    Raises
    ------
    ValueError
        If it is not one.
    """
    if "_" in cell:  # float() accepts it as a separator of thousands
        raise ValueError
    return float(swapped(cell) if decimal == "," else cell)


def swapped(text: str) -> str:
    """Turn decimal commas into points, and points into a character that no number has."""
    return text.replace(".", "\1").replace(",", ".")


def is_number(cells: Sequence[str], decimal: str | None) -> bool:
    """Return whether there are cells and each is a number; NaN is not."""
    try:
        return bool(cells) and not any(math.isnan(parse(cell, decimal)) for cell in cells)
    except ValueError:
        return False


def decimal_mark(cells: Iterable[str]) -> str | None:
    """Return the decimal mark of the numbers among cells, a point or a comma; None if unknown.

    A comma that may separate thousands, as in 1,234, decides nothing; points take precedence.
    """
    mark = None
    for cell in cells:
        if _POINT.fullmatch(cell):
            return "."
        if _COMMA.fullmatch(cell) and not _THOUSANDS.fullmatch(cell):
            mark = ","
    return mark


def advice(cell: str | float) -> str:
    """Return the advice for a cell without a finite number."""
    if isinstance(cell, float) and math.isinf(cell):
        return "the number is infinite: remove or correct such rows"
    held = "the cell is empty" if cell == "" else f"{cell} marks a missing value"
    return f"{held}: remove or impute such rows, or fit around what is missing with --missing em"


def remedy(cell: str, decimal: str | None) -> str | None:
    """Return the advice for a cell that people read as a number and programs do not."""
    if decimal is None and _THOUSANDS.fullmatch(cell) and cell.count(",") == 1:
        return (
            "its comma may be a decimal one or separate thousands: say --decimal comma, or write "
            "numbers without separators"
        )
    if decimal != "," and _COMMA.fullmatch(cell) and not _THOUSANDS.fullmatch(cell):
        return "other numbers have decimal points: write all the same way, or say --decimal comma"
    if (
        decimal == ","
        and _POINT.fullmatch(cell)
        and not _THOUSANDS.fullmatch(cell.replace(".", ","))
    ):
        return "other numbers have decimal commas: write all the same way, or say --decimal point"
    return next((way for form, way in _FORMS if form.fullmatch(cell)), None)


def excerpt(cell: str) -> str:
    """Return a cell as messages show it: of a long one the beginning."""
    return repr(cell if len(cell) <= 40 else cell[:37] + "...")


def named(names: Sequence[str] | None, column: int) -> str:
    """Return the name of a column in brackets, where it has one."""
    return f" ({names[column]!r})" if names and names[column] else ""
