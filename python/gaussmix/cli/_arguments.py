"""The commands of the command line, their arguments and defaults."""

from __future__ import annotations

import argparse
import sys
from typing import Any, NoReturn

from gaussmix import __version__, _core
from gaussmix._covariance import FAMILIES
from gaussmix._selection import CRITERIA

from . import _known
from ._tables._choice import split_columns

_STARTS = ("kmeans", "k-means++", "random_from_data", "random")
#: Where the demo draws by default.
DEMO_PICTURE = "gaussmix-demo.png"

_EXAMPLES = """\
examples:
  gaussmix demo
  gaussmix fit iris.csv -k 3 --columns 1,2,3,4 --output iris.safetensors --plot iris.png
  gaussmix select iris.csv --columns 1,2,3,4 --plot selection.png
  gaussmix predict iris.safetensors new.csv --proba > labels.csv

for programs in C and C++, the folders of what is installed:
  python -m gaussmix --cmakedir     also --includedir, --libdir
"""


class _Parser(argparse.ArgumentParser):
    """Reports errors in the same form for every command."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(2, f"gaussmix: error: {message}\n")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the words after the program's name; `command` is the chosen one."""
    whole = _Parser(
        prog="gaussmix",
        description="Fit Gaussian mixture models, and use them.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    whole.add_argument("--version", action="version", version=f"gaussmix {__version__}")
    commands = whole.add_subparsers(required=True, metavar="COMMAND", dest="command")
    _add_fit(commands)
    _add_select(commands)
    _add_predict(commands)
    _add_info(commands)
    _add_demo(commands)
    return whole


def _add_fit(commands: Any) -> None:
    command = commands.add_parser("fit", help="fit a mixture to a table of numbers")
    _add_table(command)
    command.add_argument("--weights", metavar="COLUMN", help="the column with the weights of rows")

    how = command.add_argument_group("how to fit")
    how.add_argument(
        "-k",
        "--components",
        type=_count,
        metavar="K",
        help="number of components; may be left out with --start",
    )
    how.add_argument(
        "--covariance-type",
        type=_family,
        choices=FAMILIES,
        help="family, or mclust's code of one (default: full, or that of --start)",
    )
    how.add_argument("--init", choices=_STARTS, default="kmeans", help=_default("start"))
    how.add_argument(
        "--effort",
        choices=["low", "normal", "high"],
        default="normal",
        help=_default("how hard to search for a good start"),
    )
    how.add_argument("--start", metavar="MODEL", help="begin with the mixture of a file")
    how.add_argument(
        "--fixed",
        type=_known.fixed,
        action="append",
        metavar="NAME=K,L",
        help="what of --start stays: means=0,2, weights=1 or covariances=all; may be repeated",
    )
    how.add_argument(
        "--bounds",
        type=_known.bounds,
        action="append",
        metavar="NAME=A:B",
        help="limits of the rest: weights=0.1:0.9 or variances=0.01:; may be repeated",
    )
    _add_known(how)
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
        help=_default("stop when less mean log-likelihood per row is left to gain"),
    )
    how.add_argument(
        "--acceleration",
        choices=["auto", "off", "classic"],
        default="auto",
        help=_default("EM with quasi-Newton steps, without, or as scikit-learn has it"),
    )
    how.add_argument(
        "--reg-covar",
        type=float,
        metavar="R",
        help="added to every variance (default: 1e-6 of the variance of each feature)",
    )
    how.add_argument(
        "--prior",
        choices=["default"],
        help="maximum a posteriori, with a conjugate prior from the data",
    )
    _add_noise(how)
    _add_missing(how, "error", "error")
    how.add_argument(
        "--strict", action="store_true", help="fail where a component had to be mended"
    )
    how.add_argument(
        "--seed", type=_seed, default=0, metavar="S", help=_default("of the random start")
    )
    how.add_argument(
        "--checkpoint",
        metavar="FILE",
        help="keep the course of the fit in a file, and continue from it if it is there",
    )
    _add_threads(how)

    output = command.add_argument_group("what to write")
    output.add_argument("--output", metavar="MODEL", help="the mixture, as a .safetensors file")
    output.add_argument(
        "--labels", metavar="CSV", help="the component of each row; - for standard output"
    )
    output.add_argument(
        "--plot", metavar="PICTURE", help="the data before and after: .png, .pdf ..."
    )


def _add_select(commands: Any) -> None:
    command = commands.add_parser(
        "select", help="choose the covariance family and the number of components"
    )
    _add_table(command)
    command.add_argument("--weights", metavar="COLUMN", help="the column with the weights of rows")

    how = command.add_argument_group("what to compare")
    how.add_argument(
        "-k",
        "--components",
        type=_counts,
        default=range(1, 10),
        metavar="K",
        help="numbers of components, as 1-9 or 2,4,8 (default: 1-9)",
    )
    how.add_argument(
        "--covariance-types",
        type=split_columns,
        default=["all"],
        metavar="A,B",
        help="families, by name or mclust's code, or plain, or all (default: all)",
    )
    how.add_argument("--criterion", choices=CRITERIA, default="bic", help=_default("what chooses"))
    how.add_argument(
        "--effort",
        choices=["low", "normal", "high"],
        default="normal",
        help=_default("how hard to search"),
    )
    how.add_argument(
        "--prior",
        choices=["default"],
        help="maximum a posteriori, with a conjugate prior from the data",
    )
    _add_known(how)
    _add_noise(how)
    _add_missing(how, "error", "error")
    how.add_argument(
        "--max-seconds", type=float, metavar="S", help="stop after this time (default: never)"
    )
    how.add_argument(
        "--seed", type=_seed, default=0, metavar="S", help=_default("of the random starts")
    )
    _add_threads(how)

    output = command.add_argument_group("what to write")
    output.add_argument("--output", metavar="MODEL", help="the best mixture")
    output.add_argument("--labels", metavar="CSV", help="the component of each row under it")
    output.add_argument("--plot", metavar="PICTURE", help="the criterion: .png, .pdf ...")


def _add_predict(commands: Any) -> None:
    command = commands.add_parser("predict", help="assign the rows of a table to components")
    command.add_argument("model", metavar="MODEL", help="a file that fit --output wrote")
    _add_table(command)
    _add_missing(command, None, "as in the fit")
    command.add_argument("--proba", action="store_true", help="probabilities beside the labels")
    command.add_argument(
        "--output", metavar="CSV", default="-", help="where to (default: standard output)"
    )
    _add_threads(command)


def _add_info(commands: Any) -> None:
    commands.add_parser("info", help="print version, instruction set and threads")


def _add_demo(commands: Any) -> None:
    command = commands.add_parser("demo", help="fit the eruptions of Old Faithful, draw the result")
    command.add_argument(
        "--output", metavar="PICTURE", help=f"where to draw (default: {DEMO_PICTURE})"
    )
    _add_threads(command)


def _add_table(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "data",
        metavar="DATA",
        nargs="+",
        help="CSV, .npy or .npz, also as .gz, .bz2 or .xz; Parquet or Arrow; - for standard input. "
        "Several files, or a pattern such as 'data/*.parquet', are read in turn, in batches",
    )
    command.add_argument(
        "--columns",
        type=split_columns,
        metavar="A,B",
        help="the columns to use, by name, number from 1 or range as 2-5 (default: all but an "
        "index without a name)",
    )
    command.add_argument(
        "--exclude", type=split_columns, default=[], metavar="A,B", help="columns to leave out"
    )
    command.add_argument(
        "--header",
        action=argparse.BooleanOptionalAction,
        help="whether the first line holds names (default: if it holds no numbers)",
    )
    command.add_argument(
        "--decimal",
        choices=("point", "comma"),
        help="the decimal mark of the numbers (default: detected)",
    )


def _add_missing(command: Any, default: str | None, otherwise: str) -> None:
    command.add_argument(
        "--missing",
        choices=("error", "em"),
        default=default,
        help="em: empty cells, NA and NaN are values that are missing at random, and rows count by "
        f"the others (default: {otherwise})",
    )


def _add_known(command: Any) -> None:
    command.add_argument(
        "--known",
        metavar="COLUMN",
        help="the column with the components of rows, counted from 0; empty or -1: not known",
    )


def _add_noise(command: Any) -> None:
    command.add_argument(
        "--noise",
        action="store_true",
        help="a uniform background for rows that belong to no component: their label is -1",
    )
    command.add_argument(
        "--noise-weight",
        type=float,
        metavar="W",
        help="a background that starts with this share of the rows (default: of low density)",
    )


def _add_threads(command: Any) -> None:
    command.add_argument(
        "--threads", type=_count, metavar="N", help="default: OMP_NUM_THREADS, else all CPUs"
    )


def _family(text: str) -> str:
    """Turn the code of a family into its name, for argparse, which knows the names."""
    try:
        return _core.family_name(text)
    except ValueError:
        return text


def _count(text: str, least: int = 1) -> int:
    """Read a count, for argparse, which adds the name of the argument to errors."""
    try:
        value = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not an integer") from None
    if value < least:
        raise argparse.ArgumentTypeError(f"{value} must be at least {least}")
    return value


def _counts(text: str) -> list[int]:
    """Read counts and ranges of counts, for argparse."""
    counts: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        counts += range(_count(first), _count(last or first) + 1)
    return counts


def _seed(text: str) -> int:
    """Read a seed, for argparse."""
    return _count(text, least=0)


def _default(what: str) -> str:
    return f"{what} (default: %(default)s)"
