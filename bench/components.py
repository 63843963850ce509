"""Cost of a row against the number of components, with how many of them matter to it.

Run as ``python -m bench.components``, from the root of the repository; it prints a table in
Markdown. The section "scaling" has the same figures.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from statistics import median

from . import machine
from .sides import Gaussmix
from .timing import Effort, Record, per_iteration
from .workloads import Workload, draw

#: Rows are enough for each component, as far as time allows, and many enough to be timed.
LEAST_ROWS, MOST_ROWS, ROWS_PER_COMPONENT = 20_000, 100_000, 100
COMPONENTS = (10, 30, 100, 300, 1000, 5000)
#: Features, and the spread of the means at which tens of components matter to a row.
SPREADS = {3: 20.0, 10: 4.0, 30: 2.0}
#: Iterations before those that are timed; of these, so many for a thousand components, and more
#: for fewer, since they take less time.
FIRST, MORE, MOST = 8, 6, 60


def main(arguments: Sequence[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser("python -m bench.components", description=__doc__)
    parser.add_argument("--components", nargs="+", type=int, default=list(COMPONENTS))
    parser.add_argument("--features", nargs="+", type=int, default=list(SPREADS))
    parser.add_argument("--families", nargs="+", default=["full", "diag"])
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args(arguments)
    shown = " ".join(["python -m bench.components", *arguments])
    print(
        f"Iterations from {FIRST + 1} on, {options.threads} thread(s); `{shown}`, "
        f"{machine.today()}, {machine.machine()['cpu']}"
    )
    print("\n| family | d | K | rows | ns per row | matter | computed |")
    print("|---|---:|---:|---:|---:|---:|---:|", flush=True)
    workloads = [
        w
        for w in sweep()
        if w.K in options.components and w.d in options.features and w.family in options.families
    ]
    for w in workloads:
        r = record(w, options.threads, Effort(rounds=1, fewer=1))
        print(
            f"| {w.family} | {w.d} | {w.K} | {w.n} | {r['ns_per_row']:.0f} | {r['matter']:.1f} | "
            f"{r['computed']:.1f} |",
            flush=True,
        )


def sweep() -> Iterator[Workload]:
    """Vary the number of components for each family and number of features."""
    for family in ("full", "diag"):
        for d, spread in SPREADS.items():
            for K in COMPONENTS:
                n = min(max(LEAST_ROWS, ROWS_PER_COMPONENT * K), MOST_ROWS)
                yield Workload(f"{family}-{d}-{K}", n, d, K, family, spread)


def record(workload: Workload, n_threads: int, effort: Effort) -> Record:
    """Time late iterations; count the components that matter to a row, and those computed."""
    problem = draw(workload)
    iterate = partial(Gaussmix(n_threads).iterate, problem)
    more = min(max(MORE, 1000 * MORE // workload.K), MOST)
    taken = []
    for _ in range(effort.fewer):
        seconds, outcome = per_iteration(iterate, FIRST, more, effort)
        taken.append(seconds)
    assert outcome.pairs is not None
    computed, kept = outcome.pairs[-1]
    w = problem.workload
    return {
        "axis": "components", "family": w.family, "d": w.d, "K": w.K, "n": w.n,
        "ns_per_row": 1e9 * median(taken) / w.n, "matter": kept * w.K, "computed": computed * w.K,
    }  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
