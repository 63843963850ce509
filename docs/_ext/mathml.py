"""Formulas as MathML, made when the site is built: no scripts and no network to show them."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)

# docutils sets no space around names of functions, which TeX does.
_FUNCTION = re.compile(
    r"(?P<before>[\w})]\s*)?(?P<name>\\(?:log|exp|max|min)\b)(?P<after>\s+(?!\\left)[\w\\])?"
)
# Bars of a determinant are set by browsers as if they stood for a relation.
_BAR = re.compile(r"<mo[^>]*>\|</mo>")


def _spaced(formula: str) -> str:
    def space(found: re.Match[str]) -> str:
        before, name, after = found["before"], found["name"], found["after"]
        return (f"{before}\\, " if before else "") + name + (f" \\,{after}" if after else "")

    return _FUNCTION.sub(space, formula)


def _write(translator: Any, node: nodes.Node, *, block: bool) -> None:
    formula = node.astext()
    try:
        markup = _BAR.sub('<mo lspace="0" rspace="0">|</mo>', tex2mathml(_spaced(formula), block))
    except MathError as error:
        logger.warning("formula %r: %s", formula, error, location=node)
        markup = f"<code>{translator.encode(formula)}</code>"
    if block:
        markup = f'<div class="math">{markup}</div>'
    translator.body.append(markup)
    raise nodes.SkipNode


def _inline(translator: Any, node: nodes.Node) -> None:
    _write(translator, node, block=False)


def _block(translator: Any, node: nodes.Node) -> None:
    _write(translator, node, block=True)


def setup(app: Sphinx) -> dict[str, Any]:
    """Offer the renderer to Sphinx as `html_math_renderer = "mathml"`."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
