"""The commands of the command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from typing import Any

import numpy as np

from gaussmix import info, load
from gaussmix._arrays import as_matrix, check_names, renamed
from gaussmix._batches import Batches
from gaussmix._files import replacing
from gaussmix._fit import fit
from gaussmix._mixture import Mixture, takes_holes, with_facts
from gaussmix._noise import Noise
from gaussmix._select import select
from gaussmix.datasets import FAITHFUL, load_faithful

from ._arguments import DEMO_PICTURE
from ._input import InputError, read_rows, reading, rows_named, shown
from ._many import batches_of, is_many, paths_of
from ._outputs import STREAM, Output, check_outputs
from ._progress_line import progress_line
from ._results import draw, print_report, save_labels, write_labels
from ._tables import Table

#: The options that give the arguments of a fit.
_ARGUMENTS = {
    "n_components": "--components",
    "sample_weight": "--weights",
    "n_init": "--n-init",
    "max_iter": "--max-iter",
    "tol": "--tol",
    "reg_covar": "--reg-covar",
    "n_threads": "--threads",
    "covariance_type": "--covariance-type",
    "max_seconds": "--max-seconds",
    "noise.weight": "--noise-weight",
    "fixed": "--fixed",
    "bounds": "--bounds",
    "labels": "--known",
}


def _run_fit(options: argparse.Namespace) -> None:
    many = is_many(options)
    paths = paths_of(options.data) if many else options.data
    start = None if options.start is None else _start(options.start)
    if options.components is None and start is None:
        raise InputError("-k/--components is missing: say how many components to fit")
    check_outputs(
        _inputs(paths) if start is None else {**_inputs(paths), "the start": options.start},
        [
            Output("--output", options.output, "a model"),
            Output("--labels", options.labels, "the table of labels", is_text=True),
            Output("--plot", options.plot, "a picture"),
            Output("--checkpoint", options.checkpoint, "a checkpoint"),
        ],
    )
    if options.plot is not None:
        from gaussmix.plot._display import check_path

        check_path(options.plot)
        if many:
            raise InputError("--plot draws rows in memory: fit one file of text or .npy")
    if many and options.known is not None:
        raise InputError("--known is of rows in memory: fit one file of text or .npy")
    chosen = {
        "weights": options.weights,
        "known": options.known,
        "features": None if start is None else start.feature_names,
        "missing": options.missing == "em",
    }
    rows = batches_of(paths, options, **chosen) if many else read_rows(options, **chosen)
    with (
        progress_line(options.n_init, options.max_iter) as callback,
        rows_named(paths[0]),
        renamed(_ARGUMENTS),
    ):
        model = fit(
            rows if isinstance(rows, Batches) else as_matrix(rows),
            options.components,
            covariance_type=options.covariance_type,
            sample_weight=None if isinstance(rows, Batches) else rows.weights,
            init=options.init if start is None else start,
            fixed=None if options.fixed is None else dict(options.fixed),
            bounds=None if options.bounds is None else dict(options.bounds),
            labels=None if isinstance(rows, Batches) else rows.labels,
            effort=options.effort,
            n_init=options.n_init,
            max_iter=options.max_iter,
            tol=options.tol,
            reg_covar=options.reg_covar,
            prior=options.prior,
            noise=_noise(options),
            strict=options.strict,
            acceleration=options.acceleration,
            random_state=options.seed,
            n_threads=options.threads,
            callback=callback,
            checkpoint=options.checkpoint,
            missing=options.missing,
        )
    # Files first: the reader of standard output may close it early.
    _write_results(options, model, rows)
    # Standard output has the labels and nothing else.
    report_to = sys.stderr if options.labels == STREAM else sys.stdout
    print_report(model, rows, options.threads, report_to)
    asked_for = (options.output, options.labels, options.plot)
    if written := [path for path in asked_for if path not in (None, STREAM)]:
        print(f"{'written':<16}{', '.join(written)}", file=report_to)
    if options.labels == STREAM:
        write_labels(sys.stdout, model, rows, options.threads)


def _start(path: str) -> Mixture:
    """Read the mixture to start from."""
    if path == STREAM:
        raise InputError("--start cannot be read from standard input: name a file")
    with reading(path):
        return load(path)


def _noise(options: argparse.Namespace) -> Noise | None:
    """Return the background that the options ask for."""
    wanted = options.noise or options.noise_weight is not None
    return Noise(options.noise_weight) if wanted else None


def _inputs(paths: Sequence[str]) -> dict[str, str]:
    """Return the name of each input, as messages use it, and its path."""
    if len(paths) == 1:
        return {"the data": paths[0]}
    return {f"the data ({path})": path for path in paths}


def _write_results(options: argparse.Namespace, model: Mixture, rows: Table | Batches) -> None:
    """Write the files that the options name: all of them, or none."""
    with ExitStack() as kept:
        if options.output is not None:
            model.save(kept.enter_context(replacing(options.output)))
        if options.labels not in (None, STREAM):
            beside = kept.enter_context(replacing(options.labels))
            save_labels(beside, options.labels, model, rows, options.threads)
        if options.plot is not None and not isinstance(rows, Batches):
            draw(model, rows, kept.enter_context(replacing(options.plot)))


def _run_select(options: argparse.Namespace) -> None:
    check_outputs(
        _inputs(options.data),
        [
            Output("--output", options.output, "a model"),
            Output("--labels", options.labels, "the table of labels", is_text=True),
            Output("--plot", options.plot, "a picture"),
        ],
    )
    if options.plot is not None:
        from gaussmix.plot._display import check_path

        check_path(options.plot)
    if is_many(options):
        raise InputError("select compares fits of rows in memory: give one file of text or .npy")
    chosen = {"weights": options.weights, "known": options.known}
    table = read_rows(options, **chosen, missing=options.missing == "em")
    given = options.covariance_types
    own_names = {**_ARGUMENTS, "covariance_type": "--covariance-types"}
    with rows_named(options.data[0]), renamed(own_names):
        found = select(
            as_matrix(table),
            options.components,
            covariance_types=given[0] if given in (["all"], ["plain"]) else given,
            criterion=options.criterion,
            sample_weight=table.weights,
            labels=table.labels,
            prior=options.prior,
            noise=_noise(options),
            effort=options.effort,
            random_state=options.seed,
            max_seconds=options.max_seconds,
            n_threads=options.threads,
            missing=options.missing,
        )
    with ExitStack() as kept:
        if options.output is not None:
            found.best.save(kept.enter_context(replacing(options.output)))
        if options.labels not in (None, STREAM):
            beside = kept.enter_context(replacing(options.labels))
            save_labels(beside, options.labels, found.best, table, options.threads)
        if options.plot is not None:
            from gaussmix.plot import SelectionDisplay

            SelectionDisplay.from_selection(found).save(kept.enter_context(replacing(options.plot)))
    report_to = sys.stderr if options.labels == STREAM else sys.stdout
    print(found, file=report_to)
    if options.labels == STREAM:
        write_labels(sys.stdout, found.best, table, options.threads)


def _run_predict(options: argparse.Namespace) -> None:
    many = is_many(options)
    paths = paths_of(options.data) if many else options.data
    check_outputs(
        {**_inputs(paths), "the model": options.model},
        [Output("--output", options.output, "the table of labels", is_text=True)],
        writes_to_stdout=False,
    )
    if options.model == STREAM:
        raise InputError("MODEL cannot be read from standard input: name a file; DATA can")
    with reading(options.model):
        model = load(options.model)
    if options.missing is not None:
        model = with_facts(model, missing=options.missing == "em")
    chosen = {"features": model.feature_names, "missing": takes_holes(model)}
    if many:
        rows: Table | Batches = batches_of(paths, options, **chosen)
    else:
        rows = _table_for(model, options, chosen)
    if options.output == STREAM:
        write_labels(sys.stdout, model, rows, options.threads, probabilities=options.proba)
        return
    with replacing(options.output) as beside:
        save_labels(
            beside, options.output, model, rows, options.threads, probabilities=options.proba
        )


def _table_for(model: Mixture, options: argparse.Namespace, chosen: dict[str, Any]) -> Table:
    """Read a table with the features of a model."""
    table = read_rows(options, **chosen)
    (data,) = options.data
    given, needed = table.values.shape[1], model.n_features
    if given != needed:
        raise InputError(
            f"{shown(data)} has {given} columns of numbers, {options.model} needs "
            f"{needed}: choose them with --columns"
        )
    with rows_named(data):
        check_names(as_matrix(table), model.feature_names)
    return table


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
        from gaussmix.plot._display import check_path

        check_outputs({"the data": str(FAITHFUL)}, [Output("--output", picture, "a picture")])
        check_path(picture)
    table = Table(*load_faithful())
    # Far enough for the log-likelihood that R's mclust reports, -1130.264, and its parameters.
    model = fit(table, 2, tol=1e-10, random_state=0, n_threads=options.threads)
    print("Old Faithful: the length of 272 eruptions and the wait for the next, in minutes.\n")
    print_report(model, table, options.threads, sys.stdout)
    if without_picture:
        print("no picture: that needs matplotlib: pip install 'gaussmix[plot]'", file=sys.stderr)
        return
    sys.stdout.flush()
    draw(model, table, picture)
    print(f"{'picture':<16}{picture}")


COMMANDS = {
    "fit": _run_fit,
    "select": _run_select,
    "predict": _run_predict,
    "info": _run_info,
    "demo": _run_demo,
}
