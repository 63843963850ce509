"""Classification by mixtures: one of each class, or one component a class with a common family."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import ClassifierMixin

from gaussmix import _core
from gaussmix._arrays import Floats, Matrix, as_floats, as_threads
from gaussmix._covariance import of_components
from gaussmix._fit import fit
from gaussmix._mixture import Mixture, criteria_of
from gaussmix._prior import Prior
from gaussmix._seeds import seeded
from gaussmix._side_by_side import side_by_side

from ._base import _random
from ._features_in import keep_features
from ._fitting import FitsMixtures, classes_of, weights_for


class GaussianMixtureClassifier(ClassifierMixin, FitsMixtures):
    """A classifier that fits a Gaussian mixture to the rows of each class.

    A row belongs to the class with the largest p(class) p(row | class). With several components a
    class this is mclust's MclustDA (Hastie and Tibshirani 1996; Fraley and Raftery 2002); with
    `shared` its EDDA (Bensmail and Celeux 1996).

    Parameters
    ----------
    n_components : int or sequence of int, default=1
        Components of each class; of several numbers each class has the best by BIC.
    covariance_type : str or sequence of str, default="full"
        The family, as in `gaussmix.fit`; of several the best by BIC, for each class or, with
        `shared`, for all. "all" or "plain" as in `gaussmix.select`.
    shared : bool, default=False
        One component a class, and one family for all: "tied" is linear discriminant analysis,
        "full" quadratic.
    class_prior : array-like of shape (n_classes,), optional
        The probability of each class, in the order of `classes_`; by default its share.
    tol, reg_covar, max_iter, n_init
        As in `gaussmix.fit`. `n_init` counts for single choices alone.
    prior : "auto", "default", Prior or None, default="auto"
        The prior of the mixtures, as in `gaussmix.fit`. "auto": "default", which counts where rows
        are few for the features, and keeps the density of a class from following its rows too
        closely; none with `shared`, whose family says what is common. None is maximum likelihood.
    effort : {"low", "normal", "high"}, default="low"
        As in `gaussmix.fit`. The class of a row hardly depends on which maximum of the likelihood
        its mixture ended at, so that by default none is searched for.
    random_state : int, RandomState or None, default=None
        As in `GaussianMixture`.
    n_threads : int, optional
        Threads to use; by default OMP_NUM_THREADS, else the CPUs of this process.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels.
    class_prior_ : ndarray of shape (n_classes,)
        The probability of each class.
    mixtures_ : list of Mixture
        The mixture of each class.
    n_iter_ : int
        The most iterations of a mixture; 1 with `shared`.
    n_features_in_ : int
        The number of features.
    feature_names_in_ : ndarray of str
        Their names, if the table had any.

    References
    ----------
    C. Fraley and A. E. Raftery (2002), Model-based clustering, discriminant analysis, and density
    estimation. Journal of the American Statistical Association 97, 611-631.

    H. Bensmail and G. Celeux (1996), Regularized Gaussian discriminant analysis through eigenvalue
    decomposition. Journal of the American Statistical Association 91, 1743-1748.

    Examples
    --------
    >>> import gaussmix
    >>> c = gaussmix.GaussianMixtureClassifier().fit([[0.0], [1], [5], [6]], ["a", "a", "b", "b"])
    >>> c.predict([[0.2], [5.1]])
    array(['a', 'b'], dtype='<U1')
    """

    def __init__(
        self,
        n_components: int | Sequence[int] = 1,
        *,
        covariance_type: str | Sequence[str] = "full",
        shared: bool = False,
        class_prior: npt.ArrayLike | None = None,
        tol: float = 1e-3,
        reg_covar: float | None = None,
        max_iter: int = 100,
        n_init: int = 1,
        prior: str | Prior | None = "auto",
        effort: str = "low",
        random_state: Any = None,
        n_threads: int | None = None,
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.shared = shared
        self.class_prior = class_prior
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.prior = prior
        self.effort = effort
        self.random_state = random_state
        self.n_threads = n_threads

    def fit(self, X: Any, y: Any, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Fit a mixture to each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The data.
        y : array-like of shape (n_samples,)
            The class of each row.
        sample_weight : array-like of shape (n_samples,), optional
            Non-negative weights: 2 counts a row twice, 0 leaves it out.

        Returns
        -------
        self : object
            The fitted classifier.

        Raises
        ------
        ValueError
            If X has NaN or infinity (row and column are named), a class has fewer rows than
            components, or a parameter is out of range.
        """
        rows = self._rows_of_fit(X)
        labels = self._labels(y, len(rows.values))
        weights = weights_for(sample_weight, len(labels))
        kept = slice(None) if weights is None else weights > 0
        values, labels = rows.values[kept], labels[kept]
        weights = None if weights is None else weights[kept]
        self.classes_, numbers = classes_of(labels)
        shares = np.bincount(numbers, weights)
        self.class_prior_ = self._priors(shares / shares.sum())
        if self.shared:
            self.mixtures_ = self._alike(values, numbers, weights)
        else:
            self.mixtures_ = self._apart(values, numbers, weights)
        self.n_iter_ = max(1, *(mixture.n_iter for mixture in self.mixtures_))
        keep_features(self, rows)
        return self

    def _priors(self, shares: Floats) -> Floats:
        """Return the probabilities of classes: those given, else their shares."""
        if self.class_prior is None:
            return shares
        given = as_floats(self.class_prior, "class_prior")
        if given.shape != shares.shape:
            raise ValueError(
                f"class_prior has shape {given.shape}, expected {shares.shape}: one for each class"
            )
        if not (given >= 0).all() or not abs(given.sum() - 1) <= 1e-6:
            raise ValueError(
                f"class_prior={given} must not be negative and sum to 1: divide it by its sum"
            )
        found: Floats = given / given.sum()
        return found

    def _prior(self) -> str | Prior | None:
        """Return the prior of the mixtures: that given, else the default unless `shared`."""
        if not isinstance(self.prior, str) or self.prior != "auto":
            return self.prior
        return None if self.shared else "default"

    def _apart(
        self, values: npt.NDArray[Any], numbers: npt.NDArray[np.int64], weights: Floats | None
    ) -> list[Mixture]:
        """Fit a mixture to each class, classes side by side."""
        n_classes = len(self.classes_)
        n_threads = as_threads(self.n_threads) or _core.info()["n_threads"]
        with seeded(_random(self.random_state)) as seed:

            def fitted(c: int) -> Mixture:
                own = np.flatnonzero(numbers == c)
                return self._mixture_of(
                    values[own],
                    None if weights is None else weights[own],
                    f" of class {self.classes_[c]}",
                    prior=self._prior(),
                    random_state=seed,
                    n_threads=max(1, n_threads // n_classes),
                )

            return list(side_by_side(fitted, n_classes, n_threads, at_once=1))

    def _alike(
        self, values: npt.NDArray[Any], numbers: npt.NDArray[np.int64], weights: Floats | None
    ) -> list[Mixture]:
        """Fit one component a class, of one family: the M-step from the labels, best by BIC."""
        smallest = int(np.bincount(numbers).min())
        components, families = self._choices(
            smallest, values.shape[1], has_prior=self._prior() is not None
        )
        if components != [1]:
            raise ValueError(
                f"n_components={self.n_components} must be 1 with shared=True, which has one "
                "component for each class"
            )
        n_classes = len(self.classes_)
        rows_of = [numbers == c for c in range(n_classes)]
        best: tuple[float, list[Mixture]] | None = None
        for family in families:
            whole = fit(
                values,
                n_classes,
                covariance_type=family,
                init=numbers,
                max_iter=0,
                sample_weight=weights,
                reg_covar=self.reg_covar,
                prior=self._prior(),
                random_state=0,  # nothing is drawn
                n_threads=self.n_threads,
            )
            parts = [_component(whole, c) for c in range(n_classes)]
            if len(families) == 1:
                return parts
            found = sum(
                criteria_of(
                    part,
                    values[own],
                    None if weights is None else weights[own],
                    self.n_threads,
                ).bic
                for part, own in zip(parts, rows_of, strict=True)
            )
            # BIC of the joint likelihood: the parameters of all, and the number of all rows.
            n = len(values) if weights is None else weights.sum()
            sizes = [own.sum() if weights is None else weights[own].sum() for own in rows_of]
            counted = sum(
                part.n_parameters * np.log(size) for part, size in zip(parts, sizes, strict=True)
            )
            bic = found - counted + whole.n_parameters * np.log(n)
            if best is None or bic < best[0]:
                best = bic, parts
        if best is None:  # pragma: no cover  # there is a family
            raise AssertionError
        return best[1]

    # Use on data

    def decision_function(self, X: Any) -> Floats:
        """Return how much speaks for each class: log p(class) p(row | class).

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to classify.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            With two classes the difference, positive for the second, as scikit-learn has it.
        """
        joint = self._joint(self._rows(X))
        return joint[:, 1] - joint[:, 0] if len(self.classes_) == 2 else joint

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
        joint = self._joint(self._rows(X))
        best: npt.NDArray[Any] = self.classes_[joint.argmax(axis=1)]
        return best

    def predict_proba(self, X: Any) -> Floats:
        """Return the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to classify.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Each row sums to 1.
        """
        joint = self._joint(self._rows(X))
        shares: Floats = np.exp(joint - joint.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        return shares

    def predict_log_proba(self, X: Any) -> Floats:
        """Return the logarithm of the probability of each class, (n_samples, n_classes)."""
        joint = self._joint(self._rows(X))
        found: Floats = joint - np.logaddexp.reduce(joint, axis=1)[:, np.newaxis]
        return found

    def _joint(self, rows: Matrix) -> Floats:
        """Return log p(class) p(row | class), (n_rows, n_classes)."""
        with np.errstate(divide="ignore"):
            logs = np.log(self.class_prior_)
        joint = np.empty((len(rows.values), len(self.classes_)))
        for c, mixture in enumerate(self.mixtures_):
            joint[:, c] = mixture.score_samples(rows.values, n_threads=self.n_threads)
        joint += logs
        return joint


def _component(mixture: Mixture, k: int) -> Mixture:
    """Return one component as a mixture of its own, of the same family."""
    own = of_components(mixture.covariances, mixture.covariance_type, [k])
    return Mixture([1.0], mixture.means[k : k + 1], own, mixture.covariance_type)
