"""The functional API: fit a mixture to data in one call."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt

from . import _core
from ._arrays import (
    Matrix,
    as_count,
    as_labels_or_responsibilities,
    as_matrix,
    as_name,
    as_threads,
    as_weights,
    check_names,
    named_columns,
)
from ._bar import progress_bar
from ._batches import Feed, as_batches, check_no_weights
from ._checkpoint import Checkpoint, digest, seed_of
from ._core_options import core_options
from ._facts import facts_of
from ._index import warn_of_index
from ._known import (
    as_allowed,
    as_bounds,
    as_fixed,
    as_owners,
    check_elsewhere,
    weighted,
)
from ._missing import as_missing
from ._mixture import Mixture, core_model, make_mixture
from ._noise import Noise
from ._prior import Prior
from ._progress import Callback, Progress, in_words
from ._remote import Asked, RemoteRows
from ._seeds import RandomState, seeded


def fit(
    X: Any,
    n_components: int | None = None,
    *,
    covariance_type: str | None = None,
    sample_weight: npt.ArrayLike | None = None,
    labels: npt.ArrayLike | None = None,
    component_labels: npt.ArrayLike | None = None,
    unlabelled_weight: float = 1.0,
    allowed: Any = None,
    init: str | npt.ArrayLike | Mixture = "kmeans",
    effort: str = "normal",
    n_init: int = 1,
    max_iter: int = 100,
    tol: float = 1e-3,
    reg_covar: float | None = None,
    prior: str | Prior | None = None,
    noise: bool | Noise | None = None,
    fixed: Mapping[str, Any] | None = None,
    bounds: Mapping[str, Any] | None = None,
    strict: bool = False,
    random_state: RandomState = None,
    acceleration: str = "auto",
    pruning: str = "auto",
    n_threads: int | None = None,
    instruction_set: str | None = None,
    callback: Callback | None = None,
    verbose: int = 0,
    progress: bool = False,
    checkpoint: str | os.PathLike[str] | None = None,
    missing: str = "error",
) -> Mixture:
    """Fit a Gaussian mixture by expectation-maximisation (Dempster, Laird and Rubin 1977).

    Parameters
    ----------
    X : array-like of shape (n_rows, n_features)
        The data: anything NumPy can read as an array of real numbers, an object with DLPack on the
        CPU, or a table of any library, whose column names are kept: data frames, Arrow streams,
        the dataframe protocol, xarray, structured arrays. Integers and floats of any strides are
        read in place. float32 and float16 rows are processed in single precision (with sums in
        double precision) unless that would lose digits of the data; pass float64 for double
        precision throughout. Or rows that need not fit in memory: `Batches`, a pyarrow Dataset, or
        `RemoteRows`. They are read once for their summary, once for a sample, where the start is
        found, and then once per iteration, one batch ahead of the computation.
    n_components : int
        The number of components, K. May be left out when `init` is a mixture.
    covariance_type : str, default="full"
        "full": each component its own matrix; "tied": one matrix for all; "diag": each component
        its own variances; "spherical": each component one variance. Or mclust's code of a family,
        in any case: "EII", "EEI", "VEI", "EVI", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV", in which
        components share their volume, shape or orientation. Where `init` is
        a mixture, the default is its family.
    sample_weight : array-like of shape (n_rows,), optional
        Non-negative weights: 2 counts a row twice, 0 leaves it out. Those of `Batches` come with
        the batches.
    labels : array-like of int, shape (n_rows,), optional
        What is known of rows: the number of their class, -1 where it is not known. A row with a
        label comes from a component of its class, never from a background; its likelihood is that
        of the row and the label. Those of `Batches` come with the batches.
    component_labels : array-like of int, shape (n_components,), optional
        The class that each component belongs to, so that a class may have several; -1: to none,
        so that only rows without a label come from it. By default component k to class k.
    unlabelled_weight : float, default=1
        What a row without a label counts beside one that has one (Nigam et al. 2000).
    allowed : array-like of bool, shape (n_rows, n_components), optional
        The components that each row may have come from; beside `labels`, both must allow it. One
        more column says whether a row may be of the background, which it may without.
    init : str, array-like or Mixture, default="kmeans"
        "kmeans": the result of a search, see `effort`. The search begins with k-means on a sample,
        in units of each feature's standard deviation, with clusters split and merged. Without a
        search, this k-means is the start; with few rows, a short EM then chooses between it and up
        to eight k-means++ starts, and with many rows EM runs on the sample first. "k-means++": its
        seeds, each row assigned to the nearest; "random_from_data": K rows as seeds, each row
        assigned to the nearest; "random": random responsibilities. Or labels (n_rows,),
        responsibilities (n_rows, n_components), or a mixture to start from. With `noise`, labels
        may be -1, and responsibilities have one more column.
    effort : {"low", "normal", "high"}, default="normal"
        How hard to search for a good start when `init` is "kmeans". "normal": on a sample, fit
        three times as many components and merge them down, then split components and merge others
        as long as the likelihood rises; if the result is in doubt, search once more from elsewhere.
        "high": search from five places. "low": no search. Variational Bayes and fits of more than
        512 components never search.
    n_init : int, default=1
        The number of starts. The run with the highest log-likelihood is kept; runs with a collapsed
        component (`Mixture.degenerate`) only if there are no others. A given start is used once.
    max_iter : int, default=100
        The maximum number of iterations of a run; 0 gives the start itself.
    tol : float, default=1e-3
        A run has converged when the mean log-likelihood per row can rise by less than this, as far
        as `acceleration` can tell. 0 runs exactly max_iter iterations of EM.
    reg_covar : float, optional
        Added to every variance, in squared units of the data; 0 for none. By default 1e-6 times
        the variance of each feature, so that the fit does not depend on the units, or times the
        variance of a cluster a thirtieth as wide or less, if the start has one with enough distinct
        rows; none under a prior.
    prior : "default" or Prior, optional
        Maximum a posteriori instead of maximum likelihood: a conjugate prior keeps covariances from
        collapsing, with any number of features. "default" is ``Prior()``, with hyperparameters
        from the data: those of Fraley and Raftery (2007) where rows are many.
    noise : bool or Noise, optional
        A uniform background for rows that belong to no component, so that outliers do not distort
        the components: `predict` labels its rows -1. True takes its volume and its first rows from
        the data; a `Noise` says what is known of them. Not in variational Bayes. Where `init` is a
        mixture, the default is its background; else there is none.
    fixed : dict, optional
        What of the mixture given as `init` stays, bit for bit, while the rest is fitted:
        ``{"means": [0, 2], "covariances": "all", "weights": [1]}`` names components, or all. The
        covariance of a fixed mean is about that mean; free weights share what the fixed ones leave.
        Where components share parts of their covariances ("tied", "VEI", ...) these stay all or
        none. Not in variational Bayes, as `bounds`.
    bounds : dict, optional
        Limits of what is not fixed: ``{"weights": (0.01, None), "variances": (0.1, 10)}``, each a
        pair of the least and the most, None for no limit. Those of variances are in squared units
        of the data and hold in every direction (Ingrassia and Rocci 2007); only for "full", "tied",
        "diag" and "spherical". EM within bounds is not accelerated.
    strict : bool, default=False
        Raise an error if a component had to be mended (`Mixture.events`) instead of going on.
    random_state : int, Generator, BitGenerator, SeedSequence, RandomState or None, default=None
        The same integer gives the same mixture, bit for bit, whatever the number of threads.
    acceleration : {"auto", "off", "classic"}, default="auto"
        "auto": once EM becomes slow, quasi-Newton steps in its own metric need a fraction of the
        iterations. "off": plain EM. "classic": EM with scikit-learn's arithmetic and its
        convergence rule, which stops when an iteration gains little, however much is left.
    pruning : {"auto", "off"}, default="auto"
        "auto" skips distances that are known to be too large to matter, and visits similar rows
        together, where that saves time. An iteration then differs from one with "off" only in the
        last digits, as it would for another order of the rows. See `Mixture.pairs`.
    n_threads : int, optional
        Threads to use; by default OMP_NUM_THREADS, else the CPUs of this process.
    instruction_set : str, optional
        The instruction set of the kernels, for comparisons: one of
        ``gaussmix.info()["instruction_sets"]``; by default what the environment variable
        GAUSSMIX_ISA names, else the best available.
    callback : callable, optional
        Called with a `Progress` after each iteration; returning True stops the fit, which then has
        status "interrupted". An exception ends the fit and is passed on.
    verbose : int, default=0
        1 prints one line per iteration to standard error.
    progress : bool, default=False
        Show a progress bar (``pip install 'gaussmix[progress]'``).
    checkpoint : str or path, optional
        For `Batches` and `RemoteRows`: a file that keeps the result of each pass. If it exists, the
        fit continues from it, and gives the same bits as if it had never stopped; the rows and the
        options must be the same, except for `max_iter`. It takes K (d^2 / 2 + d + 1) doubles per
        iteration ("full").
    missing : {"error", "em"}, default="error"
        "em": NaN, masked entries and a table's null cells are values that are missing at random,
        and each row counts by what it has, exactly (Ghahramani and Jordan 1994): the fit climbs the
        likelihood of the values that are there. See the how-to "Fit rows with missing values".
        `RemoteRows` say so where their shards are made.

    Returns
    -------
    Mixture
        The mixture, with the course of the fit: status, n_iter, history, pairs, events.

    Raises
    ------
    ValueError
        If X has NaN or a masked entry (unless missing="em"), infinity or text (the row and column
        are named), or a column without any value, columns in
        another order than `init` was fitted to, fewer rows than components, or
        variances that no double can hold; if an argument is out of range; with `strict`, if a
        component had to be mended (the message names component and remedy).
    TypeError
        If an argument is of the wrong kind.
    ImportError
        If `progress` is asked for and tqdm is not installed.
    KeyboardInterrupt
        On Ctrl-C, even within an iteration.

    Warns
    -----
    UserWarning
        If a column has the name of an index that was written with the table: ``Unnamed: 0``.

    Examples
    --------
    >>> import gaussmix
    >>> X = [[0.0], [0.1], [0.2], [5.0], [5.1], [5.2]]
    >>> m = gaussmix.fit(X, 2, random_state=0)
    >>> sorted(m.means.ravel().round(3).tolist())
    [0.1, 5.1]
    """
    start = init if isinstance(init, Mixture) else None
    expected = None if start is None else start.feature_names
    holes = as_missing(missing)
    if n_components is None:
        if start is None:
            raise TypeError("n_components is missing: say how many components to fit")
        n_components = start.n_components
    rows = _rows_of(X, start, sample_weight, checkpoint, holes)
    if isinstance(rows, Feed):
        rows.owners = as_owners(component_labels, as_count(n_components, "n_components"))
        rows.needs_labels = component_labels is not None
    if not isinstance(rows, Matrix):
        check_elsewhere(
            labels, allowed, unlabelled_weight, component_labels, in_batches=isinstance(rows, Feed)
        )
    if covariance_type is None:
        covariance_type = "full" if start is None else start.covariance_type
    if callback is not None and not callable(callback):
        raise TypeError(f"callback={callback!r} must be callable")
    starts = as_count(n_init, "n_init") if isinstance(init, str) else 1
    most = as_count(max_iter, "max_iter")
    n_runs = starts if isinstance(rows, Matrix) else 1
    bar = progress_bar(n_runs, most) if progress else contextlib.nullcontext()
    if checkpoint is not None and random_state is None:
        random_state = seed_of(checkpoint)

    started = time.perf_counter()
    with _naming(rows), seeded(random_state) as seed, bar as show:
        options = core_options(
            n_components,
            covariance_type,
            max_iter=most,
            tol=tol,
            reg_covar=reg_covar,
            prior=prior,
            acceleration=acceleration,
            noise=noise,
            fixed=fixed,
            bounds=bounds,
            start=start,
            init=init if isinstance(init, str) else "kmeans",
            n_init=starts,
            seed=seed,
            effort=as_name(effort, "effort"),
            pruning=as_name(pruning, "pruning"),
            strict=bool(strict),
        )
        how: _How = {
            "start": _start(init),
            "n_threads": as_threads(n_threads),
            "instruction_set": as_name(instruction_set or "", "instruction_set"),
            "callback": _observer(callback, verbose, show),
        }
        if isinstance(rows, Matrix):
            n_rows = len(rows.values)
            known = as_allowed(labels, allowed, component_labels, n_components, n_rows)
            weights = weighted(as_weights(sample_weight), labels, n_rows, unlabelled_weight)
            sets = None if known is None else known.for_core()
            model, facts = _core.fit(
                rows.values, options, sample_weight=weights, allowed=sets, **how
            )
        else:
            depends_on = _in_short(
                n_components=n_components,
                covariance_type=covariance_type,
                tol=tol,
                reg_covar=reg_covar,
                prior=prior,
                noise=noise,
                fixed=None if fixed is None else as_fixed(fixed, n_components),
                component_labels=None if component_labels is None else np.asarray(component_labels),
                bounds=None if bounds is None else as_bounds(bounds),
                missing=missing,
                acceleration=acceleration,
                init=init,
                n_init=starts,
                effort=effort,
                random_state=seed,
            )
            model, facts = _fit_elsewhere(rows, options, checkpoint, depends_on, how)
    names = rows.names or expected
    return make_mixture(model, facts_of(facts, time.perf_counter() - started, holes), names)


class _How(TypedDict):
    start: Any
    n_threads: int
    instruction_set: str
    callback: Callable[[int, int, float, float], bool] | None


def _fit_elsewhere(
    rows: Feed | Asked,
    options: _core.Options,
    checkpoint: str | os.PathLike[str] | None,
    depends_on: Mapping[str, str],
    how: _How,
) -> tuple[_core.Model, Any]:
    """Fit rows that are not in memory, from the records of a checkpoint if there are any."""
    records = None
    if checkpoint is not None:
        labels_of = rows.labels if isinstance(rows, Feed) else None
        records = Checkpoint(checkpoint, depends_on, labels_of)
    read, write = (None, None) if records is None else (records.read, records.write)
    if isinstance(rows, Feed):
        found = _core.fit_pieces(rows, options, read=read, write=write, **how)
    else:
        asked = (rows.summary, rows.sample, rows.moments, rows.affinity)
        found = _core.fit_remote(*asked, options, read=read, write=write, **how)
    if records is not None:
        records.end()
    return found


def _rows_of(
    X: Any,
    start: Mixture | None,
    sample_weight: Any,
    checkpoint: str | os.PathLike[str] | None,
    holes: bool,
) -> Matrix | Feed | Asked:
    """Read rows in memory, or prepare batches or remote rows; check the options for each."""
    if isinstance(X, RemoteRows):
        check_no_weights(sample_weight)
        return Asked(X, start)
    batches = as_batches(X)
    if batches is not None:
        check_no_weights(sample_weight)
        return Feed(batches, start, missing=holes)
    if checkpoint is not None:
        raise ValueError(
            "checkpoint is of rows in batches, and X is in memory: give gaussmix.Batches(X)"
        )
    matrix = as_matrix(X, missing=holes)
    if not isinstance(X, Matrix):  # the function that read it has checked already
        warn_of_index(matrix.names)
    if start is not None:
        check_names(matrix, start.feature_names)
    return matrix


def _in_short(**options: Any) -> dict[str, str]:
    """Return the options that are given, each in words or as a digest of its numbers."""
    return {name: _word(option) for name, option in options.items() if option is not None}


def _word(option: Any) -> str:
    if isinstance(option, Mixture):
        known = () if option.noise is None else (np.array(option.noise.numbers()),)
        return digest(option.weights, option.means, option.covariances, *known)
    if isinstance(option, Noise) and option.middle is not None:
        return f"{option!r} {digest(np.array(option.numbers()))}"
    if isinstance(option, Prior):
        numbers = [np.asarray(value, dtype=np.float64) for value in vars(option).values()]
        return f"{type(option).__name__} {digest(*numbers)}"
    return digest(option) if isinstance(option, np.ndarray) else str(option)


def _naming(rows: Matrix | Feed | Asked) -> contextlib.AbstractContextManager[Any]:
    """Return the context in which errors name a column and, for batches, the file and its row."""
    if isinstance(rows, Asked):
        return contextlib.nullcontext()  # they come with names
    return rows if isinstance(rows, Feed) else named_columns(rows.names)


def _start(init: Any) -> Any:
    """Turn a given start into what the core takes; None if the core is to find one."""
    if isinstance(init, str):
        return None
    if isinstance(init, Mixture):
        return core_model(init)
    if init is None:
        raise TypeError(
            "init=None must be the name of a start, labels (n_rows,), responsibilities "
            "(n_rows, n_components) or a Mixture"
        )
    return as_labels_or_responsibilities(init)


def _observer(
    callback: Callback | None, verbose: int, show: Callable[[Progress], None] | None
) -> Callable[[int, int, float, float], bool] | None:
    """Return the function that the core calls after each iteration; None if none is needed."""
    if callback is None and not verbose and show is None:
        return None

    def observe(restart: int, iteration: int, log_likelihood: float, change: float) -> bool:
        progress = Progress(restart, iteration, log_likelihood, change)
        if verbose:
            print(f"start {restart}, iteration {iteration}: {in_words(progress)}", file=sys.stderr)
        if show is not None:
            show(progress)
        return callback is not None and bool(callback(progress))

    return observe
