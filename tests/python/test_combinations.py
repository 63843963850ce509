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
}


def table() -> dict[tuple[str, str], str]:
    """The cells of the first table of the page."""
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("|")]
    names = [name.strip() for name in lines[0].strip("|").split("|")][1:]
    cells = {}
    for line in lines[2 : 2 + len(names)]:
        row, *values = [value.strip() for value in line.strip("|").split("|")]
        cells |= {(row, name): value for name, value in zip(names, values, strict=True)}
    return cells


CELLS = table()
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
    letters = {value for value in CELLS.values() if value != "yes"}
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
