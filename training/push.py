"""`python -m training.push`: see `training.publish.push`."""

import sys

from training.publish.push import main

if __name__ == "__main__":
    sys.exit(main())
