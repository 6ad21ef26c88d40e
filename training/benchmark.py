"""`python -m training.benchmark`: see `training.evaluation.benchmark`."""

import sys

from training.evaluation.benchmark.command import main

if __name__ == "__main__":
    sys.exit(main())
