"""How much of the processor one picture may take, whoever sends it: counts of what is looked at, not clocks.

Measured on one core that has nothing else to do: a million pixels of a look take 0.17 s, a frame of 28x28 with all that
leads to it half a millisecond. What exceeds a bound is read less closely, or refused with a sentence.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effort:
    """Bounds on the work that goes into one picture.

    Attributes:
        pixels: of the picture at the scale at which the finder looks at it.
        shapes: on a picture whose doubtful shapes are cut, or looked for again by the finder and at other scales.
        frames: of shapes that the finder found; as many frames of regrouped parts may follow.
        slices: parts of shapes in which digits may touch, of all shapes together.
    """

    pixels: int
    shapes: int
    frames: int
    slices: int


PICTURE = Effort(pixels=1_500_000, shapes=200, frames=200, slices=600)  # the dearest of 12 megapixels: 1.9 s in all
DRAWING = Effort(pixels=250_000, shapes=20, frames=60, slices=120)  # while a pen moves; the dearest: 0.3 s
