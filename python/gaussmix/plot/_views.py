"""Views of rows and mixtures: combinations of features, within limits."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from gaussmix import _geometry
from gaussmix._arrays import as_integer, as_matrix, as_weights, check_names
from gaussmix._mixture import Mixture, takes_holes, with_facts
from gaussmix._noise import Noise

Array = NDArray[np.float64]
Features = Sequence[int | str] | str | None

ROWS_AT_ONCE = 1 << 16  # responsibilities are never held for more rows
_LEAST_ROWS = 10  # with fewer, outliers cannot be recognised
_MOST_EMPTY = 4.0  # times the bulk: the few rows beyond are left out


@dataclass(frozen=True)
class View:
    """m linear combinations of the features, and the mixture in them.

    Attributes
    ----------
    directions : ndarray of shape (m, d)
        The coefficients of the features.
    titles : tuple of m str
        Names of the combinations.
    limits : ndarray of shape (m, 2)
        The limits of the axes.
    weights, means, covariances : ndarrays of shapes (K,), (K, m), (K, m, m)
        The mixture's marginal.
    noise : Noise, optional
        That of the background: of a box about the components, as rows are drawn from.
    """

    directions: Array
    titles: tuple[str, ...]
    limits: Array
    weights: Array
    means: Array
    covariances: Array
    noise: Noise | None = None

    @property
    def components(self) -> NDArray[np.intp]:
        """The components that have weight."""
        return np.flatnonzero(self.weights > 0.0)

    def rows(self, data: NDArray[Any]) -> Array:
        """Return the rows of the data in this view, shape (n, m)."""
        used = np.flatnonzero(self.directions.any(axis=0))
        points: Array = np.asarray(data[:, used], dtype=np.float64) @ self.directions[:, used].T
        return points

    def pick(self, *coordinates: int) -> View:
        """Return a view of some of the combinations."""
        chosen = np.array(coordinates)
        return dataclasses.replace(
            self,
            directions=self.directions[chosen],
            titles=tuple(self.titles[i] for i in coordinates),
            limits=self.limits[chosen],
            noise=_narrower(self, chosen),
            means=self.means[:, chosen],
            covariances=self.covariances[:, chosen[:, np.newaxis], chosen],
        )

    def of(self, model: Mixture) -> View:
        """Return this view of another mixture."""
        means, covariances = _projected(model, self.directions)
        return dataclasses.replace(
            self,
            weights=np.asarray(model.weights),
            means=means,
            covariances=covariances,
            noise=_marginal_noise(model, means, covariances),
        )

    def outside(self, data: NDArray[Any]) -> int:
        """Return how many rows lie beyond the limits."""
        low, high = self.limits.T
        count = 0
        for rows in chunks(len(data)):
            points = self.rows(data[rows])
            count += int(np.any((points < low) | (points > high), axis=1).sum())
        return count

    def components_alone(self) -> Mixture:
        """Return the marginal without a background."""
        if self.noise is None:
            return self.mixture()
        weights = self.weights / self.weights.sum()
        return dataclasses.replace(self, weights=weights, noise=None).mixture()

    def mixture(self) -> Mixture:
        """Return the marginal as a mixture of its own, without components of weight zero."""
        drawn = self.components
        return Mixture(
            self.weights[drawn], self.means[drawn], self.covariances[drawn], noise=self.noise
        )


def as_mixture(model: Any) -> Mixture:
    """Return a mixture from what was given: itself, or a fitted estimator's.

    Raises
    ------
    TypeError
        If it is neither.
    """
    if isinstance(model, Mixture):
        return model
    own = getattr(model, "mixture_", None)
    if isinstance(own, Mixture):
        return own
    try:
        mixture = Mixture(model.weights_, model.means_, model.covariances_, model.covariance_type)
    except AttributeError:
        raise TypeError(
            f"model is a {type(model).__name__}: give a gaussmix.Mixture or a fitted estimator"
        ) from None
    names = getattr(model, "feature_names_in_", None)
    return mixture if names is None else with_facts(mixture, feature_names=tuple(names))


def as_data(model: Mixture, X: Any) -> NDArray[Any]:
    """Return the rows as an array that fits the model; named columns must have its names.

    Missing values, if the model was fitted around some, are imputed.
    """
    matrix = as_matrix(X, missing=takes_holes(model))
    check_names(matrix, model.feature_names)
    data = matrix.values
    if data.shape[1] != model.n_features or data.shape[0] == 0:
        raise ValueError(
            f"X has shape {data.shape}: the mixture needs (n, {model.n_features}) with n > 0"
        )
    return model.impute(data) if takes_holes(model) and np.isnan(data).any() else data


def weighted_data(
    model: Mixture, X: Any, sample_weight: npt.ArrayLike | None
) -> tuple[NDArray[Any], Array | None]:
    """Return the rows that have weight, as `as_data` does, and their weights if they have any.

    Raises
    ------
    ValueError
        If there is not one weight per row, finite and not negative, or all are zero.
    """
    data, weights = as_data(model, X), as_weights(sample_weight)
    if weights is None:
        return data, None
    if len(weights) != len(data):
        raise ValueError(
            f"sample_weight has {len(weights)} numbers, but X has {len(data)} rows: give one "
            "weight for each row"
        )
    bad = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0.0)))
    if bad.size:
        raise ValueError(
            f"sample_weight is {weights[bad[0]]} at row {bad[0]}: weights must be finite and not "
            "negative"
        )
    counting = weights > 0.0
    if not counting.any():
        raise ValueError("sample_weight is zero for every row: give some row a weight")
    return (data, weights) if counting.all() else (data[counting], weights[counting])


def chunks(n: int) -> Iterator[slice]:
    """Return slices of n rows, small enough to hold their responsibilities."""
    return (slice(start, start + ROWS_AT_ONCE) for start in range(0, n, ROWS_AT_ONCE))


class Seen(NamedTuple):
    """Everything that a picture of rows is drawn from."""

    model: Mixture
    data: NDArray[Any]
    view: View
    weights: Array | None


def seen(
    model: Mixture,
    X: Any,
    features: Features,
    names: Sequence[str] | None,
    sample_weight: npt.ArrayLike | None,
    counts: tuple[int, ...],
) -> Seen:
    """Return the rows that have weight, their weights, and the view of both; see `view_of`."""
    X = as_matrix(X, missing=takes_holes(model))
    data, weights = weighted_data(model, X, sample_weight)
    return Seen(model, data, view_of(model, X, features, names, counts, data), weights)


def view_of(
    model: Mixture,
    X: Any,
    features: Features,
    names: Sequence[str] | None,
    counts: tuple[int, ...],
    data: NDArray[Any],
) -> View:
    """Choose what to show of a mixture and its rows.

    Parameters
    ----------
    model, X
        The mixture and the rows.
    features
        Names or indices; "discriminant", the combinations that separate the components best; or
        None, the features that do.
    names
        Names of the features. Default: as the model or the columns of X have it.
    counts
        How many combinations may be shown, the preferred number first.
    data
        The rows of X that the limits must show.

    Raises
    ------
    ValueError
        X does not fit the model, or features or names cannot be used.
    """
    titles = feature_names(model, X, names)
    d = model.n_features
    wanted = min(counts[0], d)
    if isinstance(features, str):
        if features != "discriminant":
            raise ValueError(f"features={features!r} must be 'discriminant', names or indices")
        directions = _geometry.discriminants(model, wanted)
        shown = tuple(f"discriminant {i + 1}" for i in range(len(directions)))
    else:
        chosen = _chosen(model, features, titles, wanted)
        if len(chosen) not in {wanted, *counts} or len(set(chosen)) != len(chosen):
            words = {1: "one feature", 2: "two different ones"}
            allowed = " or ".join(
                words.get(count, f"{count} different ones") for count in sorted(counts)
            )
            raise ValueError(f"features={tuple(features or ())!r} must be {allowed}")
        directions = np.eye(d)[chosen]
        shown = tuple(titles[j] for j in chosen)
    means, covariances = _projected(model, directions)
    view = View(
        directions,
        shown,
        np.zeros((len(shown), 2)),
        np.asarray(model.weights),
        means,
        covariances,
        _marginal_noise(model, means, covariances),
    )
    drawn = view.components
    limits = [
        _limits(view.pick(i).rows(data)[:, 0], means[drawn, i], covariances[drawn, i, i])
        for i in range(len(shown))
    ]
    return dataclasses.replace(view, limits=np.array(limits))


def feature_names(model: Mixture, X: Any, names: Sequence[str] | None) -> list[str]:
    """Return the names of the features: as given, or of the model, or of the columns of X."""
    if isinstance(names, str):
        raise TypeError(f"names={names!r} must be a list of names, one for each feature")
    if names is not None and len(names) != model.n_features:
        raise ValueError(
            f"names has {len(names)} entries, the mixture {model.n_features} features: give a name "
            "for each feature"
        )
    found = names if names is not None else model.feature_names or as_matrix(X).names
    if found is None:
        found = [f"feature {j}" for j in range(model.n_features)]
    return [str(name) for name in found]


def _chosen(
    model: Mixture, features: Sequence[int | str] | None, titles: list[str], wanted: int
) -> list[int]:
    d = model.n_features
    if features is None:
        if wanted == 2:
            return list(_geometry.most_separating_pair(model))
        best = np.argsort(-_geometry.separations(model), kind="stable")[:wanted]
        return [int(j) for j in np.sort(best)]
    if not isinstance(features, Iterable):
        raise TypeError(f"features={features!r} must be a list of names or indices")
    chosen = []
    for feature in features:
        if isinstance(feature, str):
            if feature not in titles:
                raise ValueError(f"features: there is no {feature!r} among {', '.join(titles)}")
            chosen.append(titles.index(feature))
        elif -d <= as_integer(feature, "features", "names or indices") < d:
            chosen.append(int(feature) % d)
        else:
            raise ValueError(f"features: {feature} is not in 0 ... {d - 1}")
    return chosen


def _projected(model: Mixture, directions: Array) -> tuple[Array, Array]:
    """Return the means (K, m) and covariances (K, m, m) of linear combinations of the features."""
    used = np.flatnonzero(directions.any(axis=0))
    across = directions[:, used]
    covariances = across @ _geometry.covariance_matrices(model, used.tolist()) @ across.T
    return np.asarray(model.means)[:, used] @ across.T, covariances


def _log_deviations(weights: Array, means: Array, variances: Array) -> Array:
    """Return the logarithm of the standard deviation of each coordinate over all components."""
    own = weights / weights.sum()
    spread = own @ (variances + (means - own @ means) ** 2)
    logs: Array = 0.5 * np.log(spread)
    return logs


def _marginal_noise(model: Mixture, means: Array, covariances: Array) -> Noise | None:
    """Return the background in some coordinates: its box has sides in proportion to deviations."""
    noise = model.noise
    weights = np.asarray(model.weights)
    if noise is None or not weights.any():
        return None
    every = _log_deviations(weights, np.asarray(model.means), model.variances())
    shown = _log_deviations(weights, means, np.einsum("kii->ki", covariances))
    stretch = (float(noise.log_volume or 0.0) - every.sum()) / every.size
    return Noise(noise.weight, float(shown.sum() + stretch * shown.size))


def _narrower(view: View, chosen: NDArray[Any]) -> Noise | None:
    """Return the background of a view in some of its coordinates."""
    if view.noise is None:
        return None
    variances = np.einsum("kii->ki", view.covariances)
    logs = _log_deviations(view.weights, view.means, variances)
    stretch = (float(view.noise.log_volume or 0.0) - logs.sum()) / logs.size
    return Noise(view.noise.weight, float(logs[chosen].sum() + stretch * chosen.size))


def _limits(values: Array, means: Array, variances: Array) -> tuple[float, float]:
    """Return the range to show: the rows, and three standard deviations of components if near.

    A few rows, at most one in 200 on each side, are left out if they lie so far out that the others
    would be squeezed into a quarter of the axis.
    """
    low, high = float(values.min()), float(values.max())
    if values.size >= _LEAST_ROWS:
        bulk = (
            float(np.quantile(values, 0.005, method="higher")),
            float(np.quantile(values, 0.995, method="lower")),
        )
        spread = bulk[1] - bulk[0]
        if spread > 0.0 and high - low > _MOST_EMPTY * spread:
            low, high = max(low, bulk[0] - 0.5 * spread), min(high, bulk[1] + 0.5 * spread)
    seen = (means >= low) & (means <= high)
    if seen.any():  # a component of such rows alone lies out there, too
        means, variances = means[seen], variances[seen]
    reach = 3.0 * np.sqrt(variances)
    # A constant feature has no width of its own.
    most = 0.6 * (high - low) if high > low else float(reach.max())
    ends = (
        min(low, max(float((means - reach).min()), low - most)),
        max(high, min(float((means + reach).max()), high + most)),
    )
    margin = 0.04 * (ends[1] - ends[0])
    return ends[0] - margin, ends[1] + margin
