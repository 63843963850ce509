"""
Iris: four features, three species
==================================

Fisher's irises have four measurements and a species, which the mixture does not get to see. Does it
find the species again?
"""

# %%
# Setosa stands apart, the other two touch. Every pair of features:

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_iris

import gaussmix
from gaussmix.plot import ClusterDisplay, CornerDisplay, UncertaintyDisplay

iris = load_iris()
X, species = iris.data, iris.target
names = [name.removesuffix(" (cm)") for name in iris.feature_names]
m = gaussmix.fit(X, 3, n_init=10, random_state=0)

CornerDisplay.from_estimator(m, X, names=names)
plt.show()

# %%
# One picture instead of six: the plane, of all there are, in which the components differ most.

ClusterDisplay.from_estimator(m, X, features="discriminant")
plt.show()

# %%
# Rows by species and label. No species was shown to the fit.

table = np.zeros((3, 3), dtype=int)
np.add.at(table, (species, m.predict(X)), 1)
for name, row in zip(iris.target_names, table, strict=True):
    print(f"{name:<12}", *(f"{count:>4}" for count in row))

# %%
# Where two features alone would leave the label unsure:

UncertaintyDisplay.from_estimator(m, X, features=["petal length", "petal width"], names=names)
plt.show()
