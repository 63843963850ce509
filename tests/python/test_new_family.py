"""A family that this package was not written for goes through all of it.

The core that is loaded has one more family, tests/support/equal_first.cpp: its components share
the variance of the first feature.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import RunPython

BEGINNING = """
import pickle
import numpy as np
import gaussmix

rng = np.random.default_rng(0)
X = np.concatenate([rng.normal(k * np.array([4, 0, 4]), [1, 0.5, 2], (200, 3)) for k in range(3)])
FAMILY = "equal_first"

def check(m, variances=None):
    variances = m.covariances if variances is None else variances
    assert variances.shape == (3, 3)
    assert len(set(variances[:, 0])) == 1 and len(set(variances[:, 1])) == 3
    return m

fitted = check(gaussmix.fit(X, 3, covariance_type=FAMILY, random_state=0))
"""

PARTS = {
    "use": """
assert fitted.covariance_type == FAMILY and FAMILY in repr(fitted)
separate = gaussmix.fit(X, 3, covariance_type="diag", random_state=0)
assert separate.bic(X) - separate.aic(X) > fitted.bic(X) - fitted.aic(X)
assert 0 < separate.score(X) - fitted.score(X) < 0.01
np.testing.assert_allclose(fitted.precisions * fitted.covariances, 1)
rows, labels = fitted.sample(3000, random_state=0)
assert (fitted.predict(rows) == labels).mean() > 0.95
np.testing.assert_allclose(rows[labels == 0].var(axis=0), fitted.covariances[0], rtol=0.2)
""",
    "files": """
fitted.save(FOLDER + "/m.safetensors")
for other in (gaussmix.load(FOLDER + "/m.safetensors"), pickle.loads(pickle.dumps(fitted))):
    assert check(other).covariance_type == FAMILY
    np.testing.assert_array_equal(other.predict_proba(X), fitted.predict_proba(X))
""",
    "options": """
for options in (dict(sample_weight=rng.random(600)), dict(prior="default"), dict(init="random"),
                dict(effort="low"), dict(acceleration="off"), dict(init=fitted), dict(n_threads=2)):
    check(gaussmix.fit(X, 3, covariance_type=FAMILY, **({"random_state": 0} | options)))
check(gaussmix.fit(X.astype(np.float32), 3, covariance_type=FAMILY, random_state=0))
""",
    "pieces": """
check(gaussmix.fit(gaussmix.Batches([X[::2], X[1::2]]), 3, covariance_type=FAMILY, random_state=0))
stream = gaussmix.Stream(3, covariance_type=FAMILY, random_state=0)
for part in np.array_split(rng.permutation(X), 4):
    stream.update(part)
check(stream.mixture)
shards = [gaussmix.Shard(X[::2]), gaussmix.Shard(X[1::2])]
run = gaussmix.Run(gaussmix.summarize(X[::2]) + gaussmix.summarize(X[1::2]), fitted)
while not run.done:
    run.advance(gaussmix.merge(shard.moments(run) for shard in shards))
check(run.mixture())
""",
    "estimator": """
from gaussmix import GaussianMixture
g = GaussianMixture(3, covariance_type=FAMILY, random_state=0).fit(X)
check(g, g.covariances_)
np.testing.assert_allclose(g.precisions_ * g.covariances_, 1)
theirs = fitted.to_sklearn()
assert theirs.covariance_type == "diag"
np.testing.assert_allclose(theirs.score_samples(X), fitted.score_samples(X))
""",
    "choice": """
s = gaussmix.select(X, range(1, 4), covariance_types=[FAMILY, "diag"], random_state=0)
assert check(s.best).covariance_type == FAMILY
assert "K  equal_first" in str(s) and "equal_first,3" in str(s)
every = gaussmix.select(X, [2], random_state=0)
assert every.covariance_types[:3] == (FAMILY, "EII", "spherical")
assert (FAMILY, 2) in every.criteria["bic"]
assert FAMILY in repr(gaussmix.likelihood_ratio_test(X, FAMILY, 1, n=9, random_state=0))
gaussmix.bootstrap(fitted, X, n=9, random_state=0)
""",
    "pictures": """
import matplotlib
matplotlib.use("agg")
from gaussmix import plot
plot.ClusterDisplay.from_estimator(fitted, X)
plot.CornerDisplay.from_estimator(fitted, X)
""",
    "commands": """
from gaussmix.cli import main
np.savetxt(FOLDER + "/x.csv", X, delimiter=",")
assert main(["fit", FOLDER + "/x.csv", "-k", "3", "--covariance-type", FAMILY]) == 0
""",
}


@pytest.fixture(scope="module")
def core() -> str:
    """The folder of the library with the other family."""
    build = os.environ.get("GAUSSMIX_BUILD_DIR")
    folder = Path(build or "") / "tests/cpp/with_equal_first"
    if build is None or not folder.is_dir() or sys.platform != "linux":
        pytest.skip("GAUSSMIX_BUILD_DIR names no build of a shared library with tests")
    return str(folder)


@pytest.mark.parametrize("part", PARTS)
def test_a_new_family_goes_through(
    run_python: RunPython, tmp_path: Path, core: str, part: str
) -> None:
    program = f"FOLDER = {str(tmp_path)!r}\n" + BEGINNING + PARTS[part]
    done = run_python(program, LD_LIBRARY_PATH=core)
    assert done.returncode == 0, done.stderr
