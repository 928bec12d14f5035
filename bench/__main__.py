"""``python -m bench [FAMILY ...]``: what ``make bench`` calls."""

import sys

from bench.runner import main

sys.exit(main(sys.argv[1:]))
