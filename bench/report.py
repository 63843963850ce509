"""Make a Markdown report of the results: one function per section, one table per question."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from statistics import geometric_mean
from typing import Any

from .iterations import NEAR_THE_END, VARIANTS
from .peers import PEERS
from .scoring import USES
from .timing import Record

NAMES = tuple(peer.name for peer in PEERS)


def report(results: Record, plots: Sequence[str]) -> str:
    """Write the report of what was measured."""
    sections = results["sections"]
    parts = ["# Benchmark of gaussmix", _conditions(results), _summary(sections)]
    writers = {
        "iterations": _iterations,
        "fits": _fits,
        "scoring": _scoring,
        "kernels": _kernels,
        "scaling": _scaling,
    }
    for name, write in writers.items():
        if sections.get(name):
            parts.append(write(sections[name]))
    parts += [f"![{name}]({name}.png)" for name in plots]
    return "\n\n".join(part for part in parts if part) + "\n"


def ratios(sections: Record, section: str, peer: str) -> dict[str, Record | None]:
    """Return what holds their time over ours and its range, by workload or data set.

    None where the peer failed or gaussmix did not reach its likelihood.
    """
    records = sections.get(section, [])
    if section == "iterations":
        return {r["workload"]: r["sides"][peer] for r in records if peer in r["sides"]}
    return {r["dataset"]: r if r.get("reached") else None for r in records if r["peer"] == peer}


def _conditions(results: Record) -> str:
    machine, versions = results["machine"], results["versions"]
    known = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
    lines = [
        f"{results['date']}, `{results['command']}`, {results['threads']} threads.",
        f"{machine['cpu']}, {machine['cpus']} CPUs, {machine['memory_gib']} GiB, {machine['os']}.",
        f"Instruction sets: {', '.join(machine['instruction_sets'])}. {known}.",
    ]
    took = ", ".join(f"{section} {s} s" for section, s in results["seconds"].items())
    lines.append(f"Took: {took}.")
    if results["absent"]:
        lines.append(f"Not installed: {', '.join(results['absent'])}.")
    if machine["load"] is not None and machine["load"] > 0.3 * machine["cpus"]:
        lines.append(
            f"**Others used the machine (load {machine['load']:.1f} at the start): "
            "the figures are worth little.**"
        )
    if results["quick"]:
        lines.append("**A quick run: it shows that everything works; its times mean nothing.**")
    return "  \n".join(lines)


def _summary(sections: Record) -> str:
    rows = []
    for peer in NAMES:
        found = {name: case for name, case in ratios(sections, "iterations", peer).items() if case}
        if found:
            rows.append(_faster("an EM iteration", peer, found, len(found)))
            for variant, what in zip(
                VARIANTS, ("every pair computed", "near the end"), strict=True
            ):
                others = {name: case["against"][variant] for name, case in found.items()}
                rows.append(_faster(f"the same, {what}", peer, others, len(found)))
    for peer in NAMES:
        cases = ratios(sections, "fits", peer)
        found = {name: case for name, case in cases.items() if case}
        if found:
            rows.append(_faster("a whole default fit", peer, found, len(cases)))
    if not rows:
        return ""
    head = ["gaussmix is faster by", "than", "cases", "geometric mean", "least"]
    return "## Summary\n\n" + table(head, rows)


def _faster(what: str, peer: str, cases: Record, n_cases: int) -> list[str]:
    found = {name: case["ratio"] for name, case in cases.items()}
    least = min(found, key=lambda name: found[name])
    mean = f"{geometric_mean(found.values()):.1f} ×"
    return [what, peer, f"{len(found)} of {n_cases}", mean, f"{found[least]:.1f} × ({least})"]


def _iterations(records: Sequence[Record]) -> str:
    peers = [peer for peer in NAMES if any(peer in r["sides"] for r in records)]
    rows, others = [], []
    for r in records:
        sides = r["sides"]
        ours = sides["gaussmix"]
        cells = [r[field] for field in ("workload", "n", "d", "K", "family")]
        cells += [f"{r['active']:.1f}", f"{ours['evaluated']:.0%}", _ms(ours["ms"])]
        for peer in peers:
            side = sides.get(peer)
            cells += [_ms(side["ms"]), _ratio(side)] if side else ["–", "–"]
        notes = [
            f"{name} {s['agreement']}" for name, s in sides.items() if s["agreement"] != "equal"
        ]
        rows.append([*cells, "; ".join(notes) or "equal"])
        cells = [r["workload"]]
        for variant in VARIANTS:
            cells += [_ms(sides[variant]["ms"])]
            cells += [_ratio(sides[p]["against"][variant]) if p in sides else "–" for p in peers]
        near = sides[NEAR_THE_END]
        others.append([*cells, f"{near['evaluated']:.0%}", f"{near['kept']:.0%}"])
    head = ["workload", "n", "d", "K", "family", "active", "evaluated", "gaussmix"]
    over = [f"{peer}, ratio" for peer in peers]
    return (
        "## An EM iteration\n\n"
        "Milliseconds, and the peer's time over ours: the median over the rounds (least–most).\n"
        "*active*: the mean number of components per row with a responsibility above 2⁻⁶⁴.\n"
        "*evaluated*: the share of pairs of a row and a component that gaussmix computed.\n"
        f"Rounds and iterations timed: {_timed(records)}.\n\n"
        + table([*head, *(cell for peer in peers for cell in (peer, "ratio")), "likelihood"], rows)
        + '\n\ngaussmix with every pair computed (`pruning="off"`), and late in a fit, against\n'
        "the same times of the peers. *kept*: the share of pairs that count.\n\n"
        + table(
            ["workload", "every pair", *over, "near the end", *over, "evaluated", "kept"], others
        )
    )


def _timed(records: Sequence[Record]) -> str:
    """Return the rounds and iterations of each side, and the workloads that differ."""
    counts: dict[str, dict[str, str]] = {}
    for r in records:
        for name, side in r["sides"].items():
            count = f"{len(side['rounds_ms'])} × {side['iterations']}"
            counts.setdefault(name, {}).setdefault(count, f" ({r['workload']})")
    parts = []
    for name, found in counts.items():
        usual, *others = found
        parts += [f"{name} {usual}", *(other + found[other] for other in others)]
    return ", ".join(parts)


def _fits(records: Sequence[Record]) -> str:
    rows = []
    for r in records:
        n = f"{r['n']} ({r['part']})" if r["part"] else r["n"]
        cells = [r["dataset"], n, r["d"], r["K"], r["family"], r["peer"]]
        if "failed" in r:
            rows.append([*cells, "failed", *[""] * 8])
            continue
        ours, theirs = r["sides"]["gaussmix"], r["sides"][r["peer"]]
        ratio = _ratio(r) + ("" if r["reached"] else ", likelihood not reached")
        single = [f"{r['single']['ratio']:.1f} ×", f"{r['single']['log_likelihood']:.4f}"]
        levels = [f"{theirs['log_likelihood']:.4f}", f"{ours['log_likelihood']:.4f}"]
        times = [_ms(theirs["ms"]), _ms(ours["ms"])]
        rows.append([*cells, len(theirs["seconds"]), *times, r["n_init"], ratio, *levels, *single])
    head = ["data", "n", "d", "K", "family", "peer", "seeds", "peer, ms", "gaussmix, ms", "starts"]
    return (
        "## A whole default fit\n\n"
        "Times include the start. n (1/10): a tenth of all rows. *starts*: the number that\n"
        "gaussmix needs for a likelihood (median of the seeds, nats per row) of at least the\n"
        "peer's; the time of all of them counts. The ratio is the median over the seeds\n"
        "(least–most).\n\n"
        + table([*head, "ratio", "their likelihood", "ours", "one start", "its likelihood"], rows)
    )


def _scoring(records: Sequence[Record]) -> str:
    rows = []
    for _, group in groupby(records, key=lambda r: r["workload"]):
        uses = [*group]
        cells = [uses[0][field] for field in ("workload", "n", "d", "K", "family")]
        for r in uses:
            ours = (
                f"{_ms(r['ms']['gaussmix'])} ({1e6 * r['ms']['gaussmix'] / (r['n'] * r['K']):.2g})"
            )
            cells += [ours, _ratio(r) if "ratio" in r else "–"]
        differences = [f"{r['difference']:.0e}" for r in uses if "difference" in r]
        rows.append([*cells, ", ".join(differences) or "–"])
    heads = [[f"{use}, ms (ns per pair)", "ratio"] for use in USES]
    return (
        "## Using a mixture\n\n"
        "The mixture after 30 iterations, on all rows, and the time of scikit-learn's methods of\n"
        "the same name over ours. *differ*: the largest difference of scores, the share of\n"
        "different labels, and the largest difference of probabilities.\n\n"
        + table(
            [
                "workload",
                "n",
                "d",
                "K",
                "family",
                *(cell for head in heads for cell in head),
                "differ",
            ],
            rows,
        )
    )


def _kernels(records: Sequence[Record]) -> str:
    roofs = {r["isa"]: r for r in records if r["record"] == "peak"}
    bandwidths = {r["isa"]: r["gb_per_second"] for r in records if r["record"] == "bandwidth"}
    (compiler,) = (r["compiler"] for r in records if r["record"] == "build")
    rows = [
        [isa, f"{roof['f64_gflops']:.1f}", f"{roof['f32_gflops']:.1f}", f"{bandwidths[isa]:.1f}"]
        for isa, roof in roofs.items()
    ]
    head = ["instruction set", "FMA peak, GFLOP/s", "in float32", "reading memory, GB/s"]
    parts = [f"## Kernels, one thread, compiler {compiler}", table(head, rows)]
    passes = [r for r in records if r["record"] == "pass"]
    label = "the whole pass, % of FMA peak"
    parts.append(
        _by_dimension(
            label, passes, ("isa", "family", "dtype"), lambda r: f"{100 * r['share']:.0f}"
        )
    )
    kernels = [r for r in records if r["record"] == "kernel"]
    counted = [r for r in kernels if r["gflops"] > 0]
    label = "kernel, GFLOP/s (% of peak)"
    parts.append(
        _by_dimension(
            label,
            counted,
            ("isa", "kernel", "dtype"),
            lambda r: f"{r['gflops']:.1f} ({100 * r['share']:.0f})",
        )
    )
    others = [r for r in kernels if r["gflops"] == 0]
    label = "kernel, ns per pair"
    parts.append(
        _by_dimension(
            label, others, ("isa", "kernel", "dtype"), lambda r: f"{r['ns_per_pair']:.2f}"
        )
    )
    packs = [r for r in records if r["record"] == "pack"]
    label = "packing, ns per row"
    parts.append(
        _by_dimension(label, packs, ("isa", "dtype", "layouts"), lambda r: f"{r['ns_per_row']:.1f}")
    )
    return "\n\n".join(parts)


def _by_dimension(label: str, records: Sequence[Record], keys: Sequence[str], cell: Any) -> str:
    """One column for each number of features, one row for each combination of the keys."""
    dimensions = sorted({r["d"] for r in records})
    rows: dict[str, dict[int, str]] = {}
    for r in records:
        rows.setdefault(", ".join(r[key] for key in keys), {})[r["d"]] = cell(r)
    return table(
        [label, *(f"d = {d}" for d in dimensions)],
        [[name, *(cells.get(d, "–") for d in dimensions)] for name, cells in rows.items()],
    )


def _scaling(records: Sequence[Record]) -> str:
    fields = {
        "n": ["n", "d", "K", "ms", "ns_per_pair"],
        "K": ["n", "d", "K", "ms", "ns_per_pair"],
        "d": ["n", "d", "K", "ms", "ns_per_pair"],
        "components": ["family", "d", "K", "n", "ns_per_row", "matter", "computed"],
        "threads": ["workload", "threads", "ms", "ratio"],
        "float32": ["workload", "d", "float64_ms", "float32_ms", "ratio"],
        "overlap": [
            "workload", "n", "d", "K", "family", "evaluated", "auto_ms", "off_ms", "longer",
        ],
        "memory": ["workload", "side", "input_mib", "extra_mib"],
    }  # fmt: skip
    titles = {
        "n": "By rows", "K": "By components", "d": "By features", "threads": "By threads",
        "components": "A row against many components, and how many of them matter to it",
        "float32": "float32 instead of float64",
        "overlap": "What pruning costs where no pair can be skipped",
        "memory": "Peak memory beyond the input",
    }  # fmt: skip
    parts = [
        "## Scaling of gaussmix",
        "Ratios: the time of one thread, or of float64, over this time (least–most).",
    ]
    by_axis = sorted(records, key=lambda r: list(fields).index(r["axis"]))
    for axis, group in groupby(by_axis, key=lambda r: r["axis"]):
        rows = [[_cell(r, field) for field in fields[axis]] for r in group]
        parts.append(f"### {titles[axis]}")
        parts.append(table([field.replace("_", " ") for field in fields[axis]], rows))
    return "\n\n".join(parts)


def _cell(record: Record, field: str) -> str:
    if field == "ratio":
        return _ratio(record)
    if field == "longer":
        least, most = record["range"]
        return f"**{record['ratio'] - 1:+.1%}** ({least - 1:+.1%} to {most - 1:+.1%})"
    if field == "evaluated":
        return f"{record[field]:.0%}"
    return _number(record[field])


def _ratio(compared: Record) -> str:
    """Write a median ratio and its range."""
    least, most = compared["range"]
    return f"**{compared['ratio']:.1f} ×** ({least:.1f}–{most:.1f})"


def _ms(value: float) -> str:
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def _number(value: Any) -> str:
    return _ms(value) if isinstance(value, float) else str(value)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
