"""Replace a file in one step: write a new file beside it, then rename that over it."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a path to write to; that file becomes `path` if the block succeeds.

    Readers of `path` see the old file or the complete new one, and a failure leaves the old file
    unchanged. The new file has the permissions of the old one. If `path` exists but is not a
    regular file (a pipe, a terminal, /dev/null), it is written to directly: a rename would replace
    it by a file.

    Raises
    ------
    OSError
        If the file cannot be written, or is read-only (which a rename would ignore). The error
        names `path`, whichever file failed.
    """
    if Path(path).exists() and not Path(path).is_file():
        try:
            yield Path(path)
        except OSError as error:
            raise _about(error, path) from None
        return
    destination = Path(os.path.realpath(path))
    if destination.exists() and not os.access(destination, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fspath(path))
    # Keep the suffix: writers choose their format by it.
    beside = destination.with_name(f".gaussmix-{secrets.token_hex(4)}{destination.suffix}")
    try:
        beside.touch(exist_ok=False)
        yield beside
        if destination.exists():
            shutil.copymode(destination, beside)
        _put_on_disk(beside)
        beside.replace(destination)
    except OSError as error:
        if error.filename is not None and os.fsdecode(error.filename) != os.fspath(beside):
            raise
        raise _about(error, path) from None
    finally:
        beside.unlink(missing_ok=True)


def _about(error: OSError, path: str | os.PathLike[str]) -> OSError:
    """Return the error with the path that the user knows."""
    if error.errno is None:
        return error
    return type(error)(error.errno, error.strerror, os.fspath(path))


def _put_on_disk(path: Path) -> None:
    """Wait until the content is on disk, so that the rename cannot overtake it."""
    with path.open("rb+") as file:
        try:
            os.fsync(file.fileno())
        except OSError as error:
            if error.errno != errno.EINVAL:  # the file system does not support it
                raise
