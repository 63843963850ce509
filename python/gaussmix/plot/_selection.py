"""Choose the number of components and the family by information criteria."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from gaussmix import _core, _palette
from gaussmix._arrays import as_matrix, as_name
from gaussmix._covariance import FAMILIES, PLAIN_FAMILIES
from gaussmix._fit import fit
from gaussmix._index import warn_of_index
from gaussmix._mixture import Mixture, criteria_of
from gaussmix._selection import CRITERIA, Selection

from ._display import Display, new_figure
from ._marks import label, line, marker, note, title
from ._views import as_mixture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SHAPES = ("o", "s", "^", "D")
_ENTRY = 1.25  # inches of an entry of the legend
_Cell = tuple[str, int]
_Style = tuple[str, str, str, Any]  # the family, its colour, mark and dash
_DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 1.5, 1, 1.5)))


class SelectionDisplay(Display):
    """BIC, AIC or ICL of mixtures, by number of components and covariance family.

    Attributes
    ----------
    models_ : dict of (str, int) to Mixture
        The fits, by family and number of components.
    criteria_ : dict of str to dict of (str, int) to float
        Each criterion for each fit; smaller is better.
    degenerate_ : list of (str, int)
        The fits with a collapsed component (`Mixture.degenerate`): criteria mean nothing for them,
        so they are drawn as crosses and never chosen.
    best_ : Mixture
        The best by the first criterion, of those that are not degenerate. A ValueError where all
        are.
    axes_ : list of matplotlib.axes.Axes
        Those of each criterion; `ax_` is the first.
    figure_ : matplotlib.figure.Figure
        Their figure.
    """

    axes_: list[Axes]

    def __init__(
        self,
        models: Mapping[tuple[str, int], Any],
        X: Any,
        criteria: Sequence[str] = ("bic", "aic", "icl"),
        *,
        sample_weight: npt.ArrayLike | None = None,
    ) -> None:
        if not models:
            raise ValueError("models is empty: give one fitted mixture or more")
        criteria = (criteria,) if isinstance(criteria, str) else criteria
        unknown = [name for name in criteria if name not in {"bic", "aic", "icl"}]
        if unknown or not criteria:
            raise ValueError(f"criteria={tuple(criteria)!r} must be of 'bic', 'aic' and 'icl'")
        X = as_matrix(X)
        mixtures = {key: as_mixture(model) for key, model in models.items()}
        found = {key: criteria_of(model, X, sample_weight) for key, model in mixtures.items()}
        self._adopt(
            mixtures,
            {
                name: {key: float(getattr(own, name)) for key, own in found.items()}
                for name in criteria
            },
        )

    def _adopt(self, models: dict[_Cell, Mixture], criteria: dict[str, dict[_Cell, float]]) -> None:
        self.models_ = models
        self.criteria_ = criteria
        self.degenerate_ = [key for key, model in models.items() if model.degenerate]

    @property
    def best_(self) -> Mixture:
        """The best mixture by the first criterion, among those that are not degenerate.

        Raises
        ------
        ValueError
            If all are.
        """
        best = self._best(next(iter(self.criteria_)))
        if best is None:
            raise ValueError(
                "each of models has a collapsed component: fit them with a prior, fewer components "
                "or another covariance_type"
            )
        return self.models_[best]

    def _sound(self, criterion: str) -> dict[tuple[str, int], float]:
        """Return the fits that may be chosen, and their values."""
        values = self.criteria_[criterion].items()
        return {key: value for key, value in values if key not in self.degenerate_}

    def _best(self, criterion: str) -> tuple[str, int] | None:
        sound = self._sound(criterion)
        if not sound:
            return None
        return (max if CRITERIA[criterion] else min)(sound, key=sound.__getitem__)

    def __repr__(self) -> str:
        """Return the first criterion as a table."""
        name = next(iter(self.criteria_))
        best = self._best(name)
        families = list(dict.fromkeys(family for family, _ in self.models_))
        lines = ["  K" + "".join(f"{family:>14}" for family in families)]
        for k in sorted({k for _, k in self.models_}):
            cells = [f"{k:>3}"]
            for family in families:
                value = self.criteria_[name].get((family, k))
                shown = "" if value is None else f"{value:.1f}"
                shown = "collapsed" if (family, k) in self.degenerate_ else shown
                cells.append(f"{shown:>13}{'*' if (family, k) == best else ' '}")
            lines.append("".join(cells).rstrip())
        chosen = "none: all have collapsed" if best is None else f"* {best[1]} {best[0]}"
        return "\n".join([f"{_in_words(name)}, best: {chosen}", *lines])

    @classmethod
    def from_data(
        cls,
        X: Any,
        n_components: Iterable[int] = range(1, 10),
        *,
        covariance_types: Sequence[str] = PLAIN_FAMILIES,
        criteria: Sequence[str] = ("bic", "aic", "icl"),
        sample_weight: npt.ArrayLike | None = None,
        figure: Figure | None = None,
        **options: Any,
    ) -> SelectionDisplay:
        """Fit each family with each number of components, and draw their criteria.

        Parameters
        ----------
        X : array-like of shape (n, d)
            The data.
        n_components : iterable of int, default=range(1, 10)
            The numbers of components to compare.
        covariance_types : sequence of str, default=("full", "tied", "diag", "spherical")
            The families to compare; families other than these four have mclust's codes, such as
            "VEV".
        criteria : sequence of str, default=("bic", "aic", "icl")
            The criteria to draw; the first one chooses.
        sample_weight : array-like of shape (n,), optional
            A weight for each row, of the fits and of the criteria: as in `Mixture.bic`, n is their
            sum.
        figure : matplotlib.figure.Figure, optional
            The figure to draw into. Default: a new one.
        **options
            For `gaussmix.fit`, for instance ``random_state=0`` and ``n_init=3``.

        Returns
        -------
        SelectionDisplay

        Examples
        --------
        >>> import gaussmix
        >>> from gaussmix.plot import SelectionDisplay
        >>> X, _ = gaussmix.datasets.load_faithful()
        >>> chosen = SelectionDisplay.from_data(X, range(1, 6), random_state=0)
        >>> chosen.best_.covariance_type, chosen.best_.n_components
        ('full', 2)
        """
        X = as_matrix(X)
        warn_of_index(X.names)
        if not isinstance(n_components, Iterable):
            raise TypeError(f"n_components={n_components!r} must be several, as range(1, 10) is")
        counts = list(n_components)
        if not counts:
            raise ValueError("n_components is empty: give one number of components or more")
        given = [covariance_types] if isinstance(covariance_types, str) else covariance_types
        families = [_core.family_name(as_name(family, "covariance_types")) for family in given]
        models = {
            (family, k): fit(X, k, covariance_type=family, sample_weight=sample_weight, **options)
            for family in families
            for k in counts
        }
        return cls(models, X, criteria, sample_weight=sample_weight).plot(figure)

    @classmethod
    def from_selection(
        cls,
        selection: Selection,
        criteria: Sequence[str] | None = None,
        *,
        figure: Figure | None = None,
    ) -> SelectionDisplay:
        """Draw what `gaussmix.select` found.

        Parameters
        ----------
        selection : Selection
            The fits.
        criteria : sequence of str, optional
            The criteria to draw, from the keys of ``selection.criteria``; by default the one that
            chose.
        figure : matplotlib.figure.Figure, optional
            The figure to draw into. Default: a new one.

        Returns
        -------
        SelectionDisplay
        """
        criteria = (selection.criterion,) if criteria is None else criteria
        criteria = (criteria,) if isinstance(criteria, str) else criteria
        unknown = [name for name in criteria if name not in selection.criteria]
        if unknown or not criteria:
            known = ", ".join(map(repr, selection.criteria))
            raise ValueError(f"criteria={tuple(criteria)!r} must be of {known}")
        if not selection.models:
            raise ValueError("selection has no fits to draw")
        display = cls.__new__(cls)
        display._adopt(  # noqa: SLF001  # another constructor
            selection.models, {name: selection.criteria[name] for name in criteria}
        )
        return display.plot(figure)

    def plot(self, figure: Figure | None = None) -> SelectionDisplay:
        """Draw the picture; `figure` as in `from_data`."""
        n = len(self.criteria_)
        width = max(3.9 * n, 6.4)
        self.figure_ = new_figure(width, 4.6) if figure is None else figure
        self.axes_ = list(self.figure_.subplots(1, n, squeeze=False)[0])
        self.ax_ = self.axes_[0]
        families = list(dict.fromkeys(family for family, _ in self.models_))
        styles = _styles(families)
        for axes, name in zip(self.axes_, self.criteria_, strict=True):
            self._draw(axes, name, styles)
        entries = [
            (line(colour, 1.6, dashes, shape), family) for family, colour, shape, dashes in styles
        ]
        ring = marker("o", 11, "none")
        ring.set(markeredgecolor=_palette.INK)
        entries.append((ring, "best"))
        if self.degenerate_:
            cross = marker("x", 7)
            cross.set(markeredgecolor=_palette.INK, markeredgewidth=1.8)
            entries.append((cross, "collapsed: left out"))
        handles, labels = zip(*entries, strict=True)
        self.figure_.legend(
            handles,
            labels,
            loc="outside lower center",
            ncols=min(len(labels), 8, int(width / _ENTRY)),
            frameon=False,
        )
        return self

    def _draw(self, axes: Axes, name: str, styles: Sequence[_Style]) -> None:
        """Draw one criterion; fits that cannot be chosen are crosses along the lower edge."""
        sound, best = self._sound(name), self._best(name)
        for i, (family, colour, shape, dashes) in enumerate(styles):
            points = sorted((k, value) for (own, k), value in sound.items() if own == family)
            axes.plot(
                *(np.transpose(points) if points else ([], [])),
                color=colour,
                linestyle=dashes,
                marker=shape,
                markersize=5,
                linewidth=1.6,
            )
            crosses = [k for own, k in self.degenerate_ if own == family]
            if crosses:
                axes.plot(
                    crosses,
                    [0.02 + 0.03 * i] * len(crosses),
                    transform=axes.get_xaxis_transform(),
                    color=colour,
                    linestyle="",
                    marker="x",
                    markersize=7,
                    markeredgewidth=1.8,
                    clip_on=False,
                )
        axes.locator_params(axis="x", integer=True)
        axes.margins(y=0.08)
        label(axes, "components", _in_words(name))
        if best is None:
            title(axes, f"{name.upper()}: all collapsed")
            return
        title(axes, f"{name.upper()}: {best[1]}, {best[0]}")
        axes.plot(
            best[1],
            sound[best],
            marker="o",
            markersize=14,
            markerfacecolor="none",
            markeredgecolor=_palette.INK,
            markeredgewidth=1.5,
        )
        if not CRITERIA[name]:
            _cut(axes, np.array(list(sound.values())))


def _in_words(criterion: str) -> str:
    return f"{criterion.upper()} ({'larger' if CRITERIA[criterion] else 'smaller'} is better)"


def _cut(axes: Axes, values: NDArray[np.float64]) -> None:
    """Limit the axis to fits that compete: a family that fits badly would flatten the others."""
    best = values.min()
    top = best + 6.0 * (np.median(values) - best)
    above = int((values > top).sum())
    if above:
        axes.set_ylim(best - 0.08 * (top - best), top)
        note(axes, f"{above} of {values.size} fits above the axis")


def _styles(families: Sequence[str]) -> list[_Style]:
    """Return a colour, mark and dash for each family, always the same."""
    styles = []
    for i, family in enumerate(families):
        at = FAMILIES.index(family) if family in FAMILIES else i
        n = len(_SHAPES)
        styles.append((family, _palette.OKABE_ITO[at % 7], _SHAPES[at % n], _DASHES[at % n]))
    return styles
