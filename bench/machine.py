"""What the figures were taken on and with."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import gaussmix

from .timing import Record

#: Distributions whose versions matter.
DISTRIBUTIONS = ("numpy", "scikit-learn", "scikit-learn-intelex", "daal", "mlpack")


def machine() -> Record:
    """Describe the machine: nothing that tells whose it is."""
    return {
        "cpu": _cpu_model(),
        "cpus": n_cpus(),
        "memory_gib": _memory_gib(),
        "os": _os_name(),
        "instruction_sets": gaussmix.info()["instruction_sets"],
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }


def versions() -> dict[str, str | None]:
    """Tell the versions of all that was measured."""
    found: dict[str, str | None] = {
        "gaussmix": gaussmix.__version__,
        "python": platform.python_version(),
        "openmp": gaussmix.info()["openmp"],
    }
    for name in DISTRIBUTIONS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    return found


def today() -> str:
    """Tell the date, in UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%d")


def n_cpus() -> int:
    """Count the CPUs that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _cpu_model() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _memory_gib() -> float | None:
    try:
        return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1)
    except (AttributeError, OSError, ValueError):
        return None


def _os_name() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return platform.system()
