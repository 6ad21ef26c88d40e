"""`python -m training.number_odds`: see `training.evaluation.number_odds`."""

import sys

from training.evaluation.number_odds import main

if __name__ == "__main__":
    sys.exit(main())
