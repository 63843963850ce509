"""A mixture as text: a title, and a table of its components."""

from __future__ import annotations

from gaussmix._arrays import Floats
from gaussmix._collapse import has_collapsed
from gaussmix._like import MixtureLike


def title(mixture: MixtureLike) -> str:
    """Return what kind of mixture it is, and how its fit ended."""
    kind = f"{mixture.covariance_type} component"
    what = f"{_counted(mixture.n_components, kind)} in {mixture.n_features}-d"
    known = "" if mixture.posterior is None else ", with a posterior"
    known += "" if mixture.noise is None else ", with noise"
    return f"Mixture: {what}{known}, {_end(mixture)}"


def table(mixture: MixtureLike) -> list[str]:
    """Return lines of weights, means and standard deviations, shortened if there are many."""
    deviations = mixture.standard_deviations()
    shown = min(mixture.n_components, 12)
    lines = ["     weight  mean / standard deviation"]
    for k in range(shown):
        numbers = _numbers(mixture.means[k])
        spread = _numbers(deviations[k])
        mark = "  collapsed" if has_collapsed(mixture, k) else ""
        lines.append(f"{k:>3}  {mixture.weights[k]:<6.4f}  {numbers} / {spread}{mark}")
    if shown < mixture.n_components:
        lines.append(f"     ... {mixture.n_components - shown} more")
    if mixture.noise is not None:
        volume = f"noise, of log-volume {mixture.noise.log_volume:.4g}"
        lines.append(f" -1  {mixture.noise.weight:<6.4f}  {volume}")
    return lines


def _end(mixture: MixtureLike) -> str:
    if mixture.status == "given":
        return "given"
    extra = f", {_counted(len(mixture.events), 'event')}" if mixture.events else ""
    extra += ", degenerate" if mixture.degenerate else ""
    return f"{mixture.status} after {_counted(mixture.n_iter, 'iteration')}{extra}"


def _counted(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"


def _numbers(values: Floats, most: int = 6) -> str:
    shown = ", ".join(f"{value:.4g}" for value in values[:most])
    return f"({shown}{', ...' if len(values) > most else ''})"
