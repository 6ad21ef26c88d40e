"""`python -m training.verdict`: see `training.evaluation.verdict`."""

import sys

from training.evaluation.verdict import main

if __name__ == "__main__":
    sys.exit(main())
