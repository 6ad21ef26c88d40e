"""The card of a network that tells digits apart."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from huggingface_hub import EvalResult

from digit_core.figures.records import SETS
from digit_core.figures.tables import NOT_A_DIGIT, markdown_table
from digit_core.loading import WEIGHTS_NAME
from digit_core.models.manifest import HISTORY_NAME
from training.publish.cards.base import STROKES_CREDIT, Card, advise_on_trust
from training.publish.cards.confusion import draw_confusion
from training.publish.cards.snippets import FRAME_SNIPPET, SNIPPET_CLOSENESS

CONFUSION_NAME = "confusion.png"
SHOWN_CONFUSIONS = ("mnist test", "drawings fill 20", "mnist validation")  # the first that was measured


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

    @cached_property
    def pictures(self) -> Mapping[str, bytes]:
        """The confusion matrix, as a PNG file."""
        title, measure = self._chosen_measure()
        return {CONFUSION_NAME: draw_confusion(measure["confusion"], SETS.get(title, title))}

    @property
    def body(self) -> str:
        """How well it reads, how to use it, how it was made."""
        shown, _ = self._chosen_measure()
        return f"""\
# Handwritten digits: {self.name}

A convolutional network of {self.entry.parameters:,} parameters that tells handwritten digits apart and says when a
shape is none. It is one of two that vote in an app that reads digits drawn with a mouse or a finger, scanned or
photographed. From a frame of 28×28 pixels it makes twelve logits: ten digits, "is a digit at all", and "is a
mark", as + and $ are beside digits.

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
{FRAME_SNIPPET}```

On clean drawings its frames differ from the app's by less than {SNIPPET_CLOSENESS} of full ink in a pixel, on average
over drawings and once a shift by one pixel is allowed. It leaves out what photos need: uneven light, grain and dust,
rotation stored in the file, and telling several digits apart.

## How it was made

{markdown_table(("recipe", "value"), list(self.history["recipe"].items()))}

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
        return markdown_table(heads, rows)

    def _rejection(self) -> str:
        told = self.metrics.get("not_a_digit", {})
        rows = [(heading, told[key]) for key, heading in NOT_A_DIGIT.items() if key in told]
        return f"\n{markdown_table(('is it a digit at all?', '%'), rows)}\n" if rows else ""

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

{advise_on_trust(f"build_network({self.name!r})", self.repo, self.entry)}"""

    def _chosen_measure(self) -> tuple[str, Mapping[str, Any]]:
        measures = self.metrics["measures"]
        title = next(title for title in (*SHOWN_CONFUSIONS, *measures) if "confusion" in measures.get(title, {}))
        return title, measures[title]


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
