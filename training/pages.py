"""`python -m training.pages`: see `training.evaluation.pages`."""

import sys

from training.evaluation.pages import main

if __name__ == "__main__":
    sys.exit(main())
