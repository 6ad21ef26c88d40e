"""The values that travel between core, page and API: frozen, typed, with derived facts as properties."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, Generic, Literal, TypeVar, get_args

import numpy as np

from digit_core.errors import VoteError

Model = Literal["compact", "deep", "ensemble"]
Network = Literal["compact", "deep", "finder"]
Mean = Literal["arithmetic", "geometric"]
Verdict = Literal["digit", "unsure", "not_a_digit"]
Reason = Literal["confidence", "digitness", "company"]
Method = Literal["grad-cam", "occlusion"]

DIGIT_LOGITS = 10
DIGITNESS = DIGIT_LOGITS  # the number of the logit after the ten digits': is it a digit at all?
MARK = DIGITNESS + 1  # and of the one after that: is it a mark beside digits, as +, $, print and grain?
LOGITS = MARK + 1  # what a network says of a frame
MODELS: tuple[Model, ...] = get_args(Model)
MEANS: tuple[Mean, ...] = get_args(Mean)
METHODS: tuple[Method, ...] = get_args(Method)
MAX_ALTERNATIVES = 10  # other texts that one reading tells, the likeliest first: more is for nobody to look through
NOT_A_DIGIT_MARK = "?"  # stands in a reading's text where a shape is no digit


Number = TypeVar("Number", int, float)


@dataclass(frozen=True, slots=True)
class Box(Generic[Number]):
    """A rectangle, origin at the top left: in whole pixels of an upright picture, or in the unit of strokes."""

    left: Number
    top: Number
    width: Number
    height: Number

    @property
    def right(self) -> Number:
        """First column to the right of the box."""
        return self.left + self.width

    @property
    def bottom(self) -> Number:
        """First row below the box."""
        return self.top + self.height

    def union(self, other: Box[Number]) -> Box[Number]:
        """Return the smallest box that holds both."""
        left, top = min(self.left, other.left), min(self.top, other.top)
        return Box(left, top, max(self.right, other.right) - left, max(self.bottom, other.bottom) - top)


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a classifier believes about one 28x28 frame, given that it is a digit.

    Attributes:
        probabilities: ten numbers in [0, 1] that sum to 1, indexed by digit.
    """

    probabilities: tuple[float, ...]

    @property
    def digit(self) -> int:
        """The most probable digit, 0 to 9."""
        return max(range(10), key=self.probabilities.__getitem__)

    @property
    def confidence(self) -> float:
        """The probability of `digit`, in [0, 1]."""
        return self.probabilities[self.digit]

    def top(self, count: int = 3) -> tuple[tuple[int, float], ...]:
        """Return the `count` most probable digits with their probabilities, best first."""
        order = sorted(range(10), key=self.probabilities.__getitem__, reverse=True)
        return tuple((digit, self.probabilities[digit]) for digit in order[:count])


@dataclass(frozen=True, slots=True)
class Vote:
    """Who answers, and how the two networks' probabilities are pooled.

    Attributes:
        model: "compact", "deep", or "ensemble" for both.
        mean: "arithmetic" or "geometric"; used by the ensemble alone.
        weight: the share of deep in the ensemble, in [0, 1].

    Raises:
        VoteError: an unknown model or mean, or a weight outside [0, 1].
    """

    model: Model = "ensemble"
    mean: Mean = "arithmetic"
    weight: float = 0.5

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise VoteError(f"The model must be one of {', '.join(MODELS)}, not {reprlib.repr(self.model)}.")
        if self.mean not in MEANS:
            raise VoteError(f"The mean must be one of {', '.join(MEANS)}, not {reprlib.repr(self.mean)}.")
        try:
            inside = 0.0 <= self.weight <= 1.0
        except TypeError:
            inside = False
        if not inside:
            raise VoteError(f"The weight of deep must lie between 0 and 1, not {reprlib.repr(self.weight)}.")

    def choose(self, model: Model | None = None, mean: Mean | None = None, weight: float | None = None) -> Vote:
        """Return this vote with whatever is chosen in place of its own.

        Raises:
            VoteError: as the class does.
        """
        return Vote(
            self.model if model is None else model,
            self.mean if mean is None else mean,
            self.weight if weight is None else weight,
        )

    @property
    def share_of_deep(self) -> float:
        """The weight that counts: 0 when compact answers alone, 1 when deep does."""
        return {"compact": 0.0, "deep": 1.0}.get(self.model, float(self.weight))


@dataclass(frozen=True, slots=True, eq=False)
class DigitReading:
    """One shape on the picture and what was made of it.

    Attributes:
        box: where its ink stands, in image pixels, or in the unit of the strokes that were read.
        frame: (28, 28) float32 in [0, 1], ink is bright: what the networks saw.
        prediction: the vote's answer, calibrated.
        votes: each network's own calibrated answer, by "compact" and "deep".
        digitness: in [0, 1], how much the shape is a digit at all.
        verdict: "digit", "unsure" (read, but below the confidence threshold, or perhaps none at all) or
            "not_a_digit".
        reason: why it is "unsure": its "confidence" is below the threshold, its "digitness" is too low to be sure
            that it is one, or its "company", what else stands on the picture, speaks against it. None for the others.
    """

    box: Box
    frame: np.ndarray
    prediction: Prediction
    votes: Mapping[str, Prediction]
    digitness: float
    verdict: Verdict
    reason: Reason | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "votes", MappingProxyType(dict(self.votes)))

    def __reduce__(self) -> tuple[type[DigitReading], tuple[object, ...]]:
        """Let it travel between processes, which a `MappingProxyType` does not."""
        values = {one.name: getattr(self, one.name) for one in fields(self)} | {"votes": dict(self.votes)}
        return type(self), tuple(values.values())

    @property
    def text(self) -> str:
        """The digit, or "?" when the shape is no digit."""
        return NOT_A_DIGIT_MARK if self.verdict == "not_a_digit" else str(self.prediction.digit)

    def as_json(self) -> dict[str, Any]:
        """Return what API and command line tell about a shape: everything but the frame."""
        return {
            "digit": self.prediction.digit,
            "confidence": self.prediction.confidence,
            "verdict": self.verdict,
            "reason": self.reason,
            "digitness": self.digitness,
            "probabilities": list(self.prediction.probabilities),
            "top3": [[digit, probability] for digit, probability in self.prediction.top(3)],
            "box": [self.box.left, self.box.top, self.box.width, self.box.height],
            "votes": {name: list(vote.probabilities) for name, vote in self.votes.items()},
        }


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another text that may stand on a picture, and its probability in [0, 1] among those that were weighed."""

    text: str
    probability: float


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """Everything read from one picture.

    Attributes:
        rows: the shapes in reading order, one tuple for each written row, top to bottom.
        vote: the vote that answered.
        passed_over: whether something stands there that is no digit and is not asked about: a dash, a point,
            a plus or dollar sign, a ring, an underline.
        alternatives: the likeliest other texts, where they were asked for.
    """

    rows: tuple[tuple[DigitReading, ...], ...]
    vote: Vote = field(default_factory=Vote)
    passed_over: bool = False
    alternatives: tuple[Alternative, ...] = ()

    @property
    def digits(self) -> tuple[DigitReading, ...]:
        """All shapes in reading order."""
        return tuple(digit for row in self.rows for digit in row)

    @property
    def text(self) -> str:
        """What stands on the picture: "407"; rows are joined by a line break, "?" marks a shape that is no digit."""
        return "\n".join("".join(digit.text for digit in row) for row in self.rows)

    def as_json(self) -> dict[str, Any]:
        """Return what API and command line tell about a picture."""
        content: dict[str, Any] = {
            "text": self.text,
            "digits": [digit.as_json() for digit in self.digits],
            "model": self.vote.model,
            "passed_over": self.passed_over,
        }
        if self.alternatives:
            content["alternatives"] = [[other.text, other.probability] for other in self.alternatives]
        return content


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """Where on a frame the evidence for one digit stands.

    Attributes:
        frame: (28, 28) float32 in [0, 1], what the networks saw.
        evidence: (28, 28) float32 in [-1, 1]: above 0 speaks for the target, below 0 against it, the strongest is 1 or
            -1; all 0 where nothing does. Grad-CAM shows only what speaks for it.
        target: the digit asked about, 0 to 9.
        method: how the evidence was found.
        model: whose evidence it is.
    """

    frame: np.ndarray
    evidence: np.ndarray
    target: int
    method: Method
    model: Model


@dataclass(frozen=True, slots=True, eq=False)
class FeatureMaps:
    """What one convolution makes of a frame.

    Attributes:
        layer: the convolution's name.
        maps: (n, height, width) float32 in [0, 1], one for each filter, the layer's strongest answer is 1.
    """

    layer: str
    maps: np.ndarray


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one predictor makes of a frame: a network, or both networks under one mean."""

    predictor: Model | Mean
    prediction: Prediction
    digitness: float


@dataclass(frozen=True, slots=True, eq=False)
class FrameSteps:
    """How a shape came from the picture into its frame.

    Attributes:
        ink: (height, width) float32 in [0, 1], the whole picture's ink.
        box: the shape's place on `ink`, in its pixels.
        frame: (28, 28) float32 in [0, 1].
    """

    ink: np.ndarray
    box: Box
    frame: np.ndarray

    @property
    def ink_in_box(self) -> np.ndarray:
        """The ink inside the box."""
        return self.ink[self.box.top : self.box.bottom, self.box.left : self.box.right]


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of a network.

    Attributes:
        name: unique in its network.
        kind: what it is, "Conv2D".
        shape: what it hands on for one frame, (height, width, channels) or (channels,).
        parameters: its numbers, trained ones and batch normalisation's means and variances.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int

    @property
    def bytes(self) -> int:
        """What its parameters take as 32-bit numbers."""
        return 4 * self.parameters
