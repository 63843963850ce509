"""The colours of the pictures, as arrays of red, green and blue from 0 to 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: The palette of Okabe and Ito (2008) without black and with the faint yellow last; readers with
#: any kind of colour vision can distinguish them.
OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442")

NEUTRAL = "#5A5A5A"
INK = "#222222"


def rgb(colour: str) -> Array:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255.0


def colours(k: int) -> Array:
    """Return a colour for each component, shape (K, 3): the palette, then darker and lighter."""
    palette = np.array([rgb(colour) for colour in OKABE_ITO])
    toned = [palette, 0.6 * palette, 0.5 * palette + 0.5, 0.35 * palette, 0.75 * palette + 0.25]
    rounds = -(-k // len(palette))
    return np.concatenate([toned[i % len(toned)] for i in range(rounds)])[:k]


def colours_of_terms(n_components: int, n_terms: int) -> Array:
    """Return the same for the columns of probabilities: the background is grey."""
    return np.concatenate([colours(n_components), [rgb(NEUTRAL)]])[:n_terms]


def darker(colour: Array, keep: float = 0.75) -> Array:
    """Return a darker colour, for lines on white and over points of the same colour."""
    return keep * colour


def readable_on(colour: Array) -> str:
    luminance = float(colour @ np.array([0.299, 0.587, 0.114]))
    return "black" if luminance > 0.6 else "white"


def with_opacity(colours: Array, opacity: Array | float) -> Array:
    alpha = np.broadcast_to(np.asarray(opacity, dtype=np.float64), colours.shape[:1])
    return np.column_stack([colours, alpha])
