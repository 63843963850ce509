"""
EM at work: starts and convergence
==================================

EM climbs to a maximum near its start. This page shows what it finds from different starts, how it
gets there, and what it records when a component collapses.
"""

# %%
# Six starts from random rows. They end at different maxima; ``n_init=6`` keeps the best.

import matplotlib.pyplot as plt
import numpy as np

import gaussmix
from gaussmix.plot import ConvergenceDisplay, FilmDisplay, RestartsDisplay

X, names = gaussmix.datasets.load_faithful()
starts = RestartsDisplay.from_data(
    X, 3, n_init=6, init="random_from_data", random_state=1, names=names
)
plt.show()

# %%
# The highest of them, and the result of the default start, in nats per row. Three components are
# more than these data can distinguish, so there are several maxima of about the same height.

print(f"{starts.best_.score(X):.4f} {gaussmix.fit(X, 3, random_state=0).score(X):.4f}")

# %%
# One run, iteration by iteration; ``film.save("em.gif")`` would write all of it.

film = FilmDisplay.from_data(X, 2, names=names, random_state=0)
plt.show()

# %%
# A component on 40 identical rows has no covariance: only the ridge holds it open. The fit
# continues, and records an event.

copies = np.vstack([X, np.tile(X[:1], (40, 1))])
labels = np.append(np.arange(len(X)) % 2, np.full(40, 2))
collapsed = gaussmix.fit(copies, 3, init=labels)
ConvergenceDisplay.from_estimator(collapsed)
plt.show()
print(collapsed.events)
