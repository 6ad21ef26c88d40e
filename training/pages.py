"""`python -m training.pages`: see `training.data.composed`."""

import sys

from training.data.composed import main

if __name__ == "__main__":
    sys.exit(main())
