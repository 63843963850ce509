"""How a mixture was fitted: the facts of a fit, and the repairs it needed."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from . import _core

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Event:
    """A repair without which a fit could not have continued.

    Attributes
    ----------
    iteration : int
        The iteration, counted from 1; 0 is the start.
    component : int
        The component, counted from 0 (0 where the covariance is shared); of "constant" and
        "apart" the feature.
    act : str
        "jitter": the covariance was not positive definite, or only by rounding; its diagonal was
        raised. "floor": in some direction the ridge is larger than the variance of the component's
        rows; it alone keeps the component from collapsing. "reseed": the component began without
        rows; it was given half of another one. "prune": the component lost all its rows, or began
        without and none could be halved; its weight stays zero. "identical": the component began as
        a copy of another one, and EM cannot separate the two. "constant": the feature of that
        number is constant, and the volume of the background leaves it out. "apart": no row has the
        feature of that number and some other, so that none tells how the two correlate.
    """

    iteration: int
    component: int
    act: str


def place_of(event: Event) -> str:
    """Return the component of an event, or the feature, in words."""
    return f"{'feature' if event.act in ('constant', 'apart') else 'component'} {event.component}"


@dataclass(frozen=True)
class End:
    """One of the distinct ends that a fit reached.

    Attributes
    ----------
    log_likelihood : float
        The mean log-likelihood per row there, as the last value of `Mixture.history`.
    times : int
        How many restarts, and searches for their starts, ended there.
    collapsed : bool
        Whether a component has collapsed there: the log-likelihood is then meaningless.
    """

    log_likelihood: float
    times: int
    collapsed: bool


@dataclass(frozen=True, eq=False)
class FitFacts:
    """How a mixture was fitted."""

    status: str = "given"
    n_iter: int = 0
    history: Floats = field(default_factory=lambda: np.empty(0))
    pairs: Floats = field(default_factory=lambda: np.empty((0, 2)))
    ends: tuple[End, ...] = ()
    events: tuple[Event, ...] = ()
    collapsed: tuple[int, ...] = ()
    n_threads: int = 0
    seconds: float = math.nan
    missing: bool = False  # whether NaN stood for missing values


def facts_of(core: _core.Facts, seconds: float = math.nan, missing: bool = False) -> FitFacts:
    """Turn the core's report of a fit into facts."""
    return FitFacts(
        status=core["status"],
        n_iter=core["n_iter"],
        history=core["history"],
        pairs=core["pairs"] if "pairs" in core else np.empty((0, 2)),
        ends=tuple(End(*end) for end in core.get("ends", ())),
        events=tuple(Event(*event) for event in core["events"]),
        collapsed=tuple(core["collapsed"]),
        n_threads=core.get("n_threads", 0),
        seconds=seconds,
        missing=missing or core.get("missing", False),
    )
