"""A Gaussian mixture: its parameters, how it was fitted, and its use on data."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from gaussmix import _core
from gaussmix._arrays import (
    as_count,
    as_floats,
    as_name,
    as_path,
    as_threads,
    as_weights,
    named_columns,
    renamed,
)
from gaussmix._batches import as_batches, check_no_weights, of_batches
from gaussmix._covariance import FAMILIES, precisions_of, without_rounding
from gaussmix._facts import FitFacts, facts_of
from gaussmix._noise import Noise, as_noise, noise_of
from gaussmix._posterior import Posterior
from gaussmix._seeds import RandomState, seeded
from gaussmix.parts._methods import HasParts

from ._scores import ScoresRows, takes_holes
from ._text import table, title

if TYPE_CHECKING:
    from gaussmix._merging import MergedClusters

Floats = npt.NDArray[np.float64]


class Mixture(ScoresRows, HasParts):
    """A mixture of Gaussians.

    Made by `fit` and `load`, or from known parameters.

    Parameters
    ----------
    weights : array-like of shape (K,)
        Mixing proportions: not negative, summing to 1.
    means : array-like of shape (K, d)
        The mean of each component.
    covariances : array-like
        Symmetric, except for rounding, and positive definite, of shape (K, d, d) for "full", (d, d)
        for "tied", (K, d) for "diag" (variances) and (K,) for "spherical" (variances). Each other
        family has the shape of one of these: "EII" that of "spherical", "EEI", "VEI" and "EVI" that
        of "diag", the others that of "full".
    covariance_type : str, default="full"
        The covariance family, or mclust's code of it.
    noise : Noise, optional
        A uniform background; its weight and those of the components sum to 1.

    Raises
    ------
    ValueError
        If shapes disagree, a number is not finite, weights do not sum to 1, or a covariance is not
        symmetric and positive definite.

    Examples
    --------
    >>> import gaussmix
    >>> m = gaussmix.Mixture([0.5, 0.5], [[0.0], [4.0]], [1.0, 1.0], covariance_type="spherical")
    >>> m.predict([[0.3], [3.9]])
    array([0, 1])
    """

    _model: _core.Model
    _facts: FitFacts
    _feature_names: tuple[str, ...] | None

    def __init__(
        self,
        weights: npt.ArrayLike,
        means: npt.ArrayLike,
        covariances: npt.ArrayLike,
        covariance_type: str = "full",
        *,
        noise: Noise | None = None,
    ) -> None:
        arrays = (
            as_floats(weights, "weights"),
            as_floats(means, "means"),
            without_rounding(covariances),
        )
        family = as_name(covariance_type, "covariance_type", FAMILIES)
        _check_shapes(*arrays, family)
        self._adopt(_core.Model(*arrays, family, noise=_as_known(noise)), FitFacts(), None)

    def _adopt(
        self, model: _core.Model, facts: FitFacts, feature_names: tuple[str, ...] | None
    ) -> None:
        """Hold a model of the core."""
        facts.history.flags.writeable = False
        facts.pairs.flags.writeable = False
        self._model = model
        self._facts = facts
        self._feature_names = feature_names
        self._weights = model.weights
        self._means = model.means
        self._covariances = model.covariances

    def _made(self, model: _core.Model, feature_names: tuple[str, ...] | None) -> Self:
        mixture = type(self).__new__(type(self))
        mixture._adopt(  # noqa: SLF001  # a constructor
            model, FitFacts(missing=self._facts.missing), feature_names
        )
        return mixture

    # Parameters

    @property
    def weights(self) -> Floats:
        """Mixing proportions, shape (K,), summing to 1 with `noise_weight`. Read-only."""
        return self._weights

    @property
    def noise(self) -> Noise | None:
        """The uniform background; None if there is none."""
        return noise_of(self._model.noise)

    @property
    def noise_weight(self) -> float:
        """The share of the rows that belong to the background; 0 if there is none."""
        return 0.0 if self._model.noise is None else self._model.noise[0]

    @property
    def means(self) -> Floats:
        """Means, shape (K, d). Read-only."""
        return self._means

    @property
    def covariances(self) -> Floats:
        """Covariances in the shape of the family: (K, d, d), (d, d), (K, d) or (K,). Read-only."""
        return self._covariances

    @property
    def precisions(self) -> Floats:
        """Inverse covariances, in the same shape."""
        return precisions_of(self.precisions_cholesky, self.covariance_type)

    @property
    def precisions_cholesky(self) -> Floats:
        """Factors of the precisions, in the same shape. Read-only.

        Upper triangular U with precision U U^T for "full" and "tied", as scikit-learn has them;
        inverse standard deviations for "diag" and "spherical".
        """
        return self._model.precisions_cholesky

    def variances(self) -> Floats:
        """Return the variance of each feature in each component, shape (K, d). Read-only."""
        return self._model.variances

    def standard_deviations(self) -> Floats:
        """Return the standard deviation of each feature in each component, shape (K, d)."""
        return np.sqrt(self.variances())

    def covariance_matrix(self, k: int, features: Sequence[int] | None = None) -> Floats:
        """Return the covariance of a component as a matrix, whatever the family.

        Parameters
        ----------
        k : int
            The component, counted from 0.
        features : sequence of int, optional
            The m features that matter, counted from 0; by default all.

        Returns
        -------
        ndarray of float64, shape (m, m)
            Read-only.

        Raises
        ------
        ValueError
            If there is no such component or feature.
        """
        chosen = range(self.n_features) if features is None else features
        indices = [as_count(feature, "features") for feature in chosen]
        return self._model.covariance_matrix(as_count(k, "k"), indices)

    @property
    def covariance_type(self) -> str:
        """The covariance family: "full", "tied", "diag", "spherical", or mclust's code."""
        return self._model.covariance_type

    @property
    def n_components(self) -> int:
        """The number of components, K."""
        return int(self._means.shape[0])

    @property
    def n_features(self) -> int:
        """The number of features, d."""
        return int(self._means.shape[1])

    @property
    def n_parameters(self) -> int:
        """The number of free parameters, as BIC and AIC count them."""
        return self._model.n_parameters

    @property
    def posterior(self) -> Posterior | None:
        """The posterior of a fit by variational Bayes; None for any other mixture.

        A mixture with a posterior scores rows as `BayesianGaussianMixture` does, by the expected
        logarithms of weights and densities, and `save` keeps it. Model files of format 1 have
        parameters only.
        """
        found = self._model.posterior
        return None if found is None else Posterior(*found)

    def sample(
        self,
        n_samples: int = 1,
        random_state: RandomState = None,
        *,
        n_threads: int | None = None,
    ) -> tuple[Floats, npt.NDArray[np.int64]]:
        """Draw rows from the mixture.

        Parameters
        ----------
        n_samples : int, default=1
            The number of rows.
        random_state : optional
            As in `gaussmix.fit`: the same integer gives the same rows, whatever the number of
            threads.
        n_threads : int, optional
            As in `predict`.

        Returns
        -------
        X : ndarray of float64, shape (n_samples, d)
            The rows.
        labels : ndarray of int64, shape (n_samples,)
            The component that each row was drawn from. Rows of a background, -1, fill a box of its
            volume along the features, about the mean of the components and with sides in
            proportion to the standard deviations under them: the place of the volume is no
            parameter.
        """
        count = as_count(n_samples, "n_samples")
        if count < 1:
            raise ValueError(f"n_samples={count} must be at least 1")
        with seeded(random_state) as seed:
            return self._model.sample(count, seed, as_threads(n_threads))

    def merge_clusters(
        self,
        X: Any,
        *,
        sample_weight: npt.ArrayLike | None = None,
        n_threads: int | None = None,
    ) -> MergedClusters:
        """Merge components into clusters by entropy (Baudry et al. 2010).

        A cluster that is not Gaussian has several components. Each step merges the two clusters
        whose union lowers the entropy of the assignment of rows most.

        Parameters
        ----------
        X : array-like of shape (n_rows, d), or Batches
            The rows that it was fitted to; `Batches` are read once for each merge.
        sample_weight : array-like of shape (n_rows,), optional
            A weight for each row.
        n_threads : int, optional
            As in `predict`.

        Returns
        -------
        MergedClusters
            The tree: ``labels(3)``, ``predict(X, 3)``; `gaussmix.plot.MergeDisplay` draws it.

        References
        ----------
        J.-P. Baudry, A. E. Raftery, G. Celeux, K. Lo and R. Gottardo (2010), Combining mixture
        components for clustering. Journal of Computational and Graphical Statistics 19, 332-353.
        """
        from gaussmix._merging import Part, merged

        threads = as_threads(n_threads)
        batches = as_batches(X)

        def part_of(rows: npt.NDArray[Any], weights: Floats | None) -> Part:
            own = np.ones(len(rows)) if weights is None else weights
            return self._model.predict_proba(rows, threads), own

        if batches is not None:
            check_no_weights(sample_weight)
            none = np.empty((0, self.n_components)), np.empty(0)
            holes = takes_holes(self)
            return merged(self, lambda: of_batches(batches, self, part_of, none, missing=holes))
        matrix = self._matrix(X)
        with named_columns(matrix.names):
            part = part_of(matrix.values, as_weights(sample_weight))
        if len(part[0]) != len(part[1]):
            raise ValueError(
                f"sample_weight has {len(part[1])} weights, but X has {len(part[0])} rows"
            )
        return merged(self, lambda: [part])

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the mixture to a file in the safetensors layout; read it with `gaussmix.load`.

        The file is written beside `path` and then renamed, so that it is never incomplete.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        self._model.save(
            as_path(path),
            self.status,
            self.n_iter,
            self.history,
            [(event.iteration, event.component, event.act) for event in self.events],
            list(self.collapsed),
            list(self._feature_names or ()),
            self._facts.missing,
        )

    # To and from scikit-learn

    def to_sklearn(self) -> Any:
        """Return the same mixture as a fitted ``sklearn.mixture.GaussianMixture``.

        Raises
        ------
        ImportError
            If scikit-learn is not installed.
        ValueError
            If the mixture has a posterior or a background, for which that estimator has no place.
        """
        from gaussmix.estimators._convert import as_sklearn

        return as_sklearn(self)

    @classmethod
    def from_sklearn(cls, estimator: Any) -> Mixture:
        """Return the mixture of a fitted ``GaussianMixture``, scikit-learn's or ours.

        Raises
        ------
        TypeError
            If `estimator` is something else.
        sklearn.exceptions.NotFittedError
            If it is not fitted.
        """
        from gaussmix.estimators._convert import course_of, parameters_of

        if hasattr(type(estimator), "mixture_"):  # ours
            own: Mixture = estimator.mixture_
            return own
        parameters = parameters_of(estimator)
        with renamed({name: f"{name}_" for name in parameters}):
            mixture = cls(**parameters, covariance_type=estimator.covariance_type)
        return with_facts(mixture, **course_of(estimator))

    # Python protocols

    def __eq__(self, other: object) -> bool:
        """Return whether both have the same family, parameters and posterior, to the last bit."""
        if not isinstance(other, Mixture):
            return NotImplemented
        mine, theirs = self._compared(), other._compared()
        return (
            self.covariance_type == other.covariance_type
            and len(mine) == len(theirs)
            and all(map(np.array_equal, mine, theirs))
        )

    def __hash__(self) -> int:
        return hash((self.covariance_type, tuple(self._weights.tolist())))

    def _parameters(self) -> tuple[Floats, Floats, Floats]:
        return self._weights, self._means, self._covariances

    def _compared(self) -> tuple[Floats, ...]:
        noise = self.noise
        known = () if noise is None else (np.array(noise.numbers()),)
        return self._parameters() + (self._model.posterior or ()) + known

    def __copy__(self) -> Mixture:
        return self  # immutable

    def __deepcopy__(self, memo: dict[int, Any]) -> Mixture:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        facts = self._facts
        return (
            _restore,
            (
                *self._parameters(),
                self.covariance_type,
                facts,
                self._feature_names,
                self._model.posterior,
                self._model.noise,
            ),
        )

    def __repr__(self) -> str:
        return "\n".join([title(self), *table(self)])

    def _repr_html_(self) -> str:
        """Return a table with pictures of the components, for notebooks."""
        from ._html import mixture_html

        return mixture_html(self, title(self))


def _restore(
    weights: Floats,
    means: Floats,
    covariances: Floats,
    covariance_type: str,
    facts: FitFacts,
    feature_names: tuple[str, ...] | None,
    posterior: _core.PosteriorArrays | None = None,
    noise: Any = None,
) -> Mixture:
    if noise is not None and len(noise) == 2:  # before its box was kept
        noise = (*noise, [], [])
    model = _core.Model(weights, means, covariances, covariance_type, posterior, noise)
    return make_mixture(model, facts, feature_names)


def make_mixture(
    model: _core.Model, facts: FitFacts, feature_names: tuple[str, ...] | None
) -> Mixture:
    """Wrap a model of the core."""
    mixture = Mixture.__new__(Mixture)
    mixture._adopt(model, facts, feature_names)  # noqa: SLF001  # a constructor beside the class
    return mixture


def core_model(mixture: Mixture) -> _core.Model:
    """Return the core's object behind a mixture."""
    return mixture._model  # noqa: SLF001


def with_facts(mixture: Mixture, **changes: Any) -> Mixture:
    """Return the same mixture with other fields of `FitFacts`, or other feature_names."""
    names = changes.pop("feature_names", mixture.feature_names)
    return make_mixture(mixture._model, replace(mixture._facts, **changes), names)  # noqa: SLF001


def rank(mixture: Mixture) -> tuple[bool, float]:
    """Return the sort key of a fit among fits of the same rows: the largest is the best."""
    return not mixture.degenerate, float(mixture.history[-1])


def posterior_mixture(
    weights: npt.ArrayLike,
    means: npt.ArrayLike,
    covariances: npt.ArrayLike,
    covariance_type: str,
    posterior: tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike],
) -> Mixture:
    """Make a mixture with a posterior, by which it scores rows as variational Bayes does."""
    plain = Mixture(weights, means, covariances, covariance_type)
    arrays = [
        as_floats(part, name)
        for part, name in zip(
            posterior, ("weight_concentration", "mean_precision", "degrees_of_freedom"), strict=True
        )
    ]
    return _restore(
        *plain._parameters(),  # noqa: SLF001
        covariance_type,
        FitFacts(),
        None,
        (arrays[0], arrays[1], arrays[2]),
    )


def plain_mixture(mixture: Mixture) -> Mixture:
    """Return the same mixture without a posterior."""
    *arguments, _, _ = mixture.__reduce__()[1]
    return _restore(*arguments)


def posterior_of(mixture: Mixture) -> _core.PosteriorArrays | None:
    """Return concentration, mean precision and degrees of freedom of variational Bayes."""
    return mixture._model.posterior  # noqa: SLF001


def load(path: str | os.PathLike[str]) -> Mixture:
    """Read a mixture that `Mixture.save` wrote.

    Nothing in the file is executed or trusted: a damaged file raises an error.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    Mixture
        Equal to the one saved, with the course of its fit.

    Raises
    ------
    ValueError
        If the file is not a valid model file.
    OSError
        If it cannot be read.
    """
    model, facts, names = _core.load(as_path(path))
    return make_mixture(model, facts_of(facts), tuple(names) or None)


def _as_known(noise: Any) -> _core.NoiseNumbers | None:
    """Return the background of a mixture as the core takes it: all but perhaps its box."""
    if noise is not None and not isinstance(noise, Noise):
        raise TypeError(f"noise={noise!r} must be a gaussmix.Noise or None")
    numbers = as_noise(noise)
    if numbers is None:
        return None
    weight, log_volume, middle, log_widths = numbers
    if log_volume is None and log_widths:
        log_volume = sum(log_widths)
    if weight is None or log_volume is None:
        raise ValueError(f"noise={noise!r} of a mixture needs both weight and log_volume")
    return weight, log_volume, middle, log_widths


def _check_shapes(
    weights: Floats, means: Floats, covariances: Floats, covariance_type: str
) -> None:
    if means.ndim != 2 or 0 in means.shape:
        remedy = ": use numpy.reshape(means, (-1, 1)) for one feature" if means.ndim == 1 else ""
        raise ValueError(
            f"means has shape {means.shape}, expected (n_components, n_features){remedy}"
        )
    k, d = means.shape
    if weights.shape != (k,):
        raise ValueError(
            f"weights has shape {weights.shape}, expected ({k},) as means has {k} rows: give the "
            "share of each component"
        )
    shape = _core.covariances_shape(covariance_type, k, d)
    if covariances.shape != shape:
        fitting = [
            repr(f) for f in FAMILIES if _core.covariances_shape(f, k, d) == covariances.shape
        ]
        either = " or ".join(filter(None, [", ".join(fitting[:-1]), *fitting[-1:]]))
        remedy = f", which is that of {either}" if fitting else ""
        raise ValueError(
            f"covariances has shape {covariances.shape}{remedy}, expected {shape} "
            f"for covariance_type={covariance_type!r}"
        )
