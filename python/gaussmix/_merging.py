"""Merge components into clusters: a cluster that is not Gaussian has several components."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from ._arrays import as_count
from ._like import MixtureLike

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]
#: Responsibilities (n, K) and weights (n,) of some rows.
Part = tuple[Floats, Floats]


class MergedClusters:
    """The components of a mixture, merged one by one. Made by `Mixture.merge_clusters`.

    Attributes
    ----------
    mixture : Mixture
        The mixture whose components are merged.
    merges : tuple of (int, int)
        The clusters that were merged, each named by its first component, in this order.
    entropies : ndarray of shape (K,)
        The entropy of the assignment of all rows to K, K - 1, ..., 1 clusters, in nats; the last
        is 0.
    """

    def __init__(
        self, mixture: MixtureLike, merges: tuple[tuple[int, int], ...], entropies: Floats
    ) -> None:
        self.mixture = mixture
        self.merges = merges
        self.entropies = entropies

    @property
    def n_clusters(self) -> int:
        """The number of clusters at the elbow of the entropies.

        The elbow is where two lines fit the entropies best, one to the numbers of clusters up to it
        and one to those from it on (Baudry et al. 2010, section 4).
        """
        n = self.mixture.n_components
        if n < 4:
            return n
        counts, values = np.arange(1, n + 1), self.entropies[::-1]

        def left(chosen: slice) -> float:
            x, y = counts[chosen], values[chosen]
            return float(((y - np.polyval(np.polyfit(x, y, 1), x)) ** 2).sum())

        costs = [left(slice(0, c)) + left(slice(c - 1, n)) for c in range(2, n)]
        return 2 + int(np.argmin(costs))

    def labels(self, n_clusters: int | None = None) -> Labels:
        """Return the cluster of each component.

        Parameters
        ----------
        n_clusters : int, optional
            By default that of the elbow.

        Returns
        -------
        ndarray of int64, shape (K,)
            From 0, in the order of the first component of each cluster.

        Raises
        ------
        ValueError
            If there are not so many components.
        """
        count = self.n_clusters if n_clusters is None else as_count(n_clusters, "n_clusters")
        n = self.mixture.n_components
        if not 1 <= count <= n:
            raise ValueError(f"n_clusters={count} must be 1 ... {n}, the number of components")
        first = np.arange(n)
        for into, other in self.merges[: n - count]:
            first[first == other] = into
        labels: Labels = np.unique(first, return_inverse=True)[1].astype(np.int64)
        return labels

    def predict(self, X: Any, n_clusters: int | None = None) -> Labels:
        """Return the most probable cluster of each row, -1 for noise; arguments as in `labels`."""
        labels: Labels = self.predict_proba(X, n_clusters).argmax(axis=1)
        n = self.labels(n_clusters).max() + 1
        return np.where(labels < n, labels, -1)

    def predict_proba(self, X: Any, n_clusters: int | None = None) -> Floats:
        """Return the probability of each cluster for each row; arguments as in `labels`.

        With a background one more column, the last, is its: it is merged with nothing.
        """
        labels = self.labels(n_clusters)
        member = np.eye(labels.max() + 1)[labels]
        probabilities = self.mixture.predict_proba(X)
        noise = probabilities[:, len(labels) :]
        return np.column_stack([probabilities[:, : len(labels)] @ member, noise])

    def __repr__(self) -> str:
        """Return the merges and the entropies that they leave."""
        n = self.mixture.n_components
        lines = [
            f"MergedClusters: {n} components, elbow at {self.n_clusters} clusters",
            "clusters  entropy  merged",
        ]
        steps = ["", *(f"{a} and {b}" for a, b in self.merges)]
        for i, (entropy, step) in enumerate(zip(self.entropies, steps, strict=True)):
            lines.append(f"{n - i:>8}  {entropy:>7.4g}  {step}".rstrip())
        return "\n".join(lines)


def merged(mixture: MixtureLike, parts: Callable[[], Iterable[Part]]) -> MergedClusters:
    """Merge clusters, each time the two whose union lowers the entropy most.

    `parts` reads the rows again for each merge.
    """
    n = mixture.n_components
    groups = [[k] for k in range(n)]
    merges: list[tuple[int, int]] = []
    entropies = []
    while True:
        entropy, gains = _entropies(parts(), groups)
        entropies.append(entropy)
        if len(groups) == 1:
            if mixture.noise is None:
                entropies[-1] = 0.0  # but for rounding
            return MergedClusters(mixture, tuple(merges), np.array(entropies))
        gains[np.tril_indices(len(groups))] = -np.inf
        a, b = divmod(int(gains.argmax()), len(groups))
        merges.append((groups[a][0], groups[b][0]))
        groups[a] = sorted(groups[a] + groups[b])
        del groups[b]


def _entropies(parts: Iterable[Part], groups: list[list[int]]) -> tuple[float, Floats]:
    """Return the entropy of the assignment, and by how much each union of two lowers it."""
    n = len(groups)
    total, gains = 0.0, np.zeros((n, n))
    n_components = sum(map(len, groups))
    for responsibilities, weights in parts:
        total -= float((_information(responsibilities[:, n_components:].T) @ weights).sum())
        of_groups = np.stack([responsibilities[:, group].sum(axis=1) for group in groups])
        own = _information(of_groups) @ weights
        total -= own.sum()
        for a in range(n):
            union = _information(of_groups[a] + of_groups[a + 1 :]) @ weights
            gains[a, a + 1 :] += union - own[a] - own[a + 1 :]
    return max(float(total), 0.0), gains


def _information(p: Floats) -> Floats:
    """Return p log p, 0 where p is."""
    result: Floats = p * np.log(np.where(p > 0, p, 1.0))
    return result
