"""The estimator in place of scikit-learn's `BayesianGaussianMixture`: variational Bayes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn import mixture as sklearn_mixture

from gaussmix import _core
from gaussmix._arrays import Floats, Matrix, as_floats, as_weights, renamed
from gaussmix._covariance import holds_matrices, of_components
from gaussmix._fit import fit
from gaussmix._mixture import Mixture, plain_mixture, posterior_mixture, posterior_of
from gaussmix._progress import Callback
from gaussmix._warnings import warn

from ._base import BaseMixture, shown_dtype
from ._convert import PARAMETERS, as_dtype
from ._given import given_variational_prior

#: The parts of a posterior beside the parameters of a mixture.
_POSTERIOR = ("weight_concentration", "mean_precision", "degrees_of_freedom")


class BayesianGaussianMixture(BaseMixture):
    """A mixture of Gaussians fitted by variational Bayes: scikit-learn's estimator, on our core.

    It finds a factorised posterior distribution of all parameters (Attias 2000; Bishop 2006,
    section 10.2) instead of a point estimate. Components that the data do not support lose their
    weight, so that `n_components` is an upper limit. Parameters, attributes and methods are those
    of ``sklearn.mixture.BayesianGaussianMixture``; additions are marked "Beyond scikit-learn".
    docs/from-scikit-learn.md lists the differences.

    Parameters
    ----------
    n_components : int, default=1
        The maximum number of components, K.
    covariance_type : {"full", "tied", "diag", "spherical"}, default="full"
        As for `GaussianMixture`.
    tol : float, default=1e-3
        A run has converged when an iteration raises the lower bound by less.
    reg_covar : float or None, default=1e-6
        Added to the variances of each component's rows. Beyond scikit-learn: None adds nothing;
        the prior keeps covariances from collapsing.
    max_iter : int, default=100
        The maximum number of iterations of a run; 0 gives the start itself.
    n_init : int, default=1
        The number of starts; the run with the highest lower bound is kept.
    init_params : str, array-like, Mixture or callable, default="kmeans"
        As for `GaussianMixture`, but a mixture must have a `posterior`, as `posterior_mixture_` and
        its saved copies have: the fit continues from it.
    weight_concentration_prior_type : {"dirichlet_process", "dirichlet_distribution"}, \
            default="dirichlet_process"
        The prior of the weights: a Dirichlet process, truncated after `n_components` sticks (Blei
        and Jordan 2006), or a Dirichlet distribution.
    weight_concentration_prior : float, optional
        The concentration of that prior; the smaller it is, the fewer components keep weight. By
        default 1 / n_components.
    mean_precision_prior : float, optional
        How many rows the prior mean counts for. By default 1.
    mean_prior : array-like of shape (n_features,), optional
        The prior mean of each component. By default the mean of X.
    degrees_of_freedom_prior : float, optional
        Of the Wishart distribution of each precision matrix; more than n_features - 1. By default
        n_features.
    covariance_prior : float or array-like, optional
        The inverse scale of that Wishart distribution: (d, d) for "full" and "tied", (d,) for
        "diag", a number for "spherical". By default the covariance of X, its variances, or their
        mean, unbiased: with as many features as rows it is singular, and a warning says what to
        give instead.
    random_state : int, RandomState or None, default=None
        As for `GaussianMixture`.
    warm_start : bool, default=False
        A second `fit` continues where the first one ended.
    verbose : int, default=0
        1 prints starts and iterations; 2 their times and changes, too.
    verbose_interval : int, default=10
        Iterations from one line to the next.
    strict : bool, default=False
        Beyond scikit-learn: raise a ValueError if a component had to be mended (`events_`).
    n_threads : int, optional
        Beyond scikit-learn: threads to use; by default OMP_NUM_THREADS, else the CPUs of this
        process.
    callback : callable, optional
        Beyond scikit-learn: called with a `gaussmix.Progress` after each iteration, whose
        log-likelihood is the lower bound; returning True stops the fit.
    progress : bool, default=False
        Beyond scikit-learn: show a progress bar (``pip install 'gaussmix[progress]'``).
    missing : {"error", "em"}, default="error"
        Beyond scikit-learn: "em" takes NaN and masked entries for missing values, as
        `GaussianMixture` does; defaults of the prior come from one component that is fitted so.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,)
        Expected mixing proportions, summing to 1.
    means_ : ndarray of shape (n_components, n_features)
        Expected means.
    covariances_, precisions_, precisions_cholesky_ : ndarray
        The expected precisions, their inverses and factors, in the shapes that `GaussianMixture`
        has.
    converged_ : bool
        Whether the best run converged: an iteration changed the bound by less than tol, and no more
        than tol, or 1e-6 per row, was lost in total.
    n_iter_ : int
        The number of iterations of the best run.
    lower_bound_ : float
        The last of `lower_bounds_`; minus infinity if there is none.
    lower_bounds_ : list of float
        The lower bound of the log-likelihood of all rows, up to a constant, after each iteration
        of the best run. It never falls.
    weight_concentration_prior_, mean_precision_prior_, degrees_of_freedom_prior_ : float
        The prior that was used.
    mean_prior_ : ndarray of shape (n_features,)
        Likewise.
    covariance_prior_ : float or ndarray
        Likewise.
    weight_concentration_ : ndarray of shape (n_components,), or tuple of two
        Of the posterior Dirichlet distribution; both parameters of the beta distribution of each
        stick under a Dirichlet process.
    mean_precision_ : ndarray of shape (n_components,)
        How many rows the posterior mean of each component counts for.
    degrees_of_freedom_ : ndarray of shape (n_components,), or float
        Of the posterior Wishart distributions; one number for "tied".
    status_ : str
        Beyond scikit-learn: how the best run ended, as `Mixture.status`.
    events_ : tuple of Event
        Beyond scikit-learn: the repairs that the fit needed, as `Mixture.events`.
    degenerate_ : bool
        Beyond scikit-learn: whether a component has collapsed, as `Mixture.degenerate`.
    n_features_in_ : int
        The number of features.
    feature_names_in_ : ndarray of shape (n_features,)
        The column names of X, if all are strings.

    Notes
    -----
    `score_samples` and `predict_proba` use the expected logarithms of weights and densities, as in
    scikit-learn; these are less than the logarithm of a density. `mixture_` is the plain mixture of
    the expected parameters.

    Examples
    --------
    >>> import numpy as np
    >>> from gaussmix import BayesianGaussianMixture
    >>> X = np.array([[1, 2], [1, 4], [1, 0], [4, 2], [12, 4], [10, 7]])
    >>> bgm = BayesianGaussianMixture(n_components=2, random_state=42).fit(X)
    >>> bgm.means_[np.argsort(bgm.means_[:, 0])].round(2)
    array([[2.49, 2.29],
           [8.45, 4.52]])
    """

    _theirs = sklearn_mixture.BayesianGaussianMixture
    _shown: Mapping[str, str] = {
        "init": "init_params",
        "prior.mean": "mean_prior",
        "prior.mean_precision": "mean_precision_prior",
        "prior.degrees_of_freedom": "degrees_of_freedom_prior",
        "prior.covariance": "covariance_prior",
        "weight_concentration": "weight_concentration_prior",
    }

    def __init__(
        self,
        *,
        n_components: int = 1,
        covariance_type: str = "full",
        tol: float = 1e-3,
        reg_covar: float | None = 1e-6,
        max_iter: int = 100,
        n_init: int = 1,
        init_params: str | npt.ArrayLike | Callable[..., Any] = "kmeans",
        weight_concentration_prior_type: str = "dirichlet_process",
        weight_concentration_prior: float | None = None,
        mean_precision_prior: float | None = None,
        mean_prior: npt.ArrayLike | None = None,
        degrees_of_freedom_prior: float | None = None,
        covariance_prior: npt.ArrayLike | None = None,
        random_state: Any = None,
        warm_start: bool = False,
        verbose: int = 0,
        verbose_interval: int = 10,
        strict: bool = False,
        n_threads: int | None = None,
        callback: Callback | None = None,
        progress: bool = False,
        missing: str = "error",
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.init_params = init_params
        self.weight_concentration_prior_type = weight_concentration_prior_type
        self.weight_concentration_prior = weight_concentration_prior
        self.mean_precision_prior = mean_precision_prior
        self.mean_prior = mean_prior
        self.degrees_of_freedom_prior = degrees_of_freedom_prior
        self.covariance_prior = covariance_prior
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose
        self.verbose_interval = verbose_interval
        self.strict = strict
        self.n_threads = n_threads
        self.callback = callback
        self.progress = progress
        self.missing = missing

    def _best_run(self, rows: Matrix, sample_weight: npt.ArrayLike | None) -> Mixture:
        prior = given_variational_prior(
            self.weight_concentration_prior_type,
            self.weight_concentration_prior,
            self.mean_precision_prior,
            self.mean_prior,
            self.degrees_of_freedom_prior,
            self.covariance_prior,
            n_components=self.n_components,
            n_features=rows.values.shape[1],
            covariance_type=self.covariance_type,
        )
        if prior.mean is None or prior.covariance is None:
            mean, covariance = self._spread(rows, sample_weight)
            if prior.covariance is None:
                self._warn_of_few_rows(*rows.values.shape)
            prior = replace(
                prior,
                mean=mean if prior.mean is None else prior.mean,
                covariance=covariance if prior.covariance is None else prior.covariance,
            )
        self._prior = prior
        dtype = shown_dtype(rows)
        self.weight_concentration_prior_ = prior.concentration
        self.mean_precision_prior_ = prior.mean_precision
        self.mean_prior_ = as_dtype(prior.mean, dtype)
        self.degrees_of_freedom_prior_ = prior.degrees_of_freedom
        self.covariance_prior_ = as_dtype(prior.covariance, dtype)
        return super()._best_run(rows, sample_weight)

    def _warn_of_few_rows(self, n_rows: int, n_features: int) -> None:
        """Warn if scikit-learn's default prior, the covariance of X, is singular."""
        if n_rows > n_features or not holds_matrices(self.covariance_type):
            return
        degrees = n_features + 2
        warn(
            f"X has {n_rows} rows of {n_features} features, of which the default covariance_prior, "
            "the covariance of X as in scikit-learn, is singular: new rows would be far less "
            f"likely than under any other prior. Give degrees_of_freedom_prior={degrees} and "
            f"covariance_prior={degrees} * np.diag(X.var(axis=0)), or take GaussianMixture with "
            "prior='default'"
        )

    def _check_warm_start(self, rows: Matrix) -> None:
        super()._check_warm_start(rows)
        posterior = posterior_of(self._scored)
        if posterior is not None and (posterior[0].ndim == 2) != self._prior.is_process:
            raise ValueError(
                "warm_start=True continues the previous fit, of another "
                "weight_concentration_prior_type than "
                f"{self.weight_concentration_prior_type!r}: set warm_start=False to start afresh"
            )

    def _spread(
        self, rows: Matrix, sample_weight: npt.ArrayLike | None
    ) -> tuple[Floats, Floats | float]:
        """Return mean and unbiased covariance of the rows, by the fit of one component."""
        holes = self.missing == "em" and bool(np.isnan(rows.values).any())
        one = fit(
            rows,
            1,
            covariance_type=self.covariance_type,
            sample_weight=sample_weight,
            init="random",
            max_iter=100 if holes else 0,
            reg_covar=0,
            n_threads=self.n_threads,
            missing=self.missing,
        )
        weights = as_weights(sample_weight)
        total = float(len(rows.values) if weights is None else weights.sum())
        unbiased = total / (total - 1) if total > 1 else 1.0
        own = of_components(one.covariances, self.covariance_type, 0)
        return one.means[0], unbiased * own

    def _fit_options(self) -> dict[str, Any]:
        return {"prior": self._prior}

    def _attributes_of(self, mixture: Mixture) -> dict[str, Any]:
        attributes = super()._attributes_of(mixture)
        posterior = posterior_of(mixture)
        if posterior is None:  # a plain mixture was given, and no iteration followed
            return attributes
        concentration, mean_precision, degrees_of_freedom = posterior
        return attributes | {
            "weight_concentration_": (
                concentration if concentration.ndim == 1 else tuple(concentration)
            ),
            "mean_precision_": mean_precision,
            "degrees_of_freedom_": (
                float(degrees_of_freedom[0])
                if _core.shares_covariance(self.covariance_type)
                else degrees_of_freedom
            ),
        }

    def _assembled(self, weights: Floats, means: Floats, covariances: Floats) -> Mixture:
        degrees = as_floats(self.degrees_of_freedom_, "degrees_of_freedom_")
        posterior = (
            as_floats(self.weight_concentration_, "weight_concentration_"),
            as_floats(self.mean_precision_, "mean_precision_"),
            np.broadcast_to(degrees, np.shape(weights)),
        )
        with renamed({name: f"{name}_" for name in (*PARAMETERS, *_POSTERIOR)}):
            return posterior_mixture(weights, means, covariances, self.covariance_type, posterior)

    @property
    def mixture_(self) -> Mixture:
        """The mixture of the expected parameters, a plain `Mixture`: pictures, files and more."""
        return plain_mixture(self._scored)

    @property
    def posterior_mixture_(self) -> Mixture:
        """The `Mixture` with its `posterior`, which scores rows as this estimator does.

        Save this one: loaded by `gaussmix.load` and given as `init_params`, it continues where the
        fit ended.
        """
        return self._scored
