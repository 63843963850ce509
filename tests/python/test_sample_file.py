"""Model files that gaussmix 0.1.0 wrote load in every later version, bit for bit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gaussmix

DATA = Path(__file__).resolve().parents[1] / "data"
POSTERIOR = ("weight_concentration", "mean_precision", "degrees_of_freedom")


def assert_same(values: np.ndarray, written: dict[str, Any]) -> None:
    assert list(values.shape) == written["shape"]
    assert [float(v).hex() for v in values.ravel()] == written["values"]


@pytest.mark.parametrize("version", [1, 2])
def test_a_committed_file_loads_as_it_was_written(version: int) -> None:
    written = json.loads((DATA / f"model_format{version}.json").read_text("utf-8"))
    model = gaussmix.load(DATA / f"model_format{version}.safetensors")
    for name in ("weights", "means", "covariances", "history"):
        assert_same(getattr(model, name), written[name])
    assert model.covariance_type == written["covariance_type"]
    assert model.status == written["status"]
    assert model.n_iter == written["n_iter"]
    assert [[e.iteration, e.component, e.act] for e in model.events] == written["events"]
    assert list(model.feature_names) == written["feature_names"]
    assert (model.posterior is not None) == (version == 2)
    for name in POSTERIOR if model.posterior else ():
        assert_same(getattr(model.posterior, name), written[name])
    np.testing.assert_allclose(
        model.score_samples(written["rows"]), written["score_samples"], rtol=1e-12
    )
