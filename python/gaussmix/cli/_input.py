"""What a command reads: the table of rows, as the options say, and errors that name its file."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ._outputs import STREAM
from ._tables import Table, read_table

_DECIMALS = {"point": ".", "comma": ","}


class InputError(Exception):
    """Input that cannot be used, told in one line."""


def read_rows(options: argparse.Namespace, **chosen: Any) -> Table:
    """Read DATA as the options say."""
    with reading(options.data):
        table = read_table(
            options.data,
            columns=options.columns,
            exclude=options.exclude,
            header=options.header,
            decimal=_DECIMALS.get(options.decimal),
            **chosen,
        )
    for note in table.notes:
        print(f"gaussmix: note: {note}", file=sys.stderr)
    return table


def shown(data: str) -> str:
    return "standard input" if data == STREAM else data


@contextmanager
def rows_named(data: str) -> Iterator[None]:
    """Have errors of the rows, which the library calls X, say the name of the file."""
    try:
        yield
    except ValueError as error:
        told = re.sub(r"\bX has\b", lambda _: f"{shown(data)} has", str(error))
        raise InputError(told) from error


@contextmanager
def reading(path: str) -> Iterator[None]:
    """Turn what the operating system says of an input into an error of the input."""
    if not path:
        raise InputError("an input has an empty name: name a file")
    if path == STREAM and sys.stdin is None:
        raise InputError("standard input is closed")
    try:
        yield
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}" if error.strerror else str(error)) from error
