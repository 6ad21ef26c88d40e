"""How the tests start Chromium, the screens they look at, and how long they wait."""

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[2]
# The shell is the same browser without windows, and a page costs it a quarter less; None is playwright's own shell.
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
QUIET_CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # All pages come from this machine: one process shows them, and none is started for each (a tenth of a page's work).
    "--process-per-site",
    "--renderer-process-limit=1",
    "--disable-site-isolation-trials",
]
# How playwright starts the browser with everything windows have, as the clipboard and the camera need it.
WHOLE_CHROMIUM = {"executable_path": shutil.which("chromium")} if shutil.which("chromium") else {"channel": "chromium"}
WIDE = {"width": 1280, "height": 900}
DEADLINE = 120_000  # milliseconds for anything a page has to do: a fault ends there, a busy machine does not
TICK = 20  # milliseconds between two looks at what a page cannot wait for itself


def open_with_stopped_clock(page, address):
    """Load the page and leave its clock standing: timers and frames go on only while `page.clock.run_for` runs.

    The clock belongs to the page's whole context, and nothing takes it away again.
    """
    page.clock.install()
    page.clock.pause_at("2100-01-01")
    page.goto(address)
    canvas = page.locator("#draw-canvas canvas")

    def is_there():
        page.clock.run_for(10)  # less than the page waits before it writes, even if the canvas comes in between
        return canvas.is_visible()

    wait_until(page, is_there)


def wait_until(page, happened):
    """Let the page go on until `happened()` is true; a test whose event never comes fails.

    Raises:
        AssertionError: it did not happen before the deadline.
    """
    for _ in range(DEADLINE // TICK):
        if happened():
            return
        page.wait_for_timeout(TICK)
    raise AssertionError(f"what was waited for did not happen within {DEADLINE // 1000} seconds")
