"""How fast the page answers while somebody draws: `python -m tests.support.page_speed`, on an idle machine.

The real app and a real Chromium, over loopback as it is and with a delay imitated for every request. A hand draws
scribbles of some seconds; counted are the answers while the pen is down, and how long after pen up the last one stands
on the page. Times differ between machines and no test looks at them.
"""

import os
import shutil
import statistics
import sys

from playwright.sync_api import sync_playwright

from tests.support.chromium import QUIET_CHROMIUM, ROOT, WIDE
from tests.support.running_app import running_app

DELAYS = (0, 120)  # milliseconds for each request
STROKES = 5
STROKE_SECONDS = 3
RECORD = """() => {
    window.answers = [];
    window.penUp = [];
    addEventListener("pointerup", () => window.penUp.push(performance.now()));
    const answer = document.querySelector("#draw-answer");
    new MutationObserver(() => window.answers.push([Number(answer.dataset.sequence), performance.now()]))
        .observe(answer, { attributes: true, attributeFilter: ["data-sequence"] });
}"""
ALL_ANSWERED = """() => document.querySelector("#draw-canvas canvas").dataset.sequence ===
    document.querySelector("#draw-answer").dataset.sequence"""
# The pen moves in the browser, once a frame: a test's mouse would wait for its own messages.
SCRIBBLE = """seconds => new Promise((done) => {
    const canvas = document.querySelector("#draw-canvas canvas");
    const seen = canvas.getBoundingClientRect();
    canvas.setPointerCapture = () => {};
    const began = performance.now();
    const pen = (kind) => {
        const turn = (performance.now() - began) / 700;
        const at = { clientX: seen.left + seen.width * (0.5 + 0.02 * turn * Math.cos(turn)),
                     clientY: seen.top + seen.height * (0.5 + 0.03 * turn * Math.sin(turn)) };
        canvas.dispatchEvent(new PointerEvent(kind, { pointerId: 1, bubbles: true, cancelable: true, ...at }));
    };
    pen("pointerdown");
    const move = () => {
        pen("pointermove");
        if (performance.now() - began < 1000 * seconds) return requestAnimationFrame(move);
        pen("pointerup");
        done([began, performance.now()]);
    };
    requestAnimationFrame(move);
})"""


def measure(page, delay):
    """Draw some strokes; return the answers a second while drawing and the milliseconds from pen up to the last."""
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    conditions = {"offline": False, "latency": delay, "downloadThroughput": -1, "uploadThroughput": -1}
    line.send("Network.emulateNetworkConditions", conditions)
    page.evaluate(RECORD)
    rates, lasts = [], []
    for _ in range(STROKES):
        page.evaluate("window.answers = []")
        began, ended = page.evaluate(SCRIBBLE, STROKE_SECONDS)
        page.wait_for_function(ALL_ANSWERED)
        answers = page.evaluate("window.answers")
        sequences = [sequence for sequence, _ in answers]
        if sequences != sorted(sequences):
            sys.exit("Answers came out of order.")
        rates.append(1000 * sum(began < at <= ended for _, at in answers) / (ended - began))
        lasts.append(answers[-1][1] - page.evaluate("window.penUp.at(-1)"))
        page.locator("#draw-canvas").get_by_role("button", name="Clear").click()
        page.wait_for_function(ALL_ANSWERED)
    return statistics.median(rates), statistics.median(lasts), max(lasts)


def main():
    """Print the figures for every delay."""
    print(f"Load average of the last minute: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.")
    print(f"{'delay ms':>8} {'answers a second':>17} {'last after pen up, median ms':>29} {'worst ms':>9}")
    with running_app(ROOT, DIGIT_MODEL_SOURCE="bundled") as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET_CHROMIUM)
        for delay in DELAYS:
            page = browser.new_page(viewport=WIDE)
            page.goto(address)
            page.locator("#draw-canvas canvas").wait_for()
            rate, median, worst = measure(page, delay)
            print(f"{delay:8} {rate:17.1f} {median:29.0f} {worst:9.0f}")
            page.close()
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
