"""What is known before a fit: parameters that stay, limits of others, labels of some rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ._arrays import Floats, as_count, as_integer, as_real
from ._numbers import as_array

FIXED = ("weights", "means", "covariances")
BOUNDS = ("weights", "variances")

#: The components whose weights, means and covariances stay.
FixedNumbers = tuple[list[int], list[int], list[int]]


def as_fixed(fixed: Any, n_components: Any) -> FixedNumbers:
    """Return the components whose weights, means and covariances stay, as the core takes them."""
    if fixed is None:
        return [], [], []
    _check_names(fixed, "fixed", FIXED)
    weights, means, covariances = (
        _components(fixed.get(name, ()), name, as_count(n_components, "n_components"))
        for name in FIXED
    )
    return weights, means, covariances


def _components(of: Any, name: str, n_components: int) -> list[int]:
    """Return components that are given as numbers, as K booleans, or as "all"."""
    if of is None:
        return []
    if isinstance(of, str):
        if of != "all":
            raise ValueError(f'fixed[{name!r}]={of!r} must be "all" or the numbers of components')
        return list(range(n_components))
    if np.ndim(of) != 1:
        raise TypeError(f'fixed[{name!r}]={of!r} must be a sequence of components, or "all"')
    if len(of) and all(isinstance(k, (bool, np.bool_)) for k in of):
        if len(of) != n_components:
            raise ValueError(
                f"fixed[{name!r}] has {len(of)} booleans, expected one for each of the "
                f"{n_components} components"
            )
        return np.flatnonzero(of).tolist()
    return [as_integer(k, f"fixed[{name!r}]") for k in of]


def as_bounds(bounds: Any) -> tuple[float, float, float, float]:
    """Return the limits of weights and of variances, as the core takes them."""
    if bounds is None:
        bounds = {}
    _check_names(bounds, "bounds", BOUNDS)
    least_weight, most_weight = _interval(bounds.get("weights"), "weights", 1.0)
    least_variance, most_variance = _interval(bounds.get("variances"), "variances", np.inf)
    return least_weight, most_weight, least_variance, most_variance


def _interval(given: Any, name: str, most: float) -> tuple[float, float]:
    if given is None:
        return 0.0, most
    if isinstance(given, str) or np.shape(given) != (2,):
        raise TypeError(
            f"bounds[{name!r}]={given!r} must be a pair (least, most); None for no limit"
        )
    low, high = given
    what = f"bounds[{name!r}]"
    return 0.0 if low is None else as_real(low, what), most if high is None else as_real(high, what)


def _check_names(given: Any, what: str, names: tuple[str, ...]) -> None:
    if not isinstance(given, Mapping):
        raise TypeError(f"{what}={given!r} must be a dict with some of the keys {list(names)}")
    for key in given:
        if key not in names:
            raise ValueError(f"{what} has the key {key!r}: use {', '.join(map(repr, names))}")


@dataclass(frozen=True)
class Affinity:
    """How the components of a start that knew of no labels go with those that rows may be of.

    Made by `Shard.affinity`, and added up by `merge`.

    Attributes
    ----------
    values : ndarray, shape (K, K)
        How much weight of the rows that may have come from component k, a share of those that have
        several, the mixture gives to its component j.
    """

    values: Floats

    def __add__(self, other: Affinity) -> Affinity:
        if self.values.shape != other.values.shape:
            raise ValueError(
                f"affinities have shapes {self.values.shape} and {other.values.shape}: give those "
                "of one mixture"
            )
        return Affinity(self.values + other.values)


#: Sets of components, and the set of each row, as the core takes them.
Sets = tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64] | None]


@dataclass(frozen=True)
class Allowed:
    """The components that rows may have come from: sets, and the set of each row.

    Attributes
    ----------
    sets : ndarray of uint8, shape (n_sets, K) or (n_sets, K + 1)
        Zero where a component is ruled out; the last of K + 1 is the background.
    set_of : ndarray of int64, shape (n_rows,), or None
        The set of each row, -1 for one that may have come from any; None: its own number.
    """

    sets: npt.NDArray[np.uint8]
    set_of: npt.NDArray[np.int64] | None

    def for_core(self) -> Sets:
        """Return both as the core takes them."""
        return self.sets, self.set_of

    def copy(self) -> Allowed:
        """Return the same with arrays of its own."""
        return Allowed(self.sets.copy(), None if self.set_of is None else self.set_of.copy())

    def of(self, rows: npt.NDArray[Any]) -> Allowed:
        """Return the same for some of the rows, by number or as booleans."""
        if self.set_of is None:
            return Allowed(self.sets[rows], None)
        return Allowed(self.sets, self.set_of[rows])

    def by_row(self, n_rows: int) -> npt.NDArray[np.uint8]:
        """Return the set of each row, (n_rows, K + 1) or (n_rows, K)."""
        if self.set_of is None:
            return self.sets
        own = np.ones((n_rows, self.sets.shape[1]), np.uint8)
        known = self.set_of >= 0
        own[known] = self.sets[self.set_of[known]]
        return own


def joined(parts: Sequence[tuple[int, Allowed | None]]) -> Allowed | None:
    """Return what is known of several batches as that of one; each is given with its rows."""
    known = [part for _, part in parts if part is not None]
    if not known:
        return None
    first = known[0]
    if all(p.set_of is not None and np.array_equal(p.sets, first.sets) for p in known):
        return Allowed(
            first.sets,
            np.concatenate(
                [np.full(n, -1) if p is None or p.set_of is None else p.set_of for n, p in parts]
            ),
        )
    width = max(p.sets.shape[1] for p in known)
    rows = [np.ones((n, width), np.uint8) if p is None else p.by_row(n) for n, p in parts]
    wide = [np.pad(own, ((0, 0), (0, width - own.shape[1])), constant_values=1) for own in rows]
    return Allowed(np.concatenate(wide), None)


def _as_array(values: Any, name: str) -> npt.NDArray[Any]:
    """Read an array, whose masked entries, if any, are the caller's to judge."""
    return values if isinstance(values, np.ma.MaskedArray) else as_array(values, name)


@dataclass(frozen=True)
class Owners:
    """Which label owns each component, as `fit` is told."""

    sets: npt.NDArray[np.uint8]

    @property
    def n_components(self) -> int:
        """The number of components."""
        return int(self.sets.shape[1]) - 1

    def allowed(self, labels: Any, n_rows: int) -> Allowed:
        """Return what labels tell of rows."""
        return Allowed(self.sets, _as_labels(labels, n_rows, len(self.sets)))

    def of_batch(self, labels: Any, n_rows: int) -> Allowed:
        """Return what labels, or in their place the components allowed, tell of a batch."""
        given = _as_array(labels, "labels")
        if given.ndim != 2:
            return self.allowed(given, n_rows)
        if given.shape[1] == 1 and given.dtype.kind != "b":
            raise ValueError(
                f"labels has shape {given.shape}, expected (n_rows,), or booleans "
                "(n_rows, n_components)"
            )
        found = as_allowed(None, given, None, self.n_components, n_rows)
        if found is None:  # pragma: no cover  # there are some
            raise AssertionError
        return found


def as_owners(component_labels: Any, n_components: int | None) -> Owners:
    """Read the label of each component, by default its own number; -1: no label's."""
    if component_labels is None:
        if n_components is None:
            raise TypeError("component_labels is missing: give the label of each component")
        owners = np.arange(n_components)
    else:
        owners = _as_integers(component_labels, "component_labels", "(n_components,)")
        if n_components is not None and len(owners) != n_components:
            raise ValueError(
                f"component_labels has {len(owners)} labels, expected one for each of the "
                f"{n_components} components"
            )
        if (owners < -1).any():
            raise ValueError("component_labels must be 0, 1, ..., or -1 where no label owns one")
    n_labels = int(owners.max(initial=-1)) + 1
    sets = np.zeros((n_labels, len(owners) + 1), np.uint8)  # the last: the background owns no label
    named = np.flatnonzero(owners >= 0)
    sets[owners[named], named] = 1
    return Owners(sets)


def as_allowed(
    labels: Any, allowed: Any, component_labels: Any, n_components: int | None, n_rows: int
) -> Allowed | None:
    """Read what is known of rows in memory: labels, components, or both."""
    if isinstance(allowed, Allowed):
        return allowed
    if labels is None and component_labels is not None:
        raise ValueError("component_labels is of labels, and there are none: give labels")
    by_label = None
    if labels is not None:
        by_label = as_owners(component_labels, n_components).allowed(labels, n_rows)
        n_components = by_label.sets.shape[1] - 1
    if allowed is None:
        return by_label
    given = _as_sets(allowed, n_rows)
    if n_components is not None and given.shape[1] not in (n_components, n_components + 1):
        raise ValueError(
            f"allowed has {given.shape[1]} columns, but n_components={n_components}: give one for "
            "each component, and perhaps one for a background"
        )
    if by_label is None:
        return Allowed(given, None)
    own = by_label.by_row(n_rows)
    own[:, : given.shape[1]] &= given
    return Allowed(own, None)


def as_allowed_of_each(
    labels: Any, allowed: Any, component_labels: Any, counts: Sequence[int], n_rows: int
) -> dict[int, Allowed]:
    """Read what is known of rows for mixtures of several sizes.

    Returns
    -------
    dict of int to Allowed
        By number of components; without those that are fewer than the classes. Empty: nothing is
        known.
    """
    if len(counts) == 1:
        known = as_allowed(labels, allowed, component_labels, counts[0], n_rows)
        return {} if known is None else {counts[0]: known}
    if allowed is not None or component_labels is not None:
        name = "component_labels" if allowed is None else "allowed"
        raise ValueError(
            f"{name} is of mixtures of one size, but n_components has {len(counts)} numbers: "
            "give one number, or labels alone"
        )
    if labels is None or min(counts, default=1) < 1:  # the core says what is wrong with these
        return {}
    given = _as_labels(labels, n_rows, None)
    n_classes = int(given.max(initial=-1)) + 1
    if max(counts, default=n_classes) < n_classes:
        raise ValueError(
            f"labels has {n_classes} classes, but n_components is at most {max(counts)}: each "
            "class needs a component"
        )
    return {k: as_owners(None, k).allowed(given, n_rows) for k in counts if k >= n_classes}


def check_elsewhere(
    labels: Any, allowed: Any, unlabelled_weight: Any, component_labels: Any, *, in_batches: bool
) -> None:
    """Raise if what is known of rows is given beside rows that are not in memory."""
    if labels is not None or allowed is not None or unlabelled_weight != 1:
        raise ValueError(
            "labels, allowed and unlabelled_weight are of rows in memory: "
            + (
                "give labels with the batches, as tuples (X, sample_weight, labels)"
                if in_batches
                else "give labels to the fit of gaussmix.dask, mpi or spark, or to each "
                "gaussmix.Shard of RemoteRows"
            )
        )
    if component_labels is not None and not in_batches:
        raise ValueError(
            "component_labels is of labels, and rows elsewhere have none: leave it out"
        )


def check_none_elsewhere(
    labels: Any, allowed: Any, unlabelled_weight: Any, component_labels: Any
) -> None:
    """Raise if what is known of rows is given to a selection whose rows are not in memory."""
    if any(given is not None for given in (labels, allowed, component_labels)) or (
        unlabelled_weight != 1
    ):
        raise ValueError(
            "labels, allowed, component_labels and unlabelled_weight are of rows in memory: a "
            "selection over batches or rows elsewhere finds its starts on a sample without labels; "
            "fit the sizes and families one by one, with labels beside the batches"
        )


def weighted(
    sample_weight: Floats | None, labels: Any, n_rows: int, unlabelled_weight: Any
) -> Floats | None:
    """Return weights of which those of rows without a label count for less, or more."""
    factor = as_real(unlabelled_weight, "unlabelled_weight")
    if not (factor >= 0 and np.isfinite(factor)):
        raise ValueError(f"unlabelled_weight={factor} must be finite and not negative")
    if factor == 1:
        return sample_weight
    if labels is None:
        raise ValueError("unlabelled_weight is of rows beside labelled ones: give labels")
    known = _as_labels(labels, n_rows, None) >= 0
    weights = np.ones(n_rows) if sample_weight is None else sample_weight.copy()
    if len(weights) == n_rows:  # the core says that they are not
        weights[~known] *= factor
    return weights


def _as_labels(labels: Any, n_rows: int, n_labels: int | None) -> npt.NDArray[np.int64]:
    found = _as_integers(labels, "labels", "(n_rows,)")
    if len(found) != n_rows:
        raise ValueError(f"labels has {len(found)} labels, but X has {n_rows} rows")
    odd = np.flatnonzero((found < -1) if n_labels is None else (found < -1) | (found >= n_labels))
    if odd.size:
        most = "" if n_labels is None else f" ... {n_labels - 1}"
        raise ValueError(
            f"labels has {found[odd[0]]} at row {odd[0]}: labels are 0{most}, or -1 where they "
            "are not known"
        )
    return found


def _as_integers(values: Any, name: str, shape: str) -> npt.NDArray[np.int64]:
    if np.ma.is_masked(values):
        if name != "labels":
            raise ValueError(f"{name} has masked entries: give all")
        values = np.ma.filled(values, -1)  # they are not known
    given = _as_array(values, name)
    if given.ndim != 1:
        raise ValueError(f"{name} has shape {given.shape}, expected {shape}")
    if given.dtype.kind not in "iu" and given.size:
        raise TypeError(f"{name} has dtype {given.dtype}: give integers")
    if given.dtype.kind == "u" and given.size and given.max() >= 2**62:
        raise ValueError(f"{name} has {given.max()}, which is out of range: give less than 2^62")
    return np.ascontiguousarray(given, dtype=np.int64)


def _as_sets(allowed: Any, n_rows: int) -> npt.NDArray[np.uint8]:
    if np.ma.is_masked(allowed):
        raise ValueError("allowed has masked entries: give True or False for each")
    given = _as_array(allowed, "allowed")
    if given.ndim != 2 or given.shape[0] != n_rows:
        raise ValueError(
            f"allowed has shape {given.shape}, expected (n_rows, n_components) with {n_rows} rows"
        )
    if given.dtype.kind not in "biu" or (
        given.dtype.kind != "b" and ((given != 0) & (given != 1)).any()
    ):
        raise TypeError("allowed must be booleans: True where a row may have come from a component")
    return np.ascontiguousarray(given, dtype=np.uint8)
