"""Notebooks show a mixture as a table that is sound HTML, small, and says what the mixture is."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

import gaussmix
import problems


class Tags(HTMLParser):
    """Fails where tags are not closed in the order in which they were opened."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:  # noqa: ARG002
        self.open.append(tag)
        self.seen.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:  # noqa: ARG002
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def tags(html: str) -> list[str]:
    parser = Tags()
    parser.feed(html)
    assert parser.open == []
    return parser.seen


def test_a_row_a_component_with_its_numbers(covariance_type: str, faithful: problems.Array) -> None:
    model = gaussmix.fit(faithful, 3, covariance_type=covariance_type, random_state=0)
    html = model._repr_html_()
    assert tags(html).count("tr") == 1 + 3
    assert html.count(f"{covariance_type} component") == 1
    for k in range(3):
        assert f"{model.weights[k]:.4f}" in html
        assert f"{model.means[k, 1]:.4g} &plusmn;" in html
    assert "nan" not in html.lower()


@pytest.mark.parametrize(("k", "d"), [(1, 1), (4, 1), (30, 2), (2, 40)])
def test_it_stays_small(k: int, d: int) -> None:
    means = np.arange(k * d, dtype=float).reshape(k, d)
    model = gaussmix.Mixture(np.full(k, 1.0 / k), means, np.ones(k), "spherical")
    html = model._repr_html_()
    assert tags(html).count("tr") <= 21
    assert len(html) < 400_000
    assert ("10 more components" in html) == (k == 30)
    assert ("34 more" in html) == (d == 40)


def test_names_are_escaped() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"<b>": [0.0, 1.0, 5.0, 6.0], "b": [1.0, 0.0, 1.0, 3.0]})
    html = gaussmix.fit(frame, 1)._repr_html_()
    assert "&lt;b&gt;" in html
    tags(html)


def test_events_and_empty_components_are_told() -> None:
    X = np.repeat([[0.0, 0.0], [1.0, 5.0]], 20, axis=0)
    model = gaussmix.fit(X, 3, random_state=0)
    html = model._repr_html_()
    tags(html)
    assert "prune at iteration" in html
    assert "floor at iteration" in html
    assert not re.search(r"\binf\b|nan", html)
