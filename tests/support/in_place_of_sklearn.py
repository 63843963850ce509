"""A pytest plugin that puts our estimators where scikit-learn's own tests look for its own.

pytest -p in_place_of_sklearn --pyargs sklearn.mixture.tests.test_gaussian_mixture
"""

from __future__ import annotations

import sklearn.mixture

import gaussmix

sklearn.mixture.GaussianMixture = gaussmix.GaussianMixture
sklearn.mixture.BayesianGaussianMixture = gaussmix.BayesianGaussianMixture
