"""The methods of `Mixture` that make other distributions of it, and tell how far two differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from gaussmix import _core
from gaussmix._arrays import (
    Floats,
    as_count,
    as_floats,
    as_matrix,
    as_threads,
    check_names,
    named_columns,
    renamed,
)
from gaussmix._batches import Batches, Feed, as_batches
from gaussmix._facts import HasCourse
from gaussmix._missing import advising
from gaussmix._seeds import RandomState, seeded

from ._conditional import REMEDY, Conditional
from ._features import names_at, places_of

if TYPE_CHECKING:
    from ._distances import Bounds, Estimate


class HasParts(HasCourse):
    """What a mixture gives away of itself: marginals, conditionals, images, moments, distances.

    The results have the family of the mixture where every mixture of that family stays in it, else
    "full". With fewer features these stay: "full", "tied", "diag", "spherical", "EII", "EEI", "VEI"
    and "VEE". A posterior of variational Bayes is not handed on: the parameters are.
    """

    _model: _core.Model

    def _made(self, model: _core.Model, feature_names: tuple[str, ...] | None) -> Self:
        """Return the mixture of a model of the core."""
        raise NotImplementedError

    @property
    def _n_columns(self) -> int:
        return int(self._model.means.shape[1])

    def _places(self, features: Any, argument: str) -> list[int]:
        return places_of(features, self._feature_names, self._n_columns, argument)

    # Distributions made of it

    def marginal(self, features: Any) -> Self:
        """Return the mixture of some features.

        Parameters
        ----------
        features : sequence of int or str, or one of them
            Features by number, from 0, or by name, in the order wanted.

        Returns
        -------
        Mixture
            Of the same family where it stays closed, else "full": see `covariance_type`. In another
            order of all features every family stays.

        Raises
        ------
        ValueError
            If there is no such feature, or one occurs twice.
        """
        places = self._places(features, "features")
        if not places:
            raise ValueError("features is empty: give at least one")
        return self._made(
            _core.marginal(self._model, places), names_at(self._feature_names, places)
        )

    def condition(
        self,
        known: Mapping[Any, float] | None = None,
        *,
        given: Any = None,
        values: npt.ArrayLike | None = None,
    ) -> Self:
        """Return the mixture of the other features, given values of some.

        Parameters
        ----------
        known : mapping from int or str to float, optional
            The known value of each given feature: ``m.condition({"waiting": 70})``.
        given, values : optional
            The same apart: ``m.condition(given=[1], values=[70])``.

        Returns
        -------
        Mixture
            Of the other features in their order. Of the same family where it stays closed under
            dropping features, else "full".

        Raises
        ------
        TypeError
            Unless either `known` or both others are given.
        ValueError
            If there is no such feature, none is left, or a value is not finite.

        See Also
        --------
        conditional : The same for many rows at once.
        """
        if known is not None and (given is not None or values is not None):
            raise TypeError("give either known or given and values, not all of them")
        if known is not None:
            given, values = list(known), [known[feature] for feature in known]
        elif given is None or values is None:
            raise TypeError("give known, as {feature: value}, or both given and values")
        places = self._places(given, "given")
        row = np.atleast_1d(as_floats(values, "values"))
        if row.shape != (len(places),):
            raise ValueError(
                f"values has shape {row.shape}, expected ({len(places)},): one for each of given"
            )
        core = _core.Conditional(self._model, places)
        return self._made(core.at(row), names_at(self._feature_names, core.target))

    def conditional(
        self, X: Any, given: Any = None, *, n_threads: int | None = None
    ) -> Conditional:
        """Return the distribution of the other features given some features of many rows.

        Parameters
        ----------
        X : array-like of shape (n_rows, g)
            The given features of each row, in the order of `given`. Where some of them are
            missing, `impute` gives the means of all that is: with NaN for the other features, too.
        given : sequence of int or str, optional
            Which features they are; by default those that the columns of a table are named after.
        n_threads : int, optional
            Threads to use; by default OMP_NUM_THREADS, else the CPUs of this process.

        Returns
        -------
        Conditional
            ``c.mean()``, ``c.covariance()``, ``c.weights``, ``c.quantile(0.9)``,
            ``c.score_samples(Y)`` and ``c.sample()``.

        Raises
        ------
        ValueError
            If there is no such feature, none is left, or X has other columns.
        """
        if as_batches(X) is not None:
            raise TypeError(
                "X is in batches, and a Conditional holds its rows: call conditional for each"
            )
        with advising(REMEDY):
            rows = as_matrix(X)
        if given is None:
            if rows.names is None or self._feature_names is None:
                raise ValueError(
                    "given is missing, and columns or mixture have no names to tell: give the "
                    "features that X has, as given=[0, 2]"
                )
            given = rows.names
        places = self._places(given, "given")
        if rows.values.shape[1] != len(places):
            raise ValueError(
                f"X has {rows.values.shape[1]} columns, but given has {len(places)} features: give "
                "one column for each"
            )
        names = names_at(self._feature_names, places)
        if names is not None and rows.names is not None:
            check_names(rows, names)
        core = _core.Conditional(self._model, places)
        return Conditional(core, rows, places, self._feature_names, as_threads(n_threads))

    def impute(
        self,
        X: Any,
        *,
        return_covariance: bool = False,
        n_draws: int | None = None,
        random_state: RandomState = None,
        n_threads: int | None = None,
    ) -> Any:
        """Return rows with their missing values filled in, by what each row has.

        Parameters
        ----------
        X : array-like of shape (n_rows, d), or Batches
            The rows. NaN, pandas' NA, null cells and masked entries are missing values, however the
            mixture was made. For `Batches`, the result is an iterator with one result per batch.
        return_covariance : bool, default=False
            Whether to return the covariance of each row given what it has, too.
        n_draws : int, optional
            Draw the missing values of each row this many times instead of taking their mean:
            multiple imputation (Rubin 1987).
        random_state : optional
            Of the draws, as in `gaussmix.fit`: the same integer gives the same numbers, whatever
            the number of threads; more draws leave the first ones as they are.
        n_threads : int, optional
            Threads to use; by default OMP_NUM_THREADS, else the CPUs of this process.

        Returns
        -------
        filled : ndarray of float64, shape (n_rows, d), or (n_draws, n_rows, d)
            The rows; missing values are sum_k p(k | x_o) (mu_k,m + B_k (x_o - mu_k,o)), where o
            are the features that the row has, m the others and B_k = Sigma_k,mo Sigma_k,oo^-1
            (Ghahramani and Jordan 1994).
        covariance : ndarray of float64, shape (n_rows, d, d)
            Only with `return_covariance`: within and between components; 0 where a value is there.

        Raises
        ------
        ValueError
            If X has infinity, other columns than the mixture, or missing values where the mixture
            has a background; or if options do not go together.
        """
        if n_draws is None and random_state is not None:
            raise ValueError("random_state is of draws: say how many with n_draws")
        if n_draws is not None and return_covariance:
            raise ValueError("return_covariance is of means: leave out n_draws")
        threads = as_threads(n_threads)
        draws = None if n_draws is None else as_count(n_draws, "n_draws")

        def filled(rows: npt.NDArray[Any], seed: int, first_row: int) -> Any:
            if not len(rows):  # a batch may have none
                d = self._n_columns
                nothing = np.empty((0, d) if draws is None else (draws, 0, d))
                return (nothing, np.empty((0, d, d))) if return_covariance else nothing
            if draws is not None:
                return _core.draw_missing(self._model, rows, draws, seed, first_row, threads)
            if return_covariance:
                return _core.impute_with_covariances(self._model, rows, threads)
            return _core.impute(self._model, rows, threads)

        batches = as_batches(X)
        if batches is not None:
            with seeded(random_state) as seed:
                return _in_turn(batches, self, seed, filled)
        matrix = as_matrix(X, missing=True)
        check_names(matrix, self._feature_names)
        with seeded(random_state) as seed, named_columns(matrix.names):
            return filled(matrix.values, seed, 0)

    def transform(self, A: npt.ArrayLike, b: npt.ArrayLike | None = None) -> Self:
        """Return the mixture of A x + b.

        Parameters
        ----------
        A : array-like of shape (m, d)
            A matrix with linearly independent rows; (d,) for a single row.
        b : array-like of shape (m,), optional
            By default zeros.

        Returns
        -------
        Mixture
            Of the same family where it stays closed, else "full". Every family stays if A
            exchanges features, turns signs and scales all alike. If A selects features and scales
            them apart "full", "tied", "diag", "EEI", "VEI" and "VEE" stay, and "EVI" and "EVV" if
            it drops none; for any other A "full", "tied" and "VEE" stay, and "EVV" if A is square.

        Raises
        ------
        ValueError
            If the shapes disagree, a number is not finite, or rows of A depend on each other.
        """
        matrix = np.atleast_2d(as_floats(A, "A"))
        if matrix.ndim != 2 or matrix.shape[1] != self._n_columns:
            raise ValueError(
                f"A has shape {np.shape(A)}, expected (m, {self._n_columns}): one column for each "
                "feature"
            )
        m = len(matrix)
        shift = np.zeros(m) if b is None else np.atleast_1d(as_floats(b, "b"))
        if shift.shape != (m,):
            raise ValueError(f"b has shape {shift.shape}, expected ({m},): A has {m} rows")
        return self._made(_core.transform(self._model, matrix, shift), None)

    def merge(self, i: int, j: int) -> Self:
        """Return the mixture in which components i and j are one.

        The new component has their weight, mean and covariance and the lower number; weight, mean
        and covariance of the whole stay.

        Parameters
        ----------
        i, j : int
            Two components, counted from 0.

        Returns
        -------
        Mixture
            With one component less; "full", unless there is one feature.

        Raises
        ------
        ValueError
            If there is no such component, or both are the same.
        """
        model = _core.merge_components(self._model, as_count(i, "i"), as_count(j, "j"))
        return self._made(model, self._feature_names)

    # Moments, and numbers on a line

    def mean(self) -> Floats:
        """Return the mean of the whole, shape (d,). Read-only."""
        return _core.mean(self._model)

    def covariance(self) -> Floats:
        """Return the covariance of the whole, within and between components, (d, d). Read-only."""
        return _core.covariance(self._model)

    def cdf(self, x: npt.ArrayLike, *, n_threads: int | None = None) -> Floats:
        """Return the probability of at most x, for a mixture of one feature.

        Parameters
        ----------
        x : array-like
            Numbers, also infinite ones.
        n_threads : int, optional
            As in `predict`.

        Returns
        -------
        ndarray of float64, of the shape of x
            P(X <= x). Small ones keep their digits.

        Raises
        ------
        ValueError
            If there are several features (take `marginal` first), or x has NaN.
        """
        values = as_floats(x, "x")
        found = _core.cdf(self._model, np.ravel(values), as_threads(n_threads))
        return found.reshape(values.shape)

    def quantile(self, q: npt.ArrayLike, *, n_threads: int | None = None) -> Floats:
        """Return quantiles of a mixture of one feature: the inverse of `cdf`.

        Parameters
        ----------
        q : array-like
            Probabilities from 0 to 1.
        n_threads : int, optional
            As in `predict`.

        Returns
        -------
        ndarray of float64, of the shape of q
            Minus infinity for 0, infinity for 1.

        Raises
        ------
        ValueError
            If there are several features, or a probability is out of range.
        """
        values = as_floats(q, "q")
        with renamed({"p": "q"}):
            found = _core.quantiles(self._model, np.ravel(values), as_threads(n_threads))
        return found.reshape(values.shape)

    # Uncertainty and distances

    @property
    def _plain(self) -> _core.Model:
        """The model whose densities are those of the parameters, without a posterior."""
        model = self._model
        if model.noise is not None:
            raise ValueError(
                "the mixture has a background, which is no Gaussian: leave it out, and "
                "divide the weights of the components by their sum"
            )
        if model.posterior is None:
            return model
        return _core.Model(model.weights, model.means, model.covariances, model.covariance_type)

    def entropy(
        self,
        n_samples: int = 100_000,
        random_state: RandomState = None,
        *,
        n_threads: int | None = None,
    ) -> Estimate:
        """Return the entropy, -E log p(x), in nats, by sampling.

        Parameters
        ----------
        n_samples : int, default=100_000
            The number of rows to draw, at least 2.
        random_state : optional
            As in `gaussmix.fit`.
        n_threads : int, optional
            As in `predict`.

        Returns
        -------
        Estimate
            A float with its `standard_error`; exact, with 0, for one component.

        See Also
        --------
        entropy_bounds : Bounds without sampling.
        """
        from ._distances import entropy

        with seeded(random_state) as seed:
            return entropy(self._plain, _n_drawn(n_samples), seed, as_threads(n_threads))

    def entropy_bounds(self) -> Bounds:
        """Return numbers that the entropy lies between, in closed form.

        Pairwise distances between components: Bhattacharyya's below, Kullback-Leibler's above. They
        meet where components are far apart or alike.

        Returns
        -------
        Bounds
            (lower, upper).

        References
        ----------
        A. Kolchinsky and B. D. Tracey (2017), Estimating mixture entropy with pairwise distances.
        Entropy 19, 361.
        """
        from ._distances import entropy_bounds

        return entropy_bounds(self._plain)

    def kl_divergence(
        self,
        other: HasParts,
        n_samples: int = 100_000,
        random_state: RandomState = None,
        *,
        n_threads: int | None = None,
    ) -> Estimate:
        """Return the Kullback-Leibler divergence of another mixture from this one, by sampling.

        E log p(x) / q(x) for x from this mixture, p, where q is the other: what each row costs if
        it is described by the other, in nats. It is not symmetric.

        Parameters
        ----------
        other : Mixture
            A mixture of the same features.
        n_samples : int, default=100_000
            The number of rows to draw, at least 2.
        random_state : optional
            As in `gaussmix.fit`.
        n_threads : int, optional
            As in `predict`.

        Returns
        -------
        Estimate
            A float with its `standard_error`; exact, with 0, for one component each. Sampling may
            make it negative where the mixtures are nearly alike.

        Raises
        ------
        TypeError
            If `other` is no mixture.
        ValueError
            If it has other features.
        """
        from ._distances import kl_divergence

        theirs = self._comparable(other)
        with seeded(random_state) as seed:
            return kl_divergence(
                self._plain, theirs, _n_drawn(n_samples), seed, as_threads(n_threads)
            )

    def kl_bounds(self, other: HasParts) -> Bounds:
        """Return numbers that `kl_divergence` lies between, in closed form.

        Parameters
        ----------
        other : Mixture
            A mixture of the same features.

        Returns
        -------
        Bounds
            (lower, upper), neither negative.

        Raises
        ------
        TypeError
            If `other` is no mixture.
        ValueError
            If it has other features.

        References
        ----------
        J. R. Hershey and P. A. Olsen (2007), Approximating the Kullback Leibler divergence between
        Gaussian mixture models. ICASSP 2007, IV, 317-320.

        J.-L. Durrieu, J.-P. Thiran and F. Kelly (2012), Lower and upper bounds for approximation of
        the Kullback-Leibler divergence between Gaussian mixture models. ICASSP 2012, 4833-4836.
        """
        from ._distances import kl_bounds

        return kl_bounds(self._plain, self._comparable(other))

    def _comparable(self, other: HasParts) -> _core.Model:
        """Return the model of a mixture of the same features."""
        if not isinstance(other, HasParts):
            raise TypeError(f"other={other!r} must be a Mixture")
        if other._n_columns != self._n_columns:
            raise ValueError(
                f"other has {other._n_columns} features, this mixture has {self._n_columns}: give "
                "mixtures of the same features"
            )
        same_names(self._feature_names, other._feature_names, "other")
        return other._plain


def same_names(
    mine: tuple[str, ...] | None, theirs: tuple[str, ...] | None, argument: str
) -> tuple[str, ...] | None:
    """Return the names that two mixtures have; one without names agrees with any."""
    if mine is not None and theirs is not None and mine != theirs:
        raise ValueError(
            f"{argument} has features {list(theirs)} where others are {list(mine)}: give mixtures "
            "of the same features in the same order"
        )
    return mine if theirs is None else theirs


def _n_drawn(n_samples: Any) -> int:
    count = as_count(n_samples, "n_samples")
    if count < 2:
        raise ValueError(f"n_samples={count} must be at least 2, to tell the standard error")
    return count


def _in_turn(
    batches: Batches,
    mixture: HasParts,
    seed: int,
    filled: Callable[[npt.NDArray[Any], int, int], Any],
) -> Iterator[Any]:
    """Yield batches with their missing values filled in, in order."""
    first_row, i = 0, 0
    with Feed(batches, mixture, missing=True) as feed:
        while (batch := feed(i)) is not None:
            yield filled(batch[0], seed, first_row)
            first_row += len(batch[0])
            i += 1
