"""What the README shows works as it stands there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from gaussmix.cli import main

README = (Path(__file__).resolve().parents[2] / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_python_examples_run(
    run_python: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    examples = blocks("python")
    assert examples
    for example in examples:
        done = run_python(example)
        assert done.returncode == 0, done.stderr


def test_the_demo_prints_what_the_readme_says(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["demo"]) == 0
    (shown,) = blocks("text")
    assert shown in capsys.readouterr().out


def test_pictures_and_pages_are_there() -> None:
    root = Path(__file__).resolve().parents[2]
    for target in re.findall(r"\]\(([^)]+)\)", README):
        assert (root / target).is_file(), target
