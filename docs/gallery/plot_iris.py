"""
Iris: four features, three species
==================================

Fisher's irises have four measurements and a species. The mixture uses only the measurements. Does
it recover the species?
"""

# %%
# Setosa is separate, while the other two species touch. Every pair of features:

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
# One picture instead of six: the plane in which the components differ most.

ClusterDisplay.from_estimator(m, X, features="discriminant")
plt.show()

# %%
# Count the rows by species and label. The fit did not use the species.

table = np.zeros((3, 3), dtype=int)
np.add.at(table, (species, m.predict(X)), 1)
for name, row in zip(iris.target_names, table, strict=True):
    print(f"{name:<12}", *(f"{count:>4}" for count in row))

# %%
# Where two features alone would leave the label uncertain:

UncertaintyDisplay.from_estimator(m, X, features=["petal length", "petal width"], names=names)
plt.show()
