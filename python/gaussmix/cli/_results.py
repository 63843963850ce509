"""What a command writes: labels, a picture, the report."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TextIO

from gaussmix._mixture import Mixture

from ._report import report
from ._tables import Table

_ROWS_AT_ONCE = 1 << 16


def write_labels(
    file: TextIO,
    model: Mixture,
    table: Table,
    n_threads: int | None,
    *,
    probabilities: bool = False,
) -> None:
    """Write one line per row: the component, and with `probabilities` that of each."""
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


def draw(model: Mixture, table: Table, path: str | Path) -> None:
    from gaussmix.plot import before_after, save_figure

    save_figure(before_after(model, table, sample_weight=table.weights), path)


def print_report(model: Mixture, table: Table, n_threads: int | None, file: TextIO) -> None:
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
