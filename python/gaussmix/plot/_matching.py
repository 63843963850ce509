"""Match the components of two mixtures, so that both have the same colours."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gaussmix import _core
from gaussmix._covariance import of_components
from gaussmix._mixture import Mixture


def matched(
    model: Mixture, to: Mixture, data: NDArray[Any], weights: NDArray[np.float64] | None = None
) -> Mixture:
    """Return a mixture with its components in the order of those of another.

    They are paired so that they share the most rows. Components left over follow at the end; a
    place without a component has weight zero.
    """
    own = model.predict_proba(data)
    shared = to.predict_proba(data).T @ (own if weights is None else own * weights[:, np.newaxis])
    places = max(shared.shape)
    gains = np.zeros((places, places))
    gains[: shared.shape[0], : shared.shape[1]] = shared
    component = np.array(_core.assignment(gains))
    component[component >= model.n_components] = -1
    return Mixture(
        np.where(component < 0, 0.0, np.asarray(model.weights)[component]),
        np.asarray(model.means)[component],
        of_components(model.covariances, model.covariance_type, component),
        model.covariance_type,
    )
