"""The command line: `gaussmix fit`, `predict`, `info` and `demo`.

Results go to standard output, everything else to standard error. Exit codes: 0 done, 1 failed for a
reason outside the input, 2 unusable input or usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

import numpy as np
import numpy.typing as npt

from . import __version__, info, load
from ._files import replacing
from ._fit import Progress, fit
from ._mixture import Mixture
from ._tables import Table, read_table, split_columns
from .datasets import load_faithful

Floats = npt.NDArray[np.float64]

_COVARIANCES = ("full", "tied", "diag", "spherical")
_STARTS = ("kmeans", "k-means++", "random_from_data", "random")
_WITHOUT_MATPLOTLIB = "the picture needs matplotlib: pip install 'gaussmix[plot]'"


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
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read standard output has gone: nothing more can or need be said there.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (ValueError, TypeError, ImportError) as error:
        return _complain(str(error), 2)
    except OSError as error:
        named = error.filename is not None and error.strerror
        return _complain(f"{error.filename}: {error.strerror}" if named else str(error), 2)
    except MemoryError:
        return _complain("out of memory", 1)
    return 0


def _complain(message: str, code: int) -> int:
    print(f"gaussmix: error: {message}", file=sys.stderr)
    return code


# What can be asked


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="gaussmix", description="Fit and use Gaussian mixture models."
    )
    parser.add_argument("--version", action="version", version=f"gaussmix {__version__}")
    commands = parser.add_subparsers(required=True, metavar="command", dest="command")
    _add_fit(commands)
    _add_predict(commands)

    command = commands.add_parser("info", help="tell version, instruction set and threads")
    command.set_defaults(run=_run_info)

    command = commands.add_parser("demo", help="fit the eruptions of Old Faithful, draw the result")
    command.add_argument(
        "--output",
        metavar="PICTURE",
        default="gaussmix-demo.png",
        help="where to draw (default: %(default)s)",
    )
    _add_threads(command)
    command.set_defaults(run=_run_demo)
    return parser


def _add_fit(commands: Any) -> None:
    command = commands.add_parser("fit", help="fit a mixture to a table of numbers")
    command.add_argument("data", help="CSV, .npy or .npz file; - for standard input")
    command.add_argument(
        "-k", "--components", type=int, required=True, metavar="K", help="number of components"
    )
    command.add_argument("--covariance", choices=_COVARIANCES, default="full")
    command.add_argument("--init", choices=_STARTS, default="kmeans")
    command.add_argument("--n-init", type=int, default=1, metavar="N", help="restarts (default: 1)")
    command.add_argument("--max-iter", type=int, default=100, metavar="N")
    command.add_argument("--tol", type=float, default=1e-3, metavar="T")
    command.add_argument(
        "--reg-covar", type=float, metavar="R", help="added to every variance (default: relative)"
    )
    command.add_argument("--seed", type=int, default=0, metavar="S", help="default: 0")
    command.add_argument("--weights", metavar="COLUMN", help="column with a weight for each row")
    command.add_argument("--output", metavar="MODEL", help="write the mixture, .safetensors")
    command.add_argument("--labels", metavar="CSV", help="write the label of each row")
    command.add_argument("--plot", metavar="PICTURE", help="draw the data before and after")
    _add_table(command)
    _add_threads(command)
    command.set_defaults(run=_run_fit)


def _add_predict(commands: Any) -> None:
    command = commands.add_parser("predict", help="assign the rows of a table to components")
    command.add_argument("model", help="file that `gaussmix fit --output` wrote")
    command.add_argument("data", help="CSV, .npy or .npz file; - for standard input")
    command.add_argument("--proba", action="store_true", help="probabilities as well as labels")
    command.add_argument("--output", metavar="CSV", help="where to (default: standard output)")
    _add_table(command)
    _add_threads(command)
    command.set_defaults(run=_run_predict)


def _add_table(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--columns", metavar="A,B", help="columns to use, by name or number from 1 (default: all)"
    )
    header = command.add_mutually_exclusive_group()
    header.add_argument(
        "--header",
        action="store_true",
        default=None,
        help="the first line holds names (default: if it holds no numbers)",
    )
    header.add_argument("--no-header", dest="header", action="store_false")


def _add_threads(command: argparse.ArgumentParser) -> None:
    command.add_argument("--threads", type=int, metavar="N", help="default: all CPUs")


# What is done


def _run_fit(options: argparse.Namespace) -> None:
    if options.plot is not None:
        from .plot import check_path

        check_path(options.plot)
    table = _read(options, weights=options.weights)
    with _progress_line() as callback:
        model = fit(
            _as_frame(table),
            options.components,
            covariance_type=options.covariance,
            sample_weight=table.weights,
            init=options.init,
            n_init=options.n_init,
            max_iter=options.max_iter,
            tol=options.tol,
            reg_covar=options.reg_covar,
            random_state=options.seed,
            n_threads=options.threads,
            callback=callback,
        )
    if options.output is not None:
        model.save(options.output)
    if options.labels is not None:
        with replacing(options.labels) as path, path.open("w", encoding="utf-8") as file:
            _write_rows(file, ["label"], model.predict(table.values)[:, np.newaxis])
    if options.plot is not None:
        _draw(model, table, options.plot)
    print(report(model, table.values, table.names))


def _run_predict(options: argparse.Namespace) -> None:
    model = load(options.model)
    table = _read(options)
    labels = model.predict(table.values, n_threads=options.threads)[:, np.newaxis]
    names, columns = ["label"], [labels]
    if options.proba:
        names += [f"p{k}" for k in range(model.n_components)]
        columns.append(model.predict_proba(table.values, n_threads=options.threads))
    if options.output is None:
        _write_rows(sys.stdout, names, *columns)
        return
    with replacing(options.output) as path, path.open("w", encoding="utf-8") as file:
        _write_rows(file, names, *columns)


def _run_info(_: argparse.Namespace) -> None:
    facts = info()
    lines = {
        "gaussmix": facts["version"],
        "instruction set": facts["instruction_set"],
        "also available": ", ".join(
            name for name in facts["instruction_sets"] if name != facts["instruction_set"]
        )
        or "none",
        "threads": facts["n_threads"],
        "OpenMP runtime": facts["openmp"] or "none: threads of its own",
        "Python": sys.version.split()[0],
        "NumPy": np.__version__,
    }
    for name, value in lines.items():
        print(f"{name:<16} {value}")


def _run_demo(options: argparse.Namespace) -> None:
    values, names = load_faithful()
    # A fit to the last digit: its log-likelihood, -1130.264, is the one that R's mclust reports.
    model = fit(values, 2, tol=1e-10, random_state=0, n_threads=options.threads)
    print("Old Faithful: length of 272 eruptions and the wait for the next, in minutes.\n")
    print(report(model, values, names))
    if importlib.util.find_spec("matplotlib") is None:
        print(f"\nNo picture: {_WITHOUT_MATPLOTLIB}")
        return
    _draw(model, Table(values, names), options.output)
    print(f"\nPicture: {options.output}")


def _read(options: argparse.Namespace, weights: str | None = None) -> Table:
    columns = None if options.columns is None else split_columns(options.columns)
    return read_table(options.data, columns=columns, weights=weights, header=options.header)


class _Frame:
    """An array with column names, as `fit` takes them from a data frame."""

    def __init__(self, values: npt.NDArray[Any], columns: tuple[str, ...]) -> None:
        self._values = values
        self.columns = columns

    def __array__(
        self, dtype: npt.DTypeLike | None = None, copy: bool | None = None
    ) -> npt.NDArray[Any]:
        return np.array(self._values, dtype=dtype) if copy else np.asarray(self._values, dtype)


def _as_frame(table: Table) -> Any:
    return table.values if table.names is None else _Frame(table.values, table.names)


def _draw(model: Mixture, table: Table, path: str) -> None:
    from .plot import before_after, save_figure

    save_figure(before_after(model, table.values, names=table.names), path)


def _write_rows(file: TextIO, names: Iterable[str], *columns: npt.NDArray[Any]) -> None:
    print(",".join(names), file=file)
    for row in zip(*(column.tolist() for column in columns), strict=True):
        print(",".join(repr(value) for part in row for value in part), file=file)


@contextmanager
def _progress_line() -> Any:
    """A callback that keeps one line of progress on a terminal; None where there is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    line = _ProgressLine()
    try:
        yield line
    finally:
        line.erase()


class _ProgressLine:
    """One line, rewritten at most ten times a second, first shown after half a second."""

    def __init__(self) -> None:
        self._due = time.monotonic() + 0.5
        self._shown = False

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if now < self._due:
            return
        self._due, self._shown = now + 0.1, True
        text = (
            f"start {progress.restart + 1}, iteration {progress.iteration}, "
            f"mean log-likelihood {progress.log_likelihood:.6f}"
        )
        print(f"\r{text}\033[K", end="", file=sys.stderr, flush=True)

    def erase(self) -> None:
        if self._shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


# What is told


def report(model: Mixture, X: npt.NDArray[Any], names: tuple[str, ...] | None = None) -> str:
    """Describe a fitted mixture in lines of text: components, likelihood, how the fit went."""
    log_likelihood = model.score(X) * len(X)
    ending = {
        "converged": "converged",
        "max_iter": "not converged: raise --max-iter or --tol",
        "stalled": "stalled: the ridge outweighs what an iteration gains",
    }.get(model.status, model.status)
    facts = [
        ("log-likelihood", f"{log_likelihood:.3f}"),
        ("BIC", f"{model.bic(X):.3f}"),
        ("iterations", f"{model.n_iter}, {ending}"),
        ("time", f"{1e3 * model.seconds:.3g} ms"),
        ("threads", str(model.n_threads)),
        ("instruction set", info()["instruction_set"]),
    ]
    facts += [
        ("event", f"iteration {event.iteration}, component {event.component}: {event.act}")
        for event in model.events
    ]
    lines = _component_table(model, X, names)
    return "\n".join([*lines, "", *(f"{name:<16} {value}" for name, value in facts)])


def _component_table(
    model: Mixture, X: npt.NDArray[Any], names: tuple[str, ...] | None, most: int = 6
) -> list[str]:
    """Lines of weight, rows won, mean and standard deviations of the first features."""
    won = np.bincount(model.predict(X), minlength=model.n_components)
    deviations = model.standard_deviations()
    shown = min(model.n_features, most)
    titles = [(names[j] if names else f"feature {j}") + " (mean ± sd)" for j in range(shown)]
    cells = [["component", "weight", "rows", *titles]]
    for k in range(model.n_components):
        numbers = [f"{model.means[k, j]:.5g} ± {deviations[k, j]:.4g}" for j in range(shown)]
        cells.append([str(k), f"{model.weights[k]:.4f}", str(won[k]), *numbers])
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    lines = ["  ".join(f"{c:>{w}}" for c, w in zip(row, widths, strict=True)) for row in cells]
    if shown < model.n_features:
        lines.append(f"... and {model.n_features - shown} more features")
    return lines
