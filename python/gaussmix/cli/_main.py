"""Run a command line and return its exit code; an error is one line of text."""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

from ._arguments import parser
from ._commands import COMMANDS
from ._input import InputError

#: Errors that are reported without a traceback; any other is a bug.
_EXPECTED = (KeyboardInterrupt, InputError, ValueError, MemoryError, OSError, ImportError)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after the program's name; by default those of this process.

    Returns
    -------
    int
        The exit code.
    """
    for stream in (sys.stdout, sys.stderr):
        # A terminal that lacks some letters, or ±, still shows the rest.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        if sys.stdout is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        with _ending_in_order():
            options = parser().parse_args(arguments)
            COMMANDS[options.command](options)
            sys.stdout.flush()
    except SystemExit as finished:  # from argparse, which has said why, or from a signal
        return int(finished.code or 0)
    except BrokenPipeError:  # the reader of standard output has closed it
        _leave_standard_output()
        return 1
    except _EXPECTED as error:
        message, code = _failure(error)
        _leave_what_cannot_be_written()
        print(f"gaussmix: {message}", file=sys.stderr)
        return code
    return 0


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """Make SIGTERM and SIGHUP end the command as Ctrl-C does: with clean-up."""

    def end(number: int, _: object) -> NoReturn:
        raise SystemExit(128 + number)

    replaced = []
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if (
            number is not None
            and threading.current_thread() is threading.main_thread()
            and signal.getsignal(number) is signal.SIG_DFL
        ):
            signal.signal(number, end)
            replaced.append(number)
    try:
        yield
    finally:
        for number in replaced:
            signal.signal(number, signal.SIG_DFL)


def _failure(error: BaseException) -> tuple[str, int]:
    """Return the message for an error, and the exit code."""
    match error:
        case KeyboardInterrupt():
            return "interrupted", 130
        case InputError() | ValueError():
            return f"error: {error}", 2
        case MemoryError():
            return "error: not enough memory", 1
        case OSError(strerror=str(reason), filename=path):  # files have names
            return f"error: {path or 'standard output'}: {reason}", 1
        case _:
            return f"error: {error}", 1


def _leave_what_cannot_be_written() -> None:
    """Discard output that could not be written: the interpreter would try again as it exits."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        _leave_standard_output()


def _leave_standard_output() -> None:
    """Discard further output."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
