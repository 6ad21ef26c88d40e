"""`python -m training.choice`: see `training.evaluation.choice`."""

import sys

from training.evaluation.choice import main

if __name__ == "__main__":
    sys.exit(main())
