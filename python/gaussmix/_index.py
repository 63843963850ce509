"""An index is no feature: columns that only say which row is which, told by what they are called.

Text has no name for the index of a frame that was written with it, pandas then reads it as
``Unnamed: 0``, and Arrow's writers call it ``__index_level_0__``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ._warnings import warn

_UNNAMED = re.compile(r"(?:Unnamed: \d+(?:\.\d+)*)?")
_OF_ARROW = re.compile(r"__index_level_\d+__")


def index_columns(names: Sequence[str]) -> list[int]:
    """Give the places of columns that are an index: leading ones without a name, and Arrow's.

    Where no other column is left, none is.
    """
    leading = next((j for j, name in enumerate(names) if not _UNNAMED.fullmatch(name)), len(names))
    found = [j for j, name in enumerate(names) if j < leading or _OF_ARROW.fullmatch(name)]
    return found if len(found) < len(names) else []


def warn_of_index(names: Sequence[str] | None) -> None:
    """Warn where columns to be fitted are an index.

    scikit-learn fits them in silence; so do the estimators, but with a word.

    Warns
    -----
    UserWarning
        Naming the columns and how to read the table without them.
    """
    found = index_columns(names or ())
    if not names or not found:
        return
    told = ", ".join(repr(names[j]) for j in found)
    what = f"column {told}, which is" if len(found) == 1 else f"columns {told}, which are"
    warn(
        f"X has {what} called as an index is, and is fitted as a feature: leave it out, as by "
        f"pandas.read_csv(..., index_col=0) or X.drop(columns={[names[j] for j in found]})"
    )
