"""Numbers from files, for the command line: tables in text, .npy and .npz, compressed or not.

Error messages are read beside an editor or a spreadsheet, so lines, rows and columns are counted
from 1 here.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from ._arrays import read_arrays
from ._choice import Choice, Source, Table, chosen_of, take
from ._file import on_disk
from ._text import text_table

__all__ = ["Choice", "Table", "chosen_of", "read_table"]


def read_table(
    path: str | os.PathLike[str],
    *,
    columns: Sequence[str] | None = None,
    exclude: Sequence[str] = (),
    features: Sequence[str] | None = None,
    weights: str | None = None,
    known: str | None = None,
    header: bool | None = None,
    decimal: str | None = None,
    missing: bool = False,
) -> Table:
    """Read a table of finite numbers.

    Parameters
    ----------
    path
        A ``.npy`` file, a ``.npz`` file (with one array, or one named ``X``), or text: cells
        separated by commas, semicolons, tabs, bars or blanks, quoted or not, in UTF-8 or UTF-16,
        with decimal points or commas. Blank lines, and what follows a ``#`` outside quotes, are
        skipped. Each may be compressed by gzip, bzip2 or xz. ``-`` is standard input.
    columns
        The columns to read, in this order, by name, number (counted from 1) or range of numbers
        (``2-5``). Default: all, save those of weights and labels, and leading ones without a
        name, which are an index. Columns that are not read may hold anything.
    exclude
        Columns to leave out, named in the same ways.
    features
        The feature names of a model: the columns to read if none are chosen and the file has names.
    weights
        The column that holds the weight of each row.
    known
        The column that holds the component of each row; empty or -1: not known.
    header
        Whether the first line of a text file holds names. Default: it does if it holds no numbers.
    decimal
        The decimal mark of a text file, a point or a comma. Default: that of its numbers.
    missing
        Whether empty cells, NA, NaN and the like are missing values, which become NaN.

    Returns
    -------
    Table
        ``values`` of shape (n, d), ``names`` of the d columns or None, ``weights`` (n,) or None,
        ``notes`` about what may be unexpected, and ``labels`` (n,) or None.

    Raises
    ------
    OSError
        The file cannot be read.
    ValueError
        Its content cannot be used; the message names file, line and column.
    """
    choice = Choice(columns, exclude, features, weights, missing, known)
    with on_disk(path) as file:
        if file.is_array and (header, decimal) != (None, None):
            raise ValueError(f"{file.shown} holds an array: --header and --decimal are for text")
        source: Source = read_arrays(file) if file.is_array else text_table(file, header, decimal)
        return take(source, choice)
