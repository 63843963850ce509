"""The distribution of some features given the others, for many rows."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from gaussmix import _core
from gaussmix._arrays import Floats, Matrix, as_floats, as_matrix, named_columns, renamed
from gaussmix._missing import advising
from gaussmix._seeds import RandomState, seeded

#: What rows that lack given values need.
REMEDY = "remove such rows, or fill in all that is missing with Mixture.impute"


class Conditional:
    """The distribution of the other features, the targets, given some features of many rows.

    Made by `Mixture.conditional`. For each row it is a mixture with weights, means and covariances
    of its own; nothing of size n_rows times K is kept. Rows are read when a method is called.

    Attributes
    ----------
    given : list of int
        The features that are given.
    target : list of int
        The others, m of them, ascending: the order of columns in all results.
    target_names : tuple of str or None
        Their names, if the mixture has names.
    """

    given: list[int]
    target: list[int]
    target_names: tuple[str, ...] | None

    def __init__(
        self,
        core: _core.Conditional,
        rows: Matrix,
        given: list[int],
        names: tuple[str, ...] | None,
        n_threads: int,
    ) -> None:
        self._core = core
        self._rows = rows
        self._n_threads = n_threads
        self.given = given
        self.target = core.target
        self.target_names = None if names is None else tuple(names[j] for j in self.target)

    def __repr__(self) -> str:
        n_rows = len(self._rows.values)
        targets = self.target if self.target_names is None else list(self.target_names)
        return f"Conditional: {n_rows} rows, targets {targets}"

    @property
    def weights(self) -> Floats:
        """The weight of each component given each row, p(k | x), shape (n_rows, K)."""
        with self._named():
            return self._core.weights(self._rows.values, self._n_threads)

    def mean(self) -> Floats:
        """Return the mean of the targets given each row, shape (n_rows, m).

        sum_k p(k | x) (mu_k,y + B_k (x - mu_k,x)), where B_k = Sigma_k,yx Sigma_k,xx^-1 (Bishop
        2006, section 2.3.1).
        """
        with self._named():
            return self._core.means(self._rows.values, self._n_threads)

    def variance(self) -> Floats:
        """Return the variance of each target given each row, shape (n_rows, m)."""
        with self._named():
            return self._core.variances(self._rows.values, self._n_threads)

    def standard_deviation(self) -> Floats:
        """Return the standard deviation of each target given each row, shape (n_rows, m)."""
        return np.sqrt(self.variance())

    def covariance(self) -> Floats:
        """Return the covariance of the targets given each row, shape (n_rows, m, m).

        Within components and between them.
        """
        with self._named():
            return self._core.covariances(self._rows.values, self._n_threads)

    def score_samples(self, Y: Any) -> Floats:
        """Return the log-density of targets given each row, in nats.

        Parameters
        ----------
        Y : array-like of shape (n_rows, m)
            One row of targets for each row given; (n_rows,) will do for one target.

        Returns
        -------
        ndarray of float64, shape (n_rows,)
            log p(y | x).

        Raises
        ------
        ValueError
            If Y has NaN or infinity, or another shape.
        """
        targets = self._targets(Y)
        try:
            return self._core.score_samples(self._rows.values, targets.values, self._n_threads)
        except _core.NotFiniteError as error:
            rows = self._rows.values
            in_rows = not np.isfinite(rows[error.row]).all() if error.row < len(rows) else False
            names = self._rows.names if in_rows else targets.names
            with renamed({} if in_rows else {"X": "Y"}), named_columns(names):
                raise

    def sample(self, random_state: RandomState = None) -> tuple[Floats, npt.NDArray[np.int64]]:
        """Draw the targets of each row once.

        Parameters
        ----------
        random_state : optional
            As in `gaussmix.fit`: the same integer gives the same numbers, whatever the number of
            threads.

        Returns
        -------
        Y : ndarray of float64, shape (n_rows, m)
            The targets.
        labels : ndarray of int64, shape (n_rows,)
            The component that each was drawn from.
        """
        with seeded(random_state) as seed, self._named():
            return self._core.sample(self._rows.values, seed, self._n_threads)

    def quantile(self, q: npt.ArrayLike) -> Floats:
        """Return quantiles of the one target given each row.

        Parameters
        ----------
        q : float or array-like of float
            Probabilities from 0 to 1.

        Returns
        -------
        ndarray of float64, shape (n_rows,) or (n_rows, number of q)
            The target lies below with probability q. Minus infinity for 0, infinity for 1.

        Raises
        ------
        ValueError
            If there are several targets, or a probability is out of range.
        """
        probabilities = as_floats(q, "q")
        if probabilities.ndim > 1:
            raise ValueError(f"q has shape {probabilities.shape}: give a number or a flat list")
        flat = np.atleast_1d(probabilities)
        with renamed({"p": "q"}), self._named():
            found = self._core.quantiles(self._rows.values, flat, self._n_threads)
        return found if probabilities.ndim else found[:, 0]

    @contextlib.contextmanager
    def _named(self) -> Iterator[None]:
        """Let errors name the columns of X, and what takes rows that lack values."""
        with advising(REMEDY), named_columns(self._rows.names):
            yield

    def _targets(self, Y: Any) -> Matrix:
        array = np.asarray(Y) if not hasattr(Y, "columns") else Y
        if getattr(array, "ndim", 2) == 1 and len(self.target) == 1:
            array = np.reshape(array, (-1, 1))
        return as_matrix(array, "Y")
