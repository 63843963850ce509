"""Pages of the C++ interface, written from the public headers and their ``///`` comments.

They go to docs/api/cpp, which git ignores, each time the site is built.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

HEADERS = Path(__file__).resolve().parents[2] / "cpp" / "include" / "gaussmix"

_TYPE = re.compile(r"^(?:template <.*> )?(?:struct|class|enum class) (\w+)")
_NAME = re.compile(r"(~?\w+)\s*(?:\(|=|;|\{)")


@dataclass(frozen=True)
class Item:
    """A declaration and what is said of it."""

    name: str
    comment: str
    code: str


def items(text: str) -> Iterator[Item]:
    """The declarations at the outermost level that have a comment."""
    lines = text.splitlines()
    i = 0
    while i < len(lines):
        if not lines[i].startswith("///"):
            i += 1
            continue
        comment = []
        while i < len(lines) and lines[i].startswith("///"):
            comment.append(lines[i][3:].removeprefix(" "))
            i += 1
        if i == len(lines) or not lines[i].strip() or lines[i].startswith("#"):
            continue
        first = i
        kind = _TYPE.match(lines[first])
        closing = "};" if kind and lines[first].endswith("{") else (";", "}")
        while not (lines[i].startswith(closing) if kind else lines[i].endswith(closing)):
            i += 1
        code = "\n".join(lines[first : i + 1])
        found = kind or _NAME.search(code.removeprefix("using ").removeprefix("inline "))
        yield Item(found[1] if found else "?", "\n".join(comment), code)
        i += 1


def page(header: Path) -> str:
    """A header as Markdown."""
    text = header.read_text("utf-8")
    title = f"# `gaussmix/{header.name}`\n"
    if header.suffix == ".h":  # C: comments and declarations as they stand
        return f"{title}\n```c\n{text}```\n"
    about = []
    for line in text.splitlines():
        if not line.startswith("///"):
            break
        about.append(line[3:].removeprefix(" "))
    parts = [title, "\n".join(about) + "\n"]
    parts += [
        f"## `{item.name}`\n\n{_prose(item.comment)}\n\n```cpp\n{item.code}\n```\n"
        for item in items(text)
    ]
    return "\n".join(parts)


def _prose(comment: str) -> str:
    """A comment as Markdown: indented lines are formulas and stay as they are."""
    out: list[str] = []
    code = False
    for line in comment.splitlines():
        if line.startswith("  ") != code:
            code = not code
            out += ["", "```text"] if code else ["```", ""]
        out.append(
            line if code else line.replace("*", r"\*").replace("_", r"\_").replace("<", r"\<")
        )
    return "\n".join([*out, "```"] if code else out)


def write_pages(app: Sphinx) -> None:
    """Write a page a header, leaving those alone that would stay the same."""
    folder = Path(app.srcdir) / "api" / "cpp"
    folder.mkdir(parents=True, exist_ok=True)
    headers = sorted(HEADERS.glob("*.h*"))
    for header in headers:
        target = folder / f"{header.name.replace('.', '-')}.md"
        text = page(header)
        if not target.exists() or target.read_text("utf-8") != text:
            target.write_text(text, "utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Write the pages before Sphinx looks for them."""
    app.connect("builder-inited", write_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
