"""What is known before a fit, in words: fixed parameters and bounds, as argparse reads them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from gaussmix._known import BOUNDS, FIXED


def fixed(text: str) -> tuple[str, Any]:
    """Read the components of which a parameter stays: ``means=0,2`` or ``covariances=all``."""
    name, given = _split(text, FIXED, "means=0,2 or covariances=all")
    if given == "all":
        return name, given
    try:
        return name, [int(k) for k in given.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} has no numbers of components behind the sign: as {name}=0,2 or {name}=all"
        ) from None


def bounds(text: str) -> tuple[str, tuple[float | None, float | None]]:
    """Read the limits of a parameter: ``weights=0.1:0.9``, ``variances=0.01:``."""
    name, given = _split(text, BOUNDS, "weights=0.1:0.9 or variances=0.01:")
    least, sign, most = given.partition(":")
    try:
        if not sign:
            raise ValueError
        return name, (float(least) if least else None, float(most) if most else None)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} has no limits behind the sign: as {name}=LEAST:MOST, either left out if "
            "there is none"
        ) from None


def _split(text: str, names: Sequence[str], example: str) -> tuple[str, str]:
    name, sign, given = text.partition("=")
    if not sign or name not in names:
        raise argparse.ArgumentTypeError(f"{text!r} must begin with {', '.join(names)}: {example}")
    return name, given
