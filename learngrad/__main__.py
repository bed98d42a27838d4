"""`python -m learngrad`: the command line."""

import sys

from learngrad.cli import main

sys.exit(main())
