"""What the shared library shows is what programs may rely on, and does not change by accident."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import interface_dump

HEADER = (interface_dump.HEADERS / "gaussmix.h").read_text(encoding="utf-8")


def differences(header: str, folder: Path) -> str:
    """What abidiff says of a header against the interface that programs rely on."""
    if shutil.which("abidiff") is None or shutil.which("cc") is None:
        pytest.skip("abidiff or cc cannot be found")
    library = interface_dump.stub(header, folder)
    command = ["abidiff", interface_dump.COMMITTED, library]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode & 3 == 0, done.stderr
    return done.stdout


def test_the_c_interface_is_the_one_programs_rely_on(tmp_path: Path) -> None:
    assert differences(HEADER, tmp_path) == ""


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("double tol;", "float tol;"),
        ("    uint64_t seed;\n", ""),
        ("double* score,", "float* score,"),
        ("GAUSSMIX_EXPORT void gaussmix_run_interrupt(gaussmix_run* run);", ""),
    ],
)
def test_a_break_is_seen(was: str, becomes: str, tmp_path: Path) -> None:
    assert was in HEADER
    assert differences(HEADER.replace(was, becomes), tmp_path) != ""


def exported(*options: str) -> list[str]:
    """The symbols of the installed library, without their addresses and versions."""
    if not sys.platform.startswith("linux") or shutil.which("nm") is None:
        pytest.skip("nm of ELF systems cannot be found")
    libdir = [sys.executable, "-m", "gaussmix", "--libdir"]
    where = subprocess.run(libdir, capture_output=True, text=True, check=True).stdout.strip()
    library = Path(where) / "libgaussmix.so"
    command = ["nm", "--dynamic", "--defined-only", *options, library]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    # An absolute symbol (A) is the name of a version.
    return [line.split(" ", 2)[2].split("@")[0] for line in lines if line.split(" ", 2)[1] != "A"]


def test_the_library_shows_the_c_interface() -> None:
    shown = {symbol for symbol in exported() if symbol.startswith("gaussmix_")}
    assert shown == interface_dump.committed_symbols()


def test_every_public_function_leaves_the_library() -> None:
    # But for templates, which stand below a line that ends with >.
    declared = re.compile(
        r"(?<!>\n)^(?!GAUSSMIX_EXPORT|inline|using)\w[\w:<>, ]+ \w+\(.*", re.MULTILINE
    )
    for header in (interface_dump.HEADERS / "gaussmix").glob("*.hpp"):
        assert declared.findall(header.read_text(encoding="utf-8")) == [], header.name


def test_the_library_shows_nothing_but_its_interfaces() -> None:
    for symbol in exported("--demangle"):
        name = symbol.removeprefix("typeinfo for ").removeprefix("typeinfo name for ")
        name = name.removeprefix("vtable for ")
        if not name.startswith("gaussmix_"):
            assert name.startswith("gaussmix::"), symbol
            nested = (
                "::Conditional::",
                "::Run::",
                "::Scorer::",
                "::Shard::",
                "NotFinite::",
                "::containers::",
                "::detail::",
            )
            assert name.split("(")[0].count("::") == 1 or any(n in name for n in nested)
            assert "::State" not in name, symbol
