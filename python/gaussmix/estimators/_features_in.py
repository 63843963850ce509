"""The features that an estimator was fitted to, kept and checked as scikit-learn's do.

scikit-learn finds the names of some libraries' tables; ours come from the one reader of rows, so
that every table that has names keeps them. The words are scikit-learn's, which its checks ask for.
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
    """Refuse rows of other features than those that are remembered.

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
    n_known = getattr(estimator, "n_features_in_", n_features)  # none where parameters were set
    if n_features != n_known:
        raise ValueError(
            f"X has {n_features} features, but {kind} is expecting {n_known} features as input"
        )


def _string_names(rows: Matrix) -> tuple[str, ...] | None:
    """The names, if the table has strings for them; numbers are none to scikit-learn."""
    return rows.names if rows.labels and isinstance(rows.labels[0], str) else None


def _difference(names: set[str], known: set[str]) -> str:
    told = "The feature names should match those that were passed during fit.\n"
    for what, differing in (
        ("unseen at fit time", names - known),
        ("seen at fit time, yet now missing", known - names),
    ):
        if differing:
            told += f"Feature names {what}:\n"
            told += "".join(f"- {name}\n" for name in sorted(differing)[:5])
            told += "- ...\n" if len(differing) > 5 else ""
    if names == known:
        told += "Feature names must be in the same order as they were in fit.\n"
    return told
