"""A Gaussian mixture: its parameters, how it was fitted, and its use on data."""

from ._mixture import (
    Mixture,
    core_model,
    load,
    make_mixture,
    plain_mixture,
    posterior_mixture,
    posterior_of,
    rank,
    with_facts,
)
from ._scores import Criteria, criteria_from, criteria_of, evidence_of, sum_of, takes_holes

__all__ = [
    "Criteria",
    "Mixture",
    "core_model",
    "criteria_from",
    "criteria_of",
    "evidence_of",
    "load",
    "make_mixture",
    "plain_mixture",
    "posterior_mixture",
    "posterior_of",
    "rank",
    "sum_of",
    "takes_holes",
    "with_facts",
]
