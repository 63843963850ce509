"""The command line fits and labels the rows of several files, and of Parquet files, in batches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gaussmix
import problems
from gaussmix.cli import main

pa = pytest.importorskip("pyarrow")
csv = pytest.importorskip("pyarrow.csv")
parquet = pytest.importorskip("pyarrow.parquet")

X = problems.problem(79, n=1200, n_components=3, n_features=2, spread=6.0).X
WEIGHTS = np.random.default_rng(1).integers(1, 3, len(X)).astype(float)
CUTS = np.array_split(np.arange(len(X)), 3)


def table(rows: Any) -> Any:
    columns = {"id": rows, "u": X[rows, 0], "kind": ["star"] * len(rows), "g": X[rows, 1]}
    return pa.table(columns | {"w": WEIGHTS[rows]})


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for number, rows in enumerate(CUTS):
        parquet.write_table(table(rows), tmp_path / f"{number}.parquet", row_group_size=100)
        with pa.CompressedOutputStream(str(tmp_path / f"{number}.csv.gz"), "gzip") as out:
            csv.write_csv(table(rows), out)
        np.save(tmp_path / f"{number}.npy", X[rows])
    monkeypatch.chdir(tmp_path)
    return tmp_path


CHOSEN = ["--columns", "u,g", "--weights", "w"]


@pytest.mark.parametrize(
    "data",
    [
        ["*.parquet"],
        ["0.parquet", "1.parquet", "2.parquet"],
        ["?.csv.gz"],
        ["0.parquet", "1.csv.gz", "2.parquet"],
    ],
)
def test_several_files_are_one_set_of_rows(data: list[str], capsys: Any) -> None:
    wanted = ["-k", "3", "--output", "m.safetensors", "--labels", "labels.csv"]
    assert main(["fit", *data, *wanted, *CHOSEN]) == 0
    said = capsys.readouterr().out
    m = gaussmix.load("m.safetensors")
    assert m.feature_names == ("u", "g")
    expected = gaussmix.fit(X, 3, sample_weight=WEIGHTS, random_state=0)
    assert m.score(X) == pytest.approx(expected.score(X), rel=1e-3)
    total = WEIGHTS.sum()
    assert f"{m.score(X, sample_weight=WEIGHTS) * total:.3f} (rows weighted: {total:.6g}" in said
    assert f"{m.bic(X, sample_weight=WEIGHTS):.3f}" in said
    labels = np.loadtxt("labels.csv", skiprows=1, dtype=int)
    np.testing.assert_array_equal(labels, m.predict(X))
    won = np.bincount(labels, WEIGHTS)
    assert all(f"{weight:.6g}" in said for weight in won)
    assert main(["predict", "m.safetensors", *data, "--proba"]) == 0
    printed = np.loadtxt(capsys.readouterr().out.splitlines()[1:], delimiter=",")
    np.testing.assert_array_equal(printed[:, 0], labels)
    np.testing.assert_allclose(printed[:, 1:], m.predict_proba(X), rtol=1e-12)


@pytest.mark.parametrize("data", ["*.parquet", "0.npy"])
def test_labels_and_probabilities_are_written_as_parquet(data: str) -> None:
    choice = ["--columns", "2,4"] if data == "*.parquet" else []
    rows = X if data == "*.parquet" else X[CUTS[0]]
    fit = ["fit", data, "-k", "3", *choice, "--output", "m.safetensors", "--labels", "l.pq"]
    assert main(fit) == 0
    m = gaussmix.load("m.safetensors")
    labels = parquet.read_table("l.pq")
    assert labels.column_names == ["label"]
    np.testing.assert_array_equal(labels["label"], m.predict(rows))
    assert main(["predict", "m.safetensors", data, "--proba", "--output", "p.parquet"]) == 0
    found = parquet.read_table("p.parquet")
    assert found.column_names == ["label", "p0", "p1", "p2"]
    np.testing.assert_array_equal(found["label"], m.predict(rows))
    given = np.column_stack([found[name] for name in found.column_names[1:]])
    np.testing.assert_array_equal(given, m.predict_proba(rows))


def test_files_of_numpy_and_numbers_of_columns() -> None:
    assert main(["fit", "?.npy", "-k", "3", "--output", "a.safetensors"]) == 0
    choice = ["--columns", "2,4", "--output", "b.safetensors"]
    assert main(["fit", "*.parquet", "-k", "3", *choice]) == 0
    a, b = gaussmix.load("a.safetensors"), gaussmix.load("b.safetensors")
    np.testing.assert_allclose(b.means, a.means, rtol=1e-8)


def test_a_fit_continues_from_its_checkpoint(capsys: Any) -> None:
    fit = ["fit", "*.parquet", "-k", "3", *CHOSEN, "--checkpoint", "run.safetensors"]
    assert main([*fit, "--max-iter", "1", "--tol", "1e-9"]) == 0
    assert main([*fit, "--tol", "1e-9", "--output", "a.safetensors"]) == 0
    rest = [*fit[:-2], "--tol", "1e-9", "--output", "b.safetensors"]
    assert main(rest) == 0
    assert gaussmix.load("a.safetensors") == gaussmix.load("b.safetensors")
    capsys.readouterr()
    assert main([*fit, "--tol", "1e-3"]) == 2
    assert "is of a fit with tol=1e-09, but now it is 0.001" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fit", "no*.parquet", "-k", "2"], "no file matches 'no*.parquet'"),
        (["fit", "no.parquet", "-k", "2"], "no file 'no.parquet'"),
        (["fit", "0.npy", "-", "-k", "2"], "standard input can be read only once"),
        (["fit", "*.parquet", "-k", "2", "--columns", "u,r"], "0.parquet has no column 'r'"),
        (["fit", "*.parquet", "-k", "2"], "column 2 ('kind')"),
        (["fit", "?.npy", "-k", "2", "--plot", "a.png"], "--plot draws rows in memory"),
        (
            ["fit", "?.npy", "-k", "2", "--output", "1.npy"],
            "1.npy would be written over the data (1.npy): name another file",
        ),
        (
            ["fit", "?.npy", "-k", "2", "--checkpoint", "1.npy"],
            "1.npy would be written over the data (1.npy): name another file",
        ),
    ],
)
def test_misuse_is_named(arguments: list[str], message: str, capsys: Any) -> None:
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


def test_nan_is_named_by_file_row_and_column(capsys: Any) -> None:
    rows = X[:300].copy()
    rows[222, 1] = np.nan
    parquet.write_table(pa.table({"u": rows[:, 0], "g": rows[:, 1]}), "3.parquet")
    assert main(["fit", "*.parquet", "-k", "2", "--columns", "u,g"]) == 2
    assert "3.parquet has NaN at row 222, column 1 ('g')" in capsys.readouterr().err
