"""Classification with few labels: one mixture of all rows, whose components belong to classes."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import ClassifierMixin

from gaussmix._arrays import Floats, as_count
from gaussmix._fit import fit
from gaussmix._mixture import Mixture
from gaussmix._noise import Noise
from gaussmix._prior import Prior

from ._base import _random
from ._features_in import keep_features
from ._fitting import FitsMixtures, classes_of, weights_for


class SemiSupervisedGaussianMixture(ClassifierMixin, FitsMixtures):
    """A classifier that learns from rows with and without labels: a label of -1 is not known.

    One mixture of all rows, in which each class owns some components (Miller and Uyar 1997; Nigam
    et al. 2000): EM finds the clusters of all rows, labels say which are whose. A row belongs to
    the class with the largest sum of its components' densities.

    Parameters
    ----------
    n_components : int, default=1
        Components of each class.
    covariance_type : str, default="full"
        The family, as in `gaussmix.fit`.
    unlabelled_weight : float, default=1
        What a row without a label counts beside one that has one.
    tol, reg_covar, max_iter, n_init, prior, noise, effort
        As in `gaussmix.fit`.
    random_state : int, RandomState or None, default=None
        As in `GaussianMixture`.
    n_threads : int, optional
        Threads to use; by default OMP_NUM_THREADS, else the CPUs of this process.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, without -1.
    mixture_ : Mixture
        The mixture of all rows.
    component_labels_ : ndarray of int64, shape (n_classes * n_components,)
        The number of the class of each component.
    n_iter_ : int
        The number of iterations.
    n_features_in_ : int
        The number of features.
    feature_names_in_ : ndarray of str
        Their names, if the table had any.

    References
    ----------
    D. J. Miller and H. S. Uyar (1997), A mixture of experts classifier with learning based on both
    labelled and unlabelled data. Advances in Neural Information Processing Systems 9, 571-577.

    K. Nigam, A. K. McCallum, S. Thrun and T. Mitchell (2000), Text classification from labeled and
    unlabeled documents using EM. Machine Learning 39, 103-134.

    Examples
    --------
    >>> import gaussmix
    >>> X = [[0.0], [0.2], [0.4], [5.0], [5.3], [5.5]]
    >>> c = gaussmix.SemiSupervisedGaussianMixture(random_state=0).fit(X, [0, -1, -1, -1, -1, 1])
    >>> c.predict(X)
    array([0, 0, 0, 1, 1, 1])
    """

    def __init__(
        self,
        n_components: int = 1,
        *,
        covariance_type: str = "full",
        unlabelled_weight: float = 1.0,
        tol: float = 1e-3,
        reg_covar: float | None = None,
        max_iter: int = 100,
        n_init: int = 1,
        prior: str | Prior | None = None,
        noise: bool | Noise | None = None,
        effort: str = "normal",
        random_state: Any = None,
        n_threads: int | None = None,
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.unlabelled_weight = unlabelled_weight
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.prior = prior
        self.noise = noise
        self.effort = effort
        self.random_state = random_state
        self.n_threads = n_threads

    def fit(self, X: Any, y: Any, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Fit the mixture to rows with and without labels.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The data.
        y : array-like of shape (n_samples,)
            The class of each row; -1 where it is not known.
        sample_weight : array-like of shape (n_samples,), optional
            Non-negative weights: 2 counts a row twice, 0 leaves it out.

        Returns
        -------
        self : object
            The fitted classifier.

        Raises
        ------
        ValueError
            If X has NaN or infinity (row and column are named), no row has a label, there are
            fewer rows than components, or a parameter is out of range.
        """
        rows = self._rows_of_fit(X)
        labels = self._labels(y, len(rows.values))
        weights = weights_for(sample_weight, len(labels))
        if labels.dtype.kind in "US" and (labels == np.array("-1", labels.dtype)).any():
            raise ValueError(
                "y has the text '-1' for a class: give an array of dtype object, with the number "
                "-1 where the class is not known"
            )
        known = (
            np.asarray(labels != -1) if labels.dtype.kind in "iufO" else np.full(len(labels), True)
        )
        if weights is not None:
            known &= weights > 0  # other rows count for nothing
        if not known.any():
            raise ValueError("y has no label but -1, which stands for unknown: give some rows one")
        self.classes_, numbers = classes_of(labels[known])
        of_class = as_count(self.n_components, "n_components")
        if of_class < 1:
            raise ValueError(f"n_components={of_class} must be at least 1")
        owners = np.repeat(np.arange(len(self.classes_)), of_class)
        if len(owners) > len(labels):
            raise ValueError(
                f"n_components={of_class} of {len(self.classes_)} classes need as many rows, but "
                f"there are n_samples = {len(labels)}: lower n_components or add rows"
            )
        coded = np.full(len(labels), -1)
        coded[known] = numbers
        self.mixture_: Mixture = fit(
            rows,
            len(owners),
            covariance_type=self.covariance_type,
            sample_weight=weights,
            labels=coded,
            component_labels=owners,
            unlabelled_weight=self.unlabelled_weight,
            tol=self.tol,
            reg_covar=self.reg_covar,
            max_iter=self.max_iter,
            n_init=self.n_init,
            prior=self.prior,
            noise=self.noise,
            effort=self.effort,
            random_state=_random(self.random_state),
            n_threads=self.n_threads,
        )
        self.component_labels_ = owners
        self.n_iter_ = max(1, self.mixture_.n_iter)
        keep_features(self, rows)
        return self

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """Return the most probable class of each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to classify.

        Returns
        -------
        ndarray of shape (n_samples,)
            Labels, as `y` had them.
        """
        best = self.predict_proba(X).argmax(axis=1)
        found: npt.NDArray[Any] = self.classes_[best]
        return found

    def predict_proba(self, X: Any) -> Floats:
        """Return the probability of each class; with `noise`, of rows that are not noise.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to classify.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Each row sums to 1.
        """
        rows = self._rows(X)
        bare = self.mixture_
        if bare.noise is not None:
            weights = bare.weights / bare.weights.sum()
            bare = Mixture(weights, bare.means, bare.covariances, bare.covariance_type)
        of_components = bare.predict_proba(rows.values, n_threads=self.n_threads)
        starts = np.flatnonzero(np.diff(self.component_labels_, prepend=-1))
        found: Floats = np.add.reduceat(of_components, starts, axis=1)
        found /= found.sum(axis=1, keepdims=True)
        return found

    def predict_log_proba(self, X: Any) -> Floats:
        """Return the logarithm of the probability of each class, (n_samples, n_classes)."""
        with np.errstate(divide="ignore"):
            found: Floats = np.log(self.predict_proba(X))
        return found
