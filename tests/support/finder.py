"""The shipped finder, loaded once in a process."""

import functools

from digit_core.loading import WEIGHTS_NAME, load_runtime
from digit_core.models.finder import NetworkFinder
from digit_core.models.manifest import MODELS_DIR, read_manifest


@functools.cache
def shipped_finder():
    entry = read_manifest().networks["finder"]
    return NetworkFinder(load_runtime("finder", MODELS_DIR / "finder" / WEIGHTS_NAME, entry))
