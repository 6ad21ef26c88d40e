"""The shipped finder, loaded once in a process."""

import functools

from digit_core.loading import WEIGHTS_NAME, sound_finder
from digit_core.models.manifest import MODELS_DIR, read_manifest


@functools.cache
def shipped_finder():
    return sound_finder(MODELS_DIR / "finder" / WEIGHTS_NAME, read_manifest().networks["finder"])
