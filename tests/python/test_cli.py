"""The command line does what it says, and says in one line what keeps it from doing so."""

from __future__ import annotations

import inspect
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

import gaussmix
import problems
from gaussmix.cli import main

FAITHFUL = str(problems.FAITHFUL_CSV)
IRIS = str(problems.IRIS_CSV)
COMMAND = [sys.executable, "-m", "gaussmix"]

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def in_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def fails(capsys: Captured, *arguments: str, code: int = 2) -> str:
    """What a command that must fail says, after `gaussmix: error: `."""
    assert main(arguments) == code
    said = capsys.readouterr()
    assert said.out == ""
    *usage, last = said.err.splitlines()
    assert not usage or usage[0].startswith("usage: ")
    assert last.startswith("gaussmix: error: ")
    return last.removeprefix("gaussmix: error: ")


def figure_of(text: str, name: str) -> str:
    """What stands behind a name in a report."""
    found = re.search(rf"^{name} +(.*)$", text, re.MULTILINE)
    assert found is not None, text
    return found[1]


# --- fit ---------------------------------------------------------------------------------------


def test_fit_reports_components_likelihood_and_course(
    capsys: Captured, faithful: problems.Array
) -> None:
    assert main(["fit", FAITHFUL, "-k", "2"]) == 0
    said = capsys.readouterr()
    model = gaussmix.fit(faithful, 2, random_state=0)
    assert said.err == ""
    assert float(figure_of(said.out, "log-likelihood")) == pytest.approx(
        272 * model.score(faithful), abs=1e-3
    )
    assert float(figure_of(said.out, "BIC").split()[0]) == pytest.approx(
        model.bic(faithful), abs=1e-3
    )
    assert figure_of(said.out, "iterations") == f"{model.n_iter}, converged"
    assert figure_of(said.out, "instructions") == gaussmix.info()["instruction_set"]
    won = np.bincount(model.predict(faithful))
    for k in range(2):
        cells = figure_of(said.out, f" +{k}").replace("±", " ").split()
        told = np.array([float(cell) for cell in cells])
        deviations = model.standard_deviations()[k]
        expected = [model.weights[k], won[k], *np.column_stack([model.means[k], deviations]).flat]
        np.testing.assert_allclose(told, expected, rtol=5e-3)


def test_fit_writes_model_labels_and_picture(capsys: Captured) -> None:
    arguments = ["-k", "3", "--output", "m.safetensors", "--labels", "l.csv", "--plot", "p.png"]
    assert main(["fit", IRIS, *arguments]) == 0
    assert figure_of(capsys.readouterr().out, "written") == "m.safetensors, l.csv, p.png"
    X = problems.iris()
    model = gaussmix.fit(X, 3, random_state=0)
    loaded = gaussmix.load("m.safetensors")
    assert loaded == model
    assert loaded.feature_names is not None
    assert loaded.feature_names[0] == "Sepal.Length"
    assert_array_equal(pd.read_csv("l.csv")["label"], model.predict(X))
    assert Path("p.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in Path().iterdir()) == ["l.csv", "m.safetensors", "p.png"]


def test_fit_passes_every_option_on(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    def fit(X: Any, n_components: int, **options: Any) -> gaussmix.Mixture:
        seen.update(options, X=X.values, n_components=n_components, names=X.names)
        return gaussmix.fit(X, n_components, sample_weight=options["sample_weight"])

    monkeypatch.setattr("gaussmix.cli._commands.fit", fit)
    Path("data.csv").write_text("id,x,w,y,known\n" + "a,1,2,3,\nb,4,5,6,1\nc,7,8,9,-1\n")
    options = "--covariance-type diag --init random --n-init 4 --max-iter 7 --tol 0.5"
    options += " --reg-covar 0.25"
    options += " --seed 11 --threads 2 --columns y,2 --weights w --components 2"
    options += " --prior default --strict --effort low --acceleration classic --noise-weight 0.125"
    options += " --missing em --known known --fixed means=1 --fixed covariances=all"
    options += " --bounds variances=0.5:"
    assert main(["fit", "data.csv", *options.split()]) == 0
    out = capsys.readouterr().out
    assert "(rows weighted: 15 in all)" in figure_of(out, "log-likelihood")
    assert "(not to be compared: component" in figure_of(out, "BIC")
    assert_array_equal(seen.pop("X"), [[3, 1], [6, 4], [9, 7]])
    assert_array_equal(seen.pop("sample_weight"), [2, 5, 8])
    assert_array_equal(seen.pop("labels"), [-1, 1, -1])
    assert seen == {
        "n_components": 2,
        "names": ("y", "x"),
        "covariance_type": "diag",
        "init": "random",
        "fixed": {"means": [1], "covariances": "all"},
        "bounds": {"variances": (0.5, None)},
        "effort": "low",
        "acceleration": "classic",
        "n_init": 4,
        "max_iter": 7,
        "tol": 0.5,
        "reg_covar": 0.25,
        "prior": "default",
        "noise": gaussmix.Noise(0.125),
        "strict": True,
        "random_state": 11,
        "n_threads": 2,
        "callback": None,
        "checkpoint": None,
        "missing": "em",
    }


def test_defaults_are_those_of_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    def fit(_X: Any, _n_components: int, **options: Any) -> gaussmix.Mixture:
        seen.update(options)
        raise ValueError("seen enough")

    monkeypatch.setattr("gaussmix.cli._commands.fit", fit)
    assert main(["fit", FAITHFUL, "-k", "2"]) == 2
    documented = inspect.signature(gaussmix.fit).parameters
    # One seed, so that a command gives the same result each time.
    assert seen.pop("random_state") == 0
    assert seen == {name: documented[name].default for name in seen}


def test_every_family_and_start_is_known(capsys: Captured, covariance_type: str) -> None:
    for init in problems.INITS:
        assert (
            main(["fit", FAITHFUL, "-k2", f"--covariance-type={covariance_type}", f"--init={init}"])
            == 0
        )
        assert figure_of(capsys.readouterr().out, "iterations")


@pytest.mark.parametrize("decimal", [".", ","])
def test_missing_values_are_fitted_around(
    capsys: Captured, faithful: problems.Array, decimal: str
) -> None:
    X = faithful.copy()
    X[::7, 0], X[3::11, 1] = np.nan, np.nan
    names = iter(["", "NA", "NaN", "?"] * 40)
    lines = [
        ";".join(next(names) if np.isnan(x) else repr(x).replace(".", decimal) for x in row)
        for row in X.tolist()
    ]
    Path("holes.csv").write_text("a;b\n" + "\n".join(lines) + "\n")
    np.save("holes.npy", X)
    m = gaussmix.fit(X, 2, missing="em", random_state=0)
    options = "-k 2 --missing em --output m.safetensors --labels l.csv --plot p.png"
    for data in ("holes.csv", "holes.npy"):
        assert main(["fit", data, *options.split()]) == 0
        bic = figure_of(capsys.readouterr().out, "BIC").split()[0]
        assert float(bic) == pytest.approx(m.bic(X), abs=1e-3)
        assert np.array_equal(gaussmix.load("m.safetensors").means, m.means)
        assert_array_equal(pd.read_csv("l.csv")["label"], m.predict(X))
        assert main(["predict", "m.safetensors", data, "--output", "again.csv"]) == 0
        assert_array_equal(pd.read_csv("again.csv")["label"], m.predict(X))
        assert "missing" in fails(capsys, "predict", "m.safetensors", data, "--missing", "error")
        assert "--missing em" in fails(capsys, "fit", data, "-k", "2")
    assert main(["fit", "holes.csv", "holes.csv", "-k", "2", "--missing", "em"]) == 0
    assert main(["select", "holes.csv", "-k", "1-2", "--missing", "em"]) == 0
    assert "2" in capsys.readouterr().out
    Path("weights.csv").write_text("a,w\n1,2\n,1\n3,NA\n")
    arguments = ["fit", "weights.csv", "-k", "1", "--weights", "w", "--missing", "em"]
    assert "line 4, column 2 ('w'): the weight is missing" in fails(capsys, *arguments)


def test_what_is_known_is_kept(capsys: Captured, faithful: problems.Array) -> None:
    known = np.full(272, -1)
    known[:2] = 1, 0
    cells = [str(k) if k >= 0 else "" for k in known]
    frame = pd.DataFrame(faithful, columns=["a", "b"]).assign(known=cells)
    frame.to_csv("data.csv", index=False)
    assert main(["fit", "data.csv", "-k", "2", "--known", "known", "--output", "m"]) == 0
    m = gaussmix.load("m")
    assert m.feature_names == ("a", "b")
    expected = gaussmix.fit(faithful, 2, labels=known, random_state=0)
    assert_array_equal(m.means, expected.means)
    how = ["--start", "m", "--fixed", "means=0", "--bounds", "weights=0.4:"]
    assert main(["fit", "data.csv", *how, "--output", "n"]) == 0
    n = gaussmix.load("n")
    assert_array_equal(n.means[0], m.means[0])
    assert n.weights.min() == pytest.approx(0.4)
    np.save("rows.npy", np.column_stack([faithful, known]))
    assert main(["select", "rows.npy", "-k", "1-2", "--known", "3", "--output", "s"]) == 0
    chosen = gaussmix.select(faithful, [1, 2], labels=known, random_state=0).best
    assert_array_equal(gaussmix.load("s").means, chosen.means)
    capsys.readouterr()

    def said(*words: str) -> str:
        return fails(capsys, *words)

    assert said("fit", FAITHFUL).startswith("-k/--components is missing")
    assert said("fit", FAITHFUL, "-k", "2", "--fixed", "means=0").startswith("--fixed")
    assert "begin with weights, means, covariances" in said("fit", "x", "--fixed", "mean=1")
    assert "as means=0,2 or means=all" in said("fit", "x", "--fixed", "means=a")
    assert "as weights=LEAST:MOST" in said("fit", "x", "--bounds", "weights=1")
    assert said("fit", FAITHFUL, "--start", "-").startswith("--start cannot be read from standard")
    one = ["fit", "data.csv", "-k", "2", "--known"]
    assert "cannot be a feature and the labels" in said(*one, "known", "--columns", "a,known")
    assert "cannot be the weights and the labels" in said(*one, "a", "--weights", "a")
    assert "line 2, column 1 ('a'): 3.6 is no component" in said(*one, "a", "--exclude", "known")
    assert "--known is of rows in memory" in said(*one, "known", "--checkpoint", "c")
    assert "would be written over the start" in said("fit", "data.csv", *how, "--output", "m")
    assert "has no column 'a'" in said("fit", FAITHFUL, *how)


def test_a_fit_that_did_not_converge_says_what_to_do(capsys: Captured) -> None:
    assert main(["fit", FAITHFUL, "-k", "2", "--max-iter", "1"]) == 0
    told = figure_of(capsys.readouterr().out, "iterations")
    assert told == "1, not converged: raise --max-iter or --tol"


def test_wide_tables_are_folded(capsys: Captured) -> None:
    np.save("wide.npy", np.random.default_rng(0).standard_normal((99, 30)))
    assert main(["fit", "wide.npy", "-k", "60", "--covariance-type", "spherical"]) == 0
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 100
    assert "... and 10 more components" in text
    assert "... and 6 more features" in text
    assert "feature 23" in text


def test_events_are_told(capsys: Captured) -> None:
    Path("data.csv").write_text("x\n" + "1\n" * 20)
    assert main(["fit", "data.csv", "-k", "2", "--reg-covar", "0"]) == 0
    text = capsys.readouterr().out
    assert figure_of(text, "event").startswith("start, component 1: it lost all its rows")
    assert "start, component 0: its covariance was not positive definite" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.csv", "-k", "2"], "missing.csv: No such file or directory"),
        ([".", "-k", "2"], ".: Is a directory"),
        ([FAITHFUL], "-k/--components is missing: say how many components"),
        ([FAITHFUL, "-k", "two"], "argument -k/--components: 'two' is not an integer"),
        ([FAITHFUL, "-k", "0"], "argument -k/--components: 0 must be at least 1"),
        ([FAITHFUL, "-k", "2", "--threads", "0"], "argument --threads: 0 must be at least 1"),
        ([FAITHFUL, "-k", "2", "--tol", "-1"], "tol=-1"),
        ([FAITHFUL, "-k", "300"], f"--components=300 needs at least 300 rows, {FAITHFUL} has 272"),
        ([FAITHFUL, "-k2", "--covariance-type", "round"], "'full', 'tied', 'diag', 'spherical'"),
        ([FAITHFUL, "-k", "2", "--columns", "length"], "it has eruptions, waiting"),
        ([FAITHFUL, "-k", "2", "--plot", "p.csv"], "'p.csv' must end in one of"),
        (["", "-k", "2"], "an input has an empty name: name a file"),
    ],
)
def test_fit_names_what_is_wrong(capsys: Captured, arguments: list[str], message: str) -> None:
    assert message in fails(capsys, "fit", *arguments)
    assert not list(Path().iterdir())


def test_errors_in_tables_name_file_line_and_column(capsys: Captured) -> None:
    Path("data.csv").write_text("eruptions,waiting\n3.6,79\n1.8,abc\n")
    message = fails(capsys, "fit", "data.csv", "-k", "1")
    assert message.startswith("data.csv, line 3, column 2 ('waiting'): 'abc' is not a number")


def test_errors_of_the_rows_name_the_file(capsys: Captured, model: gaussmix.Mixture) -> None:
    message = fails(capsys, "predict", "m.safetensors", FAITHFUL, "--columns", "2,1")
    assert message.startswith(f"{FAITHFUL} has column 'waiting' where the mixture was fitted to")
    assert model.feature_names == ("eruptions", "waiting")


def test_what_cannot_be_drawn_is_said_before_the_fit(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    message = fails(capsys, "fit", "not-even-read.csv", "-k", "2", "--plot", "p.png", code=1)
    assert message == "pictures need matplotlib: pip install 'gaussmix[plot]'"


def test_a_defect_is_no_error_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    def defect(*_: object, **__: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr("gaussmix.cli._commands.fit", defect)
    with pytest.raises(KeyError):
        main(["fit", FAITHFUL, "-k", "2"])


def test_interrupting_is_told_by_130(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("gaussmix.cli._commands.fit", interrupted)
    assert main(["fit", FAITHFUL, "-k", "2", "--output", "m"]) == 130
    assert capsys.readouterr().err == "gaussmix: interrupted\n"
    assert not list(Path().iterdir())


# --- predict -----------------------------------------------------------------------------------


@pytest.fixture
def model(faithful: problems.Array) -> gaussmix.Mixture:
    """Two components, left in m.safetensors with the names of the features."""
    frame = pd.DataFrame(faithful, columns=["eruptions", "waiting"])
    model = gaussmix.fit(frame, 2, random_state=0)
    model.save("m.safetensors")
    return model


def test_predict_writes_labels(
    capsys: Captured, model: gaussmix.Mixture, faithful: problems.Array
) -> None:
    assert main(["predict", "m.safetensors", FAITHFUL]) == 0
    header, *labels = capsys.readouterr().out.splitlines()
    assert header == "label"
    assert_array_equal(np.array(labels, dtype=int), model.predict(faithful))


def test_predict_writes_probabilities_to_the_last_digit(
    monkeypatch: pytest.MonkeyPatch, model: gaussmix.Mixture, faithful: problems.Array
) -> None:
    monkeypatch.setattr("gaussmix.cli._results._ROWS_AT_ONCE", 100)
    assert main(["predict", "m.safetensors", FAITHFUL, "--proba", "--output", "p.csv"]) == 0
    assert Path("p.csv").read_text().startswith("label,p0,p1\n")
    table = np.loadtxt("p.csv", delimiter=",", skiprows=1)
    assert_array_equal(table[:, 0], model.predict(faithful))
    assert_array_equal(table[:, 1:], model.predict_proba(faithful))


def test_predict_asks_the_posterior_of_a_model_that_has_one(
    capsys: Captured, faithful: problems.Array
) -> None:
    pytest.importorskip("sklearn")
    est = gaussmix.BayesianGaussianMixture(n_components=2, random_state=0).fit(faithful)
    est.posterior_mixture_.save("model.safetensors")
    assert main(["predict", "model.safetensors", FAITHFUL, "--proba"]) == 0
    rows = [line.split(",")[1:] for line in capsys.readouterr().out.splitlines()[1:]]
    assert_array_equal(np.array(rows, dtype=float), est.predict_proba(faithful))


def test_predict_finds_the_features_of_the_model_by_name(
    capsys: Captured, model: gaussmix.Mixture, faithful: problems.Array
) -> None:
    frame = pd.DataFrame({"waiting": faithful[:, 1], "day": "mon", "eruptions": faithful[:, 0]})
    frame.to_csv("other.csv", index=False)
    assert main(["predict", "m.safetensors", "other.csv"]) == 0
    labels = capsys.readouterr().out.split()[1:]
    assert_array_equal(np.array(labels, dtype=int), model.predict(faithful))


@pytest.mark.usefixtures("model")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["m.safetensors", IRIS], "has no column 'eruptions'"),
        (["m.safetensors", IRIS, "--columns", "1"], "has 1 columns of numbers, m.safetensors need"),
        (["missing", FAITHFUL], "missing: No such file"),
        ([FAITHFUL, FAITHFUL], "is not a usable gaussmix model"),
        (["m.safetensors", "missing.csv"], "missing.csv: No such file"),
    ],
)
def test_predict_names_what_is_wrong(capsys: Captured, arguments: list[str], message: str) -> None:
    assert message in fails(capsys, "predict", *arguments)


# --- info, demo, and the rest ------------------------------------------------------------------


def test_info_tells_what_the_library_knows(capsys: Captured) -> None:
    assert main(["info"]) == 0
    text = capsys.readouterr().out
    facts = gaussmix.info()
    assert figure_of(text, "gaussmix") == facts["version"]
    assert figure_of(text, "instructions").startswith(facts["instruction_set"])
    assert figure_of(text, "threads") == str(facts["n_threads"])
    assert figure_of(text, "OpenMP").startswith(facts["openmp"] or "none")


def test_demo_agrees_with_mclust_and_draws(capsys: Captured) -> None:
    assert main(["demo"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert figure_of(said.out, "log-likelihood") == "-1130.264"
    assert figure_of(said.out, "picture") == "gaussmix-demo.png"
    for name in ("iterations", "time", "threads", "instructions"):
        assert figure_of(said.out, name)
    assert Path("gaussmix-demo.png").read_bytes().startswith(b"\x89PNG")


def test_demo_draws_where_it_is_told(capsys: Captured) -> None:
    assert main(["demo", "--output", "other.svg"]) == 0
    assert figure_of(capsys.readouterr().out, "picture") == "other.svg"
    assert [path.name for path in Path().iterdir()] == ["other.svg"]


def test_demo_does_without_matplotlib_unless_asked_for_a_picture(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert main(["demo"]) == 0
    said = capsys.readouterr()
    assert figure_of(said.out, "log-likelihood") == "-1130.264"
    assert said.err == "no picture: that needs matplotlib: pip install 'gaussmix[plot]'\n"
    assert "matplotlib" in fails(capsys, "demo", "--output", "p.png", code=1)
    assert not list(Path().iterdir())


def test_version_and_help(capsys: Captured) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"gaussmix {gaussmix.__version__}\n"
    for command in ([], ["fit"], ["predict"], ["info"], ["demo"]):
        assert main([*command, "--help"]) == 0
        assert capsys.readouterr().out.startswith("usage: gaussmix")


def test_no_command_is_wrong_usage(capsys: Captured) -> None:
    assert "COMMAND" in fails(capsys)


def test_the_commands_of_the_page_do_what_it_says(faithful: problems.Array) -> None:
    page = (Path(__file__).parents[2] / "docs/howto/command-line.md").read_text("utf-8")
    frame = pd.DataFrame(faithful, columns=["eruptions", "waiting"])
    for name in ("data.csv", "new.csv"):
        frame.to_csv(name, index=False)
    frame.assign(day="mon", count=1).to_csv("indexed.csv")
    frame.assign(kind=["1", "0", *[""] * 270]).to_csv("labelled.csv", index=False)
    pytest.importorskip("pyarrow")
    Path("data").mkdir()
    for year in (2024, 2025):
        stars = pd.DataFrame(np.random.default_rng(year).normal(size=(400, 3)), columns=list("ugr"))
        stars.to_csv(f"{year}.csv.gz", index=False)
        stars.assign(w=1.0).to_parquet(f"data/{year}.parquet")
    for block, output in re.findall(
        r"^```sh\n(.*?)^```$(?:\n\n^```text\n(.*?)^```$)?", page, re.MULTILINE | re.DOTALL
    ):
        for line in block.splitlines():
            command = line.replace("gaussmix", '"$0" -m gaussmix', 1)
            done = subprocess.run(
                ["/bin/sh", "-c", command, sys.executable],
                check=False,
                capture_output=True,
                text=True,
            )
            assert done.returncode == (2 if output else 0), done.stderr
            assert not output or done.stderr == output
            for note in re.findall("^gaussmix: note: .*$", done.stderr, re.MULTILINE):
                assert note in page


# --- as a program ------------------------------------------------------------------------------


def test_the_module_is_the_program() -> None:
    done = subprocess.run([*COMMAND, "info"], capture_output=True, text=True, check=True)
    assert figure_of(done.stdout, "gaussmix") == gaussmix.__version__


def test_a_closed_pipe_is_left_quietly(model: gaussmix.Mixture) -> None:
    X, _ = model.sample(200_000, random_state=0)
    np.save("many.npy", X)
    command = [*COMMAND, "predict", "m.safetensors", "many.npy"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"label\n"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 1


def test_terminals_without_the_letters_still_get_the_numbers() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [*COMMAND, "fit", FAITHFUL, "-k", "2"], capture_output=True, env=environment, check=True
    )
    assert b"eruptions" in done.stdout


def test_a_long_fit_shows_progress_on_a_terminal_and_can_be_interrupted() -> None:
    np.save("data.npy", np.random.default_rng(0).standard_normal((20_000, 2)))
    options = "fit data.npy -k 4 --tol 0 --max-iter 1000000000 --output m"
    ours, theirs = pty.openpty()
    with subprocess.Popen([*COMMAND, *options.split()], stderr=theirs) as process:
        os.close(theirs)
        said = b""
        while b"iteration" not in said:
            said += os.read(ours, 1024)
        process.send_signal(signal.SIGINT)
        started = time.monotonic()
        assert process.wait(60) == 130
        assert time.monotonic() - started < 30
    while b"interrupted" not in said:
        said += os.read(ours, 1024)
    os.close(ours)
    assert b"of at most 1000000000, mean log-likelihood -2." in said
    # The line is erased before anything else is said.
    assert said.endswith(b"\r\x1b[Kgaussmix: interrupted\r\n")
    assert not Path("m").exists()


def test_there_is_no_progress_without_a_terminal() -> None:
    np.save("data.npy", np.random.default_rng(0).standard_normal((20_000, 2)))
    options = "fit data.npy -k 4 --tol 0 --max-iter 1000"
    done = subprocess.run(
        [*COMMAND, *options.split()], capture_output=True, timeout=300, check=True
    )
    assert done.stderr == b""
