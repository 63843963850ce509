"""Gaussian mixture models by expectation-maximisation: fast, robust, reproducible.

>>> import gaussmix
>>> m = gaussmix.fit([[0.0], [0.2], [5.0], [5.2]], 2, random_state=0)
>>> m.n_components
2
"""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Any

from . import _core
from ._batches import Batches
from ._bootstrap import Bootstrap, bootstrap
from ._facts import End, Event
from ._fit import fit
from ._known import Affinity
from ._likelihood_ratio import LikelihoodRatioTest, likelihood_ratio_test
from ._merge import merge
from ._merging import MergedClusters
from ._mixture import Mixture, load
from ._moments import Moments
from ._noise import Noise
from ._posterior import Posterior
from ._prior import Prior, VariationalPrior
from ._progress import Progress
from ._remote import RemoteRows
from ._run import Run, RunScorer
from ._sample import Sample
from ._select import select
from ._selection import Selection
from ._shard import Shard
from ._stream import Stream
from ._summary import Summary, summarize
from ._warnings import DegenerateWarning
from .parts._conditional import Conditional
from .parts._distances import Bounds, Estimate
from .parts._mix import mix

if TYPE_CHECKING:
    from ._core import Info
    from .estimators._bayesian import BayesianGaussianMixture as BayesianGaussianMixture
    from .estimators._classifier import GaussianMixtureClassifier as GaussianMixtureClassifier
    from .estimators._gaussian import GaussianMixture as GaussianMixture
    from .estimators._imputer import GaussianMixtureImputer as GaussianMixtureImputer
    from .estimators._outliers import (
        GaussianMixtureOutlierDetector as GaussianMixtureOutlierDetector,
    )
    from .estimators._regressor import GaussianMixtureRegressor as GaussianMixtureRegressor
    from .estimators._semi_supervised import (
        SemiSupervisedGaussianMixture as SemiSupervisedGaussianMixture,
    )

__all__ = [
    "Affinity",
    "Batches",
    "Bootstrap",
    "Bounds",
    "Conditional",
    "DegenerateWarning",
    "End",
    "Estimate",
    "Event",
    "LikelihoodRatioTest",
    "MergedClusters",
    "Mixture",
    "Moments",
    "Noise",
    "Posterior",
    "Prior",
    "Progress",
    "RemoteRows",
    "Run",
    "RunScorer",
    "Sample",
    "Selection",
    "Shard",
    "Stream",
    "Summary",
    "VariationalPrior",
    "__version__",
    "bootstrap",
    "fit",
    "info",
    "likelihood_ratio_test",
    "load",
    "merge",
    "mix",
    "select",
    "summarize",
]

__version__: str = _core.__version__

_LAZY = frozenset({"datasets", "plot"})
_ENGINES = {"dask": "dask", "mpi": "mpi4py", "spark": "pyspark"}  # and what they need
_ESTIMATORS = {
    "BayesianGaussianMixture": ".estimators._bayesian",
    "GaussianMixture": ".estimators._gaussian",
    "GaussianMixtureClassifier": ".estimators._classifier",
    "GaussianMixtureImputer": ".estimators._imputer",
    "GaussianMixtureOutlierDetector": ".estimators._outliers",
    "GaussianMixtureRegressor": ".estimators._regressor",
    "SemiSupervisedGaussianMixture": ".estimators._semi_supervised",
}


def info() -> Info:
    """Return facts about this build and the machine.

    Returns
    -------
    dict
        version; instruction_set in use and instruction_sets available; n_threads by default;
        openmp, the runtime, or None where the core starts threads of its own.
    """
    return _core.info()


def __getattr__(name: str) -> Any:
    """Import the parts that need more than NumPy on first use."""
    if name in _LAZY or name in _ENGINES:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _ESTIMATORS:
        return getattr(importlib.import_module(_ESTIMATORS[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    estimators = _ESTIMATORS if importlib.util.find_spec("sklearn") else ()
    engines = [name for name, package in _ENGINES.items() if importlib.util.find_spec(package)]
    return sorted({*globals(), *_LAZY, *estimators, *engines})
