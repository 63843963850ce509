"""The choice among covariance families and numbers of components."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy.typing as npt

from . import _core
from ._arrays import (
    as_count,
    as_matrix,
    as_name,
    as_real,
    as_threads,
    as_weights,
    named_columns,
)
from ._bar import steps_bar
from ._batches import as_batches, check_no_weights
from ._cells import INFORMATION, Options, Run, found_in
from ._covariance import among
from ._index import warn_of_index
from ._known import Allowed, as_allowed_of_each, check_none_elsewhere, weighted
from ._missing import as_missing
from ._noise import Noise
from ._prior import Prior, VariationalPrior
from ._remote import RemoteRows
from ._resampled import by_resampling
from ._seeds import RandomState, seeded
from ._select_pieces import draw, select_from_pieces
from ._selection import CRITERIA, Key, Selection


def select(
    X: Any,
    n_components: int | Iterable[int] = range(1, 10),
    *,
    covariance_types: str | Sequence[str] = "all",
    criterion: str = "bic",
    sample_weight: npt.ArrayLike | None = None,
    labels: npt.ArrayLike | None = None,
    component_labels: npt.ArrayLike | None = None,
    unlabelled_weight: float = 1.0,
    allowed: Any = None,
    prior: str | Prior | None = None,
    noise: bool | Noise | None = None,
    reg_covar: float | None = None,
    effort: str = "normal",
    max_iter: int = 1000,
    tol: float = 1e-5,
    random_state: RandomState = None,
    n_repeats: int = 10,
    max_fits: int | None = None,
    max_seconds: float | None = None,
    n_threads: int | None = None,
    instruction_set: str | None = None,
    progress: bool = False,
    missing: str = "error",
) -> Selection:
    """Fit families of covariances with several numbers of components, and choose by a criterion.

    A cell is a family with a number of components. Cells are fitted in parallel and start from each
    other's results. Those with the same number of components share starts: a partition from merging
    rows one by one, as mclust's are, partitions by k-means with features in units of their
    deviations and with whitened rows, one from merging many clusters, k-means++ seeds, and the best
    mixtures of one component more or one fewer, merged or split. Each fit then continues from the
    results of the families nested just within its own, as "EEE" is within "VEE", and just around
    it, if that leads higher. So, without a prior, no cell has a lower likelihood than a cell nested
    in it with the same number of components, unless either is degenerate. With many rows all of
    this is done on a sample, and the fits then continue on all rows.

    Parameters
    ----------
    X : array-like of shape (n_rows, n_features), Batches or RemoteRows
        The data, as `gaussmix.fit` takes them. For `Batches` and `RemoteRows`, the search uses a
        sample; from its results each cell is then fitted to all rows, the best ones first.
    n_components : int or iterable of int, default=range(1, 10)
        The numbers of components to compare.
    covariance_types : str or sequence of str, default="all"
        The families to compare, by name or mclust's code; "plain" for the four that scikit-learn
        has. "all" leaves out those that make no sense for the data: with one feature, all but "EII"
        and "spherical", which mclust calls E and V there; with no more rows than features and no
        prior, those with matrices.
    criterion : {"bic", "icl", "aic", "stability", "cv"}, default="bic"
        The criterion that chooses. "bic", "icl" and "aic" as in `Mixture`: smaller is better.
        "stability": the mean adjusted Rand index (Hubert and Arabie 1985) between the labels of all
        rows by fits of `n_repeats` random halves of the rows; "cv": the mean log-density of
        held-out rows, in nats, over `n_repeats` folds. Of these two, larger is better.
    sample_weight : array-like of shape (n_rows,), optional
        A weight for each row, in fits and criteria.
    labels : array-like of int, shape (n_rows,), optional
        What is known of rows, as in `gaussmix.fit`: component k is class k in every cell, and
        components beyond the classes are new ones, of which no row has a label. Cells with fewer
        components than classes are left out. Likelihoods in "bic", "icl" and "aic" are of rows and
        their labels. Not of rows in batches or elsewhere, as the next three.
    component_labels : array-like of int, shape (n_components,), optional
        The class of each component, as in `gaussmix.fit`, where there is one number of components.
    unlabelled_weight : float, default=1
        As in `gaussmix.fit`.
    allowed : array-like of bool, shape (n_rows, n_components), optional
        As in `gaussmix.fit`, where there is one number of components.
    prior : "default" or Prior, optional
        As in `gaussmix.fit`. A covariance may have the shape of any family; each family uses the
        nearest covariance that it can have.
    noise : bool or Noise, optional
        A uniform background in every cell, as in `gaussmix.fit`; all have the same volume, and
        partitions leave out rows of low density.
    reg_covar : float, optional
        As in `gaussmix.fit`.
    effort : {"low", "normal", "high"}, default="normal"
        How hard to search: "low" starts from one partition and from nested families; "normal" from
        the best two of four partitions, with one round of neighbouring cells; "high" from the
        best two of sixteen, with three rounds.
    max_iter : int, default=1000
        The maximum number of iterations of each fit.
    tol : float, default=1e-5
        As in `gaussmix.fit`, but stricter: criteria are compared.
    random_state : int, Generator, BitGenerator, SeedSequence, RandomState or None, default=None
        The same integer gives the same selection, bit for bit, whatever the number of threads.
    n_repeats : int, default=10
        The number of halves for "stability", of folds for "cv".
    max_fits : int, optional
        After a few iterations of each cell, continue only this many, the best by BIC.
    max_seconds : float, optional
        Stop after this time and leave each cell as far as it has come. The result then depends on
        the machine.
    n_threads : int, optional
        Threads to use; by default OMP_NUM_THREADS, else the CPUs of this process.
    instruction_set : str, optional
        As in `gaussmix.fit`.
    progress : bool, default=False
        Show a progress bar (``pip install 'gaussmix[progress]'``).
    missing : {"error", "em"}, default="error"
        "em": NaN, null cells and masked entries are missing values, as in `gaussmix.fit`.
        Partitions are of a sample that is completed by nearest rows; all else is exact.

    Returns
    -------
    Selection
        ``best``, ``table``, ``top(5)``, ``["VEV", 3]``, a readable ``print``.

    Raises
    ------
    ValueError
        If X has NaN or infinity, or an argument is out of range.
    TypeError
        If an argument is of the wrong kind.
    KeyboardInterrupt
        On Ctrl-C.

    References
    ----------
    C. Fraley and A. E. Raftery (2002), Model-based clustering, discriminant analysis, and density
    estimation. Journal of the American Statistical Association 97, 611-631.

    Examples
    --------
    >>> import gaussmix
    >>> X, _ = gaussmix.datasets.load_faithful()
    >>> s = gaussmix.select(X, range(1, 6), random_state=0)
    >>> s.best.covariance_type, s.best.n_components
    ('tied', 3)
    >>> s["VVV", 2].n_parameters
    11
    """
    criterion = as_name(criterion, "criterion", tuple(CRITERIA))
    if criterion not in CRITERIA:
        raise ValueError(f"criterion={criterion!r} must be one of {', '.join(CRITERIA)}")
    if isinstance(prior, VariationalPrior):
        raise ValueError("prior is that of variational Bayes: give a gaussmix.Prior or 'default'")
    counts = _counts(n_components)
    most = as_count(max_iter, "max_iter")
    pieces = X if isinstance(X, RemoteRows) else as_batches(X)
    holes = as_missing(missing)
    matrix = as_matrix(X, missing=holes) if pieces is None else None
    if matrix is not None:
        warn_of_index(matrix.names)
    else:
        check_no_weights(sample_weight)
        check_none_elsewhere(labels, allowed, unlabelled_weight, component_labels)
    started = time.perf_counter()
    bar = steps_bar("select", "step") if progress else contextlib.nullcontext()
    with seeded(random_state) as seed, bar as show:
        if matrix is None:
            drawn = draw(X if pieces is None else pieces, counts, criterion, seed, missing)
        families = _families(
            covariance_types, drawn.shape if matrix is None else matrix.values.shape, prior
        )
        run = Run(
            families,
            counts,
            Options(prior, noise, reg_covar, effort, most, tol, seed),
            as_threads(n_threads),
            as_name(instruction_set or "", "instruction_set"),
            None if max_fits is None else as_count(max_fits, "max_fits"),
            None if max_seconds is None else as_real(max_seconds, "max_seconds"),
        )
        if matrix is None:
            return select_from_pieces(drawn, run, criterion, missing, started, show)
        rows = matrix.values
        known = as_allowed_of_each(labels, allowed, component_labels, counts, len(rows))
        weights = weighted(as_weights(sample_weight), labels, len(rows), unlabelled_weight)
        with named_columns(matrix.names):
            cells = run(rows, weights, known, show)
            found = found_in(cells, matrix.names, started, missing=holes)
            found.reasons |= _too_few(families, counts, known)
            if criterion not in INFORMATION:
                repeats = as_count(n_repeats, "n_repeats")
                fits = partial(run.models, rows, weights, known)
                values = by_resampling(criterion, fits, rows, weights, repeats, seed)
                found.criteria[criterion] = {
                    cell: values[cell] for cell in found.criteria["bic"] if cell in values
                }
                for cell in found.criteria["bic"].keys() - found.criteria[criterion].keys():
                    found.reasons[cell] = "degenerate in a part of the rows"
    return Selection(criterion, families, counts, found.models, found.criteria, found.reasons)


def _families(
    given: str | Sequence[str], shape: tuple[int, ...], prior: str | Prior | None
) -> tuple[str, ...]:
    """Return the names of the families, in mclust's order where the caller gives none."""
    n_rows, n_features = shape
    families = among(given, n_rows, n_features, has_prior=prior is not None)
    return tuple(_core.family_name(as_name(family, "covariance_types")) for family in families)


def _too_few(
    families: tuple[str, ...], counts: tuple[int, ...], known: Mapping[int, Allowed]
) -> dict[Key, str]:
    """Return why cells that have fewer components than there are classes are left out."""
    why = "fewer components than the labels have classes"
    left_out = [k for k in counts if known and k not in known]
    return {(family, k): why for family in families for k in left_out}


def _counts(n_components: int | Iterable[int]) -> tuple[int, ...]:
    if not isinstance(n_components, Iterable):
        return (as_count(n_components, "n_components"),)
    return tuple(as_count(k, "n_components") for k in n_components)
