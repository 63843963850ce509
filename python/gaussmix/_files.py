"""A file that replaces another in one step: written beside it, then renamed over it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a path to write to; what is written there becomes `path` when the block ends well.

    Whoever reads `path` sees the old file or the whole new one, and a failure leaves the old one as
    it was. A `path` that is there and is no regular file (a pipe, a terminal, /dev/null) is written
    to directly: a rename would put a file in its place.
    """
    if Path(path).exists() and not Path(path).is_file():
        yield Path(path)
        return
    destination = Path(os.path.realpath(path))
    # The ending stays what it was: writers choose their format by it.
    beside = destination.with_name(f".{secrets.token_hex(4)}-{destination.name}")
    try:
        # Named by a path the caller knows, should this folder be missing or read-only.
        try:
            beside.touch(exist_ok=False)
        except OSError as error:
            raise type(error)(error.errno, error.strerror, os.fspath(path)) from None
        yield beside
        beside.replace(destination)
    finally:
        beside.unlink(missing_ok=True)
