"""The example of any other engine: Ray, where it is installed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

import gaussmix

ray = pytest.importorskip("ray")

pytestmark = pytest.mark.filterwarnings("ignore")  # Ray has many of its own


def test_actors_hold_shards_and_answer() -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((3000, 2)) + 6 * rng.integers(0, 3, size=(3000, 1))
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        shard = ray.remote(gaussmix.Shard)
        shards = [shard.remote(X[i : i + 1000]) for i in range(0, 3000, 1000)]

        def merged(answers: Iterable[Any]) -> Any:
            return gaussmix.merge(ray.get(list(answers)))

        rows = gaussmix.RemoteRows(
            summary=lambda: merged(s.summary.remote() for s in shards),
            sample=lambda summary, size, seed: merged(
                s.sample.remote(summary, size, seed, i) for i, s in enumerate(shards)
            ),
            moments=lambda scorer: merged(s.moments.remote(scorer) for s in shards),
        )
        m = gaussmix.fit(rows, 3, random_state=0)
    finally:
        ray.shutdown()
    expected = gaussmix.fit(gaussmix.Batches(X), 3, random_state=0)
    np.testing.assert_allclose(m.means, expected.means, rtol=1e-9)
