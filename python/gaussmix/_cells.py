"""The cells of a selection: the calls of the core that fit them, and the results that are kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from . import _core
from ._arrays import as_name
from ._core_options import core_options
from ._covariance import FAMILIES
from ._facts import facts_of
from ._known import Allowed
from ._mixture import Criteria, Mixture, make_mixture
from ._noise import Noise
from ._prior import Prior
from ._selection import Key

INFORMATION = ("bic", "aic", "icl")


@dataclass(frozen=True)
class Options:
    """The options that all fits have in common."""

    prior: str | Prior | None
    noise: bool | Noise | None
    reg_covar: float | None
    effort: str
    max_iter: int
    tol: float
    seed: int


@dataclass
class Found:
    """The models, the criteria of those that may be chosen, and why others may not."""

    models: dict[Key, Mixture]
    criteria: dict[str, dict[Key, float]]
    reasons: dict[Key, str]

    def add(self, cell: Key, mixture: Mixture, criteria: Criteria, reason: str) -> None:
        self.models[cell] = mixture
        if reason:
            self.reasons[cell] = reason
            return
        for name in INFORMATION:
            self.criteria[name][cell] = float(getattr(criteria, name))


def nothing_found() -> Found:
    return Found({}, {name: {} for name in INFORMATION}, {})


@dataclass(frozen=True)
class Run:
    """A call of the core with everything but the rows."""

    families: tuple[str, ...]
    counts: tuple[int, ...]
    options: Options
    n_threads: int
    instruction_set: str
    max_fits: int | None
    max_seconds: float | None

    def __call__(
        self,
        values: npt.NDArray[Any],
        weights: npt.NDArray[Any] | None,
        known: Mapping[int, Allowed] | None = None,
        show: Callable[[int, int], None] | None = None,
        effort: str | None = None,
    ) -> list[_core.CellFound]:
        """Fit all cells to rows; `known`: what these may have come from, by number of components.

        Where some is known, cells of other numbers of components are left out.
        """
        counts = [k for k in self.counts if not known or k in known]
        options = core_options(
            1,
            FAMILIES[0],  # the core sets what each cell has
            max_iter=self.options.max_iter,
            tol=self.options.tol,
            reg_covar=self.options.reg_covar,
            prior=self.options.prior,
            noise=self.options.noise,
            acceleration="auto",
            seed=self.options.seed,
            effort=as_name(effort or self.options.effort, "effort"),
        )

        def observe(n_done: int, n_steps: int) -> bool:
            if show is not None:
                show(n_done, n_steps)
            return False

        return _core.select(
            values,
            options,
            covariance_types=list(self.families),
            n_components=counts,
            sample_weight=weights,
            allowed=[known[k].for_core() for k in counts] if known else [],
            max_fits=self.max_fits,
            max_seconds=self.max_seconds,
            n_threads=self.n_threads,
            instruction_set=self.instruction_set,
            callback=None if show is None else observe,
        )

    def models(
        self,
        values: npt.NDArray[Any],
        weights: npt.NDArray[Any] | None,
        known: Mapping[int, Allowed] | None,
        part: npt.NDArray[Any],
    ) -> dict[Key, _core.Model]:
        """Return the models of a part of the rows that are not degenerate, found quickly."""
        cells = self(
            values[part],
            None if weights is None else weights[part],
            {k: own.of(part) for k, own in known.items()} if known else None,
            effort="low",
        )
        return {
            (family, k): fitted[0]
            for family, k, fitted, _, why in cells
            if fitted is not None and not why
        }


def found_in(
    cells: list[_core.CellFound],
    names: tuple[str, ...] | None,
    started: float,
    *,
    missing: bool = False,
) -> Found:
    seconds = time.perf_counter() - started
    found = nothing_found()
    for family, k, fitted, evidence, why in cells:
        if fitted is None:
            found.reasons[family, k] = why
            continue
        model, facts = fitted
        mixture = make_mixture(model, facts_of(facts, seconds, missing), names)
        found.add((family, k), mixture, Criteria(*model.criteria(evidence)), why)
    return found
