"""Stepwise EM (Cappé and Moulines 2009): a mixture that follows rows as they come, batch by batch.

The moments of earlier batches fade as new ones arrive, and each M-step uses their faded sum.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from . import _core
from ._arrays import (
    Floats,
    Matrix,
    as_count,
    as_matrix,
    as_real,
    as_threads,
    as_weights,
    check_names,
    named_columns,
)
from ._core_options import core_options
from ._covariance import holds_matrices
from ._facts import Event, FitFacts, facts_of
from ._fit import fit
from ._geometry import shares
from ._known import Allowed, as_allowed, as_owners, joined
from ._missing import as_missing, nan_is_missing
from ._mixture import Mixture, core_model, make_mixture, with_facts
from ._noise import Noise, as_noise
from ._prior import Prior, VariationalPrior
from ._seeds import RandomState

#: Fits the first rows: of rows, weights, what is known of them, and effort.
FirstFit = Callable[[Matrix, Floats | None, Allowed | None, str], Mixture]

#: A batch that is kept: rows, weights, and what is known of them.
_Batch = tuple[Matrix, Floats | None, Allowed | None]

_EXPONENT = 0.7  # alpha of the steps t^-alpha
_LEAST_FACTOR = 0.5  # of what is kept: a large batch leaves that much of it
_KEPT_ROWS = 5000  # rows on which the start is searched for, or ...
_KEPT_ROWS_A_COMPONENT = 100  # ... this many per component, if that is more


class Stream:
    """A mixture of rows that keep coming: each batch moves it, and need not be kept.

    The first batches are kept until there are enough rows for a search for a start, 5000 rows or
    100 K; a first mixture is available much earlier. From then on this is stepwise EM: the moments
    of batch t count for t^-0.7 of the sum and those of earlier ones for the rest, where t counts
    batches as large as the largest one so far. After a fit, its rows count as the first batch, and
    the mixture continues from its result. No component is lost to a batch that has none of its
    rows: it keeps at least half of the weight that it had.

    A stream can be pickled. Errors leave it as it was.

    Parameters
    ----------
    n_components : int, optional
        The number of components, K. May be left out when `init` is a mixture.
    covariance_type : str, optional
        As in `fit`.
    init : str or Mixture, default="kmeans"
        As in `fit`. From a mixture, the stream continues at once: see `weight`.
    weight : float, optional
        How many rows a mixture given as `init` was fitted to, or the sum of their weights; by
        default as many as a search for a start would take.
    forget : float, optional
        For data that drift: the number of rows after which a row counts half. By default rows are
        forgotten only because their moments come from earlier mixtures, and more and more slowly.
    reg_covar : float, optional
        As in `fit`; by default relative to the variances of all rows so far.
    prior : "default" or Prior, optional
        As in `fit`. What it leaves out is taken from the mixture of the first rows.
    noise : bool or Noise, optional
        As in `fit`. A volume that it leaves out is that of the first rows, and stays; by default
        the background of a mixture given as `init`.
    fixed, bounds : dict, optional
        What of a mixture given as `init` stays, and limits of the rest, as in `fit`.
    component_labels : array-like of int, shape (n_components,), optional
        The class that each component belongs to, for `labels` of `update`; as in `fit`.
    effort : {"low", "normal", "high"}, default="normal"
        How hard to search for a start once there are enough rows, as in `fit`; until then "low".
    random_state : optional
        As in `fit`, for the start.
    n_threads : int, optional
        Threads to use; by default OMP_NUM_THREADS, else the CPUs of this process. The results do
        not depend on it.
    missing : {"error", "em"}, default="error"
        "em": NaN, null cells and masked entries are missing values, as in `fit`.

    References
    ----------
    O. Cappé and E. Moulines (2009), On-line expectation-maximization algorithm for latent data
    models. Journal of the Royal Statistical Society B 71, 593-613.

    P. Liang and D. Klein (2009), Online EM for unsupervised models. NAACL-HLT 2009, 611-619.

    Examples
    --------
    >>> import numpy as np
    >>> import gaussmix
    >>> rng = np.random.default_rng(0)
    >>> stream = gaussmix.Stream(2, random_state=0)
    >>> for _ in range(20):
    ...     rows = 8 * rng.integers(1, 3, size=(200, 1)) + rng.standard_normal((200, 1))
    ...     m = stream.update(rows).mixture
    >>> sorted(m.means.ravel().round().tolist())
    [8.0, 16.0]
    """

    def __init__(
        self,
        n_components: int | None = None,
        *,
        covariance_type: str | None = None,
        init: str | Mixture = "kmeans",
        weight: float | None = None,
        forget: float | None = None,
        reg_covar: float | None = None,
        prior: str | Prior | None = None,
        noise: bool | Noise | None = None,
        fixed: Mapping[str, Any] | None = None,
        bounds: Mapping[str, Any] | None = None,
        component_labels: npt.ArrayLike | None = None,
        effort: str = "normal",
        random_state: RandomState = None,
        n_threads: int | None = None,
        missing: str = "error",
    ) -> None:
        self._takes_holes = as_missing(missing)
        start = init if isinstance(init, Mixture) else None
        if n_components is None:
            if start is None:
                raise TypeError("n_components is missing: say how many components to fit")
            n_components = start.n_components
        if covariance_type is None:
            covariance_type = "full" if start is None else start.covariance_type
        self._n_components = as_count(n_components, "n_components")
        if component_labels is not None:
            as_owners(component_labels, self._n_components)  # checks them
        self._component_labels = component_labels
        how: dict[str, Any] = {
            "reg_covar": reg_covar,
            "prior": prior,
            "noise": noise,
            "fixed": fixed,
            "bounds": bounds,
            "n_threads": n_threads,
            "missing": missing,
        }
        self._steps = Steps(
            n_components,
            covariance_type,
            first_fit=_FirstFit(n_components, covariance_type, init, random_state, how),
            forget=forget,
            reg_covar=reg_covar,
            prior=prior,
            noise=noise,
            fixed=fixed,
            bounds=bounds,
            effort=effort,
            acceleration="off",
            n_threads=n_threads,
        )
        if start is not None:
            self._steps.go_on_from(start, self._steps.enough if weight is None else weight)

    def update(
        self,
        X: Any,
        *,
        sample_weight: npt.ArrayLike | None = None,
        labels: npt.ArrayLike | None = None,
        allowed: npt.ArrayLike | None = None,
    ) -> Self:
        """Take one more batch of rows.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            Anything that `fit` takes as an array or table; of any number of rows.
        sample_weight : array-like of shape (n_rows,), optional
            Non-negative weights: 2 counts a row twice, 0 leaves it out.
        labels, allowed : array-like, optional
            What is known of the rows, as `fit` takes it.

        Returns
        -------
        Stream
            Itself.

        Raises
        ------
        ValueError
            If X has NaN or infinity (row and column are named), or other columns than before.
        TypeError
            If an argument is of the wrong kind.
        """
        matrix = as_matrix(X, missing=self._takes_holes)
        known = as_allowed(
            labels,
            allowed,
            None if labels is None else self._component_labels,
            self._n_components,
            len(matrix.values),
        )
        self._steps.take(matrix, as_weights(sample_weight), known)
        return self

    @property
    def mixture(self) -> Mixture:
        """The mixture as it is now.

        Its `history` is the mean log-likelihood of the last batch under the mixture that it met,
        and `n_iter` the number of steps. It is available as soon as there are 10 rows for each
        component and two numbers for each parameter.
        """
        if self._steps.mixture is None:
            raise ValueError(
                f"the stream has {self._steps.n_rows} rows, and its first mixture needs "
                f"{self._steps.needed}: update it with more"
            )
        return self._steps.mixture

    @property
    def n_rows(self) -> int:
        """The number of rows taken so far, including those of weight zero."""
        return self._steps.n_rows

    @property
    def total_weight(self) -> float:
        """The weight of the rows so far, including that of the mixture it began with."""
        return self._steps.total_weight

    def __repr__(self) -> str:
        return f"Stream: {self.n_rows} rows"


class _FirstFit:
    """The fit of the first rows; a class, so that it can be pickled."""

    def __init__(
        self,
        n_components: int,
        covariance_type: str,
        init: str | Mixture,
        random_state: RandomState,
        how: dict[str, Any],
    ) -> None:
        self._arguments = (n_components, covariance_type, init, random_state, how)

    def __call__(
        self, rows: Matrix, weights: Floats | None, known: Allowed | None, effort: str
    ) -> Mixture:
        n_components, covariance_type, init, random_state, how = self._arguments
        return fit(
            rows,
            n_components,
            covariance_type=covariance_type,
            sample_weight=weights,
            allowed=known,
            init=init,
            random_state=random_state,
            effort=effort,
            **how,
        )


class Steps:
    """The state of a stream: the mixture, the moments that are left, the first rows until then.

    `first_fit` fits the first rows.
    """

    def __init__(
        self,
        n_components: int,
        covariance_type: str,
        *,
        first_fit: FirstFit,
        forget: float | None,
        reg_covar: float | None,
        prior: str | Prior | None,
        noise: bool | Noise | None,
        fixed: Mapping[str, Any] | None,
        bounds: Mapping[str, Any] | None,
        effort: str,
        acceleration: str,
        n_threads: int | None,
    ) -> None:
        if isinstance(prior, VariationalPrior):
            raise TypeError("prior is variational, and a stream has point estimates: give a Prior")
        self._forget = None if forget is None else as_real(forget, "forget")
        if self._forget is not None and not self._forget > 0:
            raise ValueError(f"forget={forget!r} must be a positive number of rows")
        self._n_components = as_count(n_components, "n_components")
        self._covariance_type = covariance_type
        self._first_fit = first_fit
        self._effort = effort
        self._n_threads = n_threads
        self._how: dict[str, Any] = {
            "max_iter": 1,
            "tol": 0.0,
            "reg_covar": reg_covar,
            "prior": prior,
            "noise": noise,
            "fixed": fixed,
            "bounds": bounds,
            "acceleration": acceleration,
        }
        self._options()  # checks them
        self._prior = prior  # what it leaves out is taken from each start
        self.mixture: Mixture | None = None
        self.n_rows = 0
        self.total_weight = 0.0
        self.needed = 0
        self._n_steps = 0
        self._kept: list[_Batch] | None = []
        self._n_fitted = 0  # of the kept rows
        self._largest = 0.0  # batch: its weight
        self._left = 0.0  # of the weight of all rows, after it has faded
        self._summary: _core.Summary | None = None
        self._moments: _core.Moments | None = None
        self._events: tuple[Event, ...] = ()

    @property
    def enough(self) -> int:
        """The number of rows to keep before a start is searched for."""
        return max(_KEPT_ROWS, _KEPT_ROWS_A_COMPONENT * self._n_components)

    def go_on_from(self, mixture: Mixture, weight: float) -> None:
        """Begin with the mixture of a fit, whose rows weighed this much."""
        weight = as_real(weight, "weight")
        check_same(mixture, self._n_components, self._covariance_type)
        if not 0 < weight < np.inf:
            raise ValueError(f"weight={weight!r} must be a positive finite number")
        self._begin(mixture, weight, _summary_of(mixture, weight))
        self.total_weight = weight
        self._kept = None

    def take(self, matrix: Matrix, weights: Floats | None, known: Allowed | None = None) -> None:
        """Take a batch; errors leave everything as it was."""
        names = None if self.mixture is None else self.mixture.feature_names
        check_names(matrix, names)
        batch = matrix, weights, known
        with named_columns(matrix.names):
            summary = self._shard(batch).summary()
            so_far = summary if self._summary is None else self._summary.merged(summary)
            if self._kept is None:
                self._step(batch, summary, so_far)
            else:
                self._gather(batch, summary, so_far)
        self._summary = so_far
        self.n_rows += summary.n_rows
        self.total_weight += summary.total_weight
        self._largest = max(self._largest, summary.total_weight)

    def _shard(self, batch: _Batch) -> _core.Shard:
        """Return the batch as the core reads it, which checks weights and sets of components."""
        matrix, weights, known = batch
        sets = None if known is None else known.for_core()
        return _core.Shard(matrix.values, weights, sets, as_threads(self._n_threads))

    def _gather(self, batch: _Batch, summary: _core.Summary, so_far: _core.Summary) -> None:
        """Keep the batch, and fit all that were kept once they are twice as many as before."""
        matrix, weights, known = batch
        n_features = matrix.values.shape[1]
        needed = _rows_needed(self._n_components, self._covariance_type, n_features)
        copied = None if weights is None else weights.copy()
        kept = [
            *(self._kept or ()),
            (
                Matrix(matrix.values.copy(), matrix.names, matrix.labels),
                copied,
                None if known is None else known.copy(),
            ),
        ]
        n_kept = so_far.n_rows
        full = n_kept >= max(self.enough, needed)
        if so_far.total_weight > 0 and (full or n_kept >= max(needed, 2 * self._n_fitted)):
            rows, all_weights, all_known = _joined(kept)
            effort = self._effort if full else "low"
            found = self._first_fit(rows, all_weights, all_known, effort)
            self._begin(found, so_far.total_weight, so_far)
            self._n_fitted = n_kept
        elif self.mixture is not None:
            self._step(batch, summary, so_far)
        self.needed = needed
        self._kept = None if full and self.mixture is not None else kept

    def _begin(self, mixture: Mixture, weight: float, summary: _core.Summary) -> None:
        """Go on from a mixture, with the moments that a fit of it would end with."""
        self._how["prior"] = prior = self._prior
        if prior is not None:
            full = holds_matrices(self._covariance_type)
            covariance = _covariance_of(mixture) if full else np.empty(0)
            mean, precision, degrees, spread = _core.complete_prior(
                self._options(), summary, covariance
            )
            shape = _core.covariance_shape(self._covariance_type, mixture.n_features)
            prior = Prior(mean, precision, degrees, spread.reshape(shape))
        self._how["prior"] = prior
        mixture = self._with_noise(mixture, summary)
        self._left = weight
        self._moments = _core.moments_of(core_model(mixture), weight, summary, self._options())
        self._summary = summary
        self._events = mixture.events
        self._largest = weight
        self.mixture = mixture

    def _with_noise(self, mixture: Mixture, summary: _core.Summary) -> Mixture:
        """Return the mixture with the background that is wanted, whose volume stays."""
        wanted = as_noise(self._how["noise"], mixture.noise)
        if wanted is None and mixture.noise is None:
            return mixture
        if wanted is not None and mixture.noise is None and wanted[1] is None:
            raise ValueError(
                "noise has no volume, and the mixture to go on from neither: give "
                "gaussmix.Noise(log_volume=...), or a mixture that was fitted with noise"
            )
        if wanted is None or mixture.noise is None:
            run = _core.Run(summary, core_model(mixture), self._options(), 1, "")
            names = mixture.feature_names
            mixture = with_facts(
                make_mixture(run.result()[0], FitFacts(), names), events=mixture.events
            )
        known = mixture.noise
        self._how["noise"] = False if known is None else dataclasses.replace(known, weight=None)
        return mixture

    def _step(self, batch: _Batch, summary: _core.Summary, so_far: _core.Summary) -> None:
        """Take the moments of a batch, and do an M-step of the faded sum of all moments."""
        if self.mixture is None or self._moments is None or summary.total_weight == 0:
            return
        matrix, weights, known = batch
        threads = as_threads(self._n_threads)
        run = _core.Run(so_far, core_model(self.mixture), self._options(), threads, "")
        weight = summary.total_weight
        kept = self._left * self._factor(weight)
        # Beside a prior, what is left of all rows stands for all of them.
        stands_for_all = self._prior is not None and self._forget is None
        scale = (self.total_weight + weight) / (kept + weight) if stands_for_all else 1.0
        if scale != 1:
            weights = scale * (np.ones(len(matrix.values)) if weights is None else weights)
        now = self._shard((matrix, weights, known)).moments(run.scorer)
        faded = min(scale * kept / self._moments.total_weight, 1.0)
        moments = now.stepwise(self._moments, faded)
        run.step(moments)
        model, facts = run.result()
        found = facts_of(facts)
        told = {(event.component, event.act) for event in self._events}
        fresh = [event for event in found.events if (event.component, event.act) not in told]
        self._events = (*self._events, *fresh)
        self._n_steps += 1
        names = self.mixture.feature_names or matrix.names
        self.mixture = with_facts(
            make_mixture(model, found, names),
            n_iter=self._n_steps,
            history=np.array([now.log_likelihood / now.total_weight]),
            events=self._events,
            missing=nan_is_missing(matrix.values),
        )
        self._moments = moments
        self._left = kept + weight

    def _factor(self, weight: float) -> float:
        """Return how much of earlier rows counts once a batch of this weight has come.

        Steps t^-alpha, of batches of equal weight w, keep moments of weight w t^alpha.
        """
        unit = max(self._largest, weight)
        to_keep = unit * ((self.total_weight + weight) / unit) ** _EXPONENT
        factor = min((to_keep - weight) / self._left, 1.0)
        factor = max(factor, _LEAST_FACTOR)
        if self._forget is not None:
            factor *= 0.5 ** (weight / self._forget)
        return float(factor)

    def _options(self) -> _core.Options:
        return core_options(self._n_components, self._covariance_type, **self._how)


def check_same(mixture: Mixture, n_components: int, covariance_type: str) -> None:
    """Raise unless a mixture has as many components as are wanted, and their family."""
    for name, wanted, has in (
        ("n_components", n_components, mixture.n_components),
        ("covariance_type", _core.family_name(covariance_type), mixture.covariance_type),
    ):
        if has != wanted:
            raise ValueError(
                f"{name}={wanted!r}, but the mixture to go on from has {name}={has!r}: give the "
                "same, or begin anew"
            )


def _rows_needed(n_components: int, covariance_type: str, n_features: int) -> int:
    """Return how many rows a first mixture needs: two numbers for each parameter, at least."""
    shape = _core.covariances_shape(covariance_type, 1, n_features)
    own = n_features + 1 + int(np.prod(shape, dtype=np.int64)) // (2 if len(shape) > 1 else 1)
    return n_components * max(10, -(-2 * own // n_features))


def _joined(kept: list[_Batch]) -> tuple[Matrix, Floats | None, Allowed | None]:
    """Return kept batches as one."""
    first = kept[0][0]
    values = np.concatenate([matrix.values for matrix, _, _ in kept])
    weights = None
    if any(w is not None for _, w, _ in kept):
        weights = np.concatenate([np.ones(len(m.values)) if w is None else w for m, w, _ in kept])
    known = joined([(len(matrix.values), own) for matrix, _, own in kept])
    return Matrix(values, first.names, first.labels), weights, known


def _covariance_of(mixture: Mixture) -> Floats:
    """Return the covariance of all rows that a mixture stands for, (d, d)."""
    weights = shares(mixture)
    steps = mixture.means - weights @ mixture.means
    spread: Floats = (steps.T * weights) @ steps
    for k in range(mixture.n_components):
        spread = spread + weights[k] * mixture.covariance_matrix(k)
    return spread


def _summary_of(mixture: Mixture, weight: float) -> _core.Summary:
    """Return the summary of two rows with the mean, the variances and the weight of a mixture."""
    weights = shares(mixture)
    mean = weights @ mixture.means
    variances = weights @ (core_model(mixture).variances + (mixture.means - mean) ** 2)
    reach = np.sqrt(variances)
    return _core.summarize(np.stack([mean - reach, mean + reach]), np.full(2, weight / 2), 1)
