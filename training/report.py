"""`python -m training.report`: see `training.evaluation.report`."""

import sys

from training.evaluation.report import main

if __name__ == "__main__":
    sys.exit(main())
