"""How long everything takes, each beside its floor: `python -m training.benchmark [--only WORD ...]`.

Times differ between machines and hours; ratios of what was timed turn by turn do so much less. So every row has
something beside it that had to be done in any case, and what is stated is the median of the turns' ratios. Times are
the processor's, of this program and of those that it starts: waiting while others have it would say nothing of the app.
Printed with the load that the machine had, and written to `models/benchmark.json`, from which `python -m
training.report` takes what the documents say. No test looks at the figures.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from digit_core import load_recognizer
from digit_core.effort import DRAWING as DRAWING_EFFORT
from digit_core.errors import DigitError, RecordsError
from digit_core.files import write_whole
from digit_core.loading import ONNX_NAME, WEIGHTS_NAME
from digit_core.models.manifest import MODELS_DIR, NETWORKS
from digit_core.models.runtime import KerasRuntime, OnnxRuntime, Runtime, fill_runtime
from digit_core.page.frame import FRAME_SIZE
from digit_core.pen import CANVAS_SIDE, WIDE_CANVAS
from digit_core.recognizer import Recognizer
from digit_core.types import Model, Network
from training.data import strokes
from training.data.strokes import Drawing

if TYPE_CHECKING:
    import keras

ROOT = Path(__file__).resolve().parents[2]
BENCHMARK_FILE = "benchmark.json"  # in models/
ROUNDS = 60  # turns of what takes milliseconds; one more of each is not counted
FEW_ROUNDS = 7  # turns of what takes a tenth of a second or more
STARTS = 3  # turns of what takes seconds
PATIENCE = 1800  # seconds for one program; the longest, reading 10,000 files, takes half a minute on a machine at rest
BATCHES = (1, 8, 64)  # frames: a drawing, a number, a page
SIDES = (128, 320)  # pixels of a picture that the finder looks at
PHOTO = (4000, 3000)  # pixels, a phone's 12 megapixels
DIGITS = (1, 5, 20, 50, 100, 200)  # drawn on one picture
PHOTOS = ((366, 274), (1155, 866), (2000, 1500), PHOTO, (8000, 6000))  # pixels: from 0.1 megapixels to the most
FILES = (10, 100, 1000, 10_000)  # small pictures that the command line reads in one go
CLIENTS = (1, 16, 50, 200)  # that ask the running app at the same time ...
MOST_CLIENTS = 50  # ... and so many for whom there is a goal: more show where it bends
START = (
    "import app\nfrom digit_core import load_recognizer\nr = load_recognizer()\napp.build_page(r)\nr.read({picture!r})"
)
SHELL = "import sys\nfrom digit_core.__main__ import main\nmain(sys.argv[1:])"
LIBRARIES = "import gradio"
# Linux knows the peak of a program alone; `ru_maxrss` begins with that of the one that started it. macOS counts bytes.
PEAK = """
try:
    kilobytes = int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0])
except OSError:
    import resource, sys
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "darwin" else 1)
print(kilobytes / 1024)
"""
DRAWING = f"one drawn digit, {CANVAS_SIDE}x{CANVAS_SIDE}"
NUMBER = f"a drawn number of five digits, {WIDE_CANVAS[0]}x{CANVAS_SIDE}"
NETWORKS_ALONE = "both networks, the same frames"
START_TO_ANSWER, MEMORY = "start to first answer", "memory after the first answer"
GRADIO_ALONE = "import gradio"
TRAINING = "training"  # the group that is measured only where somebody asks for it


@dataclass(frozen=True, slots=True)
class Row:
    """One way of spending time, beside another.

    Attributes:
        what: is measured.
        beside: what it is measured against, in the same turns.
        taken: the median, in `unit`; of milliseconds those that processors worked.
        floor: the other's median.
        ratio: the median of the turns' ratios.
        goal: the ratio that it should not exceed; None where it only shows how the cost grows.
        unit: of `taken` and `floor`.
        group: see `GROUPS`.
        count: of the digits, megapixels, files or clients that the cost grows with; None where nothing grows.
    """

    what: str
    beside: str
    taken: float
    floor: float
    ratio: float
    goal: float | None = None
    unit: str = "ms"
    group: str = ""
    count: float | None = None

    @property
    def misses(self) -> bool:
        """Whether it has a goal and exceeds it."""
        return self.goal is not None and self.ratio > self.goal


def benchmark(group: str, recognizer: Recognizer) -> Iterator[Row]:
    """Measure the rows of one of `GROUPS`."""
    return (replace(row, group=group) for row in GROUPS[group](recognizer))


def compare(
    what: str,
    way: Callable[[], object],
    beside: str,
    floor: Callable[[], object],
    goal: float | None = None,
    rounds: int = ROUNDS,
    count: float | None = None,
) -> Row:
    """Time two ways turn by turn, after a turn that only warms up where there are several."""
    if rounds > 1:
        way(), floor()
    taken = [(_milliseconds(way), _milliseconds(floor)) for _ in range(rounds)]
    milliseconds, floors = (statistics.median(times) for times in zip(*taken, strict=True))
    ratio = statistics.median(one / other for one, other in taken)
    return Row(what, beside, milliseconds, floors, ratio, goal, count=count)


def networks(recognizer: Recognizer) -> Iterator[Row]:
    """Both networks as they serve, beside each other runtime that could answer from the same weights."""
    serving = [recognizer.ensemble.members[name].runtime for name in NETWORKS]
    by_keras = [_in_keras(name) for name in NETWORKS]
    others: dict[str, list[Runtime]] = {
        "ONNX Runtime": [_in_onnx(name) for name in NETWORKS],
        "Keras": list(by_keras),
        "LiteRT": [_LiteRuntime(runtime.network()) for runtime in by_keras],
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
                rounds=max(FEW_ROUNDS, ROUNDS // count),
            )


def finder(recognizer: Recognizer) -> Iterator[Row]:
    """The finder as it serves, beside Keras."""
    for side in SIDES:
        picture = np.random.default_rng(side).random((1, side, side, 3), np.float32)
        serving, keras_runtime = (load("finder") for load in (_in_onnx, _in_keras))
        yield compare(
            f"the finder, {side}x{side}",
            partial(serving.run, picture),
            "Keras",
            partial(keras_runtime.run, picture),
            goal=1.15,
            rounds=FEW_ROUNDS * 3,
        )


def drawings(recognizer: Recognizer) -> Iterator[Row]:
    """Reading what was drawn, as the page hands it over, beside both networks asked about the same frames."""
    for title, canvas in ((DRAWING, _canvas()), (NUMBER, _number())):
        picture = Image.fromarray(canvas)
        yield compare(
            title,
            partial(recognizer.read, picture, effort=DRAWING_EFFORT),
            NETWORKS_ALONE,
            _networks_alone(recognizer, picture),
            goal=2.0,
        )


def photos(recognizer: Recognizer) -> Iterator[Row]:
    """Reading a phone's photo, beside decoding it at full size."""
    photo = _photo(_canvas(), PHOTO)
    yield compare(
        "a photo of 12 megapixels",
        partial(recognizer.read, photo),
        "decoding it with Pillow",
        partial(_decode, photo),
        goal=1.2,
        rounds=FEW_ROUNDS,
    )


def digits(recognizer: Recognizer) -> Iterator[Row]:
    """How reading grows with the digits on a drawing."""
    for count in DIGITS:
        picture = Image.fromarray(_digits(count))
        yield compare(
            f"{count} drawn digit{'s' * (count > 1)}, {picture.width}x{picture.height}",
            partial(recognizer.read, picture),
            NETWORKS_ALONE,
            _networks_alone(recognizer, picture),
            rounds=max(FEW_ROUNDS, ROUNDS // count),
            count=count,
        )


def pixels(recognizer: Recognizer) -> Iterator[Row]:
    """How reading grows with the pixels of a photo."""
    for size in PHOTOS:
        photo, megapixels = _photo(_canvas(), size), round(size[0] * size[1] / 1e6, 1)
        yield compare(
            f"a photo of {megapixels} megapixels",
            partial(recognizer.read, photo),
            "decoding it with Pillow",
            partial(_decode, photo),
            rounds=FEW_ROUNDS,
            count=megapixels,
        )


def files(recognizer: Recognizer) -> Iterator[Row]:
    """How reading small files from the shell grows with them, beside decoding them and asking about as many frames.

    Both work on every processor: two that share a core each take longer for the same.
    """
    frames = np.stack([recognizer.read(_canvas()).digits[0].frame] * BATCHES[-1])
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, f"{i}.png") for i in range(FILES[-1])]
        for path in paths:
            Image.fromarray(_canvas()).save(path)

        def read_some(some: Sequence[Path]) -> None:
            for path in some:
                _decode(path.read_bytes())
            recognizer.ensemble.poll(frames[: len(some)])

        def floor(count: int) -> None:
            with ThreadPoolExecutor(os.cpu_count()) as workers:
                batches = (paths[start : min(start + len(frames), count)] for start in range(0, count, len(frames)))
                list(workers.map(read_some, batches))

        for count in FILES:
            yield compare(
                f"{count:,} small files by python -m digit_core, its start included",
                partial(_run, "-m", "digit_core", "--json", *map(str, paths[:count])),
                "decoding them and the networks",
                partial(floor, count),
                goal=1.4 if count == FILES[-1] else None,
                rounds=STARTS if count < FILES[-1] else 1,
                count=count,
            )
        few = peak_megabytes(SHELL, *map(str, paths[: FILES[2]]))  # so many are read in whole batches, as more are
        began, worked = time.perf_counter(), _processor_seconds()
        many = peak_megabytes(SHELL, *map(str, paths))
        busy = (_processor_seconds() - worked) / (time.perf_counter() - began)
        yield Row(f"memory of reading {FILES[-1]:,} files", f"{FILES[2]:,} files", many, few, many / few, 1.1, "MB")
        processors = os.cpu_count() or 1
        yield Row("processors that work meanwhile", "all", busy, processors, busy / processors, unit="")


def clients(recognizer: Recognizer) -> Iterator[Row]:
    """How long `/read` takes while many ask, beside an endpoint of the same app that only says which weights it has."""
    for line in _run("-m", "tests.support.read_speed", *map(str, CLIENTS)).splitlines():
        count, read, trivial, read_rate, trivial_rate = json.loads(line)
        who = f"{count} client{'s' * (count > 1)}"
        goals = (1.3, 1.33) if count <= MOST_CLIENTS else (None, None)
        yield Row(f"/read, {who}, median", "/models", read, trivial, read / trivial, goals[0], count=count)
        yield Row(
            f"/read, {who}: /models' answers for each of its own",
            "/models",
            trivial_rate,
            read_rate,
            trivial_rate / read_rate,
            goals[1],
            "a second",
        )


def starts(recognizer: Recognizer) -> Iterator[Row]:
    """Starting the app until its first answer, and the memory it then holds, beside importing Gradio alone."""
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder, "seven.png")
        Image.fromarray(_canvas()).save(picture)
        start = START.format(picture=str(picture))
        goals = ((GRADIO_ALONE, LIBRARIES, 1.5), ("import gradio, tensorflow", f"{LIBRARIES}, tensorflow", 1.2))
        for title, libraries, goal in goals:
            run, floor = (partial(_run, "-c", code) for code in (start, libraries))
            yield compare(START_TO_ANSWER, run, title, floor, goal, rounds=STARTS)
        for title, libraries, goal in goals:
            held, least = (peak_megabytes(code) for code in (start, libraries))
            yield Row(MEMORY, title, held, least, held / least, goal, "MB")


def page(recognizer: Recognizer) -> Iterator[Row]:
    """What a visitor waits for, beside the same app whose recognizer does nothing and a page without anything on it."""
    if shutil.which("chromium") is None:
        return
    for line in _run("-m", "tests.support.page_speed").splitlines():
        what, taken, floor, unit, goal = json.loads(line)
        beside = "a recognizer that does nothing" if "answer" in what else "a page with nothing on it"
        if unit == "a second":  # more is better
            yield Row(f"{what}: for each of the app's", beside, floor, taken, floor / taken, goal, unit)
        else:
            above_nothing = float("inf") if round(taken, 2) else 1.0  # no shift to be seen beside none: as it should be
            ratio = taken / floor if floor else above_nothing
            yield Row(what, beside, taken, floor, ratio, goal, unit)


def train(recognizer: Recognizer) -> Iterator[Row]:
    """Training until MNIST is read as well as by a well-known recipe, beside that recipe; takes most of an hour."""
    from training.evaluation.training_time import SUFFICIENT, train_both  # brings TensorFlow, which takes seconds

    ours, peer = train_both(_processor_seconds)
    ratio = ours.seconds / peer.seconds if ours.is_sufficient else float("inf")
    yield Row(
        f"training until {SUFFICIENT} % of MNIST's validation digits are read (ours: {ours.accuracy:.2f} %, "
        f"{ours.epochs} epochs)",
        f"digit-recognizer's recipe ({peer.accuracy:.2f} %, {peer.epochs} epochs)",
        ours.seconds,
        peer.seconds,
        ratio,
        0.33,
        "s",
    )


GROUPS: dict[str, Callable[[Recognizer], Iterator[Row]]] = {
    "networks": networks,
    "finder": finder,
    "drawings": drawings,
    "photos": photos,
    "starts": starts,
    "digits": digits,
    "pixels": pixels,
    "files": files,
    "clients": clients,
    "page": page,
    TRAINING: train,
}


def as_table(rows: Sequence[Row]) -> str:
    """Return Markdown; a ratio that misses its goal is marked."""
    lines = ["| what | takes | beside | takes | ratio | goal |", "| --- | --: | --- | --: | --: | --: |"]
    lines += [
        f"| {row.what} | {_figure(row.taken, row.unit)} | {row.beside} | {_figure(row.floor, row.unit)} | "
        f"{row.ratio:.2f}{' !' if row.misses else ''} | {row.goal or '':} |"
        for row in rows
    ]
    return "\n".join(lines)


def count_goals(rows: Sequence[Row]) -> str:
    """Say how many goals are met, and which are missed by how much."""
    goals = [row for row in rows if row.goal is not None]
    missed = [f"{row.what} ({row.ratio:.2f} for {row.goal})" for row in goals if row.misses]
    met = f"{len(goals) - len(missed)} of {len(goals)} goals are met"
    return f"{met}; missed: {'; '.join(missed)}." if missed else f"{met}."


def _figure(value: float, unit: str) -> str:
    return f"{value:,.{0 if value >= 100 else 1 if value >= 10 else 2}f} {unit}".rstrip()


def read_benchmark(models_dir: Path = MODELS_DIR) -> tuple[Row, ...]:
    """Read what was written; nothing where nobody measured.

    Raises:
        RecordsError: the file is damaged.
    """
    file = models_dir / BENCHMARK_FILE
    try:
        return tuple(Row(**row) for row in json.loads(file.read_text(encoding="utf-8"))["rows"])
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecordsError(f"{file} cannot be read ({error}): run python -m training.benchmark again.") from error


def main(arguments: list[str] | None = None) -> int:
    """Print the table and write it; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m training.benchmark", description="Measure what takes how long.")
    parser.add_argument("--only", nargs="+", choices=GROUPS, default=(), help="leave the others out, and write nothing")
    parser.add_argument(
        f"--{TRAINING}",
        action="store_true",
        help="measure training, too, which takes most of an hour; else its last figures stay",
    )
    options = parser.parse_args(arguments)
    rows: list[Row] = []
    load, code = [_load()], 0
    try:
        recognizer = load_recognizer()
        earlier = [] if options.only or options.training else [r for r in read_benchmark() if r.group == TRAINING]
    except DigitError as error:
        print(error, file=sys.stderr)
        return 1
    for group in options.only or [group for group in GROUPS if group != TRAINING or options.training]:
        try:
            for row in benchmark(group, recognizer):
                print(f"{row.what}: {row.ratio:.2f} x {row.beside}", file=sys.stderr, flush=True)
                rows.append(row)
        except (subprocess.SubprocessError, DigitError) as error:  # what was measured before is not lost by it
            said = getattr(error, "stderr", None) or ""
            print(f"{group} could not be measured to the end: {error}\n{said}", file=sys.stderr)
            code = 1
    rows += earlier
    load.append(_load())
    print(f"{as_table(rows)}\n\n{count_goals(rows)}")
    print(f"\n{os.cpu_count()} threads; waiting for them before and after: {load[0]:.1f} and {load[1]:.1f}")
    if not options.only:
        machine = {"processor": platform.machine(), "threads": os.cpu_count(), "load": load}
        content = machine | {"python": platform.python_version(), "rows": [asdict(row) for row in rows]}
        write_whole(MODELS_DIR / BENCHMARK_FILE, json.dumps(content, indent=1) + "\n")
    return code


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


def _in_keras(name: Network | Model) -> KerasRuntime:
    return fill_runtime(name, MODELS_DIR / name / WEIGHTS_NAME)


def _in_onnx(name: Network | Model) -> OnnxRuntime:
    return OnnxRuntime(MODELS_DIR / name / ONNX_NAME, lambda: _in_keras(name).network())


def _load() -> float:
    """Return how many programs wait for a processor or have one, on the average of the last minute."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def _decode(content: bytes) -> None:
    Image.open(io.BytesIO(content)).load()


def _ask(runtimes: list[Runtime], frames: np.ndarray) -> None:
    for runtime in runtimes:
        runtime.run(frames)


def _milliseconds(way: Callable[[], object]) -> float:
    start = _processor_seconds()
    way()
    return 1000 * (_processor_seconds() - start)


def _processor_seconds() -> float:
    """Return how long processors have worked for this program and for those that it started and that ended."""
    times = os.times()
    return time.process_time() + times.children_user + times.children_system


def _run(*arguments: str) -> str:
    """Run Python in a process of its own, from the project's folder, with the bundled weights."""
    environment = os.environ | {"DIGIT_MODEL_SOURCE": "bundled"}
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True, timeout=PATIENCE
    ).stdout


def peak_megabytes(code: str, *arguments: str) -> float:
    """Return the most memory that a process held while it ran some code."""
    return float(_run("-c", code + PEAK, *arguments).split()[-1])


def _networks_alone(recognizer: Recognizer, picture: Image.Image) -> Callable[[], object]:
    """Return the asking of both networks, as they serve, about the frames of a picture."""
    frames = np.stack([digit.frame for digit in recognizer.read(picture).digits])[..., None]
    return partial(_ask, [recognizer.ensemble.members[name].runtime for name in NETWORKS], frames)


def _seven() -> Drawing:
    return Drawing((np.array([[60, 60], [210, 60], [130, 230]], np.float32),), "7", "")


def _canvas() -> np.ndarray:
    """A seven on the sketchpad's canvas, (280, 280)."""
    return strokes.draw([_seven()], 20)


def _number() -> np.ndarray:
    """Five sevens in a row."""
    row = [_seven().transform(np.eye(2) * 0.4, np.array([130.0 * i, 80.0])) for i in range(5)]
    return strokes.draw(row, 12, WIDE_CANVAS)


def _digits(count: int) -> np.ndarray:
    """So many sevens in rows of ten."""
    columns, rows = min(count, 10), -(-count // 10)
    drawn = [
        _seven().transform(np.eye(2) * 0.4, np.array([20.0 + 130 * (i % 10), 20.0 + 130 * (i // 10)]))
        for i in range(count)
    ]
    return strokes.draw(drawn, 12, (40 + 130 * columns, 40 + 130 * rows))


def _photo(canvas: np.ndarray, size: tuple[int, int]) -> bytes:
    """A drawing on grainy paper in uneven light, as a phone would hand it over; `size` is width and height."""
    width, height = size
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
