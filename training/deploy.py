"""`python -m training.deploy`: see `training.publish.deploy`."""

import sys

from training.publish.deploy import main

if __name__ == "__main__":
    sys.exit(main())
