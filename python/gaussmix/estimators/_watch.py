"""Follow the runs of an estimator: scikit-learn's printed lines, the user's callback."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from gaussmix._arrays import as_integer
from gaussmix._progress import Callback, Progress


class VerboseLines:
    """Print the lines of scikit-learn's mixtures; nothing if `verbose` is 0.

    Parameters
    ----------
    verbose : int
        1 prints starts and iterations; 2 or more also how long they took and how much they gained.
    interval : int
        Iterations from one line to the next.
    """

    def __init__(self, verbose: int, interval: int) -> None:
        if interval < 1:
            raise ValueError(f"verbose_interval={interval} must be at least 1")
        self._verbose = int(verbose) if verbose in (True, False) else as_integer(verbose, "verbose")
        self._interval = interval
        self._start_began = self._last_line = time.perf_counter()

    def begin(self, start: int) -> None:
        """Print the line before a start, counted from 0."""
        if self._verbose:
            print(f"Initialization {start}")
            self._start_began = self._last_line = time.perf_counter()

    def iterate(self, iteration: int, change: float) -> None:
        """Print the line after an iteration, counted from 1."""
        if not self._verbose or iteration % self._interval:
            return
        line = f"  Iteration {iteration}"
        if self._verbose > 1:
            now = time.perf_counter()
            line += f"\t time lapse {now - self._last_line:.5f}s\t ll change {change:.5f}"
            self._last_line = now
        print(line)

    def end(self, lower_bound: float, *, converged: bool) -> None:
        """Print the line after the last iteration of a start."""
        if not self._verbose:
            return
        line = f"Initialization {'converged' if converged else 'did not converge'}."
        if self._verbose > 1:
            lapse = time.perf_counter() - self._start_began
            line += f" time lapse {lapse:.5f}s\t lower bound {lower_bound:.5f}."
        print(line)


class Watch:
    """The callback of a run: printed lines, the user's callback, the end of a warm start.

    `starts` numbers the starts of the run. `reached` is the log-likelihood per row of the previous
    run if this one continues it. `status` is set if the run ends for a reason that the core cannot
    see: the core compares likelihoods within one run, a warm start also with the previous one.
    """

    def __init__(
        self,
        lines: VerboseLines,
        callback: Callback | None,
        *,
        tol: float,
        max_iter: int,
        starts: range,
        reached: float | None,
    ) -> None:
        if callback is not None and not callable(callback):
            raise TypeError(f"callback={callback!r} must be callable")
        self._lines = lines
        self._callback = callback
        self._tol = tol
        self._max_iter = max_iter
        self._starts = starts
        self._reached = reached
        self.status: str | None = None

    def __call__(self, progress: Progress) -> bool:
        change = progress.change
        start = self._starts[progress.restart]
        if progress.iteration == 1:
            change = np.inf if self._reached is None else progress.log_likelihood - self._reached
        self._lines.iterate(progress.iteration, change)
        numbered = replace(progress, restart=start)
        stop = self._callback is not None and bool(self._callback(numbered))
        small = abs(change) < self._tol
        if stop or small or progress.iteration == self._max_iter:
            self._lines.end(progress.log_likelihood, converged=small)
            if not stop and start + 1 in self._starts:
                self._lines.begin(start + 1)
        if small and progress.iteration == 1 and not stop:
            self.status = "converged"
        return stop or self.status is not None
