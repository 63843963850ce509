"""DATA that is read in batches: several files, patterns of names, Parquet and Arrow files."""

from __future__ import annotations

import argparse
import glob
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gaussmix._arrays import as_matrix
from gaussmix._batches import Batches
from gaussmix._sources import Part, expanded, file_columns, holds_columns, read_columns

from ._input import DECIMALS, InputError
from ._outputs import STREAM
from ._tables import Choice, chosen_of, read_table


def is_many(options: argparse.Namespace) -> bool:
    """Return whether DATA is more than one table in memory."""
    first, *others = options.data
    is_pattern = glob.has_magic(first) and not Path(first).exists()
    asked = getattr(options, "checkpoint", None) is not None
    return bool(others) or is_pattern or asked or holds_columns(first)


def paths_of(data: Sequence[str]) -> list[str]:
    """Return the files that DATA names."""
    if STREAM in data:
        raise InputError("standard input can be read only once: give files, or nothing beside it")
    try:
        return expanded(data)
    except FileNotFoundError as error:
        raise InputError(str(error)) from None


def batches_of(paths: Sequence[str], options: argparse.Namespace, **chosen: Any) -> Batches:
    """Return the rows of some files; a note about a file is printed once."""
    return Batches(_Files(paths, options, Choice(options.columns, options.exclude, **chosen)))


@dataclass
class _Files:
    """The parts of some files, read anew each time."""

    paths: Sequence[str]
    options: argparse.Namespace
    choice: Choice
    is_first: bool = True

    def __call__(self) -> Iterator[Part]:
        for path in self.paths:
            columns = file_columns(path)
            parts = self._of_text(path) if columns is None else self._of_columns(path, columns)
            yield from parts
        self.is_first = False

    def _of_text(self, path: str) -> Iterator[Part]:
        table = read_table(
            path,
            columns=self.choice.columns,
            exclude=self.choice.exclude,
            features=self.choice.features,
            weights=self.choice.weights,
            header=self.options.header,
            decimal=DECIMALS.get(self.options.decimal),
            missing=self.choice.missing,
        )
        self._note(table.notes)
        yield Part(table, table.weights, path, 0)

    def _of_columns(self, path: str, columns: Sequence[str]) -> Iterator[Part]:
        features, weights, notes = chosen_of(path, columns, self.choice)
        self._note(notes)
        wanted = [*features, *([] if weights is None else [weights])]
        for part in read_columns(path, wanted):
            if weights is None:
                yield part
                continue
            matrix = as_matrix(part.rows.select([weights]))
            rows = part.rows.select(features)
            yield Part(rows, matrix.values[:, 0], part.origin, part.first_row)

    def _note(self, notes: Sequence[str]) -> None:
        for note in notes if self.is_first else ():
            print(f"gaussmix: note: {note}", file=sys.stderr)
