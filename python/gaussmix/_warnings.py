"""Warnings that point at the line outside the package that caused them."""

from __future__ import annotations

import inspect
import warnings


class DegenerateWarning(UserWarning):
    """A criterion was computed for a mixture with a collapsed component; it is meaningless."""


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the innermost call from outside the package.

    Parameters
    ----------
    message : str
        What is wrong, and how to fix it.
    category : type of Warning, default=UserWarning
        Its class.
    """
    frame = inspect.currentframe()
    level = 0
    while frame is not None and frame.f_globals.get("__name__", "").startswith(_INSIDE):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level + 1)


_INSIDE = __name__.rpartition(".")[0] + "."
