"""How the tests are shared out to xdist's workers."""

from xdist.scheduler import LoadFileScheduling

NETWORKS = "tests/networks/"  # one worker takes this folder whole, as TensorFlow's import takes each four seconds
LONGEST_FIRST = ("tests/programs/", "tests/browser/", "tests/hub/", "tests/app/", NETWORKS, "tests/unit/")


class WholeFiles(LoadFileScheduling):
    """Gives each file to one worker, which makes the file's fixtures once, and so with the folder `NETWORKS`."""

    def _split_scope(self, nodeid):
        return NETWORKS if nodeid.startswith(NETWORKS) else super()._split_scope(nodeid)


def rank_of(nodeid):
    """Where a test stands in the order in which files are given away: what is short fills the gaps in the end."""
    return next((i for i, folder in enumerate(LONGEST_FIRST) if nodeid.startswith(folder)), len(LONGEST_FIRST))
