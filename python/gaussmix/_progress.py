"""One iteration of a fit, as callbacks and progress bars see it."""

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
        Mean per row, in nats, of the parameters that entered the iteration.
    change : float
        Since the previous iteration; NaN in the first.
    """

    restart: int
    iteration: int
    log_likelihood: float
    change: float


Callback = Callable[[Progress], bool | None]


def in_words(progress: Progress) -> str:
    """Return an iteration in words; the first one has no change."""
    text = f"mean log-likelihood {progress.log_likelihood:.6f}"
    return text if math.isnan(progress.change) else f"{text}, change {progress.change:.3g}"
