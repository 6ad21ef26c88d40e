"""Kinds of composed pages: paper, lines, pen and light."""

from __future__ import annotations

from dataclasses import dataclass

MAX_ROWS, MAX_DIGITS = 3, 6  # on a page and in a row


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of page comes about; ranges are (least, most).

    Attributes:
        lines: what is printed: "", "ruled", "squared", "margin", "dotted", "baseline", "box", "comb" or "table".
        pen: stroke width in millimetres.
        ink: share of the light that the ink swallows.
        printed: share of the light that printed lines swallow.
        side: the picture's longest side in pixels.
        around: paper around what is written, in millimetres.
        turn: degrees, at most, by which the camera is turned.
        shadow: a shadow with an edge falls on the page.
        coloured: coloured ink on coloured paper.
        dark: light ink on a dark board.
        desk: what share of the light comes back from a desk that the page lies on, and that shows on most sides.
        gleam: a lamp is mirrored by the page.
        holes: the page is punched on its left.
        by_hand: what is drawn around the last row: "", "underline" or "ring".
        touching: neighbours come so near that many touch.
        worn: share of the ink that is missing in places, at most, as a dry marker leaves it.
        most: rows, and digits in each.
    """

    lines: str = ""
    pen: tuple[float, float] = (0.4, 0.8)
    ink: tuple[float, float] = (0.55, 0.9)
    printed: tuple[float, float] = (0.12, 0.45)
    side: tuple[int, int] = (800, 2000)
    around: tuple[float, float] = (4, 25)
    turn: float = 1.0
    shadow: bool = False
    coloured: bool = False
    dark: bool = False
    desk: tuple[float, float] | None = None
    gleam: bool = False
    holes: bool = False
    by_hand: str = ""
    touching: bool = False
    worn: float = 0.0
    most: tuple[int, int] = (MAX_ROWS, MAX_DIGITS)


KINDS = {
    "plain": Kind(),
    "ruled": Kind("ruled"),
    "squared": Kind("squared", turn=0.3),
    "squared, turned": Kind("squared", turn=4.0),
    "squared, dark lines": Kind("squared", printed=(0.45, 0.75)),
    "squared, whole sheet": Kind("squared", side=(1600, 3000), around=(40, 90)),
    "margin": Kind("margin", turn=2.0),
    "dotted": Kind("dotted"),
    "form line": Kind("baseline", printed=(0.4, 0.85)),
    "form box": Kind("box", printed=(0.4, 0.85)),
    "comb boxes": Kind("comb", printed=(0.3, 0.85)),
    "table": Kind("table", printed=(0.4, 0.85)),
    "coloured": Kind(coloured=True),
    "shadow": Kind(shadow=True),
    "shadow, squared": Kind("squared", shadow=True),
    "pencil": Kind(ink=(0.14, 0.35)),
    "thin pen, 12 megapixels": Kind(pen=(0.2, 0.35), side=(4000, 4000), around=(10, 60)),
    "light on dark": Kind(dark=True),
    "marker": Kind(pen=(0.9, 1.5), side=(240, 700), around=(2, 8)),
    "marker, shadow": Kind(pen=(0.9, 1.5), side=(240, 700), around=(2, 8), shadow=True),
    "sheet on a desk": Kind(side=(800, 3000), around=(8, 40), desk=(0.05, 0.5)),
    "ruled sheet on a desk": Kind("ruled", side=(800, 3000), around=(8, 40), desk=(0.05, 0.5)),
    "sheet on a light desk": Kind(side=(800, 3000), around=(8, 40), desk=(0.5, 0.8)),
    "lamp's gleam": Kind(around=(10, 25), gleam=True),
    "punched": Kind("ruled", around=(14, 30), holes=True),
    "underlined": Kind(by_hand="underline"),
    "ringed": Kind(by_hand="ring"),
    "touching": Kind(touching=True),
    "very bold marker": Kind(pen=(1.0, 2.0), side=(100, 300), around=(1, 5), most=(1, 2)),
    "very bold marker, shadow": Kind(pen=(1.0, 2.0), side=(100, 300), around=(1, 5), shadow=True, most=(1, 2)),
    "worn ink": Kind(pen=(0.4, 1.2), side=(250, 800), around=(1, 8), worn=0.85, most=(1, 2)),
}
