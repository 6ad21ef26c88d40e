"""Write the model cards: `python -m training.card`.

`training.report` writes them, too, and `training.push` again with the repos' names in them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from huggingface_hub import EvalResult, ModelCard, ModelCardData
from PIL import Image, ImageDraw, ImageFont

from digit_core.errors import DigitError, RecordsError
from digit_core.figures.records import SETS, read_figures
from digit_core.figures.tables import NOT_A_DIGIT
from digit_core.files import write_whole
from digit_core.loading import WEIGHTS_NAME
from digit_core.models.geometry import FINDER_MAPS, FINDER_MULTIPLE, FINDER_STRIDE
from digit_core.models.manifest import MODELS_DIR, NETWORKS, NetworkEntry, read_manifest
from digit_core.page.frame import MAX_STROKE, MIN_STROKE
from digit_core.page.look import BODY, BORDER, FIRST_SIDE, FIRST_ZOOM, LOOKS, OFFSET_UNIT, SURE_INK
from digit_core.page.shapes import LEAST_SHARE, MIDDLE_REACH
from training.errors import DataError
from training.publish.archive import OLDEST_KERAS

CARD_NAME, CONFUSION_NAME = "README.md", "confusion.png"
METRICS_NAME, HISTORY_NAME = "metrics.json", "history.json"
LICENSE = "mit"
SHOWN_CONFUSIONS = ("mnist test", "drawings fill 20", "mnist validation")  # the first that was measured
CELL = 44  # pixels of the confusion picture
SNIPPET_CLOSENESS = 0.02  # mean difference between the snippet's frame and ours, once a shift by a pixel is allowed
STROKES_CREDIT = """\
Pen-Based Recognition of Handwritten Digits (E. Alpaydin, F. Alimoglu, UCI; CC BY 4.0) and
UNIPEN Train-R01/V07 (I. Guyon et al. 1994, [doi:10.5281/zenodo.1195803](https://doi.org/10.5281/zenodo.1195803);
CC BY 4.0, whose notice of 1999 asks for non-commercial use and that no writer be named)."""
MAP_MEANINGS = (  # of `FINDER_MAPS`
    "logit: ink of a character",
    "logit: other handwriting, such as dashes, points, rings and underlines",
    "logit: a character's middle",
    f"from here to the middle of the character whose ink this is, to the right, in {OFFSET_UNIT:.0f} pixels",
    "the same, down",
    f"logarithm to base 2 of that character's height in {BODY:.0f} pixels",
)
CROP = BORDER // FINDER_STRIDE  # of the answer, where the picture begins

SNIPPET = f"""\
import numpy as np
from PIL import Image

def fit(ink, side):  # crop to the ink, then scale its longest side
    rows, columns = np.where(ink > 0.15)
    ink = Image.fromarray(ink[rows.min():rows.max() + 1, columns.min():columns.max() + 1])
    return np.asarray(ink.resize([max(1, round(n * side / max(ink.size))) for n in ink.size], Image.BOX))

def grow(ink, steps):  # by a cross, then a square, and so on: nearly a circle
    for step in range(steps):
        tall = np.max([ink, np.roll(ink, 1, 0), np.roll(ink, -1, 0)], 0)
        wide = tall if step % 2 else ink
        ink = np.max([tall, np.roll(wide, 1, 1), np.roll(wide, -1, 1)], 0)
    return ink

def picture_to_frame(picture):  # one digit on even paper, lighter or darker than the ink
    grey = np.asarray(picture.convert("L"), np.float32) / 255
    ink = np.abs(grey - np.median(grey))
    ink = np.pad(fit(ink / ink.max(), 120), 20)
    left = [(~grow(ink < 0.5, steps)).sum() for steps in range(30)]
    width = 4 * sum(left) / left[0] - 2  # of the pen, from how fast erosion eats the ink
    steps = round((np.clip(width, {MIN_STROKE} * 6, {MAX_STROKE} * 6) - width) / 2)
    body = fit(grow(ink, steps) if steps > 0 else 1 - grow(1 - ink, -steps), 20)
    corner = [13.5 - np.arange(n) @ body.sum(1 - axis) / body.sum() for axis, n in enumerate(body.shape)]
    frame = np.pad(body, [(0, 28 - n) for n in body.shape])
    return np.roll(frame, np.clip(np.round(corner), 0, 28 - np.array(body.shape)).astype(int), (0, 1))
"""

SHAPES_SNIPPET = f"""\
import numpy as np

def look(network, picture, scale):  # for 2x2 pixels each: logits of ink, marks, middles; offset x, y; height
    small = picture.convert("RGB").resize([max(2, round(n * scale)) for n in picture.size])
    sides = [({BORDER}, {BORDER} + -n % {FINDER_MULTIPLE}) for n in (small.height, small.width)]
    pixels = np.pad(np.asarray(small) / np.float32(255), [*sides, (0, 0)], "edge")
    return np.asarray(network(pixels[None]))[0, {CROP}:][:-(-small.height // 2), {CROP}:][:, :-(-small.width // 2)]

def find_shapes(network, picture):  # whose each pixel is, -1 for nobody's; and the scale of that to the picture
    height, scale = {BODY:.0f}, min({FIRST_ZOOM:.0f}, {FIRST_SIDE} / max(picture.size))
    for _ in range({LOOKS}):  # characters {BODY:.0f} pixels high are parted best
        maps = look(network, picture, scale := scale * {BODY:.0f} / height)
        ink, other = np.moveaxis(1 / (1 + np.exp(-maps[..., :2])), -1, 0)
        y, x = np.nonzero(ink * (1 - other) > {SURE_INK})  # what is both is no character
        if len(y) == 0:
            return np.full(maps.shape[:2], -1), scale / 2
        height = {BODY:.0f} * 2 ** np.median(maps[y, x, 5])
    aimed = np.stack([x, y], 1) + {OFFSET_UNIT / FINDER_STRIDE:.0f} * maps[y, x, 3:5]  # at the middle of its character
    places, votes = np.unique(np.round(aimed), axis=0, return_counts=True)
    votes, middles = np.exp(-np.square(places[:, None] - places).sum(2) / 4.5) @ votes, np.empty((0, 2))
    for place in places[np.argsort(-votes)]:  # the likeliest first, no two near each other
        if (np.hypot(*(middles - place).T) > {MIDDLE_REACH / FINDER_STRIDE:.2f} * height).all():
            middles = np.vstack([middles, place])
    distances, owners = np.square(aimed[:, None] - middles).sum(2), np.full(maps.shape[:2], -1)
    followers = np.bincount(distances.argmin(1), minlength=len(middles))
    owners[y, x] = distances[:, followers >= {LEAST_SHARE} * np.median(followers)].argmin(1)
    return owners, scale / 2
"""


@dataclass(frozen=True, slots=True)
class Card:
    """What is known of one network, ready to be written down; `CARDS` says which network has which kind of card.

    Attributes:
        name: "compact" or "deep", for instance.
        entry: what the manifest vouches for.
        metrics: what `training.evaluate` measured.
        history: the recipe and what each epoch brought; of the finder, what each part of the steps brought.
        repo: the Hub's model repo; None before the first push.
    """

    name: str
    entry: NetworkEntry
    metrics: Mapping[str, Any]
    history: Any
    repo: str | None = None

    @property
    def text(self) -> str:
        """The card: front matter, then Markdown."""
        return str(ModelCard(f"---\n{self.data.to_yaml()}\n---\n\n{self.body}"))

    @property
    def data(self) -> ModelCardData:
        """The front matter."""
        return ModelCardData(
            library_name="keras",
            license=LICENSE,
            model_name=self.repo or f"digits-{self.name}",
            **self.subject,
        )

    @property
    def subject(self) -> dict[str, Any]:
        """What of the front matter depends on what the network does, as `ModelCardData` takes it."""
        raise NotImplementedError

    @property
    def body(self) -> str:
        """The Markdown after the front matter."""
        raise NotImplementedError

    @property
    def pictures(self) -> Mapping[str, bytes]:
        """Files that the Markdown shows, by their names."""
        return {}


class DigitCard(Card):
    """The card of a network that tells digits apart."""

    @property
    def subject(self) -> dict[str, Any]:
        """Its task, its data and how many digits of each set it reads right."""
        return {
            "pipeline_tag": "image-classification",
            "datasets": ["ylecun/mnist"],
            "metrics": ["accuracy"],
            "tags": ["keras", "handwriting", "digits", "mnist"],
            "eval_results": [_result(title, m["accuracy"]) for title, m in self.metrics["measures"].items()],
        }

    @property
    def pictures(self) -> Mapping[str, bytes]:
        """The confusion matrix, as a PNG file."""
        title, measure = self._chosen_measure()
        return {CONFUSION_NAME: confusion_picture(measure["confusion"], SETS.get(title, title))}

    @property
    def body(self) -> str:
        """How well it reads, how to use it, how it was made."""
        shown, _ = self._chosen_measure()
        return f"""\
# Handwritten digits: {self.name}

A convolutional network of {self.entry.parameters:,} parameters that tells handwritten digits apart and says when a
shape is none. It is one of two that vote in an app that reads digits drawn with a mouse or a finger, scanned or
photographed. From a frame of 28×28 pixels it makes eleven logits: ten digits, then "is a digit at all".

## How well it reads

{self._measures()}

In brackets are 95 % intervals, for drawings by resampling the writers. Nothing in this table was trained on; MNIST
writers held out of training chose the best epoch and the temperature. NLL and ECE (15 bins) are those of the
calibrated answers: the ten logits divided by {self.entry.temperature}.
{self._rejection()}
![Which digit was taken for which: {SETS.get(shown, shown)}]({CONFUSION_NAME})

## How to use it

{self._usage()}

### From a picture to a frame

Networks like this one lose most of their accuracy behind another preprocessing than the one they were trained with.
This is ours, in numpy and Pillow, for one digit on even paper:

```python
{SNIPPET}```

On clean drawings its frames differ from the app's by less than {SNIPPET_CLOSENESS} of full ink in a pixel, on average
over drawings and once a shift by one pixel is allowed. It leaves out what photos need: uneven light, grain and dust,
rotation stored in the file, and telling several digits apart.

## How it was made

{_table(("recipe", "value"), list(self.history["recipe"].items()))}

{len(self.history["epochs"])} epochs were run. After each one the averaged weights were measured on writers whom
training did not see, and the best were kept; what each brought is in `{HISTORY_NAME}`.

Data: MNIST's training digits (Y. LeCun, C. Cortes, C. J. C. Burges; CC BY-SA 3.0), and pen strokes drawn anew with
brushes of many widths from {STROKES_CREDIT} UNIPEN's letters and symbols
taught it what is no digit. Writers were kept apart: nobody is in two of training, validation and report.

## Licences

Weights and code: MIT. No picture and no stroke of any data set is in this repository.

## Limits

- One digit from 0 to 9 in each frame; no letters, signs or decimal points. What is no digit is an opinion, too.
- Its writers came from few places and wrote on tablets or forms; other habits of writing are rarer in what it learned.
- Not for cheques, exams or anything where a wrong digit does harm and nobody looks.
"""

    def _measures(self) -> str:
        heads = ("set", "digits", "wrong", "accuracy, %", "NLL", "ECE, %")
        rows = [
            (SETS.get(title, title), m["count"], m["wrong"], _accuracy(m), m.get("nll", "–"), m.get("ece", "–"))
            for title, m in self.metrics["measures"].items()
        ]
        return _table(heads, rows)

    def _rejection(self) -> str:
        told = self.metrics.get("not_a_digit", {})
        rows = [(heading, told[key]) for key, heading in NOT_A_DIGIT.items() if key in told]
        return f"\n{_table(('is it a digit at all?', '%'), rows)}\n" if rows else ""

    def _usage(self) -> str:
        if self.repo is None:
            return f"From the project's code: `build_network({self.name!r}).load_weights({WEIGHTS_NAME!r})`."
        return f"""\
```python
import keras
from PIL import Image  # and picture_to_frame, which stands below

network = keras.saving.load_model("hf://{self.repo}")
logits = network(picture_to_frame(Image.open("digit.png"))[None, :, :, None])[0]
print("digit", int(keras.ops.argmax(logits[:10])), "if it is one:", float(keras.ops.sigmoid(logits[10])))
```

{_trust(f"build_network({self.name!r})", self.repo, self.entry)}"""

    def _chosen_measure(self) -> tuple[str, Mapping[str, Any]]:
        measures = self.metrics["measures"]
        title = next(title for title in (*SHOWN_CONFUSIONS, *measures) if "confusion" in measures.get(title, {}))
        return title, measures[title]


class FinderCard(Card):
    """The card of the network that says where characters are."""

    @property
    def subject(self) -> dict[str, Any]:
        """Its task and its subject; its figures are of its own kind, which a model index has no name for."""
        return {"pipeline_tag": "image-segmentation", "tags": ["keras", "handwriting", "instance-segmentation"]}

    @property
    def body(self) -> str:
        """What it answers, how to get shapes out of that, how it was made."""
        last = self.history[-1]
        if last["step"] != self.metrics["steps"]:
            raise ValueError(f"a history of {last['step']} steps, expected {self.metrics['steps']}")
        recipe = [("steps", self.metrics["steps"]), *self.metrics["recipe"].items()]
        return f"""\
# Handwritten characters on a picture: finder

A fully convolutional network of {self.entry.parameters:,} parameters that says where on a picture handwriting is, and
whose ink is whose. It knows no digits: in the app that it belongs to, two other networks read the shapes that it finds
on photographed pages.

## What it answers

From pictures (n, height, width, 3) in [0, 1], both sides multiples of {FINDER_MULTIPLE}, it makes maps at half the
size, (n, height / 2, width / 2, {len(FINDER_MAPS)}), in the manner of Panoptic-DeepLab (Cheng et al. 2020):

{_table(("map", "meaning"), list(zip(FINDER_MAPS, MAP_MEANINGS, strict=True)))}

## How to use it

{self._usage()}

### From its answer to shapes

It parts characters best that are about {BODY:.0f} pixels high, so the picture is looked at again at the scale that
brings them there:

```python
{SHAPES_SNIPPET}```

This leaves out what the app does besides: large pictures in tiles, the ink taken from the picture's own colours, and
groupings of a shape's parts that its two readers compare.

## How well it finds

The parts of its loss after the last step, on composed pages by writers, in fonts and with seeds that training did not
have:

{_table(("part", "loss"), [(name.removeprefix("val_"), f"{value:.3f}") for name, value in self._losses().items()])}

## How it was made

{_table(("recipe", "value"), recipe)}
{self._changes()}
Pages are composed by code that never repeats one: pen strokes on paper, forms and boards, printed lines and words,
folds, shadows, and a camera's angle, blur and noise, so that the truth is known to the pixel. The averaged weights of
the last step are these; what each {self._pace} steps brought is in `{HISTORY_NAME}`.

Data: strokes of {STROKES_CREDIT}
Writers were kept apart: nobody is in two of training, validation and report.

## Licences

Weights and code: MIT. No picture and no stroke of any data set is in this repository.

## Limits

- It learned single characters and numbers; cursive words are parted anyhow.
- Patterned surfaces may be taken for strokes. What it calls a character may be none: ask a reader.
- Not for cheques, exams or anything where a wrong digit does harm and nobody looks.
"""

    def _losses(self) -> dict[str, float]:
        return {name: value for name, value in self.history[-1].items() if name.startswith("val_")}

    @property
    def _pace(self) -> int:
        return int(self.history[0]["step"])

    def _changes(self) -> str:
        changes = [
            f"After step {change['step']} it went on with other {' and '.join(change['changed'])}."
            for change in self.metrics.get("changes", [])
        ]
        return "\n" + " ".join(changes) + "\n" if changes else ""

    def _usage(self) -> str:
        if self.repo is None:
            return f"From the project's code: `build_finder()`, then `load_weights({WEIGHTS_NAME!r})`."
        return f"""\
```python
import keras
from PIL import Image  # and find_shapes, which stands below

network = keras.saving.load_model("hf://{self.repo}")
owners, scale = find_shapes(network, Image.open("page.jpg"))
print(owners.max() + 1, "shapes")
```

{_trust("build_finder()", self.repo, self.entry)}"""


CARDS: Mapping[str, type[Card]] = dict.fromkeys(NETWORKS, DigitCard) | {"finder": FinderCard}  # of each network


def read_card(models_dir: Path, name: str, entry: NetworkEntry, repo: str | None) -> Card:
    """Gather what training and evaluation left in `models_dir` about a network.

    Raises:
        DataError: metrics or history are missing, damaged, or of another network.
    """
    try:
        metrics = read_figures(name, models_dir)
        if metrics is None:
            raise FileNotFoundError(METRICS_NAME)
        history = json.loads((models_dir / name / HISTORY_NAME).read_text(encoding="utf-8"))
        card = CARDS[name](name, entry, metrics, history, repo)
        if metrics.get("parameters", entry.parameters) != entry.parameters:
            raise ValueError(f"{metrics['parameters']} parameters, expected {entry.parameters}")
        card.text, card.pictures  # noqa: B018 - whatever is missing shows now, before anything is written
    except (OSError, ValueError, KeyError, TypeError, StopIteration, RecordsError) as error:
        raise DataError(
            f"The figures of {name} in {models_dir / name} cannot be read ({error!r}): "
            "run python -m training.train and python -m training.evaluate first."
        ) from error
    return card


def write_card(card: Card, folder: Path) -> None:
    """Write the card and its pictures into a folder, each whole or not at all."""
    for name, content in ({CARD_NAME: card.text.encode()} | dict(card.pictures)).items():
        write_whole(folder / name, content)


def confusion_picture(confusion: list[list[int]], title: str) -> bytes:
    """Draw a confusion matrix.

    Args:
        confusion: 10 rows, the true digits, of 10 counts, the answers.
        title: what was measured.

    Returns:
        A PNG file: right answers on grey, mistakes the redder the more frequent they are.
    """
    worst = max(1, *(confusion[d][a] for d in range(10) for a in range(10) if a != d))
    picture = Image.new("RGB", (CELL * 11, CELL * 12), "white")
    pen = ImageDraw.Draw(picture)
    font = ImageFont.load_default(14)

    def write(column: float, row: float, text: str) -> None:
        pen.text((CELL * (column + 0.5), CELL * (row + 0.5)), text, "black", font, anchor="mm")

    write(5, 0, f"{title}: rows are written, columns are read")
    for digit in range(10):
        write(digit + 1, 1, str(digit))
        write(0, digit + 2, str(digit))
        for answer, count in enumerate(confusion[digit]):
            share = count / worst
            red = (255, round(245 - 125 * share), round(240 - 140 * share))
            left, top = CELL * (answer + 1), CELL * (digit + 2)
            pen.rectangle(
                [left, top, left + CELL - 2, top + CELL - 2],
                "#e4e4e4" if answer == digit else red if count else "#f7f7f7",
            )
            write(answer + 1, digit + 2, str(count) if count else "")
    file = BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()


def write_cards() -> None:
    """Write every network's card into `models/`, and print where.

    Raises:
        DigitError: the manifest or some figures are missing or damaged.
    """
    for name, entry in read_manifest().networks.items():
        write_card(read_card(MODELS_DIR, name, entry, entry.repo), MODELS_DIR / name)
        print(f"wrote {MODELS_DIR / name / CARD_NAME}")


def main() -> int:
    """Write every network's card into `models/`; return the exit code."""
    try:
        write_cards()
    except DigitError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _trust(architecture: str, repo: str, entry: NetworkEntry) -> str:
    """Say what opens the weights, and how to do so without trusting their file."""
    return f"""\
Keras from {OLDEST_KERAS} on opens it; before 3.15 it needs TensorFlow for `hf://`.

Loading a whole saved model trusts its file. Safer is the architecture from the project's code, filled with weights:
`{architecture}.load_weights(hf_hub_download({repo!r}, {WEIGHTS_NAME!r}, revision=…))`.
`{WEIGHTS_NAME}` has the sha256 `{entry.sha256}`."""


def _result(title: str, accuracy: float) -> EvalResult:
    """Tell a measured set's accuracy, in percent, as a model index wants it."""
    name, _, split = title.partition(" ")
    return EvalResult(
        task_type="image-classification",
        task_name="Handwritten digit recognition",
        dataset_type="ylecun/mnist" if name == "mnist" else "pen-strokes",
        dataset_name=SETS.get(title, title),
        dataset_split=split if name == "mnist" else "report",
        metric_type="accuracy",
        metric_name="Accuracy",
        metric_value=round(accuracy / 100, 5),
    )


def _accuracy(measure: Mapping[str, Any]) -> str:
    interval = measure.get("interval")
    return f"{measure['accuracy']:.2f}" + (f" ({interval[0]:.2f}–{interval[1]:.2f})" if interval else "")


def _table(heads: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    lines = [heads, ("---", *["--:"] * (len(heads) - 1)), *rows]
    return "\n".join("| " + " | ".join(str(value) for value in line) + " |" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
