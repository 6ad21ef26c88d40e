"""Where lines are printed on paper: rules, squares, form lines, boxes and tables, as pixels of the ink.

A printed line is thin, straight and longer than any stroke of a digit, or it is the side of a box with writing in it.
Lines may be turned by a few degrees, all by the same angle, as on a sheet photographed slightly askew.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

RULE_INK = 0.10  # ink of a printed line, which may be fainter than the pen
RULE_THICKNESS = 0.02  # share of the picture's shorter side; pens on the canvas are thicker
LEAST_THICKNESS = 4.0  # pixels: in small pictures lines are blurred to this
RULE_SPAN = 0.85  # share of the picture's width or height from the beginning to the end of a line across it ...
CLEAN_INK, CLEAN_SPAN, CLEAN_THICKNESS = 0.25, 0.92, 0.015  # the same where a picture may be a drawing
RULE_FILL = 0.6  # ... of which so much must be seen
LATTICE = 3  # such lines in one direction make others likely, ...
LATTICE_FILL = 0.3  # ... of which so much must be seen
SHORTEST = 6.0  # stroke widths: what is shorter is no line
BRIDGE = 2.0  # stroke widths that a pen crossing a line may hide of it
STRAIGHT = 0.03  # of its length: a line bends no further
BENT = 0.012  # of its length between its middle and its ends: a ring drawn by hand, not a printed line
LONG = 1.5  # usual heights of what is written: a line so long and thinner than the pen is printed ...
VERY_LONG = 2.5  # ... and one so long, if it is not thicker
THINNER = 0.8  # of the pen's stroke width
MAX_TURN = 5.0  # degrees
TURN_STEP = 0.25  # degrees
FITTED = 500  # pixels of a line that its turn is fitted to
TURN_SIDE = 320  # pixels: the turn is looked for on a picture shrunk to this
LEAST_WRITING = 1.0  # of a box' reach squared: so much ink inside is writing
LEAST_USUAL = 1.5  # pixels across: a line is no thinner
SLIVER = 0.6  # of the ink around it: a straight run that is a smaller part of it is a stroke's edge
THICKER = 1.4  # of the usual side's thickness: what stands between two lines and is thicker is a one
MEETING = 0.8  # of the usual thickness: lines whose ends come so near, and three pixels, meet
ALIKE = 0.8  # of the longest line: lines so long are judged together ...
MAX_LENGTHS = 6  # ... so often
MAX_LINES = 400  # in one direction; more is a texture
ALONG = 1.6  # of a line's usual thickness: where it is thicker a stroke runs along it


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """A candidate, on the sheared picture, where it runs along a row; verticals on the transposed one.

    Attributes:
        left: the first column.
        length: in columns.
        row: the mean row.
        thickness: the usual number of pixels from top to bottom.
        across: it spans the picture.
        pixels: (height, length) bool, without those where a stroke runs along it; `top` is their first row.
        top: see `pixels`.
    """

    left: int
    length: int
    row: float
    thickness: float
    across: bool
    pixels: np.ndarray
    top: int

    @property
    def bend(self) -> float:
        """How far its middle lies from the straight line between its ends, in pixels."""
        rows, columns = (axis[:: self.pixels.size // FITTED + 1] for axis in np.nonzero(self.pixels))
        if np.unique(columns).size < 3:
            return 0.0
        return abs(float(np.polyfit(columns, rows, 2)[0])) * self.length**2 / 4

    def ends(self, tangent: float) -> np.ndarray:
        """Both ends as rows of (column, row) on the unsheared picture: the line may be turned by part of a step."""
        rows, columns = (axis[:: self.pixels.size // FITTED + 1] for axis in np.nonzero(self.pixels))
        fall, first = np.polyfit(columns, rows, 1) if np.unique(columns).size > 1 else (0.0, self.row - self.top)
        along = np.array([0.0, self.length])
        return np.stack([self.left + along, self.top + first + fall * along + tangent * (self.left + along)], axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """Lines from left to right and from top to bottom."""

    across: list[_Line]
    down: list[_Line]


def printed_lines(ink: np.ndarray, stroke: float) -> np.ndarray | None:
    """Find the printed lines on a photo or a scan.

    Args:
        ink: (height, width) float32 in [0, 1], ink is bright.
        stroke: the ink's mean stroke width in pixels.

    Returns:
        (height, width) bool, true where a line and its seam are; None where there is none. Where a stroke runs along
        a line, the line is thicker than elsewhere and not marked.
    """
    mask = (ink > RULE_INK).astype(np.uint8)
    stroke = max(stroke, 1.0)
    thickest = max(RULE_THICKNESS * min(ink.shape), LEAST_THICKNESS)
    thin = _thin(mask, thickest), _thin(np.ascontiguousarray(mask.T), thickest)
    if not any(_runs(part, stroke).any() for part in thin):
        return None
    tangent = _turn(*thin)
    across, down = _lines(thin[0], tangent, stroke, thickest), _lines(thin[1], -tangent, stroke, thickest)
    if not across and not down:
        return None
    level = _sheared(mask, tangent)
    boxes = _boxes(
        _sides(across, level, _sheared(thin[0], tangent), stroke, thickest),
        _sides(down, _sheared(np.ascontiguousarray(mask.T), -tangent), _sheared(thin[1], -tangent), stroke, thickest),
        tangent,
        mask,
    )
    sure = _Found(
        [line for line in across if line.across] + boxes[0], [line for line in down if line.across] + boxes[1]
    )
    alone = _continued([line for line in across if not line.across], level, thickest)
    flat = sure.across + _form_lines(alone, sure, mask, tangent, stroke)
    lines = _drawn(flat, sure.down, tangent, ink.shape)
    return lines > 0 if lines.any() else None


def lines_across(ink: np.ndarray) -> np.ndarray | None:
    """Find the lines from one side to the other on a picture without grain, where shorter ones may be drawn.

    Args:
        ink: (height, width) float32 in [0, 1], ink is bright.

    Returns:
        As `printed_lines` does.
    """
    mask = (ink > CLEAN_INK).astype(np.uint8)
    _, _, width, height = cv2.boundingRect(mask)
    if width < CLEAN_SPAN * mask.shape[1] and height < CLEAN_SPAN * mask.shape[0]:
        return None
    thickest = max(CLEAN_THICKNESS * min(ink.shape), LEAST_THICKNESS)
    flat = _from_left_to_right(mask, thickest)
    lines = flat | _from_left_to_right(np.ascontiguousarray(mask.T), thickest).T
    return lines if lines.any() else None


def _from_left_to_right(mask: np.ndarray, thickest: float) -> np.ndarray:
    """Find the lines from left to right in a (height, width) mask; return theirs and their seams' pixels, bool.

    Where a stroke runs along a line, the line is thicker than elsewhere; there it stays.
    """
    width = mask.shape[1]
    straight = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, max(8, width // 8)), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(straight, connectivity=8)
    lines = np.zeros_like(mask)
    for label in range(1, count):
        if stats[label, cv2.CC_STAT_WIDTH] < CLEAN_SPAN * width:
            continue
        line = labels == label
        thickness = line.sum(axis=0)
        usual = float(np.median(thickness[thickness > 0]))
        if usual <= thickest:
            lines[line & (thickness <= 2 * usual + 1)] = 1
    return cv2.dilate(lines, np.ones((3, 3), np.uint8)) > 0


def _thin(mask: np.ndarray, thickest: float) -> np.ndarray:
    """What is no thicker from top to bottom than a line may be."""
    kernel = np.ones((int(thickest) + 1 | 1, 1), np.uint8)  # odd: OpenCV's opening with an even one moves by a pixel
    return np.asarray(mask - cv2.morphologyEx(mask, cv2.MORPH_OPEN, kernel))


def _runs(thin: np.ndarray, stroke: float) -> np.ndarray:
    """What is left of thin ink that runs along a row for long, but for the strokes that cross it.

    Each row's runs are joined across gaps of up to `BRIDGE` stroke widths and kept from `SHORTEST` up: a closing and an
    opening by rows of pixels. Ink is rare, so its runs are counted rather than every pixel's neighbours.
    """
    (height, width), row = thin.shape, thin.shape[1] + 1
    bridge, shortest = int(BRIDGE * stroke) // 2, int(SHORTEST * stroke) // 2  # to either side of a pixel
    flat = np.zeros(height * row + 1, bool)  # with a column of paper before each row
    flat[:-1].reshape(height, row)[:, 1:] = thin
    steps = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    starts, stops = steps[::2], steps[1::2]
    if not starts.size:
        return np.zeros_like(thin)
    from_left, to_right = starts % row - 1, row - 1 - (stops - 1) % row
    starts = starts - np.where(from_left <= bridge, from_left, 0)  # what lies beyond the picture counts as ink
    stops = stops + np.where(to_right <= bridge, to_right, 0)
    begins = np.append(True, (starts[1:] - stops[:-1] > 2 * bridge) | (starts[1:] // row > starts[:-1] // row))
    starts, stops = starts[begins], stops[np.append(begins[1:], True)]
    beyond = (starts % row == 1).astype(np.int64) + ((stops - 1) % row == width)
    is_long = stops - starts + beyond * shortest > 2 * shortest
    starts, lengths = starts[is_long], (stops - starts)[is_long]
    flat[:] = False
    flat[np.arange(int(lengths.sum())) + np.repeat(starts - np.cumsum(lengths) + lengths, lengths)] = True
    return flat[:-1].reshape(height, row)[:, 1:].astype(np.uint8)


def _sheared(picture: np.ndarray, tangent: float) -> np.ndarray:
    """Move each column up by `tangent` times its number."""
    if tangent == 0.0:
        return picture
    matrix = np.array([[1.0, 0.0, 0.0], [-tangent, 1.0, 0.0]])
    return cv2.warpAffine(picture, matrix, picture.shape[::-1], flags=cv2.INTER_NEAREST)


def _turn(across: np.ndarray, down: np.ndarray) -> float:
    """By how much lines fall for each column: where the projections along them are sharpest."""
    scale = min(1.0, TURN_SIDE / max(across.shape))
    size = max(1, round(across.shape[1] * scale)), max(1, round(across.shape[0] * scale))
    parts = (
        (cv2.resize(across.astype(np.float32), size, interpolation=cv2.INTER_AREA), 1.0),
        (cv2.resize(down.astype(np.float32), size[::-1], interpolation=cv2.INTER_AREA), -1.0),
    )
    turns = np.tan(np.radians(np.arange(-MAX_TURN, MAX_TURN + TURN_STEP / 2, TURN_STEP)))
    sharp = [sum(float((_sheared(p, sign * t).sum(axis=1) ** 2).sum()) for p, sign in parts) for t in turns]
    best = int(np.argmax(sharp))
    return float(turns[best]) if best != len(turns) // 2 else 0.0


def _lines(thin: np.ndarray, tangent: float, stroke: float, thickest: float) -> list[_Line]:
    """Find straight runs of thin ink along the rows of the sheared picture."""
    sheared = _sheared(thin, tangent)
    straight = _runs(sheared, stroke)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(straight, connectivity=8)
    if not 1 < count <= MAX_LINES:
        return []
    width = thin.shape[1]
    found = []
    for label in range(1, count):
        left, top, length, height = (int(v) for v in stats[label, : cv2.CC_STAT_AREA])
        pixels = labels[top : top + height, left : left + length] == label
        column = pixels.sum(axis=0)
        usual = float(np.median(column))
        beside = int(usual) + 2
        columns = slice(left, left + length)
        above, below = (
            sheared[max(0, top - beside) : top, columns],
            sheared[top + height : top + height + beside, columns],
        )
        # Only what hangs together with the run: a neighbouring line is none of its ink.
        hanging = [np.minimum.accumulate(ink, axis=0).sum(axis=0) for ink in (above[::-1], below)]
        around = hanging[0] + sheared[top : top + height, columns].sum(axis=0) + hanging[1]
        if usual < SLIVER * float(np.median(around)):
            continue  # the flat part of a thicker stroke
        row = top + float(np.median(np.nonzero(pixels)[0]))
        if LEAST_USUAL <= usual <= thickest:
            found.append(_Line(left, length, row, usual, False, pixels & (column <= ALONG * usual + 1), top))
    levels = _levels(found, thickest)
    fills = [_seen_of(level) if _reach_of(level) >= RULE_SPAN * width else 0 for level in levels]
    fewest = LATTICE_FILL if sum(fill >= RULE_FILL * width for fill in fills) >= LATTICE else RULE_FILL
    lines = []
    for level, fill in zip(levels, fills, strict=True):
        if fill >= fewest * width:
            lines.append(_whole(level, sheared))
        else:
            lines += [line for line in level if len(line.pixels) <= 2 * thickest + STRAIGHT * line.length]
    return lines


def _seen_of(level: list[_Line]) -> int:
    """How many columns of a line are seen, from all its parts."""
    return sum(line.length for line in level)


def _reach_of(level: list[_Line]) -> int:
    """How many columns lie between the first part's beginning and the last one's end."""
    return max(line.left + line.length for line in level) - min(line.left for line in level)


def _whole(level: list[_Line], sheared: np.ndarray) -> _Line:
    """A line across the picture from what was seen of it: between its parts, whatever is no thicker."""
    longest = max(level, key=lambda line: line.length)
    top, bottom = min(line.top for line in level), max(line.top + len(line.pixels) for line in level)
    band = sheared[top:bottom] > 0
    seen = band & (band.sum(axis=0) <= ALONG * longest.thickness + 1)
    return replace(longest, left=0, length=band.shape[1], across=True, pixels=seen, top=top)


def _levels(lines: list[_Line], thickest: float) -> list[list[_Line]]:
    """Group candidates that lie on one straight line: parts of it, where strokes hide the rest."""
    levels: list[list[_Line]] = []
    for line in sorted(lines, key=lambda line: line.row):
        if levels and line.row - levels[-1][-1].row <= thickest / 2:
            levels[-1].append(line)
        else:
            levels.append([line])
    return levels


def _mended(lines: list[_Line], stroke: float, thickest: float) -> list[_Line]:
    """Join the parts of a line that a stroke hides for a short way."""
    mended = []
    for level in _levels(lines, thickest):
        whole = sorted(level, key=lambda line: line.left)
        for line in whole[1:]:
            before = whole[0]
            near = line.left - before.left - before.length <= SHORTEST * stroke
            if near and abs(line.row - before.row) <= max(line.thickness, before.thickness):
                whole[0] = _joined(before, line)
            else:
                mended.append(before)
                whole[0] = line
        mended.append(whole[0])
    return mended


def _sides(lines: list[_Line], sheared: np.ndarray, thin: np.ndarray, stroke: float, thickest: float) -> list[_Line]:
    """Lines that may be sides of boxes: whole, although strokes touch or hide them."""
    return [_lengthened(line, sheared, thin) for line in _mended(lines, stroke, thickest)]


def _lengthened(line: _Line, sheared: np.ndarray, thin: np.ndarray) -> _Line:
    """Let a line go on at both ends as far as there is ink: where a stroke touches it, the rest was not found."""
    if line.across:
        return line
    rows = slice(line.top, line.top + len(line.pixels))
    inked = np.concatenate([[False], sheared[rows].any(axis=0), [False]])
    gaps = np.flatnonzero(~inked) - 1
    left = int(gaps[gaps < line.left].max()) + 1
    right = int(gaps[gaps >= line.left + line.length].min())
    pixels = thin[rows, left:right] > 0
    pixels &= pixels.sum(axis=0) <= ALONG * line.thickness + 1
    pixels[:, line.left - left : line.left - left + line.length] |= line.pixels
    return replace(line, left=left, length=right - left, pixels=pixels)


def _continued(lines: list[_Line], sheared: np.ndarray, thickest: float) -> list[_Line]:
    """Join the parts of a line that strokes hide: unlike between the bars of two sevens, there is ink all the way."""
    continued = []
    for level in _levels(lines, thickest):
        parts = sorted(level, key=lambda line: line.left)
        whole = parts[0]
        for part in parts[1:]:
            top, bottom = min(whole.top, part.top), max(whole.top + len(whole.pixels), part.top + len(part.pixels))
            if sheared[top:bottom, whole.left + whole.length : part.left].any(axis=0).all():
                whole = _joined(whole, part)
            else:
                continued.append(whole)
                whole = part
        continued.append(whole)
    return continued


def _joined(first: _Line, other: _Line) -> _Line:
    top, left = min(first.top, other.top), min(first.left, other.left)
    bottom = max(first.top + len(first.pixels), other.top + len(other.pixels))
    right = max(first.left + first.length, other.left + other.length)
    pixels = np.zeros((bottom - top, right - left), bool)
    for line in (first, other):
        rows, columns = line.top - top, line.left - left
        pixels[rows : rows + len(line.pixels), columns : columns + line.length] |= line.pixels
    longer = max(first, other, key=lambda line: line.length)
    return replace(longer, left=left, length=right - left, pixels=pixels, top=top, across=first.across or other.across)


def _drawn(across: list[_Line], down: list[_Line], tangent: float, shape: tuple[int, ...]) -> np.ndarray:
    """The (height, width) uint8 pixels of lines and their seams on the picture itself."""

    def of(lines: list[_Line], size: tuple[int, ...], fall: float) -> np.ndarray:
        canvas = np.zeros(size, np.uint8)
        for line in lines:
            area = canvas[line.top : line.top + len(line.pixels), line.left : line.left + line.length]
            area |= line.pixels.astype(np.uint8)
        return _sheared(canvas, -fall)

    both = of(across, shape, tangent) | of(down, shape[::-1], -tangent).T
    return np.asarray(cv2.dilate(both, np.ones((3, 3), np.uint8)))


def _hand(written: np.ndarray, stroke: float, cut: float) -> tuple[float, float]:
    """How high and how thick what is written is, cuts of so many rows closed; (0, 0) where there are only dots."""
    closed = cv2.morphologyEx(written, cv2.MORPH_CLOSE, np.ones((2 * int(ALONG * cut / 2) + 7, 3), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
    heights = stats[1:, cv2.CC_STAT_HEIGHT].astype(np.float64)
    heights = heights[heights > 2 * stroke]
    if heights.size == 0:
        return 0.0, 0.0
    tall = heights[heights >= 0.5 * np.percentile(heights, 90)]
    distance = cv2.distanceTransform(written, cv2.DIST_L2, cv2.DIST_MASK_5)
    return float(np.median(tall)), 4.0 * (float(distance[distance > 0].mean()) - 0.5)


def _form_lines(lines: list[_Line], sure: _Found, mask: np.ndarray, tangent: float, stroke: float) -> list[_Line]:
    """Choose lines from left to right that are too long for a stroke beside what is written, the longest first.

    Down, a one or a stem may be as long.
    """
    chosen: list[_Line] = []
    left = sorted((line for line in lines if line.bend <= BENT * line.length), key=lambda line: -line.length)
    for _ in range(MAX_LENGTHS):
        alike = [line for line in left if line.length >= ALIKE * left[0].length]
        if not alike:
            break
        written = mask & ~_drawn(sure.across + chosen + alike, sure.down, tangent, mask.shape)
        height, pen = _hand(written, stroke, max(line.thickness for line in alike))
        printed = [line for line in alike if _too_long(line, height, pen)]
        chosen += printed
        if len(printed) < len(alike):
            break
        left = left[len(alike) :]
    return chosen


def _too_long(line: _Line, height: float, pen: float) -> bool:
    least = LONG if line.thickness <= THINNER * pen else VERY_LONG
    return height > 0.0 and line.length >= least * height


def _boxes(across: list[_Line], down: list[_Line], tangent: float, mask: np.ndarray) -> tuple[list[_Line], list[_Line]]:
    """Choose the sides of boxes: lines both of whose ends meet lines of the other direction, with writing inside."""
    lines = across + down
    if len(across) < 2 or len(down) < 2:
        return [], []
    flat = np.array([line in across for line in lines])
    ends = np.array(
        [line.ends(tangent if f else -tangent)[:, :: 1 if f else -1] for line, f in zip(lines, flat, strict=True)]
    )
    thickness = np.array([line.thickness for line in lines])
    reach = MEETING * float(np.median(thickness)) + 3.0
    meets = np.zeros((len(lines), 2, len(lines)), bool)
    for j in range(len(lines)):
        start, stop = ends[j]
        along = (stop - start) / np.hypot(*(stop - start))
        offset = ends - start
        position = offset @ along
        aside = np.abs(offset @ np.array([-along[1], along[0]]))
        meets[:, :, j] = (aside <= reach) & (position >= -reach) & (position <= lines[j].length + reach)
        meets[flat == flat[j], :, j] = False
    whole = np.array([line.across for line in lines])
    kept = np.ones(len(lines), bool)
    while True:
        held = kept & (whole | (meets[:, 0, kept].any(axis=1) & meets[:, 1, kept].any(axis=1)))
        uprights = thickness[held & ~flat]
        held &= flat | (thickness <= THICKER * float(np.median(uprights if uprights.size else thickness)))
        if held.sum() == kept.sum():
            break
        kept = held
    if kept.sum() < 4:
        return [], []
    low, high = ends[kept].reshape(-1, 2).min(axis=0).astype(int), ends[kept].reshape(-1, 2).max(axis=0).astype(int)
    sides = (
        [line for line, f, k in zip(lines, flat, kept, strict=True) if f and k],
        [line for line, f, k in zip(lines, flat, kept, strict=True) if k and not f],
    )
    written = mask & ~_drawn(*sides, tangent, mask.shape)
    inside = written[max(low[1], 0) : high[1], max(low[0], 0) : high[0]]
    return sides if int(inside.sum()) >= LEAST_WRITING * reach * reach else ([], [])
