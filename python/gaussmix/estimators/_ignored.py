"""What estimators are given as `y`, which scikit-learn's contract has them ignore.

`estimator.score(X, w)` hands weights to `y`. Labels and targets may be there, as a search over
parameters passes them on; numbers that look like weights instead are told of.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gaussmix._warnings import warn

_FEW = 20  # rows, of which labels may be as many as there are
_SHARE = 4  # labels have at least so many rows each, on average


def warn_of_weights(y: Any, n_rows: int) -> None:
    """Warn where `y` looks like the weights of `n_rows` rows.

    One number a row, none negative, that are not whole, or of so many different values that they
    are no labels.

    Warns
    -----
    UserWarning
        Telling to give `sample_weight` by name.
    """
    if y is None:
        return
    try:
        values = np.asarray(y)
    except (TypeError, ValueError):
        return
    if values.shape not in {(n_rows,), (n_rows, 1)} or values.dtype.kind not in "iuf":
        return
    if not (values >= 0).all() or not (values > 0).any():  # NaN is not, either
        return
    whole = bool((values == np.floor(values)).all())
    if whole and (n_rows <= _FEW or np.unique(values).size <= n_rows / _SHARE):
        return
    warn(
        "y is ignored, as scikit-learn has it, and looks like weights of rows: give them as "
        "sample_weight=..., or no y"
    )
