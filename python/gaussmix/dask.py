"""Fits and scoring of rows that Dask holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

try:
    from .engines._dask_fit import (
        fit,
        predict,
        predict_proba,
        score,
        score_samples,
        select,
    )
except ImportError as error:
    raise ImportError("gaussmix.dask needs Dask: pip install 'gaussmix[dask]'") from error

if TYPE_CHECKING:
    from .engines._dask_estimator import GaussianMixture

__all__ = [
    "GaussianMixture",
    "fit",
    "predict",
    "predict_proba",
    "score",
    "score_samples",
    "select",
]


def __getattr__(name: str) -> Any:
    """Import the estimator, which needs scikit-learn, on first use."""
    if name == "GaussianMixture":
        from .engines._dask_estimator import GaussianMixture

        return GaussianMixture
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
