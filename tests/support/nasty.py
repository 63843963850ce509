"""hypothesis strategies for nasty rows: finite numbers to which any fit must give a mixture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

import views
from reference import Array

SCALES = (1e-150, 1e-30, 1e-8, 1e8, 1e30, 1e150)
LARGEST = 1e153  # a variance of larger numbers may be more than a double can hold


@dataclass(frozen=True)
class Nasty:
    """Rows (n, d) in some layout and type, one weight per row or none, a number of components."""

    X: Array
    weights: Array | None
    n_components: int

    def __repr__(self) -> str:
        """Return what a failing test must show: bits, strides and type."""
        weights = None if self.weights is None else self.weights.tolist()
        rows = f"np.array({self.X.tolist()}, dtype={self.X.dtype.name!r})"
        return f"Nasty({rows}, {weights}, {self.n_components}) with strides {self.X.strides}"


@st.composite
def _plain(draw: st.DrawFn, n: int, d: int) -> Array:
    """Rows of a few clusters, on a grid that makes ties and duplicates common or not at all."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1), label="seed"))
    n_centres = draw(st.integers(1, 4))
    centres = 4.0 * rng.normal(size=(n_centres, d))
    X = centres[rng.integers(n_centres, size=n)] + rng.normal(size=(n, d))
    grid = draw(st.sampled_from([0.0, 2.0**-20, 0.5, 8.0]), label="grid")
    return np.round(X / grid) * grid if grid else X


@st.composite
def _few_points(draw: st.DrawFn, X: Array) -> Array:
    """At most three distinct rows, however many rows there are."""
    n_points = draw(st.integers(1, 3))
    return X[np.arange(len(X)) % min(n_points, len(X))]


@st.composite
def _constant_column(draw: st.DrawFn, X: Array) -> Array:
    X = X.copy()
    X[:, draw(st.integers(0, X.shape[1] - 1))] = draw(st.sampled_from([0.0, 1.0, -7.25, 0.1]))
    return X


@st.composite
def _collinear(draw: st.DrawFn, X: Array) -> Array:
    """Make the last column a sum of the others, exactly or except for rounding."""
    X = X.copy()
    factor = draw(st.sampled_from([1.0, -2.0, 1 / 3]))
    X[:, -1] = factor * X[:, :-1].sum(axis=1) if X.shape[1] > 1 else 1.0
    return X


@st.composite
def _outlier(draw: st.DrawFn, X: Array) -> Array:
    X = X.copy()
    X[draw(st.integers(0, len(X) - 1))] *= draw(st.sampled_from([1e3, 1e8, -1e100]))
    return X


@st.composite
def _mixed_units(draw: st.DrawFn, X: Array) -> Array:
    """Tiny variance beside huge."""
    exponents = draw(
        st.lists(st.sampled_from([-8, 0, 8]), min_size=X.shape[1], max_size=X.shape[1])
    )
    return X * 10.0 ** np.array(exponents, dtype=float)


@st.composite
def _narrow_cluster(draw: st.DrawFn, X: Array) -> Array:
    """Shrink some rows almost onto one of them."""
    X = X.copy()
    part = len(X) // draw(st.integers(2, 4))
    X[:part] = X[0] + draw(st.sampled_from([0.0, 1e-12, 1e-6])) * (X[:part] - X[0])
    return X


@st.composite
def _scaled(draw: st.DrawFn, X: Array) -> Array:
    return X * draw(st.sampled_from(SCALES), label="scale")


@st.composite
def _offset(draw: st.DrawFn, X: Array) -> Array:
    return X + draw(st.sampled_from([1e4, 1e8, -1e12]))


@st.composite
def _subnormal(draw: st.DrawFn, X: Array) -> Array:
    """Whole multiples of the smallest double, in one column or in all."""
    tiny = np.round(X * 4.0) * 5e-324
    if draw(st.booleans()):
        return tiny
    X = X.copy()
    X[:, 0] = tiny[:, 0]
    return X


_SPOILED_BY = (
    _few_points,
    _constant_column,
    _collinear,
    _outlier,
    _mixed_units,
    _narrow_cluster,
    _scaled,
    _offset,
    _subnormal,
)


@st.composite
def _in_type(draw: st.DrawFn, X: Array) -> Array:
    """Convert to another element type that can hold the numbers, with rounding."""
    dtype = draw(st.sampled_from(["float64", *views.DTYPES]), label="dtype")
    if dtype == "bool":
        return np.asarray(np.median(X) < X)
    if dtype in views.INTEGERS:
        limits = np.iinfo(dtype)
        return np.clip(np.round(X), max(limits.min, -(2**31)), min(limits.max, 2**31)).astype(dtype)
    limit = float(np.finfo(dtype).max)
    return np.clip(X, -limit, limit).astype(dtype)


@st.composite
def _weights(draw: st.DrawFn, n: int, n_components: int) -> Array | None:
    """None, or weights with zeros and wide ranges; at least K rows have positive weight."""
    kind = draw(st.sampled_from(["none", "zeros", "wide", "tiny", "one heavy"]), label="weights")
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    if kind == "none":
        return None
    weights = rng.uniform(0.5, 2.0, size=n)
    if kind == "zeros":
        weights[n_components:] *= rng.integers(0, 2, size=n - n_components)
    elif kind == "wide":
        weights *= 10.0 ** rng.integers(-12, 13, size=n)
    elif kind == "tiny":
        weights *= 1e-200
    else:
        weights[0] *= 1e15
    return weights


@st.composite
def problems(draw: st.DrawFn) -> Nasty:
    """Rows spoiled in up to three ways, in any type and layout, with or without weights."""
    n = draw(st.integers(1, 40), label="n")
    d = draw(st.integers(1, 7), label="d")
    n_components = draw(st.integers(1, min(n, 6)), label="n_components")
    X = draw(_plain(n, d))
    for spoil in draw(st.lists(st.sampled_from(_SPOILED_BY), max_size=3), label="spoiled by"):
        X = np.clip(draw(spoil(X)), -LARGEST, LARGEST)
    X = draw(_in_type(X))
    layout = draw(st.sampled_from(sorted(views.LAYOUTS)), label="layout")
    return Nasty(views.LAYOUTS[layout](X), draw(_weights(n, n_components)), n_components)
