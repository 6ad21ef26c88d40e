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


def test_redo_brings_back_what_undo_took(page, draw, drawing_answer):
    draw(page, strokes=strokes_of("71"))
    whole = pixels(page)
    use(page, "Undo")
    use(page, "Undo")

    use(page, "Redo")
    assert drawing_answer(page) == "7"
    use(page, "Redo")

    assert drawing_answer(page) == "71"
    assert pixels(page) == whole


def test_a_new_stroke_ends_what_could_be_redone(page, draw):
    draw(page, "7")
    use(page, "Undo")
    draw(page, strokes=[MIDDLE_BAR])
    bar = pixels(page)

    use(page, "Redo")

    assert pixels(page) == bar


def test_undo_takes_back_clear_too(page, draw, drawing_answer):
    draw(page, "4")
    use(page, "Clear")
    expect(page.locator("#draw-answer")).to_have_text(HINT)

    use(page, "Undo")

    assert drawing_answer(page) == "4"


def test_the_eraser_takes_ink_away_as_wide_as_the_brush_and_can_be_undone(page, draw, drawing_answer):
    draw(page, strokes=[*strokes_of("7"), MIDDLE_BAR])
    barred = pixels(page)
    use(page, "Eraser")
    expect(page.get_by_role("button", name="Eraser")).to_have_attribute("aria-pressed", "true")

    draw(page, strokes=[[(40, 200), (240, 200)]])

    dark = "(canvas, y) => canvas.getContext('2d').getImageData(0, y, 280, 1).data.some(value => value < 128)"
    canvas = page.locator("#draw-canvas canvas")
    seen = [canvas.evaluate(f"canvas => ({dark})(canvas, {y})") for y in (187, 193, 207, 213)]
    assert seen == [True, False, False, True]
    use(page, "Undo")
    assert pixels(page) == barred
    use(page, "Redo")
    assert pixels(page) != barred


def test_a_finger_erases_and_what_was_rubbed_out_whole_is_blank_paper(phone):
    touch(phone, MIDDLE_BAR)
    assert ink_box(phone)
    use(phone, "Eraser")
    phone.get_by_role("slider", name="Brush width").fill("36")

    touch(phone, [(40, 140), (240, 140)])

    assert ink_box(phone) is None
    expect(phone.locator("#draw-answer")).to_have_text(HINT)


def test_the_other_end_of_a_stylus_erases(page, draw):
    draw(page, strokes=[MIDDLE_BAR])
    page.get_by_role("slider", name="Brush width").fill("36")

    page.locator("#draw-canvas canvas").evaluate(
        """canvas => {
            canvas.setPointerCapture = () => {}; // a browser captures real pointers only
            const { left, top, width } = canvas.getBoundingClientRect();
            const stylus = (kind, x, button) => canvas.dispatchEvent(new PointerEvent(kind, {
                pointerId: 9, pointerType: "pen", button, bubbles: true, cancelable: true,
                clientX: left + x * width / 280, clientY: top + 140 * width / 280,
            }));
            stylus("pointerdown", 40, 5);
            stylus("pointermove", 240, -1);
            stylus("pointerup", 240, 5);
        }"""
    )

    assert ink_box(page) is None
    use(page, "Undo")
    assert ink_box(page)


def test_erasing_blank_paper_leaves_nothing_to_undo(page, draw):
    use(page, "Eraser")
    draw(page, strokes=[MIDDLE_BAR])
    use(page, "Eraser")
    draw(page, "7")

    use(page, "Undo")
    use(page, "Undo")
    use(page, "Redo")

    assert ink_box(page)


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


def test_two_arrows_held_together_go_diagonally_and_shift_goes_slowly(page):
    page.locator("#draw-canvas canvas").focus()

    page.keyboard.press("Space")
    page.keyboard.down("ArrowUp")
    page.keyboard.down("ArrowRight")
    page.keyboard.up("ArrowUp")
    page.keyboard.up("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Space")

    assert ink_box(page) == pytest.approx([130, 110, 160, 150], abs=2)


def test_who_comes_by_keyboard_sees_the_focus_and_what_the_keys_do(page, draw):
    expect(page.locator("#draw-canvas .keys")).to_have_css("opacity", "0")
    page.locator("#draw-canvas").get_by_role("button", name="Undo").focus()

    page.keyboard.press("Shift+Tab")

    expect(page.locator("#draw-canvas canvas")).to_be_focused()
    expect(page.locator("#draw-canvas .keys")).to_have_css("opacity", "1")
    expect(page.locator("#draw-canvas .sheet")).to_have_css("outline-style", "solid")
    for key in ("Space", "ArrowLeft", "Space"):
        page.keyboard.press(key)
    expect(page.locator("#draw-canvas .keys")).to_have_css("opacity", "0")  # or the words would lie over the ink
    expect(page.locator("#draw-canvas .sheet")).to_have_css("outline-style", "solid")
    draw(page, "1")
    expect(page.locator("#draw-canvas .sheet")).to_have_css("outline-style", "none")


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
    assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    paper = phone.locator("#draw-canvas canvas").bounding_box()
    assert paper["width"] / paper["height"] == pytest.approx(2.5, abs=0.02)


def test_every_tool_is_large_enough_for_a_finger(phone):
    boxes = [tool.bounding_box() for tool in phone.locator("#draw-canvas :is(button, input)").all()]

    assert boxes
    assert all(box["height"] >= 40 and box["width"] >= 40 for box in boxes)
