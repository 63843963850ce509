"""Fits on Spark: the workers pack the rows of each partition once, and add up their statistics."""

from __future__ import annotations

import pickle
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from pyspark import TaskContext
from pyspark.sql import functions
from pyspark.sql.types import ArrayType, DoubleType, LongType, StructField, StructType
from pyspark.sql.utils import is_remote

from gaussmix._fit import fit as fit_rows
from gaussmix._merge import merge
from gaussmix._mixture import Mixture
from gaussmix._remote import RemoteRows

from ._block import Block, as_block

_TOGETHER = 16  # answers that one task merges
_MOST_AT_ONCE = 32  # answers that come back to the driver
_BLOCKS = 1 << 32  # more than a partition has
_NUMBERS = 1 << 20  # of a block
_BLOCK = "block binary"
_ANSWER = "number long, answer binary"


def fit(
    df: Any,
    n_components: int | None = None,
    *,
    features: Sequence[str] | None = None,
    weight: str | None = None,
    labels: str | None = None,
    component_labels: Sequence[int] | None = None,
    **options: Any,
) -> Mixture:
    """Fit a mixture to the rows of a Spark DataFrame, partition by partition.

    The columns are read once, by `mapInArrow`, as matrices that Spark caches for as long as the fit
    takes. An iteration is one job over them: it sends the mixture, and the moments of the
    partitions are added up in a tree. The same partitions give the same bits.

    Parameters
    ----------
    df : pyspark.sql.DataFrame
        The rows, in partitions of less than 2 GB; several for each core.
    n_components : int
        The number of components, K. May be left out when `init` is a mixture.
    features : list of str, optional
        The columns to fit; by default all but `weight` and `labels`. They must hold numbers,
        and no nulls unless `missing` is "em".
    weight : str, optional
        The column with the weights of the rows: 2 counts a row twice, 0 leaves it out.
    labels : str, optional
        The column with the classes of rows, integers as in `gaussmix.fit`; -1 or null where they
        are not known.
    component_labels : sequence of int, optional
        As in `gaussmix.fit`.
    **options
        As in `gaussmix.fit`; a callback is called in the driver.

    Returns
    -------
    Mixture
        As of `gaussmix.fit`, with the columns as its `feature_names`.

    Raises
    ------
    ValueError, TypeError
        As `gaussmix.fit` does; errors about rows name the partition, and the row there.
    """
    beside = [name for name in (weight, labels) if name is not None]
    columns = _features(df, features, beside)
    of_blocks = {"missing": options.get("missing", "error"), "component_labels": component_labels}
    pack = _Packed(columns, weight, labels, of_blocks)
    packed = df.select(*columns, *beside).mapInArrow(pack, _BLOCK)
    asked = _AskedFrame(packed) if is_remote() else _AskedRdd(packed)
    try:
        return fit_rows(
            RemoteRows(
                summary=lambda: asked("summary"),
                sample=lambda summary, size, seed: asked("sample", summary, size, seed),
                moments=lambda scorer: asked("moments", scorer),
                affinity=None if labels is None else lambda scorer: asked("affinity", scorer),
            ),
            n_components,
            **options,
        )
    finally:
        asked.blocks.unpersist()


def transform(
    mixture: Mixture,
    df: Any,
    *,
    features: Sequence[str] | None = None,
    label: str | None = "label",
    probabilities: str | None = None,
) -> Any:
    """Add labels and probabilities to a DataFrame, lazily.

    Parameters
    ----------
    mixture : Mixture
        The mixture.
    df : pyspark.sql.DataFrame
        The rows.
    features : list of str, optional
        The columns that the mixture was fitted to; by default its `feature_names`.
    label : str, optional
        The name of the new column for the label of each row's most probable component; None for
        no such column.
    probabilities : str, optional
        The name of the new column for the responsibilities, an array of K numbers; by default
        there is none.

    Returns
    -------
    pyspark.sql.DataFrame
        The rows with the new columns.

    Raises
    ------
    ValueError
        If a new column has the name of an existing one.
    """
    columns = _features(df, features or mixture.feature_names, [])
    schema = StructType(list(df.schema.fields))
    for name, kind in ((label, LongType()), (probabilities, ArrayType(DoubleType()))):
        if name is None:
            continue
        if name in df.columns:
            raise ValueError(f"the DataFrame has a column {name!r} already: choose another name")
        schema = schema.add(StructField(name, kind))
    return df.mapInArrow(_Added(mixture, columns, label, probabilities), schema)


def _features(df: Any, features: Sequence[str] | None, beside: list[str]) -> list[str]:
    """Return the columns to fit; by default all but those beside."""
    if isinstance(features, str):
        raise TypeError(f"features={features!r} must be a sequence: give [{features!r}]")
    chosen = (
        [name for name in df.columns if name not in beside] if features is None else list(features)
    )
    for name in [*chosen, *beside]:
        if name not in df.columns:
            raise ValueError(
                f"the DataFrame has no column {name!r}: it has the columns {df.columns}"
            )
    return chosen


class _Asked(ABC):
    """The requests of a fit to cached blocks, with their merged results."""

    def __init__(self, blocks: Any) -> None:
        self.blocks = blocks.persist()
        self._n_partitions = 0  # unknown

    def __call__(self, verb: str, *args: Any) -> Any:
        answers = self._asked(_Answer(verb, args))
        left = self._n_partitions
        while left > _MOST_AT_ONCE:
            left = -(-left // _TOGETHER)
            answers = self._merged(answers, left)
        found = sorted(self._collected(answers))
        if not self._n_partitions:
            self._n_partitions = 1 + max((number for number, _ in found), default=0)
        total, error = _merged([answer for _, answer in found])
        if error is not None:
            raise error
        if total is None:
            raise ValueError("the DataFrame has no rows: give at least n_components")
        return total

    @abstractmethod
    def _asked(self, answer: _Answer) -> Any:
        """Return the number and the answer of each partition."""

    @abstractmethod
    def _merged(self, answers: Any, n_groups: int) -> Any:
        """Return the same of groups of `_TOGETHER` answers."""

    @abstractmethod
    def _collected(self, answers: Any) -> list[tuple[int, bytes]]:
        """Return them in the driver."""


class _AskedRdd(_Asked):
    """Blocks in an RDD, which hands them to Python as they are."""

    def __init__(self, packed: Any) -> None:
        super().__init__(packed.rdd.map(lambda row: pickle.loads(row.block)))  # noqa: S301

    def _asked(self, answer: _Answer) -> Any:
        return self.blocks.mapPartitionsWithIndex(lambda number, own: [(number, answer.of(own))])

    def _merged(self, answers: Any, n_groups: int) -> Any:
        grouped = answers.map(lambda one: (one[0] // _TOGETHER, one)).groupByKey(n_groups)
        return grouped.mapValues(_merged_group)

    def _collected(self, answers: Any) -> list[tuple[int, bytes]]:
        return list(answers.collect())


class _AskedFrame(_Asked):
    """Blocks in a DataFrame, for Spark Connect, which has no RDDs."""

    def _asked(self, answer: _Answer) -> Any:
        return self.blocks.mapInArrow(answer, _ANSWER)

    def _merged(self, answers: Any, n_groups: int) -> Any:
        group = functions.floor(functions.col("number") / _TOGETHER)
        return answers.repartition(n_groups, group).mapInArrow(_merged_groups, _ANSWER)

    def _collected(self, answers: Any) -> list[tuple[int, bytes]]:
        return [(row.number, bytes(row.answer)) for row in answers.collect()]


# What runs on the workers. Errors are answers: Spark would try again, and wrap them.


@dataclass(frozen=True)
class _Packed:
    """Turns rows into blocks of some megabytes, each a pickled `Block`, or an error."""

    features: list[str]
    weight: str | None
    labels: str | None
    of_blocks: dict[str, Any]

    def __call__(self, batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow as pa

        number = TaskContext.get().partitionId()
        first_row = 0
        for i, rows in enumerate(_gathered(batches)):
            try:
                weights = None if self.weight is None else rows.column(self.weight).to_numpy()
                labels = None
                if self.labels is not None:
                    labels = rows.column(self.labels).fill_null(-1).to_numpy()
                found: Block | Exception = as_block(
                    rows.select(self.features),
                    weights,
                    number * _BLOCKS + i,
                    f"partition {number}",
                    1,
                    first_row,
                    labels=labels,
                    **self.of_blocks,
                )
            except Exception as error:  # noqa: BLE001  # it is the answer to each question
                found = error
            first_row += rows.num_rows
            yield pa.RecordBatch.from_pydict({"block": [pickle.dumps(found)]})


def _gathered(batches: Iterator[Any]) -> Iterator[Any]:
    """Yield tables of about `_NUMBERS` numbers from small batches."""
    import pyarrow as pa

    held: list[Any] = []
    n_numbers = 0
    for batch in batches:
        held.append(batch)
        n_numbers += batch.num_rows * batch.num_columns
        if n_numbers >= _NUMBERS:
            yield pa.Table.from_batches(held)
            held, n_numbers = [], 0
    if held:
        yield pa.Table.from_batches(held)


@dataclass(frozen=True)
class _Answer:
    verb: str
    args: tuple[Any, ...]

    def of(self, blocks: Iterable[Block | Exception]) -> bytes:
        """Return the merged answer of some blocks, or the first error."""
        return _packed(lambda: _total(map(self._of_block, blocks)))

    def __call__(self, batches: Iterator[Any]) -> Iterator[Any]:
        blocks = (
            pickle.loads(block.as_buffer())  # noqa: S301  # what `_Packed` wrote
            for batch in batches
            for block in batch.column("block")
        )
        number = TaskContext.get().partitionId()
        yield _batch({"number": [number], "answer": [self.of(blocks)]})

    def _of_block(self, block: Block | Exception) -> Any:
        if isinstance(block, Exception):
            raise block
        return getattr(block, self.verb)(*self.args)


def _merged_groups(batches: Iterator[Any]) -> Iterator[Any]:
    """Merge the answers whose numbers, over `_TOGETHER`, are the same."""
    groups: dict[int, list[tuple[int, bytes]]] = {}
    for batch in batches:
        for number, answer in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            groups.setdefault(number // _TOGETHER, []).append((number, answer))
    merged = {group: _merged_group(answers) for group, answers in groups.items()}
    yield _batch({"number": list(merged), "answer": list(merged.values())})


@dataclass(frozen=True)
class _Added:
    mixture: Mixture
    features: list[str]
    label: str | None
    probabilities: str | None

    def __call__(self, batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow as pa

        for batch in batches:
            rows = batch.select(self.features)
            columns = dict(zip(batch.schema.names, batch.columns, strict=True))
            if self.label is not None:
                columns[self.label] = pa.array(self.mixture.predict(rows, n_threads=1))
            if self.probabilities is not None:
                values = self.mixture.predict_proba(rows, n_threads=1)
                offsets = np.arange(len(values) + 1, dtype=np.int32) * values.shape[1]
                columns[self.probabilities] = pa.ListArray.from_arrays(offsets, values.ravel())
            yield pa.RecordBatch.from_pydict(columns)


def _packed(compute: Callable[[], Any]) -> bytes:
    """Return the bytes of what a function returns or raises."""
    try:
        return pickle.dumps((compute(), None))
    except Exception as error:  # noqa: BLE001  # it is raised again in the driver
        return pickle.dumps((None, error))


def _merged_group(answers: Iterable[tuple[int, bytes]]) -> bytes:
    """Return the sum of numbered answers, in their order."""
    return pickle.dumps(_merged([answer for _, answer in sorted(answers)]))


def _merged(answers: list[bytes]) -> tuple[Any, Exception | None]:
    """Return the sum of answers, or the first error among them."""
    found = [pickle.loads(answer) for answer in answers]  # noqa: S301  # workers are trusted
    for _, error in found:
        if error is not None:
            return None, error
    return _total(value for value, _ in found if value is not None), None


def _total(values: Iterator[Any]) -> Any:
    """Return the sum of values; None if there are none."""
    return next((merge(chain([first], values)) for first in values), None)


def _batch(columns: dict[str, list[Any]]) -> Any:
    import pyarrow as pa

    types = {"number": pa.int64(), "answer": pa.binary()}
    arrays = {name: pa.array(values, types[name]) for name, values in columns.items()}
    return pa.RecordBatch.from_pydict(arrays)
