"""The pictures: how much faster than the peers, how near the machine's peak, how it scales."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .report import NAMES, ratios
from .sides import optional
from .timing import Record

#: Okabe and Ito's palette, for readers with any kind of colour vision; markers differ too.
BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#555555"
COLOURS = (BLUE, ORANGE, GREEN, PURPLE, "#D55E00", "#56B4E9")
MARKERS = "osD^vP"
WHISKER: Any = {"ecolor": "black", "elinewidth": 1}
STYLE: Any = {
    "font.size": 10, "legend.frameon": False, "savefig.dpi": 160,
    "axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left",
    "axes.grid": True, "grid.color": "#DDDDDD", "axes.axisbelow": True,
    "figure.constrained_layout.use": True,
}  # fmt: skip


def draw_all(results: Record, folder: Path) -> list[str]:
    """Draw what the results allow into PNG files, and name them; none without matplotlib."""
    if optional("matplotlib") is None:
        return []
    import matplotlib as mpl
    from matplotlib.figure import Figure

    drawn = []
    sections = results["sections"]
    with mpl.rc_context(STYLE):
        for name, draw in (("headline", _headline), ("roofline", _roofline), ("scaling", _scaling)):
            figure = Figure()
            if draw(figure, sections):
                figure.savefig(folder / f"{name}.png")
                drawn.append(name)
    return drawn


def _headline(figure: Any, sections: Record) -> bool:
    """Bars of their time over ours, with the range over the rounds."""
    titles = {"iterations": "An EM iteration", "fits": "A whole default fit"}
    panels = {title: _compared(sections, section) for section, title in titles.items()}
    panels = {title: peers for title, peers in panels.items() if peers}
    if not panels:
        return False
    longest = max(len(set().union(*peers.values())) for peers in panels.values())
    figure.set_size_inches(5.2 * len(panels), 1.5 + 0.42 * longest)
    handles = {}
    for axes, (title, peers) in zip(_columns(figure, len(panels)), panels.items(), strict=True):
        names = list(dict.fromkeys(name for found in peers.values() for name in found))
        for peer, found in peers.items():
            at = [names.index(name) + _offset(name, peer, peers) for name in found]
            middles = [case["ratio"] for case in found.values()]
            ends = [
                [abs(case["range"][i] - case["ratio"]) for case in found.values()] for i in (0, 1)
            ]
            bars = axes.barh(
                at, [ratio - 1 for ratio in middles], 0.8 / len(peers), left=1,  # 1: "as fast"
                color=COLOURS[NAMES.index(peer)], xerr=ends, error_kw=WHISKER,
            )  # fmt: skip
            axes.bar_label(bars, [_times(ratio) for ratio in middles], padding=2, fontsize=8)
            handles[f"against {peer}"] = bars
        axes.set_xscale("log")
        axes.axvline(1, color=GREY, linewidth=1)
        axes.set_yticks(range(len(names)), names)
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        # Whiskers beyond all bars are cut off: differences of times that waver can be anything.
        shortest = min(case["ratio"] for found in peers.values() for case in found.values())
        axes.set_xlim(min(1, 0.8 * shortest), 2 * axes.get_xlim()[1])
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}×")
        axes.set_xlabel("gaussmix is so many times faster")
        axes.set_title(title)
    figure.legend(handles.values(), handles, loc="outside lower center", ncols=len(handles))
    return True


def _offset(name: str, peer: str, peers: dict[str, dict[str, Record]]) -> float:
    """Where a peer's bar stands in the group of bars of a name: the group is centred."""
    group = [other for other, found in peers.items() if name in found]
    return 0.8 / len(peers) * (group.index(peer) - (len(group) - 1) / 2)


def _compared(sections: Record, section: str) -> dict[str, dict[str, Record]]:
    """What holds the ratios by peer and case, of the peers that there are."""
    found = {peer: ratios(sections, section, peer) for peer in NAMES}
    return {
        peer: {name: case for name, case in cases.items() if case}
        for peer, cases in found.items()
        if any(cases.values())
    }


def _roofline(figure: Any, sections: Record) -> bool:
    """Share of the FMA peak by the number of features."""
    records = [r for r in sections.get("kernels", []) if "share" in r]
    if not records:
        return False
    figure.set_size_inches(10.4, 4)
    best = records[-1]["isa"]
    passes = [r for r in records if r["record"] == "pass" and r["dtype"] == "float64"]
    left, right = _columns(figure, 2)
    families = ("full", "diag", "tied", "spherical")
    _shares(
        left, [(f, [r for r in passes if r["family"] == f and r["isa"] == best]) for f in families]
    )
    left.set_title(f"The whole pass, by family ({best})")
    sets = list(dict.fromkeys(r["isa"] for r in passes))
    lines = [
        (f"pass, {isa}", [r for r in passes if r["family"] == "full" and r["isa"] == isa])
        for isa in sets
    ]
    kernels = [
        r
        for r in records
        if r["record"] == "kernel" and r["isa"] == best and r["dtype"] == "float64"
    ]
    for kernel, label in (
        ("log_density_full", "E-step's kernel"),
        ("scatter_full", "M-step's kernel"),
    ):
        lines.append((f"{label}, {best}", [r for r in kernels if r["kernel"] == kernel]))
    _shares(right, lines)
    right.set_title("Full covariances: pass and kernels")
    return True


def _shares(axes: Any, lines: Sequence[tuple[str, Sequence[Record]]]) -> None:
    for i, (label, records) in enumerate(lines):
        shares = [100 * r["share"] for r in records]
        axes.plot(
            [r["d"] for r in records], shares, marker=_marker(i), color=_colour(i), label=label
        )
    _powers_of_two(axes, sorted({r["d"] for _, records in lines for r in records}))
    axes.set_ylim(0, 105)
    axes.set_xlabel("features, d")
    axes.set_ylabel("% of the FMA peak (one thread)")
    axes.legend(fontsize=8, loc="lower right")


def _scaling(figure: Any, sections: Record) -> bool:
    """Time by rows and by components, and speed-up by threads."""
    records = sections.get("scaling", [])
    if not records:
        return False
    figure.set_size_inches(13, 4)
    by_rows, by_components, by_threads = _columns(figure, 3)
    labels = {"n": "rows, n (d = 16, K = 16)", "K": "components, K (n = 100 000, d = 16)"}
    for axes, (axis, label) in zip((by_rows, by_components), labels.items(), strict=True):
        found = [r for r in records if r["axis"] == axis]
        sizes, times = [r[axis] for r in found], [r["ms"] for r in found]
        axes.loglog(sizes, times, marker="o", color=BLUE, label="measured")
        ideal = [times[-1] * size / sizes[-1] for size in sizes]
        axes.loglog(sizes, ideal, color=GREY, linestyle=":", label="proportional")
        axes.set_xlabel(label)
        axes.set_ylabel("ms an iteration")
        axes.legend(fontsize=8)
    _powers_of_two(by_components, [r["K"] for r in records if r["axis"] == "K"])
    found = [r for r in records if r["axis"] == "threads"]
    counts = sorted({r["threads"] for r in found})
    by_threads.plot(counts, counts, color=GREY, linestyle=":", label="ideal")
    for i, workload in enumerate(dict.fromkeys(r["workload"] for r in found)):
        line = [r for r in found if r["workload"] == workload]
        by_threads.plot(
            [r["threads"] for r in line],
            [r["ratio"] for r in line],
            marker=_marker(i), color=_colour(i), label=workload,
        )  # fmt: skip
    by_threads.set_xticks(counts)
    by_threads.set_xlabel("threads")
    by_threads.set_ylabel("times faster than one thread")
    by_threads.legend(fontsize=8)
    return True


def _columns(figure: Any, n: int) -> list[Any]:
    return list(figure.subplots(1, n, squeeze=False)[0])


def _powers_of_two(axes: Any, values: Sequence[int]) -> None:
    axes.set_xscale("log", base=2)
    axes.set_xticks(values, [str(value) for value in values])


def _times(ratio: float) -> str:
    return f"{ratio:.1f}×" if ratio < 10 else f"{ratio:.0f}×"


def _marker(i: int) -> str:
    return MARKERS[i % len(MARKERS)]


def _colour(i: int) -> str:
    return COLOURS[i % len(COLOURS)]
