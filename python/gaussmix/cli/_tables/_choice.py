"""Choose the columns of a table: features, weights, labels, and those that are neither."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from gaussmix._index import index_columns

from ._arrays import ArrayTable
from ._text import TextTable, counted

Array = NDArray[Any]
Source = ArrayTable | TextTable

_RANGE = re.compile(r"(\d+)?-(\d+)?")
_FEWEST_COUNTED = 5


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of numbers, with the names of their columns if the file has them."""

    values: Array
    names: tuple[str, ...] | None
    weights: NDArray[np.float64] | None = None
    notes: tuple[str, ...] = ()
    labels: NDArray[np.int64] | None = None

    @property
    def columns(self) -> tuple[str, ...] | None:
        """The names: to `fit` a table looks like a data frame, so a mixture remembers them."""
        return self.names

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Array:
        return np.array(self.values, dtype) if copy else np.asarray(self.values, dtype)


@dataclass(frozen=True, slots=True)
class Choice:
    """The columns wanted of a table; see `read_table`."""

    columns: Sequence[str] | None = None
    exclude: Sequence[str] = ()
    features: Sequence[str] | None = None
    weights: str | None = None
    missing: bool = False
    known: str | None = None

    @property
    def beside(self) -> dict[str, str]:
        """The words for columns that are no features, by what stands in them."""
        words = {"weights": self.weights, "labels": self.known}
        return {what: word for what, word in words.items() if word is not None}


def split_columns(text: str) -> list[str]:
    """Return the columns in a comma-separated list; names with a comma are in double quotes."""
    return [cell.strip() for cell in next(csv.reader([text], skipinitialspace=True), [])]


def take(source: Source, choice: Choice) -> Table:
    """Read the chosen columns of a source.

    Raises
    ------
    ValueError
        If there are no such columns, or they do not hold finite numbers.
    """
    columns = _Columns(source)
    beside = columns.beside(choice)
    weighing = [beside["weights"]] if "weights" in beside else []
    chosen, notes = _features(columns, choice, beside)
    values = source.read(chosen + weighing, missing=choice.missing)
    if choice.columns is None and choice.features is None and _counts_rows(values[:, 0], chosen):
        notes.append(columns.about_counting(chosen[0]))
    names = columns.names and tuple(columns.names[column] for column in chosen)
    if names is not None and choice.features is not None and choice.columns is None:
        names = tuple(choice.features)
    shown = tuple(f"{source.shown}: {note}" for note in (*source.notes, *notes))
    labels = _labels(source, beside["labels"]) if "labels" in beside else None
    if not weighing:
        return Table(values, names, None, shown, labels)
    weights = np.ascontiguousarray(values[:, -1], dtype=np.float64)
    if np.isnan(weights).any():
        row = int(np.argmax(np.isnan(weights)))
        raise ValueError(
            f"{source.place(row, weighing[0])}: the weight is missing: give each row one, 0 to "
            "leave it out"
        )
    if (weights < 0).any():
        row = int(np.argmax(weights < 0))
        raise ValueError(
            f"{source.place(row, weighing[0])}: the weight {weights[row]:g} is negative: weights "
            "count rows, give none or more"
        )
    return Table(values[:, :-1], names, weights, shown, labels)


def _labels(source: Source, column: int) -> NDArray[np.int64]:
    """Read the components of rows, -1 where they are not known."""
    values = source.read([column], missing=True)[:, 0].astype(np.float64)
    values[np.isnan(values)] = -1
    odd = np.flatnonzero((values < -1) | (values != np.floor(values)) | (values >= 2**53))
    if odd.size:
        raise ValueError(
            f"{source.place(int(odd[0]), column)}: {values[odd[0]]:g} is no component: give 0, 1 "
            "..., or nothing or -1 where it is not known"
        )
    return values.astype(np.int64)


def chosen_of(
    shown: str, names: Sequence[str], choice: Choice
) -> tuple[list[str], str | None, tuple[str, ...]]:
    """Return the names of the features and of the weights among columns, and notes.

    Raises
    ------
    ValueError
        If there are no such columns.
    """
    columns = _Columns(_Header(shown, len(names), tuple(names)))
    beside = columns.beside(choice)
    chosen, notes = _features(columns, choice, beside)
    return (
        [names[j] for j in chosen],
        names[beside["weights"]] if "weights" in beside else None,
        tuple(f"{shown}: {note}" for note in notes),
    )


@dataclass(frozen=True, slots=True)
class _Header:
    """The columns of a file whose rows are read elsewhere."""

    shown: str
    n_columns: int
    names: tuple[str, ...] | None


def _features(
    columns: _Columns, choice: Choice, beside: dict[str, int]
) -> tuple[list[int], list[str]]:
    """Return the columns that are features, and notes about the others."""
    excluded = set(columns.chosen(choice.exclude))
    notes: list[str] = []
    if choice.columns is not None:
        chosen = [j for j in columns.chosen(choice.columns) if j not in excluded]
    elif choice.features is not None and columns.names is not None:
        chosen = columns.of_model(choice.features, excluded)
    else:
        index = columns.index()
        chosen = [j for j in range(columns.n) if j not in {*beside.values(), *excluded, *index}]
        if chosen and index - excluded:
            notes.append(columns.about_index(sorted(index - excluded), chosen))
    if not chosen:
        only = " and the ".join(beside)
        why = f"it has only the {only}" if choice.columns is None else "name those to read"
        why = "all are excluded" if excluded else why
        raise ValueError(f"{columns.shown}: no column is chosen: {why}")
    for what, column in beside.items():
        if column in chosen:
            raise ValueError(
                f"column {choice.beside[what]!r} cannot be a feature and the {what} at once: leave "
                "it out of the features with --exclude"
            )
    return chosen, notes


class _Columns:
    """The columns of a source, by name, number or range of numbers."""

    def __init__(self, source: Source | _Header) -> None:
        self.shown = source.shown
        self.n = source.n_columns
        self._given = source.names
        #: Columns without a name are named as in pandas.
        self.names = (
            None
            if source.names is None
            else tuple(name or f"Unnamed: {j}" for j, name in enumerate(source.names))
        )
        self._places: dict[str, list[int]] = {}
        for j, (given, name) in enumerate(zip(self._given or (), self.names or (), strict=True)):
            for each in {given, name}:
                self._places.setdefault(each, []).append(j)

    def chosen(self, wanted: Iterable[str]) -> list[int]:
        """Return the indices of columns."""
        found: dict[int, None] = {}
        for word in wanted:
            for index in self._indices(word):
                if index in found:
                    raise ValueError(f"column {word!r} is chosen twice")
                found[index] = None
        return list(found)

    def beside(self, choice: Choice) -> dict[str, int]:
        """Return the indices of the columns that hold weights and labels."""
        found: dict[str, int] = {}
        for what, word in choice.beside.items():
            first, *others = self._indices(word)
            if others:
                raise ValueError(f"{what} stand in one column, {word} are several: name one")
            if first in found.values():
                raise ValueError(f"column {word!r} cannot be the weights and the labels at once")
            found[what] = first
        return found

    def of_model(self, features: Sequence[str], excluded: set[int]) -> list[int]:
        """Return the indices of the features that a model knows by name."""
        if self._given == tuple(features):
            chosen = list(range(self.n))  # whose names may be equal
        else:
            chosen = [self._by_name(name) for name in features]
        for name, index in zip(features, chosen, strict=True):
            if index in excluded:
                raise ValueError(
                    f"column {name!r} is excluded, but the model needs it: choose columns with "
                    "--columns"
                )
        return chosen

    def index(self) -> set[int]:
        """Return the columns that only number the rows."""
        return set(index_columns(self._given or ()))

    def about_index(self, index: list[int], chosen: list[int]) -> str:
        """Return a note that an index is left out, and how to include it."""
        what = "column" if len(index) == 1 else "columns"
        places = ", ".join(str(j + 1) for j in index)
        has = "has" if len(index) == 1 else "have"
        return (
            f"{what} {places} {has} no name, as an index: left out; --columns "
            f"{_ranges([*index, *chosen])} takes it too"
        )

    def about_counting(self, column: int) -> str:
        """Return a note that a column looks like an index."""
        name = f" ({self.names[column]!r})" if self.names else ""
        return (
            f"column {column + 1}{name} counts the rows: if it is an index, leave it out with "
            f"--exclude {column + 1}"
        )

    def _by_name(self, name: str) -> int:
        places = self._places.get(name, [])
        if not places:
            raise ValueError(f"{self.shown} has no column {name!r}: it has {self._told()}")
        if len(places) > 1:
            raise ValueError(
                f"{self.shown} has {len(places)} columns named {name!r}: choose one by its number"
            )
        return places[0]

    def _indices(self, word: str) -> Iterable[int]:
        if word in self._places:
            return [self._by_name(word)]
        if word.isdecimal() and 1 <= int(word) <= self.n:
            return [int(word) - 1]
        bounds = _RANGE.fullmatch(word)
        if bounds is None or word == "-":
            return [self._by_name(word)]
        first, last = int(bounds[1] or 1), int(bounds[2] or self.n)
        if not 1 <= first <= self.n or not 1 <= last <= self.n:
            raise ValueError(
                f"{self.shown} has no columns {word}: it has {counted(self.n, 'column')}"
            )
        if first > last:
            raise ValueError(f"columns {word} are none: give the smaller number first")
        return range(first - 1, last)

    def _told(self) -> str:
        if self.names is None:
            return f"{counted(self.n, 'column')} without names"
        shown = ", ".join(self.names[:20])
        return shown if self.n <= 20 else f"{shown} and {self.n - 20} more"


def _counts_rows(column: Array, chosen: list[int]) -> bool:
    """Return whether the first of several columns is 0, 1, 2 ... or 1, 2, 3 ..."""
    n = len(column)
    if len(chosen) < 2 or n < _FEWEST_COUNTED or column[0] not in (0, 1):
        return False
    return bool(np.array_equal(column, np.arange(n) + column[0]))


def _ranges(columns: list[int]) -> str:
    """Return columns as the option takes them: 1,3-5."""
    parts: list[list[int]] = []
    for j in sorted(columns):
        if parts and j == parts[-1][-1] + 1:
            parts[-1].append(j)
        else:
            parts.append([j])
    return ",".join(
        str(part[0] + 1) if len(part) == 1 else f"{part[0] + 1}-{part[-1] + 1}" for part in parts
    )
