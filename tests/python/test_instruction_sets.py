"""Every instruction set of this machine computes what the oracle does; some agree bitwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import gaussmix

if TYPE_CHECKING:
    from conftest import RunPython

each_set = pytest.mark.parametrize("isa", gaussmix.info()["instruction_sets"])

# Sizes around one and several vectors of any width, in all families.
AGAINST_THE_ORACLE = """
import gaussmix, numpy as np, problems, reference
from comparing import assert_fit_close, model_of

for family in reference.COVARIANCE_TYPES:
    for d in (1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33):
        p = problems.mixture(d, 2, d, family, spread=1.0)
        X = problems.draw(d, 33, p).X
        model = model_of(p)
        for n in (2, 3, 7, 8, 9, 16, 17, 31, 32, 33):
            np.testing.assert_allclose(
                model.score_samples(X[:n]), reference.score_samples(X[:n], p), rtol=1e-11)
            options = dict(covariance_type=family, max_iter=1, tol=0, reg_covar=0.5)
            assert_fit_close(gaussmix.fit(X[:n], init=model, **options),
                             reference.em(X[:n], p, **options), rtol=1e-10)
print(gaussmix.info()["instruction_set"])
"""

DIGEST = """
import hashlib
import gaussmix, problems, reference

digest = hashlib.sha256()
for family in reference.COVARIANCE_TYPES:
    for d in (1, 3, 8, 17):
        for n in (48, 144, 3001):  # whole blocks of rows of one set, not of another
            X = problems.problem(d, n=n, n_components=3, n_features=d).X
            model = gaussmix.fit(X, 3, covariance_type=family, max_iter=5, tol=0, random_state=0)
            for array in (model.means, model.covariances, model.history, model.predict_proba(X)):
                digest.update(array.tobytes())
print(digest.hexdigest())
"""


@each_set
def test_each_instruction_set_computes_what_the_oracle_does(
    run_python: RunPython, isa: str
) -> None:
    done = run_python(AGAINST_THE_ORACLE, GAUSSMIX_ISA=isa)
    assert done.stdout.strip() == isa, done.stderr


def test_instruction_sets_with_fused_multiplication_agree_to_the_last_bit(
    run_python: RunPython,
) -> None:
    fused = [isa for isa in gaussmix.info()["instruction_sets"] if isa != "baseline"]
    if len(fused) < 2:
        pytest.skip("this machine has fewer than two instruction sets with FMA")
    found = {run_python(DIGEST, GAUSSMIX_ISA=isa).stdout for isa in fused}
    assert len(found) == 1
    assert len(found.pop().strip()) == 64


def test_an_instruction_set_that_is_not_there_is_refused_with_those_that_are(
    run_python: RunPython,
) -> None:
    done = run_python("import gaussmix; gaussmix.info()", GAUSSMIX_ISA="sse9")
    assert done.returncode != 0
    assert "GAUSSMIX_ISA=sse9" in done.stderr
    for isa in gaussmix.info()["instruction_sets"]:
        assert isa in done.stderr
