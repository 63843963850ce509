"""Pages of the C++ and C interfaces, written from the public headers and their ``///`` comments.

They go to docs/api/cpp, which git ignores, each time the site is built.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

INCLUDE = Path(__file__).resolve().parents[2] / "cpp" / "include"

_TYPE = re.compile(r"^(?:template <.*> )?(?:typedef )?(?:struct|class|enum class|enum)\b ?(\w*)")
_NAME = re.compile(r"(~?\w+)\s*(?:\(|=|;|\{)")


def headers() -> list[Path]:
    """The public headers: those of C++, and that of C."""
    own = [path for path in INCLUDE.glob("gaussmix/*.hpp") if path.name != "gaussmix.hpp"]
    return [*sorted(own), *INCLUDE.glob("*.h")]


@dataclass(frozen=True)
class Item:
    """A declaration and what is said of it."""

    name: str
    comment: str
    code: str


def items(text: str) -> Iterator[Item]:
    """The declarations at the outermost level that have a comment, but for the file's own."""
    lines = text.replace("GAUSSMIX_EXPORT ", "").splitlines()
    i = len(_comment(lines, 0))
    while i < len(lines):
        comment = _comment(lines, i)
        i += max(len(comment), 1)
        if not comment or i == len(lines) or not lines[i].strip():
            continue
        first = i
        kind = _TYPE.match(lines[first])
        if lines[first].startswith("#define"):
            name = lines[first].split()[1]
        elif kind and lines[first].endswith("{"):
            name = kind[1] or lines[i + 1].split()[0] + " ..."
            while not lines[i].startswith("}"):
                i += 1
        else:
            while not lines[i].endswith((";", "}")):
                i += 1
            found = kind or _NAME.search("\n".join(lines[first : i + 1]).removeprefix("using "))
            name = found[1] if found else "?"
            # One comment may be for several declarations.
            while (
                i + 1 < len(lines)
                and lines[i + 1].strip()
                and lines[i + 1][:3] not in {"///", "#if"}
            ):
                i += 1
        yield Item(name, "\n".join(comment), "\n".join(lines[first : i + 1]))
        i += 1


def _comment(lines: list[str], start: int) -> list[str]:
    """The lines of a comment that begins there, without its slashes."""
    comment = []
    for line in lines[start:]:
        if not line.startswith("///"):
            break
        comment.append(line[3:].removeprefix(" "))
    return comment


def page(header: Path) -> str:
    """A header as Markdown."""
    text = header.read_text("utf-8")
    language = "c" if header.suffix == ".h" else "cpp"
    parts = [
        f"# `{header.relative_to(INCLUDE).as_posix()}`\n",
        _prose("\n".join(_comment(text.splitlines(), 0))) + "\n",
    ]
    for item in items(text):
        code = f"```{language}\n{item.code}\n```\n"
        parts.append(f"## `{item.name}`\n\n{_prose(item.comment)}\n\n{code}")
    return "\n".join(parts)


def _prose(comment: str) -> str:
    """A comment as Markdown: indented lines are formulas, code in backquotes stays as it is."""
    out: list[str] = []
    code = False
    for line in comment.splitlines():
        if line.startswith("  ") != code:
            code = not code
            out += ["", "```text"] if code else ["```", ""]
        out.append(line if code else re.sub(r"`[^`]*`|[*_<]", _escaped, line))
    return "\n".join([*out, "```"] if code else out)


def _escaped(found: re.Match[str]) -> str:
    return found[0] if found[0].startswith("`") else "\\" + found[0]


def write_pages(app: Sphinx) -> None:
    """Write a page a header, leaving those alone that would stay the same."""
    folder = Path(app.srcdir) / "api" / "cpp"
    folder.mkdir(parents=True, exist_ok=True)
    for header in headers():
        target = folder / f"{header.name.replace('.', '-')}.md"
        text = page(header)
        if not target.exists() or target.read_text("utf-8") != text:
            target.write_text(text, "utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Write the pages before Sphinx looks for them."""
    app.connect("builder-inited", write_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
