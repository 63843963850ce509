"""A table that has names keeps them, whatever library it is of: none is read out of order."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import gaussmix
import problems
import views
from comparing import assert_same_fit, assert_same_parameters
from gaussmix import plot
from gaussmix.cli import main

pa = pytest.importorskip("pyarrow")

Array = problems.Array
NAMES = ("eruptions", "waiting")


def numbers(n: int = 40) -> Array:
    """Rows of two features that any type here holds exactly."""
    return np.round(problems.problem(141, n=n, n_components=2).X * 4) / 4


class OnlyArrowStream:
    """Has Arrow's stream and nothing else, as what a database returns."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._table.__arrow_c_stream__(requested_schema)


class OnlyArrowArray:
    """Has Arrow's array and nothing else."""

    def __init__(self, batch: Any) -> None:
        self._batch = batch

    def __arrow_c_array__(self, requested_schema: object = None) -> object:
        return self._batch.__arrow_c_array__(requested_schema)


class OnlyProtocol:
    """Has the dataframe protocol and nothing else."""

    def __init__(self, frame: Any) -> None:
        self._frame = frame

    def __dataframe__(self, **options: Any) -> Any:
        return self._frame.__dataframe__(**options)


class ArrayAndArrowStream(OnlyArrowStream):
    """Is an array without labels, and has a stream that names the columns."""

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.asarray(self._table)


class Labelled:
    """A DataArray of xarray as far as its names are concerned."""

    dims = ("row", "feature")

    def __init__(self, X: Array, labels: tuple[Any, ...]) -> None:
        self.coords = {"feature": np.array(labels), "row": np.arange(len(X))}
        self._array = X

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return self._array


class Variables:
    """A Dataset of xarray as far as its variables are concerned."""

    dims = ("row",)

    class Variable:
        def __init__(self, values: Array, dims: tuple[str, ...] = ("row",)) -> None:
            self.dims, self._values = dims, values

        def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
            return self._values

    def __init__(self, X: Array, labels: tuple[Any, ...]) -> None:
        self.data_vars = {
            label: self.Variable(column) for label, column in zip(labels, X.T, strict=True)
        }


def arrow(X: Array, names: tuple[str, ...]) -> Any:
    return pa.table(dict(zip(names, X.T, strict=True)))


def parts(X: Array, names: tuple[str, ...]) -> Any:
    """The same in three parts, each from the midst of something larger."""
    padded = arrow(np.concatenate([X[:3] + 1, X, X[:5] - 1]), names)
    return pa.concat_tables(
        [padded.slice(3, 13), padded.slice(16, 1), padded.slice(17, len(X) - 14)]
    )


def records(X: Array, names: tuple[str, ...], kind: str = "f8") -> Any:
    return np.array(list(map(tuple, X)), dtype=[(name, kind) for name in names])


def duck(X: Array, names: tuple[str, ...]) -> Any:
    duckdb = pytest.importorskip("duckdb")
    connection = duckdb.connect()
    connection.register("rows", pd.DataFrame(X, columns=names))
    return connection.table("rows").project(", ".join(names))


def data_array(X: Array, names: tuple[str, ...]) -> Any:
    xarray = pytest.importorskip("xarray")
    return xarray.DataArray(X, dims=("row", "feature"), coords={"feature": list(names)})


def data_set(X: Array, names: tuple[str, ...]) -> Any:
    xarray = pytest.importorskip("xarray")
    return xarray.Dataset({name: ("row", X[:, j]) for j, name in enumerate(names)})


TABLES: dict[str, Callable[[Array, tuple[str, ...]], Any]] = {
    "pandas": lambda X, names: pd.DataFrame(X, columns=names),
    "pandas_mixed": lambda X, names: pd.DataFrame(X, columns=names).astype({names[0]: "f4"}),
    "pandas_objects": lambda X, names: pd.DataFrame(X, columns=names, dtype=object),
    "pandas_of_arrow": lambda X, names: pd.DataFrame(X, columns=names).convert_dtypes(
        dtype_backend="pyarrow"
    ),
    "polars": lambda X, names: pl.DataFrame(X, schema=list(names)),
    "arrow_table": arrow,
    "arrow_batch": lambda X, names: arrow(X, names).to_batches()[0],
    "arrow_reader": lambda X, names: arrow(X, names).to_reader(),
    "arrow_stream": lambda X, names: OnlyArrowStream(arrow(X, names)),
    "arrow_stream_in_parts": lambda X, names: OnlyArrowStream(parts(X, names)),
    "arrow_array": lambda X, names: OnlyArrowArray(arrow(X, names).to_batches()[0]),
    "arrow_array_sliced": lambda X, names: OnlyArrowArray(
        arrow(np.concatenate([X[:5], X]), names).to_batches()[0].slice(5)
    ),
    "polars_stream": lambda X, names: OnlyArrowStream(pl.DataFrame(X, schema=list(names))),
    "array_and_stream": lambda X, names: ArrayAndArrowStream(arrow(X, names)),
    "protocol": lambda X, names: OnlyProtocol(arrow(X, names)),
    "protocol_in_parts": lambda X, names: OnlyProtocol(parts(X, names)),
    "records": records,
    "records_of_floats": lambda X, names: records(X, names, "f4"),
    "recarray": lambda X, names: records(X, names).view(np.recarray),
    "records_masked_nowhere": lambda X, names: np.ma.masked_array(records(X, names)),
    "labelled": Labelled,
    "variables": Variables,
    "xarray": data_array,
    "xarray_dataset": data_set,
    "duckdb": duck,
}


def single(form: str) -> bool:
    """Whether the numbers are single, which are computed on as such."""
    return form == "records_of_floats"


@pytest.mark.parametrize("form", TABLES)
def test_a_table_of_any_library_keeps_its_names_and_gives_the_fit_of_its_numbers(form: str) -> None:
    X = numbers()
    model = gaussmix.fit(TABLES[form](X, NAMES), 2, random_state=0)
    expected = gaussmix.fit(X.astype("f4") if single(form) else X, 2, random_state=0)
    assert model.feature_names == NAMES
    assert_same_fit(model, expected)
    np.testing.assert_array_equal(model.predict(TABLES[form](X, NAMES)), expected.predict(X))


def uses(model: gaussmix.Mixture) -> list[Callable[[Any], Any]]:
    """Whatever reads rows that a model has been fitted to."""
    return [
        model.predict,
        model.predict_proba,
        model.score_samples,
        model.score,
        model.bic,
        model.aic,
        model.icl,
        lambda X: gaussmix.fit(X, init=model),
        lambda X: plot.ClusterDisplay.from_estimator(model, X),
        lambda X: plot.CornerDisplay.from_estimator(model, X),
        lambda X: plot.before_after(model, X),
        lambda X: plot.SelectionDisplay({("full", 2): model}, X),
        lambda X: plot.RestartsDisplay([model], X),
        lambda X: plot.FilmDisplay([model], model.history, X),
    ]


@pytest.mark.parametrize("form", TABLES)
def test_columns_in_another_order_are_refused_wherever_rows_are_read(form: str) -> None:
    X = numbers()
    model = gaussmix.fit(X, 2, random_state=0)
    named = gaussmix.fit(TABLES[form](X, NAMES), 2, random_state=0)
    for use in uses(named):
        with pytest.raises(ValueError, match=r"^X has column 'waiting' .*'eruptions'.*same order"):
            use(TABLES[form](X[:, ::-1], NAMES[::-1]))
    model.predict(TABLES[form](X, NAMES))  # which was fitted to nothing with names


@pytest.mark.parametrize("form", TABLES)
def test_estimators_read_the_same_tables(form: str) -> None:
    pytest.importorskip("sklearn")
    X = numbers()
    for kind in (gaussmix.GaussianMixture, gaussmix.BayesianGaussianMixture):
        estimator = kind(n_components=2, random_state=0).fit(TABLES[form](X, NAMES))
        expected = kind(n_components=2, random_state=0).fit(X.astype("f4") if single(form) else X)
        assert estimator.feature_names_in_.tolist() == list(NAMES)
        assert estimator.n_features_in_ == 2
        assert estimator.mixture_.feature_names == NAMES
        assert_same_parameters(estimator.mixture_, expected.mixture_)
        np.testing.assert_array_equal(
            estimator.predict(TABLES[form](X, NAMES)), expected.predict(X)
        )
        with pytest.raises(ValueError, match="same order as they were in fit"):
            estimator.score(TABLES[form](X[:, ::-1], NAMES[::-1]))
        with pytest.raises(ValueError, match="unseen at fit time:\n- delay"):
            estimator.score(TABLES[form](X, ("eruptions", "delay")))
        with pytest.warns(UserWarning, match="X does not have valid feature names") as seen:
            estimator.score(X)
        assert seen[0].filename == __file__
        with pytest.warns(UserWarning, match="was fitted without feature names"):
            expected.predict(TABLES[form](X, NAMES))


def test_the_command_line_refuses_columns_in_another_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    X = numbers()
    for name, table in (("a", records(X, NAMES)), ("b", records(X[:, ::-1], NAMES[::-1]))):
        np.save(tmp_path / f"{name}.npy", table)
    model, a, b = (str(tmp_path / name) for name in ("m.safetensors", "a.npy", "b.npy"))
    assert main(["fit", a, "-k", "2", "--output", model]) == 0
    assert gaussmix.load(model).feature_names == NAMES
    capsys.readouterr()
    assert main(["predict", model, a]) == 0
    labels = capsys.readouterr().out
    assert main(["predict", model, b]) == 0  # which has all that the model knows by name
    assert capsys.readouterr().out == labels
    for columns in ("waiting,eruptions", "2,1"):
        assert main(["predict", model, a, "--columns", columns]) == 2
        assert f"{a} has column 'waiting' where" in capsys.readouterr().err


def test_another_number_of_named_columns_comes_with_the_remedy() -> None:
    frame = pd.DataFrame(np.c_[numbers(), np.ones(40)], columns=["a", "b", "index"])
    model = gaussmix.fit(frame[["a", "b"]], 2, random_state=0)
    with pytest.raises(ValueError, match=r"X has 3 features, .* 2: leave out 'index'"):
        model.predict(frame)
    with pytest.raises(ValueError, match=r"X has 1 features, .* 2: add 'b'"):
        model.predict(frame[["a"]])


def test_columns_that_pandas_counts_have_no_names_but_places() -> None:
    frame = pd.DataFrame(numbers())
    model = gaussmix.fit(frame, 2, random_state=0)
    assert model.feature_names is None
    np.testing.assert_array_equal(model.predict(frame), model.predict(numbers()))
    swapped = frame[[1, 0]]
    with pytest.raises(ValueError, match="X has column '1' where the mixture was fitted to '0'"):
        model.predict(swapped)
    with pytest.raises(ValueError, match="X has column '0' where the mixture was fitted to '1'"):
        gaussmix.fit(swapped, 2, random_state=0).predict(frame)
    named = gaussmix.fit(TABLES["pandas"](numbers(), NAMES), 2, random_state=0)
    np.testing.assert_array_equal(named.predict(frame), model.predict(frame))


@pytest.mark.parametrize("labels", [(2019, 2020), (0.5, 1.5), (("a", "x"), ("a", "y")), (3, 4)])
def test_names_that_are_no_strings_are_names(labels: tuple[Any, ...]) -> None:
    frame = pd.DataFrame(numbers())
    frame.columns = pd.Index(labels, tupleize_cols=False)
    model = gaussmix.fit(frame, 2, random_state=0)
    assert model.feature_names == tuple(map(str, labels))
    with pytest.raises(ValueError, match="give the same columns in the same order"):
        model.predict(frame[list(labels[::-1])])


def test_estimators_do_not_swap_columns_of_other_names_either() -> None:
    pytest.importorskip("sklearn")
    frame = pd.DataFrame(numbers(), columns=[2019, 2020])
    estimator = gaussmix.GaussianMixture(2, random_state=0).fit(frame)
    assert not hasattr(estimator, "feature_names_in_")  # which scikit-learn keeps for strings
    with pytest.raises(ValueError, match="X has column '2020' where"):
        estimator.predict(frame[[2020, 2019]])


def test_names_of_both_kinds_are_refused() -> None:
    frame = pd.DataFrame(numbers(), columns=["a", 1])
    with pytest.raises(TypeError, match=r"X has column 1 beside 'a': .*columns\.astype\(str\)"):
        gaussmix.fit(frame, 2)


def test_a_fit_that_goes_on_from_a_named_start_keeps_its_names() -> None:
    start = gaussmix.fit(TABLES["polars"](numbers(), NAMES), 2, random_state=0)
    assert gaussmix.fit(numbers(), init=start).feature_names == NAMES


def test_pictures_read_a_stream_once() -> None:
    X = numbers()
    display = plot.ClusterDisplay.from_estimator(
        gaussmix.fit(X, 2, random_state=0), arrow(X, NAMES).to_reader()
    )
    assert display.ax_.get_xlabel() in NAMES
    chosen = plot.SelectionDisplay.from_data(arrow(X, NAMES).to_reader(), [1, 2], random_state=0)
    assert chosen.best_.feature_names == NAMES


def test_pictures_of_scikit_learns_estimators_know_their_names() -> None:
    mixture = pytest.importorskip("sklearn.mixture")
    frame = TABLES["pandas"](numbers(), NAMES)
    theirs = mixture.GaussianMixture(2, random_state=0).fit(frame)
    plot.ClusterDisplay.from_estimator(theirs, frame)
    with pytest.raises(ValueError, match="X has column 'waiting'"):
        plot.ClusterDisplay.from_estimator(theirs, frame[list(NAMES[::-1])])


# --- Arrow ---------------------------------------------------------------------------------------

STREAMS = [OnlyArrowStream, OnlyProtocol]


@pytest.mark.parametrize("wrap", STREAMS)
@pytest.mark.parametrize(
    "dtype",
    views.DTYPES,
)
def test_every_type_of_number_is_read(wrap: Any, dtype: str) -> None:
    X = np.abs(numbers())
    X = np.greater(X, np.median(X, axis=0)) if dtype == "bool" else X
    columns = {"a": X[:, 0].astype(dtype), "b": X[:, 1].astype(dtype)}
    expected = np.column_stack(list(columns.values()))
    model = gaussmix.fit(wrap(pa.table(columns)), 2, random_state=0)
    assert_same_fit(model, gaussmix.fit(expected, 2, random_state=0))
    mixed = wrap(pa.table({"a": columns["a"], "b": X[:, 1].astype("f8")}))
    doubles = np.column_stack([expected[:, 0].astype("f8"), X[:, 1].astype("f8")])
    assert_same_fit(
        gaussmix.fit(mixed, 2, random_state=0), gaussmix.fit(doubles, 2, random_state=0)
    )


@pytest.mark.parametrize(("precision", "scale"), [(5, 2), (9, 2), (18, 2), (38, 2), (38, 0)])
def test_decimals_are_read(precision: int, scale: int) -> None:
    column = pa.array(np.arange(-20.0, 20.0)).cast(pa.decimal128(precision, scale))
    model = gaussmix.fit(OnlyArrowStream(pa.table({"a": column})), 1)
    assert model.means[0, 0] == -0.5
    large = pa.array([10**30, 3 * 10**30, -(10**30)], pa.decimal128(38, 0))
    read = gaussmix.fit(OnlyArrowStream(pa.table({"a": large})), 1)
    assert read.means[0, 0] == pytest.approx(1e30, rel=1e-15)


@pytest.mark.parametrize("wrap", [*STREAMS, lambda table: table])
@pytest.mark.parametrize("dtype", ["float64", "float32", "int32", "uint8", "bool"])
def test_a_missing_number_is_named(wrap: Any, dtype: str) -> None:
    values = [1, 0, 1, None, 0, 1, 1, 1, 0, 1, None]
    if dtype != "bool" and dtype.startswith("float"):
        values = [None if v is None else float(v) for v in values]
    if dtype == "bool":
        values = [None if v is None else bool(v) for v in values]
    column = pa.array(values, pa.from_numpy_dtype(np.dtype(dtype)))
    table = pa.table({"a": np.arange(11.0), "b": column})
    table = pa.concat_tables([table.slice(0, 2), table.slice(2)])
    with pytest.raises(ValueError, match=r"X has NaN at row 3, column 1 \('b'\): remove or impute"):
        gaussmix.fit(wrap(table), 1)


@pytest.mark.parametrize("wrap", STREAMS)
@pytest.mark.parametrize(
    ("column", "held"),
    [
        (pa.array(["x", "y"]), "text"),
        (pa.array(["x", "y"], pa.large_string()), "text"),
        (pa.array(["x", "y"]).dictionary_encode(), "categories"),
        (pa.array([0, 1], pa.timestamp("s")), "dates or times"),
    ],
)
def test_a_column_without_numbers_is_named(wrap: Any, column: Any, held: str) -> None:
    with pytest.raises(TypeError, match=rf"X has {held} in column 1 \('b'\).*leave the column out"):
        gaussmix.fit(wrap(pa.table({"a": [1.0, 2.0], "b": column})), 1)


def test_a_column_of_lists_is_named() -> None:
    nested = pa.table({"a": pa.array([[1.0, 2.0], [3.0, 4.0]], pa.list_(pa.float64(), 2))})
    with pytest.raises(TypeError, match=r"X has lists or structures in column 0 \('a'\)"):
        gaussmix.fit(OnlyArrowStream(nested), 1)
    with pytest.raises(ValueError, match="X has no columns"):
        gaussmix.fit(OnlyArrowStream(pa.table({})), 1)
    with pytest.raises(TypeError, match="without columns: give a table"):
        gaussmix.fit(OnlyArrowArray(pa.array([1.0, 2.0])), 1)


def test_a_producer_that_fails_is_an_error_in_its_words() -> None:
    def failing() -> Any:
        yield arrow(numbers(), NAMES).to_batches()[0]
        raise RuntimeError("the connection was lost")

    schema = arrow(numbers(), NAMES).schema
    reader = pa.RecordBatchReader.from_batches(schema, failing())
    with pytest.raises(ValueError, match=r"X cannot be read: .*the connection was lost"):
        gaussmix.fit(OnlyArrowStream(reader), 1)


def test_memory_of_a_producer_is_given_back() -> None:
    before = pa.total_allocated_bytes()
    X = numbers(4000)
    for _ in range(5):
        table = pa.table({name: pa.array(list(X[:, j])) for j, name in enumerate(NAMES)})
        model = gaussmix.fit(OnlyArrowStream(table), 2, max_iter=1, random_state=0)
        with pytest.raises(TypeError, match="text"):
            gaussmix.fit(OnlyArrowStream(table.append_column("c", pa.array(["x"] * 4000))), 2)
        del table
    gc.collect()
    assert model.feature_names == NAMES
    assert pa.total_allocated_bytes() <= before


# --- Tables that are refused ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (lambda: pl.LazyFrame({"a": [1.0, 2.0]}), r"X is a LazyFrame: give X\.collect\(\)"),
        (lambda: {"a": [1.0, 2.0]}, r"X is a dict: .*pandas\.DataFrame\(X\)"),
        (lambda: [{"a": 1.0}, {"a": 2.0}], r"X is a list of dicts: .*pandas\.DataFrame\(X\)"),
        (lambda: records(numbers(), NAMES).reshape(2, 20), r"records in the shape \(2, 20\)"),
        (lambda: records(numbers(), NAMES)[0], r"records in the shape \(\)"),
        (lambda: np.zeros(3, [("at", "f8", 2), ("w", "f8")]), "field 'at' of dtype"),
    ],
)
def test_a_table_that_cannot_be_read_comes_with_the_remedy(
    table: Callable[[], Any], words: str
) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        gaussmix.fit(table(), 1)


def test_a_dataset_on_disk_is_read_in_batches_and_a_scanner_comes_with_the_remedy() -> None:
    dataset = pytest.importorskip("pyarrow.dataset").dataset(arrow(numbers(), NAMES))
    m = gaussmix.fit(dataset, 1)
    np.testing.assert_allclose(m.means, gaussmix.fit(numbers(), 1).means, rtol=1e-12)
    assert m.feature_names == tuple(NAMES)
    with pytest.raises(TypeError, match=r"give X\.to_table\(\)"):
        gaussmix.fit(dataset.scanner(), 1)


def test_variables_along_different_dimensions_are_refused() -> None:
    variables = Variables(numbers(), NAMES)
    variables.data_vars["waiting"] = Variables.Variable(np.ones(3), ("time",))
    with pytest.raises(TypeError, match=r"'eruptions' \('row',\), 'waiting' \('time',\): .*share"):
        gaussmix.fit(variables, 1)


def test_memory_on_another_device_is_not_read() -> None:
    class OnTheGraphicsCard:
        ptr, bufsize = 8, 64

        def __dlpack_device__(self) -> tuple[int, None]:
            return (2, None)

    class Column:
        dtype, offset, describe_null = (2, 64, "g", "="), 0, (0, None)

        def size(self) -> int:
            return 8

        def get_buffers(self) -> dict[str, Any]:
            return {"data": (OnTheGraphicsCard(), self.dtype), "validity": None}

    class Frame:
        def __dataframe__(self) -> Frame:
            return self

        def column_names(self) -> list[str]:
            return ["a"]

        def get_column(self, _: int) -> Column:
            return Column()

        def get_chunks(self) -> list[Frame]:
            return [self]

    with pytest.raises(TypeError, match="not in the memory of the CPU"):
        gaussmix.fit(Frame(), 1)
