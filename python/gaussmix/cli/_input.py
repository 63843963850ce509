"""Read the input of a command; errors name the file."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ._outputs import STREAM
from ._tables import Table, read_table

#: The decimal marks by their names.
DECIMALS = {"point": ".", "comma": ","}


class InputError(Exception):
    """Unusable input, described in one line."""


def read_rows(options: argparse.Namespace, **chosen: Any) -> Table:
    """Read the file DATA with the options for tables."""
    (data,) = options.data
    with reading(data):
        table = read_table(
            data,
            columns=options.columns,
            exclude=options.exclude,
            header=options.header,
            decimal=DECIMALS.get(options.decimal),
            **chosen,
        )
    for note in table.notes:
        print(f"gaussmix: note: {note}", file=sys.stderr)
    return table


def shown(data: str) -> str:
    return "standard input" if data == STREAM else data


@contextmanager
def rows_named(data: str) -> Iterator[None]:
    """Name the file in errors about the rows, which the library calls X."""
    try:
        yield
    except ValueError as error:
        message = re.sub(r"\bX has\b", lambda _: f"{shown(data)} has", str(error))
        raise InputError(message) from error


@contextmanager
def reading(path: str) -> Iterator[None]:
    """Turn errors of the operating system into errors of the input."""
    if not path:
        raise InputError("an input has an empty name: name a file")
    if path == STREAM and sys.stdin is None:
        raise InputError("standard input is closed")
    try:
        yield
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}" if error.strerror else str(error)) from error
