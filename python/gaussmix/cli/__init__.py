"""The command line: `gaussmix fit`, `predict`, `info` and `demo`.

Results go to standard output, everything else to standard error. Exit codes: 0 success; 1 failure
for a reason outside the input; 2 wrong usage, or unusable inputs or outputs; 130 interrupted; 143
ended.
"""

from __future__ import annotations

from ._main import main

__all__ = ["main"]
