"""What default fits are tried on: the workloads with fewer rows, and real data."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from gaussmix.datasets import load_faithful

from .sides import optional
from .workloads import WORKLOADS, Floats, Workload, draw


@dataclass(frozen=True)
class Dataset:
    """Rows to fit, loaded when they are needed; which part of all there are."""

    name: str
    K: int
    family: str
    load: Callable[[], Floats]
    part: str = ""


#: Rows that no workload is cut below: its covariances would be singular.
LEAST_ROWS = 4_000


def datasets(quick: bool) -> Iterator[Dataset]:
    """List what there is here: most real data need scikit-learn; quick: few and small."""
    for w in WORKLOADS:
        small = w.miniature() if quick else w.with_rows(max(w.n // 10, LEAST_ROWS))
        part = f"1/{w.n // small.n}" if small.n < w.n else ""
        yield Dataset(w.name, small.K, w.family, partial(_rows, small), part)
    yield Dataset("faithful", 2, "full", lambda: load_faithful()[0])
    sklearn = optional("sklearn.datasets")
    if sklearn is None or quick:
        return
    yield Dataset("iris", 3, "full", lambda: sklearn.load_iris().data)
    yield Dataset("wine", 3, "full", lambda: sklearn.load_wine().data)
    yield Dataset("cancer", 2, "full", lambda: sklearn.load_breast_cancer().data)
    yield Dataset("digits", 10, "full", lambda: sklearn.load_digits().data)
    if optional("skimage.data") or optional("PIL"):
        yield Dataset("pixels", 16, "full", lambda: photograph()[::4, ::4].reshape(-1, 3), "1/16")
        yield Dataset("patches", 20, "full", lambda: patches(photograph())[::4], "1/4")


def _rows(workload: Workload) -> Floats:
    return draw(workload).X


def photograph() -> Floats:
    """Read a colour photograph (height, width, 3), intensities in [0, 1]."""
    image: Floats
    if skimage := optional("skimage.data"):
        image = skimage.astronaut() / 255
    else:
        image = importlib.import_module("sklearn.datasets").load_sample_image("china.jpg") / 255
    return image


def patches(image: Floats, size: int = 4) -> Floats:
    """Cut an image into patches of size x size pixels, a row of 3 size^2 numbers each."""
    height, width, channels = (
        extent // step for extent, step in zip(image.shape, (size, size, 1), strict=True)
    )
    blocks = image[: height * size, : width * size].reshape(height, size, width, size, channels)
    return np.ascontiguousarray(blocks.transpose(0, 2, 1, 3, 4).reshape(height * width, -1))
