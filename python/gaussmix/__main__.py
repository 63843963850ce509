"""`python -m gaussmix` is the command line, and prints where the C and C++ files are.

--includedir, --libdir and --cmakedir print one folder each:

    cmake -S . -B build -D gaussmix_DIR="$(python -m gaussmix --cmakedir)"
"""

import sys
from pathlib import Path

from . import _core

_FOLDERS = {"--includedir": "include", "--libdir": "lib", "--cmakedir": "lib/cmake/gaussmix"}

if len(sys.argv) == 2 and sys.argv[1] in _FOLDERS:
    print(Path(_core.__file__).parent / _FOLDERS[sys.argv[1]])
else:
    from .cli import main

    raise SystemExit(main())
