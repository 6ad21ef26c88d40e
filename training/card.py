"""`python -m training.card`: see `training.publish.card`."""

import sys

from training.publish.card import main

if __name__ == "__main__":
    sys.exit(main())
