"""`python -m gaussmix` is the command line."""

from gaussmix.cli import main

raise SystemExit(main())
