"""Data that come with the package, for examples and the demo."""

from __future__ import annotations

from importlib import resources

import numpy as np
from numpy.typing import NDArray

#: Where the eruptions are kept.
FAITHFUL = resources.files("gaussmix").joinpath("data", "faithful.csv")


def load_faithful() -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Eruptions of the geyser Old Faithful in Yellowstone National Park.

    Returns
    -------
    X : ndarray of shape (272, 2)
        The length of each eruption and the waiting time to the next, in minutes.
    names : tuple of str
        ``("eruptions", "waiting")``.

    References
    ----------
    Azzalini, A. and Bowman, A. W. (1990). A look at some data on the Old Faithful geyser.
    Applied Statistics 39, 357-365. The 272 rows are those of the data set ``faithful`` of R.
    """
    first, *rows = FAITHFUL.read_text("utf-8").splitlines()
    return np.loadtxt(rows, delimiter=","), tuple(first.split(","))
