"""`python -m mingpt_nb`: the same as the command `mingpt-nb`. Kept by hand; no notebook exports it."""

import sys

from mingpt_nb.cli import main

sys.exit(main())
