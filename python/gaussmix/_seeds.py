"""Turn random states of every kind into seeds of the core."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from typing import Any

import numpy as np

from ._arrays import as_integer

RandomState = (
    int
    | np.integer[Any]
    | np.random.Generator
    | np.random.BitGenerator
    | np.random.SeedSequence
    | np.random.RandomState
    | None
)

_KINDS = (
    "a non-negative integer, a numpy.random Generator, BitGenerator, SeedSequence or RandomState, "
    "or None"
)


@contextlib.contextmanager
def seeded(random_state: Any) -> Iterator[int]:
    """Yield the 64-bit seed that a random state gives; None draws a fresh one.

    If the block fails, a generator is put back to its former state.
    """
    if isinstance(random_state, np.random.BitGenerator):
        random_state = np.random.Generator(random_state)
    if isinstance(random_state, np.random.Generator):
        state = random_state.bit_generator.state
        try:
            yield int(random_state.integers(2**64, dtype=np.uint64))
        except BaseException:
            random_state.bit_generator.state = state
            raise
    elif isinstance(random_state, np.random.RandomState) or random_state is np.random:
        legacy_state = random_state.get_state(legacy=False)
        try:
            yield int(random_state.randint(2**63 - 1, dtype=np.int64))
        except BaseException:
            random_state.set_state(legacy_state)
            raise
    elif isinstance(random_state, np.random.SeedSequence):
        yield int(random_state.generate_state(1, np.uint64)[0])
    elif random_state is None:
        yield secrets.randbits(64)
    else:
        # Modulo a prime, so that all digits of a long integer count.
        yield as_seed(random_state) % (2**64 - 59)


def legacy_random_state(random_state: Any) -> Any:
    """Turn a random state into one that scikit-learn takes, which draws from the same source."""
    if isinstance(random_state, np.random.Generator):
        return np.random.RandomState(random_state.bit_generator)
    if isinstance(random_state, np.random.BitGenerator):
        return np.random.RandomState(random_state)
    if isinstance(random_state, np.random.SeedSequence):
        return np.random.RandomState(np.random.MT19937(random_state))
    if random_state is None or isinstance(random_state, np.random.RandomState):
        return random_state
    if random_state is np.random:
        return None
    seed = as_seed(random_state)
    known = seed < 2**32  # RandomState takes no larger ones
    return seed if known else np.random.RandomState(np.random.MT19937(seed))


def as_seed(random_state: Any) -> int:
    """Turn an integer of any kind into a seed; refuse anything else."""
    seed = as_integer(random_state, "random_state", _KINDS)
    if seed < 0:
        raise ValueError(f"random_state={seed} must be {_KINDS}")
    return seed
