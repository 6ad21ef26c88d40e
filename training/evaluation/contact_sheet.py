"""Contact sheets: every picture that was read wrongly, with what the networks saw and said, to be looked at.

They show pictures of data sets, so they are written where they are told to and never belong into the project.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont, PngImagePlugin

from digit_core.command.pictures import name_in_words
from digit_core.errors import OutputError
from digit_core.figures.colours import MARK_COLOUR
from digit_core.page.decode import open_picture
from digit_core.types import Reading
from training.data.samples import Sample

THUMBNAIL = (200, 150)  # Pixels; a picture is shrunk to this width and height at most.
FRAME_SIDE = 48  # Pixels of a side with which a 28x28 frame is drawn.
FRAME_GAPS = (3, 2)  # Pixels between two frames, across and down.
FRAMES_IN_ROW, FRAME_ROWS = 4, 2  # Frames shown of one picture.
MAX_FRAMES = FRAMES_IN_ROW * FRAME_ROWS
MAX_VOTES = 5  # Shapes whose two votes are written out, as many as a line has room for.
LINES = 4  # Lines of text below the frames.
LINE = 13  # Pixels of the height of one line of text.
LINE_LENGTH, FIGURES_LENGTH = 34, 36  # Characters in a line at most: of words, and of figures, which are narrower.
TEXT_SIZE, TITLE_SIZE = 11, 14  # Points of the writing on a tile and above all tiles.
MARGIN = 2  # Pixels between a tile's side and what is on it.
GAP = 4  # Pixels above the frames, below the text, and around a sheet's title.
# Pixels of the width and height that one failure takes.
TILE = (THUMBNAIL[0] + 4 * MARGIN, THUMBNAIL[1] + FRAME_ROWS * FRAME_SIDE + LINES * LINE + 3 * GAP)
TILE_EDGE = "#cccccc"
COLUMNS = 6
TILES_ON_SHEET = 48
TITLE_HEIGHT, TITLE_WIDTH = 24, 420  # Pixels; a sheet of fewer tiles is as wide as its title needs.
SOFTWARE, OURS = "Software", "training.evaluation.contact_sheet"  # a PNG text, by which a sheet is known as ours


@dataclass(frozen=True, slots=True, eq=False)
class Failure:
    """One picture that was not read as it should be: its tile, and the sheet it belongs on."""

    sheet: str
    tile: Image.Image


def tile(sample: Sample, reading: Reading | None, given: str) -> Image.Image:
    """Draw a failure: thumbnail with boxes, frames, then name, truth and answer, confidences and digitness.

    Args:
        sample: the picture and its truth.
        reading: None where nothing was found.
        given: the answer as text.
    """
    image = open_picture(sample.picture).convert("RGB")
    scale = min(THUMBNAIL[0] / image.width, THUMBNAIL[1] / image.height)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    image = image.resize(size, Image.Resampling.NEAREST if scale > 1 else Image.Resampling.LANCZOS)
    shapes = reading.digits if reading else ()
    pen = ImageDraw.Draw(image)
    for shape in shapes:
        box = shape.box
        corners = [round(side * scale) for side in (box.left, box.top, box.right - 1, box.bottom - 1)]
        pen.rectangle([corners[0], corners[1], max(corners[2], corners[0]), max(corners[3], corners[1])], None, "red")
    drawn = Image.new("RGB", TILE, "white")
    drawn.paste(image, (MARGIN, MARGIN))
    for i, shape in enumerate(shapes[:MAX_FRAMES]):
        frame = Image.fromarray(np.rint(255 * shape.frame).astype(np.uint8)).resize((FRAME_SIDE, FRAME_SIDE))
        row, column = divmod(i, FRAMES_IN_ROW)
        left, top = ((FRAME_SIDE + gap) * at for gap, at in zip(FRAME_GAPS, (column, row), strict=True))
        drawn.paste(frame, (MARGIN + left, THUMBNAIL[1] + GAP + top))
    confident = " ".join(f"{100 * shape.prediction.confidence:.0f}" for shape in shapes[:MAX_FRAMES])
    digit_like = " ".join(f"{100 * shape.digitness:.0f}" for shape in shapes[:MAX_FRAMES])
    votes = ", ".join("/".join(str(shape.votes[n].digit) for n in ("compact", "deep")) for shape in shapes[:MAX_VOTES])
    lines = (
        sample.name[-LINE_LENGTH:],
        f"{sample.truth or 'none'} > {given or 'nothing'}"[:LINE_LENGTH],
        f"sure {confident} | digit {digit_like}"[:FIGURES_LENGTH],
        f"votes {votes}",
    )
    top = TILE[1] - LINES * LINE - GAP
    pen, font = ImageDraw.Draw(drawn), ImageFont.load_default(TEXT_SIZE)
    for i, line in enumerate(lines):
        colour = MARK_COLOUR if i == 1 else "black"
        pen.text((MARGIN, top + LINE * i), line.encode("ascii", "replace").decode(), colour, font)
    pen.rectangle((0, 0, TILE[0] - 1, TILE[1] - 1), None, TILE_EDGE)
    return drawn


def check_sheets(folder: Path) -> None:
    """Make sure that sheets in a folder take no picture's place, before anything is read.

    Raises:
        OutputError: the folder is a file, or holds a PNG file that is no such sheet.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{name_in_words(folder)!r} is a file, and the sheets need a folder.")
    for path in sorted(folder.glob("*.png")):
        if not _is_sheet(path):
            raise OutputError(f"{name_in_words(path)!r} is no sheet of failures: name a folder without other pictures.")


def _is_sheet(path: Path) -> bool:
    try:
        with Image.open(path, formats=["PNG"]) as picture:
            return picture.info.get(SOFTWARE) == OURS
    except OSError:
        return False


def write_sheets(failures: Sequence[Failure], folder: Path) -> list[Path]:
    """Write the failures, by sheet, as PNG files; a full sheet goes on on another.

    Returns:
        The files, in order.
    """
    folder.mkdir(parents=True, exist_ok=True)
    about = PngImagePlugin.PngInfo()
    about.add_text(SOFTWARE, OURS)
    by_sheet: dict[str, list[Image.Image]] = {}
    for failure in failures:
        by_sheet.setdefault(failure.sheet, []).append(failure.tile)
    written: list[Path] = []
    for sheet, tiles in by_sheet.items():
        for start in range(0, len(tiles), TILES_ON_SHEET):
            some = tiles[start : start + TILES_ON_SHEET]
            rows = -(-len(some) // COLUMNS)
            width = TILE[0] * min(COLUMNS, len(some))
            paper = Image.new("RGB", (max(width, TITLE_WIDTH), TITLE_HEIGHT + TILE[1] * rows), "white")
            title = f"{sheet}: {len(tiles)} failures, from {start + 1}"
            ImageDraw.Draw(paper).text((GAP, GAP), title, "black", ImageFont.load_default(TITLE_SIZE))
            for i, one in enumerate(some):
                paper.paste(one, (TILE[0] * (i % COLUMNS), TITLE_HEIGHT + TILE[1] * (i // COLUMNS)))
            part = f"-{start // TILES_ON_SHEET + 1}" if len(tiles) > TILES_ON_SHEET else ""
            name = re.sub(r"[^A-Za-z0-9]+", "-", sheet).strip("-")
            path = _number_if_taken(written, folder / f"{name}{part}.png")
            paper.save(path, pnginfo=about)
            written.append(path)
    return written


def _number_if_taken(written: Sequence[Path], path: Path) -> Path:
    """Return the path, with a number where an earlier sheet of a similar title has it already."""
    alike, count = path, 1
    while alike in written:
        count += 1
        alike = path.with_stem(f"{path.stem}_{count}")
    return alike
