"""Warn about weights given as `y`, which scikit-learn's contract ignores.

`estimator.score(X, w)` passes weights as `y`. Labels and targets are fine there, as a search over
parameters passes them on; numbers that look like weights get a warning.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gaussmix._warnings import warn

_FEW = 20  # rows: so few may all have different labels
_SHARE = 4  # rows per label, on average, at least


def warn_of_weights(y: Any, n_rows: int) -> None:
    """Warn where `y` looks like the weights of `n_rows` rows.

    That is, one non-negative number per row, not all whole or with too many different values to be
    labels.

    Warns
    -----
    UserWarning
        Asking for `sample_weight` by name.
    """
    if y is None:
        return
    try:
        values = np.asarray(y)
    except (TypeError, ValueError):
        return
    if values.shape not in {(n_rows,), (n_rows, 1)} or values.dtype.kind not in "iuf":
        return
    if not (values >= 0).all() or not (values > 0).any():  # nor is NaN
        return
    whole = bool((values == np.floor(values)).all())
    if whole and (n_rows <= _FEW or np.unique(values).size <= n_rows / _SHARE):
        return
    warn(
        "y is ignored, as scikit-learn has it, and looks like weights of rows: give them as "
        "sample_weight=..., or no y"
    )
