"""Measure accuracy: errors against mpmath, as multiples of bounds from rounding of the inputs.

    python tools/accuracy.py [--problems N] [--only FAMILY]

prints the tables of docs/accuracy.md for the instruction set in force (GAUSSMIX_ISA chooses
another). tests/python/test_accuracy.py asserts the multiples, MOST, on a few of these problems.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

import exact
import gaussmix
import reference
from comparing import model_of

Array = reference.Array

CONDITIONS = (1.0, 1e2, 1e4, 1e6, 1e8, 1e10, 1e12)
OFFSETS = (0.0, 1e2, 1e4, 1e6, 1e8)
FEATURES = (1, 2, 3, 4, 5, 8, 13, 17)  # and 33 and 64, of which mpmath needs minutes for few
SEPARATIONS = (0.0, 1.0, 3.0, 10.0, 30.0, 1e3, 1e6)

RESULTS = ("log density", "responsibility", "weights", "means", "covariances")

# Every result is promised to stay below this multiple of its bound; the second is for a tied
# covariance whose rows are summed once for all components, see docs/accuracy.md.
MOST = 8.0
MOST_POOLED = 64.0

# Sums that components share are taken about a point up to so many of a component's deviations from
# its mean: twice their square is how many roundings of its variance before the step that costs.
MOST_DEVIATIONS = 8.0


def most(case: Case, result: str) -> float:
    """The promise for a result of a problem."""
    pooled = case.covariance_type == "tied" and 3 < case.separation <= 30
    return MOST_POOLED if result == "covariances" and pooled else MOST


@dataclass(frozen=True)
class Case:
    """A random problem.

    kind : the cause of the condition number: a "rotation" of wide and narrow directions, the
        "units" of the features, or "both", each for half of its digits
    offset, separation : of the features and of the means, in standard deviations
    """

    covariance_type: str
    n_features: int
    condition: float = 1.0
    offset: float = 0.0
    kind: str = "rotation"
    dtype: str = "float64"
    separation: float = 2.0
    weighted: bool = False
    n_components: int = 3
    seed: int = 0

    @property
    def unit(self) -> float:
        """The rounding of the numbers that are computed on."""
        return exact.SINGLE if self.dtype == "float32" else exact.DOUBLE


@dataclass(frozen=True)
class Drawn:
    """A mixture; rows of it (n, d), as the type of the case holds them; labels and weights."""

    mixture: reference.Parameters
    X: Array
    labels: Array
    sample_weight: Array | None


def draw(case: Case, n: int) -> Drawn:
    """The mixture of a case, and n rows."""
    d, k = case.n_features, case.n_components
    rng = np.random.default_rng(case.seed)
    roots = _roots(case, rng)
    covariances: Array = {
        "full": lambda: roots @ roots.transpose(0, 2, 1),
        "tied": lambda: roots[0] @ roots[0].T,
        "diag": lambda: np.einsum("kii->ki", roots) ** 2,
        "spherical": lambda: roots[:, 0, 0] ** 2,
    }[case.covariance_type]()
    steps = rng.normal(size=(k, d))
    steps *= case.separation / np.linalg.norm(steps, axis=1, keepdims=True)
    steps[0] = 0
    deviations = np.sqrt(np.square(roots).sum(axis=2)).mean(axis=0)
    offset = case.offset * deviations * rng.choice([-1.0, 1.0], size=d)
    means = offset + np.einsum("kij,kj->ki", roots, steps)
    weights = rng.uniform(1, 3, size=k)
    mixture = reference.Parameters(
        weights / weights.sum(), means, covariances, case.covariance_type
    )
    labels = np.arange(n) % k
    X = means[labels] + np.einsum("nij,nj->ni", roots[labels], rng.normal(size=(n, d)))
    sample_weight = rng.uniform(0.5, 2, size=n) if case.weighted else None
    return Drawn(mixture, X.astype(case.dtype), labels, sample_weight)


def _roots(case: Case, rng: np.random.Generator) -> Array:
    """A_k with Sigma_k = A_k A_k^T, (K, d, d): alike, so that the components overlap."""
    d, k = case.n_features, case.n_components
    share = {"rotation": 1.0, "units": 0.0, "both": 0.5}[case.kind]
    narrow = np.geomspace(1, case.condition ** (-share / 2), d)
    units = rng.permutation(np.geomspace(1, case.condition ** ((share - 1) / 2), d))
    if case.covariance_type == "spherical":
        return rng.uniform(0.5, 1.5, size=(k, 1, 1)) * np.eye(d)
    if case.covariance_type == "diag":
        return rng.uniform(0.5, 1.5, size=(k, 1, d)) * np.eye(d) * units * rng.permutation(narrow)
    turned = np.linalg.qr(rng.normal(size=(d, d)))[0] * narrow
    own = np.eye(d) + 0.3 / np.sqrt(d) * rng.uniform(-1, 1, size=(k, d, d))
    roots: Array = units[:, None] * (turned @ own)
    return np.repeat(roots[:1], k, axis=0) if case.covariance_type == "tied" else roots


# --- Errors as multiples of their bounds ---------------------------------------------------------


def ratios(case: Case, n: int = 24) -> dict[str, float]:
    """The largest error of each result, as a multiple of its bound."""
    found = score_ratios(case, n)
    starts = ("mixture", "labels", "responsibilities")
    for start in starts if case.n_features < 20 else starts[:1]:
        for result, ratio in step_ratios(case, start).items():
            found[result] = max(found.get(result, 0.0), ratio)
    return found


def score_ratios(case: Case, n: int = 24) -> dict[str, float]:
    """Of log densities and responsibilities: of drawn rows, and of unlikely ones.

    The latter lie on the axes of a component and far away: a distance there has other rounding
    than that of a row that has a share of every axis.
    """
    drawn = draw(case, n)
    model = model_of(drawn.mixture)
    mean = drawn.mixture.means[-1]
    matrix = reference.covariance_matrices(drawn.mixture)[-1]
    lengths, axes = np.linalg.eigh(matrix)
    chosen = np.unique([0, case.n_features // 2, case.n_features - 1])
    along = (np.sqrt(np.abs(lengths)) * axes)[:, chosen].T
    # A float32 row so far away would take the others to double precision with it.
    far = [mean + size * along for size in ((3.0,) if case.dtype == "float32" else (3.0, 1e3))]
    X = np.concatenate([drawn.X, *far, drawn.mixture.means]).astype(case.dtype)
    says = exact.scores(X, exact.given(drawn.mixture, case.unit), case.unit)
    return {
        "log density": exact.largest_ratio(
            model.score_samples(X) - says.log_density, says.log_density_bound
        ),
        "responsibility": exact.largest_ratio(
            model.predict_proba(X) - says.responsibilities, says.responsibilities_bound
        ),
    }


def step_ratios(case: Case, start: str) -> dict[str, float]:
    """Return ratios for the mixture after one iteration from another, labels or responsibilities.

    From the latter two, a fit takes an M-step before its first iteration, whose error enters the
    bounds of the iteration.
    """
    k = case.n_components
    drawn = draw(case, max(4 * case.n_features, 8) * k // 2)
    if start == "mixture":
        init: Any = model_of(drawn.mixture)
        p = exact.given(drawn.mixture, case.unit)
    elif start == "labels":
        init = drawn.labels
        p = _m_step(case, drawn, exact.exact(reference.one_hot(init, k)))
    else:
        init = np.random.default_rng(case.seed).dirichlet(np.ones(k), size=len(drawn.X))
        r = exact.exact(init)
        p = _m_step(case, drawn, r / r.sum(axis=1)[:, None])
    fitted = gaussmix.fit(
        drawn.X,
        k,
        covariance_type=case.covariance_type,
        init=init,
        sample_weight=drawn.sample_weight,
        max_iter=1,
        tol=0,
        reg_covar=0,
    )
    if fitted.events:
        return {}  # a covariance that rounding alone can make singular
    says = exact.scores(drawn.X, p, case.unit)
    step = _m_step(case, drawn, says.responsibilities, says.growth, p.means)
    bounds = {part: getattr(step, part + "_bound") for part in ("weights", "means", "covariances")}
    if start == "mixture" and case.covariance_type in ("diag", "spherical") and k >= 4:
        shared = 2 * MOST_DEVIATIONS**2 * case.unit * drawn.mixture.covariances
        bounds["covariances"] = bounds["covariances"] + shared / MOST
    return {
        part: exact.largest_ratio(getattr(fitted, part) - getattr(step, part), bound)
        for part, bound in bounds.items()
    }


def _m_step(
    case: Case,
    drawn: Drawn,
    r: exact.Exact,
    growth: Array | float = exact.DOUBLE,
    means: exact.Exact | None = None,
) -> exact.Estimate:
    return exact.m_step(
        drawn.X, r, case.covariance_type, drawn.sample_weight, growth, case.unit, means
    )


# --- Many problems -------------------------------------------------------------------------------


def random_case(
    rng: np.random.Generator, covariance_type: str, dtype: str, features: tuple[int, ...] = FEATURES
) -> Case:
    """Draw a problem; float32 allows only smaller condition numbers and offsets."""
    conditions, offsets = (
        (CONDITIONS, OFFSETS) if dtype == "float64" else ((1.0, 10.0), OFFSETS[:3])
    )
    return Case(
        covariance_type,
        int(rng.choice(features)),
        1.0 if covariance_type == "spherical" else float(rng.choice(conditions)),
        float(rng.choice(offsets)),
        str(rng.choice(["rotation", "units", "both"])),
        dtype,
        float(rng.choice(SEPARATIONS)),
        bool(rng.integers(2)),
        int(rng.integers(1, 5)) if max(features) < 20 else 2,
        int(rng.integers(2**31)),
    )


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--problems", type=int, default=20, help="of each family and type")
    parser.add_argument("--only", choices=reference.COVARIANCE_TYPES, help="one family")
    arguments = parser.parse_args()
    families = [arguments.only] if arguments.only else reference.COVARIANCE_TYPES
    print(f"instruction set {gaussmix.info()['instruction_set']}")
    print(f"| family | rows | problems | {' | '.join(RESULTS)} |")
    print("|---" * (len(RESULTS) + 3) + "|")
    missed: Counter[str] = Counter()
    for covariance_type in families:
        for dtype in ("float64", "float32"):
            started = time.perf_counter()
            rng = np.random.default_rng(1)
            worst = dict.fromkeys(RESULTS, 0.0)
            cases = [random_case(rng, covariance_type, dtype) for _ in range(arguments.problems)]
            cases += [random_case(rng, covariance_type, dtype, (33, 64)) for _ in range(2)]
            for case in cases:
                for result, ratio in ratios(case).items():
                    if not ratio <= most(case, result):
                        missed[result] += 1
                        print(f"{result} {ratio:.3g} of its bound: {case}", file=sys.stderr)
                    worst[result] = max(worst[result], ratio)
            cells = " | ".join(f"{worst[result]:.2g}" for result in RESULTS)
            print(f"| {covariance_type} | {dtype} | {len(cases)} | {cells} |", flush=True)
            print(f"{time.perf_counter() - started:.0f} s", file=sys.stderr)
    if missed:
        raise SystemExit(f"beyond the promised multiples: {dict(missed)}")


if __name__ == "__main__":
    main()
