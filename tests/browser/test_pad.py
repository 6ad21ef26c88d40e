"""The paper's tools in a real browser: Undo and Redo, the eraser, the keyboard, the wide sheet."""

import pytest
from playwright.sync_api import expect

from tests.support.drawings import strokes_of
from ui.tabs.draw import HINT

MIDDLE_BAR = [(60, 140), (220, 140)]


def use(page, tool):
    page.locator("#draw-canvas").get_by_role("button", name=tool).click()


def ink_box(page):
    """Left, top, right and bottom of what is dark on the paper, or None."""
    return page.locator("#draw-canvas canvas").evaluate(
        """canvas => {
            const { width, height } = canvas;
            const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
            let box = null;
            for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
                if (data[4 * (y * width + x)] > 127) continue;
                const [left, top, right, bottom] = box ?? [x, y, x, y];
                box = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
            }
            return box;
        }"""
    )


def pixels(page):
    return page.locator("#draw-canvas canvas").evaluate("canvas => canvas.toDataURL()")


def touch(page, *strokes):
    """Draw with a finger, in the paper's own pixels."""
    canvas = page.locator("#draw-canvas canvas")
    paper = canvas.bounding_box()
    scale = paper["width"] / int(canvas.get_attribute("width"))
    finger = page.context.new_cdp_session(page)
    for stroke in strokes:
        start, *rest = [{"x": paper["x"] + x * scale, "y": paper["y"] + y * scale} for x, y in stroke]
        finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [start]})
        for point in rest:
            finger.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
        finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


@pytest.fixture
def phone(visit):
    return visit(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)


def test_undo_takes_back_one_stroke_at_a_time_and_redo_brings_it_back(page, draw, drawing_answer):
    draw(page, strokes=strokes_of("71"))
    whole = pixels(page)
    use(page, "Undo")
    assert drawing_answer(page) == "7"
    use(page, "Undo")
    expect(page.locator("#draw-answer")).to_have_text(HINT)

    use(page, "Redo")
    assert drawing_answer(page) == "7"
    use(page, "Redo")

    assert drawing_answer(page) == "71"
    assert pixels(page) == whole


def test_undo_takes_back_clear_too(page, draw, drawing_answer):
    draw(page, "4")
    use(page, "Clear")
    expect(page.locator("#draw-answer")).to_have_text(HINT)

    use(page, "Undo")

    assert drawing_answer(page) == "4"


def test_shortcuts_work_right_after_the_mouse(page, draw, drawing_answer):
    draw(page, strokes=strokes_of("71"))

    page.keyboard.press("Control+z")
    assert drawing_answer(page) == "7"
    page.keyboard.press("Control+Shift+Z")
    assert drawing_answer(page) == "71"
    page.keyboard.press("Meta+z")
    page.keyboard.press("Control+y")
    assert drawing_answer(page) == "71"
    page.keyboard.press("e")
    expect(page.get_by_role("button", name="Eraser")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Delete")
    expect(page.locator("#draw-answer")).to_have_text(HINT)
    page.keyboard.press("Control+z")
    page.keyboard.press("Escape")
    expect(page.locator("#draw-answer")).to_have_text(HINT)


def test_keys_pressed_elsewhere_leave_the_paper_alone(page, draw, drawing_answer):
    draw(page, "7")
    page.locator("#vote-threshold input[type=number]").focus()

    page.keyboard.press("Delete")
    page.keyboard.press("Escape")

    assert drawing_answer(page) == "7"


def test_a_digit_can_be_drawn_with_the_keyboard_alone(page, drawing_answer):
    canvas = page.locator("#draw-canvas canvas")
    canvas.focus()
    expect(canvas).to_have_accessible_name("Paper: draw a digit here")
    keys = [*["ArrowUp"] * 7, *["ArrowLeft"] * 5, "Space", *["ArrowRight"] * 10, *["ArrowDown"] * 14, "Space"]

    for key in keys:
        page.keyboard.press(key)
    page.keyboard.press("ArrowLeft")

    assert drawing_answer(page) == "7"
    assert ink_box(page) == pytest.approx([80, 60, 200, 220], abs=2)
    expect(page.locator("#draw-canvas .nib")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(page.locator("#draw-answer")).to_have_text(HINT)


def test_wide_paper_reads_a_number_and_keeps_the_ink_in_the_middle(page, draw, drawing_answer):
    draw(page, "3")
    square = pixels(page)
    box = ink_box(page)

    use(page, "Wide")

    canvas = page.locator("#draw-canvas canvas")
    assert canvas.evaluate("canvas => [canvas.width, canvas.height]") == [700, 280]
    assert ink_box(page) == [box[0] + 210, box[1], box[2] + 210, box[3]]
    draw(page, strokes=[[(x + shift, y) for x, y in stroke] for shift in (20, 420) for stroke in strokes_of("7")])
    assert drawing_answer(page) == "737"
    for _ in range(2):
        use(page, "Undo")
    use(page, "Wide")
    assert canvas.evaluate("canvas => [canvas.width, canvas.height]") == [280, 280]
    assert pixels(page) == square
    assert drawing_answer(page) == "3"


def test_what_the_square_sheet_cuts_off_comes_back_with_the_wide_one(page, draw, drawing_answer):
    use(page, "Wide")
    draw(page, strokes=strokes_of("174", width=700))
    number = pixels(page)

    use(page, "Wide")
    assert drawing_answer(page) == "7"
    use(page, "Wide")

    assert drawing_answer(page) == "174"
    assert pixels(page) == number


def test_wide_paper_fits_a_phone_and_takes_a_finger(phone, drawing_answer):
    use(phone, "Wide")

    touch(phone, *strokes_of("47", width=700))

    assert drawing_answer(phone) == "47"
    assert phone.evaluate("window.scrollY") == 0
    assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    paper = phone.locator("#draw-canvas canvas").bounding_box()
    assert paper["width"] / paper["height"] == pytest.approx(2.5, abs=0.02)
