"""Held-out likelihood with and without the default prior, over the number of features.

Run as ``python -m bench.priors``, from the root of the repository; it prints a table in Markdown.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import numpy as np

import gaussmix

from . import machine

FAMILIES = ("full", "tied", "diag", "spherical")
RATIOS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20)
N_HELD_OUT = 1000
N_FACTORS = 3  # that make the features of a component correlate


def truth(rng: np.random.Generator, n_components: int, n_features: int) -> gaussmix.Mixture:
    """Draw a mixture whose features correlate and all tell a little of the component.

    Any two means lie about four standard deviations apart, wherever there are features for that.
    """
    k, d = n_components, n_features
    loadings = 0.6 * rng.normal(size=(k, d, N_FACTORS)) / np.sqrt(N_FACTORS)
    own = rng.uniform(0.5, 1.5, size=(k, d))
    means = 4 / np.sqrt(2 * d) * rng.normal(size=(k, d))
    matrices = loadings @ loadings.transpose(0, 2, 1) + own[:, :, None] * np.eye(d)
    return gaussmix.Mixture(np.full(k, 1 / k), means, matrices, covariance_type="full")


def losses(seed: int, n_rows: int, n_components: int, n_features: int) -> dict[str, list[float]]:
    """What each family loses a held-out row against the truth: without a prior, and with it."""
    model = truth(np.random.default_rng(seed), n_components, n_features)
    rows, _ = model.sample(n_rows + N_HELD_OUT, random_state=seed)
    rows, held_out = rows[:n_rows], rows[n_rows:]
    best = model.score(held_out)
    return {
        family: [
            best
            - gaussmix.fit(
                rows, n_components, covariance_type=family, prior=prior, random_state=seed
            ).score(held_out)
            for prior in (None, "default")
        ]
        for family in FAMILIES
    }


def main(arguments: Sequence[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser("python -m bench.priors", description=__doc__)
    parser.add_argument("--rows", type=int, default=60)
    parser.add_argument("--components", type=int, default=2)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--ratios", type=float, nargs="+", default=RATIOS)
    options = parser.parse_args(arguments)
    about = machine.machine()
    print(
        f"{options.rows} rows, {options.components} components, median of {options.seeds} seeds; "
        f"`{' '.join(['python -m bench.priors', *arguments])}`, {machine.today()}, {about['cpu']}"
    )
    print("\n| features | per row |", " | ".join(f"{family} | with" for family in FAMILIES), "|")
    print("|---:" * (2 + 2 * len(FAMILIES)) + "|")
    for ratio in options.ratios:
        d = max(1, round(ratio * options.rows))
        found = [losses(s, options.rows, options.components, d) for s in range(options.seeds)]
        medians = [
            f"{np.median([one[family][which] for one in found]):.3g}"
            for family in FAMILIES
            for which in (0, 1)
        ]
        print(f"| {d} | {ratio:g} |", " | ".join(medians), "|", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
