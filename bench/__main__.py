"""Measures the sections asked for, and writes results.json, report.md and the plots."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import gaussmix

from . import fits, iterations, kernels, machine, plots, report, scaling, scoring
from .datasets import datasets
from .sides import Side, find_sides
from .timing import QUICK, Effort, Record, clock
from .workloads import WORKLOADS

SECTIONS = ("kernels", "iterations", "fits", "scoring", "scaling")
BUILD = kernels.ROOT / "build" / "bench"


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark; 1 if sides that did the same iterations disagree on the likelihood."""
    options = _parse(arguments)
    folder: Path = options.output
    folder.mkdir(parents=True, exist_ok=True)
    if options.render:
        results = json.loads(options.render.read_text("utf-8"))
    else:
        results = _measure(options, " ".join(["python -m bench", *arguments]))
    text = report.report(results, plots.draw_all(results, folder))
    (folder / "report.md").write_text(text, "utf-8")
    print(f"{folder / 'report.md'} written")
    return int(iterations.disagree(results["sections"].get("iterations", [])))


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m bench", description=__doc__)
    add = parser.add_argument
    add("--quick", action="store_true", help="only show that everything works, in seconds")
    add("--only", nargs="+", choices=SECTIONS, default=SECTIONS, help="sections to measure")
    add("--workloads", nargs="+", metavar="NAME", help="workloads and data sets to measure")
    add("--threads", type=int, default=gaussmix.info()["n_threads"], help="of every side")
    add("--rounds", type=int, default=Effort.rounds, help="alternations; of what is slow at most 3")
    add("--budget", type=float, default=Effort.budget, help="seconds a peer may fit a data set for")
    add("--output", type=Path, help="folder; default bench/results, quick: build/bench/quick")
    add("--programs", type=Path, help="folder of the C++ program built before; default: build it")
    add("--render", type=Path, metavar="JSON", help="measure nothing: report on these results")
    options = parser.parse_args(arguments)
    if options.output is None:
        options.output = BUILD / "quick" if options.quick else kernels.ROOT / "bench" / "results"
    return options


def _measure(options: argparse.Namespace, command: str) -> Record:
    rounds = options.rounds
    effort = Effort(rounds, min(rounds, Effort.fewer), options.budget)
    if options.quick:
        effort = QUICK
    programs = options.programs
    if programs is None and "kernels" in options.only:
        print("building ...", flush=True)
        programs = kernels.build(BUILD)
    sides, absent = find_sides(options.threads)
    results: Record = {
        "date": machine.today(), "command": command, "quick": options.quick,
        "threads": options.threads, "machine": machine.machine(), "versions": machine.versions(),
        "absent": absent, "seconds": {}, "sections": {},
    }  # fmt: skip
    measures = _measures(options, sides, programs, effort)
    for section in options.only:
        if section not in measures:
            absent.append(f"CMake, for {section}")
            continue
        print(f"{section} ...", flush=True)
        seconds, results["sections"][section] = clock(measures[section])
        results["seconds"][section] = round(seconds)
        (options.output / "results.json").write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    return results


def _measures(
    options: argparse.Namespace, sides: Sequence[Side], programs: Path | None, effort: Effort
) -> dict[str, Callable[[], list[Record]]]:
    def wanted(name: str) -> bool:
        return options.workloads is None or name in options.workloads

    threads = options.threads
    peers = sides[1:]
    workloads = [w for w in WORKLOADS if wanted(w.name)]
    data = [dataset for dataset in datasets(options.quick) if wanted(dataset.name)]
    measures: dict[str, Callable[[], list[Record]]] = {
        "iterations": lambda: iterations.measure(workloads, peers, threads, effort),
        "fits": lambda: fits.measure(data, peers, threads, effort),
        "scoring": lambda: scoring.measure(workloads, peers, threads, effort),
        "scaling": lambda: scaling.measure(sides, threads, effort),
    }
    if programs is not None:
        measures["kernels"] = lambda: kernels.measure(programs, effort)
    return measures


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
