"""Fits on Spark, in local mode: the moments of partitions, their errors, labels."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import gaussmix

pyspark = pytest.importorskip("pyspark")
pa = pytest.importorskip("pyarrow")
pd = pytest.importorskip("pandas")
if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
    pytest.skip("there is no Java", allow_module_level=True)

pytestmark = pytest.mark.filterwarnings("ignore")  # Spark has many of its own

RNG = np.random.default_rng(4)
X = RNG.standard_normal((6000, 2)) + 6 * RNG.integers(0, 3, size=(6000, 1))
FRAME = pd.DataFrame({"u": X[:, 0], "g": X[:, 1], "w": RNG.uniform(0, 2, 6000)})


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    session = (
        pyspark.sql.SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "1000")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@pytest.fixture(scope="module")
def table(spark: Any) -> Any:
    return spark.createDataFrame(FRAME).repartition(3, "u").cache()


@pytest.fixture(params=["rdd", "frame"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Ask blocks in an RDD, or in a DataFrame as with Spark Connect."""
    from gaussmix.engines import _spark

    monkeypatch.setattr(_spark, "is_remote", lambda: request.param == "frame")
    return str(request.param)


@pytest.mark.usefixtures("way")
def test_a_fit_ends_where_that_of_batches_does(table: Any) -> None:
    how: dict[str, Any] = {"random_state": 0, "max_iter": 4, "tol": 0}
    m = gaussmix.spark.fit(table, 3, weight="w", **how)
    batches = gaussmix.Batches(FRAME[["u", "g", "w"]].to_numpy(), weight=2, batch_rows=900)
    expected = gaussmix.fit(batches, 3, **how)
    assert m.feature_names == ("u", "g")
    score = expected.score(X, sample_weight=FRAME["w"])
    assert m.score(FRAME[["u", "g"]], sample_weight=FRAME["w"]) == pytest.approx(score, rel=1e-6)
    again = gaussmix.spark.fit(table, 3, features=["u", "g"], weight="w", **how)
    assert again.means.tobytes() == m.means.tobytes()


def test_a_column_of_labels(spark: Any) -> None:
    cells = gaussmix.fit(X, 3, random_state=0).predict(X)
    few = np.arange(6000) % 40 == 0
    frame = FRAME[["u", "g"]].assign(c=pd.array(np.where(few, cells, -1), dtype="Int32"))
    frame.loc[frame.index % 40 == 1, "c"] = None
    table = spark.createDataFrame(
        [(u, g, None if c is pd.NA else int(c)) for u, g, c in frame.itertuples(index=False)],
        "u double, g double, c int",
    ).repartition(3)
    owners = [1, 2, 0]
    m = gaussmix.spark.fit(table, 3, labels="c", component_labels=owners, random_state=0)
    assert m.feature_names == ("u", "g")
    assert (np.take(owners, m.predict(X)) == cells).mean() > 0.9
    with pytest.raises(ValueError, match=r"partition \d+: labels has"):
        gaussmix.spark.fit(table, 3, labels="c", component_labels=[0, 0, 0])
    with pytest.raises(ValueError, match="no column 'd'"):
        gaussmix.spark.fit(table, 3, labels="d")


@pytest.mark.usefixtures("way")
def test_many_partitions_are_merged_in_a_tree(spark: Any) -> None:
    start = gaussmix.fit(X[:600], 3, random_state=0)
    many = spark.createDataFrame(FRAME[["u", "g"]]).repartition(34)
    m = gaussmix.spark.fit(many, init=start, max_iter=2, tol=0)
    expected = gaussmix.fit(X, init=start, max_iter=2, tol=0)
    np.testing.assert_allclose(m.means, expected.means, rtol=1e-9)


@pytest.mark.usefixtures("way")
def test_errors_of_workers_are_raised_here(spark: Any, table: Any) -> None:
    rows = FRAME[["u", "g"]].astype("float32").assign(g=[*FRAME["g"][:-1], np.nan])
    with pytest.raises(
        ValueError, match=r"^partition 0 has NaN at row 5999, column 1 \('g'\): remove"
    ):
        gaussmix.spark.fit(spark.createDataFrame(rows).coalesce(1), 3)
    with pytest.raises(ValueError, match="the DataFrame has no rows"):
        gaussmix.spark.fit(table.where("u > 1000"), 3)
    with pytest.raises(ValueError, match=r"no column 'v': it has the columns \['u', 'g', 'w'\]"):
        gaussmix.spark.fit(table, 3, features=["u", "v"])
    with pytest.raises(TypeError, match=r"features='ug' must be a sequence"):
        gaussmix.spark.fit(table, 3, features="ug")


def test_nulls_are_missing_values(spark: Any) -> None:
    rows = FRAME[["u", "g"]].astype("Float64")
    rows.loc[::7, "g"] = pd.NA
    holed = rows.astype(object).where(rows.notna(), None)
    schema = "u double, g double"
    table = spark.createDataFrame([*map(tuple, holed.to_numpy())], schema).coalesce(1)
    m = gaussmix.spark.fit(table, 3, missing="em", random_state=0)
    near = gaussmix.fit(rows, 3, missing="em", random_state=0)
    assert m.score(rows) == pytest.approx(near.score(rows), abs=1e-3)
    found = gaussmix.spark.transform(m, table).toPandas()
    np.testing.assert_array_equal(found["label"], m.predict(rows))
    with pytest.raises(ValueError, match="partition 0 has NaN at row 0"):
        gaussmix.spark.fit(table, 3)


def test_labels_and_probabilities_are_added(table: Any) -> None:
    m = gaussmix.fit(FRAME[["u", "g"]], 3, random_state=0)
    out = gaussmix.spark.transform(m, table, probabilities="p")
    assert out.columns == ["u", "g", "w", "label", "p"]
    found = out.toPandas()
    rows = found[["u", "g"]]
    np.testing.assert_array_equal(found["label"], m.predict(rows))
    np.testing.assert_allclose(np.stack(found["p"]), m.predict_proba(rows), rtol=1e-12)
    with pytest.raises(ValueError, match="has a column 'w' already: choose another name"):
        gaussmix.spark.transform(m, table, label="w")
