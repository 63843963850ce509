"""The benchmark runs, its sides agree, and its report tells what was measured."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(folder: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "bench", "--quick", "--output", str(folder), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_sides_agree_and_the_report_names_every_workload(tmp_path: Path) -> None:
    run(
        tmp_path,
        "--only",
        "iterations",
        "fits",
        "scoring",
        "scaling",
        "--workloads",
        "mid16",
        "diag16",
        "tied16",
    )
    results = json.loads((tmp_path / "results.json").read_text("utf-8"))
    sides = [side for r in results["sections"]["iterations"] for side in r["sides"].values()]
    assert {side["agreement"] for side in sides} <= {"equal", "starts by itself"}
    scores = [r for r in results["sections"]["scoring"] if r["use"] != "sample"]
    assert {r["workload"] for r in scores} == {"mid16", "diag16", "tied16"}
    assert all(r.get("difference", 0) < 1e-9 for r in scores)
    assert {r["axis"] for r in results["sections"]["scaling"]} >= {
        "n",
        "K",
        "d",
        "threads",
        "float32",
        "overlap",
    }
    report = (tmp_path / "report.md").read_text("utf-8")
    assert all(
        name in report for name in ("mid16", "diag16", "tied16", "By threads", "predict_proba")
    )


def test_rows_with_holes_are_measured() -> None:
    pytest.importorskip("sklearn")
    command = [sys.executable, "-m", "bench.missing", "--quick", "--rounds", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    assert len(rows) == 6  # with the title
    ours, theirs = map(float, re.findall(r"error (\d\.\d+)", done.stdout))
    assert ours < theirs


def test_uses_are_measured() -> None:
    pytest.importorskip("sklearn")
    command = [sys.executable, "-W", "ignore", "-m", "bench.uses", "--quick"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    measured = dict(re.findall(r"^\| (.+?) \| (.+) \|$", done.stdout, re.MULTILINE))
    tables, classes = ("digits", "1000 x 16, ten classes"), ("1 a class", "2 a class")
    classifiers = {
        f"{table}, {each}{ridge}"
        for table in tables
        for each in classes
        for ridge in ("", ", reg_covar=0.01")
    }
    assert measured.keys() == {"what", "conditional means"} | classifiers
    means = measured["conditional means"]
    assert re.match(r"10000 x 3 given 3, K = 10: [\d.]+ s", means)
    assert all(float(gap) < 1e-9 for gap in re.findall(r"at most (\S+) apart", means))
    for name in classifiers:
        shares = re.findall(r"([\d.]+) % right", measured[name])
        assert shares
        assert all(float(share) > 80 for share in shares), name


def test_kernels_are_measured_for_each_instruction_set(tmp_path: Path) -> None:
    programs = Path(os.environ.get("GAUSSMIX_BUILD_DIR", "")) / "bench"
    if not (programs / "gaussmix_bench_kernels").exists():
        pytest.skip("GAUSSMIX_BUILD_DIR names no build with GAUSSMIX_BENCH=ON")
    run(tmp_path, "--only", "kernels", "--programs", str(programs))
    results = json.loads((tmp_path / "results.json").read_text("utf-8"))
    records = results["sections"]["kernels"]
    for record in ("peak", "bandwidth", "kernel", "pack", "pass"):
        found = {r["isa"] for r in records if r["record"] == record}
        assert found == set(results["machine"]["instruction_sets"])
