"""The estimator in place of scikit-learn's `GaussianMixture`, by maximum likelihood or MAP."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy.typing as npt
from sklearn import mixture as sklearn_mixture

from gaussmix._arrays import Floats, Matrix, as_name, as_weights, renamed
from gaussmix._covariance import FAMILIES
from gaussmix._known import Allowed, as_allowed, as_fixed
from gaussmix._mixture import Mixture
from gaussmix._noise import Noise
from gaussmix._prior import Prior
from gaussmix._progress import Callback
from gaussmix._stream import Steps, check_same

from ._base import BaseMixture, shown_dtype
from ._features_in import check_features, keep_features
from ._given import given_parameters
from ._ignored import warn_of_weights


class GaussianMixture(BaseMixture):
    """A mixture of Gaussians fitted by EM: scikit-learn's estimator, on the core of gaussmix.

    Parameters, attributes and methods are those of ``sklearn.mixture.GaussianMixture``; additions
    are marked "Beyond scikit-learn". docs/from-scikit-learn.md lists the differences.

    Parameters
    ----------
    n_components : int, default=1
        The number of components, K.
    covariance_type : str, default="full"
        "full": each component its own matrix; "tied": one matrix for all; "diag": each component
        its own variances; "spherical": each component one variance. Beyond scikit-learn mclust's
        codes, as in `gaussmix.fit`.
    tol : float, default=1e-3
        A run has converged when an iteration raises the mean log-likelihood per row by less.
    reg_covar : float or None, default=1e-6
        Added to every variance, in squared units of the data. Beyond scikit-learn: None adds 1e-6
        times the variance of each feature, so that the fit does not depend on the units; nothing
        under a prior.
    max_iter : int, default=100
        The maximum number of iterations of a run; 0 gives the start itself.
    n_init : int, default=1
        The number of starts; the best run is kept.
    init_params : str, array-like or callable, default="kmeans"
        "kmeans", "k-means++", "random" or "random_from_data": see `gaussmix.fit`, whose "kmeans" is
        the result of a search, see `effort`. Beyond scikit-learn: labels (n_samples,),
        responsibilities (n_samples, n_components), or a callable that returns either, or a
        `Mixture`, from ``(X, n_components, random_state=...)``.
    weights_init : array-like of shape (n_components,), optional
        Weights to start from, instead of those that `init_params` gives.
    means_init : array-like of shape (n_components, n_features), optional
        Means to start from.
    precisions_init : array-like, optional
        Precisions to start from, in the shape of `precisions_`.
    random_state : int, RandomState or None, default=None
        Beyond scikit-learn also a Generator, BitGenerator or SeedSequence. An integer gives the
        same mixture each time, bit for bit, whatever the number of threads; None draws on NumPy's
        global generator.
    warm_start : bool, default=False
        A second `fit` continues where the first one ended.
    verbose : int, default=0
        1 prints starts and iterations; 2 their times and changes, too.
    verbose_interval : int, default=10
        Iterations from one line to the next.
    prior : "default" or Prior, optional
        Beyond scikit-learn: maximum a posteriori, as in `gaussmix.fit`; with `reg_covar=None`
        without a ridge.
    noise : bool or Noise, optional
        Beyond scikit-learn: a uniform background for rows that belong to no component, as in
        `gaussmix.fit`: their label is -1, and `predict_proba` has one more column.
    fixed, bounds : dict, optional
        Beyond scikit-learn: what of the start stays, and limits of the rest, as in `gaussmix.fit`.
        What is fixed is among `weights_init`, `means_init` and `precisions_init`; a first run
        without limits gives the rest of the start.
    strict : bool, default=False
        Beyond scikit-learn: raise a ValueError if a component had to be mended (`events_`).
    effort : {"low", "normal", "high"}, default="normal"
        Beyond scikit-learn: how hard to search for a good start if `init_params` is "kmeans".
    n_threads : int, optional
        Beyond scikit-learn: threads to use; by default OMP_NUM_THREADS, else the CPUs of this
        process.
    callback : callable, optional
        Beyond scikit-learn: called with a `gaussmix.Progress` after each iteration; returning
        True stops the fit, which then has `status_` "interrupted".
    progress : bool, default=False
        Beyond scikit-learn: show a progress bar (``pip install 'gaussmix[progress]'``).
    forget : float, optional
        Beyond scikit-learn, for `partial_fit` on data that drift: the number of rows after which a
        row counts half.
    missing : {"error", "em"}, default="error"
        Beyond scikit-learn: "em" takes NaN and masked entries for values that are missing at
        random, in `fit` and in whatever the mixture is applied to, as `gaussmix.fit` does.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,)
        Mixing proportions, summing to 1; with a background to 1 - `noise_weight_`.
    means_ : ndarray of shape (n_components, n_features)
        The mean of each component.
    covariances_ : ndarray
        (K, d, d) for "full", (d, d) for "tied", (K, d) for "diag", (K,) for "spherical". Each other
        family has the shape of one of these: "EII" that of "spherical", "EEI", "VEI" and "EVI" that
        of "diag", the others that of "full".
    precisions_ : ndarray
        Inverse covariances, in the same shape.
    precisions_cholesky_ : ndarray
        Upper triangular factors U of the precisions, U U^T; inverse standard deviations for
        "diag" and "spherical". In the same shape.
    converged_ : bool
        Whether the best run converged: an iteration changed the bound by less than tol, and no more
        than tol, or 1e-6 per row, was lost in total.
    n_iter_ : int
        The number of iterations of the best run.
    lower_bound_ : float
        The last of `lower_bounds_`; minus infinity if there is none.
    lower_bounds_ : list of float
        The mean log-likelihood per row at each iteration of the best run, of the parameters that
        entered it; under a prior penalised.
    noise_weight_ : float
        Beyond scikit-learn: the share of the rows that belong to the background; 0 without `noise`.
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

    Examples
    --------
    >>> import numpy as np
    >>> from gaussmix import GaussianMixture
    >>> X = np.array([[1, 2], [1, 4], [1, 0], [10, 2], [10, 4], [10, 0]])
    >>> gm = GaussianMixture(n_components=2, random_state=0).fit(X)
    >>> gm.means_[np.argsort(gm.means_[:, 0])]
    array([[ 1.,  2.],
           [10.,  2.]])
    """

    _theirs = sklearn_mixture.GaussianMixture

    def __init__(
        self,
        n_components: int = 1,
        *,
        covariance_type: str = "full",
        tol: float = 1e-3,
        reg_covar: float | None = 1e-6,
        max_iter: int = 100,
        n_init: int = 1,
        init_params: str | npt.ArrayLike | Callable[..., Any] = "kmeans",
        weights_init: npt.ArrayLike | None = None,
        means_init: npt.ArrayLike | None = None,
        precisions_init: npt.ArrayLike | None = None,
        random_state: Any = None,
        warm_start: bool = False,
        verbose: int = 0,
        verbose_interval: int = 10,
        prior: str | Prior | None = None,
        noise: bool | Noise | None = None,
        fixed: Mapping[str, Any] | None = None,
        bounds: Mapping[str, Any] | None = None,
        strict: bool = False,
        effort: str = "normal",
        n_threads: int | None = None,
        callback: Callback | None = None,
        progress: bool = False,
        forget: float | None = None,
        missing: str = "error",
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.init_params = init_params
        self.weights_init = weights_init
        self.means_init = means_init
        self.precisions_init = precisions_init
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose
        self.verbose_interval = verbose_interval
        self.prior = prior
        self.noise = noise
        self.fixed = fixed
        self.bounds = bounds
        self.strict = strict
        self.effort = effort
        self.n_threads = n_threads
        self.callback = callback
        self.progress = progress
        self.forget = forget
        self.missing = missing

    def _fit_options(self) -> dict[str, Any]:
        return {
            "prior": self.prior,
            "noise": self.noise,
            "fixed": self.fixed,
            "bounds": self.bounds,
            "effort": self.effort,
            "allowed": getattr(self, "_sets", None),  # what partial_fit knows of its first rows
        }

    def _given(self, n_features: int) -> dict[str, Floats]:
        given = given_parameters(
            self.weights_init,
            self.means_init,
            self.precisions_init,
            n_components=self.n_components,
            n_features=n_features,
            covariance_type=self.covariance_type,
        )
        fixed = as_fixed(self.fixed, self.n_components)
        for name, which in zip(("weights", "means", "covariances"), fixed, strict=True):
            if which and name not in given and not isinstance(self.init_params, Mixture):
                argument = "precisions" if name == "covariances" else name
                raise ValueError(
                    f"fixed has {name}, but there are none to keep: give {argument}_init"
                )
        return given

    # Rows that keep coming

    def partial_fit(
        self,
        X: Any,
        y: Any = None,
        sample_weight: npt.ArrayLike | None = None,
        *,
        labels: npt.ArrayLike | None = None,
        allowed: npt.ArrayLike | None = None,
    ) -> Self:
        """Take one more batch of rows, by stepwise EM: see `gaussmix.Stream`.

        Beyond scikit-learn. After `fit`, it continues from the fitted mixture, and the rows of the
        fit count as the first batch. Without a fit, the first batches are kept until there are 5000
        rows, or 100 K, for a search for a start; the estimator is fitted as soon as there are 10
        rows for each component and two numbers for each parameter. `max_iter` and `tol` are those
        of the start. `n_iter_` is then the number of steps, and `lower_bound_` the mean
        log-likelihood of the last batch under the mixture that it met.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Some rows, of any number.
        y : object, optional
            Ignored; weights are given as `sample_weight`.
        sample_weight : array-like of shape (n_samples,), optional
            Non-negative weights: 2 counts a row twice, 0 leaves it out.
        labels, allowed : array-like, optional
            The component of each row, -1 where it is unknown, or the components that it may have
            come from, as `gaussmix.fit` takes them.

        Returns
        -------
        self : object
            The estimator itself.

        Raises
        ------
        ValueError
            As `fit` does; or if X has other features than before.
        TypeError
            If a parameter is of the wrong kind.
        """
        as_name(self.covariance_type, "covariance_type", FAMILIES)
        rows = self._read(X)
        warn_of_weights(y, len(rows.values))
        known = hasattr(self, "n_features_in_")
        if known:
            check_features(self, rows)
        with renamed(self._shown):
            steps = self._stepping()
            steps.take(
                rows,
                as_weights(sample_weight),
                as_allowed(labels, allowed, None, self.n_components, len(rows.values)),
            )
        self._steps = steps
        if steps.mixture is not None:
            if not known:
                keep_features(self, rows)
            self._report(steps.mixture, shown_dtype(rows))
        return self

    def _stepping(self) -> Steps:
        """Return the state of a stream that continues from the present mixture."""
        steps: Steps | None = getattr(self, "_steps", None)
        fitted = hasattr(self, "means_")
        if fitted:
            check_same(self._scored, self.n_components, self.covariance_type)
        if steps is not None and steps.mixture is (self._scored if fitted else None):
            return steps
        weight = getattr(self, "_weight", None) if steps is None else steps.total_weight
        steps = Steps(
            self.n_components,
            self.covariance_type,
            first_fit=self._first_fit,
            forget=self.forget,
            reg_covar=self.reg_covar,
            prior=self.prior,
            noise=self.noise,
            fixed=self.fixed,
            bounds=self.bounds,
            effort=self.effort,
            acceleration="classic",
            n_threads=self.n_threads,
        )
        if fitted:
            steps.go_on_from(self._scored, steps.enough if weight is None else weight)
        return steps

    def _first_fit(
        self, rows: Matrix, weights: Floats | None, known: Allowed | None, effort: str
    ) -> Mixture:
        other = copy.copy(self)
        other._sets = known  # noqa: SLF001  # it is one of this class
        other.effort = effort
        other.warm_start = False
        return other._best_run(rows, weights)  # noqa: SLF001

    # Criteria

    def bic(self, X: Any, *, sample_weight: npt.ArrayLike | None = None) -> float:
        """Return the Bayesian information criterion, -2 log L + p log n (Schwarz 1978).

        Smaller is better. Errors and warnings as in `Mixture.bic`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows that the mixture was fitted to.
        sample_weight : array-like of shape (n_samples,), optional
            Beyond scikit-learn: the weights that it was fitted with, as in `Mixture.bic`: n is
            their sum.

        Returns
        -------
        float
            -2 sum_i w_i log p(x_i) + p log sum_i w_i.
        """
        return self.mixture_.bic(
            self._rows(X), sample_weight=sample_weight, n_threads=self.n_threads
        )

    def aic(self, X: Any, *, sample_weight: npt.ArrayLike | None = None) -> float:
        """Return Akaike's information criterion, -2 log L + 2 p (Akaike 1974).

        Parameters, errors and warnings as in `bic`. Smaller is better.
        """
        return self.mixture_.aic(
            self._rows(X), sample_weight=sample_weight, n_threads=self.n_threads
        )

    def _n_parameters(self) -> int:
        return self.mixture_.n_parameters
