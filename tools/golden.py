"""The bits of some small fits, kept in tests/data/golden.json so that tests notice a change.

Run as a program, it rewrites the file; the commit must then say why the bits changed:

    python tools/golden.py
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

TESTS = Path(__file__).resolve().parents[1] / "tests"
sys.path.insert(0, str(TESTS / "support"))

import families
import gaussmix
from reference import COVARIANCE_TYPES, Array

FILE = TESTS / "data" / "golden.json"

Case = Callable[[], gaussmix.Mixture]


def rows(seed: int, n: int, d: int, n_clusters: int = 3, separation: int = 2) -> Array:
    """Rows of overlapping clusters, exact in float32, from arithmetic on whole numbers alone."""
    random = np.random.RandomState(seed)  # its integers never change
    noise = random.randint(0, 2**16, size=(4, n, d)).sum(axis=0) / 2**16
    places = separation * random.randint(-4, 5, size=(n_clusters, d))
    X: Array = (places[np.arange(n) % n_clusters] + noise).astype(float)
    return X


def weights(n: int) -> Array:
    """Return weights that leave out every seventh row."""
    return np.where(np.arange(n) % 7 == 3, 0.0, 0.5 + np.arange(n) % 4)


def cases() -> Iterator[tuple[str, Case]]:
    """Families, types, starts, sizes, weights, pruning: each at least once with each family."""
    inits = ("kmeans", "k-means++", "random_from_data", "random")
    sizes = ((61, 1), (272, 2), (97, 5), (613, 13), (193, 49))

    usual: dict[str, Any] = {"random_state": 1, "effort": "low", "acceleration": "classic"}

    def case(name: str, X: Array, n_components: int, **options: Any) -> tuple[str, Case]:
        chosen = {**usual, "max_iter": 8, "tol": 0.0, **options}
        return name, lambda: gaussmix.fit(X, n_components, **chosen)

    for f, family in enumerate(COVARIANCE_TYPES):
        for s, (n, d) in enumerate(sizes[: 4 if family == "spherical" else 5]):
            init = inits[(f + s) % 4]
            dtype = ("float64", "float32")[(f + s) % 2]
            X = rows(10 * f + s, n, d).astype(dtype)
            yield case(f"{family} {dtype} {n}x{d} {init}", X, 3, covariance_type=family, init=init)
        X = rows(100 + f, 150, 3)
        yield case(f"{family} weights", X, 4, covariance_type=family, sample_weight=weights(len(X)))
        yield case(
            f"{family} labels", X, 3, covariance_type=family, init=np.arange(len(X)) % 3, tol=1e-3
        )
    for f, family in enumerate(families.CONSTRAINED):
        X = rows(300 + f, 150, 3)
        yield case(f"{family} weights", X, 3, covariance_type=family, sample_weight=weights(len(X)))
    for family in ("full", "diag", "spherical"):
        for dtype in ("float64", "float32"):
            X = rows(7, 4001, 9, n_clusters=24, separation=8).astype(dtype)
            yield case(f"{family} {dtype} pruned", X, 24, covariance_type=family)
    X = rows(8, 150, 3)
    yield case("full int8", (16 * X).astype("int8"), 3)
    yield case("full float16", X.astype("float16"), 3)
    yield case("tied restarts", X, 3, covariance_type="tied", n_init=3, init="random")
    yield case("full prior", X, 3, prior="default")
    yield case("full collinear", X @ [[1, 0, 1], [0, 1, 1], [1, 1, 2]], 3)
    yield case("diag duplicates", np.round(X[:, :1] / 4), 5, covariance_type="diag")
    usual = {"random_state": 1}
    for f, family in enumerate(COVARIANCE_TYPES):
        X = rows(200 + f, 400, 3, n_clusters=6)
        for prior in (None, "default"):
            name = f"{family} searched" + (" prior" if prior else "")
            yield case(name, X, 5, covariance_type=family, prior=prior)
        options = {"covariance_type": family, "init": "random", "max_iter": 60}
        yield case(f"{family} accelerated", X, 3, tol=1e-6, **options)
        yield case(f"{family} not accelerated", X, 3, tol=1e-6, acceleration="off", **options)
    yield case("full searched hard", rows(210, 400, 2, n_clusters=6), 5, effort="high")
    yield case("full searched sample", rows(211, 30_001, 2, n_clusters=6), 5, max_iter=3)


def digest(model: gaussmix.Mixture) -> dict[str, Any]:
    """All bits of a fit in a hash, and a few of its numbers."""
    arrays = (model.weights, model.means, model.covariances, model.history)
    bits = b"".join(np.ascontiguousarray(a).tobytes() for a in arrays)
    return {
        "sha256": hashlib.sha256(bits).hexdigest(),
        "log_likelihood": float(model.history[-1]).hex(),
        "first_mean": [float(x).hex() for x in model.means[0, :2]],
    }


def kept() -> dict[str, Any]:
    """What the file holds."""
    found: dict[str, Any] = json.loads(FILE.read_text())
    return found


if __name__ == "__main__":
    found = {name: digest(fit()) for name, fit in cases()}
    FILE.write_text(json.dumps(found, indent=1) + "\n")
    print(f"{FILE}: {len(found)} fits")
