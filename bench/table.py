"""What the commands that print one table share: their options, its first lines, and their clock."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import gaussmix

from . import machine
from .timing import clock

T = TypeVar("T")

_clock: list[Callable[[], float]] = [time.perf_counter]


def begin(name: str, description: str | None, arguments: Sequence[str]) -> argparse.Namespace:
    """Print the head of a table; return the options, with one round where it is to be quick."""
    parser = argparse.ArgumentParser(f"python -m {name}", description=description)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=gaussmix.info()["n_threads"])
    parser.add_argument(
        "--processor-time", action="store_true", help="instead of elapsed time; use one thread"
    )
    parser.add_argument("--quick", action="store_true", help="only show that everything works")
    options = parser.parse_args(arguments)
    _clock[0] = time.process_time if options.processor_time else time.perf_counter
    if options.quick:
        options.rounds = 1
    shown = " ".join([f"python -m {name}", *arguments])
    print(f"`{shown}`, {machine.today()}, {machine.machine()['cpu']}, {options.threads} threads\n")
    print("| what | measured |\n|---|---|")
    return options


def timed(call: Callable[[], T]) -> tuple[float, T]:
    """Return the seconds that a call takes by the clock of the options, and its result."""
    return clock(call, _clock[0])
