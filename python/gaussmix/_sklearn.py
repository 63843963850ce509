"""The estimators: mixtures as scikit-learn has them, fitted by the functional API.

The only module that imports scikit-learn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from numbers import Integral
from typing import Any, Self

import numpy as np
import numpy.typing as npt

try:
    from sklearn import mixture as sklearn_mixture
    from sklearn.base import BaseEstimator, DensityMixin
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.utils import check_array, check_random_state
    from sklearn.utils.validation import check_is_fitted
except ImportError as error:
    raise ImportError(
        "the estimators need scikit-learn 1.6 or newer: pip install 'gaussmix[sklearn]'"
    ) from error

from ._arrays import (
    Floats,
    Matrix,
    as_count,
    as_floats,
    as_matrix,
    as_name,
    as_real,
    as_weights,
    renamed,
)
from ._features_in import check_features, keep_features
from ._fit import Callback, fit
from ._given import beyond, given_parameters, given_variational_prior
from ._ignored import warn_of_weights
from ._index import warn_of_index
from ._mixture import (
    Event,
    Mixture,
    plain_mixture,
    posterior_mixture,
    posterior_of,
    rank,
    with_facts,
)
from ._precisions import FAMILIES, inverse, precisions_of
from ._prior import Prior
from ._seeds import legacy_random_state
from ._warnings import warn
from ._watch import VerboseLines, Watch

#: The parameters of a mixture.
_PARAMETERS = ("weights", "means", "covariances")
#: Those of its posterior.
_POSTERIOR = ("weight_concentration", "mean_precision", "degrees_of_freedom")
#: The attribute that counts more than covariances do.
_FACTORS = "precisions_cholesky_"
#: Attributes that scikit-learn's estimators lack.
_BEYOND = ("status_", "events_", "degenerate_")


class BaseMixture(DensityMixin, BaseEstimator):
    """What all mixture estimators share: starts, runs, reports, and what they say of data.

    A subclass has the parameters named here as attributes, and says how it fits in `_run`.
    """

    n_components: int
    covariance_type: str
    tol: float
    max_iter: int
    n_init: int
    init_params: Any
    random_state: Any
    warm_start: bool
    verbose: int
    verbose_interval: int
    n_threads: int | None
    callback: Callback | None

    #: scikit-learn's own class.
    _theirs: type[Any]
    #: What arguments of `gaussmix.fit` are called here, where that is something else.
    _shown: Mapping[str, str] = {"init": "init_params"}

    def _run(
        self, rows: Matrix, sample_weight: npt.ArrayLike | None, init: Any, **options: Any
    ) -> Mixture:
        """Fit from `init`; `options` are n_init, max_iter, random_state and callback."""
        raise NotImplementedError

    def _given(self, n_features: int) -> dict[str, Floats]:
        """Those parameters of the start that the user gave, checked."""
        del n_features
        return {}

    # Fitting

    def fit(self, X: Any, y: Any = None, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Fit the mixture to data.

        Of `n_init` starts the one that reaches the highest log-likelihood is kept, of those without
        a collapsed component (`Mixture.degenerate`) if there are any. With `warm_start` a second
        call goes on from where the first one ended.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The data. Floats and integers of any strides are read in place.
        y : object, optional
            Ignored; weights are given as `sample_weight`.
        sample_weight : array-like of shape (n_samples,), optional
            Weights that are not negative: 2 counts a row twice, 0 leaves it out.

        Returns
        -------
        self : object
            The fitted mixture.

        Raises
        ------
        ValueError
            If X has NaN or infinity (row and column are named), fewer rows than components, or a
            parameter is out of its range.
        TypeError
            If a parameter is of the wrong kind.

        Warns
        -----
        ConvergenceWarning
            If the best run did not converge; the message has the remedy.
        UserWarning
            If `y` looks like weights, which it is not taken for, or a column is called as an index
            is that was written with the table: ``Unnamed: 0``.
        """
        as_name(self.covariance_type, "covariance_type", FAMILIES)
        rows = self._read(X)
        warn_of_weights(y, len(rows.values))
        warn_of_index(rows.names)
        n_components = as_count(self.n_components, "n_components")
        if len(rows.values) < n_components:
            raise ValueError(
                f"Expected n_samples >= n_components but got n_components = {n_components}, "
                f"n_samples = {len(rows.values)}: lower n_components or add rows"
            )
        with renamed(self._shown):
            best = self._best_run(rows, sample_weight)
        keep_features(self, rows)
        self._report(best, _shown_dtype(rows))
        self._warn_unless_converged()
        return self

    def _best_run(self, rows: Matrix, sample_weight: npt.ArrayLike | None) -> Mixture:
        """Run EM from each start; what listens is told of all as of one fit."""
        warm = self.warm_start and hasattr(self, "converged_")
        if warm:
            self._check_warm_start(rows)
        starts = iter([(self._scored, 1)]) if warm else self._starts(rows, sample_weight)
        lines = VerboseLines(self.verbose, as_count(self.verbose_interval, "verbose_interval"))
        watched = self.verbose or self.callback is not None or warm
        best: Mixture | None = None
        done = 0
        for start, n_init in starts:
            lines.begin(done)
            watch = Watch(
                lines,
                self.callback,
                tol=as_real(self.tol, "tol"),
                max_iter=as_count(self.max_iter, "max_iter"),
                starts=range(done, done + n_init),
                reached=self.lower_bound_ if warm else None,
            )
            found = self._run(
                rows,
                sample_weight,
                start,
                n_init=n_init,
                max_iter=self.max_iter,
                random_state=_random(self.random_state),
                callback=watch if watched else None,
            )
            if watch.status is not None:
                found = with_facts(found, status=watch.status)
            if best is None or (found.n_iter and rank(found) > rank(best)):
                best = found
            if found.status == "interrupted":
                return with_facts(best, status=found.status)
            done += n_init
        if best is None:
            raise ValueError(f"n_init={self.n_init} must be at least 1")
        return best

    def _check_warm_start(self, rows: Matrix) -> None:
        """Refuse to go on from a fit of something else."""
        before = self._scored
        now = {
            "n_components": (before.n_components, self.n_components),
            "covariance_type": (before.covariance_type, self.covariance_type),
            "n_features": (before.n_features, rows.values.shape[1]),
        }
        for what, (had, has) in now.items():
            if had != has:
                raise ValueError(
                    f"warm_start=True goes on from the fit before, of {what}={had!r}, but now it "
                    f"is {has!r}: set warm_start=False to start anew"
                )

    def _starts(
        self, rows: Matrix, sample_weight: npt.ArrayLike | None
    ) -> Iterator[tuple[Any, int]]:
        """Each start, and how many random ones it stands for."""
        given = self._given(rows.values.shape[1])
        if len(given) == len(_PARAMETERS):
            with renamed({"covariances": "the inverse of precisions_init"}):
                start = Mixture(**given, covariance_type=self.covariance_type)
            yield start, 1
            return
        init = self.init_params
        if not given and not callable(init):
            yield init, as_count(self.n_init, "n_init") if isinstance(init, str) else 1
            return
        random_state = _generator(self.random_state)
        for _ in range(as_count(self.n_init, "n_init")):
            if callable(self.init_params):
                init = self.init_params(rows.values, self.n_components, random_state=random_state)
            if given:
                start = self._run(
                    rows,
                    sample_weight,
                    init,
                    n_init=1,
                    max_iter=0,
                    random_state=random_state,
                    callback=None,
                )
                found = {name: getattr(start, name) for name in _PARAMETERS}
                with renamed({"covariances": "the inverse of precisions_init"}):
                    start = Mixture(**(found | given), covariance_type=self.covariance_type)
                yield start, 1
            else:
                yield init, 1

    def fit_predict(
        self, X: Any, y: Any = None, sample_weight: npt.ArrayLike | None = None
    ) -> npt.NDArray[np.int64]:
        """Fit the mixture to data, then label them: ``fit(X).predict(X)``.

        Parameters, errors and warnings as in `fit`.

        Returns
        -------
        ndarray of int64, shape (n_samples,)
            The label of each row's most probable component.
        """
        return self.fit(X, y, sample_weight=sample_weight).predict(X)

    def _report(self, mixture: Mixture, dtype: npt.DTypeLike) -> None:
        """Show a mixture as scikit-learn's attributes."""
        self._fitted = mixture
        for name, values in self._attributes_of(mixture).items():
            setattr(self, name, _as_dtype(values, dtype))
        self.precisions_ = np.array(mixture.precisions, dtype=dtype)
        self.status_ = mixture.status
        self.events_: tuple[Event, ...] = mixture.events
        self.degenerate_ = mixture.degenerate
        self.converged_ = mixture.converged
        self.n_iter_ = mixture.n_iter
        self.lower_bounds_: list[float] = mixture.history.tolist()
        self.lower_bound_ = self.lower_bounds_[-1] if self.lower_bounds_ else -np.inf

    def _warn_unless_converged(self) -> None:
        if self.status_ == "max_iter" and self.n_iter_:
            last = np.diff(self.lower_bounds_[-2:])
            told = ""
            if last.size:
                gained = beyond(last[0], self.tol, 2, "g")
                told = f", the last of which gained {gained} (tol={self.tol})"
            why = f"max_iter={self.max_iter} iterations were done{told}: raise max_iter or tol"
        elif self.status_ == "stalled":
            mended = any(event.act == "jitter" for event in self.events_)
            cause = "a component was mended: raise" if mended else "of the ridge: lower"
            why = (
                f"the lower bound came to rest lower than it was, because {cause} "
                f"reg_covar={self.reg_covar}, or go on with what is there"
            )
        else:
            return
        warn(
            "Best performing initialization did not converge. Try different init parameters, or "
            f"increase max_iter, tol, or check for degenerate data. Here {why}.",
            ConvergenceWarning,
        )

    # What it is

    @property
    def mixture_(self) -> Mixture:
        """The fitted `Mixture`: information criteria, pictures, files and more.

        Attributes that were set or changed by hand count: `precisions_cholesky_`, where it was,
        before `covariances_`.
        """
        return self._scored

    def _attributes_of(self, mixture: Mixture) -> dict[str, Any]:
        """The attributes that say which mixture it is."""
        names = (*_PARAMETERS, "precisions_cholesky")
        return {f"{name}_": getattr(mixture, name) for name in names}

    def _assembled(self, weights: Floats, means: Floats, covariances: Floats) -> Mixture:
        """The mixture that scores rows, of attributes that were set by hand."""
        with renamed({name: f"{name}_" for name in _PARAMETERS}):
            return Mixture(weights, means, covariances, self.covariance_type)

    @property
    def _scored(self) -> Mixture:
        """The mixture that scores rows, and that a warm start goes on from."""
        check_is_fitted(self)
        fitted: Mixture | None = getattr(self, "_fitted", None)
        own = {} if fitted is None else self._attributes_of(fitted)
        kept = {
            name
            for name, values in own.items()
            if not hasattr(self, name) or _shows(getattr(self, name), values)
        }
        if fitted is not None and len(kept) == len(own):
            return fitted
        covariances = getattr(self, "covariances_", None)
        if covariances is None or (_FACTORS not in kept and hasattr(self, _FACTORS)):
            factors = as_floats(getattr(self, _FACTORS), _FACTORS)
            precisions = precisions_of(factors, self.covariance_type)
            inverted = inverse(precisions, self.covariance_type)
            # Where both agree covariances have more digits than what is inverted.
            if covariances is None or not np.allclose(
                as_floats(covariances, "covariances_"), inverted, rtol=1e-6, atol=0
            ):
                covariances = inverted
        return self._assembled(self.weights_, self.means_, covariances)

    # What it says of data

    def predict(self, X: Any) -> npt.NDArray[np.int64]:
        """Give each row the label of its most probable component.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to label.

        Returns
        -------
        ndarray of int64, shape (n_samples,)
            Labels from 0.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If X has NaN or infinity (row and column are named), or does not fit the mixture.
        """
        return self._scored.predict(self._rows(X), n_threads=self.n_threads)

    def predict_proba(self, X: Any) -> npt.NDArray[np.floating[Any]]:
        """Give the responsibilities p(component | row).

        Parameters and errors as in `predict`.

        Returns
        -------
        ndarray of float64, shape (n_samples, n_components)
            Each row sums to 1. float32 where X is.
        """
        mixture, rows = self._scored, self._rows(X)
        responsibilities = mixture.predict_proba(rows, n_threads=self.n_threads)
        return responsibilities.astype(_shown_dtype(rows), copy=False)

    def score_samples(self, X: Any) -> npt.NDArray[np.floating[Any]]:
        """Give the log-density of each row, in nats.

        Parameters and errors as in `predict`.

        Returns
        -------
        ndarray of float64, shape (n_samples,)
            log p(x) of each row. float32 where X is.
        """
        mixture, rows = self._scored, self._rows(X)
        log_densities = mixture.score_samples(rows, n_threads=self.n_threads)
        return log_densities.astype(_shown_dtype(rows), copy=False)

    def score(self, X: Any, y: Any = None, sample_weight: npt.ArrayLike | None = None) -> float:
        """Give the mean log-density a row, in nats.

        Parameters and errors as in `predict`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to score.
        y : object, optional
            Ignored; weights are given as `sample_weight`.
        sample_weight : array-like of shape (n_samples,), optional
            A weight for each row, not negative.

        Returns
        -------
        float
            sum_i w_i log p(x_i) / sum_i w_i.

        Warns
        -----
        UserWarning
            If `y` looks like weights, which it is not taken for.
        """
        mixture, rows = self._scored, self._rows(X)
        warn_of_weights(y, len(rows.values))
        return mixture.score(rows, sample_weight=sample_weight, n_threads=self.n_threads)

    def sample(self, n_samples: int = 1) -> tuple[Floats, npt.NDArray[np.int64]]:
        """Draw rows from the mixture.

        Parameters
        ----------
        n_samples : int, default=1
            The number of rows.

        Returns
        -------
        X : ndarray of float64, shape (n_samples, n_features)
            The rows, component after component.
        y : ndarray of int64, shape (n_samples,)
            The component that each row was drawn from.
        """
        mixture = self.mixture_
        if as_count(n_samples, "n_samples") < 1:
            raise ValueError(
                f"Invalid value for 'n_samples': {n_samples} . The sampling requires at least one "
                "sample."
            )
        X, y = mixture.sample(n_samples, _random(self.random_state), n_threads=self.n_threads)
        order = np.argsort(y, kind="stable")
        return X[order], y[order]

    def _read(self, X: Any) -> Matrix:
        """Read rows as `gaussmix.fit` does; none are refused in scikit-learn's words."""
        rows = as_matrix(X)
        if rows.values.size == 0:
            check_array(rows.values, estimator=self, input_name="X")
        return rows

    def _rows(self, X: Any) -> Matrix:
        """Read rows of the features that it was fitted to."""
        rows = self._read(X)
        check_features(self, rows)
        return rows

    # To and from scikit-learn

    def to_sklearn(self) -> Any:
        """Give the same fitted mixture as scikit-learn's estimator of the same name.

        Raises
        ------
        NotFittedError
            Before `fit`.
        """
        check_is_fitted(self)
        other = self._theirs()
        shared = {name: self.get_params()[name] for name in other.get_params()}
        if not isinstance(self.init_params, str):
            del shared["init_params"]
        if shared["reg_covar"] is None:
            del shared["reg_covar"]
        shared["random_state"] = legacy_random_state(shared["random_state"])
        other.set_params(**shared)
        for name, value in _learned(self).items():
            setattr(other, name, value)
        return other

    @classmethod
    def from_sklearn(cls, estimator: Any) -> Self:
        """Give the same fitted mixture as scikit-learn's estimator of the same name.

        Raises
        ------
        TypeError
            If `estimator` is something else.
        NotFittedError
            If it is not fitted.
        """
        if not isinstance(estimator, cls._theirs):
            raise TypeError(f"{estimator!r} is not a sklearn.mixture.{cls._theirs.__name__}")
        check_is_fitted(estimator)
        new = cls()
        theirs = estimator.get_params()
        new.set_params(**{name: theirs[name] for name in new.get_params() if name in theirs})
        for name, value in _learned(estimator).items():
            setattr(new, name, value)
        names = getattr(estimator, "feature_names_in_", None)
        mixture = with_facts(
            new._scored,
            status="converged" if estimator.converged_ else "max_iter",
            n_iter=estimator.n_iter_,
            history=np.array(getattr(estimator, "lower_bounds_", [estimator.lower_bound_])),
            feature_names=None if names is None else tuple(names),
        )
        new._report(mixture, new.means_.dtype)
        return new


class GaussianMixture(BaseMixture):
    """A mixture of Gaussians fitted by EM: scikit-learn's estimator, on the core of gaussmix.

    Parameters, attributes and methods are those of ``sklearn.mixture.GaussianMixture``; what is
    beyond them says so. docs/from-scikit-learn.md lists the differences.

    Parameters
    ----------
    n_components : int, default=1
        The number of components, K.
    covariance_type : {"full", "tied", "diag", "spherical"}, default="full"
        "full": each component its own matrix; "tied": one matrix for all; "diag": each component
        its own variances; "spherical": each component one variance.
    tol : float, default=1e-3
        A run has converged when an iteration raises the mean log-likelihood a row by less.
    reg_covar : float or None, default=1e-6
        Added to every variance, in squared units of the data. Beyond scikit-learn: None adds 1e-6
        times the variance of each feature, so that the fit does not depend on the units; nothing
        under a prior.
    max_iter : int, default=100
        The most iterations of a run; 0 gives the start itself.
    n_init : int, default=1
        The number of starts; the best run is kept.
    init_params : str, array-like or callable, default="kmeans"
        "kmeans", "k-means++", "random" or "random_from_data": see `gaussmix.fit`, whose "kmeans" is
        where the search that `effort` asks for ends. Beyond scikit-learn: labels (n_samples,),
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
        A second `fit` goes on from where the first one ended.
    verbose : int, default=0
        1 prints starts and iterations; 2 their times and changes, too.
    verbose_interval : int, default=10
        Iterations from one line to the next.
    prior : "default" or Prior, optional
        Beyond scikit-learn: maximum a posteriori, as in `gaussmix.fit`; with `reg_covar=None`
        without a ridge.
    strict : bool, default=False
        Beyond scikit-learn: raise a ValueError where a component had to be mended (`events_`).
    effort : {"low", "normal", "high"}, default="normal"
        Beyond scikit-learn: how much is done to find a good start, where `init_params` is "kmeans".
    n_threads : int, optional
        Beyond scikit-learn: threads to use; by default OMP_NUM_THREADS, else the CPUs of this
        process.
    callback : callable, optional
        Beyond scikit-learn: called with a `gaussmix.Progress` after each iteration; returning
        True stops the fit, which then has `status_` "interrupted".
    progress : bool, default=False
        Beyond scikit-learn: show a progress bar (``pip install 'gaussmix[progress]'``).

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,)
        Mixing proportions, summing to 1.
    means_ : ndarray of shape (n_components, n_features)
        The mean of each component.
    covariances_ : ndarray
        (K, d, d) for "full", (d, d) for "tied", (K, d) for "diag", (K,) for "spherical".
    precisions_ : ndarray
        Inverse covariances, in the same shape.
    precisions_cholesky_ : ndarray
        Upper triangular factors U of the precisions, U U^T; inverse standard deviations for
        "diag" and "spherical". In the same shape.
    converged_ : bool
        Whether the best run came to rest: an iteration changed the bound by less than tol, and
        at most tol, or 1e-6 a row, was lost in all.
    n_iter_ : int
        The number of iterations of the best run.
    lower_bound_ : float
        The last of `lower_bounds_`; minus infinity if there is none.
    lower_bounds_ : list of float
        The mean log-likelihood a row at each iteration of the best run, of the parameters that
        entered it; under a prior penalised.
    status_ : str
        Beyond scikit-learn: how the best run ended, as `Mixture.status`.
    events_ : tuple of Event
        Beyond scikit-learn: what had to be done so that the fit could go on, as `Mixture.events`.
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
        strict: bool = False,
        effort: str = "normal",
        n_threads: int | None = None,
        callback: Callback | None = None,
        progress: bool = False,
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
        self.strict = strict
        self.effort = effort
        self.n_threads = n_threads
        self.callback = callback
        self.progress = progress

    def _run(
        self, rows: Matrix, sample_weight: npt.ArrayLike | None, init: Any, **options: Any
    ) -> Mixture:
        return fit(
            rows,
            self.n_components,
            covariance_type=self.covariance_type,
            sample_weight=sample_weight,
            init=init,
            tol=self.tol,
            reg_covar=self.reg_covar,
            prior=self.prior,
            strict=self.strict,
            effort=self.effort,
            acceleration="classic",
            n_threads=self.n_threads,
            progress=self.progress and bool(options["max_iter"]),
            **options,
        )

    def _given(self, n_features: int) -> dict[str, Floats]:
        return given_parameters(
            self.weights_init,
            self.means_init,
            self.precisions_init,
            n_components=self.n_components,
            n_features=n_features,
            covariance_type=self.covariance_type,
        )

    # To choose K and family

    def bic(self, X: Any, *, sample_weight: npt.ArrayLike | None = None) -> float:
        """Give the Bayesian information criterion, -2 log L + p log n (Schwarz 1978).

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
        """Give Akaike's information criterion, -2 log L + 2 p (Akaike 1974).

        Parameters, errors and warnings as in `bic`. Smaller is better.
        """
        return self.mixture_.aic(
            self._rows(X), sample_weight=sample_weight, n_threads=self.n_threads
        )

    def _n_parameters(self) -> int:
        return self.mixture_.n_parameters


class BayesianGaussianMixture(BaseMixture):
    """A mixture of Gaussians fitted by variational Bayes: scikit-learn's estimator, on our core.

    A posterior distribution of all parameters, factorised (Attias 2000; Bishop 2006, section
    10.2), instead of a point. Components that the data do not ask for lose their weight, so that
    `n_components` is a most. Parameters, attributes and methods are those of
    ``sklearn.mixture.BayesianGaussianMixture``; what is beyond them says so.
    docs/from-scikit-learn.md lists the differences.

    Parameters
    ----------
    n_components : int, default=1
        The most components, K.
    covariance_type : {"full", "tied", "diag", "spherical"}, default="full"
        As for `GaussianMixture`.
    tol : float, default=1e-3
        A run has converged when an iteration raises the lower bound by less.
    reg_covar : float or None, default=1e-6
        Added to the variances of each component's rows. Beyond scikit-learn: None adds nothing;
        the prior keeps covariances from collapsing.
    max_iter : int, default=100
        The most iterations of a run; 0 gives the start itself.
    n_init : int, default=1
        The number of starts; the run with the highest lower bound is kept.
    init_params : str, array-like, Mixture or callable, default="kmeans"
        As for `GaussianMixture`, but a mixture must have a `posterior`, as `posterior_mixture_`
        has, also when it was saved and loaded: the fit goes on from that.
    weight_concentration_prior_type : {"dirichlet_process", "dirichlet_distribution"}, \
            default="dirichlet_process"
        The prior of the weights: a Dirichlet process, broken off after `n_components` sticks (Blei
        and Jordan 2006), or a Dirichlet distribution.
    weight_concentration_prior : float, optional
        Its concentration; the smaller, the fewer components keep weight. By default
        1 / n_components.
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
        A second `fit` goes on from where the first one ended.
    verbose : int, default=0
        1 prints starts and iterations; 2 their times and changes, too.
    verbose_interval : int, default=10
        Iterations from one line to the next.
    strict : bool, default=False
        Beyond scikit-learn: raise a ValueError where a component had to be mended (`events_`).
    n_threads : int, optional
        Beyond scikit-learn: threads to use; by default OMP_NUM_THREADS, else the CPUs of this
        process.
    callback : callable, optional
        Beyond scikit-learn: called with a `gaussmix.Progress` after each iteration, whose
        log-likelihood is the lower bound; returning True stops the fit.
    progress : bool, default=False
        Beyond scikit-learn: show a progress bar (``pip install 'gaussmix[progress]'``).

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
        Whether the best run came to rest: an iteration changed the bound by less than tol, and
        at most tol, or 1e-6 a row, was lost in all.
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
        Beyond scikit-learn: what had to be done so that the fit could go on, as `Mixture.events`.
    degenerate_ : bool
        Beyond scikit-learn: whether a component has collapsed, as `Mixture.degenerate`.
    n_features_in_ : int
        The number of features.
    feature_names_in_ : ndarray of shape (n_features,)
        The column names of X, if all are strings.

    Notes
    -----
    `score_samples` and `predict_proba` have the expected logarithms of weights and densities, as
    scikit-learn's have, which is less than the logarithm of a density. `mixture_` is the plain
    mixture of the expected parameters.

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
        dtype = _shown_dtype(rows)
        self.weight_concentration_prior_ = prior.concentration
        self.mean_precision_prior_ = prior.mean_precision
        self.mean_prior_ = _as_dtype(prior.mean, dtype)
        self.degrees_of_freedom_prior_ = prior.degrees_of_freedom
        self.covariance_prior_ = _as_dtype(prior.covariance, dtype)
        return super()._best_run(rows, sample_weight)

    def _warn_of_few_rows(self, n_rows: int, n_features: int) -> None:
        """Of a prior that is scikit-learn's, and singular."""
        if n_rows > n_features or self.covariance_type not in ("full", "tied"):
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
                "warm_start=True goes on from the fit before, of another "
                "weight_concentration_prior_type than "
                f"{self.weight_concentration_prior_type!r}: set warm_start=False to start anew"
            )

    def _spread(
        self, rows: Matrix, sample_weight: npt.ArrayLike | None
    ) -> tuple[Floats, Floats | float]:
        """Mean and unbiased covariance of the rows: one component is that, once multiplied."""
        one = fit(
            rows,
            1,
            covariance_type=self.covariance_type,
            sample_weight=sample_weight,
            init="random",
            max_iter=0,
            reg_covar=0,
            n_threads=self.n_threads,
        )
        weights = as_weights(sample_weight)
        total = float(len(rows.values) if weights is None else weights.sum())
        unbiased = total / (total - 1) if total > 1 else 1.0
        shared = self.covariance_type == "tied"
        covariance = unbiased * (one.covariances if shared else one.covariances[0])
        return one.means[0], covariance

    def _run(
        self, rows: Matrix, sample_weight: npt.ArrayLike | None, init: Any, **options: Any
    ) -> Mixture:
        return fit(
            rows,
            self.n_components,
            covariance_type=self.covariance_type,
            sample_weight=sample_weight,
            init=init,
            tol=self.tol,
            reg_covar=self.reg_covar,
            prior=self._prior,
            strict=self.strict,
            acceleration="classic",
            n_threads=self.n_threads,
            progress=self.progress and bool(options["max_iter"]),
            **options,
        )

    def _attributes_of(self, mixture: Mixture) -> dict[str, Any]:
        attributes = super()._attributes_of(mixture)
        posterior = posterior_of(mixture)
        if posterior is None:  # a plain mixture was given, and not gone on from
            return attributes
        concentration, mean_precision, degrees_of_freedom = posterior
        return attributes | {
            "weight_concentration_": (
                concentration if concentration.ndim == 1 else tuple(concentration)
            ),
            "mean_precision_": mean_precision,
            "degrees_of_freedom_": (
                float(degrees_of_freedom[0])
                if self.covariance_type == "tied"
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
        with renamed({name: f"{name}_" for name in (*_PARAMETERS, *_POSTERIOR)}):
            return posterior_mixture(weights, means, covariances, self.covariance_type, posterior)

    @property
    def mixture_(self) -> Mixture:
        """The mixture of the expected parameters, a plain `Mixture`: pictures, files and more."""
        return plain_mixture(self._scored)

    @property
    def posterior_mixture_(self) -> Mixture:
        """The `Mixture` with its `posterior`, which scores rows as this estimator does.

        What to save: given as `init_params`, the mixture that `gaussmix.load` reads goes on from
        where the fit ended.
        """
        return self._scored


def mixture_to_sklearn(mixture: Mixture) -> Any:
    """Give a mixture as a fitted ``sklearn.mixture.GaussianMixture``."""
    if mixture.posterior is not None:
        raise ValueError(
            "the mixture has a posterior, for which scikit-learn's GaussianMixture has no place: "
            "use to_sklearn() of the BayesianGaussianMixture, or leave the posterior behind with "
            "Mixture(m.weights, m.means, m.covariances, m.covariance_type).to_sklearn()"
        )
    estimator = GaussianMixture(mixture.n_components, covariance_type=mixture.covariance_type)
    estimator._report(mixture, np.float64)  # noqa: SLF001  # as its own fit does
    estimator.n_features_in_ = mixture.n_features
    if mixture.feature_names is not None:
        estimator.feature_names_in_ = np.array(mixture.feature_names, dtype=object)
    return estimator.to_sklearn()


def mixture_from_sklearn(estimator: Any) -> Mixture:
    """Give the mixture of a fitted estimator, scikit-learn's or ours."""
    if not isinstance(estimator, BaseMixture):
        bayesian = isinstance(estimator, sklearn_mixture.BayesianGaussianMixture)
        ours = BayesianGaussianMixture if bayesian else GaussianMixture
        estimator = ours.from_sklearn(estimator)
    mixture: Mixture = estimator.mixture_
    return mixture


def _learned(estimator: Any) -> dict[str, Any]:
    """The attributes that a fit gave an estimator, as far as scikit-learn's have them."""
    return {
        name: value
        for name, value in vars(estimator).items()
        if name.endswith("_") and not name.startswith("_") and name not in _BEYOND
    }


def _shows(values: Any, own: Any) -> bool:
    """Whether an attribute has the numbers that a mixture has."""
    if np.ma.is_masked(values):
        return False
    values = np.asarray(values)
    return np.array_equal(values, np.asarray(own).astype(values.dtype))


def _as_dtype(values: Any, dtype: npt.DTypeLike) -> Any:
    """A copy of an array, of each array of a tuple, or a number as it is."""
    if isinstance(values, tuple):
        return tuple(_as_dtype(part, dtype) for part in values)
    return np.array(values, dtype=dtype) if isinstance(values, np.ndarray) else values


def _generator(random_state: Any) -> Any:
    """What draws random numbers one after the other; NumPy's global one for None."""
    if isinstance(random_state, np.random.Generator):
        return random_state
    return check_random_state(legacy_random_state(random_state))


def _random(random_state: Any) -> Any:
    """What the functional API takes, for which None is no seed at all."""
    own = Integral | np.random.SeedSequence | np.random.BitGenerator
    return random_state if isinstance(random_state, own) else _generator(random_state)


def _shown_dtype(rows: Matrix) -> type[np.floating[Any]]:
    """The precision of what is told of rows: single for float32, as in scikit-learn."""
    return np.float32 if rows.values.dtype == np.float32 else np.float64
