"""Draw which digit was taken for which."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

CELL = 44  # pixels of the picture, for each count


def draw_confusion(confusion: list[list[int]], title: str) -> bytes:
    """Draw a confusion matrix.

    Args:
        confusion: 10 rows, the true digits, of 10 counts, the answers.
        title: what was measured.

    Returns:
        A PNG file: right answers on grey, mistakes the redder the more frequent they are.
    """
    worst = max(1, *(confusion[d][a] for d in range(10) for a in range(10) if a != d))
    picture = Image.new("RGB", (CELL * 11, CELL * 12), "white")
    pen = ImageDraw.Draw(picture)
    font = ImageFont.load_default(14)

    def write(column: float, row: float, text: str) -> None:
        pen.text((CELL * (column + 0.5), CELL * (row + 0.5)), text, "black", font, anchor="mm")

    write(5, 0, f"{title}: rows are written, columns are read")
    for digit in range(10):
        write(digit + 1, 1, str(digit))
        write(0, digit + 2, str(digit))
        for answer, count in enumerate(confusion[digit]):
            share = count / worst
            red = (255, round(245 - 125 * share), round(240 - 140 * share))
            left, top = CELL * (answer + 1), CELL * (digit + 2)
            pen.rectangle(
                [left, top, left + CELL - 2, top + CELL - 2],
                "#e4e4e4" if answer == digit else red if count else "#f7f7f7",
            )
            write(answer + 1, digit + 2, str(count) if count else "")
    file = BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()
