"""A progress bar for long fits. Needs tqdm: ``pip install 'gaussmix[progress]'``."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from ._progress import Progress, in_words


@contextlib.contextmanager
def progress_bar(n_init: int, max_iter: int) -> Iterator[Callable[[Progress], None]]:
    """Show a bar on standard error; call the yielded function after each iteration.

    Starts are counted from 0, as `Progress.restart` counts them. The bar is as long as the
    longest possible fit; a start that converges early shortens it.

    Raises
    ------
    ImportError
        tqdm is not installed.
    """
    tqdm = _tqdm()
    with tqdm(total=n_init * max_iter, desc="EM", unit="iteration", dynamic_ncols=True) as bar:

        def show(progress: Progress) -> None:
            if progress.iteration == 1:
                bar.total = bar.n + (n_init - progress.restart) * max_iter
            bar.set_description(f"start {progress.restart} (of {n_init})", refresh=False)
            bar.set_postfix_str(in_words(progress), refresh=False)
            bar.update()

        yield show
        bar.total = bar.n
        bar.refresh()


@contextlib.contextmanager
def steps_bar(what: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on standard error; call the yielded function with steps done and steps in all.

    Raises
    ------
    ImportError
        tqdm is not installed.
    """
    tqdm = _tqdm()
    with tqdm(desc=what, unit=unit, dynamic_ncols=True) as bar:

        def show(n_done: int, n_steps: int) -> None:
            bar.total = n_steps
            bar.update(n_done - bar.n)

        yield show
        bar.total = bar.n
        bar.refresh()


def _tqdm() -> Any:
    try:
        from tqdm.auto import tqdm
    except ImportError as error:
        raise ImportError("a progress bar needs tqdm: pip install 'gaussmix[progress]'") from error
    return tqdm
