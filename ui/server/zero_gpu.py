"""What a Space on ZeroGPU, the Hub's shared GPUs, wants of an app; elsewhere nothing of it happens.

There an app must import the Hub's own package `spaces`, which is on those machines and nowhere in our requirements, and
decorate a function that wants a GPU. The networks are so small that a processor reads a digit in milliseconds, so that
function is one which nobody calls, and TensorFlow is kept from looking for GPUs, which would end such a Space.
"""

from __future__ import annotations

import os
from importlib import import_module

ZERO_GPU_VARIABLE = "SPACES_ZERO_GPU"  # set on ZeroGPU, by the Hub
VISIBLE_VARIABLE = "CUDA_VISIBLE_DEVICES"  # CUDA's own: which GPUs this process sees


def register_zero_gpu() -> None:
    """Do what ZeroGPU wants; to be called before anything is computed and before the app is launched."""
    try:
        spaces = import_module("spaces")
    except ImportError:
        return
    spaces.GPU(idle)
    if os.environ.get(ZERO_GPU_VARIABLE):
        os.environ[VISIBLE_VARIABLE] = "-1"


def idle() -> None:
    """Use no GPU: see the module."""
