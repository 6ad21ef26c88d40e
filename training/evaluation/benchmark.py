"""How long reading takes, in ratios from one run: `python -m training.benchmark`.

Times differ between machines; ratios of things timed turn by turn in one process do so much less. No test looks at
them.
"""

from __future__ import annotations

import io
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
from PIL import Image

from digit_core import load_recognizer
from digit_core.loading import WEIGHTS_NAME
from digit_core.models.ensemble import filled_network
from digit_core.models.manifest import MODELS_DIR, NETWORKS
from digit_core.page.frame import FRAME_SIZE
from training.data import strokes
from training.data.strokes import CANVAS_SIDE, Drawing

ROUNDS = 30
PHOTO = (4000, 3000)  # pixels, a phone's 12 megapixels


def benchmark() -> dict[str, float]:
    """Time each way turn by turn and return the medians in milliseconds."""
    recognizer = load_recognizer()
    networks = [filled_network(name, MODELS_DIR / name / WEIGHTS_NAME).network for name in NETWORKS]
    seven = Drawing((np.array([[60, 60], [210, 60], [130, 230]], np.float32),), "7", "")
    canvas = strokes.draw([seven], 20)
    row = strokes.draw([seven.moved(np.eye(2) * 0.4, np.array([130.0 * i, 80.0])) for i in range(5)], 12, (700, 280))
    photo = _photo(canvas)
    frame = recognizer.read(canvas).digits[0].frame[None, :, :, None]
    both = recognizer.ensemble.poll
    ways: dict[str, Callable[[], object]] = {
        "both networks, one frame": lambda: both(frame[..., 0]),
        "both networks by model.predict": lambda: [network.predict(frame, verbose=0) for network in networks],
        f"a drawing of {CANVAS_SIDE}x{CANVAS_SIDE}": lambda: recognizer.read(canvas),
        "a drawn number of five digits": lambda: recognizer.read(row),
        "a 12-megapixel JPEG": lambda: recognizer.read(photo),
    }
    taken: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(ROUNDS):
        for way, run in ways.items():
            start = time.perf_counter()
            run()
            taken[way].append(1000 * (time.perf_counter() - start))
    return {way: statistics.median(times) for way, times in taken.items()}


def main() -> int:
    """Print each way's median and how many times the quickest way it takes; return the exit code."""
    medians = benchmark()
    quickest = min(medians.values())
    print(f"{'median of ' + str(ROUNDS):34} {'ms':>9} {'ratio':>8}   frames have {FRAME_SIZE}x{FRAME_SIZE} pixels")
    for way, median in medians.items():
        print(f"{way:34} {median:9.2f} {median / quickest:8.1f}")
    return 0


def _photo(canvas: np.ndarray) -> bytes:
    """A drawing on grainy paper in uneven light, as a phone would hand it over."""
    width, height = PHOTO
    paper = np.asarray(Image.fromarray(canvas).resize((height, height)), np.float32) * 0.55 + 90
    pixels = np.full((height, width), paper[0, 0], np.float32)
    pixels[:, (width - height) // 2 : (width + height) // 2] = paper
    pixels *= np.linspace(0.75, 1.0, width, dtype=np.float32)
    pixels += np.random.default_rng(0).normal(0, 3, pixels.shape).astype(np.float32)
    buffer = io.BytesIO()
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).convert("RGB").save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


if __name__ == "__main__":
    sys.exit(main())
