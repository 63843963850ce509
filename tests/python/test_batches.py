"""Rows in batches are fitted, labelled and scored as rows in memory are, one batch at a time."""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gaussmix
import problems
from comparing import assert_same_fit
from gaussmix import Batches

pa = pytest.importorskip("pyarrow")
csv = pytest.importorskip("pyarrow.csv")
dataset = pytest.importorskip("pyarrow.dataset")
parquet = pytest.importorskip("pyarrow.parquet")

CASE = problems.problem(77, n=3000, n_components=3, n_features=2, spread=6.0)
X = CASE.X
NAMES = ("u", "g")
WEIGHTS = np.random.default_rng(1).integers(0, 3, len(X)).astype(float)
CUTS = np.split(np.arange(len(X)), [700, 700, 2100])  # one of them empty
FAMILIES = ("full", "tied", "diag", "spherical")


def table(rows: Any = slice(None)) -> Any:
    columns = {"u": X[rows, 0], "name": ["row"] * len(X[rows]), "g": X[rows, 1]}
    return pa.table(columns | {"w": WEIGHTS[rows]})


def files(folder: Path, kind: str) -> str:
    """Write the rows to several files, and return the pattern of their paths."""
    for number, rows in enumerate(CUTS):
        path = folder / f"part-{number}.{kind}"
        if kind == "npy":
            np.save(path, X[rows])
        elif kind == "parquet":
            parquet.write_table(table(rows), path, row_group_size=200)
        elif kind == "arrow":
            with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table().schema) as out:
                out.write_table(table(rows))
        elif len(rows):  # a file of text without rows has no types
            with pa.CompressedOutputStream(str(path), "gzip") as out:
                csv.write_csv(table(rows), out)
    return str(folder / f"*.{kind}")


def assert_near(found: gaussmix.Mixture, expected: gaussmix.Mixture) -> None:
    order = np.argsort(found.means[:, 0]), np.argsort(expected.means[:, 0])
    np.testing.assert_allclose(
        found.means[order[0]], expected.means[order[1]], rtol=1e-2, atol=0.02
    )
    np.testing.assert_allclose(found.score(X), expected.score(X), rtol=1e-4)


# --- Sources


@pytest.mark.parametrize("kind", ["npy", "parquet", "arrow", "csv.gz"])
def test_files_of_every_kind_are_fitted(kind: str, tmp_path: Path) -> None:
    columns = None if kind == "npy" else NAMES
    batches = Batches(files(tmp_path, kind), columns=columns, batch_rows=500)
    found = gaussmix.fit(batches, 3, random_state=0)
    assert found.status == "converged"
    assert found.feature_names == columns
    assert_near(found, gaussmix.fit(X, 3, random_state=0))
    labels = list(found.predict(batches))
    np.testing.assert_array_equal(np.concatenate(labels), found.predict(X))


def sources(tmp_path: Path) -> dict[str, Any]:
    pieces = [X[rows] for rows in CUTS]
    np.save(tmp_path / "rows.npy", X)
    return {
        "list": Batches(pieces),
        "function": Batches(lambda: iter(pieces)),
        "array": Batches(X, batch_rows=1000),
        "memory map": Batches(np.load(tmp_path / "rows.npy", mmap_mode="r"), batch_rows=1000),
        "path": Batches(tmp_path / "rows.npy"),
        "paths": Batches([tmp_path / "rows.npy"], batch_rows=700),
        "stream": Batches(table().select(NAMES)),
        "data set": dataset.dataset(table().select(NAMES)),
    }


@pytest.mark.parametrize(
    "name", ["list", "function", "array", "memory map", "path", "paths", "stream", "data set"]
)
def test_sources_of_every_kind_are_fitted(name: str, tmp_path: Path) -> None:
    source = sources(tmp_path)[name]
    start = gaussmix.fit(X[::10], 3, random_state=0)
    found = gaussmix.fit(source, init=start, tol=1e-6)
    expected = gaussmix.fit(X, init=start, tol=1e-6)
    assert found.n_iter == expected.n_iter
    np.testing.assert_allclose(found.history, expected.history, rtol=1e-10)
    np.testing.assert_allclose(found.means, expected.means, rtol=1e-8)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("prior", [None, "default"])
def test_options_and_weights_work_as_in_memory(family: str, dtype: str, prior: Any) -> None:
    rows = X.astype(dtype)
    weighted = Batches([(rows[cut], WEIGHTS[cut]) for cut in CUTS])
    options: dict[str, Any] = {"covariance_type": family, "prior": prior, "random_state": 3}
    found = gaussmix.fit(weighted, 3, **options)
    expected = gaussmix.fit(rows, 3, sample_weight=WEIGHTS, **options)
    assert found.covariance_type == family
    assert_near(found, expected)
    for threads in (1, 3):
        assert_same_fit(gaussmix.fit(weighted, 3, n_threads=threads, **options), found)


def test_a_column_has_the_weights() -> None:
    batches = Batches(lambda: table().to_batches(700), columns=["u", "g"], weight="w")
    start = gaussmix.fit(X, 3, random_state=0)
    found = gaussmix.fit(batches, init=start)
    expected = gaussmix.fit(X, init=start, sample_weight=WEIGHTS)
    np.testing.assert_allclose(found.means, expected.means, rtol=1e-8)
    rest = Batches(lambda: table().drop(["name"]).to_batches(700), weight="w")
    assert_same_fit(gaussmix.fit(rest, init=start), found)


def test_values_beyond_squares_are_fitted() -> None:
    found = gaussmix.fit(Batches([X * 2.0**400]), 3, random_state=0)
    plain = gaussmix.fit(Batches([X]), 3, random_state=0)
    np.testing.assert_allclose(found.means / 2.0**400, plain.means, rtol=1e-9)


# --- Use on data


def test_scores_and_criteria_are_those_of_all_rows() -> None:
    m = gaussmix.fit(X, 3, random_state=0)
    batches = Batches([X[rows] for rows in CUTS])
    for method in (m.predict, m.predict_proba, m.score_samples):
        parts = list(method(batches))
        assert [len(part) for part in parts] == [len(rows) for rows in CUTS]
        np.testing.assert_allclose(np.concatenate(parts), method(X), rtol=1e-12, atol=1e-300)
    assert m.score(batches) == pytest.approx(m.score(X), rel=1e-12)
    weighted = Batches([(X[rows], WEIGHTS[rows]) for rows in CUTS])
    for criterion in (m.bic, m.aic, m.icl, m.score):
        expected = criterion(X, sample_weight=WEIGHTS)
        assert criterion(weighted) == pytest.approx(expected, rel=1e-12)


def test_a_batch_is_let_go_and_one_is_read_ahead() -> None:
    alive: list[weakref.ref[Any]] = []
    most = 0

    def rows() -> Iterator[Any]:
        nonlocal most
        for _ in range(8):
            batch = np.random.default_rng(0).normal(size=(5000, 2))
            alive.append(weakref.ref(batch))
            most = max(most, sum(ref() is not None for ref in alive))
            yield batch
            del batch

    m = gaussmix.fit(Batches(rows), 2, max_iter=3, tol=0, random_state=0)
    assert sum(map(len, m.predict(Batches(rows)))) == 8 * 5000
    gc.collect()
    assert most <= 3  # the one that is computed, the next one, and what the generator makes
    assert sum(ref() is not None for ref in alive) == 0


def test_batches_are_read_on_another_thread_while_the_core_computes() -> None:
    threads = set()

    def rows() -> Iterator[Any]:
        for cut in CUTS:
            threads.add(threading.get_ident())
            yield X[cut]

    gaussmix.fit(Batches(rows), 2, max_iter=2, random_state=0)
    assert threading.get_ident() not in threads
    deadline = time.monotonic() + 10
    while any(t.name == "gaussmix reading ahead" for t in threading.enumerate()):
        assert time.monotonic() < deadline, "a thread was left behind"
        time.sleep(0.01)


# --- Callbacks and interrupts


def test_callbacks_and_progress_work_as_in_memory(capsys: Any) -> None:
    seen: list[int] = []

    def enough(progress: gaussmix.Progress) -> bool:
        seen.append(progress.iteration)
        return progress.iteration == 2

    batches = Batches([X[cut] for cut in CUTS])
    m = gaussmix.fit(batches, 3, tol=0, callback=enough, verbose=1, random_state=0)
    assert (m.status, m.n_iter, seen) == ("interrupted", 2, [1, 2])
    assert "iteration 2" in capsys.readouterr().err
    with pytest.raises(RuntimeError, match="mine"):
        gaussmix.fit(batches, 3, callback=lambda _: (_ for _ in ()).throw(RuntimeError("mine")))


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_ctrl_c_ends_the_wait_for_a_batch() -> None:
    def rows() -> Iterator[Any]:
        yield X
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(60)

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        gaussmix.fit(Batches(rows), 2)
    assert time.monotonic() - began < 30


# --- Misuse


def test_what_can_be_read_only_once_is_refused() -> None:
    remedy = r"only once.*gaussmix\.Batches\(lambda: "
    for source in ((X[cut] for cut in CUTS), iter([X]), table().to_reader()):
        with pytest.raises(TypeError, match=remedy):
            Batches(source)
    once = iter([X, X])
    with pytest.raises(ValueError, match="6000 rows in the first pass, but 0 in a later one: give"):
        gaussmix.fit(Batches(lambda: once), 2)


def test_nan_is_named_by_file_row_and_column(tmp_path: Path) -> None:
    for number in range(9):
        rows = X[:400].copy()
        if number == 7:
            rows[333, 1] = np.nan
        parquet.write_table(
            pa.table(dict(zip(NAMES, rows.T, strict=True))), tmp_path / f"{number}.parquet"
        )
    batches = Batches(
        str(tmp_path / "*.parquet"),
        batch_rows=100,
    )
    where = r"7\.parquet has NaN at row 333, column 1 \('g'\): remove or impute"
    with pytest.raises(ValueError, match=where):
        gaussmix.fit(batches, 2)
    m = gaussmix.Mixture([1.0], [[0.0, 0.0]], [1.0], "spherical")
    for use in (m.score, m.bic, lambda source: list(m.predict(source))):
        with pytest.raises(ValueError, match=where):
            use(batches)
    weights = np.ones(400)
    weights[5] = np.nan
    with pytest.raises(ValueError, match=r"sample_weight of batch 1 .*row 5"):
        gaussmix.fit(Batches([X[:400], (X[:400], weights)]), 2)


def test_a_file_with_other_columns_is_named(tmp_path: Path) -> None:
    parquet.write_table(table().select(["u", "g"]), tmp_path / "a.parquet")
    parquet.write_table(table().select(["g", "u"]), tmp_path / "b.parquet")
    pattern = str(tmp_path / "*.parquet")
    with pytest.raises(ValueError, match=r"b\.parquet has the columns \['g', 'u'\], but .*a\.parq"):
        gaussmix.fit(Batches(pattern), 2)
    found = gaussmix.fit(Batches(pattern, columns=NAMES), 2, random_state=0)
    assert found.feature_names == NAMES
    with pytest.raises(ValueError, match=r"a\.parquet has no column 'r': it has the columns"):
        gaussmix.fit(Batches(pattern, columns=["u", "r"]), 2)
    with pytest.raises(ValueError, match="batch 1 has 1 columns, but batch 0 has 2 columns"):
        gaussmix.fit(Batches([X, X[:, :1]]), 2)
    with pytest.raises(ValueError, match=r"columns in the same order|fitted to"):
        found.score(Batches(pattern, columns=["g", "u"]))


@pytest.mark.parametrize(
    ("use", "error", "message"),
    [
        (lambda: Batches("no/such/*.npy"), FileNotFoundError, "no file matches 'no/such"),
        (lambda: Batches("no-such.npy"), FileNotFoundError, "no file 'no-such.npy'"),
        (lambda: Batches(__file__), ValueError, r"cannot be read in batches: give \.npy"),
        (lambda: Batches(7), TypeError, "source=7 must be files"),
        (lambda: Batches([X], columns="u"), TypeError, r"columns='u' .* give \['u'\]"),
        (lambda: Batches(X, batch_rows=0), ValueError, "batch_rows=0 must be at least 1"),
        (
            lambda: gaussmix.fit(Batches([X]), 2, sample_weight=WEIGHTS),
            ValueError,
            "give weights with the batches",
        ),
        (
            lambda: gaussmix.fit(Batches([X]), 2, init=np.zeros(len(X), int)),
            ValueError,
            "labels or responsibilities",
        ),
        (lambda: gaussmix.fit(Batches([]), 2), ValueError, "no rows"),
        (lambda: gaussmix.fit(Batches([X[:1]]), 2), ValueError, "at least as many rows"),
        (lambda: gaussmix.fit(Batches([X, "text"]), 2), (TypeError, ValueError), "batch 1"),
        (lambda: np.asarray(Batches([X])), TypeError, "give them to gaussmix.fit"),
        (lambda: gaussmix.summarize(Batches([X])), TypeError, "give them to gaussmix.fit"),
        (lambda: gaussmix.fit(X, 2, checkpoint="a"), ValueError, r"gaussmix\.Batches\(X\)"),
    ],
)
def test_misuse_is_refused_with_the_remedy(use: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        use()


@pytest.mark.parametrize("library", ["h5py", "zarr", "duckdb"])
def test_arrays_and_tables_of_other_libraries_are_read(library: str, tmp_path: Path) -> None:
    module = pytest.importorskip(library)
    if library == "h5py":
        file = module.File(tmp_path / "rows.h5", "w")
        source = file.create_dataset("rows", data=X, chunks=(100, 2), compression="gzip")
    elif library == "zarr":
        source = module.create_array(
            str(tmp_path / "rows.zarr"), shape=X.shape, chunks=(700, 2), dtype=X.dtype
        )
        source[:] = X
    else:
        connection = module.connect()
        connection.register("rows", table())
        source = connection.sql("select u, g from rows")
    m = gaussmix.fit(Batches(source, batch_rows=1000), 2, random_state=0)
    expected = gaussmix.fit(Batches(X), 2, random_state=0)
    np.testing.assert_allclose(m.means, expected.means, rtol=1e-9)
    assert m.feature_names == (tuple(NAMES) if library == "duckdb" else None)


def test_a_batch_without_weight_counts_as_nothing() -> None:
    m = gaussmix.fit(X, 2, random_state=0)
    batches = Batches([(X[:400], np.zeros(400)), (X[400:], np.ones(len(X) - 400))])
    assert m.score(batches) == pytest.approx(m.score(X[400:]), rel=1e-12)
    assert m.bic(batches) == pytest.approx(m.bic(X[400:]), rel=1e-12)
    with pytest.raises(ValueError, match="no rows of positive weight: give at least one"):
        m.score(Batches([(X, np.zeros(len(X)))]))


def test_batches_of_a_file_that_are_kept_stay_as_they_are(tmp_path: Path) -> None:
    X = np.arange(10_000.0).reshape(2000, 5)
    np.save(tmp_path / "x.npy", X)
    batches = gaussmix.Batches(tmp_path / "x.npy", batch_rows=100)
    for n_kept in (1, 2, 20):
        kept: list[Any] = []
        for i, batch in enumerate(batches.read()):
            kept = [*kept, batch.matrix.values[10:]][-n_kept:]
            for j, rows in enumerate(reversed(kept)):
                np.testing.assert_array_equal(rows, X[(i - j) * 100 + 10 : (i - j) * 100 + 100])
    assert i == 19


def test_a_file_that_is_cut_short_in_a_pass_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    np.save(path, np.zeros((2000, 5)))
    reading = gaussmix.Batches(path, batch_rows=100).read()
    next(reading)
    with path.open("r+b") as file:
        file.truncate(20_000)
    with pytest.raises(ValueError, match=r"x\.npy ends before row \d+: it was cut short"):
        list(reading)
