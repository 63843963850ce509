"""
Missing values
==============

A fifth of a table is lost, and a mixture that was fitted around the holes says what was there, and
how sure it is. The data are 178 Italian wines: 13 chemical measurements of three cultivars
(Forina et al. 1991), in units of their standard deviations.
"""

# %%
# The mixture climbs the likelihood of the values that are left. With few rows a prior keeps 13
# features from being fitted too closely.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_wine

import gaussmix

wine = load_wine()
truth = (wine.data - wine.data.mean(axis=0)) / wine.data.std(axis=0)
rng = np.random.default_rng(0)
lost = rng.random(truth.shape) < 0.2
X = np.where(lost, np.nan, truth)
print(
    f"{lost.mean():.0%} of the values lost, {(~lost).all(axis=1).sum()} of {len(X)} rows complete"
)

m = gaussmix.fit(X, 3, prior="default", missing="em", random_state=0)
found = m.predict(X)
cultivars = [np.bincount(found[wine.target == c], minlength=3) for c in range(3)]
print(np.stack(cultivars))

# %%
# Each lost value is imputed by its mean given the rest of its row, and draws give an interval that
# holds it with 90 %; those that do not hold it are red. Column means would all lie on a horizontal
# line; the more the other measurements say of a value, the closer a point is to the diagonal.

imputed = m.impute(X)
draws = m.impute(X, n_draws=400, random_state=0)
low, high = np.quantile(draws, [0.05, 0.95], axis=0)
inside = (low <= truth) & (truth <= high)

features = [
    wine.feature_names.index(name) for name in ("flavanoids", "alcohol", "color_intensity", "ash")
]
figure, axes = plt.subplots(1, 4, figsize=(12, 3.4), layout="constrained", sharex=True, sharey=True)
for ax, j in zip(axes, features, strict=True):
    here = lost[:, j]
    for covered, colour in ((True, "tab:blue"), (False, "tab:red")):
        some = here & (inside[:, j] == covered)
        reach = np.abs([low[some, j], high[some, j]] - imputed[some, j])
        ax.errorbar(truth[some, j], imputed[some, j], yerr=reach, fmt="o", ms=3, lw=0.7, c=colour)
    ax.axline((0, 0), slope=1, color="0.6", lw=1, zorder=0)
    ax.set(title=wine.feature_names[j].replace("_", " "), xlabel="true", aspect="equal")
axes[0].set_ylabel("imputed")
plt.show()

# %%
# Over all features, the error is less than that of column means, and the intervals hold about as
# many of the values as they say. Here and with other shares:


def error(filled):
    """Return the root mean square error of the lost values."""
    return np.sqrt(np.mean((filled - truth)[lost] ** 2))


means = np.broadcast_to(np.nanmean(X, axis=0), X.shape)
print(f"root mean square error: mixture {error(imputed):.2f}, column means {error(means):.2f}")
shares = np.linspace(0.1, 0.95, 18)
held = []
for share in shares:
    bounds = np.quantile(draws, [(1 - share) / 2, (1 + share) / 2], axis=0)
    held.append(((bounds[0] <= truth) & (truth <= bounds[1]))[lost].mean())
figure, ax = plt.subplots(figsize=(4.4, 4.2), layout="constrained")
ax.plot(shares, held, "o-", ms=4)
ax.axline((0, 0), slope=1, color="0.6", lw=1, zorder=0)
ax.set(xlabel="share that intervals claim to hold", ylabel="share that they hold")
ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
plt.show()

# %%
# Nothing of this helps where values are lost *because of what they are*. Here every second wine
# with more alcohol than most has lost that figure: the mixture, which must assume that the values
# are missing at random, puts them too low, and says that it is sure.

strong = (truth[:, 0] > 0.7) & (np.arange(len(X)) % 2 == 0)
X = truth.copy()
X[strong, 0] = np.nan
unlucky = gaussmix.fit(X, 3, prior="default", missing="em", random_state=0)
low, high = np.quantile(
    unlucky.impute(X, n_draws=400, random_state=0)[:, strong, 0], [0.05, 0.95], axis=0
)
known = truth[strong, 0]
print(f"true {known.mean():.2f}, imputed {unlucky.impute(X)[strong, 0].mean():.2f} on average;")
print(f"90 % intervals hold {((low <= known) & (known <= high)).mean():.0%} of them")
