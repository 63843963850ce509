"""Compare the outputs of a command with its inputs and with each other.

Files are compared by identity, not by name: links, hard links, other paths to the same folder and
redirected standard streams lead to one file. A command checks before it reads or writes anything.
"""

from __future__ import annotations

import errno
import io
import os
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

#: The name of standard input or standard output.
STREAM = "-"


class OutputError(ValueError):
    """An output that must not, or cannot, be written."""


@dataclass(frozen=True, slots=True)
class Output:
    """The destination of one result.

    With `is_text` it may be standard output, a pipe or a device. Other results need a file: they
    are binary, or take their format from its suffix.
    """

    option: str
    path: str | None
    what: str
    is_text: bool = False


def check_outputs(
    inputs: Mapping[str, str], outputs: list[Output], *, writes_to_stdout: bool = True
) -> None:
    """Raise if an output is also an input or another output, or cannot be written.

    Parameters
    ----------
    inputs
        The path of each input (``-``: standard input) by what it is.
    outputs
        The outputs; those without a path are not wanted.
    writes_to_stdout
        Whether the command writes to standard output as well, whatever its outputs.

    Raises
    ------
    OutputError
        The first output that cannot be used.
    """
    taken: dict[_Key, str] = {}
    for what, path in inputs.items():
        for key in _keys_of_stream(sys.stdin) if path == STREAM else _keys(path):
            taken.setdefault(key, what)
    if writes_to_stdout or any(output.path == STREAM for output in outputs):
        _take(_keys_of_stream(sys.stdout), "standard output", "standard output", taken)
    for output in outputs:
        if output.path is None or (output.path == STREAM and output.is_text):
            continue
        _check_place(output, output.path)
        _take(_keys(output.path), output.path, "another result", taken)


_Key = tuple[int, int] | tuple[int, int, str]


def _take(keys: set[_Key], shown: str, what: str, taken: dict[_Key, str]) -> None:
    """Record that a place will be written to; raise if it is taken."""
    for key in keys:
        if key in taken:
            raise OutputError(f"{shown} would be written over {taken[key]}: name another file")
    taken.update(dict.fromkeys(keys, what))


def _check_place(output: Output, path: str) -> None:
    """Raise, before any work is done, if a result could not be written."""
    if path == "":
        raise OutputError(f"{output.option} has an empty name: name a file")
    if path == STREAM:
        raise OutputError(
            f"{output.option} {path}: {output.what} is not written to standard output: name a file"
            f" (./{path} if it shall be called that)"
        )
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116  (Path.exists hides loops of links)
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENOTDIR):
            raise OutputError(f"{path}: {error.strerror}") from None
    else:
        _check_what_is_there(output, path, mode)
        if not stat.S_ISREG(mode):
            return
    parent = Path(os.path.realpath(path)).parent
    if path.endswith(("/", os.sep)):
        raise OutputError(f"{path} is not the name of a file: there is no such folder")
    if not parent.is_dir():
        raise OutputError(f"{path}: there is no folder {parent}")
    if not os.access(parent, os.W_OK):
        raise OutputError(f"{path}: the folder {parent} cannot be written to")


def _check_what_is_there(output: Output, path: str, mode: int) -> None:
    """Raise if the existing file at a place cannot hold a result, or must not change."""
    if stat.S_ISDIR(mode):
        raise OutputError(f"{path} is a folder")
    if not stat.S_ISREG(mode) and not (
        output.is_text and (stat.S_ISFIFO(mode) or stat.S_ISCHR(mode))
    ):
        raise OutputError(f"{path} is not a regular file: {output.what} needs one")
    if not os.access(path, os.W_OK):
        raise OutputError(f"{path} is read-only: make it writable, or name another file")


def _keys(path: str) -> set[_Key]:
    """Return the identity of a place: the file that is there, and its directory entry."""
    keys: set[_Key] = set()
    try:
        there = os.stat(path)  # noqa: PTH116
        if stat.S_ISCHR(there.st_mode):
            return keys  # /dev/null and terminals accept everything
        keys.add((there.st_dev, there.st_ino))
    except OSError:
        pass  # nothing there yet
    place = Path(os.path.realpath(path))
    try:
        folder = place.parent.stat()
    except OSError:
        return keys
    return keys | {(folder.st_dev, folder.st_ino, os.path.normcase(place.name))}


def _keys_of_stream(stream: TextIO) -> set[_Key]:
    """Return the same for a standard stream that is redirected to or from a file."""
    try:
        there = os.fstat(stream.fileno())
    except (AttributeError, OSError, ValueError, io.UnsupportedOperation):
        return set()
    return {(there.st_dev, there.st_ino)} if stat.S_ISREG(there.st_mode) else set()
