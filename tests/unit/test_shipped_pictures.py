"""No picture of a data set is shipped: every window of every picture in the repository against all of MNIST.

A digit that is shown enlarged is found, too: each picture is shrunk step by step, so that in one of the steps such a
digit has its 28 pixels again. Of a film only the last picture is looked at, which shows the whole digit: all of them
would take minutes. Skipped where MNIST is not at hand (`DIGIT_DATA_DIR`/mnist.npz).
"""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.support.drawings import picture_of

ROOT = Path(__file__).parents[2]
PICTURES = ("*.png", "*.gif", "*.jpg", "*.jpeg", "*.webp", "*.bmp", "*.ico")
SIDE = 28
CORE = slice(2, 26)  # of a frame's rows and columns: its outermost pixels may be a border that a page draws
LARGEST = 320  # pixels: a digit shown larger than this would be hard to miss
STEP = 1.06  # between two sizes that are looked for
SAME = 0.96  # correlation: an MNIST digit shown in another size keeps more ...
SAME_SIMPLE = 0.99  # ... but every bar, oval or angle is like some one of MNIST's
SIMPLE = (0, 1, 7)  # digits of which that holds
OFF_CENTRE = 1.5  # pixels: MNIST's digits have their centre of mass within one pixel of their frame's
MAX_ON_RING = 0.12  # share of a digit's ink within two pixels of its core's edge
MIN_INK, MAX_INK = 0.02, 0.5  # of a core's pixels
MIN_CONTRAST = 0.3
SQUARE = np.ones((24, 24), np.uint8)  # a core's size
COARSE = 4  # pixels: windows and digits are compared in blocks of so many first
COARSE_SAME = 0.94


@dataclass(frozen=True)
class Mnist:
    """All 70,000 digits: as they are, as rows of unit length without mean, and as such rows of coarse blocks."""

    digits: np.ndarray
    same: np.ndarray  # the correlation from which on a window is this very digit
    fine: np.ndarray
    coarse: np.ndarray


@pytest.fixture(scope="module")
def mnist():
    path = Path(os.environ.get("DIGIT_DATA_DIR", ROOT / "nowhere")) / "mnist.npz"
    if not path.is_file():
        pytest.skip("MNIST is not at hand: DIGIT_DATA_DIR names no folder with mnist.npz")
    with np.load(path, allow_pickle=False) as arrays:
        digits = np.concatenate([arrays["x_train"], arrays["x_test"]])
        labels = np.concatenate([arrays["y_train"], arrays["y_test"]])
    same = np.where(np.isin(labels, SIMPLE), SAME_SIMPLE, SAME).astype(np.float32)
    return Mnist(digits, same, normalize(digits[:, CORE, CORE]), normalize(blocks(digits[:, CORE, CORE])))


def blocks(windows):
    count, side, _ = windows.shape
    parts = windows.reshape(count, side // COARSE, COARSE, side // COARSE, COARSE)
    return parts.mean(axis=(2, 4), dtype=np.float32)


def normalize(windows):
    rows = windows.reshape(len(windows), -1).astype(np.float32)
    rows -= rows.mean(axis=1, keepdims=True)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)


def sizes(shape):
    side = float(SIDE)
    while side <= min(LARGEST, *shape):
        yield side
        side *= STEP


def sums(ink, side, weights=None):
    """The sum over the square of `side` pixels that begins at each pixel, weighted across by `weights`."""
    flat = np.ones(side, np.float32)
    whole = {"ddepth": cv2.CV_32F, "borderType": cv2.BORDER_ISOLATED, "anchor": (0, 0)}
    return cv2.sepFilter2D(ink, kernelX=flat if weights is None else weights, kernelY=flat, **whole)


def windows_like_frames(ink):
    """All windows of 28x28 that are built as MNIST's frames are: ink in the middle, nothing around it, paper mostly."""
    rows, columns = ink.shape[0] - SIDE + 1, ink.shape[1] - SIDE + 1
    core = ink[2:, 2:]  # its square of 24 pixels that begins at a window's corner is the window's core
    inner = ink[4:, 4:]
    paper = cv2.erode(core, SQUARE, anchor=(0, 0))[:rows, :columns]
    contrast = cv2.dilate(core, SQUARE, anchor=(0, 0))[:rows, :columns] - paper
    offsets = np.arange(24, dtype=np.float32) - 11.5
    mass = sums(core, 24)[:rows, :columns] - paper * 24 * 24
    across = sums(core, 24, offsets)[:rows, :columns]
    down = sums(core.T.copy(), 24, offsets).T[:rows, :columns]
    ring = mass - (sums(inner, 20)[:rows, :columns] - paper * 20 * 20)
    fits = (contrast >= MIN_CONTRAST) & (np.maximum(abs(across), abs(down)) <= OFF_CENTRE * mass)
    fits &= (ring <= MAX_ON_RING * mass) & (mass >= MIN_INK * 24 * 24 * contrast)
    fits &= mass <= MAX_INK * 24 * 24 * contrast
    found = np.argwhere(fits)
    views = np.lib.stride_tricks.sliding_window_view(ink, (SIDE, SIDE))
    return views[found[:, 0], found[:, 1]]


def find_in(grey, mnist):
    """Which of MNIST's digits a picture, (height, width) in [0, 1], shows: rows of `mnist`."""
    found = set()
    for side in sizes(grey.shape):
        half = round(side / SIDE / 2)  # a digit may begin between two pixels of the shrunk picture
        for top, left in sorted({(0, 0), (0, half), (half, 0), (half, half)}):
            found |= find_at(grey[top:, left:], SIDE / side, mnist)
    return found


def find_at(grey, scale, mnist):
    """The same for the windows of 28x28 of a picture that is shrunk to `scale`."""
    found = set()
    size = (max(SIDE, round(grey.shape[1] * scale)), max(SIDE, round(grey.shape[0] * scale)))
    shrunk = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    for ink in (shrunk, 1 - shrunk):
        windows = windows_like_frames(ink)[:, CORE, CORE]
        for start in range(0, len(windows), 500):
            part = windows[start : start + 500]
            alike = normalize(blocks(part)) @ mnist.coarse.T > COARSE_SAME
            for row, window in zip(alike, normalize(part), strict=True):
                near = np.flatnonzero(row)
                found |= set(near[mnist.fine[near] @ window > mnist.same[near]].tolist())
    return found


def tracked_pictures():
    listed = subprocess.run(["git", "ls-files", "-z", *PICTURES], cwd=ROOT, capture_output=True, text=True, check=False)
    return [ROOT / name for name in listed.stdout.split("\0") if name]


def test_the_shipped_pictures_are_found():
    assert ROOT / "ui" / "page.png" in tracked_pictures()


@pytest.mark.parametrize("path", tracked_pictures(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_shipped_picture_shows_an_mnist_digit(path, mnist):
    with Image.open(path) as picture:
        picture.seek(getattr(picture, "n_frames", 1) - 1)
        last = np.asarray(picture.convert("L"), np.float32) / 255

    assert find_in(last, mnist) == set()


@pytest.mark.parametrize("side", [28, 61, 300])
@pytest.mark.parametrize("paper", [0, 255], ids=["on black", "on white"])
def test_an_mnist_digit_on_a_page_would_be_found(mnist, side, paper):
    which = 60_123
    page = np.array(picture_of("12", width=560, height=360, margin=0.3).convert("L"), np.float32) / 255
    digit = cv2.resize(mnist.digits[which], (side, side), interpolation=cv2.INTER_NEAREST).astype(np.float32) / 255
    page[37 : 37 + side, 51 : 51 + side] = digit if paper == 0 else 1 - digit

    assert which in find_in(page, mnist)


@pytest.mark.parametrize("text", ["147", "256", "389"])
def test_drawings_by_code_are_not_taken_for_mnists(mnist, text):
    page = np.asarray(picture_of(text, width=480, height=180).convert("L"), np.float32) / 255

    assert find_in(page, mnist) == set()
