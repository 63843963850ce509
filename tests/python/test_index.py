"""An index that was written with its table is no feature, and is not fitted in silence."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import gaussmix
import problems
from gaussmix.cli import main

X = problems.problem(162, n=60, n_components=2).X
FRAME = pd.DataFrame(X, columns=[f"f{j}" for j in range(X.shape[1])])
TEXT = FRAME.to_csv()


def fits(rows: Any) -> list[Any]:
    return [
        lambda: gaussmix.fit(rows, 2, random_state=0),
        lambda: gaussmix.GaussianMixture(2, random_state=0).fit(rows),
        lambda: gaussmix.BayesianGaussianMixture(n_components=2, random_state=0).fit(rows),
        lambda: gaussmix.plot.SelectionDisplay.from_data(rows, range(1, 2)),
        lambda: gaussmix.plot.RestartsDisplay.from_data(rows, 2, n_init=2),
        lambda: gaussmix.plot.FilmDisplay.from_data(rows, 2),
    ]


@pytest.mark.parametrize("which", range(6))
@pytest.mark.parametrize(
    ("rows", "name"),
    [
        (pd.read_csv(io.StringIO(TEXT)), "Unnamed: 0"),
        (pl.read_csv(io.StringIO(TEXT)), ""),
        (pa.Table.from_pandas(FRAME.sample(frac=1, random_state=0)), "__index_level_0__"),
        (pd.DataFrame({"": X[:, 0], "x": X[:, 1]}), ""),
    ],
    ids=["pandas", "polars", "pyarrow", "blank"],
)
def test_frames_with_an_index_among_the_columns_are_told_of(
    rows: Any, name: str, which: int
) -> None:
    pytest.importorskip("sklearn")
    with pytest.warns(UserWarning, match=f"X has column {name!r}, .* as a feature: leave it out"):
        fits(rows)[which]()


@pytest.mark.parametrize("which", range(6))
@pytest.mark.parametrize(
    "rows",
    [
        pd.read_csv(io.StringIO(TEXT), index_col=0),
        FRAME.rename(columns={"f1": "Unnamed: 1"}),
        pd.DataFrame({"Unnamed: 0": X[:, 0]}),
        X,
    ],
    ids=["read well", "elsewhere", "alone", "array"],
)
def test_other_columns_are_features(rows: Any, which: int) -> None:
    pytest.importorskip("sklearn")
    fits(rows)[which]()


def test_a_command_leaves_an_index_out_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("d.csv").write_text(TEXT)
    n = X.shape[1] + 1
    assert main(["fit", "d.csv", "-k", "2", "--output", "m"]) == 0
    assert capsys.readouterr().err == (
        "gaussmix: note: d.csv: column 1 has no name, as an index: left out; "
        f"--columns 1-{n} takes it too\n"
    )
    model = gaussmix.load("m")
    assert model.feature_names == tuple(FRAME.columns)
    assert model == gaussmix.fit(FRAME, 2, random_state=0)
    # Found by name, so that nothing is left to tell.
    assert main(["predict", "m", "d.csv"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    np.testing.assert_array_equal(np.array(said.out.split()[1:], int), model.predict(FRAME))
    # Whoever names it gets it, under the name that pandas gives it.
    assert main(["fit", "d.csv", "-k", "2", "--columns", f"1-{n}", "--output", "m"]) == 0
    assert capsys.readouterr().err == ""
    model = gaussmix.load("m")
    assert model.feature_names == ("Unnamed: 0", *FRAME.columns)
    assert main(["predict", "m", "d.csv"]) == 0
    labels = np.array(capsys.readouterr().out.split()[1:], int)
    np.testing.assert_array_equal(labels, model.predict(pd.read_csv("d.csv")))
