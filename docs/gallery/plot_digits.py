"""
Digits: clusters and new drawings
=================================

The data are 1797 handwritten digits of 8 × 8 pixels. A mixture groups them without knowing what
they are, and because it is a density, it can draw new ones.
"""

# %%
# Some pixels are always blank, so we first reduce the rows to 24 principal components. A prior
# keeps the covariances, with 300 parameters each, from overfitting the few rows of a component.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

import gaussmix

digits = load_digits()
centre = digits.data.mean(axis=0)
_, _, axes = np.linalg.svd(digits.data - centre, full_matrices=False)
X = (digits.data - centre) @ axes[:24].T
m = gaussmix.fit(X, 12, prior="default", random_state=0)
print(f"{m.status} after {m.n_iter} iterations, {len(m.events)} components mended")

# %%
# Top: the mean of each component. Below: three new digits drawn from it.


def draw(ax, row):
    """Show a row as the picture it stands for."""
    ax.imshow((centre + row @ axes[:24]).reshape(8, 8), cmap="Greys", vmin=0, vmax=16)
    ax.axis("off")


drawn, components = m.sample(2000, random_state=0)
figure, grid = plt.subplots(4, 12, figsize=(11, 4), layout="constrained")
for k in range(12):
    draw(grid[0, k], m.means[k])
    grid[0, k].set_title(f"{m.weights[k]:.0%}", fontsize=9)
    for ax, row in zip(grid[1:, k], drawn[components == k], strict=False):
        draw(ax, row)
plt.show()

# %%
# How pure are the components? This is the share of rows whose digit is the most common one of their
# component:

labels = m.predict(X)
counts = np.zeros((12, 10), dtype=int)
np.add.at(counts, (labels, digits.target), 1)
print(f"{counts.max(axis=1).sum() / len(X):.1%}")
