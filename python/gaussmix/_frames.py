"""Tables of other libraries: their numbers, and the names of their columns.

A table with names keeps them or is refused with the remedy: columns in another order must not be
scored silently. No library is imported: a table is recognised by its methods.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ._interchange import read_arrow, read_protocol

Labels = tuple[Any, ...]

#: The methods that turn other libraries' tables into ones that can be read.
_WAYS = ("to_pandas", "toPandas", "to_arrow", "collect", "compute", "to_table", "to_numpy")


def unwrapped(X: Any, name: str) -> tuple[Any, Labels | None]:
    """Return X as something that NumPy can read, and the labels of its columns.

    Returns
    -------
    tuple
        X itself or an array, and the labels: None if it has none, or if only its array has them.

    Raises
    ------
    TypeError
        If it is a table that cannot be read with its names.
    """
    if type(X) is np.ndarray or is_sparse(X):
        return X, None
    if hasattr(X, "data_vars"):
        return _dataset(X, name)
    if not hasattr(X, "__array__"):
        return _handed_over(X, name)
    labels = _coordinates(X) if hasattr(X, "dims") and hasattr(X, "coords") else _labels(X)
    if labels is None and getattr(X, "ndim", 2) == 2 and hasattr(X, "__arrow_c_stream__"):
        return read_arrow(X, name)
    return X, labels


def _handed_over(X: Any, name: str) -> tuple[Any, Labels | None]:
    """Read a table that NumPy cannot, if it has one of the other protocols."""
    if hasattr(X, "__arrow_c_stream__") or hasattr(X, "__arrow_c_array__"):
        return read_arrow(X, name)
    if hasattr(X, "__dataframe__"):
        return read_protocol(X, name)
    if isinstance(X, Mapping) or _is_list_of(X, Mapping):
        kind = "a dict" if isinstance(X, Mapping) else "a list of dicts"
        raise TypeError(f"{name} is {kind}: give an array of numbers, or pandas.DataFrame({name})")
    return X, None


def unstructured(records: npt.NDArray[Any], name: str) -> tuple[npt.NDArray[Any], Labels]:
    """Return the fields of a structured array as columns (n, d), and their names.

    Raises
    ------
    TypeError
        If a field holds more than one number.
    ValueError
        If there is not one record for each row.
    """
    fields = records.dtype.names or ()
    if records.ndim != 1:
        flat = f"{name}.ravel()" if records.ndim else f"numpy.atleast_1d({name})"
        raise ValueError(
            f"{name} has records in the shape {records.shape}, expected (n_rows,): use {flat}"
        )
    for field in fields:
        if records.dtype[field].shape or records.dtype[field].names:
            raise TypeError(
                f"{name} has field {field!r} of dtype {records.dtype[field]}: give it as fields of "
                "one number each"
            )
    return stacked([records[field] for field in fields]), fields


def stacked(columns: list[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """Return columns as one array, of a type that holds all numbers, else of objects."""
    numeric = all(column.dtype.kind in "biuf" for column in columns)
    out = np.empty(
        (len(columns[0]), len(columns)),
        np.result_type(*columns) if numeric else object,
        order="F",
    )
    for j, column in enumerate(columns):
        out[:, j] = column
    return out


def names_of(labels: Labels | None, name: str) -> tuple[str, ...] | None:
    """Return the labels of columns as names; other types than strings as they are printed.

    Raises
    ------
    TypeError
        If some are strings and others not: the intended names are unknown.
    """
    if not labels:
        return None
    strings = [isinstance(label, str) for label in labels]
    if any(strings) and not all(strings):
        other = labels[strings.index(False)]
        raise TypeError(
            f"{name} has column {other!r} beside {labels[strings.index(True)]!r}: Feature names "
            "are only supported if all input features have string names: rename the others, as by "
            f"{name}.columns.astype(str)"
        )
    return tuple(map(str, labels))


def are_places(labels: Labels | None) -> bool:
    """Return whether the labels are the 0, 1, 2 ... that libraries give columns without names."""
    return bool(labels) and all(
        isinstance(label, int | np.integer) and label == j for j, label in enumerate(labels or ())
    )


def is_sparse(X: Any) -> bool:
    """Return whether X is a sparse matrix, some of which look like a dict."""
    return hasattr(X, "toarray") and hasattr(X, "nnz")


def remedy(X: Any, name: str) -> str:
    """Return the advice for a value that NumPy cannot read."""
    way = next((way for way in _WAYS if callable(getattr(X, way, None))), None)
    if way is not None:
        return f"give {name}.{way}()"
    if isinstance(X, Iterable) and not isinstance(X, Mapping):
        return f"give numpy.array(list({name}))"
    return "give an array of numbers"


def _dataset(X: Any, name: str) -> tuple[Any, Labels]:
    """Return an xarray Dataset, whose variables are features if they lie along one dimension."""
    variables = {label: X.data_vars[label] for label in X.data_vars}
    dimensions = {tuple(variable.dims) for variable in variables.values()}
    if len(dimensions) != 1 or len(*dimensions) != 1:
        them = ", ".join(f"{label!r} {variable.dims}" for label, variable in variables.items())
        raise TypeError(
            f"{name} is a Dataset of the variables {them or 'of none'}: give variables that share "
            f"one dimension, that of rows, as by {name}[[...]], or a DataArray of two"
        )
    return stacked([np.asarray(v) for v in variables.values()]), tuple(variables)


def _coordinates(X: Any) -> Labels | None:
    """Return the coordinate along the second dimension of an xarray DataArray."""
    dimensions = tuple(X.dims)
    if len(dimensions) != 2 or dimensions[1] not in X.coords:
        return None
    return tuple(np.asarray(X.coords[dimensions[1]]).tolist())


def _labels(X: Any) -> Labels | None:
    """Return the labels that a table has for its columns."""
    for attribute in ("column_names", "columns", "colnames"):
        found = getattr(X, attribute, None)
        if isinstance(found, Iterable) and not isinstance(found, str):
            labels = tuple(found)
            if all(map(_is_label, labels)):
                return labels or None
    if hasattr(X, "__dataframe__"):
        return tuple(X.__dataframe__().column_names()) or None
    return None


def _is_label(value: Any) -> bool:
    """Return whether a label is a name, not the column itself."""
    return isinstance(value, str | bytes | tuple) or not hasattr(value, "__len__")


def _is_list_of(X: Any, kind: type) -> bool:
    return isinstance(X, list | tuple) and bool(X) and isinstance(X[0], kind)
