"""Memory that large pictures took goes back to the system."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress

MMAP_THRESHOLD_OPTION = -3  # M_MMAP_THRESHOLD of glibc's malloc.h
LARGE_BLOCK = 8 * 1024 * 1024  # bytes: what decoders and the finder hold of a large picture, and no drawing does


def return_large_blocks() -> None:
    """Let what is freed go back to the system at once, from `LARGE_BLOCK` on.

    By itself glibc raises this size to the largest block that was ever freed, up to 32 MB, and keeps what is smaller:
    after two pictures of 50 megapixels at once 450 MB, which the next two then add to. Elsewhere nothing happens.
    """
    if sys.platform == "linux":
        with suppress(AttributeError, OSError):  # another C library, which has no such option
            ctypes.CDLL(None).mallopt(MMAP_THRESHOLD_OPTION, LARGE_BLOCK)
