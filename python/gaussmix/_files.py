"""A file that replaces another in one step: written beside it, then renamed over it."""

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
    """Give a path to write to; what is written there becomes `path` when the block ends well.

    Whoever reads `path` sees the old file or the whole new one, and a failure leaves the old one as
    it was. The new file has the permissions of the old one. A `path` that is there and is no
    regular file (a pipe, a terminal, /dev/null) is written to directly: a rename would put a file
    in its place.

    Raises
    ------
    OSError
        If the file cannot be written, or may not be: a rename would replace a read-only file too.
        It names `path`, whichever file failed.
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
    # The ending stays what it was: writers choose their format by it.
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
    """Make an error of the system one that names the path its reader knows."""
    if error.errno is None:
        return error
    return type(error)(error.errno, error.strerror, os.fspath(path))


def _put_on_disk(path: Path) -> None:
    """Wait until the content is on the disk, so that the rename cannot get there first."""
    with path.open("rb+") as file:
        try:
            os.fsync(file.fileno())
        except OSError as error:
            if error.errno != errno.EINVAL:  # a file system that has no such thing
                raise
