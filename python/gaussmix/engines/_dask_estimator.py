"""The estimator on Dask, in the manner of dask-ml and xgboost.dask."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Self

import numpy as np

from gaussmix._arrays import Matrix, renamed
from gaussmix._fit import fit
from gaussmix.estimators._features_in import keep_features
from gaussmix.estimators._gaussian import GaussianMixture as LocalGaussianMixture
from gaussmix.estimators._given import mixture_of

from . import _dask_fit as engine


class GaussianMixture(LocalGaussianMixture):
    """`gaussmix.GaussianMixture` for rows that Dask holds: see `gaussmix.dask.fit`.

    Parameters and attributes are those of `gaussmix.GaussianMixture`. X and weights are
    collections of Dask; `predict`, `predict_proba` and `score_samples` are lazy.

    Parameters
    ----------
    n_components : int, default=1
        The number of components, K.
    client : distributed.Client, optional
        By default the current client, or the scheduler that Dask is set to. It is not pickled.
    **options
        The other parameters of `gaussmix.GaussianMixture`. Starts that need all rows at once,
        such as labels and callables, are refused.

    Examples
    --------
    >>> import dask.array
    >>> import gaussmix
    >>> X = dask.array.from_array([[0.0], [0.2], [5.0], [5.2]], chunks=(2, 1))
    >>> gm = gaussmix.dask.GaussianMixture(2, random_state=0).fit(X)
    >>> gm.predict(X).compute().tolist() in ([0, 0, 1, 1], [1, 1, 0, 0])
    True
    >>> type(gm.to_local())
    <class 'gaussmix.estimators._gaussian.GaussianMixture'>
    """

    def __init__(self, n_components: int = 1, *, client: Any = None, **options: Any) -> None:
        super().__init__(n_components, **options)
        self.client = client

    @classmethod
    def _get_param_names(cls) -> list[str]:
        names: list[str] = LocalGaussianMixture._get_param_names()  # noqa: SLF001
        return sorted([*names, "client"])

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "client": None}

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Fit the mixture to rows that Dask holds.

        Parameters
        ----------
        X : dask array, dask data frame, or list of delayed blocks
            The rows, as `gaussmix.dask.fit` takes them.
        y : object, optional
            Ignored.
        sample_weight : dask array, dask series or list of delayed arrays, optional
            Non-negative weights, in the same blocks.

        Returns
        -------
        self : object
            The fitted mixture.

        Raises
        ------
        ValueError, TypeError
            As `gaussmix.dask.fit` does.

        Warns
        -----
        ConvergenceWarning
            If the run did not converge; the message has the remedy.
        """
        del y
        warm = self.warm_start and hasattr(self, "converged_")
        with renamed(self._shown):
            rows = engine.kept_rows(X, sample_weight, self.client, self.missing)
            summary = rows.summary()
            found = fit(
                replace(rows, summary=lambda: summary),
                self.n_components,
                covariance_type=self.covariance_type,
                init=self._scored if warm else self._start(),
                n_init=self.n_init,
                max_iter=self.max_iter,
                tol=self.tol,
                reg_covar=self.reg_covar,
                strict=self.strict,
                random_state=self.random_state,
                acceleration="classic",
                n_threads=self.n_threads,
                callback=self.callback,
                verbose=self.verbose,
                progress=self.progress,
                missing=self.missing,
                **self._fit_options(),
            )
        names = found.feature_names
        keep_features(self, Matrix(np.empty((0, found.n_features)), names, names))
        self._report(found, np.float64)
        self._begin_anew(summary.total_weight)
        self._warn_unless_converged()
        return self

    def _start(self) -> Any:
        """Return where the fit starts, without a look at the rows."""
        parts = (self.weights_init, self.means_init, self.precisions_init)
        if all(part is None for part in parts):
            if callable(self.init_params):
                raise TypeError(
                    "init_params is a callable, which needs all rows at once: give the name of a "
                    "start or a gaussmix.Mixture"
                )
            return self.init_params
        if any(part is None for part in parts):
            raise ValueError(
                "weights_init, means_init and precisions_init go together on Dask: give all three "
                "or none"
            )
        given = self._given(np.asarray(self.means_init).shape[-1])
        with renamed({"covariances": "the inverse of precisions_init"}):
            return mixture_of(given, self.covariance_type)

    def predict(self, X: Any) -> Any:
        """Label the rows, lazily: see `gaussmix.dask.predict`."""
        return engine.predict(self._scored, X)

    def predict_proba(self, X: Any) -> Any:
        """Return responsibilities, lazily: see `gaussmix.dask.predict_proba`."""
        return engine.predict_proba(self._scored, X)

    def score_samples(self, X: Any) -> Any:
        """Return log-densities, lazily: see `gaussmix.dask.score_samples`."""
        return engine.score_samples(self._scored, X)

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Return the mean log-density per row, in nats."""
        del y
        return engine.score(self._scored, X, sample_weight=sample_weight, client=self.client)

    def to_local(self) -> LocalGaussianMixture:
        """Return the same fitted mixture as an estimator for rows in memory."""
        params = self.get_params()
        del params["client"]
        local = LocalGaussianMixture(**params)
        for name, value in vars(self).items():
            if name not in params and name != "client":
                setattr(local, name, value)
        return local
