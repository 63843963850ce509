"""The command line: `gaussmix fit`, `predict`, `info` and `demo`.

Results go to standard output, all else to standard error. Exit codes: 0 done; 1 failed for a reason
outside the input; 2 usage, or inputs and outputs that cannot be used; 130 interrupted, 143 ended.
"""

from __future__ import annotations

from ._main import main

__all__ = ["main"]
