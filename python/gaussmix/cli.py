"""The command line: `gaussmix fit`, `predict`, `info` and `demo`.

Results go to standard output, all else to standard error. Exit codes: 0 done; 1 failed for a reason
outside the input; 2 usage or input that cannot be used; 130 interrupted.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn, TextIO

import numpy as np

from . import __version__, info, load
from ._arrays import as_matrix, check_names, renamed
from ._files import replacing
from ._fit import Progress, fit, in_words
from ._mixture import Mixture
from ._report import report
from ._tables import Table, read_table, split_columns
from .datasets import load_faithful

_COVARIANCES = ("full", "tied", "diag", "spherical")
_STARTS = ("kmeans", "k-means++", "random_from_data", "random")
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
_DEMO_PICTURE = "gaussmix-demo.png"
_ROWS_AT_ONCE = 1 << 16

_EXAMPLES = """\
examples:
  gaussmix demo
  gaussmix fit iris.csv -k 3 --columns 1,2,3,4 --output iris.safetensors --plot iris.png
  gaussmix predict iris.safetensors new.csv --proba > labels.csv

for programs in C and C++, the folders of what is installed:
  python -m gaussmix --cmakedir     also --includedir, --libdir
"""


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
        options = _parser().parse_args(arguments)
        options.run(options)
        sys.stdout.flush()
    except SystemExit as finished:  # of argparse, which has said why
        return int(finished.code or 0)
    except BrokenPipeError:  # whoever read standard output has gone, and need not be told
        _leave_standard_output()
        return 1
    except _EXPECTED as error:
        message, code = _failure(error)
        print(f"gaussmix: {message}", file=sys.stderr)
        return code
    return 0


def _failure(error: BaseException) -> tuple[str, int]:
    """Give what to say of an error, and the exit code."""
    match error:
        case KeyboardInterrupt():
            return "interrupted", 130
        case InputError() | ValueError():
            return f"error: {error}", 2
        case MemoryError():
            return "error: not enough memory", 1
        case OSError(strerror=str(reason), filename=str() as path):
            return f"error: {path}: {reason}", 1
        case _:
            return f"error: {error}", 1


def _leave_standard_output() -> None:
    """Let nothing more be written there: whoever read it has gone."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)


# What can be asked


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in the same form for every command."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(2, f"gaussmix: error: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="gaussmix",
        description="Fit Gaussian mixture models, and use them.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"gaussmix {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    _add_fit(commands)
    _add_predict(commands)
    _add_info(commands)
    _add_demo(commands)
    return parser


def _add_fit(commands: Any) -> None:
    command = commands.add_parser("fit", help="fit a mixture to a table of numbers")
    _add_table(command)
    command.add_argument("--weights", metavar="COLUMN", help="the column with the weights of rows")

    how = command.add_argument_group("how to fit")
    how.add_argument(
        "-k", "--components", type=_count, required=True, metavar="K", help="number of components"
    )
    how.add_argument("--covariance", choices=_COVARIANCES, default="full", help=_default("family"))
    how.add_argument("--init", choices=_STARTS, default="kmeans", help=_default("start"))
    how.add_argument(
        "--n-init", type=_count, default=1, metavar="N", help=_default("starts, the best is kept")
    )
    how.add_argument(
        "--max-iter", type=int, default=100, metavar="N", help=_default("most iterations")
    )
    how.add_argument(
        "--tol",
        type=float,
        default=1e-3,
        metavar="T",
        help=_default("stop when the mean log-likelihood a row gains less"),
    )
    how.add_argument(
        "--reg-covar",
        type=float,
        metavar="R",
        help="added to every variance (default: 1e-6 of the variance of each feature)",
    )
    how.add_argument(
        "--prior", choices=["default"], help="maximum a posteriori (Fraley and Raftery 2007)"
    )
    how.add_argument(
        "--strict", action="store_true", help="fail where a component had to be mended"
    )
    how.add_argument(
        "--seed", type=_seed, default=0, metavar="S", help=_default("of the random start")
    )
    _add_threads(how)

    output = command.add_argument_group("what to write")
    output.add_argument("--output", metavar="MODEL", help="the mixture, as a .safetensors file")
    output.add_argument("--labels", metavar="CSV", help="the component of each row")
    output.add_argument(
        "--plot", metavar="PICTURE", help="the data before and after: .png, .pdf ..."
    )
    command.set_defaults(run=_run_fit)


def _add_predict(commands: Any) -> None:
    command = commands.add_parser("predict", help="assign the rows of a table to components")
    command.add_argument("model", metavar="MODEL", help="a file that fit --output wrote")
    _add_table(command)
    command.add_argument("--proba", action="store_true", help="probabilities beside the labels")
    command.add_argument("--output", metavar="CSV", help="where to (default: standard output)")
    _add_threads(command)
    command.set_defaults(run=_run_predict)


def _add_info(commands: Any) -> None:
    command = commands.add_parser("info", help="tell version, instruction set and threads")
    command.set_defaults(run=_run_info)


def _add_demo(commands: Any) -> None:
    command = commands.add_parser("demo", help="fit the eruptions of Old Faithful, draw the result")
    command.add_argument(
        "--output", metavar="PICTURE", help=f"where to draw (default: {_DEMO_PICTURE})"
    )
    _add_threads(command)
    command.set_defaults(run=_run_demo)


def _add_table(command: argparse.ArgumentParser) -> None:
    command.add_argument("data", metavar="DATA", help="CSV, .npy or .npz; - for standard input")
    command.add_argument(
        "--columns",
        type=split_columns,
        metavar="A,B",
        help="the columns to use, by name or number from 1 (default: all)",
    )
    command.add_argument(
        "--header",
        action=argparse.BooleanOptionalAction,
        help="whether the first line holds names (default: if it holds no numbers)",
    )


def _add_threads(command: Any) -> None:
    command.add_argument(
        "--threads", type=_count, metavar="N", help="default: OMP_NUM_THREADS, else all CPUs"
    )


def _count(text: str, least: int = 1) -> int:
    """Read a number of things, for argparse: it names the argument in what it says."""
    try:
        value = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not an integer") from None
    if value < least:
        raise argparse.ArgumentTypeError(f"{value} must be at least {least}")
    return value


def _seed(text: str) -> int:
    """Read a seed, for argparse."""
    return _count(text, least=0)


def _default(what: str) -> str:
    return f"{what} (default: %(default)s)"


# What is done


def _run_fit(options: argparse.Namespace) -> None:
    _check_outputs(options.data, options.output, options.labels, options.plot)
    if options.plot is not None:
        from .plot._display import check_path

        check_path(options.plot)
    with _reading(options.data):
        table = read_table(
            options.data, columns=options.columns, weights=options.weights, header=options.header
        )
    with _progress_line(options) as callback, renamed(_ARGUMENTS):
        model = fit(
            table,
            options.components,
            covariance_type=options.covariance,
            sample_weight=table.weights,
            init=options.init,
            n_init=options.n_init,
            max_iter=options.max_iter,
            tol=options.tol,
            reg_covar=options.reg_covar,
            prior=options.prior,
            strict=options.strict,
            random_state=options.seed,
            n_threads=options.threads,
            callback=callback,
        )
    # Files first: whoever reads standard output may go before the end of it.
    if options.output is not None:
        model.save(options.output)
    if options.labels is not None:
        with _writing(options.labels) as file:
            _write_labels(file, model, table, options.threads)
    if options.plot is not None:
        _draw(model, table, options.plot)
    _tell(model, table, options.threads)
    written = [path for path in (options.output, options.labels, options.plot) if path]
    if written:
        print(f"{'written':<16}{', '.join(written)}")


def _run_predict(options: argparse.Namespace) -> None:
    _check_outputs(options.data, options.output)
    with _reading(options.model):
        model = load(options.model)
    with _reading(options.data):
        table = read_table(
            options.data,
            columns=options.columns,
            features=model.feature_names,
            header=options.header,
        )
    given, needed = table.values.shape[1], model.n_features
    if given != needed:
        data = "standard input" if options.data == "-" else options.data
        raise InputError(
            f"{data} has {given} columns of numbers, {options.model} needs {needed}: "
            "choose them with --columns"
        )
    check_names(as_matrix(table), model.feature_names)
    if options.output is None:
        _write_labels(sys.stdout, model, table, options.threads, probabilities=options.proba)
    else:
        with _writing(options.output) as file:
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
    if options.output is not None:
        from .plot._display import check_path

        _check_outputs("-", options.output)
        check_path(options.output)
    table = Table(*load_faithful())
    # Far enough for the log-likelihood that R's mclust reports, -1130.264, and its parameters.
    model = fit(table, 2, tol=1e-10, random_state=0, n_threads=options.threads)
    print("Old Faithful: the length of 272 eruptions and the wait for the next, in minutes.\n")
    _tell(model, table, options.threads)
    if options.output is None and find_spec("matplotlib") is None:
        print("no picture: that needs matplotlib: pip install 'gaussmix[plot]'", file=sys.stderr)
        return
    sys.stdout.flush()
    picture = options.output or _DEMO_PICTURE
    _draw(model, table, picture)
    print(f"{'picture':<16}{picture}")


def _check_outputs(data: str, *outputs: str | None) -> None:
    """Find out before the work is done what would keep its results from being written."""
    taken = {} if data == "-" else {os.path.realpath(data): "the data"}
    for output in filter(None, outputs):
        place = Path(os.path.realpath(output))
        if Path(output).is_dir():
            raise InputError(f"{output} is a folder")
        if Path(output).exists() and not Path(output).is_file():
            continue  # a device or a pipe takes what it is given
        if not place.parent.is_dir():
            raise InputError(f"{output}: there is no folder {place.parent}")
        if not os.access(place.parent, os.W_OK):
            raise InputError(f"{output}: the folder {place.parent} cannot be written to")
        if str(place) in taken:
            raise InputError(f"{output} would be written over {taken[str(place)]}")
        taken[str(place)] = "another result"


@contextmanager
def _reading(path: str) -> Iterator[None]:
    """Turn what the operating system says of an input into an error of the input."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}" if error.strerror else str(error)) from error


@contextmanager
def _writing(path: str) -> Iterator[TextIO]:
    with replacing(path) as beside, beside.open("w", encoding="utf-8") as file:
        yield file


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


def _draw(model: Mixture, table: Table, path: str) -> None:
    from .plot import before_after, save_figure

    save_figure(before_after(model, table), path)


def _tell(model: Mixture, table: Table, n_threads: int | None) -> None:
    width = shutil.get_terminal_size((100, 24)).columns if sys.stdout.isatty() else 100
    print(
        report(
            model,
            table.values,
            names=table.names,
            sample_weight=table.weights,
            n_threads=n_threads,
            width=width,
        )
    )


# A line that tells how far a fit is


@contextmanager
def _progress_line(options: argparse.Namespace) -> Iterator[Callable[[Progress], None] | None]:
    """Give a callback that keeps a line of progress on a terminal; None where there is none."""
    if not sys.stderr.isatty():
        yield None
        return
    line = _ProgressLine(options.n_init, options.max_iter)
    try:
        yield line
    finally:
        line.erase()


class _ProgressLine:
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
        """Leave the terminal as it was."""
        if self._shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
