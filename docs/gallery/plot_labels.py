"""
Ten labels and 5000 rows
========================

Five labels a class say little about two long stripes. The rows without a label show where the
stripes are.
"""

# %%
# Ten of the rows have a label; -1 says that it is not known.

import matplotlib.pyplot as plt
import numpy as np

import gaussmix

rng = np.random.default_rng(0)
truth = rng.integers(0, 2, size=5010)
X = rng.normal(size=(5010, 2)) * [10, 0.7] + np.outer(truth, [0, 4])
few = np.concatenate([np.flatnonzero(truth == c)[:5] for c in (0, 1)])
labels = np.full(5010, -1)
labels[few] = truth[few]

# %%
# A classifier that sees the ten rows alone, and one that sees all:

alone = gaussmix.GaussianMixtureClassifier().fit(X[few], truth[few])
every = gaussmix.SemiSupervisedGaussianMixture(random_state=0).fit(X, labels)
colours = np.array(["#0072B2", "#D55E00"])
figure, axes = plt.subplots(1, 2, figsize=(8, 3.5), sharey=True, layout="constrained")
for ax, name, c in zip(axes, ("ten labels alone", "and 5000 rows"), (alone, every), strict=True):
    found = c.predict(X)
    ax.scatter(X[:, 0], X[:, 1], s=1, c=colours[found], alpha=0.4)
    ax.scatter(*X[few].T, s=45, c=colours[truth[few]], edgecolors="black")
    ax.set_title(f"{name}: {np.mean(found == truth):.1%} right")
    ax.spines[["top", "right"]].set_visible(False)
plt.show()
