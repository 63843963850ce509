"""The command line: `gaussmix fit`, `predict`, `info` and `demo`.

Results go to standard output, all else to standard error. Exit codes: 0 done; 1 failed for a reason
outside the input; 2 usage, or inputs and outputs that cannot be used; 130 interrupted, 143 ended.
"""

from __future__ import annotations

import argparse
import errno
import io
import os
import re
import shutil
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn, TextIO

import numpy as np

from . import info, load
from ._arrays import as_matrix, check_names, renamed
from ._files import replacing
from ._fit import fit
from ._mixture import Mixture
from ._options import DEMO_PICTURE, parser
from ._outputs import STREAM, Output, check_outputs
from ._progress_line import progress_line
from ._report import report
from ._tables import Table, read_table
from .datasets import FAITHFUL, load_faithful

#: What the arguments of a fit are called here.
_ARGUMENTS = {
    "n_components": "--components",
    "sample_weight": "--weights",
    "n_init": "--n-init",
    "max_iter": "--max-iter",
    "tol": "--tol",
    "reg_covar": "--reg-covar",
    "n_threads": "--threads",
}
_DECIMALS = {"point": ".", "comma": ","}
_ROWS_AT_ONCE = 1 << 16


class InputError(Exception):
    """Input that cannot be used, told in one line."""


#: What is told without a traceback: anything else is a bug.
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
        # A terminal without the letters of a name, or without ±, still gets the rest.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        if sys.stdout is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        with _ending_in_order():
            options = parser().parse_args(arguments)
            _COMMANDS[options.command](options)
            sys.stdout.flush()
    except SystemExit as finished:  # of argparse, which has said why, or of a signal
        return int(finished.code or 0)
    except BrokenPipeError:  # whoever read standard output has gone, and need not be told
        _leave_standard_output()
        return 1
    except _EXPECTED as error:
        message, code = _failure(error)
        print(f"gaussmix: {message}", file=sys.stderr)
        return code
    return 0


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """Have what `kill` or a closed terminal sends end the command as Ctrl-C does: cleaned up."""

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
    """Give what to say of an error, and the exit code."""
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


def _leave_standard_output() -> None:
    """Let nothing more be written there: whoever read it has gone."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)


# What is done


def _run_fit(options: argparse.Namespace) -> None:
    check_outputs(
        {"the data": options.data},
        [
            Output("--output", options.output, "a model"),
            Output("--labels", options.labels, "the table of labels", is_text=True),
            Output("--plot", options.plot, "a picture"),
        ],
    )
    if options.plot is not None:
        from .plot._display import check_path

        check_path(options.plot)
    table = _read_table(options, weights=options.weights)
    with (
        progress_line(options.n_init, options.max_iter) as callback,
        _rows_named(options.data),
        renamed(_ARGUMENTS),
    ):
        model = fit(
            as_matrix(table),
            options.components,
            covariance_type=options.covariance,
            sample_weight=table.weights,
            init=options.init,
            effort=options.effort,
            n_init=options.n_init,
            max_iter=options.max_iter,
            tol=options.tol,
            reg_covar=options.reg_covar,
            prior=options.prior,
            strict=options.strict,
            acceleration=options.acceleration,
            random_state=options.seed,
            n_threads=options.threads,
            callback=callback,
        )
    # Files first: whoever reads standard output may go before the end of it.
    _write_results(options, model, table)
    # Labels on standard output stand there alone.
    report_to = sys.stderr if options.labels == STREAM else sys.stdout
    _tell(model, table, options.threads, report_to)
    asked_for = (options.output, options.labels, options.plot)
    if written := [path for path in asked_for if path not in (None, STREAM)]:
        print(f"{'written':<16}{', '.join(written)}", file=report_to)
    if options.labels == STREAM:
        _write_labels(sys.stdout, model, table, options.threads)


def _write_results(options: argparse.Namespace, model: Mixture, table: Table) -> None:
    """Write the files that a fit is asked for: all of them, or none."""
    with ExitStack() as kept:
        if options.output is not None:
            model.save(kept.enter_context(replacing(options.output)))
        if options.labels not in (None, STREAM):
            with kept.enter_context(replacing(options.labels)).open("w", encoding="utf-8") as file:
                _write_labels(file, model, table, options.threads)
        if options.plot is not None:
            _draw(model, table, kept.enter_context(replacing(options.plot)))


def _run_predict(options: argparse.Namespace) -> None:
    check_outputs(
        {"the data": options.data, "the model": options.model},
        [Output("--output", options.output, "the table of labels", is_text=True)],
        writes_to_stdout=False,
    )
    if options.model == STREAM:
        raise InputError("MODEL cannot be read from standard input: name a file; DATA can")
    with _reading(options.model):
        model = load(options.model)
    table = _read_table(options, features=model.feature_names)
    given, needed = table.values.shape[1], model.n_features
    if given != needed:
        raise InputError(
            f"{_shown(options.data)} has {given} columns of numbers, {options.model} needs "
            f"{needed}: choose them with --columns"
        )
    with _rows_named(options.data):
        check_names(as_matrix(table), model.feature_names)
    if options.output == STREAM:
        _write_labels(sys.stdout, model, table, options.threads, probabilities=options.proba)
        return
    with replacing(options.output) as beside, beside.open("w", encoding="utf-8") as file:
        _write_labels(file, model, table, options.threads, probabilities=options.proba)


def _run_info(_: argparse.Namespace) -> None:
    facts = info()
    lines = {
        "gaussmix": facts["version"],
        "instructions": f"{facts['instruction_set']} "
        f"(this CPU has {', '.join(facts['instruction_sets'])})",
        "threads": facts["n_threads"],
        "OpenMP": facts["openmp"] or "none: gaussmix starts threads of its own",
        "Python": sys.version.split()[0],
        "NumPy": np.__version__,
    }
    for name, value in lines.items():
        print(f"{name:<16}{value}")


def _run_demo(options: argparse.Namespace) -> None:
    picture = DEMO_PICTURE if options.output is None else options.output
    without_picture = options.output is None and find_spec("matplotlib") is None
    if not without_picture:
        from .plot._display import check_path

        check_outputs({"the data": str(FAITHFUL)}, [Output("--output", picture, "a picture")])
        check_path(picture)
    table = Table(*load_faithful())
    # Far enough for the log-likelihood that R's mclust reports, -1130.264, and its parameters.
    model = fit(table, 2, tol=1e-10, random_state=0, n_threads=options.threads)
    print("Old Faithful: the length of 272 eruptions and the wait for the next, in minutes.\n")
    _tell(model, table, options.threads, sys.stdout)
    if without_picture:
        print("no picture: that needs matplotlib: pip install 'gaussmix[plot]'", file=sys.stderr)
        return
    sys.stdout.flush()
    _draw(model, table, picture)
    print(f"{'picture':<16}{picture}")


_COMMANDS = {"fit": _run_fit, "predict": _run_predict, "info": _run_info, "demo": _run_demo}


def _read_table(options: argparse.Namespace, **chosen: Any) -> Table:
    """Read DATA as the options say."""
    with _reading(options.data):
        table = read_table(
            options.data,
            columns=options.columns,
            exclude=options.exclude,
            header=options.header,
            decimal=_DECIMALS.get(options.decimal),
            **chosen,
        )
    for note in table.notes:
        print(f"gaussmix: note: {note}", file=sys.stderr)
    return table


def _shown(data: str) -> str:
    return "standard input" if data == STREAM else data


@contextmanager
def _rows_named(data: str) -> Iterator[None]:
    """Have errors of the rows, which the library calls X, say the name of the file."""
    try:
        yield
    except ValueError as error:
        told = re.sub(r"\bX has\b", lambda _: f"{_shown(data)} has", str(error))
        raise InputError(told) from error


@contextmanager
def _reading(path: str) -> Iterator[None]:
    """Turn what the operating system says of an input into an error of the input."""
    if not path:
        raise InputError("an input has an empty name: name a file")
    if path == STREAM and sys.stdin is None:
        raise InputError("standard input is closed")
    try:
        yield
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}" if error.strerror else str(error)) from error


def _write_labels(
    file: TextIO,
    model: Mixture,
    table: Table,
    n_threads: int | None,
    *,
    probabilities: bool = False,
) -> None:
    """Write a line a row: the component, and its probability under each if asked for."""
    names = [f"p{k}" for k in range(model.n_components)] if probabilities else []
    file.write(",".join(["label", *names]) + "\n")
    for start in range(0, len(table.values), _ROWS_AT_ONCE):
        rows = table.values[start : start + _ROWS_AT_ONCE]
        lines = [str(label) for label in model.predict(rows, n_threads=n_threads).tolist()]
        if probabilities:
            given = model.predict_proba(rows, n_threads=n_threads).tolist()
            lines = [
                f"{line},{','.join(map(repr, row))}" for line, row in zip(lines, given, strict=True)
            ]
        file.write("\n".join(lines) + "\n")


def _draw(model: Mixture, table: Table, path: str | Path) -> None:
    from .plot import before_after, save_figure

    save_figure(before_after(model, table, sample_weight=table.weights), path)


def _tell(model: Mixture, table: Table, n_threads: int | None, file: TextIO) -> None:
    width = shutil.get_terminal_size((100, 24)).columns if file.isatty() else 100
    print(
        report(
            model,
            table.values,
            names=table.names,
            sample_weight=table.weights,
            n_threads=n_threads,
            width=width,
        ),
        file=file,
    )
