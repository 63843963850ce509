"""
Old Faithful: two kinds of eruption
===================================

The classical data for mixtures: how long the geyser erupts, and how long it then waits. Are there
two kinds of eruption, or one that varies?
"""

# %%
# A mixture of two Gaussians. In a notebook the mixture shows itself as a table.

import matplotlib.pyplot as plt

import gaussmix
from gaussmix.plot import HistogramDisplay, SelectionDisplay, before_after

X, names = gaussmix.datasets.load_faithful()
m = gaussmix.fit(X, 2, random_state=0)
m

# %%
# Left the data, right what the mixture makes of them.

before_after(m, X, names=names)
plt.show()

# %%
# The wait alone. The dashed line is the density of the mixture.

HistogramDisplay.from_estimator(m, X, features=["waiting"], names=names)
plt.show()

# %%
# How many components? Three criteria over four families. With more components than clusters there
# are many maxima, so each is fitted from ten starts that differ much.

chosen = SelectionDisplay.from_data(
    X, range(1, 7), init="random_from_data", n_init=10, random_state=0
)
plt.show()
print(chosen.best_)

# %%
# BIC and ICL do not ask the same: BIC looks for the density that made the data, for which a third
# Gaussian may help to bend a cluster; ICL wants components that are clusters of their own.
