"""
Density estimation and sampling
===============================

A mixture is a density in closed form: you can evaluate it anywhere, draw rows from it, and test it
on rows that were held out.
"""

# %%
# The densest regions that hold 50, 80, 95 and 99 % of the probability:

import matplotlib.pyplot as plt
import numpy as np

import gaussmix
from gaussmix.plot import DensityDisplay, before_after

X, names = gaussmix.datasets.load_faithful()
m = gaussmix.fit(X, 3, n_init=5, random_state=0)
DensityDisplay.from_estimator(m, X, names=names)
plt.show()

# %%
# Draw a hundred thousand imaginary eruptions from the fitted density. So many rows are shown as
# density instead of points. A fit to them recovers the components.

drawn, _ = m.sample(100_000, random_state=0)
again = gaussmix.fit(drawn, 3, init=m)
before_after(again, drawn, names=names)
plt.show()
print(np.abs(again.means - m.means).max(axis=0))

# %%
# Which number of components best predicts rows that the fit has not seen? In each of ten folds, a
# tenth of the rows is held out.

parts = np.random.default_rng(0).permutation(len(X)) % 10
for k in range(1, 6):
    held_out = [
        gaussmix.fit(X[parts != part], k, random_state=0).score(X[parts == part])
        for part in range(10)
    ]
    print(f"K = {k}: {np.mean(held_out):.3f} nats per row")
