"""One run of EM over rows that lie elsewhere: it holds the mixture, shards hold the rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from . import _core
from ._arrays import Floats, as_name, as_threads
from ._core_options import core_options
from ._facts import Event, facts_of
from ._mixture import Mixture, core_model, make_mixture
from ._moments import Moments, core_moments
from ._noise import Noise
from ._prior import Prior
from ._summary import Summary, core_summary


@dataclass(frozen=True)
class RunScorer:
    """The current mixture of a run, prepared for rows: all that a shard needs of the run.

    Made by `Run.scorer`. It can be pickled, and so be sent to where the rows are.

    Attributes
    ----------
    core : object
        The core's object.
    feature_names : tuple of str, or None
        The column names that rows must have.
    """

    core: _core.RunScorer
    feature_names: tuple[str, ...] | None

    def __repr__(self) -> str:
        return (
            f"RunScorer: {self.core.n_components} components in {self.core.n_features} dimensions"
        )


class Run:
    """One run of EM over rows in pieces: files in turn, or machines at once.

    The run holds the mixture, and sees the rows only through their moments::

        while not run.done:
            run.advance(gaussmix.merge(shard.moments(run) for shard in shards))

    It accelerates, mends components and converges as `fit` does. Methods may be called from any
    thread.

    Parameters
    ----------
    summary : Summary
        The summary of all rows.
    start : Mixture
        Where EM starts, for example a fit of some of the rows. It decides the family and the number
        of components.
    max_iter : int, default=100
        The maximum number of iterations; 0 gives the start itself.
    tol : float, default=1e-3
        The run has converged when the mean log-likelihood per row can rise by less than this, as
        far as `acceleration` can tell. 0 runs exactly max_iter iterations of EM.
    reg_covar : float, optional
        Added to every variance, in squared units of the data; 0 for none. By default 1e-6 times
        the variance of each feature; none under a prior.
    prior : "default" or Prior, optional
        Maximum a posteriori instead of maximum likelihood. Parameters that it leaves out are taken
        from the summary, which has no covariances: for "full" and "tied" give
        `Prior.covariance`.
    noise : bool or Noise, optional
        As in `fit`; by default the background of `start`. A volume that it leaves out is that of
        the box along the features, which is what the summary tells; where `start` has no
        background, its weight begins with 0.05.
    fixed, bounds : dict, optional
        What of `start` stays, and limits of the rest, as in `fit`.
    acceleration : {"auto", "off", "classic"}, default="auto"
        As in `fit`.
    pruning : {"auto", "off"}, default="auto"
        As in `fit`, for passes over shards that are given the run itself.
    n_threads : int, optional
        Threads to use between the passes; by default OMP_NUM_THREADS, else the CPUs of this
        process.
    instruction_set : str, optional
        As in `fit`.

    Raises
    ------
    ValueError
        If summary and start have different features, or an argument is out of range.
    TypeError
        If an argument is of the wrong kind.

    Examples
    --------
    >>> import gaussmix
    >>> X = [[0.0], [0.2], [5.0], [5.2]]
    >>> start = gaussmix.Mixture([0.5, 0.5], [[0.0], [4.0]], [1.0, 1.0], "spherical")
    >>> run = gaussmix.Run(gaussmix.summarize(X), start, tol=0, max_iter=2)
    >>> shard = gaussmix.Shard(X)
    >>> while not run.done:
    ...     run.advance(shard.moments(run))
    >>> run.status, run.n_iter
    ('max_iter', 2)
    """

    def __init__(
        self,
        summary: Summary,
        start: Mixture,
        *,
        max_iter: int = 100,
        tol: float = 1e-3,
        reg_covar: float | None = None,
        prior: str | Prior | None = None,
        noise: bool | Noise | None = None,
        fixed: Mapping[str, Any] | None = None,
        bounds: Mapping[str, Any] | None = None,
        acceleration: str = "auto",
        pruning: str = "auto",
        n_threads: int | None = None,
        instruction_set: str | None = None,
    ) -> None:
        if not isinstance(summary, Summary):
            raise TypeError(f"summary={summary!r} must be a gaussmix.Summary")
        if not isinstance(start, Mixture):
            raise TypeError(f"start={start!r} must be a gaussmix.Mixture")
        names = summary.feature_names
        if names is not None and start.feature_names not in (None, names):
            raise ValueError(
                f"start was fitted to the columns {list(start.feature_names or ())}, but summary "
                f"is of {list(names)}: give the same columns in the same order"
            )
        self._feature_names = names or start.feature_names
        self._core = _core.Run(
            core_summary(summary),
            core_model(start),
            core_options(
                start.n_components,
                start.covariance_type,
                max_iter=max_iter,
                tol=tol,
                reg_covar=reg_covar,
                prior=prior,
                acceleration=acceleration,
                noise=noise,
                fixed=fixed,
                bounds=bounds,
                start=start,
                pruning=as_name(pruning, "pruning"),
            ),
            as_threads(n_threads),
            as_name(instruction_set or "", "instruction_set"),
        )

    def advance(self, moments: Moments) -> None:
        """Do the M-step, and decide whether to continue.

        Parameters
        ----------
        moments : Moments
            The moments of all rows under the current mixture: those of each shard, merged.

        Raises
        ------
        ValueError
            If the moments are of other rows or another mixture, or the run has ended.
        """
        if not isinstance(moments, Moments):
            raise TypeError(f"moments={moments!r} must be gaussmix.Moments")
        self._core.advance(core_moments(moments))

    def interrupt(self) -> None:
        """End the run, with status "interrupted"."""
        self._core.interrupt()

    @property
    def done(self) -> bool:
        """Whether the run has ended."""
        return self._core.done

    @property
    def status(self) -> str:
        """How the run ended, as `Mixture.status`; "running" until then."""
        return self._core.facts["status"]

    @property
    def converged(self) -> bool:
        """Whether the status is "converged"."""
        return self.status == "converged"

    @property
    def n_iter(self) -> int:
        """The number of iterations done."""
        return self._core.facts["n_iter"]

    @property
    def history(self) -> Floats:
        """The objective at each iteration, as `Mixture.history`. Read-only."""
        return self._core.facts["history"]

    @property
    def events(self) -> tuple[Event, ...]:
        """The repairs that the run needed, as `Mixture.events`."""
        return facts_of(self._core.facts).events

    @property
    def scorer(self) -> RunScorer:
        """All that `Shard.moments` needs of the run, for shards on other machines."""
        return RunScorer(self._core.scorer, self._feature_names)

    @property
    def feature_names(self) -> tuple[str, ...] | None:
        """The column names of the rows, if they have any."""
        return self._feature_names

    def mixture(self) -> Mixture:
        """Return the current mixture, with the course of the run so far."""
        model, facts = self._core.result()
        return make_mixture(model, facts_of(facts), self._feature_names)

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a Run cannot be pickled: send run.scorer to where the rows are; to continue later, "
            "keep run.mixture() and give it to a new Run as its start"
        )

    def __repr__(self) -> str:
        facts = self._core.facts
        return f"Run: {facts['status']} after {facts['n_iter']} iterations"


def core_run(run: Run) -> _core.Run:
    """Return the core's object behind a run."""
    return run._core  # noqa: SLF001
