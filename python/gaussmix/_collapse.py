"""Describe which components of a mixture have collapsed."""

from __future__ import annotations

from . import _core
from ._like import MixtureLike


def has_collapsed(mixture: MixtureLike, k: int) -> bool:
    """Return whether the covariance of component k, its own or the shared one, has collapsed."""
    return (0 if _core.shares_covariance(mixture.covariance_type) else k) in mixture.collapsed


def collapsed_in_words(collapsed: tuple[int, ...]) -> str:
    """Return a clause that names the components that have collapsed."""
    if len(collapsed) == 1:
        return f"component {collapsed[0]} has collapsed"
    shown = ", ".join(map(str, collapsed[:5])) + (" ..." if len(collapsed) > 5 else "")
    return f"components {shown} have collapsed"
