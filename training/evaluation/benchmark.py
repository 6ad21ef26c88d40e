"""How long everything takes, each beside its floor: `python -m training.benchmark [--only WORD ...]`.

Times differ between machines and hours; ratios of what was timed turn by turn in one process do so much less. So every
row has something beside it that had to be done in any case, and what is stated is the median of the turns' ratios.
Printed, and written to `models/benchmark.json`. No test looks at the figures.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import keras
import numpy as np
from PIL import Image

from digit_core import load_recognizer
from digit_core.errors import DigitError
from digit_core.files import write_whole
from digit_core.loading import ONNX_NAME
from digit_core.models.manifest import MODELS_DIR, NETWORKS
from digit_core.models.runtime import KerasRuntime, OnnxRuntime, Runtime
from digit_core.page.frame import FRAME_SIZE
from digit_core.recognizer import Recognizer
from training.data import strokes
from training.data.strokes import CANVAS_SIDE, Drawing

ROOT = Path(__file__).resolve().parents[2]
BENCHMARK_FILE = MODELS_DIR / "benchmark.json"
ROUNDS = 30  # turns of what takes milliseconds; the first of each is not counted
STARTS = 3  # turns of what takes seconds
BATCHES = (1, 8, 64)  # frames: a drawing, a number, a page
PHOTO = (4000, 3000)  # pixels, a phone's 12 megapixels
FILES = 200  # small pictures that the command line reads in one go
START = (
    "import app\nfrom digit_core import load_recognizer\nr = load_recognizer()\napp.build_page(r)\nr.read({picture!r})"
)
LIBRARIES = "import gradio"


@dataclass(frozen=True, slots=True)
class Row:
    """One way of spending time, beside another.

    Attributes:
        what: is measured.
        beside: what it is measured against, in the same turns.
        milliseconds: its median.
        floor: the other's median.
        ratio: the median of the turns' ratios.
        goal: the ratio that it should not exceed.
    """

    what: str
    beside: str
    milliseconds: float
    floor: float
    ratio: float
    goal: float


def benchmark(only: tuple[str, ...] = ()) -> Iterator[Row]:
    """Measure every row, or those whose group is among `only`; see `GROUPS`."""
    recognizer = load_recognizer()
    for group, rows in GROUPS.items():
        if not only or group in only:
            yield from rows(recognizer)


def compare(
    what: str, way: Callable[[], object], beside: str, floor: Callable[[], object], goal: float, rounds: int = ROUNDS
) -> Row:
    """Time two ways turn by turn, after a turn that only warms up."""
    way(), floor()
    taken = [(_milliseconds(way), _milliseconds(floor)) for _ in range(rounds)]
    milliseconds, floors = (statistics.median(times) for times in zip(*taken, strict=True))
    ratio = statistics.median(one / other for one, other in taken)
    return Row(what, beside, milliseconds, floors, ratio, goal)


def networks(recognizer: Recognizer) -> Iterator[Row]:
    """Both networks as they serve, beside each other runtime that could answer from the same weights."""
    serving = [recognizer.ensemble.members[name].runtime for name in NETWORKS]
    loaded = [recognizer.ensemble.members[name].network for name in NETWORKS]
    others: dict[str, list[Runtime]] = {
        "ONNX Runtime": [OnnxRuntime(MODELS_DIR / name / ONNX_NAME, lambda: loaded[0]) for name in NETWORKS],
        "Keras": [KerasRuntime(network) for network in loaded],
        "LiteRT": [_LiteRuntime(network) for network in loaded],
    }
    for count in BATCHES:
        frames = np.random.default_rng(count).random((count, FRAME_SIZE, FRAME_SIZE, 1), np.float32)
        for title, runtimes in others.items():
            yield compare(
                f"both networks, {count} frame{'s' * (count > 1)}",
                partial(_ask, serving, frames),
                title,
                partial(_ask, runtimes, frames),
                goal=1.15,
                rounds=max(5, ROUNDS // count),
            )


def drawings(recognizer: Recognizer) -> Iterator[Row]:
    """Reading what was drawn, beside both networks asked about the same frames."""
    for title, picture in (("one drawn digit", _canvas()), ("a drawn number of five digits", _number())):
        frames = np.stack([digit.frame for digit in recognizer.read(picture).digits])
        yield compare(
            f"{title}, {picture.shape[1]}x{picture.shape[0]}",
            partial(recognizer.read, picture),
            "both networks, the same frames",
            partial(recognizer.ensemble.poll, frames),
            goal=2.0,
        )


def photos(recognizer: Recognizer) -> Iterator[Row]:
    """Reading a phone's photo, beside decoding it at full size."""
    photo = _photo(_canvas())
    yield compare(
        "a photo of 12 megapixels",
        lambda: recognizer.read(photo),
        "decoding it with Pillow",
        lambda: Image.open(io.BytesIO(photo)).load(),
        goal=1.2,
        rounds=5,
    )


def files(recognizer: Recognizer) -> Iterator[Row]:
    """Reading many small files from the shell, beside decoding them and asking the networks about as many frames."""
    frames = np.stack([recognizer.read(_canvas()).digits[0].frame] * 64)
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, f"{i}.png") for i in range(FILES)]
        for path in paths:
            Image.fromarray(_canvas()).save(path)

        def floor() -> None:
            for path in paths:
                Image.open(path).load()
            for start in range(0, FILES, len(frames)):
                recognizer.ensemble.poll(frames[: FILES - start])

        yield compare(
            f"{FILES} small files by python -m digit_core",
            lambda: _run("-m", "digit_core", "--json", *map(str, paths)),
            "decoding them and the networks",
            floor,
            goal=1.4,
            rounds=STARTS,
        )


def starts(recognizer: Recognizer) -> Iterator[Row]:
    """Starting the app until its first answer, and the memory it then holds, beside importing Gradio alone."""
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder, "seven.png")
        Image.fromarray(_canvas()).save(picture)
        start = START.format(picture=str(picture))
        goals = (("import gradio", LIBRARIES, 1.5), ("import gradio, tensorflow", f"{LIBRARIES}, tensorflow", 1.2))
        for title, libraries, goal in goals:
            run, floor = (partial(_run, "-c", code) for code in (start, libraries))
            yield compare("start to first answer", run, title, floor, goal, rounds=STARTS)
        for title, libraries, goal in goals:
            held, least = (_peak_megabytes(code) for code in (start, libraries))
            yield Row("memory after the first answer, MB in place of ms", title, held, least, held / least, goal)


GROUPS: dict[str, Callable[[Recognizer], Iterator[Row]]] = {
    "networks": networks,
    "drawings": drawings,
    "photos": photos,
    "files": files,
    "starts": starts,
}


def as_table(rows: list[Row]) -> str:
    """Return Markdown, worst ratio against its goal marked."""
    lines = ["| what | ms | beside | ms | ratio | goal |", "| --- | --: | --- | --: | --: | --: |"]
    lines += [
        f"| {row.what} | {row.milliseconds:,.2f} | {row.beside} | {row.floor:,.2f} | "
        f"{row.ratio:.2f}{' !' * (row.ratio > row.goal)} | {row.goal:g} |"
        for row in rows
    ]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Print the table and write it; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m training.benchmark", description="Measure what takes how long.")
    parser.add_argument("--only", nargs="+", choices=GROUPS, default=(), help="leave the others out, and write nothing")
    options = parser.parse_args(arguments)
    try:
        rows = list(benchmark(tuple(options.only)))
    except DigitError as error:
        print(error, file=sys.stderr)
        return 1
    print(as_table(rows))
    if not options.only:
        machine = {"processor": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version()}
        content = machine | {"rows": [asdict(row) for row in rows]}
        write_whole(BENCHMARK_FILE, json.dumps(content, indent=1) + "\n")
    return 0


class _LiteRuntime:
    """The same weights by LiteRT, which comes with TensorFlow: only to be measured against."""

    def __init__(self, network: keras.Model) -> None:
        import tensorflow as tf
        from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

        signature = [tf.TensorSpec((None, FRAME_SIZE, FRAME_SIZE, 1), tf.float32)]
        function = tf.function(lambda batch: network(batch, training=False), input_signature=signature, autograph=False)
        frozen = convert_variables_to_constants_v2(function.get_concrete_function())
        self._interpreter = tf.lite.Interpreter(
            model_content=tf.lite.TFLiteConverter.from_concrete_functions([frozen]).convert(), num_threads=1
        )
        self._network, self._shape = network, ()

    def run(self, batch: np.ndarray) -> np.ndarray:
        (given,), (answer,) = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        if batch.shape != self._shape:
            self._interpreter.resize_tensor_input(given["index"], batch.shape)
            self._interpreter.allocate_tensors()
            self._shape = batch.shape
        self._interpreter.set_tensor(given["index"], batch)
        self._interpreter.invoke()
        return self._interpreter.get_tensor(answer["index"])

    def network(self) -> keras.Model:
        return self._network


def _ask(runtimes: list[Runtime], frames: np.ndarray) -> None:
    for runtime in runtimes:
        runtime.run(frames)


def _milliseconds(way: Callable[[], object]) -> float:
    start = time.perf_counter()
    way()
    return 1000 * (time.perf_counter() - start)


def _run(*arguments: str) -> str:
    """Run Python in a process of its own, from the project's folder, with the bundled weights."""
    environment = os.environ | {"DIGIT_MODEL_SOURCE": "bundled"}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout


def _peak_megabytes(code: str) -> float:
    """Return the most memory that a process held while it ran some code."""
    unit = 2**20 if sys.platform == "darwin" else 2**10  # macOS counts bytes, Linux kilobytes
    tail = f"\nimport resource\nprint(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / {unit})"
    return float(_run("-c", code + tail).split()[-1])


def _seven() -> Drawing:
    return Drawing((np.array([[60, 60], [210, 60], [130, 230]], np.float32),), "7", "")


def _canvas() -> np.ndarray:
    """A seven on the sketchpad's canvas, (280, 280)."""
    return strokes.draw([_seven()], 20)


def _number() -> np.ndarray:
    """Five sevens in a row."""
    row = [_seven().moved(np.eye(2) * 0.4, np.array([130.0 * i, 80.0])) for i in range(5)]
    return strokes.draw(row, 12, (700, CANVAS_SIDE))


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
