"""The whole circle in three minutes, without a data set or the Hub: `python -m tests.circle`.

Two tiny networks learn from digits drawn by code, are measured, and are published to a Hub on loopback. The app starts
from the files that a Space would get, pulls them, and a browser draws a seven on its page. Then the Hub is shut down
and the app starts again from its cache, and at last without one, on the bundled copy. Each time the page says which
weights answer, from where and why; any step that fails ends the circle with an error.
"""

import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from playwright.sync_api import sync_playwright

from digit_core.models.ensemble import load_network_weights, softmax
from digit_core.models.manifest import NETWORKS, Manifest, read_manifest, write_manifest
from digit_core.page.frame import to_mnist_frame
from digit_core.page.ink import to_ink
from digit_core.types import DIGIT_LOGITS
from tests.support.chromium import CHROMIUM
from tests.support.drawings import picture_of, strokes_of
from tests.support.hub_server import WRITER, HubServer
from tests.support.running_app import running_app
from tests.support.small_models import entry_of
from training.convert import convert
from training.data.frames import FrameSet
from training.data.sources import NOT_A_DIGIT
from training.evaluation.calibrate import calibrate
from training.evaluation.measure import measure
from training.publish.deploy import copy_app
from training.recipe import Recipe
from training.run import train

ROOT = Path(__file__).parents[1]
PREFIX = "tester/digits"
SHEET = 112  # pixels: a small sheet, since hundreds are drawn
DRAWN = "7"


def draw_digits(count, seed):
    """`count` drawings of each digit, in all sizes, slants and pens."""
    rng = np.random.default_rng(seed)
    frames, labels = [], []
    for label in list(range(10)) * count:
        brush, margin = rng.uniform(4, 11), rng.uniform(0.12, 0.34)
        picture = picture_of(str(label), width=SHEET, height=SHEET, brush=brush, margin=margin)
        frames.append(frame_of(picture.rotate(rng.uniform(-12, 12), fillcolor="white")))
        labels.append(label)
    return frame_set(frames, labels)


def scribbles(count, seed):
    """`count` drawings that are no digit: zigzags across the sheet."""
    rng = np.random.default_rng(seed)
    frames = []
    for _ in range(count):
        picture = Image.new("L", (SHEET, SHEET), "white")
        points = [tuple(point) for point in rng.uniform(10, SHEET - 10, (int(rng.integers(5, 9)), 2))]
        ImageDraw.Draw(picture).line(points, fill="black", width=int(rng.integers(4, 10)), joint="curve")
        frames.append(frame_of(picture))
    return frame_set(frames, [NOT_A_DIGIT] * count)


def frame_of(picture):
    return np.round(255 * to_mnist_frame(to_ink(picture))).astype(np.uint8)


def frame_set(frames, labels):
    return FrameSet(np.stack(frames), np.array(labels, np.int8), np.full(len(labels), "", dtype="<U32"))


def train_tiny(models):
    """Train both networks for a minute in all, and return what they are to be chosen and measured by."""
    digits = draw_digits(40, seed=1)
    learned = {"mnist": digits, "strokes": draw_digits(10, seed=2), "others": scribbles(100, seed=3)}
    learned["extra"] = digits.take(np.arange(0))
    chosen_by = {"mnist": draw_digits(5, seed=4), "fill 20": draw_digits(5, seed=5), "letters": scribbles(50, seed=6)}
    for name in NETWORKS:
        run = train(Recipe(name, epochs=5, batch=16, momentum=0.9), learned, chosen_by)
        (models / name).mkdir(parents=True)
        shutil.copyfile(run / "best.keras", models / name / "model.keras")
        shutil.copyfile(run / "history.json", models / name / "history.json")
    return chosen_by


def evaluate(models, chosen_by):
    """Fit the vote, measure each network on drawings of its own, and vouch for the weights in a manifest."""
    members = {name: load_network_weights(name, models / name / "model.keras") for name in NETWORKS}
    calibration, vote, threshold = calibrate(members, chosen_by)
    unseen = draw_digits(10, seed=7)
    entries = {}
    for name, member in members.items():
        answers = softmax(member.logits(unseen.frames / np.float32(255))[:, :DIGIT_LOGITS] / member.temperature)
        figures = measure(answers, unseen.labels)
        metrics = {"model": name, "parameters": member.network.count_params()}
        metrics["measures"] = {"drawings fill 20": figures.as_json()}
        (models / name / "metrics.json").write_text(json.dumps(metrics))
        convert(member.network, models / name / "model.onnx")
        entry = entry_of(models / name / "model.keras", member.network)
        entries[name] = replace(entry, temperature=member.temperature)
        print(f"{name}: {figures.accuracy:.1f} % of {figures.count} drawings read right")
    write_manifest(Manifest(entries, vote, threshold, calibration), models / "manifest.json")


def push(models, settings):
    """Publish as a person would, and return the pinned revisions."""
    command = [sys.executable, "-m", "training.push", "--repo-prefix", PREFIX, "--models", str(models)]
    subprocess.run(command, cwd=ROOT, env=os.environ | settings | {"HF_TOKEN": WRITER}, check=True)
    return [entry.revision for entry in read_manifest(models / "manifest.json").networks.values()]


def draw_on_page(app, settings):
    """Start the app, draw a digit on its page; return what the page read and what it says of its weights."""
    with running_app(app, **settings) as address, sync_playwright() as playwright:
        quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=quiet)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(address)
        canvas = page.locator("#draw-canvas canvas")
        canvas.wait_for()
        paper = canvas.bounding_box()
        scale = paper["width"] / int(canvas.get_attribute("width"))
        for stroke in strokes_of(DRAWN):
            start, *rest = [(paper["x"] + x * scale, paper["y"] + y * scale) for x, y in stroke]
            page.mouse.move(*start)
            page.mouse.down()
            for last, point in zip([start, *rest], rest, strict=False):
                page.mouse.move(*point, steps=1 + round(math.dist(last, point) / 20))
            page.mouse.up()
        page.wait_for_function("document.querySelector('#draw-answer').textContent.trim() !== ''")
        page.wait_for_timeout(1000)  # the last of the live answers
        read, said = page.text_content("#draw-answer").strip(), page.text_content("#kept").strip()
        browser.close()
    print(f"A {DRAWN} was drawn, the page reads {read!r} and says:\n    {said}")
    return read, said


def check(holds, sentence):
    """End the circle with a sentence unless something holds."""
    if not holds:
        raise SystemExit(f"The circle is broken: {sentence}.")


def title(text):
    print(f"\n=== {time.monotonic() - STARTED:5.0f} s  {text}", flush=True)


def main():
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        app, models = folder / "app", folder / "app" / "models"
        os.environ["DIGIT_RUN_DIR"] = str(folder / "runs")
        copy_app(app)
        shutil.rmtree(models)
        with HubServer() as hub:
            settings = {"HF_ENDPOINT": hub.endpoint, "HF_HOME": str(folder / "home"), "HF_TOKEN": ""}
            settings |= {"DIGIT_MODEL_SOURCE": "hub", "TF_CPP_MIN_LOG_LEVEL": "2", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
            title("two tiny networks learn from digits drawn by code")
            chosen_by = train_tiny(models)
            title("they are measured and vouched for")
            evaluate(models, chosen_by)
            title(f"they are published on {hub.endpoint}")
            revisions = push(models, settings)
            title("the app starts and pulls them; a browser draws")
            read, said = draw_on_page(app, settings)
            check(all(revision in said for revision in revisions), "the page does not name the pushed revisions")
            check(read == DRAWN, f"the page reads {read!r}")
        title("the Hub is shut down; the app starts again, from its cache")
        _, said = draw_on_page(app, settings)
        check(all(revision in said for revision in revisions), "the cache was not used")
        title("the cache is deleted; the app starts again, on the bundled copy")
        shutil.rmtree(folder / "home")
        _, said = draw_on_page(app, settings)
        check("bundled with this app, because the Hub could not be reached" in said, "the page does not say why")
        title("the circle is closed")


if __name__ == "__main__":
    STARTED = time.monotonic()
    main()
