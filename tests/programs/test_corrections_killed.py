"""Corrections outlive a process that is killed: nothing kept is lost, and nothing is left half."""

import os

import pytest
from PIL import Image

from tests.support.corrections import files_in, keep_and_kill
from training.data.own import find_extra
from training.errors import DataError

WHOLE = (28, 28)
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills processes that were forked")


@pytest.fixture(scope="module")
def remains(tmp_path_factory):
    """The folder where processes were killed, and what they had been told by then."""
    folder = tmp_path_factory.mktemp("killed")
    return folder, keep_and_kill(folder, "lines", "taking_back", "anywhen")


def readable(record):
    with Image.open(record) as picture:
        picture.load()
        return picture.size == WHOLE


@pytest.mark.parametrize("way", ["lines", "anywhen"])
def test_a_kill_loses_no_finished_record_and_leaves_no_half_one(remains, way):
    folder, told = remains[0] / way, remains[1][way]

    assert len(told) > 20
    for name, kept in told.items():
        try:
            found = [path for path, _ in find_extra(folder / name)]
        except DataError:  # nothing to train on: killed before anything was finished
            found = []
        assert set(kept) <= {path.name for path in found}
        assert len(found) <= len(kept) + 1  # finished, and killed before it could be reported
        assert all(readable(path) for path in found)


def test_a_kill_while_taking_back_leaves_the_record_or_none_and_never_half(remains):
    folder, told = remains[0] / "taking_back", remains[1]["taking_back"]

    assert len(told) > 5
    for name, (taken, stays, *undone) in told.items():
        left = {path.name for path in files_in(folder / name)}
        assert left in ([{stays}] if undone else [{stays}, {stays, taken}])
        assert all(readable(path) for path in files_in(folder / name))
    assert [undone for *_, undone in [told[max(told, key=int)]]] == [f"-{told[max(told, key=int)][0]}"]
