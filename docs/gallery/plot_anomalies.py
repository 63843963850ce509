"""
Outliers: rows of low density
=============================

A mixture fitted to normal rows gives a low density to abnormal ones. The data are measurements of
cell nuclei (Wisconsin breast cancer); the fit uses only benign ones.
"""

# %%
# Each row is a sample: size, texture, smoothness, concavity and concave points of its most
# conspicuous nuclei. The values are positive and skewed, so we take logarithms. Half of the benign
# rows are held out, to see how normal rows score that the fit has not seen.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import roc_auc_score

import gaussmix

cells = load_breast_cancer()
X = np.log(cells.data[:, [20, 21, 24, 26, 27]] + 0.01)
benign, malignant = X[cells.target == 1], X[cells.target == 0]
train, test = benign[::2], benign[1::2]
d = gaussmix.GaussianMixtureOutlierDetector(
    2, contamination=0.05, prior="default", random_state=0
).fit(train)

# %%
# The log-density of each row. The 5 % of the training rows with the lowest density lie left of the
# line.

scores = {"benign, not seen": d.score_samples(test), "malignant": d.score_samples(malignant)}
limit = d.offset_
figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
edges = np.linspace(-20, 12, 60)
for (name, values), colour in zip(scores.items(), ("#0072B2", "#D55E00"), strict=True):
    ax.hist(values.clip(-20, 12), edges, density=True, alpha=0.6, color=colour, label=name)
ax.axvline(limit, color="#222222", linestyle="--", label="5 % of the training rows")
ax.set(xlabel="log-density of a row (nats; far left: that or less)", ylabel="share per nat")
ax.spines[["top", "right"]].set_visible(False)
figure.legend(loc="outside lower center", ncols=3, frameon=False)
plt.show()

# %%
# How many rows fall below the line, and how well the density alone ranks malignant before benign:

for name, values in scores.items():
    print(f"{name:<18} {np.mean(values < limit):.0%} below the line")
both = np.concatenate(list(scores.values()))
truth = np.repeat([0, 1], [len(test), len(malignant)])
print(f"area under the ROC curve: {roc_auc_score(truth, -both):.3f}")
