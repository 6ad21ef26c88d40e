"""Read handwritten digits: picture -> ink -> frames -> two networks' vote -> reading.

    from digit_core import load_recognizer

    print(load_recognizer().read("photo.jpg").text)

Importing this package loads neither Keras nor Gradio. Nor does `load_recognizer()`, as ONNX Runtime answers: Keras is
loaded only where it cannot.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from digit_core.errors import DigitError, EmptyDrawingError
from digit_core.types import Box, DigitReading, Prediction, Reading, Vote

if TYPE_CHECKING:
    from pathlib import Path

    from digit_core.recognizer import Recognizer

os.environ.setdefault(
    "TF_CPP_MIN_LOG_LEVEL", "2"
)  # TensorFlow else greets with ten lines about GPUs that are not there

__version__ = "0.1.0"  # as in pyproject.toml, which a Space and an image do not have

__all__ = [
    "Box",
    "DigitError",
    "DigitReading",
    "EmptyDrawingError",
    "Prediction",
    "Reading",
    "Vote",
    "load_recognizer",
]


def load_recognizer(models_dir: Path | None = None) -> Recognizer:
    """Load both networks, checked and warmed up; see `digit_core.loading.load_recognizer`."""
    from digit_core import loading  # brings ONNX Runtime and OpenCV: only when a recognizer is wanted
    from digit_core.models import manifest

    return loading.load_recognizer(models_dir or manifest.MODELS_DIR)
