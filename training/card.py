"""`python -m training.card`: see `training.publish.cards.files`."""

import sys

from training.publish.cards.files import main

if __name__ == "__main__":
    sys.exit(main())
