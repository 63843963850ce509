"""Pictures of mixtures. Needs matplotlib: ``pip install 'gaussmix[plot]'``.

Each picture is a Display, as in scikit-learn: ``from_estimator`` or ``from_data`` makes and draws
it, ``plot`` draws it again elsewhere, ``ax_`` and ``figure_`` are where it was drawn. A fitted
estimator is accepted wherever a mixture is.

Matplotlib is imported on use. If the caller has imported pyplot, figures are pyplot's, so that
``plt.show()`` shows them; otherwise they are made without it: no window, no global state, the same
on a server as on a desk.
"""

from __future__ import annotations

from ._before_after import before_after
from ._clusters import ClusterDisplay
from ._corner import CornerDisplay
from ._display import save_figure
from ._film import FilmDisplay
from ._histogram import HistogramDisplay
from ._maps import DensityDisplay, UncertaintyDisplay
from ._merging import MergeDisplay
from ._runs import ConvergenceDisplay, RestartsDisplay
from ._selection import SelectionDisplay

__all__ = [
    "ClusterDisplay",
    "ConvergenceDisplay",
    "CornerDisplay",
    "DensityDisplay",
    "FilmDisplay",
    "HistogramDisplay",
    "MergeDisplay",
    "RestartsDisplay",
    "SelectionDisplay",
    "UncertaintyDisplay",
    "before_after",
    "save_figure",
]
