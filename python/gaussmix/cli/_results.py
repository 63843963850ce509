"""What a command writes: labels, a picture, the report."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, TextIO

from numpy.typing import NDArray

from gaussmix._batches import Batches, of_batches
from gaussmix._mixture import Mixture

from ._report import report, tally
from ._tables import Table

_ROWS_AT_ONCE = 1 << 16


def write_labels(
    file: TextIO,
    model: Mixture,
    rows: Table | Batches,
    n_threads: int | None,
    *,
    probabilities: bool = False,
) -> None:
    """Write one line per row: the component, and with `probabilities` that of each."""
    names = [f"p{k}" for k in range(model.n_components)] if probabilities else []
    file.write(",".join(["label", *names]) + "\n")

    def lines_of(part: NDArray[Any]) -> str:
        lines = [str(label) for label in model.predict(part, n_threads=n_threads).tolist()]
        if probabilities:
            given = model.predict_proba(part, n_threads=n_threads).tolist()
            lines = [
                f"{line},{','.join(map(repr, row))}" for line, row in zip(lines, given, strict=True)
            ]
        return "\n".join(lines) + "\n"

    if isinstance(rows, Batches):
        file.writelines(of_batches(rows, model, lambda part, _: lines_of(part), of_none=""))
        return
    starts = range(0, len(rows.values), _ROWS_AT_ONCE)
    file.writelines(lines_of(rows.values[at : at + _ROWS_AT_ONCE]) for at in starts)


def draw(model: Mixture, table: Table, path: str | Path) -> None:
    from gaussmix.plot import before_after, save_figure

    save_figure(before_after(model, table, sample_weight=table.weights), path)


def print_report(
    model: Mixture, rows: Table | Batches, n_threads: int | None, file: TextIO
) -> None:
    if isinstance(rows, Batches):
        said, names = tally(model, rows, None, n_threads), model.feature_names
    else:
        said, names = tally(model, rows.values, rows.weights, n_threads), rows.names
    width = shutil.get_terminal_size((100, 24)).columns if file.isatty() else 100
    print(report(model, said, names=names, width=width), file=file)
