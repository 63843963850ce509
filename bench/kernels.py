"""Section "kernels": builds and runs the C++ program that holds kernels against the peak."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from statistics import median

from .machine import n_cpus
from .timing import Effort, Record

ROOT = Path(__file__).resolve().parents[1]

#: What tells one measurement of a run of the program from another.
KEY = ("record", "isa", "kernel", "family", "dtype", "layouts", "d")
#: Measured values, of which the best of all runs counts, and whether best means most.
VALUES = {
    "ns_per_pair": False, "ns_per_row": False, "gflops": True,
    "gb_per_second": True, "f64_gflops": True, "f32_gflops": True,
}  # fmt: skip


def measure(programs: Path, effort: Effort) -> list[Record]:
    """Run the program some times; keep the best of each measurement, and of shares the median."""
    best: dict[tuple[object, ...], Record] = {}
    shares: dict[tuple[object, ...], list[float]] = {}
    for _ in range(effort.fewer):
        for record in _run(programs / "gaussmix_bench_kernels", effort):
            key = tuple(record.get(field) for field in KEY)
            kept = best.setdefault(key, record)
            for field, most in VALUES.items():
                if field in record:
                    kept[field] = (max if most else min)(kept[field], record[field])
            if "share" in record:
                shares.setdefault(key, []).append(record["share"])
    for key, values in shares.items():
        best[key]["share"] = median(values)
    return list(best.values())


def build(folder: Path) -> Path | None:
    """Build the C++ program and name its folder; None where there is no CMake."""
    cmake = shutil.which("cmake")
    if cmake is None:
        return None
    configure = [cmake, "-S", str(ROOT), "-B", str(folder)]
    build = [cmake, "--build", str(folder), "--parallel", str(n_cpus())]
    for command in (
        [*configure, "-DCMAKE_BUILD_TYPE=Release", "-DGAUSSMIX_BENCH=ON"],
        [*build, "--target", "gaussmix_bench_kernels"],
    ):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder / "bench"


def _run(program: Path, effort: Effort) -> list[Record]:
    command = [str(program), *(["--quick"] if effort.quick else [])]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]
