"""What every network's card has: front matter, Markdown, pictures, and the words that all share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from huggingface_hub import ModelCard, ModelCardData

from digit_core.loading import WEIGHTS_NAME
from digit_core.models.manifest import NetworkEntry
from training.publish.archive import OLDEST_KERAS

LICENSE = "mit"
STROKES_CREDIT = """\
Pen-Based Recognition of Handwritten Digits (E. Alpaydin, F. Alimoglu, UCI; CC BY 4.0) and
UNIPEN Train-R01/V07 (I. Guyon et al. 1994, [doi:10.5281/zenodo.1195803](https://doi.org/10.5281/zenodo.1195803);
CC BY 4.0, whose notice of 1999 asks for non-commercial use and that no writer be named)."""


@dataclass(frozen=True)  # without slots, as what is drawn once is kept
class Card:
    """What is known of one network, ready to be written down; each kind of network has its kind of card.

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

    @cached_property
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

    @cached_property
    def pictures(self) -> Mapping[str, bytes]:
        """Files that the Markdown shows, by their names."""
        return {}


def advise_on_trust(architecture: str, repo: str, entry: NetworkEntry) -> str:
    """Say what opens the weights, and how to do so without trusting their file."""
    return f"""\
Keras from {OLDEST_KERAS} on opens it; before 3.15 it needs TensorFlow for `hf://`.

Loading a whole saved model trusts its file. Safer is the architecture from the project's code, filled with weights:
`{architecture}.load_weights(hf_hub_download({repo!r}, {WEIGHTS_NAME!r}, revision=…))`.
`{WEIGHTS_NAME}` has the sha256 `{entry.sha256}`."""
