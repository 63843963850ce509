"""Features by name or by number."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gaussmix._arrays import as_count


def places_of(
    features: Any, names: tuple[str, ...] | None, n_features: int, argument: str
) -> list[int]:
    """Turn names or numbers of features, or a single one, into places, each once.

    Raises
    ------
    TypeError
        If one is neither a name nor an integer.
    ValueError
        If there is no such feature, or one occurs twice.
    """
    single = isinstance(features, str) or not isinstance(features, Iterable)
    places = [
        _place(feature, names, n_features, argument)
        for feature in ([features] if single else features)
    ]
    for at, place in enumerate(places):
        if place in places[:at]:
            shown = place if names is None else repr(names[place])
            raise ValueError(f"{argument} has feature {shown} twice: give each once")
    return places


def _place(feature: Any, names: tuple[str, ...] | None, n_features: int, argument: str) -> int:
    if isinstance(feature, str):
        if names is None:
            raise ValueError(
                f"{argument} has {feature!r}, but the features have no names: give numbers from 0 "
                f"to {n_features - 1}"
            )
        if feature not in names:
            raise ValueError(
                f"{argument} has {feature!r}, but the features are {', '.join(map(repr, names))}"
            )
        return names.index(feature)
    place = as_count(feature, argument)
    if not 0 <= place < n_features:
        raise ValueError(
            f"{argument} has feature {place}: they are counted from 0 to {n_features - 1}"
        )
    return place


def names_at(names: tuple[str, ...] | None, places: list[int]) -> tuple[str, ...] | None:
    """Return the names of some features, if features have any."""
    return None if names is None else tuple(names[place] for place in places)
