"""How time is taken: the best of a few calls, and differences that cancel what is done once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from .workloads import Parameters

T = TypeVar("T")

#: A row of a section: what the JSON file holds and tables and plots are made of.
Record = dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What a side did: wall time, iterations done, the parameters it came to.

    A note says why the parameters cannot be compared with those of others. Pairs are what gaussmix
    tells of each iteration: the shares of pairs evaluated and kept.
    """

    seconds: float
    n_iter: int
    parameters: Parameters
    note: str = ""
    pairs: npt.NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Effort:
    """How much to measure.

    Attributes
    ----------
    rounds : int
        Alternations of the sides; figures are medians over them.
    fewer : int
        Rounds of what is slow, or far from close.
    budget : float
        Seconds a peer may fit one data set for: past them it is slow.
    least : float
        Seconds that a measurement repeats short calls for.
    rest : float
        Seconds before a side's turn: the threads of the side before, and OpenBLAS's most of all,
        wait for more work in a loop for up to 0.1 s, and what runs beside them is slowed.
    quick : bool
        Only show that everything works.
    """

    rounds: int = 7
    fewer: int = 3
    budget: float = 6.0
    least: float = 0.05
    rest: float = 0.2
    quick: bool = False


QUICK = Effort(rounds=1, fewer=1, budget=0.0, least=0.0, rest=0.0, quick=True)


def clock(call: Callable[[], T], now: Callable[[], float] = time.perf_counter) -> tuple[float, T]:
    """Call, and tell the time, by default the wall time, with the result."""
    started = now()
    result = call()
    return now() - started, result


def best_of(call: Callable[[], Outcome], effort: Effort) -> Outcome:
    """Rest, then repeat a call until enough seconds are spent; the fastest outcome counts."""
    return _least(call, lambda outcome: outcome.seconds, effort)


def fastest(call: Callable[[], object], effort: Effort) -> float:
    """Rest, then repeat a call until enough seconds are spent: those of the fastest."""
    return _least(lambda: clock(call)[0], float, effort)


def _least(call: Callable[[], T], seconds: Callable[[T], float], effort: Effort) -> T:
    time.sleep(effort.rest)
    best = call()
    spent = seconds(best)
    while spent < effort.least:
        result = call()
        spent += seconds(result)
        best = min(best, result, key=seconds)
    return best


def per_iteration(
    iterate: Callable[[int], Outcome], first: int, more: int, effort: Effort
) -> tuple[float, Outcome]:
    """Time `more` iterations after the first ones: what is done once a call cancels.

    Returns
    -------
    seconds : float
        An iteration. Where no difference can be seen, the whole time is divided.
    outcome : Outcome
        Of the longer run.
    """
    short = best_of(lambda: iterate(first), effort)
    long = best_of(lambda: iterate(first + more), replace(effort, rest=0.0))
    done, seconds = long.n_iter - short.n_iter, long.seconds - short.seconds
    if done < 1 or seconds <= 0:
        return long.seconds / long.n_iter, long
    return seconds / done, long


def in_turn(sides: Sequence[T], turn: int) -> Sequence[T]:
    """Order the sides for a round: what comes first in one comes last in the next."""
    return sides if turn % 2 == 0 else sides[::-1]


def compare(theirs: Sequence[float], ours: Sequence[float]) -> Record:
    """Give the median and the range of their time over ours, over the rounds both took part in."""
    ratios = [a / b for a, b in zip(theirs, ours, strict=False)]
    return {"ratio": median(ratios), "range": [min(ratios), max(ratios)]}
