"""A line on a terminal that shows the progress of a fit."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gaussmix._progress import Progress, in_words


@contextmanager
def progress_line(n_init: int, max_iter: int) -> Iterator[Callable[[Progress], None] | None]:
    """Yield a callback that keeps a line of progress on a terminal; None without a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    line = _Line(n_init, max_iter)
    try:
        yield line
    finally:
        line.erase()


class _Line:
    """One line, first shown after half a second, then at most ten times a second."""

    def __init__(self, n_init: int, max_iter: int) -> None:
        self._n_init = n_init
        self._max_iter = max_iter
        self._due = time.monotonic() + 0.5
        self._shown = False

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if now < self._due:
            return
        self._due, self._shown = now + 0.1, True
        start = f"start {progress.restart} (of {self._n_init}), " if self._n_init > 1 else ""
        text = (
            f"{start}iteration {progress.iteration} of at most {self._max_iter}, "
            f"{in_words(progress)}"
        )
        # A line that wraps could not be erased.
        text = text[: shutil.get_terminal_size().columns - 1]
        print(f"\r{text}\033[K", end="", file=sys.stderr, flush=True)

    def erase(self) -> None:
        """Erase the line."""
        if self._shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
