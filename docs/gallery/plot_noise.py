"""
Clusters among outliers
=======================

A few rows that belong to no cluster can ruin a fit. A uniform background takes them. The data are
the eruptions of Old Faithful, with a fifth of rows added that are spread over the whole plane.
"""

# %%
# Eruptions last two or four and a half minutes; the longer one, the longer the wait for the next.
# The rows added could be mistakes of a clock.

import matplotlib.pyplot as plt
import numpy as np

import gaussmix
from gaussmix.plot import ClusterDisplay

eruptions, names = gaussmix.datasets.load_faithful()
rng = np.random.default_rng(3)
mistakes = rng.uniform([0.2, 5.0], [9.0, 150.0], size=(68, 2))
X = np.concatenate([eruptions, mistakes])

# %%
# Without a background one component gives up its cluster for the mistakes. With one (`noise=True`)
# they are grey, and both clusters are what they are without mistakes.

without = gaussmix.fit(X, 2, random_state=0)
with_noise = gaussmix.fit(X, 2, noise=True, random_state=0)
figure, axes = plt.subplots(1, 2, figsize=(10, 4.6), layout="constrained", sharey=True)
for ax, m in zip(axes, (without, with_noise), strict=True):
    ClusterDisplay.from_estimator(m, X, names=names, ax=ax, legend=False)
plt.show()

# %%
# How far the means are from those of a fit to the eruptions alone, in minutes:

clean = gaussmix.fit(eruptions, 2, random_state=0)
for name, m in (("without", without), ("with", with_noise)):
    away = np.abs(clean.means[:, np.newaxis] - m.means).sum(axis=2).min(axis=1)
    print(f"{name:<8} noise: {away.round(2)}, BIC {m.bic(X):.1f}")

# %%
# Most mistakes are found; those that lie within a cluster cannot be told from its rows.

found = with_noise.predict(X) == -1
eruptive, mistaken = found[: len(eruptions)], found[len(eruptions) :]
print(f"noise: {mistaken.mean():.0%} of the mistakes, and {eruptive.sum()} eruptions")
print(f"weight of the noise: {with_noise.noise_weight:.3f}, truly {len(mistakes) / len(X):.3f}")
