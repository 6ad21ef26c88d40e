"""`python -m training.finder`: see `training.finder.command`."""

import sys

from training.finder.command import main

if __name__ == "__main__":
    sys.exit(main())
