"""Match the components of two mixtures, so that both have the same colours."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gaussmix._covariance import of_components
from gaussmix._mixture import Mixture


def matched(
    model: Mixture, to: Mixture, data: NDArray[Any], weights: NDArray[np.float64] | None = None
) -> Mixture:
    """Return a mixture with its components in the order of those of another.

    Components are paired greedily by the rows they share, the largest share first. Components left
    over follow at the end; a place without a component has weight zero.
    """
    own = model.predict_proba(data)
    shared = to.predict_proba(data).T @ (own if weights is None else own * weights[:, np.newaxis])
    places = max(shared.shape)
    component = np.full(places, -1)
    left = np.ones(model.n_components, dtype=bool)
    for pair in np.argsort(-shared, axis=None, kind="stable"):
        place, k = divmod(int(pair), model.n_components)
        if component[place] < 0 and left[k]:
            component[place] = k
            left[k] = False
    component[len(shared) :] = np.flatnonzero(left)
    return Mixture(
        np.where(component < 0, 0.0, np.asarray(model.weights)[component]),
        np.asarray(model.means)[component],
        of_components(model.covariances, model.covariance_type, component),
        model.covariance_type,
    )
