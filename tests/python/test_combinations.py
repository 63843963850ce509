"""docs/combinations.md is true: each option goes with each other, or is refused as it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gaussmix

PAGE = Path(__file__).resolve().parents[2] / "docs" / "combinations.md"
REASONS = {
    "A": "give weights with the batches|give labels with the batches",
    "B": "not part of variational Bayes",
    "C": "a stream has point estimates",
    "F": "give the mixture to start from as init",
    "G": "variational Bayes is not known for covariance_type='VEV'",
    "H": "unexpected keyword argument",
    "I": "allowed is of mixtures of one size",
    "J": "unexpected keyword argument",
    "K": "give labels to the fit of gaussmix.dask",
    "L": "are of rows in memory: a selection over batches",
}


def table(number: int) -> dict[tuple[str, str], str]:
    """The cells of a table of the page."""
    tables = re.findall(r"(?:^\|.*\n)+", PAGE.read_text("utf-8"), re.MULTILINE)
    lines = tables[number].splitlines()
    names = [name.strip() for name in lines[0].strip("|").split("|")][1:]
    cells = {}
    for line in lines[2:]:
        row, *values = [value.strip() for value in line.strip("|").split("|")]
        cells |= {(row, name): value for name, value in zip(names, values, strict=True)}
    return cells


CELLS = table(0)
PLACES = table(1)
RNG = np.random.default_rng(0)
TRUTH = RNG.integers(0, 2, size=300)
X = RNG.normal(size=(300, 2)) + 4.0 * TRUTH[:, None]
LABELS = np.where(np.arange(300) % 10 == 0, TRUTH, -1)
ALLOWED = (np.arange(300)[:, None] % 7 != [0, 8]) | (LABELS >= 0)[:, None]
START = gaussmix.Mixture([0.5, 0.5], [[0.0, 0.0], [4.0, 4.0]], np.stack([np.eye(2)] * 2))


def fitted(options: set[str], folder: Path) -> gaussmix.Mixture:
    """A fit with these options, on its own or as a stream."""
    rows = X.copy()
    if "missing" in options:
        rows[RNG.random(rows.shape) < 0.1] = np.nan
    if "float32" in options:
        rows = rows.astype(np.float32)
    of_rows: dict[str, Any] = {
        "weights": {"sample_weight": np.linspace(1, 2, len(rows))},
        "labels": {"labels": LABELS},
        "allowed": {"allowed": ALLOWED},
    }
    known: dict[str, Any] = {
        "prior": {"prior": "default"},
        "variational": {"prior": gaussmix.VariationalPrior()},
        "noise": {"noise": gaussmix.Noise(0.05, 5.0)},
        "missing": {"missing": "em"},
        "fixed": {"fixed": {"means": [0]}, "init": START},
        "bounds": {"bounds": {"weights": (0.3, None)}},
        "family": {"covariance_type": "VEV"},
        "init": {"init": "random"},
        "n_init": {"n_init": 2},
        "effort": {"effort": "high"},
        "acceleration": {"acceleration": "off"},
        "pruning": {"pruning": "off"},
        "strict": {"strict": True},
        "reg_covar": {"reg_covar": 1e-3},
        "callback": {"callback": lambda progress: progress.iteration < 50},
        "checkpoint": {"checkpoint": folder / "fit"},
    }
    how: dict[str, Any] = {"random_state": 0}
    for name, option in known.items():
        how |= option if name in options else {}
    own: dict[str, Any] = {}
    for name, option in of_rows.items():
        own |= option if name in options else {}
    if "variational" in options and "fixed" in options:
        del how["init"]  # a mixture is no start of variational Bayes
    if "stream" in options:
        return gaussmix.Stream(2, **how).update(rows, **own).update(rows, **own).mixture
    in_batches = not options.isdisjoint({"batches", "checkpoint"})
    source = gaussmix.Batches([rows[:100], rows[100:]]) if in_batches else rows
    return gaussmix.fit(source, 2, **how, **own)


def test_the_table_is_symmetric() -> None:
    assert len(CELLS) == 22 * 22
    for (a, b), value in CELLS.items():
        assert CELLS[b, a] == value


def test_each_letter_has_a_reason() -> None:
    letters = {value for value in [*CELLS.values(), *PLACES.values()] if value != "yes"}
    assert letters == set(re.findall(r"^\| ([A-Z]) \|", PAGE.read_text("utf-8"), re.MULTILINE))


@pytest.mark.parametrize(
    ("pair", "value"),
    [pytest.param(p, v, id="-".join(p)) for p, v in CELLS.items() if p[0] <= p[1]],
)
def test_each_cell_is_true(pair: tuple[str, str], value: str, tmp_path: Path) -> None:
    if value == "E":
        return  # a stream has no place to give batches as such
    if value != "yes":
        with pytest.raises((TypeError, ValueError), match=REASONS[value]):
            fitted(set(pair), tmp_path)
        return
    m = fitted(set(pair), tmp_path)
    assert m.weights.sum() + m.noise_weight == pytest.approx(1)
    if "fixed" in pair:
        assert (m.means[0] == START.means[0]).all()
    if "bounds" in pair:
        assert m.weights.min() >= 0.3 - 1e-12
    if "labels" in pair:
        assert (m.predict(X[LABELS >= 0]) == LABELS[LABELS >= 0]).mean() > 0.8
    if "noise" in pair:
        assert m.noise is not None
    if "family" in pair:
        assert m.covariance_type == "VEV"
    if "checkpoint" in pair:
        assert (tmp_path / "fit").exists()


def of_shards(**how: Any) -> gaussmix.Mixture:
    """A run over shards: what is known of rows is theirs, the rest is the run's."""
    names = {"labels", "allowed", "component_labels"} & how.keys()
    known = {name: how.pop(name) for name in names}
    parts = [slice(0, 100), slice(100, 300)]
    shards = [
        gaussmix.Shard(
            X[part],
            **{n: value if n == "component_labels" else value[part] for n, value in known.items()},
        )
        for part in parts
    ]
    run = gaussmix.Run(gaussmix.summarize(X), START, **how)
    while not run.done:
        run.advance(gaussmix.merge(shard.moments(run) for shard in shards))
    return run.mixture()


def of_blocks(verb: str, n_components: Any, **how: Any) -> Any:
    """What Dask makes of two blocks."""
    array = pytest.importorskip("dask.array")
    call = getattr(gaussmix.dask, verb)
    return call(array.from_array(X, chunks=(150, 2)), n_components, random_state=0, **how)


def of_first_rows(**how: Any) -> gaussmix.Mixture:
    """The mixture of an estimator that has seen the rows once."""
    pytest.importorskip("sklearn")
    known = {name: how.pop(name) for name in ("labels", "allowed") if name in how}
    start = {"weights_init": START.weights, "means_init": START.means}
    estimator = gaussmix.GaussianMixture(2, random_state=0, **start, **how)
    return estimator.partial_fit(X, **known).mixture_


WAYS: dict[str, Any] = {
    "fit": lambda **how: gaussmix.fit(X, 2, init=START, **how),
    "select": lambda **how: gaussmix.select(X, [2, 3], random_state=0, **how)["full", 2],
    "Run": of_shards,
    "Stream": lambda **how: gaussmix.Stream(
        2, init=START, **{n: how.pop(n) for n in ("fixed", "bounds") if n in how}
    ).update(X, **how).mixture,
    "partial_fit": of_first_rows,
    "dask.fit": lambda **how: of_blocks("fit", 2, init=START, **how),
    "dask.select": lambda **how: of_blocks("select", [2, 3], **how)["full", 2],
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:.*did not converge")
@pytest.mark.parametrize(
    ("place", "value"), [pytest.param(p, v, id="-".join(p)) for p, v in PLACES.items()]
)
def test_what_is_known_may_be_given_where_the_page_says(place: tuple[str, str], value: str) -> None:
    way, name = place
    how: dict[str, Any] = {
        "labels": {"labels": LABELS} | ({"component_labels": [0, 1]} if way == "Run" else {}),
        "allowed": {"allowed": ALLOWED},
        "fixed": {"fixed": {"means": [0]}},
        "bounds": {"bounds": {"weights": (0.49, None)}},
    }[name]
    if value != "yes":
        with pytest.raises((TypeError, ValueError), match=REASONS[value]):
            WAYS[way](**how)
        return
    m = WAYS[way](**how)
    if name == "fixed":
        assert (m.means[0] == START.means[0]).all()
    elif name == "bounds":
        assert m.weights.min() >= 0.49 - 1e-12
    else:
        assert (m.predict(X[LABELS >= 0]) == LABELS[LABELS >= 0]).mean() > 0.8
