"""
A photograph: segmenting colours
================================

Each pixel is a row of three features: red, green and blue. The components are the colours of the
scene, and labels cut the photograph into regions.
"""

# %%
# A quarter of a million rows, read in place.

import matplotlib.pyplot as plt
import numpy as np
from skimage import data

import gaussmix
from gaussmix.plot import ClusterDisplay

photograph = data.astronaut()
X = photograph.reshape(-1, 3)  # uint8, read in place
m = gaussmix.fit(X, 6, random_state=0)
print(f"{len(X):,} pixels, {m.n_iter} iterations, {m.status}")

# %%
# Show each pixel in the mean colour of its component, and how certain its label is.

labels = m.predict(X)
sure = m.predict_proba(X).max(axis=1)
figure, (left, middle, right) = plt.subplots(1, 3, figsize=(11, 4), layout="constrained")
left.imshow(photograph)
left.set_title("photograph", loc="left")
middle.imshow(np.round(m.means).astype(np.uint8)[labels].reshape(photograph.shape))
middle.set_title("mean colour of the component", loc="left")
shown = right.imshow(1.0 - sure.reshape(photograph.shape[:2]), cmap="Purples", vmin=0.0, vmax=0.6)
right.set_title("probability that the label is wrong", loc="left")
figure.colorbar(shown, ax=right, shrink=0.7)
for ax in (left, middle, right):
    ax.axis("off")
plt.show()

# %%
# The same pixels as rows. There are too many for points, so the display shows their density.

ClusterDisplay.from_estimator(m, X, features=["red", "blue"], names=["red", "green", "blue"])
plt.show()
