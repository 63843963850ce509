"""
Old Faithful: two kinds of eruption
===================================

The classical data for mixtures: how long the geyser erupts, and how long it then waits. Are there
two kinds of eruption, or one that varies?
"""

# %%
# Fit a mixture of two Gaussians. A notebook shows the mixture as a table.

import matplotlib.pyplot as plt

import gaussmix
from gaussmix.plot import HistogramDisplay, SelectionDisplay, before_after

X, names = gaussmix.datasets.load_faithful()
m = gaussmix.fit(X, 2, random_state=0)
m

# %%
# Left: the data. Right: the same data, clustered by the mixture.

before_after(m, X, names=names)
plt.show()

# %%
# Only the wait. The dashed line is the density of the mixture.

HistogramDisplay.from_estimator(m, X, features=["waiting"], names=names)
plt.show()

# %%
# How many components are there, and of which family? Compare three criteria over all fourteen.

s = gaussmix.select(X, range(1, 7), random_state=0)
SelectionDisplay.from_selection(s, ("bic", "aic", "icl"))
plt.show()
print(s)

# %%
# BIC and ICL answer different questions. BIC looks for the density that generated the data, where a
# third Gaussian may help to bend a cluster; ICL looks for components that are separate clusters.
