"""The posterior distribution that variational Bayes finds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Posterior:
    """The posterior distribution whose means are the parameters of a mixture.

    Attributes
    ----------
    weight_concentration : ndarray of shape (K,) or (2, K)
        The concentration of the Dirichlet distribution of the weights; under a Dirichlet process,
        both parameters of the beta distribution of each stick.
    mean_precision : ndarray of shape (K,)
        How many rows the posterior mean of each component counts for.
    degrees_of_freedom : ndarray of shape (K,)
        The degrees of freedom of the Wishart distribution of each precision matrix.
    """

    weight_concentration: Floats
    mean_precision: Floats
    degrees_of_freedom: Floats
