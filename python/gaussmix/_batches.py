"""Rows in batches that can be read again and again, and the thread that reads one batch ahead."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import queue
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, NoReturn, Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt

from ._arrays import Floats, Matrix, as_count, as_matrix, as_weights, check_names
from ._known import Allowed, Owners, Sets
from ._sources import Part, has_no_labels, is_dataset, narrowed, opener

_T = TypeVar("_T")


class _Fitted(Protocol):
    """A mixture that may know the names of its features."""

    @property
    def feature_names(self) -> tuple[str, ...] | None: ...


@dataclass(frozen=True)
class Batch:
    """Some rows with their weights, and where they come from."""

    matrix: Matrix
    weights: Floats | None
    origin: str
    first_row: int
    labels: Any = None


class Batches:
    """Rows that are read in batches, once per pass: from files, data sets or functions.

    `fit` and the methods of a `Mixture` take them in place of `X`. A batch is dropped when the next
    one arrives, so rows need not fit in memory.

    Parameters
    ----------
    source : str, path, list of paths, callable, iterable, data set or table
        Files: their path, a pattern such as ``"data/*.parquet"`` (in the order of their names), or
        a list of paths; ``.npy``, ``.parquet``, ``.arrow`` and ``.csv``, compressed or not. All but
        ``.npy`` need pyarrow (``pip install 'gaussmix[arrow]'``), as do a pyarrow Dataset and
        tables that give a new Arrow stream each time they are asked, such as a DuckDB relation.
        A callable: it is called for each pass and returns an iterable of batches. An iterable that
        begins anew each time, such as a list. Each batch is anything that `fit` takes as `X`, or a
        tuple (X, sample_weight) or (X, sample_weight, labels), with labels as `fit` takes them, or
        in their place the components that each row is `allowed`, (n_rows, n_components). A
        two-dimensional array on disk (HDF5, Zarr, a memory map) is read in slices of its rows.
    columns : sequence of str or int, optional
        The columns to fit, by name or position; by default all but `weight`.
    weight : str or int, optional
        The column with the weights of the rows: 2 counts a row twice, 0 leaves it out.
    batch_rows : int, optional
        The number of rows in a batch if this class cuts the batches; by default about four million
        numbers.

    Raises
    ------
    TypeError
        If `source` can be read only once, as a generator, or is of another kind.
    ValueError
        If a file is of a kind that cannot be read in batches.
    FileNotFoundError
        If no file has the path, or matches the pattern.

    Examples
    --------
    >>> import gaussmix
    >>> batches = gaussmix.Batches([[[0.0], [0.2]], [[5.0], [5.2]]])
    >>> m = gaussmix.fit(batches, 2, random_state=0)
    >>> sorted(m.means.ravel().round(3).tolist())
    [0.1, 5.1]
    >>> [labels.size for labels in m.predict(batches)]
    [2, 2]
    """

    def __init__(
        self,
        source: Any,
        *,
        columns: Sequence[str | int] | None = None,
        weight: str | int | None = None,
        batch_rows: int | None = None,
    ) -> None:
        if isinstance(columns, str):
            raise TypeError(f"columns={columns!r} must be a sequence: give [{columns!r}]")
        self._columns = None if columns is None else list(columns)
        self._weight = weight
        n_rows = None if batch_rows is None else as_count(batch_rows, "batch_rows")
        if n_rows is not None and n_rows < 1:
            raise ValueError(f"batch_rows={n_rows} must be at least 1")
        wanted = [*(columns or ()), *([] if weight is None else [weight])]
        self._names: list[str] | None = None
        if columns is not None and all(isinstance(column, str) for column in wanted):
            self._names = [str(column) for column in wanted]
        self._open: Callable[[], Iterator[Part]] = opener(source, self._names, n_rows)
        self._may_have_labels = not has_no_labels(source)

    def read(self, *, missing: bool = False) -> Iterator[Batch]:
        """Read all batches once, on the thread that asks for them.

        With `missing`, NaN and null cells are missing values.
        """
        for part in self._open():
            with located(part.origin, part.first_row):
                matrix = as_matrix(narrowed(part.rows, self._names), missing=missing)
                matrix, weights = self._chosen(matrix, as_weights(part.weights), part.origin)
            yield Batch(matrix, weights, part.origin, part.first_row, part.labels)

    def have_labels(self) -> bool:
        """Return whether any batch has labels; read them up to the first that has."""
        return self._may_have_labels and any(part.labels is not None for part in self._open())

    def _chosen(
        self, matrix: Matrix, weights: Floats | None, origin: str
    ) -> tuple[Matrix, Floats | None]:
        """Return the columns to fit, and the weights."""
        if self._columns is None and self._weight is None:
            return matrix, weights
        if self._weight is not None:
            if weights is not None:
                raise ValueError(
                    f"{origin} has weights of its own beside weight={self._weight!r}: give one"
                )
            place = _place(self._weight, matrix, origin)
            weights = as_weights(matrix.values[:, place])
        else:
            place = None
        if self._columns is None:
            places = [j for j in range(matrix.values.shape[1]) if j != place]
        else:
            places = [_place(column, matrix, origin) for column in self._columns]
        if places != list(range(matrix.values.shape[1])):
            names = None if matrix.names is None else tuple(matrix.names[j] for j in places)
            matrix = Matrix(matrix.values[:, places], names, names)
        return matrix, weights

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError(
            "Batches are read in pieces, never as one array: give them to gaussmix.fit and to the "
            "methods of the Mixture that it returns"
        )


def as_batches(X: Any) -> Batches | None:
    """Return rows that are to be read in batches; None for rows in memory."""
    if isinstance(X, Batches):
        return X
    return Batches(X) if is_dataset(X) else None


def _place(column: str | int, matrix: Matrix, origin: str) -> int:
    """Return the position of a column in a batch."""
    if isinstance(column, str):
        if matrix.names is None or column not in matrix.names:
            have = "no names" if matrix.names is None else f"the columns {list(matrix.names)}"
            raise ValueError(f"{origin} has no column {column!r}: it has {have}")
        return matrix.names.index(column)
    if not 0 <= column < matrix.values.shape[1]:
        raise ValueError(
            f"{origin} has no column {column}: it has {matrix.values.shape[1]}, counted from 0"
        )
    return column


class Feed:
    """The batches of one pass after another, as the core asks for them.

    Each pass must have the columns and the number of rows of the first one, and the columns of the
    mixture, if one is given. As a context manager, it adds the file and the row to errors of the
    core, and ends the reading.
    """

    def __init__(
        self,
        batches: Batches,
        fitted: _Fitted | None = None,
        *,
        missing: bool = False,
    ) -> None:
        self._batches = batches
        #: What the labels of batches mean; None: they do not count.
        self.owners: Owners | None = None
        #: Whether batches must have labels, which the caller has said the meaning of.
        self.needs_labels = False
        self._has_labels = False
        self._known = _Known()
        self._missing = missing
        self._first: Batch | None = None
        self._fitted = fitted
        self._now: Batch | None = None
        self._reading: Iterator[Batch] = iter(())
        self._rows_before: int | None = None
        self._rows = 0

    @property
    def names(self) -> tuple[str, ...] | None:
        """The column names of the first batch."""
        return None if self._first is None else self._first.matrix.names

    def __call__(self, i: int) -> tuple[npt.NDArray[Any], Floats | None, Sets | None] | None:
        """Return batch number i, None after the last one; 0 begins a pass."""
        if i == 0:
            self._close()
            self._rows = 0
            self._known = _Known()
            self._reading = ahead(self._batches.read(missing=self._missing))
        self._now = None
        batch = next(self._reading, None)
        if batch is None:
            self._check_pass()
            return None
        self._check(batch)
        self._now = batch
        self._rows += len(batch.matrix.values)
        return batch.matrix.values, batch.weights, self._sets(batch)

    def refuse_labels(self, what: str) -> None:
        """Raise if the last batch has labels."""
        if self._now is not None and self._now.labels is not None:
            raise ValueError(
                f"{self._now.origin} has labels, or components allowed, and {what} takes none: "
                "leave them out"
            )

    def _sets(self, batch: Batch) -> Sets | None:
        """Return the components that the labels of a batch leave its rows."""
        if self.owners is None:
            return None
        n_rows = len(batch.matrix.values)
        if batch.labels is None:
            self._known.add(None, n_rows)
            return None
        try:
            known = self.owners.of_batch(batch.labels, n_rows)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{batch.origin}: {error}") from None
        self._known.add(known, n_rows)
        self._has_labels = self._has_labels or known.set_of is not None
        return known.for_core()

    def labels(self, *, anew: bool) -> str | None:
        """Return a short word for all labels, None if there are none.

        It is that of the last pass; `anew`, the batches are read for it.
        """
        if anew:
            if not self._batches.have_labels():
                return None
            for i in itertools.count():
                if self(i) is None:
                    break
        return self._known.digest()

    def _check(self, batch: Batch) -> None:
        with located(batch.origin, batch.first_row):
            if self._fitted is not None:
                check_names(batch.matrix, self._fitted.feature_names)
        if self._first is None:
            self._first = Batch(
                Matrix(batch.matrix.values[:0], batch.matrix.names, batch.matrix.labels),
                None,
                batch.origin,
                0,
            )
            return
        first, now = self._first.matrix, batch.matrix
        if now.values.shape[1] != first.values.shape[1] or (
            now.names != first.names and now.names and first.names
        ):
            raise ValueError(
                f"{batch.origin} has {_columns(now)}, but {self._first.origin} has "
                f"{_columns(first)}: give the same columns in the same order, as by columns=[...]"
            )

    def _check_pass(self) -> None:
        if self.needs_labels and not self._has_labels:
            raise ValueError(
                "component_labels is of labels, and no batch has any: give the batches as tuples "
                "(X, sample_weight, labels)"
            )
        if self._rows_before is None:
            self._rows_before = self._rows
        elif self._rows != self._rows_before:
            raise ValueError(
                f"the batches had {self._rows_before} rows in the first pass, but {self._rows} in "
                "a later one: give a function that begins anew each time, and files that stay as "
                "they are"
            )

    def _close(self) -> None:
        close = getattr(self._reading, "close", None)
        if close is not None:
            close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._close()
        if isinstance(error, TypeError | ValueError) and self._now is not None:
            names = self._now.matrix.names
            with located(self._now.origin, self._now.first_row, names):
                raise error


class _Known:
    """A digest of what is known of rows one after another, however they are cut into batches."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._any = False
        self._n_unknown = 0  # rows since the last ones of which something was known

    def add(self, known: Allowed | None, n_rows: int) -> None:
        """Add rows: labels as integers; the sets of others behind a number that is no label."""
        if known is None:
            self._n_unknown += n_rows
            return
        self._any = True
        self._add_unknown()
        if known.set_of is not None:
            self._hash.update(known.set_of.tobytes())
            return
        width = np.full((n_rows, 1), -2 - known.sets.shape[1])
        self._hash.update(np.hstack([width.view(np.uint8), known.sets]).tobytes())

    def digest(self) -> str | None:
        """Return a short word for all of it; None if nothing was known."""
        if not self._any:
            return None
        self._add_unknown()
        return self._hash.hexdigest()[:16]

    def _add_unknown(self) -> None:
        """Add the rows of which nothing is known, as labels -1, in pieces."""
        while self._n_unknown:
            labels = np.full(min(self._n_unknown, 1 << 16), -1)
            self._hash.update(labels.tobytes())
            self._n_unknown -= labels.size


def _columns(matrix: Matrix) -> str:
    if matrix.names is None:
        return f"{matrix.values.shape[1]} columns"
    return f"the columns {list(matrix.names)}"


@contextlib.contextmanager
def located(origin: str, first_row: int, names: tuple[str, ...] | None = None) -> Iterator[None]:
    """Add the source of the rows or weights, and the row within it, to an error about them."""
    try:
        yield
    except (TypeError, ValueError) as error:
        found = re.match(r"(X|sample_weight|allowed|labels) (.*)", str(error), re.DOTALL)
        if found is None:
            raise
        subject = {"X": origin, "sample_weight": f"sample_weight of {origin}"}.get(
            found[1], f"{origin}: {found[1]}"
        )
        rest = re.sub(
            r"\bat row (\d+)", lambda row: f"at row {first_row + int(row[1])}", found[2], count=1
        )
        column = getattr(error, "column", None)
        if names is not None and column is not None and found[1] == "X":
            rest = rest.replace(f"column {column}", f"column {column} ({names[column]!r})", 1)
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{subject} {rest}") from None


def ahead(items: Iterator[_T]) -> Iterator[_T]:
    """Yield the items of an iterator, while a separate thread prepares the next one.

    At most two items exist at once: the one that was yielded, and the next one.
    """
    made: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()
    wanted = threading.Semaphore(1)
    stopped = threading.Event()

    def make() -> None:
        try:
            while wanted.acquire() and not stopped.is_set():
                for item in items:
                    made.put((True, item))
                    break
                else:
                    made.put((False, None))
                    return
                del item
        except BaseException as error:  # noqa: BLE001  # it is the other thread's
            made.put((False, error))

    threading.Thread(target=make, name="gaussmix reading ahead", daemon=True).start()
    try:
        while True:
            more, item = _when_there(made)
            if not more:
                if item is not None:
                    raise item
                return
            wanted.release()
            yield item
    finally:
        stopped.set()
        wanted.release()


def _when_there(items: queue.SimpleQueue[_T]) -> _T:
    """Wait for an item, in turns: a signal that arrives just before a wait does not end it."""
    while True:
        with contextlib.suppress(queue.Empty):
            return items.get(timeout=0.1)


def of_batches(
    batches: Batches,
    fitted: _Fitted,
    compute: Callable[[npt.NDArray[Any], Floats | None], _T],
    of_none: _T,
    *,
    missing: bool = False,
) -> Iterator[_T]:
    """Yield a function's result for each batch, in order; `of_none` for one without rows."""
    with Feed(batches, fitted, missing=missing) as feed:
        i = 0
        while (batch := feed(i)) is not None:
            yield compute(*batch[:2]) if len(batch[0]) else of_none
            i += 1


def check_no_weights(sample_weight: Any) -> None:
    """Raise if weights are given beside batches, which have their own."""
    if sample_weight is not None:
        raise ValueError(
            "sample_weight is of rows in memory: give weights with the batches, as tuples "
            "(X, sample_weight) or by gaussmix.Batches(..., weight='column')"
        )
