"""Pages of the site are whole: code runs, pictures are what scripts draw, links lead on."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from matplotlib.testing.compare import compare_images

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
MADE = {"auto_gallery", "cpp"}  # when the site is built
PAGES = [
    page for page in sorted(DOCS.rglob("*.md")) if not MADE & set(page.relative_to(DOCS).parts[:-1])
]
# Other packages than tests have: their pages run where these are installed.
END = "--- end of a block ---"
OPTIONAL = {"sklearn", "safetensors", "dask", "mpi4py", "pandas", "pyarrow"}


def blocks_of(page: Path) -> list[tuple[str, str]]:
    """The blocks of Python, each with what stands below it as its output, or nothing."""
    return re.findall(
        r"^```python\n(.*?)^```$(?:\n\n^```text\n(.*?)^```$)?",
        page.read_text("utf-8"),
        re.MULTILINE | re.DOTALL,
    )


def python_of(page: Path) -> str:
    """The blocks of a page, each going on from the one before; each tells when it ends."""
    return "".join(f"{block}\nprint({END!r})\n" for block, _ in blocks_of(page))


def imported(program: str) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(program)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize(
    "page", [p for p in PAGES if python_of(p)], ids=lambda page: str(page.relative_to(DOCS))
)
def test_the_code_of_a_page_runs(
    page: Path, run_python: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = python_of(page)
    for package in imported(program) & OPTIONAL:
        pytest.importorskip(package)
    monkeypatch.chdir(tmp_path)
    done = run_python(program)
    assert done.returncode == 0, done.stderr
    for (_, shown), printed in zip(blocks_of(page), done.stdout.split(f"{END}\n"), strict=False):
        if shown:
            assert printed == shown


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    prose = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", prose):
        if "://" in target or target.startswith("auto_gallery/") or "/auto_gallery/" in target:
            continue
        assert (page.parent / target).exists(), target


def test_pictures_of_the_explanation_are_what_its_script_draws(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    done = subprocess.run(
        [sys.executable, "-W", "error", DOCS / "figures" / "draw.py", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    page = (DOCS / "explanation.md").read_text("utf-8")
    for share in re.findall(r"([0-9.]+)%", done.stdout):
        assert f"{share} %" in page
    for name in ("before-after.png", "kmeans.png", "bound.png"):
        # Letters are set a little differently by every release of matplotlib.
        different = compare_images(str(DOCS / "images" / name), str(tmp_path / name), tol=12.0)
        assert different is None, different
    assert (tmp_path / "em.gif").stat().st_size > 50_000


def test_functions_shown_beside_the_explanation_are_in_the_core(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("sphinx")
    monkeypatch.syspath_prepend(DOCS / "_ext")
    import core_source

    shown = re.findall(
        r"^```{core-function} (\S+) (.*)$", (DOCS / "core.md").read_text("utf-8"), re.MULTILINE
    )
    assert len(shown) >= 20
    for file, start in shown:
        text = core_source.function(core_source.SOURCE / file, start)
        assert text.count("{") == text.count("}"), text
    with pytest.raises(LookupError, match="no line that starts with 'void no'"):
        core_source.function(core_source.SOURCE / "em" / "run" / "run.cpp", "void no")


def test_the_cpp_pages_have_every_public_name(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sphinx")
    monkeypatch.syspath_prepend(DOCS / "_ext")
    import cpp_api

    names = {
        item.name
        for header in cpp_api.headers()
        for item in cpp_api.items(header.read_text("utf-8"))
    }
    assert {
        "fit",
        "Run",
        "Moments",
        "merge",
        "Options",
        "Error",
        "score_samples",
        "gaussmix_fit",
    } <= names
    assert "?" not in names
