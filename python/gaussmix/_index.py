"""Columns that only number the rows are not features: recognise them by their names.

When a data frame is written as text its index has no name, and pandas reads it back as
``Unnamed: 0``. Arrow's writers call it ``__index_level_0__``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ._warnings import warn

_UNNAMED = re.compile(r"(?:Unnamed: \d+(?:\.\d+)*)?")
_OF_ARROW = re.compile(r"__index_level_\d+__")


def index_columns(names: Sequence[str]) -> list[int]:
    """Return the positions of index columns: leading ones without a name, and Arrow's.

    Empty if no other column would be left.
    """
    leading = next((j for j, name in enumerate(names) if not _UNNAMED.fullmatch(name)), len(names))
    found = [j for j, name in enumerate(names) if j < leading or _OF_ARROW.fullmatch(name)]
    return found if len(found) < len(names) else []


def warn_of_index(names: Sequence[str] | None) -> None:
    """Warn if columns to be fitted look like an index.

    scikit-learn fits them silently; gaussmix fits them with a warning.

    Warns
    -----
    UserWarning
        Naming the columns and how to read the table without them.
    """
    found = index_columns(names) if names else []
    if not names or not found:
        return
    columns = ", ".join(repr(names[j]) for j in found)
    one = len(found) == 1
    what = f"column {columns}, which is" if one else f"columns {columns}, which are"
    warn(
        f"X has {what} named like an index and fitted as {'a feature' if one else 'features'}: "
        "leave it out, as by "
        f"pandas.read_csv(..., index_col=0) or X.drop(columns={[names[j] for j in found]})"
    )
