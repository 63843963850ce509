"""How a mixture was fitted: facts, the repairs that it needed, and both as attributes."""

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


class HasCourse:
    """What a mixture knows about its fit."""

    _facts: FitFacts
    _feature_names: tuple[str, ...] | None

    @property
    def feature_names(self) -> tuple[str, ...] | None:
        """The column names of the table it was fitted to, if it had any."""
        return self._feature_names

    @property
    def status(self) -> str:
        """How the fit ended.

        "converged": less than tol seemed left to gain; "max_iter": max_iter iterations were done
        first; "stalled": it stopped rising below an earlier value, by more than tol and 1e-6 per
        row, as can happen after a component was mended; "interrupted": a callback stopped it;
        "given": not fitted.
        """
        return self._facts.status

    @property
    def converged(self) -> bool:
        """Whether the status is "converged"."""
        return self._facts.status == "converged"

    @property
    def n_iter(self) -> int:
        """The number of iterations of the fit; 0 if not fitted."""
        return self._facts.n_iter

    @property
    def history(self) -> Floats:
        """The mean log-likelihood per row at each iteration, of the parameters that entered it.

        Under a prior the logarithm of its density there, up to a constant and divided by the total
        weight of the rows, is added: the sum is what the fit maximises.
        """
        return self._facts.history

    @property
    def pairs(self) -> Floats:
        """The shares of computed and of kept pairs of a row and a component, shape (n_iter, 2).

        The first column is the share of pairs whose distance was computed, the second the share
        whose responsibility was not negligible. Both are 1 for an iteration that computes every
        pair: there the pairs are not counted.
        """
        return self._facts.pairs

    @property
    def ends(self) -> tuple[End, ...]:
        """The distinct ends of the restarts of a fit, and of the searches for their starts.

        Highest first, those with a collapsed component last; the first is this mixture. Ends whose
        log-likelihoods are within `tol` of each other, or 0.001 if that is more, count as one. A
        search compares its ends on its sample, before their last iterations: an end that was
        abandoned for a better one is listed as far below this one as it was on the sample. Empty if
        the mixture was not fitted here.
        """
        return self._facts.ends

    @property
    def events(self) -> tuple[Event, ...]:
        """The repairs that the fit needed; empty for most fits."""
        return self._facts.events

    @property
    def collapsed(self) -> tuple[int, ...]:
        """The components that have collapsed, counted from 0; (0,) where the covariance is shared.

        In some direction in which the rows as a whole vary, the rows of such a component do not:
        only the ridge (`reg_covar`), or a repair, keeps its covariance positive definite. Or there
        are fewer distinct rows of positive weight than a covariance needs: d + 1 for "full" and
        "tied", 2 for "diag" and "spherical". Components that lost all their rows are not listed.
        Empty if the mixture was given, or loaded from a file that does not record it.
        """
        return self._facts.collapsed

    @property
    def degenerate(self) -> bool:
        """Whether a component has collapsed: see `collapsed`.

        Without the ridge the likelihood of such a mixture would have no bound, so neither it nor a
        criterion computed from it measures how well the mixture describes the data.
        """
        return bool(self._facts.collapsed)

    @property
    def n_threads(self) -> int:
        """The number of threads that the fit could use; 0 if not fitted."""
        return self._facts.n_threads

    @property
    def seconds(self) -> float:
        """The time of the fit in seconds; NaN if not fitted here."""
        return self._facts.seconds


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
