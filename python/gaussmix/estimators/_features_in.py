"""Keep and check the features of a fit, as scikit-learn's estimators do.

scikit-learn knows the tables of some libraries; here names come from the one reader of rows, so
that any table with names keeps them. The messages are scikit-learn's: its checks demand them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gaussmix._arrays import Matrix
from gaussmix._warnings import warn


def keep_features(estimator: Any, rows: Matrix) -> None:
    """Remember the number of features, and their names if they have any that are strings."""
    estimator.n_features_in_ = rows.values.shape[1]
    names = _string_names(rows)
    if names is not None:
        estimator.feature_names_in_ = np.array(names, dtype=object)
    elif hasattr(estimator, "feature_names_in_"):
        del estimator.feature_names_in_


def check_features(estimator: Any, rows: Matrix) -> None:
    """Raise unless rows have the features of the fit.

    Raises
    ------
    ValueError
        If their number or their names differ.

    Warns
    -----
    UserWarning
        If only one side has names.
    """
    kind = type(estimator).__name__
    names = _string_names(rows)
    known = getattr(estimator, "feature_names_in_", None)
    if names is not None and known is None:
        warn(f"X has feature names, but {kind} was fitted without feature names")
    elif names is None and known is not None:
        warn(f"X does not have valid feature names, but {kind} was fitted with feature names")
    elif names is not None and known is not None and list(names) != list(known):
        raise ValueError(_difference(set(names), set(known)))
    n_features = rows.values.shape[1]
    # Absent where parameters were set by hand.
    n_known = getattr(estimator, "n_features_in_", n_features)
    if n_features != n_known:
        raise ValueError(
            f"X has {n_features} features, but {kind} is expecting {n_known} features as input"
        )


def _string_names(rows: Matrix) -> tuple[str, ...] | None:
    """Return the names if they are strings: scikit-learn ignores numbers."""
    return rows.names if rows.labels and isinstance(rows.labels[0], str) else None


def _difference(names: set[str], known: set[str]) -> str:
    message = "The feature names should match those that were passed during fit.\n"
    for what, differing in (
        ("unseen at fit time", names - known),
        ("seen at fit time, yet now missing", known - names),
    ):
        if differing:
            message += f"Feature names {what}:\n"
            message += "".join(f"- {name}\n" for name in sorted(differing)[:5])
            message += "- ...\n" if len(differing) > 5 else ""
    if names == known:
        message += "Feature names must be in the same order as they were in fit.\n"
    return message
