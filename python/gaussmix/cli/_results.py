"""The results that a command writes: labels, a picture, the report."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO, TypeVar

from numpy.typing import NDArray

from gaussmix._batches import Batches, of_batches
from gaussmix._mixture import Mixture
from gaussmix._sources import needing_pyarrow

from ._report import report, tally
from ._tables import Table

_ROWS_AT_ONCE = 1 << 16

_T = TypeVar("_T")


def save_labels(
    path: Path,
    wanted: str,
    model: Mixture,
    rows: Table | Batches,
    n_threads: int | None,
    *,
    probabilities: bool = False,
) -> None:
    """Write labels to a file, as Parquet or text by the suffix of the name that is wanted."""
    if Path(wanted).suffix in (".parquet", ".pq"):
        _write_parquet(path, model, rows, n_threads, probabilities=probabilities)
        return
    with path.open("w", encoding="utf-8") as file:
        write_labels(file, model, rows, n_threads, probabilities=probabilities)


def write_labels(
    file: TextIO,
    model: Mixture,
    rows: Table | Batches,
    n_threads: int | None,
    *,
    probabilities: bool = False,
) -> None:
    """Write one line per row: the component, and with `probabilities` that of each."""
    file.write(",".join(_titles(model, probabilities=probabilities)) + "\n")

    def lines_of(part: NDArray[Any]) -> str:
        lines = [str(label) for label in model.predict(part, n_threads=n_threads).tolist()]
        if probabilities:
            given = model.predict_proba(part, n_threads=n_threads).tolist()
            lines = [
                f"{line},{','.join(map(repr, row))}" for line, row in zip(lines, given, strict=True)
            ]
        return "\n".join(lines) + "\n"

    file.writelines(_by_blocks(model, rows, lines_of))


def _write_parquet(
    path: Path,
    model: Mixture,
    rows: Table | Batches,
    n_threads: int | None,
    *,
    probabilities: bool,
) -> None:
    """Write the columns of `write_labels` as a Parquet file, one row group at a time."""
    with needing_pyarrow(f"{path.suffix} output"):
        import pyarrow as pa
        from pyarrow import parquet
    names = _titles(model, probabilities=probabilities)
    types = [pa.int64(), *[pa.float64()] * (len(names) - 1)]
    schema = pa.schema(list(zip(names, types, strict=True)))

    def columns_of(part: NDArray[Any]) -> list[NDArray[Any]]:
        labels = model.predict(part, n_threads=n_threads)
        given = model.predict_proba(part, n_threads=n_threads).T if probabilities else ()
        return [labels, *given]

    with parquet.ParquetWriter(path, schema) as out:
        for columns in _by_blocks(model, rows, columns_of):
            out.write_table(pa.table(columns, schema=schema))


def _titles(model: Mixture, *, probabilities: bool) -> list[str]:
    titles = [f"p{k}" for k in range(model.n_components)]
    titles += [] if model.noise is None else ["noise"]
    return ["label", *(titles if probabilities else [])]


def _by_blocks(
    model: Mixture, rows: Table | Batches, compute: Callable[[NDArray[Any]], _T]
) -> Iterator[_T]:
    """Yield the results of a function for the rows, some at a time."""

    def of_blocks(part: NDArray[Any]) -> Iterator[_T]:
        for at in range(0, len(part), _ROWS_AT_ONCE):
            yield compute(part[at : at + _ROWS_AT_ONCE])

    if not isinstance(rows, Batches):
        yield from of_blocks(rows.values)
        return
    none: list[_T] = []
    for of_part in of_batches(rows, model, lambda part, _: list(of_blocks(part)), none):
        yield from of_part


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
