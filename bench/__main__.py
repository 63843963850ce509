"""Measures the sections asked for, and writes results.json, report.md and the plots."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import gaussmix

from . import fits, iterations, kernels, machine, plots, report, scaling
from .datasets import datasets
from .sides import find_sides
from .timing import QUICK, Effort, Record
from .workloads import WORKLOADS

SECTIONS = ("kernels", "iterations", "fits", "scaling")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 1 if sides that did the same iterations disagree on the likelihood."""
    options = _parse(arguments)
    options.output.mkdir(parents=True, exist_ok=True)
    if options.render:
        results = json.loads(options.render.read_text("utf-8"))
    else:
        results = _measure(
            options, ["python -m bench", *(sys.argv[1:] if arguments is None else arguments)]
        )
    drawn = plots.draw_all(results, options.output)
    text = report.report(results, drawn)
    (options.output / "report.md").write_text(text, "utf-8")
    print(f"{options.output / 'report.md'}: written")
    return int(_disagree(results))


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="only show that everything works: some seconds"
    )
    parser.add_argument(
        "--only", nargs="+", choices=SECTIONS, default=SECTIONS, help="sections to measure"
    )
    parser.add_argument(
        "--workloads", nargs="+", metavar="NAME", help="workloads and data sets to measure"
    )
    parser.add_argument(
        "--threads", type=int, default=gaussmix.info()["n_threads"], help="threads of every side"
    )
    parser.add_argument(
        "--rounds", type=int, default=Effort.rounds, help="alternations of the sides"
    )
    parser.add_argument(
        "--budget", type=float, default=Effort.budget, help="seconds a side and workload"
    )
    parser.add_argument(
        "--output", type=Path, help="folder to write to; bench/results, or build/bench-quick"
    )
    parser.add_argument(
        "--program",
        type=Path,
        help="a built gaussmix_bench_kernels; else it is built in build/bench",
    )
    parser.add_argument(
        "--render", type=Path, metavar="JSON", help="only write report and plots of these results"
    )
    options = parser.parse_args(arguments)
    if options.output is None:
        options.output = kernels.ROOT / ("build/bench-quick" if options.quick else "bench/results")
    return options


def _measure(options: argparse.Namespace, command: Sequence[str]) -> Record:
    effort = (
        QUICK if options.quick else replace(Effort(), rounds=options.rounds, budget=options.budget)
    )
    started = time.perf_counter()
    results: Record = {
        "date": machine.today(), "command": " ".join(command), "quick": options.quick,
        "threads": options.threads, "machine": machine.machine(), "versions": machine.versions(),
    }  # fmt: skip
    sides, results["absent"] = find_sides(options.threads)
    peers = sides[1:]
    workloads = [w for w in WORKLOADS if _wanted(w.name, options)]
    data = [dataset for dataset in datasets(options.quick) if _wanted(dataset.name, options)]
    measures: dict[str, Callable[[], list[Record]]] = {
        "kernels": lambda: _kernels(options.program, effort, results),
        "iterations": lambda: iterations.measure(workloads, peers, options.threads, effort),
        "fits": lambda: fits.measure(data, peers, options.threads, effort),
        "scaling": lambda: scaling.measure(sides, options.threads, effort),
    }
    results["sections"] = {}
    for section in options.only:
        print(f"{section} ...", flush=True)
        results["sections"][section] = measures[section]()
        results["seconds"] = round(time.perf_counter() - started)
        (options.output / "results.json").write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    return results


def _wanted(name: str, options: argparse.Namespace) -> bool:
    return options.workloads is None or name in options.workloads


def _kernels(program: Path | None, effort: Effort, results: Record) -> list[Record]:
    program = program or kernels.build(kernels.ROOT / "build" / "bench")
    if program is None:
        results["absent"].append("CMake, which the section kernels needs")
        return []
    records = kernels.measure(program, effort)
    results["versions"]["compiler"] = records[0]["compiler"]
    return records


def _disagree(results: Record) -> bool:
    return any(
        side["agreement"].startswith("differs")
        for record in results["sections"].get("iterations", [])
        for side in record["sides"].values()
    )


if __name__ == "__main__":
    sys.exit(main())
