"""Recognizer.read(image) -> Reading: the one way from a picture to an answer."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from PIL import Image

from digit_core import imaging
from digit_core.classifiers import TINY, Ensemble
from digit_core.errors import EmptyDrawingError, VoteError
from digit_core.imaging import FRAME_SIZE
from digit_core.manifest import Manifest
from digit_core.segmentation import Shape, find_digits, gap, joined, slices, whole_picture
from digit_core.types import Box, DigitReading, Prediction, Reading, Verdict, Vote

PLAUSIBLE = 0.9  # a shape so plausible as one digit is neither cut nor joined
MAX_DOUBTFUL = 40  # shapes; where more are doubtful the picture holds no numbers, and looking closer takes seconds
PART_COST = 0.25  # nats that each part of a cut shape costs: fewer parts are likelier
CROSSING_COST = 0.15  # nats for each stroke width of ink that a cut crosses
LEAST_PLAUSIBLE = 0.25  # what each part of a wide shape must reach by itself ...
NARROW_PLAUSIBLE = 0.95  # ... and of a narrow one, which may well be a letter
WIDE_ASPECT = 1.4  # width by height: wider shapes are rarely single characters
MIN_CUT_ASPECT = 0.9  # narrower shapes hold no two digits
MIN_PART_HEIGHT = 0.45  # of the whole shape's height: lower parts are no digits of the same number
JOIN_GAP = 0.2  # of the taller one's height: neighbours so near may be one digit, if one alone is none
JOIN_ASPECT = 1.1  # width by height: a digit of two pieces is no wider


class Recognizer:
    """Reads digits from pictures with the two networks and their vote.

    Attributes:
        origin: one sentence saying which weights answer and where they come from.
    """

    def __init__(self, ensemble: Ensemble, manifest: Manifest, origin: str) -> None:
        self._ensemble = ensemble
        self._manifest = manifest
        self.origin = origin

    @property
    def ensemble(self) -> Ensemble:
        """The two networks, for whoever asks why they answer as they do."""
        return self._ensemble

    @property
    def vote(self) -> Vote:
        """The vote that answers when nobody chooses another."""
        return self._manifest.vote

    @property
    def threshold(self) -> float:
        """The confidence below which an answer is "unsure", when nobody chooses another."""
        return self._manifest.confidence_threshold

    def public_manifest(self) -> dict[str, Any]:
        """Return what anyone may know of the weights, as JSON can hold it."""
        return self._manifest.public() | {"origin": self.origin}

    def read(
        self,
        image: Image.Image | str | os.PathLike[str] | bytes | np.ndarray,
        vote: Vote | None = None,
        threshold: float | None = None,
        single: bool = False,
    ) -> Reading:
        """Read every digit on a picture.

        Args:
            image: a PIL image, a path, a file's bytes, or a uint8 array (H, W), (H, W, 3) or (H, W, 4).
            vote: who answers; None is the manifest's vote.
            threshold: confidence in [0, 1] below which an answer is "unsure"; None is the manifest's.
            single: the whole picture is one digit. A picture of 28x28 pixels always is.

        Returns:
            The shapes in reading order, boxes in the upright picture's pixels.

        Raises:
            EmptyDrawingError: nothing is drawn.
            DigitError: another child of it, where the picture is unreadable, too large or too full.
        """
        vote = vote or self.vote
        threshold = self._checked(threshold)
        picture = imaging.open_picture(image)
        ink = imaging.to_ink(picture)
        single = single or picture.size == (FRAME_SIZE, FRAME_SIZE)
        rows = ((whole_picture(ink),),) if single else self._parted(find_digits(ink), vote)
        return self._answer(rows, picture.width / ink.shape[1], vote, threshold)

    def _parted(self, rows: tuple[tuple[Shape, ...], ...], vote: Vote) -> tuple[tuple[Shape, ...], ...]:
        """Join pieces that are a digit only together, and cut shapes in which digits touch."""
        worths = self._plausibility([shape for row in rows for shape in row], vote)
        if (worths < PLAUSIBLE).sum() > MAX_DOUBTFUL:
            return rows
        plausible = iter(worths.tolist())
        parted = []
        for row in rows:
            together = self._rejoined([(shape, next(plausible)) for shape in row], vote)
            parted.append(tuple(part for shape, worth in together for part in self._parts(shape, worth, vote)))
        return tuple(parted)

    def _rejoined(self, row: list[tuple[Shape, float]], vote: Vote) -> list[tuple[Shape, float]]:
        """Join neighbours of which one is no digit by itself but both together are, as an open four's halves."""
        kept: list[tuple[Shape, float]] = []
        for shape, worth in row:
            if kept and min(worth, kept[-1][1]) < PLAUSIBLE:
                before, worth_before = kept[-1]
                both = joined(before, shape)
                near = gap(before, shape) <= JOIN_GAP * max(before.box.height, shape.box.height)
                if near and both.box.width <= JOIN_ASPECT * both.box.height:
                    together = float(self._plausibility([both], vote)[0])
                    if together > max(PLAUSIBLE * (1 - min(worth, worth_before)), worth * worth_before):
                        kept[-1] = (both, together)
                        continue
            kept.append((shape, worth))
        return kept

    def _parts(self, shape: Shape, worth: float, vote: Vote) -> tuple[Shape, ...]:
        """Return the most plausible way to cut a shape of plausibility `worth` into digits, or the shape itself."""
        aspect = shape.box.width / shape.box.height
        if worth >= PLAUSIBLE or aspect < MIN_CUT_ASPECT:
            return (shape,)
        parts = slices(shape)
        offered = [s for s in parts if s.shape.box.height >= MIN_PART_HEIGHT * shape.box.height]
        if not offered:
            return (shape,)
        least = LEAST_PLAUSIBLE if aspect >= WIDE_ASPECT else NARROW_PLAUSIBLE
        # The best chain of slices from the left edge to the right one (Viterbi), against the shape as it is.
        best: dict[int, tuple[float, tuple[Shape, ...]]] = {0: (0.0, ())}
        worths = self._plausibility([s.shape for s in offered], vote)
        for s, plausible in sorted(zip(offered, worths, strict=True), key=lambda pair: pair[0].start):
            if plausible < least or s.start not in best:
                continue
            score = best[s.start][0] + float(np.log(plausible)) - PART_COST - CROSSING_COST * s.crossed
            if s.stop not in best or score > best[s.stop][0]:
                best[s.stop] = (score, (*best[s.start][1], s.shape))
        score, chain = best.get(max(s.stop for s in parts), (-np.inf, ()))
        return chain if score > np.log(max(worth, TINY)) else (shape,)

    def _plausibility(self, shapes: list[Shape], vote: Vote) -> np.ndarray:
        """How much each shape is one digit, and a clear one: digitness times confidence, (n,) in [0, 1]."""
        ballot = self._ensemble.poll(np.stack([imaging.to_mnist_frame(shape.ink) for shape in shapes]), vote)
        return ballot.digitness * ballot.probabilities.max(axis=1)

    def _checked(self, threshold: float | None) -> float:
        if threshold is None:
            return self.threshold
        if not isinstance(threshold, int | float) or not 0.0 <= threshold <= 1.0:
            raise VoteError(f"The confidence threshold must lie between 0 and 1, not {threshold!r}.")
        return float(threshold)

    def _answer(self, rows: tuple[tuple[Shape, ...], ...], scale: float, vote: Vote, threshold: float) -> Reading:
        shapes = [shape for row in rows for shape in row]
        if not shapes:
            raise EmptyDrawingError()
        frames = np.stack([imaging.to_mnist_frame(shape.ink) for shape in shapes])
        ballot = self._ensemble.poll(frames, vote)
        least_digitness = self._manifest.calibration.digitness_threshold(vote.mean, vote.share_of_deep)
        readings = []
        for i, shape in enumerate(shapes):
            prediction = Prediction(tuple(ballot.probabilities[i].tolist()))
            digitness = float(ballot.digitness[i])
            verdict: Verdict = "digit" if prediction.confidence >= threshold else "unsure"
            readings.append(
                DigitReading(
                    box=_scaled(shape.box, scale),
                    frame=frames[i],
                    prediction=prediction,
                    votes={name: Prediction(tuple(votes[i].tolist())) for name, votes in ballot.votes.items()},
                    digitness=digitness,
                    verdict="not_a_digit" if digitness < least_digitness else verdict,
                )
            )
        left = iter(readings)
        return Reading(tuple(tuple(next(left) for _ in row) for row in rows), vote)


def _scaled(box: Box, scale: float) -> Box:
    width, height = max(1, round(box.width * scale)), max(1, round(box.height * scale))
    return Box(round(box.left * scale), round(box.top * scale), width, height)
