"""The conjugate prior of a fit: by maximum a posteriori, or by variational Bayes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from ._arrays import Floats, as_floats, as_real


@dataclass(frozen=True)
class Prior:
    """The conjugate prior of each component's mean and covariance.

    mean_k | covariance_k ~ N(mean, covariance_k / mean_precision), and covariance_k ~ inverse
    Wishart(degrees_of_freedom, covariance) for "full" and "tied"; for "diag" and "spherical" each
    variance ~ inverse gamma(degrees_of_freedom / 2, covariance / 2). Parameters left out are
    taken from the data: as Fraley and Raftery (2007, section 2.1) propose if there are at least 12
    K d rows; by gaussmix's own rule, which still helps with few rows, if there are at most 10 K d;
    in between, by a weighted mean of both.

    Parameters
    ----------
    mean : array-like of shape (d,), optional
        By default the mean of the data.
    mean_precision : float, default=0.01
        How many rows the prior mean counts for.
    degrees_of_freedom : float, optional
        More than d - 1, for "diag" and "spherical" more than 0. The larger it is, the closer
        covariances stay to the prior's. By default d + 2; for "diag" with few rows 3.
    covariance : array-like, optional
        Of shape (d, d) for "full" and "tied", (d,) for "diag", a number for "spherical"; other
        families take the form of the one whose shape they have. If components share volume, shape
        or orientation, the prior of each counts in part: by the free covariance parameters of the
        family over those of "full", "diag" or "spherical". By default the data's covariance over
        K^(2/d); for "diag" and "spherical" the mean of the data's variances over K^(2/d). With few
        rows: the covariance within clusters of k-means, its correlations shrunk (Chen, Wiesel,
        Eldar and Hero 2010), times what it is divided by in a component without rows; for "diag"
        its variances, for "spherical" their mean.

    References
    ----------
    C. Fraley and A. E. Raftery (2007), Bayesian regularization for normal mixture estimation and
    model-based clustering. Journal of Classification 24, 155-181.

    Y. Chen, A. Wiesel, Y. C. Eldar and A. O. Hero (2010), Shrinkage algorithms for MMSE covariance
    estimation. IEEE Transactions on Signal Processing 58, 5016-5029.

    Examples
    --------
    >>> import gaussmix
    >>> X = [[0.0], [0.0], [0.0], [5.0], [5.1], [5.2]]
    >>> m = gaussmix.fit(X, 2, prior=gaussmix.Prior(degrees_of_freedom=5), random_state=0)
    >>> m.events
    ()
    """

    mean: npt.ArrayLike | None = None
    mean_precision: float = 0.01
    degrees_of_freedom: float | None = None
    covariance: npt.ArrayLike | None = None


@dataclass(frozen=True)
class VariationalPrior(Prior):
    """The prior of a fit by variational Bayes: Wishart distributions, and a prior of the weights.

    A fit under it gives a mixture with a `Mixture.posterior`. `BayesianGaussianMixture` makes such
    a prior from its parameters.

    Parameters
    ----------
    mean, mean_precision, degrees_of_freedom, covariance
        As in `Prior`, of the Wishart distributions of the precisions.
    is_process : bool, default=True
        Whether the weights come from a Dirichlet process, truncated after K sticks (Blei and
        Jordan 2006), or from a Dirichlet distribution.
    concentration : float, optional
        The smaller, the fewer components keep weight; by default 1 / K.
    """

    is_process: bool = True
    concentration: float | None = None


def as_weight_prior(prior: Any) -> tuple[bool, float | None] | None:
    """Return the prior of the weights as the core takes it; None for a point estimate."""
    return (prior.is_process, prior.concentration) if isinstance(prior, VariationalPrior) else None


def as_prior(
    prior: Any,
) -> tuple[Floats | None, float, float | None, Floats | None] | None:
    """Return the prior as the core takes it, with None for whatever is left out."""
    if prior is None:
        return None
    if isinstance(prior, str) and prior == "default":
        prior = Prior()
    if not isinstance(prior, Prior):
        raise TypeError(f"prior={prior!r} must be 'default', a gaussmix.Prior or None")
    degrees = prior.degrees_of_freedom
    return (
        None if prior.mean is None else as_floats(prior.mean, "prior.mean"),
        as_real(prior.mean_precision, "prior.mean_precision"),
        None if degrees is None else as_real(degrees, "prior.degrees_of_freedom"),
        None if prior.covariance is None else as_floats(prior.covariance, "prior.covariance"),
    )
