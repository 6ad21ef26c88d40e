"""The README's pictures of the page, made anew: `python -m tests.support.moving_picture`, once other weights answer.

The real app and a real Chromium: the page writes its example and reads it while it is written. The browser's clock
stands still and is moved on from picture to picture, each taken when its answer has come, so that a busy machine makes
the same film as a quiet one. The last picture is kept by itself too.
"""

import io
import sys

from PIL import Image
from playwright.sync_api import expect, sync_playwright

from tests.support.chromium import CHROMIUM, QUIET_CHROMIUM, ROOT, open_with_stopped_clock
from tests.support.running_app import running_app

FILM, STILL = ROOT / "ui" / "page.gif", ROOT / "ui" / "page.png"
SCREEN = {"width": 1100, "height": 800}
FILM_WIDTH = 800  # pixels
LARGEST = 600_000  # bytes of the film
COLOURS = 128
BETWEEN_MS = 50  # on the page's clock ...
SHOWN_MS = 100  # ... and in the film, at half the page's speed: a digit takes little more than half a second
BLANK_MS, LAST_MS = 900, 2000  # how long the empty paper and the digit that has been read stand
STILL_FOR_MS = 1_000  # nothing has changed for so long: the digit is written
LONGEST_MS = 10_000
# The example is chosen and trembles at random: from this seed it is the same on every run.
SEED = 800
SEEDED = """seed => {
    let state = seed >>> 0;
    Math.random = () => (state = (1664525 * state + 1013904223) >>> 0) / 2 ** 32;
}"""
ALL_ANSWERED = """() => document.querySelector("#draw-canvas canvas").dataset.sequence ===
    document.querySelector("#draw-answer").dataset.sequence"""


def take(page):
    """The page as it is seen now."""
    return Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")


def take_all(page, seed):
    """Pictures `BETWEEN_MS` apart: first the blank paper, then the digit as it is written, last as it was read."""
    pictures = [take(page)]
    page.evaluate(SEEDED, seed)
    for _ in range(LONGEST_MS // BETWEEN_MS):
        page.clock.run_for(BETWEEN_MS)
        page.wait_for_function(ALL_ANSWERED)
        pictures.append(take(page))
        changes = [at for at in range(1, len(pictures)) if pictures[at] != pictures[at - 1]]
        if changes and (len(pictures) - 1 - changes[-1]) * BETWEEN_MS >= STILL_FOR_MS:
            expect(page.locator("#draw-canvas .note")).not_to_be_empty()  # it was the example that changed the page
            return pictures[changes[0] - 1 : changes[-1] + 1]
    raise RuntimeError("The page wrote nothing, or did not come to an end.")


def save(pictures):
    """Write the film and its last picture."""
    pictures[-1].quantize(256, dither=Image.Dither.NONE).save(STILL, optimize=True)
    size = (FILM_WIDTH, round(FILM_WIDTH * SCREEN["height"] / SCREEN["width"]))
    small = [picture.resize(size, Image.Resampling.LANCZOS) for picture in pictures]
    palette = small[-1].quantize(COLOURS)  # one for all: what does not change costs nothing
    frames = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in small]
    shown_ms = [BLANK_MS, *[SHOWN_MS] * (len(frames) - 2), LAST_MS]
    frames[0].save(FILM, save_all=True, append_images=frames[1:], duration=shown_ms, loop=0, optimize=True)
    if FILM.stat().st_size > LARGEST:
        raise RuntimeError(f"{FILM.name} has {FILM.stat().st_size:,} bytes, more than {LARGEST:,}.")


def main(seed=SEED):
    """Make both pictures."""
    with running_app(ROOT, DIGIT_MODEL_SOURCE="bundled") as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET_CHROMIUM)
        page = browser.new_page(viewport=SCREEN, color_scheme="light", reduced_motion="no-preference")
        open_with_stopped_clock(page, address)  # the paper has just come and is blank
        pictures = take_all(page, seed)
        browser.close()
    save(pictures)
    print(f"{len(pictures)} pictures; the film has {FILM.stat().st_size:,} bytes, the last {STILL.stat().st_size:,}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
