"""The card of the network that says where characters are."""

from __future__ import annotations

from typing import Any

from digit_core.figures.tables import markdown_table
from digit_core.loading import WEIGHTS_NAME
from digit_core.models.geometry import CHARACTER_HEIGHT, FINDER_MAPS, FINDER_MULTIPLE, OFFSET_UNIT
from digit_core.models.manifest import HISTORY_NAME
from training.publish.cards.base import STROKES_CREDIT, Card, advise_on_trust
from training.publish.cards.snippets import SHAPES_SNIPPET

MAP_MEANINGS = (  # of `FINDER_MAPS`
    "logit: ink of a character",
    "logit: other handwriting, such as dashes, points, rings and underlines",
    "logit: a character's centre",
    f"from here to the centre of the character whose ink this is, to the right, in {OFFSET_UNIT:.0f} pixels",
    "the same, down",
    f"logarithm to base 2 of that character's height in {CHARACTER_HEIGHT:.0f} pixels",
)


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
        losses = [(name.removeprefix("val_"), f"{value:.3f}") for name, value in self._losses().items()]
        recipe = [("steps", self.metrics["steps"]), *self.metrics["recipe"].items()]
        return f"""\
# Handwritten characters on a picture: finder

A fully convolutional network of {self.entry.parameters:,} parameters that says where on a picture handwriting is, and
whose ink is whose. It knows no digits: in the app that it belongs to, two other networks read the shapes that it finds
on photographed pages.

## What it answers

From pictures (n, height, width, 3) in [0, 1], both sides multiples of {FINDER_MULTIPLE}, it makes maps at half the
size, (n, height / 2, width / 2, {len(FINDER_MAPS)}), in the manner of Panoptic-DeepLab (Cheng et al. 2020):

{markdown_table(("map", "meaning"), list(zip(FINDER_MAPS, MAP_MEANINGS, strict=True)))}

## How to use it

{self._usage()}

### From its answer to shapes

It parts characters best that are about {CHARACTER_HEIGHT:.0f} pixels high, so the picture is looked at again at the
scale that brings them there:

```python
{SHAPES_SNIPPET}```

This leaves out what the app does besides: large pictures in tiles, the ink taken from the picture's own colours, and
groupings of a shape's parts that its two readers compare.

## How well it finds

The parts of its loss, on composed pages by writers, in fonts and with seeds that training did not
have:

{markdown_table(("part", "loss"), losses)}

## How it was made

{markdown_table(("recipe", "value"), recipe)}
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
        return {name: value for name, value in self.metrics["validation"].items() if name.startswith("val_")}

    @property
    def _pace(self) -> int:
        return int(self.history[0]["step"])

    def _changes(self) -> str:
        changes = [
            f"After step {change['step']} it went on with other {' and '.join(change['changed'])}."
            for change in self.metrics.get("changes", [])
        ]
        mixed = self.metrics.get("mixed_with")
        if mixed:
            changes.append(f"{mixed['share']:.0%} of the weights are those after step {mixed['steps']}.")
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

{advise_on_trust("build_finder()", self.repo, self.entry)}"""
