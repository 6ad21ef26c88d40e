"""How fast the page answers and how heavy it is: `python -m tests.support.page_speed`, on an idle machine.

Real apps and a real Chromium, over loopback as it is and with a delay imitated for every request. A hand draws
scribbles of some seconds; counted are the answers while the pen is down, and how long after pen up the last one stands
on the page, beside the same app with a recognizer that does nothing. Weighed are the document, scripts and styles of a
visit, beside a page of Gradio without anything on it. Printed is a line of JSON for each figure: what, its own, the
other's, the unit, the goal. Times differ between machines and no test looks at them.
"""

import json
import statistics
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.support.chromium import QUIET_CHROMIUM, ROOT, WHOLE_CHROMIUM, WIDE
from tests.support.running_app import running_app

DELAYS = (0, 120)  # milliseconds for each request
STROKES = 5
STROKE_SECONDS = 3
OPENINGS = 3  # of each page, the medians count
WEIGHTS = (  # what is weighed, its unit, and by what factor it may exceed a page with nothing on it
    ("scripts and styles", "kB", 1.15),
    ("the document, with all that the page says and shows, as sent", "kB", None),
    ("first paint", "ms", 1.2),
    ("layout shift while the page comes up", "", 1.0),
)
# The app as it is, but for its recognizer, which gives everyone the answer that it gave the first.
IDLE_APP = f"""
import os, sys
os.chdir({str(ROOT)!r})
sys.path.insert(0, {str(ROOT)!r})
from digit_core.recognizer import Recognizer
read, answers = Recognizer.read, []
def read_once(*arguments, **choices):
    if not answers:
        answers.append(read(*arguments, **choices))
    return answers[0]
Recognizer.read = read_once
import app
app.main()
"""
EMPTY_APP = """
import gradio
with gradio.Blocks(analytics_enabled=False) as page:
    gradio.Markdown("# Nothing")
page.launch()
"""
PAINT_AND_SHIFT = """() => new Promise((done) => {
    let shift = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => (shift += entry.value)))
        .observe({ type: "layout-shift", buffered: true });
    setTimeout(() => done([performance.getEntriesByName("first-contentful-paint")[0].startTime, shift]), 500);
})"""
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


def weigh(browser, address):
    """Open a page; return kilobytes of code and of the document as sent, the first paint's time, and layout shift."""
    page = browser.new_page(viewport=WIDE)
    answers = []
    page.on("response", lambda answer: answers.append(answer))  # no built-in method: Playwright marks it
    page.goto(address, wait_until="networkidle")
    paint, shift = page.evaluate(PAINT_AND_SHIFT)
    asked = [answer for answer in answers if answer.ok]
    code = sum(len(answer.body()) for answer in asked if answer.request.resource_type in ("script", "stylesheet"))
    sent = [answer.request.sizes() for answer in asked if answer.request.resource_type == "document"]
    page.close()
    return code / 1000, sum(sizes["responseBodySize"] for sizes in sent) / 1000, paint, round(shift, 3)


@contextmanager
def start(program):
    """Start a program as an app, from a folder of its own; yields its address."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "app.py").write_text(program, encoding="utf-8")
        with running_app(folder, DIGIT_MODEL_SOURCE="bundled", GRADIO_ANALYTICS_ENABLED="False") as address:
            yield address


def main():
    """Print the figures."""
    with sync_playwright() as playwright, running_app(ROOT, DIGIT_MODEL_SOURCE="bundled") as own:
        browser = playwright.chromium.launch(args=QUIET_CHROMIUM, **WHOLE_CHROMIUM)  # as visitors have it
        with start(EMPTY_APP) as empty:
            weights = [[weigh(browser, address) for _ in range(OPENINGS)] for address in (own, empty)]
        medians = ([statistics.median(one) for one in zip(*each, strict=True)] for each in weights)
        for figure, both in zip(WEIGHTS, zip(*medians, strict=True), strict=True):
            print(json.dumps([figure[0], *both, *figure[1:]]), flush=True)
        with start(IDLE_APP) as idle:
            for delay in DELAYS:
                figures = []
                for address in (own, idle):
                    page = browser.new_page(viewport=WIDE)
                    page.goto(address)
                    page.locator("#draw-canvas canvas").wait_for()
                    figures.append(measure(page, delay))
                    page.close()
                rates, lasts, _ = zip(*figures, strict=True)
                print(json.dumps([f"pen up to the last answer, {delay} ms of network", *lasts, "ms", 1.2]))
                print(
                    json.dumps([f"answers while drawing, {delay} ms of network", *rates, "a second", 1.2]), flush=True
                )
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
