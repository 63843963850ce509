"""The directive ``core-function``: a function of the C++ core, as it stands in the source.

    ```{core-function} em/run/run.cpp void Run::advance
    ```

shows the function below cpp/src whose first line starts with the rest of the argument, and the
comment above it. A function that is not there, or has another name by now, fails the build.
"""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

SOURCE = Path(__file__).resolve().parents[2] / "cpp" / "src"


def function(path: Path, start: str) -> str:
    """The text of a function, from the comment above it to its closing brace."""
    lines = path.read_text("utf-8").splitlines()
    found = [i for i, line in enumerate(lines) if line.lstrip().startswith(start)]
    if not found:
        raise LookupError(f"{path.name} has no line that starts with {start!r}")
    first = last = found[-1]
    indent = lines[first][: -len(lines[first].lstrip())]
    while lines[first - 1].startswith((f"{indent}///", f"{indent}template")):
        first -= 1
    while not lines[last].startswith(f"{indent}}}") and not lines[last].endswith(";}"):
        last += 1
    return textwrap.dedent("\n".join(lines[first : last + 1]))


class CoreFunction(SphinxDirective):
    """See the module."""

    required_arguments = 2
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Any]] = {}

    def run(self) -> list[nodes.Node]:
        """Make a caption with the file's name and the code."""
        file, start = self.arguments
        self.env.note_dependency(str(SOURCE / file))
        try:
            text = function(SOURCE / file, start)
        except (LookupError, OSError) as error:
            raise self.error(str(error)) from error
        code = nodes.literal_block(text, text, language="cpp")
        caption = nodes.paragraph("", "", nodes.literal("", f"cpp/src/{file}"))
        return [caption, code]


def setup(app: Sphinx) -> dict[str, Any]:
    """Tell Sphinx of the directive."""
    app.add_directive("core-function", CoreFunction)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
