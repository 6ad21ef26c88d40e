"""What stays for good costs the garbage collector nothing."""

import gc

from ui.server.memory import keep_for_good


def test_what_is_kept_for_good_is_out_of_the_garbage_collectors_sight():
    loaded = [[]]
    assert any(each is loaded for each in gc.get_objects())

    keep_for_good()
    seen = any(each is loaded for each in gc.get_objects())
    gc.unfreeze()

    assert not seen
