"""The result of a selection: each family with each number of components, and the best of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _core
from ._arrays import as_count, as_integer, as_name
from ._covariance import label
from ._mixture import Mixture

Floats = npt.NDArray[np.float64]
Key = tuple[str, int]

#: The criteria, and whether a larger value is better.
CRITERIA = {"bic": False, "icl": False, "aic": False, "stability": True, "cv": True}


@dataclass(frozen=True)
class Ranked:
    """One cell of `Selection.top`.

    Attributes
    ----------
    covariance_type : str
        The family.
    n_components : int
        The number of components.
    value : float
        The criterion.
    difference : float
        How much worse it is than the best.
    """

    covariance_type: str
    n_components: int
    value: float
    difference: float


class Selection:
    """The fits of several families and numbers of components, and a criterion to choose by.

    Made by `gaussmix.select`. ``s["VEV", 3]`` is the mixture of a family, by its name or mclust's
    code, with a number of components.

    Attributes
    ----------
    criterion : str
        The criterion that chooses: "bic", "icl", "aic", "stability" or "cv".
    covariance_types : tuple of str
        The families, the columns of `table`.
    n_components : tuple of int
        The numbers of components, the rows of `table`.
    models : dict of (str, int) to Mixture
        The fits, by family and number of components, degenerate ones too.
    criteria : dict of str to dict of (str, int) to float
        BIC, AIC and ICL of all fits, and the criterion of those that may be chosen.
    reasons : dict of (str, int) to str
        Why a cell has no value and is never chosen.
    """

    def __init__(
        self,
        criterion: str,
        covariance_types: tuple[str, ...],
        n_components: tuple[int, ...],
        models: Mapping[Key, Mixture],
        criteria: Mapping[str, Mapping[Key, float]],
        reasons: Mapping[Key, str],
    ) -> None:
        self.criterion = criterion
        self.covariance_types = covariance_types
        self.n_components = n_components
        self.models = dict(models)
        self.criteria = {name: dict(values) for name, values in criteria.items()}
        self.reasons = dict(reasons)

    @property
    def table(self) -> Floats:
        """The criterion, shape (numbers of components, families); NaN where `reasons` says why."""
        values = self.criteria[self.criterion]
        return np.array(
            [
                [values.get((family, k), math.nan) for family in self.covariance_types]
                for k in self.n_components
            ]
        )

    @property
    def best(self) -> Mixture:
        """The best mixture by the criterion.

        Raises
        ------
        ValueError
            If none may be chosen.
        """
        ranked = self._ranked()
        if not ranked:
            reason = next(iter(self.reasons.values()), "nothing was fitted")
            raise ValueError(
                f"no cell may be chosen ({reason}): select with a prior, fewer components or "
                "families with fewer parameters"
            )
        return self.models[ranked[0]]

    def top(self, n: int = 3) -> list[Ranked]:
        """Return the best cells, best first.

        Parameters
        ----------
        n : int, default=3
            The number of cells.

        Returns
        -------
        list of Ranked
            Family, number of components, value, and how much worse than the best it is.
        """
        values = self.criteria[self.criterion]
        ranked = self._ranked()[: max(as_count(n, "n"), 0)]
        return [
            Ranked(family, k, values[family, k], abs(values[family, k] - values[ranked[0]]))
            for family, k in ranked
        ]

    def __getitem__(self, key: tuple[str, int]) -> Mixture:
        """Return the mixture of a family and a number of components.

        Raises
        ------
        KeyError
            If it was not tried, or could not be fitted; the message says why.
        """
        given, k = key
        family = _core.family_name(as_name(given, "covariance_type"))
        cell = family, as_integer(k, "n_components")
        if cell not in self.models:
            raise KeyError(f"{cell!r}: {self.reasons.get(cell, 'not among the cells')}")
        return self.models[cell]

    def __iter__(self) -> Iterator[Key]:
        """Return the cells that were fitted."""
        return iter(self.models)

    def __len__(self) -> int:
        return len(self.models)

    def to_pandas(self) -> Any:
        """Return the criterion as a DataFrame: a row for each K, a column for each family.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        import pandas as pd

        index = pd.Index(self.n_components, name="n_components")
        columns = pd.Index([label(f) for f in self.covariance_types], name="family")
        return pd.DataFrame(self.table, index=index, columns=columns)

    def __repr__(self) -> str:
        """Return the table of the criterion, the best cells, and why others have no value."""
        better = "larger" if CRITERIA[self.criterion] else "smaller"
        digits = 4 if CRITERIA[self.criterion] else 2
        cells = [["K", *map(label, self.covariance_types)]]
        for k, values in zip(self.n_components, self.table, strict=True):
            shown = ["-" if math.isnan(value) else f"{value:.{digits}f}" for value in values]
            cells.append([str(k), *shown])
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = [f"{self.criterion.upper()} ({better} is better)"]
        for row in cells:
            padded = [text.rjust(width) for text, width in zip(row, widths, strict=True)]
            lines.append("  ".join(padded))
        lines.append("")
        best = self.top(3)
        if best:
            lines.append(f"Best {self.criterion.upper()}:")
            for cell in best:
                code = label(cell.covariance_type)
                worse = f"  worse by {cell.difference:.{digits}f}" if cell is not best[0] else ""
                lines.append(f"  {code},{cell.n_components}  {cell.value:.{digits}f}{worse}")
        else:
            lines.append("None may be chosen.")
        return "\n".join([*lines, *self._reasons_in_words()])

    def _reasons_in_words(self, most: int = 6) -> list[str]:
        """Return one line per reason, with its cells."""
        by_reason: dict[str, list[str]] = {}
        for (family, k), reason in self.reasons.items():
            by_reason.setdefault(reason.partition(":")[0], []).append(f"{label(family)},{k}")
        lines = []
        for reason, cells in by_reason.items():
            more = f" and {len(cells) - most} more" if len(cells) > most else ""
            lines.append(f"- {reason}: {', '.join(cells[:most])}{more}")
        return lines

    def _ranked(self) -> list[Key]:
        """Return the cells that may be chosen, best first; of equal ones, fewer parameters first.

        All families of one component that have the same form are equal.
        """
        sign = -1 if CRITERIA[self.criterion] else 1
        values = self.criteria[self.criterion]
        return sorted(
            values, key=lambda cell: (sign * values[cell], self.models[cell].n_parameters)
        )
