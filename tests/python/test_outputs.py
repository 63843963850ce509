"""No command destroys a file: what it writes is nothing it reads, and is whole or not there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gaussmix
import problems
from gaussmix import _files
from gaussmix.cli import main

COMMAND = [sys.executable, "-m", "gaussmix"]
FIT = ["fit", "d.csv", "-k", "2"]
PREDICT = ["predict", "m.safetensors", "d.csv"]

Captured = pytest.CaptureFixture[str]
Contents = dict[str, bytes]


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with a table, d.csv, and a model of it, m.safetensors."""
    monkeypatch.chdir(tmp_path)
    Path("d.csv").write_bytes(problems.FAITHFUL_CSV.read_bytes())
    assert main([*FIT, "--output", "m.safetensors"]) == 0


def contents() -> Contents:
    return {str(path): path.read_bytes() for path in sorted(Path().rglob("*")) if path.is_file()}


def refusal(capsys: Captured, *arguments: str, code: int = 2) -> str:
    """What a command says that must fail and leave everything as it is."""
    before = contents()
    capsys.readouterr()
    assert main(arguments) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert contents() == before
    return said.err.removeprefix("gaussmix: error: ").rstrip("\n")


def in_shell(arguments: list[str], redirected: str) -> subprocess.CompletedProcess[str]:
    """Run a command with standard streams that the shell redirects, buffered as Python has them."""
    environment = {name: v for name, v in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {redirected}', "sh", *COMMAND, *arguments],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )


def same(path: str) -> str:
    return path


def dotted(path: str) -> str:
    return f"./{path}"


def climbing(path: str) -> str:
    Path("below").mkdir()
    return f"below/../{path}"


def absolute(path: str) -> str:
    return str(Path(path).resolve())


def linked(path: str) -> str:
    Path(f"soft{Path(path).suffix}").symlink_to(path)
    return f"soft{Path(path).suffix}"


def linked_twice(path: str) -> str:
    Path("other").symlink_to(path)
    Path("soft").symlink_to("other")
    return "soft"


def hard_linked(path: str) -> str:
    os.link(path, "hard")
    return "hard"


def in_a_linked_folder(path: str) -> str:
    Path("elsewhere").symlink_to(Path.cwd(), target_is_directory=True)
    return f"elsewhere/{path}"


ALIASES = [
    same,
    dotted,
    climbing,
    absolute,
    linked,
    linked_twice,
    hard_linked,
    in_a_linked_folder,
]


@pytest.mark.parametrize("alias", ALIASES)
@pytest.mark.parametrize(
    ("command", "option", "target", "what"),
    [
        (PREDICT, "--output", "m.safetensors", "the model"),
        (PREDICT, "--output", "d.csv", "the data"),
        (FIT, "--output", "d.csv", "the data"),
        (FIT, "--labels", "d.csv", "the data"),
        (FIT, "--plot", "d.csv", "the data"),
    ],
)
def test_an_output_is_no_input(
    capsys: Captured,
    command: list[str],
    option: str,
    target: str,
    what: str,
    alias: Callable[[str], str],
) -> None:
    path = alias(target)
    said = refusal(capsys, *command, option, path)
    assert said == f"{path} would be written over {what}: name another file"


@pytest.mark.parametrize("alias", ALIASES)
@pytest.mark.parametrize("exists", [True, False])
def test_an_output_is_no_other_output(
    capsys: Captured, alias: Callable[[str], str], *, exists: bool
) -> None:
    Path("out.png").write_text("old")
    path = alias("out.png")
    if not exists:
        if alias is hard_linked:
            pytest.skip("nothing has no hard links")
        Path("out.png").unlink()
    for options in (
        ["--labels", "out.png", "--plot", path],
        ["--output", path, "--plot", "out.png"],
    ):
        said = refusal(capsys, *FIT, *options)
        assert said.endswith("would be written over another result: name another file")


def test_the_demo_keeps_the_data_it_reads(capsys: Captured) -> None:
    data = gaussmix.datasets.FAITHFUL
    before = data.read_bytes()
    Path("p.png").symlink_to(str(data))
    assert "over the data" in refusal(capsys, "demo", "--output", "p.png")
    assert data.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "redirected", "message"),
    [
        (PREDICT, ">> d.csv", "standard output would be written over the data"),
        (PREDICT, ">> m.safetensors", "standard output would be written over the model"),
        (["predict", "m.safetensors", "-"], "< d.csv >> d.csv", "output would be written over the"),
        (
            ["fit", "-", "-k", "2", "--labels", "d.csv"],
            "< d.csv",
            "d.csv would be written over the",
        ),
        ([*FIT, "--labels", "l.csv"], "> l.csv", "l.csv would be written over standard output"),
        (
            [*FIT, "--labels", "/dev/stdout"],
            "> l.csv",
            "/dev/stdout would be written over standard",
        ),
    ],
)
def test_redirected_streams_are_files_too(
    arguments: list[str], redirected: str, message: str
) -> None:
    before = contents()
    done = in_shell(arguments, redirected)
    assert done.returncode == 2
    assert message in done.stderr
    Path("l.csv").unlink(missing_ok=True)  # which the shell made
    assert contents() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([*FIT, "--output", "-"], "--output -: a model is not written to standard output: name"),
        ([*FIT, "--plot", "-"], "--plot -: a picture is not written to standard output: name"),
        (["demo", "--output", "-"], "--output -: a picture is not written to standard output"),
        ([*FIT, "--labels", ""], "--labels has an empty name: name a file"),
        ([*PREDICT, "--output", ""], "--output has an empty name: name a file"),
        (["demo", "--output", ""], "--output has an empty name: name a file"),
        (["predict", "-", "d.csv"], "MODEL cannot be read from standard input: name a file"),
        ([*FIT, "--labels", "."], ". is a folder"),
        ([*FIT, "--labels", "new/"], "new/ is not the name of a file: there is no such folder"),
        ([*FIT, "--plot", "no/p.png"], "no/p.png: there is no folder"),
        ([*FIT, "--labels", "d.csv/l"], "d.csv/l: there is no folder"),
        ([*FIT, "--output", os.devnull], f"{os.devnull} is not a regular file: a model needs one"),
        ([*FIT, "--labels", "round"], "round: Too many levels of symbolic links"),
    ],
)
def test_a_place_that_cannot_be_written_to_is_named(
    capsys: Captured, arguments: list[str], message: str
) -> None:
    Path("round").symlink_to("round")
    assert refusal(capsys, *arguments).startswith(message)


def test_nothing_is_read_before_outputs_are_known_to_be_safe(capsys: Captured) -> None:
    # A pipe that nobody writes to: who reads it waits for ever.
    os.mkfifo("pipe")
    assert "over the data" in refusal(capsys, "fit", "pipe", "-k", "2", "--labels", "./pipe")
    assert "is a folder" in refusal(capsys, "fit", "pipe", "-k", "2", "--labels", ".")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize("option", ["--output", "--labels"])
def test_a_read_only_file_stays(capsys: Captured, option: str) -> None:
    Path("kept").write_text("mine")
    Path("kept").chmod(0o444)
    assert refusal(capsys, *FIT, option, "kept").startswith("kept is read-only: make it writable")


def test_a_file_that_may_not_be_written_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("kept").write_text("mine")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with (
        pytest.raises(PermissionError, match="'kept'"),
        _files.replacing("kept") as beside,
    ):
        beside.write_text("new")
    assert Path("kept").read_text() == "mine"


def test_labels_go_to_standard_output_alone(capsys: Captured) -> None:
    capsys.readouterr()
    assert main([*FIT, "--labels", "-", "--output", "m2.safetensors"]) == 0
    said = capsys.readouterr()
    header, *labels = said.out.split()
    assert header == "label"
    expected = gaussmix.load("m2.safetensors").predict(
        np.loadtxt("d.csv", delimiter=",", skiprows=1)
    )
    np.testing.assert_array_equal(np.array(labels, int), expected)
    assert "log-likelihood" in said.err
    assert "m2.safetensors" in said.err
    assert not Path("-").exists()
    assert main([*PREDICT, "--output", "-"]) == 0
    assert capsys.readouterr().out == said.out
    assert not Path("-").exists()


def test_a_file_called_minus_can_be_had() -> None:
    assert main([*FIT, "--labels", "./-"]) == 0
    assert Path("-").read_text().startswith("label\n")


def test_pipes_and_devices_take_what_they_are_given() -> None:
    os.mkfifo("pipe")
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append(Path("pipe").read_text()))
    reader.start()
    assert main([*PREDICT, "--output", "pipe"]) == 0
    reader.join()
    assert got[0].startswith("label\n")
    assert Path("pipe").is_fifo()
    assert main([*FIT, "--labels", os.devnull]) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize(
    ("arguments", "redirected", "named"),
    [
        (PREDICT, "> /dev/full", "standard output"),
        (FIT, "> /dev/full", "standard output"),
        (["info"], "> /dev/full", "standard output"),
        ([*PREDICT, "--output", "/dev/full"], "", "/dev/full"),
    ],
)
def test_a_full_disk_is_told(arguments: list[str], redirected: str, named: str) -> None:
    done = in_shell(arguments, redirected)
    assert done.returncode == 1
    assert done.stderr == f"gaussmix: error: {named}: No space left on device\n"


@pytest.mark.parametrize(
    ("arguments", "closed", "code", "message"),
    [
        (PREDICT, ">&-", 1, "standard output: Bad file descriptor"),
        (["fit", "-", "-k", "2"], "<&-", 2, "standard input is closed"),
    ],
)
def test_a_closed_stream_is_told(
    arguments: list[str], closed: str, code: int, message: str
) -> None:
    done = in_shell(arguments, closed)
    assert (done.returncode, done.stderr) == (code, f"gaussmix: error: {message}\n")


def test_results_are_written_all_or_none(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> Any:
        raise OSError(28, "No space left on device")

    Path("l.csv").write_text("old")
    monkeypatch.setattr("gaussmix.cli._commands.draw", full)
    options = ["--output", "m2.safetensors", "--labels", "l.csv", "--plot", "p.png"]
    assert refusal(capsys, *FIT, *options, code=1) == "p.png: No space left on device"


def test_a_failure_names_the_file_that_was_asked_for(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: gaussmix.Mixture, path: Path) -> Any:
        raise OSError(28, "No space left on device", os.fspath(path))

    monkeypatch.setattr("gaussmix.Mixture.save", full)
    said = refusal(capsys, *FIT, "--output", "m2.safetensors", code=1)
    assert said == "m2.safetensors: No space left on device"


@pytest.mark.parametrize("output", ["m.safetensors", "l.csv"])
def test_a_file_that_is_replaced_keeps_its_permissions_and_links(output: str) -> None:
    Path("l.csv").write_text("old")
    Path(output).chmod(0o640)
    Path("link").symlink_to(output)
    assert main([*FIT, "--labels" if output == "l.csv" else "--output", "link"]) == 0
    assert Path("link").is_symlink()
    assert Path(output).stat().st_mode & 0o777 == 0o640
    assert Path("l.csv").read_text() != ("old" if output == "l.csv" else "")


def test_names_as_long_as_the_system_allows_can_be_written() -> None:
    name = "n" * 251 + ".csv"
    assert main([*FIT, "--labels", name]) == 0
    assert Path(name).read_text().startswith("label\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_command_that_is_ended_leaves_nothing_behind(number: signal.Signals) -> None:
    # Where these tests run under nohup the signal would be ignored, and rightly so.
    program = f"""if True:
        import signal, sys
        from gaussmix.cli import _results, main
        signal.signal({int(number)}, signal.SIG_DFL)
        write = _results.write_labels
        def write_and_wait(file, *arguments, **options):
            write(file, *arguments, **options)
            print("written", flush=True)
            while True:
                pass
        _results.write_labels = write_and_wait
        sys.exit(main(sys.argv[1:]))
    """
    before = contents()
    command = [sys.executable, "-c", program, *FIT, "--output", "new", "--labels", "l.csv"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"written\n"
        process.send_signal(number)
        try:
            assert process.wait(60) == 128 + number
        finally:
            process.kill()
    assert contents() == before


def test_signals_are_as_they_were_afterwards() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)]
    assert main(["info"]) == 0
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)] == before
