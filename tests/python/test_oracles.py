"""Old Faithful and Iris: the package and the oracle both find what R's mclust found.

mclust's run of `iterations` M-steps begins with one from the hard partition; a fit from these
labels has done as many M-steps after iterations - 1 iterations. Thus even slow ones can be
compared to the last digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import families
import gaussmix
import problems
import reference
from comparing import parameters_of

# mclust solves these M-steps by turns of its own, to which ours are equal only in the limit.
INEXACT = {"VEI", "VEE", "VEV", "EVE", "VVE"}


@dataclass(frozen=True)
class Entry:
    """One fit of mclust: the data, the partition it started from, and what it found."""

    name: str
    X: reference.Array
    labels: reference.Array
    found: dict[str, Any]

    @property
    def covariance_type(self) -> str:
        return TYPES[self.found["model"]]

    @property
    def n_components(self) -> int:
        return int(self.found["G"])

    def __str__(self) -> str:
        return f"{self.name}-{self.found['model']}-{self.n_components}"


TYPES = {code: code for code in families.CONSTRAINED} | {
    code: name for name, code in families.CODES.items()
}


def entries() -> list[Entry]:
    """All fits of mclust."""
    return [
        Entry(name, X, np.array(problems.mclust(name)["starts"][str(found["G"])]), found)
        for name, X in (("faithful", problems.faithful()), ("iris", problems.iris()))
        for found in problems.mclust(name)["fits"]
    ]


each_entry = pytest.mark.parametrize("entry", entries(), ids=str)
each_exact_entry = pytest.mark.parametrize(
    "entry", [e for e in entries() if e.found["model"] not in INEXACT], ids=str
)


def fit(entry: Entry, **options: Any) -> gaussmix.Mixture:
    """A fit from mclust's partition, without a ridge."""
    return gaussmix.fit(
        entry.X,
        entry.n_components,
        covariance_type=entry.covariance_type,
        init=entry.labels,
        reg_covar=0,
        **options,
    )


def assert_is_what_mclust_found(p: reference.Parameters, entry: Entry) -> None:
    """Weights, means and covariances of the entry."""
    np.testing.assert_allclose(p.weights, entry.found["weights"], rtol=1e-10)
    np.testing.assert_allclose(p.means, entry.found["means"], rtol=1e-10)
    actual = reference.covariance_matrices(p)
    expected = np.broadcast_to(entry.found["covariances"], actual.shape)
    np.testing.assert_allclose(actual, expected, rtol=1e-9, atol=1e-12)


def test_there_are_fits_of_every_family_and_of_one_to_four_components() -> None:
    assert len(entries()) == 2 * 4 * 14


@each_exact_entry
def test_the_oracle_finds_what_mclust_found(entry: Entry) -> None:
    fitted = reference.em(
        entry.X,
        reference.one_hot(entry.labels, entry.n_components),
        entry.covariance_type,
        max_iter=entry.found["iterations"] - 1,
        tol=0,
        reg_covar=0.0,
    )
    p = fitted.parameters
    assert_is_what_mclust_found(p, entry)
    assert reference.log_likelihood(entry.X, p) == pytest.approx(entry.found["loglik"], rel=1e-12)
    assert reference.bic(entry.X, p) == pytest.approx(-entry.found["bic"], rel=1e-12)
    assert reference.icl(entry.X, p) == pytest.approx(-entry.found["icl"], rel=1e-12)


@each_exact_entry
def test_a_fit_finds_what_mclust_found(entry: Entry) -> None:
    model = fit(entry, tol=0, max_iter=entry.found["iterations"] - 1)
    n = len(entry.X)
    assert not model.events
    assert_is_what_mclust_found(parameters_of(model), entry)
    assert model.n_parameters == entry.found["npar"]
    assert model.history[0] * n == pytest.approx(entry.found["loglik_1step"], rel=1e-11)
    assert model.score(entry.X) * n == pytest.approx(entry.found["loglik"], rel=1e-11)
    assert model.bic(entry.X) == pytest.approx(-entry.found["bic"], rel=1e-11)
    assert model.icl(entry.X) == pytest.approx(-entry.found["icl"], rel=1e-11)
    np.testing.assert_allclose(
        model.predict_proba(entry.X[:5]), entry.found["z_first5"], rtol=1e-9, atol=1e-12
    )
    counts = np.bincount(model.predict(entry.X), minlength=entry.n_components)
    np.testing.assert_array_equal(counts, np.ravel(entry.found["argmax_counts"]))


@each_entry
def test_a_fit_with_a_tight_tolerance_reaches_mclusts_limit(entry: Entry) -> None:
    model = fit(entry, tol=1e-13, max_iter=10000)
    assert model.status == "converged"
    assert model.n_parameters == entry.found["npar"]
    log_likelihood = model.score(entry.X) * len(entry.X)
    found = entry.found["loglik_tight"]
    if entry.found["model"] == "VVE":  # where mclust stops short of a maximum
        assert log_likelihood >= found - 1e-9 * abs(found)
    else:
        assert log_likelihood == pytest.approx(found, rel=1e-9)


@each_entry
def test_the_code_of_a_family_is_its_name(entry: Entry) -> None:
    by_name, by_code = (
        fit(entry, max_iter=1),
        gaussmix.fit(
            entry.X,
            entry.n_components,
            covariance_type=entry.found["model"].lower(),
            init=entry.labels,
            reg_covar=0,
            max_iter=1,
        ),
    )
    assert by_code == by_name
    assert by_code.covariance_type == entry.covariance_type


@pytest.mark.parametrize("seed", range(5))
def test_two_components_of_old_faithful_from_the_default_start(
    faithful: reference.Array, seed: int
) -> None:
    model = gaussmix.fit(faithful, 2, tol=1e-8, random_state=seed)
    assert model.status == "converged"
    assert round(model.score(faithful) * 272, 3) == -1130.264
    order = np.argsort(model.means[:, 0])
    np.testing.assert_allclose(model.weights[order], [0.3559, 0.6441], atol=1e-4)
    np.testing.assert_allclose(
        model.means[order], [[2.0364, 54.4785], [4.2897, 79.9681]], atol=1e-3
    )


def test_two_components_of_old_faithful_with_all_defaults(faithful: reference.Array) -> None:
    model = gaussmix.fit(faithful, 2)
    assert model.converged
    assert model.score(faithful) * 272 == pytest.approx(-1130.264, abs=0.05)
