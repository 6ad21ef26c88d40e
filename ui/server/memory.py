"""Memory that large pictures took goes back to the system, and what stays for good is not looked at again."""

from __future__ import annotations

import ctypes
import gc
import sys
from contextlib import suppress

TRIM_THRESHOLD_OPTION, MMAP_THRESHOLD_OPTION = -1, -3  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of glibc's malloc.h
LARGE_BLOCK = 8 * 1024 * 1024  # bytes: what decoders and the finder hold of a large picture, and no drawing does


def return_large_blocks() -> None:
    """Let what is freed go back to the system at once, from `LARGE_BLOCK` on; less stays for the next drawing.

    By itself glibc raises this size to the largest block that was ever freed, up to 32 MB, and keeps what is smaller:
    after two pictures of 50 megapixels at once 450 MB, which the next two then add to. Who sets it sets how much may
    stay free, too: else that remains 128 kB, and every drawing's memory goes back and is fetched anew, which takes a
    fifth of the time that reading it takes. Elsewhere nothing happens.
    """
    if sys.platform == "linux":
        with suppress(AttributeError, OSError):  # another C library, which has no such option
            for option in (MMAP_THRESHOLD_OPTION, TRIM_THRESHOLD_OPTION):
                ctypes.CDLL(None).mallopt(option, LARGE_BLOCK)


def keep_for_good() -> None:
    """Take all that has been loaded out of the cyclic garbage collector's sight.

    Page and libraries are hundreds of thousands of objects, and each full collection looks at all of them: while 200
    people drew, the collector took nearly half of the server loop's time.
    """
    gc.collect()
    gc.freeze()
