"""Run many small computations of the core on threads, in an order that does not matter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from . import _core
from ._arrays import as_threads

_T = TypeVar("_T")
_AT_ONCE = 16  # short computations for each turn of a thread


def side_by_side(
    compute: Callable[[int], _T], n: int, n_threads: int | None, *, at_once: int = _AT_ONCE
) -> Iterator[_T]:
    """Yield compute(0), ..., compute(n - 1), in this order; on Ctrl-C leave out the rest.

    A thread takes `at_once` of them at a time.

    The core releases the interpreter's lock while it computes.
    """
    threads = as_threads(n_threads) or _core.info()["n_threads"]
    if threads == 1:
        yield from map(compute, range(n))
        return

    def some(indices: Iterable[int]) -> list[_T]:
        return [compute(index) for index in indices]

    with ThreadPoolExecutor(threads) as pool:
        waiting = [
            pool.submit(some, range(at, min(at + at_once, n))) for at in range(0, n, at_once)
        ]
        try:
            for future in waiting:
                yield from future.result()
        finally:
            for future in waiting:
                future.cancel()
