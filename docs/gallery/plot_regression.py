"""
Regression with bands
=====================

A mixture of a feature and a target predicts the target with all of its distribution: a mean that
bends, and bands that widen where the rows spread.
"""

# %%
# The target follows a curve, and its noise grows to the right. BIC chooses how many components
# describe both.

import matplotlib.pyplot as plt
import numpy as np

import gaussmix

rng = np.random.default_rng(0)
x = rng.uniform(0, 10, 1500)
y = 3 * np.sin(x) + x / 2 + rng.normal(0, 0.2 + 0.12 * x)
r = gaussmix.GaussianMixtureRegressor(range(2, 13), random_state=0).fit(x[:, np.newaxis], y)
print(f"{r.mixture_.n_components} components, R^2 = {r.score(x[:, np.newaxis], y):.3f}")

# %%
# The mean, and the bands that hold 50 and 90 % of new rows:

at = np.linspace(0, 10, 400)[:, np.newaxis]
limits = r.predict_quantiles(at, [0.05, 0.25, 0.75, 0.95])
figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.plot(x, y, ".", markersize=2, color="#777777", label="rows")
ax.fill_between(at[:, 0], limits[:, 0], limits[:, 3], color="#0072B2", alpha=0.2, label="90 %")
ax.fill_between(at[:, 0], limits[:, 1], limits[:, 2], color="#0072B2", alpha=0.3, label="50 %")
ax.plot(at[:, 0], r.predict(at), color="#D55E00", label="mean")
ax.set(xlabel="feature", ylabel="target")
ax.spines[["top", "right"]].set_visible(False)
figure.legend(loc="outside lower center", ncols=4, frameon=False)
plt.show()

# %%
# Do the bands hold what they promise, of rows that the fit has not seen?

new = rng.uniform(0, 10, 5000)
target = 3 * np.sin(new) + new / 2 + rng.normal(0, 0.2 + 0.12 * new)
low, high = r.predict_quantiles(new[:, np.newaxis], [0.05, 0.95]).T
print(f"{np.mean((low < target) & (target < high)):.1%} of new rows lie in the 90 % band")
