"""The pictures of the explanation and the tutorial, from data made here.

    python docs/figures/draw.py [FOLDER]

writes them into FOLDER, docs/images by default, and prints the numbers that the text quotes.
Needs gaussmix[docs].
"""

from __future__ import annotations

import sys
from itertools import permutations
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.cluster import KMeans

import gaussmix
from gaussmix.plot import (
    ClusterDisplay,
    ConvergenceDisplay,
    DensityDisplay,
    FilmDisplay,
    HistogramDisplay,
    SelectionDisplay,
    UncertaintyDisplay,
    before_after,
    save_figure,
)

Array = NDArray[np.float64]
IMAGES = Path(__file__).resolve().parents[1] / "images"
BLUE, ORANGE, INK = "#0072B2", "#E69F00", "#222222"


def three_clusters() -> Array:
    """600 rows of three Gaussians that overlap a little."""
    truth = gaussmix.Mixture(
        [0.5, 0.3, 0.2],
        [[0.0, 0.0], [4.0, 3.0], [-1.0, 5.0]],
        [[[1.5, 0.8], [0.8, 1.0]], [[0.6, -0.3], [-0.3, 0.9]], [[0.8, 0.0], [0.0, 0.5]]],
    )
    return truth.sample(600, random_state=3)[0]


def uneven() -> tuple[Array, NDArray[np.int64]]:
    """1200 rows of three Gaussians: one wide and full, one small and dense, one long and narrow."""
    truth = gaussmix.Mixture(
        [0.6, 0.15, 0.25],
        [[0.0, 0.0], [5.0, 0.0], [1.0, 6.5]],
        [[[4.0, 0.0], [0.0, 4.0]], [[0.06, 0.0], [0.0, 0.06]], [[6.0, 1.2], [1.2, 0.4]]],
    )
    return truth.sample(1200, random_state=7)


def draw_before_after() -> Figure:
    """A data set before clustering, and after, with the means of three components."""
    X = three_clusters()
    return before_after(gaussmix.fit(X, 3, random_state=0), X, names=["$x_1$", "$x_2$"])


def agreement(labels: NDArray[np.int64], truth: NDArray[np.int64]) -> float:
    """The share of rows with the right label, under the best naming of the clusters."""
    names = (np.array(order) for order in permutations(range(truth.max() + 1)))
    return max(float(np.mean(order[labels] == truth)) for order in names)


def draw_kmeans() -> tuple[Figure, dict[str, float]]:
    """K-means and a mixture on uneven clusters; the share of rows each gets right."""
    X, truth = uneven()
    kmeans = KMeans(3, n_init=20, random_state=0).fit(X)
    model = gaussmix.fit(X, 3, random_state=0)
    # K-means as a mixture: equal weights, and one variance for all, which goes to zero.
    balls = gaussmix.Mixture(
        np.full(3, 1 / 3), kmeans.cluster_centers_, np.full(3, 1e-4), "spherical"
    )
    shares = {
        "k-means": agreement(kmeans.labels_.astype(np.int64), truth),
        "mixture": agreement(model.predict(X), truth),
    }
    figure = Figure(figsize=(11.0, 5.4), layout="constrained")
    left, right = figure.subplots(1, 2, sharex=True, sharey=True)
    names = ["$x_1$", "$x_2$"]
    ClusterDisplay.from_estimator(model, X, names=names, ax=right, legend=False)
    limits = right.get_xlim(), right.get_ylim()
    ClusterDisplay.from_estimator(balls, X, names=names, ax=left, legend=False)
    left.set(xlim=limits[0], ylim=limits[1])
    for axes, name in ((left, "k-means"), (right, "mixture")):
        title = f"{name.capitalize()}: {shares[name]:.1%} of the rows in their own cluster"
        axes.set_title(title, loc="left", color=INK)
    return figure, shares


def draw_bound() -> Figure:
    """Draw the log-likelihood of one mean, and the lower bounds that two E-steps give."""
    x = np.array([-2.3, -1.9, -1.2, -0.4, 1.6, 2.1, 2.4, 2.6, 3.3])
    grid = np.linspace(-3.5, 4.5, 400)

    def joint(mean: Array | float) -> Array:
        """log π_k N(x_i; μ_k, 1), (..., n, 2): the first mean varies, the second is -1.5."""
        first = -0.5 * (x - np.asarray(mean)[..., np.newaxis]) ** 2
        second = np.broadcast_to(-0.5 * (x + 1.5) ** 2, first.shape)
        return np.stack([first, second], axis=-1) - np.log(2.0) - 0.5 * np.log(2.0 * np.pi)

    def log_likelihood(mean: Array | float) -> Array:
        return np.logaddexp.reduce(joint(mean), axis=-1).sum(axis=-1)

    figure = Figure(figsize=(8.0, 4.2), layout="constrained")
    axes = figure.subplots()
    axes.plot(
        grid,
        log_likelihood(grid),
        color=INK,
        linewidth=2.2,
        label="log-likelihood $\\ell(\\theta)$",
    )
    mean = -0.6
    for step, colour in ((0, BLUE), (1, ORANGE)):
        log_r = joint(mean) - np.logaddexp.reduce(joint(mean), axis=-1)[:, np.newaxis]
        r = np.exp(log_r)
        bound = (r * (joint(grid) - log_r)).sum(axis=(-1, -2))
        axes.plot(grid, bound, color=colour, linewidth=1.8, label=f"bound after E-step {step + 1}")
        axes.plot(mean, log_likelihood(mean), marker="o", color=colour, markersize=7)
        new = float(r[:, 0] @ x / r[:, 0].sum())
        axes.plot(new, bound.max(), marker="D", color=colour, markersize=7, markerfacecolor="white")
        mean = new
    low, high = log_likelihood(grid).min(), log_likelihood(grid).max()
    axes.set(ylim=(low - 0.1 * (high - low), high + 0.12 * (high - low)), xlim=(grid[0], grid[-1]))
    axes.set_xlabel("one parameter $\\theta$: a mean (● where a bound touches, ◇ its maximum)")
    axes.set_ylabel("nats")
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    return figure


def draw_fading() -> Figure:
    """Eight components on Old Faithful: all are used by EM, most fade in variational Bayes."""
    X, names = gaussmix.datasets.load_faithful()
    most = 8
    bayesian = gaussmix.BayesianGaussianMixture(
        n_components=most, weight_concentration_prior=1e-3, max_iter=1000, random_state=0
    ).fit(X / X.std(axis=0))
    models = {"EM": gaussmix.fit(X / X.std(axis=0), most, random_state=0)}
    models["Variational Bayes"] = bayesian.mixture_
    figure = Figure(figsize=(11.0, 5.0), layout="constrained")
    for axes, (name, model) in zip(
        figure.subplots(1, 2, sharex=True, sharey=True), models.items(), strict=True
    ):
        kept = model.weights * len(X) > 1
        shown = gaussmix.Mixture(
            model.weights[kept] / model.weights[kept].sum(),
            model.means[kept],
            model.covariances[kept],
        )
        units = [f"{feature} / standard deviation" for feature in names]
        ClusterDisplay.from_estimator(shown, X / X.std(axis=0), names=units, ax=axes, legend=False)
        axes.set_title(f"{name}: {kept.sum()} of {most} have rows", loc="left", color=INK)
    return figure


def draw_displays() -> Figure:
    """The displays that fit into axes, of Old Faithful with three components."""
    X, names = gaussmix.datasets.load_faithful()
    model = gaussmix.fit(X, 3, random_state=0)
    figure = Figure(figsize=(13.0, 8.0), layout="constrained")
    axes = figure.subplot_mosaic("aabbcc;dddeee")
    for place, display in zip(
        "abc", (ClusterDisplay, DensityDisplay, UncertaintyDisplay), strict=True
    ):
        display.from_estimator(model, X, names=names, ax=axes[place], legend=False)
        axes[place].set_title(display.__name__, loc="left", color=INK)
    HistogramDisplay.from_estimator(
        model, X, features=["waiting"], names=names, ax=axes["d"], legend=False
    )
    axes["d"].set_title("HistogramDisplay", loc="left", color=INK)
    ConvergenceDisplay.from_estimator(model, ax=axes["e"], legend=False)
    axes["e"].set_title("ConvergenceDisplay", loc="left", color=INK)
    return figure


def draw_selection() -> Figure:
    """BIC, AIC and ICL of Old Faithful by number of components and family."""
    X, _ = gaussmix.datasets.load_faithful()
    s = gaussmix.select(X, range(1, 7), random_state=0)
    return SelectionDisplay.from_selection(s, ("bic", "aic", "icl")).figure_


def film() -> FilmDisplay:
    """Film EM on the three clusters, from three wide components in the middle of one of them."""
    X = three_clusters()
    means = [[-1.0, -1.0], [0.0, 0.5], [1.0, -0.5]]
    start = gaussmix.Mixture(np.full(3, 1 / 3), means, np.stack([6.0 * np.eye(2)] * 3))
    return FilmDisplay.from_data(X, init=start, names=["$x_1$", "$x_2$"])


def main(folder: Path) -> None:
    """Write all pictures."""
    save_figure(draw_before_after(), folder / "before-after.png")
    figure, shares = draw_kmeans()
    save_figure(figure, folder / "kmeans.png")
    for name, share in shares.items():
        print(f"{name}: {share:.1%} of the rows in their own cluster")
    save_figure(draw_bound(), folder / "bound.png")
    save_figure(draw_fading(), folder / "fading.png")
    save_figure(draw_displays(), folder / "displays.png")
    save_figure(draw_selection(), folder / "selection.png")
    film().save(folder / "em.gif", dpi=70)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES)
