"""The base of the mixture estimators: starts, runs, fitted attributes, use on data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from numbers import Integral
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, DensityMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_array, check_random_state
from sklearn.utils.validation import check_is_fitted

from gaussmix import _core
from gaussmix._arrays import (
    Floats,
    Matrix,
    as_count,
    as_matrix,
    as_name,
    as_real,
    as_weights,
    renamed,
)
from gaussmix._covariance import FAMILIES
from gaussmix._facts import Event
from gaussmix._fit import fit
from gaussmix._geometry import shares
from gaussmix._index import warn_of_index
from gaussmix._missing import as_missing
from gaussmix._mixture import Mixture, rank, with_facts
from gaussmix._progress import Callback
from gaussmix._seeds import legacy_random_state
from gaussmix._warnings import warn

from ._convert import (
    FACTORS,
    PARAMETERS,
    as_dtype,
    course_of,
    covariances_of,
    identity_of,
    story_of,
)
from ._features_in import check_features, keep_features
from ._given import beyond, mixture_of
from ._ignored import warn_of_weights
from ._watch import VerboseLines, Watch

#: Attributes beyond those of scikit-learn's estimators.
_BEYOND = ("status_", "events_", "degenerate_")


class BaseMixture(DensityMixin, BaseEstimator):
    """The base of the mixture estimators: starts, runs, fitted attributes, use on data.

    A subclass has the parameters below as attributes, and returns its own in `_fit_options`.
    """

    n_components: int
    covariance_type: str
    tol: float
    reg_covar: float | None
    max_iter: int
    n_init: int
    init_params: Any
    random_state: Any
    warm_start: bool
    verbose: int
    verbose_interval: int
    n_threads: int | None
    strict: bool
    callback: Callback | None
    progress: bool
    missing: str

    #: The class of scikit-learn that it replaces.
    _theirs: type[Any]
    #: Arguments of `gaussmix.fit` that have another name here.
    _shown: Mapping[str, str] = {"init": "init_params"}

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.missing == "em"
        return tags

    def _fit_options(self) -> dict[str, Any]:
        """Return the options of `gaussmix.fit` that only this estimator has."""
        raise NotImplementedError

    def _run(
        self, rows: Matrix, sample_weight: npt.ArrayLike | None, init: Any, **options: Any
    ) -> Mixture:
        """Fit from `init`; `options` are n_init, max_iter, random_state and callback."""
        own = self._fit_options()
        if not options["max_iter"] and not isinstance(init, Mixture):
            own.pop("fixed", None)  # this run only makes the start that they are of
            own.pop("bounds", None)
        return fit(
            rows,
            self.n_components,
            covariance_type=self.covariance_type,
            sample_weight=sample_weight,
            init=init,
            tol=self.tol,
            reg_covar=self.reg_covar,
            strict=self.strict,
            acceleration="classic",
            n_threads=self.n_threads,
            progress=self.progress and bool(options["max_iter"]),
            missing=self.missing,
            **own,
            **options,
        )

    def _given(self, n_features: int) -> dict[str, Floats]:
        """Check and return the parameters of the start that the user gave."""
        del n_features
        return {}

    # Fitting

    def fit(self, X: Any, y: Any = None, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Fit the mixture to data.

        Of `n_init` starts the one that reaches the highest log-likelihood is kept; runs with a
        collapsed component (`Mixture.degenerate`) only if there are no others. With `warm_start` a
        second call continues where the first one ended.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The data. Floats and integers of any strides are read in place.
        y : object, optional
            Ignored; weights are given as `sample_weight`.
        sample_weight : array-like of shape (n_samples,), optional
            Non-negative weights: 2 counts a row twice, 0 leaves it out.

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
            If `y` looks like weights (it is ignored), or a column has the name of an index that was
            written with the table: ``Unnamed: 0``.
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
        self._report(best, shown_dtype(rows))
        weights = as_weights(sample_weight)
        self._begin_anew(float(len(rows.values) if weights is None else weights.sum()))
        self._warn_unless_converged()
        return self

    def _begin_anew(self, weight: float) -> None:
        """Let `partial_fit` continue from this fit, whose rows have this weight."""
        self.__dict__.pop("_steps", None)
        self._weight = weight

    def _best_run(self, rows: Matrix, sample_weight: npt.ArrayLike | None) -> Mixture:
        """Run EM from each start; a callback sees all runs as one fit."""
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
        """Raise if the previous fit does not suit the present parameters and data."""
        before = self._scored
        now = {
            "n_components": (before.n_components, self.n_components),
            "covariance_type": (before.covariance_type, _core.family_name(self.covariance_type)),
            "n_features": (before.n_features, rows.values.shape[1]),
        }
        for what, (had, has) in now.items():
            if had != has:
                raise ValueError(
                    f"warm_start=True continues the previous fit, of {what}={had!r}, but now it "
                    f"is {has!r}: set warm_start=False to start afresh"
                )

    def _starts(
        self, rows: Matrix, sample_weight: npt.ArrayLike | None
    ) -> Iterator[tuple[Any, int]]:
        """Yield each start, and the number of random ones it stands for."""
        given = self._given(rows.values.shape[1])
        if len(given) == len(PARAMETERS):
            with renamed({"covariances": "the inverse of precisions_init"}):
                start = mixture_of(given, self.covariance_type)
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
                found = {name: getattr(start, name) for name in PARAMETERS}
                found["weights"] = shares(start)  # a background begins anew
                with renamed({"covariances": "the inverse of precisions_init"}):
                    start = mixture_of(found | given, self.covariance_type)
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
        """Set scikit-learn's attributes to those of a mixture."""
        self._fitted = mixture
        for name, values in (self._attributes_of(mixture) | story_of(mixture)).items():
            setattr(self, name, as_dtype(values, dtype))
        self.noise_weight_ = mixture.noise_weight
        self.status_ = mixture.status
        self.events_: tuple[Event, ...] = mixture.events
        self.degenerate_ = mixture.degenerate

    def _warn_unless_converged(self) -> None:
        if self.status_ == "max_iter" and self.n_iter_:
            last = np.diff(self.lower_bounds_[-2:])
            last_gain = ""
            if last.size:
                gained = beyond(last[0], self.tol, 2, "g")
                last_gain = f", the last of which gained {gained} (tol={self.tol})"
            why = f"max_iter={self.max_iter} iterations were done{last_gain}: raise max_iter or tol"
        elif self.status_ == "stalled":
            mended = any(event.act == "jitter" for event in self.events_)
            cause = "a component was mended: raise" if mended else "of the ridge: lower"
            why = (
                f"the lower bound came to rest below an earlier value, because {cause} "
                f"reg_covar={self.reg_covar}, or use the result as it is"
            )
        else:
            return
        warn(
            "Best performing initialization did not converge. Try different init parameters, or "
            f"increase max_iter, tol, or check for degenerate data. Here {why}.",
            ConvergenceWarning,
        )

    # The fitted mixture

    @property
    def mixture_(self) -> Mixture:
        """The fitted `Mixture`: information criteria, pictures, files and more.

        It follows attributes that were changed by hand: `precisions_cholesky_`, if changed,
        takes precedence over `covariances_`.
        """
        return self._scored

    def _attributes_of(self, mixture: Mixture) -> dict[str, Any]:
        """Return the attributes that say which mixture it is."""
        return identity_of(mixture)

    def _assembled(self, weights: Floats, means: Floats, covariances: Floats) -> Mixture:
        """Return the mixture that scores rows, from attributes that were set by hand."""
        with renamed({name: f"{name}_" for name in PARAMETERS}):
            noise = self._fitted.noise if hasattr(self, "_fitted") else None
            return Mixture(weights, means, covariances, self.covariance_type, noise=noise)

    @property
    def _scored(self) -> Mixture:
        """The mixture that scores rows, and that a warm start continues."""
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
        changed = FACTORS not in kept and hasattr(self, FACTORS)
        covariances = covariances_of(self, by_factors=changed)
        return self._assembled(self.weights_, self.means_, covariances)

    # Use on data

    def predict(self, X: Any) -> npt.NDArray[np.int64]:
        """Return the label of each row's most probable component.

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
        """Return the responsibilities p(component | row).

        Parameters and errors as in `predict`.

        Returns
        -------
        ndarray of float64, shape (n_samples, n_components)
            Each row sums to 1. float32 where X is.
        """
        mixture, rows = self._scored, self._rows(X)
        responsibilities = mixture.predict_proba(rows, n_threads=self.n_threads)
        return responsibilities.astype(shown_dtype(rows), copy=False)

    def score_samples(self, X: Any) -> npt.NDArray[np.floating[Any]]:
        """Return the log-density of each row, in nats.

        Parameters and errors as in `predict`.

        Returns
        -------
        ndarray of float64, shape (n_samples,)
            log p(x) of each row. float32 where X is.
        """
        mixture, rows = self._scored, self._rows(X)
        log_densities = mixture.score_samples(rows, n_threads=self.n_threads)
        return log_densities.astype(shown_dtype(rows), copy=False)

    def score(self, X: Any, y: Any = None, sample_weight: npt.ArrayLike | None = None) -> float:
        """Return the mean log-density per row, in nats.

        Parameters and errors as in `predict`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to score.
        y : object, optional
            Ignored; weights are given as `sample_weight`.
        sample_weight : array-like of shape (n_samples,), optional
            A weight for each row, non-negative.

        Returns
        -------
        float
            sum_i w_i log p(x_i) / sum_i w_i.

        Warns
        -----
        UserWarning
            If `y` looks like weights (it is ignored).
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
        """Read rows as `gaussmix.fit` does; refuse an empty array in scikit-learn's words."""
        rows = as_matrix(X, missing=as_missing(self.missing))
        if rows.values.size == 0:
            check_array(rows.values, estimator=self, input_name="X")
        return rows

    def _rows(self, X: Any) -> Matrix:
        """Read rows and check that they have the features of the fit."""
        rows = self._read(X)
        check_features(self, rows)
        return rows

    # To and from scikit-learn

    def to_sklearn(self) -> Any:
        """Return the same fitted mixture as scikit-learn's estimator of the same name.

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
        shared["covariance_type"] = _core.plain_family(shared["covariance_type"])
        other.set_params(**shared)
        for name, value in _learned(self).items():
            setattr(other, name, value)
        return other

    @classmethod
    def from_sklearn(cls, estimator: Any) -> Self:
        """Return the same fitted mixture as scikit-learn's estimator of the same name.

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
        mixture = with_facts(new._scored, **course_of(estimator))
        new._report(mixture, new.means_.dtype)
        return new


def _learned(estimator: Any) -> dict[str, Any]:
    """Return the fitted attributes of an estimator that scikit-learn's has, too."""
    return {
        name: value
        for name, value in vars(estimator).items()
        if name.endswith("_") and not name.startswith("_") and name not in _BEYOND
    }


def _shows(values: Any, own: Any) -> bool:
    """Return whether an attribute equals that of a mixture, to its own precision."""
    if np.ma.is_masked(values):
        return False
    values = np.asarray(values)
    return np.array_equal(values, np.asarray(own).astype(values.dtype))


def _generator(random_state: Any) -> Any:
    """Return a random state that advances with each use; NumPy's global one for None."""
    if isinstance(random_state, np.random.Generator):
        return random_state
    return check_random_state(legacy_random_state(random_state))


def _random(random_state: Any) -> Any:
    """Return a random state for the functional API, where None means a fresh seed."""
    own = Integral | np.random.SeedSequence | np.random.BitGenerator
    return random_state if isinstance(random_state, own) else _generator(random_state)


def shown_dtype(rows: Matrix) -> type[np.floating[Any]]:
    """Return the type of results for rows: single precision for float32, as in scikit-learn."""
    return np.float32 if rows.values.dtype == np.float32 else np.float64
