"""One iteration of a fit, as who watches it sees it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """One iteration as a callback sees it.

    Attributes
    ----------
    restart : int
        Which of the n_init runs, counted from 0.
    iteration : int
        Counted from 1.
    log_likelihood : float
        Mean a row, in nats, of the parameters that entered the iteration.
    change : float
        Against the iteration before; NaN in the first.
    """

    restart: int
    iteration: int
    log_likelihood: float
    change: float


Callback = Callable[[Progress], bool | None]


def in_words(progress: Progress) -> str:
    """Say how far an iteration has come; the first has no change to tell."""
    told = f"mean log-likelihood {progress.log_likelihood:.6f}"
    return told if math.isnan(progress.change) else f"{told}, change {progress.change:.3g}"
