"""The estimators: mixtures as scikit-learn has them, fitted by the functional API.

The only module that imports scikit-learn.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from numbers import Integral
from typing import Any, Self

import numpy as np
import numpy.typing as npt

try:
    from sklearn import mixture as sklearn_mixture
    from sklearn.base import BaseEstimator, DensityMixin
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.utils import check_random_state
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError as error:
    raise ImportError(
        "the estimators need scikit-learn 1.6 or newer: pip install 'gaussmix[sklearn]'"
    ) from error

from ._arrays import Floats, Matrix, as_count, as_matrix, as_real
from ._fit import Callback, fit
from ._given import given_parameters
from ._mixture import Event, Mixture, with_facts
from ._precisions import inverse, precisions_of, symmetric
from ._prior import Prior
from ._watch import VerboseLines, Watch

#: The parameters of a mixture, and what estimators call them.
_PARAMETERS = ("weights", "means", "covariances")


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

        Of `n_init` starts the one that reaches the highest log-likelihood is kept. With
        `warm_start` a second call goes on from where the first one ended.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The data. Floats and integers of any strides are read in place.
        y : object, optional
            Ignored.
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
        """
        del y
        rows = self._rows(X, reset=True)
        n_components = as_count(self.n_components, "n_components")
        if len(rows.values) < n_components:
            raise ValueError(
                f"Expected n_samples >= n_components but got n_components = {n_components}, "
                f"n_samples = {len(rows.values)}: lower n_components or add rows"
            )
        self._report(self._best_run(rows, sample_weight), _shown_dtype(rows))
        self._warn_unless_converged()
        return self

    def _best_run(self, rows: Matrix, sample_weight: npt.ArrayLike | None) -> Mixture:
        """Run EM from each start; what listens is told of all as of one fit."""
        warm = self.warm_start and hasattr(self, "converged_")
        starts = iter([(self.mixture_, 1)]) if warm else self._starts(rows, sample_weight)
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
                eps=float(np.finfo(_shown_dtype(rows)).eps),
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
            if best is None or (found.n_iter and found.history[-1] > best.history[-1]):
                best = found
            if found.status == "interrupted":
                return with_facts(best, status=found.status)
            done += n_init
        if best is None:
            raise ValueError(f"n_init={self.n_init} must be at least 1")
        return best

    def _starts(
        self, rows: Matrix, sample_weight: npt.ArrayLike | None
    ) -> Iterator[tuple[Any, int]]:
        """Each start, and how many random ones it stands for."""
        given = self._given(rows.values.shape[1])
        if len(given) == len(_PARAMETERS):
            yield Mixture(**given, covariance_type=self.covariance_type), 1
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
                yield Mixture(**(found | given), covariance_type=self.covariance_type), 1
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
        for name, theirs in {**_DEFINING, "precisions_": "precisions"}.items():
            setattr(self, name, np.array(getattr(mixture, theirs), dtype=dtype))
        self.status_ = mixture.status
        self.events_: tuple[Event, ...] = mixture.events
        self.converged_ = mixture.converged
        self.n_iter_ = mixture.n_iter
        self.lower_bounds_: list[float] = mixture.history.tolist()
        self.lower_bound_ = self.lower_bounds_[-1] if self.lower_bounds_ else -np.inf

    def _warn_unless_converged(self) -> None:
        if self.status_ == "max_iter" and self.n_iter_:
            last = np.diff(self.lower_bounds_[-2:])
            told = f", the last of which gained {last[0]:.2g} (tol={self.tol})" if last.size else ""
            why = f"max_iter={self.max_iter} iterations were done{told}: raise max_iter or tol"
        elif self.status_ == "stalled":
            why = (
                "the lower bound fell, because the ridge takes more than an iteration gains: lower "
                f"reg_covar={self.reg_covar}, or go on with what is there"
            )
        else:
            return
        warnings.warn(
            "Best performing initialization did not converge. Try different init parameters, or "
            f"increase max_iter, tol, or check for degenerate data. Here {why}.",
            ConvergenceWarning,
            stacklevel=3,
        )

    # What it is

    @property
    def mixture_(self) -> Mixture:
        """The fitted `Mixture`: information criteria, pictures, files and more.

        Attributes that were set or changed by hand count: `precisions_cholesky_`, where it was,
        before `covariances_`.
        """
        check_is_fitted(self)
        fitted: Mixture | None = getattr(self, "_fitted", None)
        changed = [
            name
            for name in _DEFINING
            if hasattr(self, name)
            and (fitted is None or not _shows(getattr(self, name), fitted, name))
        ]
        if fitted is not None and not changed:
            return fitted
        covariances = getattr(self, "covariances_", None)
        if covariances is None or "precisions_cholesky_" in changed:
            factors = np.asarray(self.precisions_cholesky_, dtype=np.float64)
            precisions = precisions_of(factors, self.covariance_type)
            inverted = inverse(precisions, self.covariance_type)
            # Where both agree covariances have more digits than what is inverted.
            if covariances is None or not np.allclose(covariances, inverted, rtol=1e-6, atol=0):
                covariances = inverted
        family = self.covariance_type
        return Mixture(self.weights_, self.means_, symmetric(covariances, family), family)

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
        return self.mixture_.predict(self._rows(X), n_threads=self.n_threads)

    def predict_proba(self, X: Any) -> npt.NDArray[np.floating[Any]]:
        """Give the responsibilities p(component | row).

        Parameters and errors as in `predict`.

        Returns
        -------
        ndarray of float64, shape (n_samples, n_components)
            Each row sums to 1. float32 where X is.
        """
        mixture, rows = self.mixture_, self._rows(X)
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
        mixture, rows = self.mixture_, self._rows(X)
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
            Ignored.
        sample_weight : array-like of shape (n_samples,), optional
            A weight for each row, not negative.

        Returns
        -------
        float
            sum_i w_i log p(x_i) / sum_i w_i.
        """
        del y
        mixture = self.mixture_
        return mixture.score(self._rows(X), sample_weight, n_threads=self.n_threads)

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
        if n_samples < 1:
            raise ValueError(
                f"Invalid value for 'n_samples': {n_samples} . The sampling requires at least one "
                "sample."
            )
        X, y = mixture.sample(n_samples, _random(self.random_state), n_threads=self.n_threads)
        order = np.argsort(y, kind="stable")
        return X[order], y[order]

    def _rows(self, X: Any, *, reset: bool = False) -> Matrix:
        """Read rows; the core finds NaN and infinity, and names row and column."""
        values = validate_data(self, X, reset=reset, dtype="numeric", ensure_all_finite=False)
        names = getattr(self, "feature_names_in_", None)
        return replace(as_matrix(values), names=None if names is None else tuple(names))


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
        "kmeans", "k-means++", "random" or "random_from_data": see `gaussmix.fit`. Beyond
        scikit-learn: labels (n_samples,), responsibilities (n_samples, n_components), or a
        callable that returns either, or a `Mixture`, from ``(X, n_components, random_state=...)``.
    weights_init : array-like of shape (n_components,), optional
        Weights to start from, instead of those that `init_params` gives.
    means_init : array-like of shape (n_components, n_features), optional
        Means to start from.
    precisions_init : array-like, optional
        Precisions to start from, in the shape of `precisions_`.
    random_state : int, RandomState, Generator or None, default=None
        An integer gives the same mixture each time, bit for bit, whatever the number of threads;
        None draws on NumPy's global generator.
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
        Whether an iteration of the best run gained less than tol and lost nothing.
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

    def bic(self, X: Any) -> float:
        """Give the Bayesian information criterion, -2 log L + p log n (Schwarz 1978).

        Parameters and errors as in `predict`. Smaller is better.
        """
        return self.mixture_.bic(self._rows(X), n_threads=self.n_threads)

    def aic(self, X: Any) -> float:
        """Give Akaike's information criterion, -2 log L + 2 p (Akaike 1974).

        Parameters and errors as in `predict`. Smaller is better.
        """
        return self.mixture_.aic(self._rows(X), n_threads=self.n_threads)

    def _n_parameters(self) -> int:
        return self.mixture_.n_parameters

    # To and from scikit-learn

    def to_sklearn(self) -> Any:
        """Give the same fitted mixture as a ``sklearn.mixture.GaussianMixture``.

        Raises
        ------
        NotFittedError
            Before `fit`.
        """
        check_is_fitted(self)
        other = sklearn_mixture.GaussianMixture()
        shared = {name: self.get_params()[name] for name in other.get_params()}
        if not isinstance(self.init_params, str):
            del shared["init_params"]
        if self.reg_covar is None:
            del shared["reg_covar"]
        other.set_params(**shared)
        for name in _LEARNED:
            if hasattr(self, name):
                setattr(other, name, getattr(self, name))
        return other

    @classmethod
    def from_sklearn(cls, estimator: Any) -> Self:
        """Give the same mixture as a fitted ``sklearn.mixture.GaussianMixture``.

        Raises
        ------
        TypeError
            If `estimator` is something else.
        NotFittedError
            If it is not fitted.
        """
        if not isinstance(estimator, sklearn_mixture.GaussianMixture):
            raise TypeError(f"{estimator!r} is not a sklearn.mixture.GaussianMixture")
        check_is_fitted(estimator)
        new = cls()
        theirs = estimator.get_params()
        new.set_params(**{name: theirs[name] for name in new.get_params() if name in theirs})
        for name in _LEARNED:
            if hasattr(estimator, name):
                setattr(new, name, getattr(estimator, name))
        names = getattr(estimator, "feature_names_in_", None)
        mixture = with_facts(
            new.mixture_,
            status="converged" if estimator.converged_ else "max_iter",
            n_iter=estimator.n_iter_,
            history=np.array(getattr(estimator, "lower_bounds_", [estimator.lower_bound_])),
            feature_names=None if names is None else tuple(names),
        )
        new._report(mixture, new.means_.dtype)
        return new


def mixture_to_sklearn(mixture: Mixture) -> Any:
    """Give a mixture as a fitted ``sklearn.mixture.GaussianMixture``."""
    estimator = GaussianMixture(mixture.n_components, covariance_type=mixture.covariance_type)
    estimator._report(mixture, np.float64)  # noqa: SLF001  # as its own fit does
    estimator.n_features_in_ = mixture.n_features
    if mixture.feature_names is not None:
        estimator.feature_names_in_ = np.array(mixture.feature_names, dtype=object)
    return estimator.to_sklearn()


def mixture_from_sklearn(estimator: Any) -> Mixture:
    """Give the mixture of a fitted ``sklearn.mixture.GaussianMixture``, or of one of ours."""
    own = isinstance(estimator, BaseMixture)
    return (estimator if own else GaussianMixture.from_sklearn(estimator)).mixture_


#: Attributes that say which mixture it is, and what `Mixture` calls them.
_DEFINING = {
    "weights_": "weights",
    "means_": "means",
    "covariances_": "covariances",
    "precisions_cholesky_": "precisions_cholesky",
}
#: The attributes of scikit-learn's own class.
_LEARNED = (
    *_DEFINING,
    "precisions_",
    "converged_",
    "n_iter_",
    "lower_bound_",
    "lower_bounds_",
    "n_features_in_",
    "feature_names_in_",
)


def _shows(values: Any, mixture: Mixture, name: str) -> bool:
    """Whether an attribute has the numbers that the mixture has."""
    values = np.asarray(values)
    return np.array_equal(values, getattr(mixture, _DEFINING[name]).astype(values.dtype))


def _generator(random_state: Any) -> Any:
    """What draws random numbers one after the other; NumPy's global one for None."""
    if isinstance(random_state, np.random.Generator):
        return random_state
    return check_random_state(random_state)


def _random(random_state: Any) -> Any:
    """What the functional API takes, for which None is no seed at all."""
    return random_state if isinstance(random_state, Integral) else _generator(random_state)


def _shown_dtype(rows: Matrix) -> type[np.floating[Any]]:
    """The precision of what is told of rows: single for float32, as in scikit-learn."""
    return np.float32 if rows.values.dtype == np.float32 else np.float64
