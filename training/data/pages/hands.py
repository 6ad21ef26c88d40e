"""Who writes the composed pages, and in which fonts they are printed: each part of the data has its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from training.data import frames, sources
from training.data.characters import write_letter
from training.data.frames import Part
from training.data.pages.compose import Page, compose, find_fonts
from training.data.pages.layout import Hand, Scene
from training.data.samples import group_by_writer

MIN_DIGITS = 10  # of a writer whose hand is used
GREEK_SHARE = 0.35  # of the pages whose writer writes Greek letters beside the others
GREEK_LETTERS = 8  # of such a writer


class Hands:
    """The writers of one part and the fonts that its pages are printed in."""

    def __init__(self, part: Part) -> None:
        digits = group_by_writer(frames.select_part(sources.find_drawn_digits(), part))
        others = group_by_writer(frames.select_part(sources.find_other_characters(), part))
        self._digits = [digits[writer] for writer in sorted(digits) if len(digits[writer]) >= MIN_DIGITS]
        self._others = [others[writer] for writer in sorted(others)]
        held_out = part != "training"
        self._fonts = tuple(font for i, font in enumerate(find_fonts()) if (i % 3 == 2) == held_out)

    def page(self, side: int, seed: Sequence[int], scene: Scene | None = None, words: bool = True) -> Page:
        """Compose a page, with or without printed words; the same seed gives the same page."""
        rng = np.random.default_rng(seed)
        digits = self._digits[int(rng.integers(len(self._digits)))]
        others = self._others[int(rng.integers(len(self._others)))]
        if rng.random() < GREEK_SHARE:
            others = [*others, *(write_letter(rng) for _ in range(GREEK_LETTERS))]
        return compose(Hand(digits, others), side, rng, scene, self._fonts if words else ())
