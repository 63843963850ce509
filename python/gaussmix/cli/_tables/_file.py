"""A file on disk: compressed or not, text or arrays, recognised by its first bytes.

Files that are not tables are refused here, with a message that says what they are and the remedy.
"""

from __future__ import annotations

import importlib
import io
import os
import shutil
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO, TypeVar, cast

T = TypeVar("T")

_ARRAY_ENDINGS = (".npy", ".npz")
_ARRAYS = b"\x93NUMPY"
_ZIP = b"PK\x03\x04"
_COMPRESSED = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\xfd7zXZ\0": "lzma"}
_ENCODINGS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_UNPACK = "unpack it first"
_SAVE = "save the table as CSV, or read it in Python and give it to gaussmix.fit"
_FOREIGN = {
    b"\x28\xb5\x2f\xfd": ("compressed by Zstandard", _UNPACK),
    b"\x04\x22\x4d\x18": ("compressed by LZ4", _UNPACK),
    b"7z\xbc\xaf\x27\x1c": ("a 7-Zip archive", _UNPACK),
    b"\xd0\xcf\x11\xe0": ("an Excel workbook", _SAVE),
    b"PAR1": ("a Parquet file", _SAVE),
    b"ARROW1": ("an Arrow file", _SAVE),
    b"\x89HDF": ("an HDF5 file", _SAVE),
    b"SQLite format 3": ("an SQLite database", _SAVE),
    b"MATLAB 5.0 MAT-file": ("a MATLAB file", _SAVE),
    b"%PDF": ("a PDF document", _SAVE),
    b"\x80\x04\x95": ("a Python pickle", _SAVE),
    b"\x80\x05\x95": ("a Python pickle", _SAVE),
}
_MOST_MAGIC = 32


@dataclass(frozen=True, slots=True)
class File:
    """A file that can be read more than once, and its name in messages."""

    path: Path
    shown: str
    compression: str | None
    encoding: str
    is_array: bool

    def open_bytes(self) -> BinaryIO:
        """Open the content, decompressed."""
        return _opened(self.path, self.compression)

    @contextmanager
    def open_text(self) -> Iterator[TextIO]:
        """Open it as text, without a byte order mark."""
        with (
            self.open_bytes() as raw,
            io.TextIOWrapper(raw, encoding=self.encoding) as text,
        ):
            yield text

    def not_text(self) -> ValueError:
        """Return an error that names the first line that is not text."""
        place, remedy = self.shown, "save the table as CSV in UTF-8, or as .npy or .npz"
        if self.encoding == "utf-16":
            return ValueError(f"{place}: not text in UTF-16 throughout: {remedy}")
        with self.open_bytes() as stream:
            for number, line in enumerate(stream, start=1):
                try:
                    if "\0" not in line.decode("utf-8"):
                        continue
                except UnicodeDecodeError:
                    pass
                place = f"{self.shown}, line {number}"
                break
        return ValueError(f"{place}: not text in UTF-8: {remedy}")


@contextmanager
def on_disk(path: str | os.PathLike[str]) -> Iterator[File]:
    """Yield a file to read from; standard input and pipes are copied to a temporary one.

    Raises
    ------
    ValueError
        If it is damaged, or recognised as something other than a table.
    """
    file, shown = Path(path), os.fspath(path)
    if shown != "-" and (file.is_file() or file.is_dir() or not file.exists()):
        with _damage_told(shown):
            yield _known(file, shown)
        return
    with tempfile.TemporaryDirectory(prefix="gaussmix-") as folder:
        copy = Path(folder) / f"table{file.suffix}"
        with copy.open("wb") as target:
            if shown == "-":
                shown = "standard input"
                shutil.copyfileobj(sys.stdin.buffer, target)
            else:
                with file.open("rb") as source:
                    shutil.copyfileobj(source, target)
        with _damage_told(shown):
            yield _known(copy, shown)


@contextmanager
def _damage_told(shown: str) -> Iterator[None]:
    """Report a file whose compressed content ends early as damaged."""
    try:
        yield
    except (EOFError, zlib.error) as error:
        raise ValueError(f"{shown} is damaged: its compressed content breaks off") from error
    except OSError as error:
        if error.errno is not None:
            raise
        raise ValueError(f"{shown} is damaged: {error}") from error
    except Exception as error:
        if type(error).__name__ != "LZMAError":  # from a module that may be missing
            raise
        raise ValueError(f"{shown} is damaged: {error}") from error


def _known(path: Path, shown: str) -> File:
    """Return the kind of a file, by its first bytes."""
    with path.open("rb") as raw:
        start = raw.read(_MOST_MAGIC)
    compression = _begins(start, _COMPRESSED)
    ending = path.suffix.lower()
    if compression is not None:
        with _opened(path, compression) as inside:
            start = inside.read(_MOST_MAGIC)
        ending = Path(path.stem).suffix.lower()
    is_array = ending in _ARRAY_ENDINGS or start.startswith(_ARRAYS)
    foreign = _begins(start, _FOREIGN)
    if start.startswith(_ZIP) and not is_array:
        foreign = _archive(path) if compression is None else ("a zip archive", _UNPACK)
        is_array = foreign is None
    if foreign is not None and not is_array:
        what, remedy = foreign
        raise ValueError(f"{shown} is {what}: {remedy}")
    return File(path, shown, compression, _begins(start, _ENCODINGS) or "utf-8-sig", is_array)


def _begins(start: bytes, known: dict[bytes, T]) -> T | None:
    return next((what for magic, what in known.items() if start.startswith(magic)), None)


def _archive(path: Path) -> tuple[str, str] | None:
    """Return the kind of a zip archive; None if it holds arrays."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:
        names = []
    if names and all(name.endswith(".npy") for name in names):
        return None
    if "[Content_Types].xml" in names:
        return "an Excel workbook", _SAVE
    if "mimetype" in names:
        return "an OpenDocument file", _SAVE
    return "a zip archive", _UNPACK


def _opened(path: Path, compression: str | None) -> BinaryIO:
    """Open a file decompressed; some builds of Python lack the modules for it."""
    if compression is None:
        return path.open("rb")
    try:
        module = importlib.import_module(compression)
    except ImportError as error:
        raise ValueError(
            f"{path} is compressed, and this Python has no module {compression}: {_UNPACK}"
        ) from error
    return cast("BinaryIO", module.open(path, "rb"))
