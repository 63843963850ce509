"""A file that keeps the results of the passes of a fit over batches, so that it can continue."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from . import _core
from ._arrays import as_path
from ._files import replacing

_FORMAT = "gaussmix_checkpoint"


class Checkpoint:
    """The records of a fit in a file, in the safetensors layout: a header and bytes.

    Each record is written at once: the file is made beside the old one, then renamed, so that a
    process that is killed leaves the earlier records intact.

    Parameters
    ----------
    path : str or path
        The file; it is read if it exists.
    options : mapping
        Everything that the records depend on, except the rows.
    labels_of : callable, optional
        Returns a short word for the labels of the rows, None without any: those of the last pass,
        or `anew`. Without passes, those of a finished fit are compared at `end`.

    Raises
    ------
    ValueError
        If the file is no checkpoint, or one of a fit with other options.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        options: Mapping[str, Any],
        labels_of: Callable[..., str | None] | None = None,
    ) -> None:
        self._path = Path(os.fsdecode(as_path(path)))
        self._options = {
            _FORMAT: "1",
            "version": _core.__version__,
            **{name: str(value) for name, value in options.items()},
        }
        self._records: list[bytes] = []
        self._n_read = 0
        self._labels_of = labels_of
        self._of_labels: str | None = None
        self._has_written = False
        if self._path.exists():
            found, self._records = _read(self._path)
            self._of_labels = found.pop("labels", None)
            self._check(found)

    def read(self) -> bytes | None:
        """Return the next record of the file, None after the last one."""
        if self._n_read == len(self._records):
            return None
        self._n_read += 1
        return self._records[self._n_read - 1]

    def write(self, record: bytes) -> None:
        """Add a record to the file."""
        if self._labels_of is not None:
            now = self._labels_of(anew=False)
            if self._records:
                self._check_labels(now)
            self._of_labels = now
        self._has_written = True
        self._records.append(record)
        self._n_read = len(self._records)
        labels = {} if self._of_labels is None else {"labels": self._of_labels}
        end, header = 0, {"__metadata__": self._options | labels}
        for number, kept in enumerate(self._records):
            header[f"pass.{number}"] = {
                "dtype": "U8",
                "shape": [len(kept)],  # type: ignore[dict-item]
                "data_offsets": [end, end + len(kept)],  # type: ignore[dict-item]
            }
            end += len(kept)
        text = json.dumps(header).encode()
        with replacing(self._path) as beside, beside.open("wb") as file:
            file.write(len(text).to_bytes(8, "little") + text)
            file.writelines(self._records)

    def end(self) -> None:
        """Check the labels of a fit that was finished already, which has read none."""
        if self._labels_of is not None and self._records and not self._has_written:
            self._check_labels(self._labels_of(anew=True))

    def _check_labels(self, now: str | None) -> None:
        if now == self._of_labels:
            return
        if self._of_labels is None:
            problem = "is of a fit without labels, but now the rows have some"
        elif now is None:
            problem = "is of a fit with labels, but now the rows have none"
        else:
            problem = "is of a fit with other labels: those of the rows have changed"
        raise ValueError(
            f"checkpoint={str(self._path)!r} {problem}: give the same labels, or another path"
        )

    def _check(self, found: dict[str, Any]) -> None:
        if _FORMAT not in found:
            raise ValueError(
                f"checkpoint={str(self._path)!r} is no checkpoint of a fit: give another path"
            )
        for name in self._options | found:
            now = self._options.get(name)
            if found.get(name) != now:
                raise ValueError(
                    f"checkpoint={str(self._path)!r} is of a fit with {name}={found.get(name)}, "
                    f"but now it is {now}: give the same options, or another path"
                )


def seed_of(path: str | os.PathLike[str]) -> int | None:
    """Return the seed of the fit in a checkpoint; None if there is none."""
    file = Path(os.fsdecode(as_path(path)))
    if not file.exists():
        return None
    seed = _read(file)[0].get("random_state", "")
    return int(seed) if seed.isdigit() else None


def digest(*arrays: Any) -> str:
    """Return a short word for the numbers of some arrays."""
    found = hashlib.sha256()
    for array in arrays:
        found.update(array.tobytes())
    return found.hexdigest()[:16]


def _read(path: Path) -> tuple[dict[str, str], list[bytes]]:
    """Return the options and the records of a file."""
    data = path.read_bytes()
    try:
        start = 8 + int.from_bytes(data[:8], "little")
        header = json.loads(data[8:start])
        options = header.pop("__metadata__")
        if _FORMAT not in options:
            return options, []
        records = []
        for number in range(len(header)):
            begin, end = header[f"pass.{number}"]["data_offsets"]
            if not 0 <= begin <= end <= len(data) - start:
                raise ValueError
            records.append(data[start + begin : start + end])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError(
            f"checkpoint={str(path)!r} is no checkpoint of a fit, or damaged: give another path, "
            "or remove it to begin anew"
        ) from None
    return options, records
