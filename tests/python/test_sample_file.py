"""A model file of format 1 that gaussmix 0.1.0 wrote loads in every later version, bit for bit."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

import gaussmix

DATA = Path(__file__).resolve().parents[1] / "data"
WRITTEN = json.loads((DATA / "model_format1.json").read_text("utf-8"))


def test_the_committed_file_loads_with_the_numbers_it_was_written_with() -> None:
    model = gaussmix.load(DATA / "model_format1.safetensors")
    for name in ("weights", "means", "covariances", "history"):
        values = np.asarray(getattr(model, name))
        assert list(values.shape) == WRITTEN[name]["shape"]
        assert [float(v).hex() for v in values.ravel()] == WRITTEN[name]["values"]
    assert model.covariance_type == WRITTEN["covariance_type"]
    assert model.status == WRITTEN["status"]
    assert model.n_iter == WRITTEN["n_iter"]
    assert [[e.iteration, e.component, e.act] for e in model.events] == WRITTEN["events"]
    assert list(model.feature_names) == WRITTEN["feature_names"]


def test_the_committed_file_scores_as_it_did() -> None:
    model = gaussmix.load(DATA / "model_format1.safetensors")
    np.testing.assert_allclose(
        model.score_samples(WRITTEN["rows"]), WRITTEN["score_samples"], rtol=1e-12
    )
