"""The frames that a run learns from and is chosen by, kind by kind, and their cache.

Drawing all frames takes many minutes, so they are kept in the folder of runs, under names that change with the code
that draws them and with the data they are drawn from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np

from digit_core.files import whole_file
from digit_core.loading import ONNX_NAME
from digit_core.models.manifest import MODELS_DIR
from training.data import finder_frames, frames, own, samples, sources, strokes
from training.data.digests import (
    DRAWING_FILES,
    digest_of,
    digest_of_digits,
    digest_of_files,
    digest_of_others,
    digests_of_pages,
)
from training.data.frames import FrameSet
from training.data.sources import MARK, NOT_A_DIGIT
from training.data.strokes import Drawing
from training.errors import DataError
from training.recipe import Recipe

# How each validation digit is drawn: where on the canvas, the brush in pixels, and the source of chance.
VALIDATION_DRAWINGS: tuple[tuple[strokes.Placement, int, int], ...] = (
    ("fill", 20, 21),
    ("off", 20, 22),
    ("fill", 12, 23),
    ("off", 28, 24),
)
# Pages that validation finds characters on.
VALIDATION_PAGES = 400
# Signs that validation tells.
VALIDATION_SIGNS = 1_000
# The validation sets that hold no digits.
NO_DIGITS = frozenset({"letters", "signs", "groupings", "marks"})


def training_kinds(mnist_file: Path | None, extra: Path | None, recipe: Recipe) -> dict[str, FrameSet]:
    """Gather what the networks learn from: "mnist", "strokes", "others", "signs", "cuts", "papers", "found", "extra".

    What the recipe leaves out is neither looked for nor downloaded.

    Args:
        mnist_file: see `sources.find_mnist`.
        extra: the folder of one's own pictures, see `own.find_extra`; None is none.
        recipe: which kinds, and how many of each.

    Raises:
        DataError: a data set is missing or damaged.
    """
    kinds: dict[str, FrameSet] = {}
    if recipe.needs_mnist:
        mnist, held_out = _mnist(mnist_file)
        pictures, labels = mnist.x_train[~held_out], mnist.y_train[~held_out]
    if recipe.mnist_share:
        kinds["mnist"] = frames.from_mnist(pictures, labels)
    if extra:
        kinds["extra"] = own.select_part(own.read_extra(extra), "training" if not kinds else None)

    @cache
    def digits() -> list[Drawing]:
        return frames.select_part(sources.find_drawn_digits(), "training")

    def draw_strokes() -> FrameSet:
        return frames.training_frames(digits(), recipe.copies, seed=11, habit_share=recipe.habit_share)

    def draw_others() -> FrameSet:
        characters = frames.select_part(sources.find_other_characters(), "training")
        known = [c for c in characters if c.label not in frames.HELD_OUT_KINDS]
        return frames.other_frames(known, digits(), recipe.other_copies, seed=12)

    def draw_signs() -> FrameSet:
        characters = frames.select_part(sources.find_other_characters(), "training")
        return frames.sign_frames(characters, recipe.signs, seed=16)

    def cut_numbers() -> FrameSet:
        return frames.cut_frames(digits(), recipe.numbers, seed=13)

    written = digest_of_digits() if recipe.needs_strokes else ""
    if recipe.stroke_share:
        amounts = f"{recipe.copies} {recipe.habit_share}"
        kinds["strokes"] = keep_frames("strokes", draw_strokes, written, amounts)
    if recipe.other_share:
        kinds["others"] = keep_frames("others", draw_others, written, digest_of_others(), recipe.other_copies)
    if recipe.sign_share:
        kinds["signs"] = keep_frames("signs", draw_signs, digest_of_others(), recipe.signs)
    if recipe.cut_share:
        kinds["cuts"] = keep_frames("cuts", cut_numbers, written, recipe.numbers)
    if recipe.paper_share:
        used = hashlib.sha256(pictures.tobytes() + labels.tobytes()).hexdigest()
        draw_papers = partial(frames.worn_frames, pictures, labels, recipe.papers, seed=14)
        kinds["papers"] = keep_frames("papers", draw_papers, used, recipe.papers)
    if recipe.found_share:
        kinds["found"] = _find("training", recipe.pages, seed=15)
    if not any(map(len, kinds.values())):
        raise DataError("There is nothing to learn from: leave fewer kinds out, or add more pictures.")
    return kinds


def validation_sets(
    mnist_file: Path | None, recipe: Recipe | None = None, extra: Path | None = None
) -> dict[str, FrameSet]:
    """Gather what the networks are chosen and calibrated by: "mnist" first, drawings by name, "found", and `NO_DIGITS`.

    Args:
        mnist_file: see `sources.find_mnist`.
        recipe: needs nothing that it leaves out; None leaves out what the finder finds.
        extra: one's own pictures; a tenth of them, "extra", validates a run that learns from nothing else.

    Raises:
        DataError: a data set is missing or damaged.
    """
    recipe = recipe or Recipe("compact").without(["found"])
    sets: dict[str, FrameSet] = {}
    if recipe.needs_mnist:
        mnist, held_out = _mnist(mnist_file)
        sets["mnist"] = frames.from_mnist(mnist.x_train[held_out], mnist.y_train[held_out])

    @cache
    def digits() -> list[Drawing]:
        return frames.select_part(sources.find_drawn_digits(), "validation")

    def draw_set(placement: strokes.Placement, brush: int, seed: int) -> FrameSet:
        return frames.draw_for_measuring(digits(), placement, brush, seed)

    if recipe.needs_strokes:
        for placement, brush, seed in VALIDATION_DRAWINGS:
            title = f"validation-{placement}-{brush}"
            sets[f"{placement} {brush}"] = keep_frames(
                title, partial(draw_set, placement, brush, seed), digest_of_digits()
            )
    if recipe.other_share:
        sets["letters"] = keep_frames("validation-letters", _letters, digest_of_others())
    if recipe.sign_share:
        sets["signs"] = keep_frames("validation-signs", _signs, digest_of_others(), VALIDATION_SIGNS)
    if recipe.found_share:
        pages = _find("validation", VALIDATION_PAGES, seed=26)
        sets["found"] = pages.take(np.flatnonzero(pages.labels >= 0))
        sets["groupings"] = pages.take(np.flatnonzero(pages.labels == NOT_A_DIGIT))
        sets["marks"] = pages.take(np.flatnonzero(pages.labels == MARK))
    if extra and not sets:
        sets |= own.by_kind(own.select_part(own.read_extra(extra), "validation"))
    if not sets.keys() - NO_DIGITS:
        raise DataError("There is nothing to choose a network by: leave fewer kinds out.")
    return sets


def keep_frames(title: str, draw: Callable[[], FrameSet], *belongings: object) -> FrameSet:
    """Return drawn frames from the cache, or draw them for it.

    Args:
        title: of the kind.
        draw: makes the frames.
        belongings: what they depend on besides the code that draws them: digests of data, amounts.
    """
    depends = "\0".join([digest_of_files(DRAWING_FILES), *map(str, belongings)])
    path = sources.run_dir() / f"frames-{title}-{hashlib.sha256(depends.encode()).hexdigest()[:12]}.npz"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        drawn = draw()
        arrays = {"frames": drawn.frames, "labels": drawn.labels, "writers": drawn.writers}
        with whole_file(path) as unfinished:
            np.savez_compressed(unfinished, allow_pickle=False, **arrays)
    with np.load(path) as stored:
        return FrameSet(stored["frames"], stored["labels"], stored["writers"])


def _letters() -> FrameSet:
    strangers = frames.drop_ambiguous(samples.report_characters("validation"))
    letters = [replace(c, label=str(NOT_A_DIGIT)) for c in strangers if c.label not in frames.SIGNS]
    return frames.draw_for_measuring(letters, "fill", 20, seed=25)


def _signs() -> FrameSet:
    return frames.sign_frames(samples.report_characters("validation"), VALIDATION_SIGNS, seed=27)


def _find(part: frames.Part, pages: int, seed: int) -> FrameSet:
    """What the finder finds on composed pages.

    Raises:
        DataError: there is no finder.
    """
    weights = MODELS_DIR / "finder" / ONNX_NAME
    if not weights.is_file():
        raise DataError(
            f"There is no finder to learn from, {weights} does not exist: train one with python -m training.finder, or "
            "leave what it finds out with --without found."
        )
    belongings = [digest_of(weights), *digests_of_pages().values(), pages]
    return keep_frames(f"found-{part}", partial(finder_frames.collect_finder_frames, part, pages, seed), *belongings)


def _mnist(file: Path | None) -> tuple[sources.Mnist, np.ndarray]:
    """Load MNIST and tell which of its training rows only validate, (60000,) bool."""
    mnist = sources.find_mnist(file)
    held_out = np.zeros(len(mnist.x_train), bool)
    held_out[sources.mnist_validation_rows()] = True
    return mnist, held_out
